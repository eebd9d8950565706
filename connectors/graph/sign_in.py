"""Tokens for Microsoft Graph: one place that asks for them, keeps them and renews them."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.graph.settings import (
    CertificateSignIn,
    DeviceCodeSignIn,
    GraphAccount,
    ManagedIdentitySignIn,
    SecretSignIn,
)
from postroom.errors import ConnectorDown, SignInRefused

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import AzureError

_MARGIN_SECONDS = 120.0
_CODE = re.compile(r"AADSTS\d+")
_REMEDIES = {
    "AADSTS7000215": "The secret is wrong: put the secret's value, not its ID, where `client_secret` says.",
    "AADSTS7000222": "The client secret has run out: make a new one in the app registration, or use a certificate.",
    "AADSTS700027": "The certificate is not the app registration's, or has run out: upload its public part there.",
    "AADSTS700024": "This machine's clock is wrong by minutes: set it by a time server.",
    "AADSTS700016": "There is no such app in this tenant: compare `client_id` and `tenant_id` with its overview page.",
    "AADSTS7000218": "A code may not be used for this app: allow public client flows under Authentication.",
    "AADSTS90002": "There is no such tenant: compare `tenant_id` with the app registration's overview page.",
    "AADSTS7000112": "The app is switched off: enable it under Enterprise applications.",
    "AADSTS53003": "Conditional access refuses this machine: ask for a policy for workload identities that allows it.",
}
"""What to do about Entra's own error codes (learn.microsoft.com/entra/identity-platform/reference-error-codes)."""


class Tokens:
    """Access tokens of one account; safe to use from several threads."""

    def __init__(self, account: GraphAccount, named: str) -> None:
        self._account = account
        self._named = named
        self._scope = "{0.scheme}://{0.netloc}/.default".format(urlsplit(account.graph_address))
        self._lock = Lock()
        self._credential: TokenCredential | None = None
        self._token = ""
        self._until = 0.0

    def current(self) -> str:
        """Return a token that is good for some minutes.

        Raises:
            SignInRefused: The account is refused; the hint says what to do.
            ConnectorDown: Nobody gives out tokens at this address.
        """
        with self._lock:
            if time.monotonic() >= self._until:
                self._renew()
            return self._token

    def after_refusal(self, refused: str) -> str:
        """Return another token than the one that Graph has just refused."""
        with self._lock:
            if self._token == refused:
                # A credential keeps its token as long as this machine's clock says; a fresh one asks again.
                self._credential = None
                self._renew()
            return self._token

    def _renew(self) -> None:
        from azure.core.exceptions import AzureError

        try:
            self._credential = self._credential or _credential(self._account)
            given = self._credential.get_token(self._scope)
        except AzureError as error:
            raise self._refused(error) from None
        except (OSError, ValueError):
            # Work is under way by now, and what a connector that is down has in hand waits untouched.
            raise SignInRefused(
                f"{self._named}: the sign-in cannot be made from its settings.",
                hint="See that the certificate's file can be read, holds the private key, and has this password.",
            ) from None
        lasts = given.expires_on - time.time()
        self._token = given.token
        self._until = time.monotonic() + max(lasts - _MARGIN_SECONDS, lasts / 2)

    def _refused(self, error: AzureError) -> ConnectorDown:
        from azure.core.exceptions import ClientAuthenticationError

        found = _CODE.search(str(error))
        code = found.group() if found else ""
        if not code and (_never_arrived(error) or not isinstance(error, ClientAuthenticationError)):
            return ConnectorDown(
                f"{self._named}: {self._account.sign_in_address} cannot be reached for a sign-in.",
                hint="See that the firewall lets this machine through, or set `proxy` and `ca_file`.",
            )
        remedy = _REMEDIES.get(code, "Compare tenant, client and secret or certificate with the app registration.")
        said = f" ({code})" if code else ""
        return SignInRefused(f"{self._named}: Microsoft Entra refused the sign-in{said}.", hint=remedy)


def _never_arrived(error: BaseException) -> bool:
    """Whether a sign-in failed on the way; the library tells of that as of a refusal, with the truth beneath it."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    beneath = error.__cause__ or error.__context__
    return isinstance(error, ServiceRequestError | ServiceResponseError) or (
        beneath is not None and _never_arrived(beneath)
    )


def _credential(account: GraphAccount) -> TokenCredential:
    from azure import identity

    sign_in = account.sign_in
    if isinstance(sign_in, ManagedIdentitySignIn):
        return identity.ManagedIdentityCredential(client_id=sign_in.client_id or None)
    way: dict[str, Any] = {
        "authority": account.sign_in_address,
        # The address is the council's own choice; asking Microsoft about it would only add a host to open.
        "disable_instance_discovery": True,
        "connection_verify": str(account.ca_file) if account.ca_file else True,
        "retry_total": 1,
    }
    if account.proxy:
        way["proxies"] = {"https": account.proxy}
    if isinstance(sign_in, SecretSignIn):
        secret = sign_in.client_secret.get_secret_value()
        return identity.ClientSecretCredential(sign_in.tenant_id, sign_in.client_id, secret, **way)
    if isinstance(sign_in, CertificateSignIn):
        content = Path(sign_in.certificate).read_bytes()
        password = sign_in.password.get_secret_value() if sign_in.password else None
        way |= {"certificate_data": content, "password": password}
        return identity.CertificateCredential(sign_in.tenant_id, sign_in.client_id, **way)
    return _device_code(sign_in, way)


def _device_code(sign_in: DeviceCodeSignIn, way: dict[str, Any]) -> TokenCredential:
    from azure import identity

    def prompt(address: str, code: str, _until: object) -> None:
        sys.stderr.write(f"To sign in, open {address} and enter the code {code}.\n")

    return identity.DeviceCodeCredential(
        tenant_id=sign_in.tenant_id, client_id=sign_in.client_id, prompt_callback=prompt, timeout=900, **way
    )
