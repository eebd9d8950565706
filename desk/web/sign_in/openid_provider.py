"""The provider of OpenID Connect as the desk talks to it: its description, its keys, and codes against tokens."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from pydantic import SecretStr

from config.sign_in import OpenIdSignIn, is_safe
from desk.web.sign_in.openid_failures import Reason, SignInFailed

WELL_KNOWN = "/.well-known/openid-configuration"
LARGEST_ANSWER = 512_000
LONGEST_ANSWER_SECONDS = 15.0
KEEP_SECONDS = 3600.0
"""How long the description and the keys are kept: a key that the provider withdrew is known no longer than that."""
LOOK_AGAIN_SECONDS = 60.0
"""Least time between two looks for a key that is not known: tokens with made-up keys must not flood the provider."""
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider:
    """One provider; may be used by many threads at once."""

    def __init__(self, settings: OpenIdSignIn, secret: SecretStr, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._secret = secret
        self._clock = clock
        self._lock = threading.Lock()
        self._description: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def session(self) -> OAuth2Session:
        """Return a client for one conversation with the provider."""
        session = OAuth2Session(
            self.settings.client_id,
            code_challenge_method="S256",
            scope="openid profile",
            redirect_uri=self.settings.return_address,
        )
        # Not to follow is not enough: the body of an answer that points elsewhere would still be read, however large.
        session.get_redirect_target = lambda _: None
        return session

    def description(self) -> Mapping[str, Any]:
        """Return what the provider says about itself, once it is proven to be the one that is configured."""
        with self._lock:
            if self._description is None or self._clock() - self._description[0] > KEEP_SECONDS:
                self._description = (self._clock(), self._described())
            return self._description[1]

    def key(self, name: str) -> Key:
        """Return one of the provider's signing keys, looking again for one that is new."""
        source = str(self.description()["jwks_uri"])
        with self._lock:
            kept = self._keys
            age = self._clock() - kept[0] if kept else KEEP_SECONDS + 1
            found = _named(kept[1], name) if kept and age <= KEEP_SECONDS else None
            if found is None and age > LOOK_AGAIN_SECONDS:
                self._keys = (self._clock(), self._key_set(source))
                found = _named(self._keys[1], name)
        if found is None:
            raise SignInFailed(Reason.UNKNOWN_KEY, "The ID token names a key that the provider does not publish.")
        return found

    def exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        """Return the provider's tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.settings.return_address,
            "client_id": self.settings.client_id,
            "client_secret": self._secret.get_secret_value(),
        }
        status, answer = self._ask("POST", str(self.description()["token_endpoint"]), form)
        if status != 200:
            raise SignInFailed(Reason.CODE_REFUSED, f"The token endpoint said {status} {code_of(answer)}".strip())
        return answer

    def _described(self) -> Mapping[str, Any]:
        status, answer = self._ask("GET", self.settings.provider.rstrip("/") + WELL_KNOWN)
        if status != 200:
            raise SignInFailed(Reason.UNREACHABLE, f"The provider's description: status {status}.")
        if answer.get("issuer") != self.settings.provider:
            raise SignInFailed(Reason.DISCOVERY_ISSUER, f"The description is not of {self.settings.provider}.")
        for endpoint in _NEEDED:
            if not is_safe(str(answer.get(endpoint, ""))):
                raise SignInFailed(Reason.UNSAFE_ADDRESS, f"{endpoint} is missing or does not begin with https://.")
        # Entra ID does S256 and does not say so; a provider that lists its ways must list it.
        if "S256" not in answer.get("code_challenge_methods_supported", ["S256"]):
            raise SignInFailed(Reason.NO_PKCE, "The provider does not list S256 among its code challenge methods.")
        return answer

    def _key_set(self, source: str) -> KeySet:
        status, answer = self._ask("GET", source)
        if status != 200:
            raise SignInFailed(Reason.UNREACHABLE, f"The provider's keys: status {status}.")
        try:
            return KeySet.import_key_set({"keys": [one for one in answer["keys"] if one.get("use", "sig") == "sig"]})
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SignInFailed(Reason.NOT_UNDERSTOOD, "The provider's keys are not a JSON Web Key Set.") from error

    def _ask(self, method: str, address: str, form: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, Any]]:
        try:
            status, content = self._fetch(method, address, form)
        except SignInFailed:
            raise
        # Authlib lets the errors of its HTTP library through, of several families, and the desk may not know them.
        except Exception as error:
            raise SignInFailed(Reason.UNREACHABLE, f"{_path(address)}: {type(error).__name__}.") from error
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise SignInFailed(Reason.NOT_UNDERSTOOD, f"{_path(address)} said {status}, without JSON.")
        return status, answer

    def _fetch(self, method: str, address: str, form: Mapping[str, str] | None) -> tuple[int, bytes]:
        ends = time.monotonic() + LONGEST_ANSWER_SECONDS
        with self.session() as session, session.request(
            method, address, withhold_token=True, data=form, stream=True, allow_redirects=False,
            timeout=(5, 10), headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        ) as answer:  # fmt: skip
            content = b""
            while part := answer.raw.read1(65536):
                content += part
                if len(content) > LARGEST_ANSWER or time.monotonic() > ends:
                    raise SignInFailed(Reason.NOT_UNDERSTOOD, f"{_path(address)} answers too much or too slowly.")
            return answer.status_code, content


def code_of(answer: Mapping[str, Any]) -> str:
    """Return the provider's error code, and Entra ID's own number for it, from an answer that tells of an error."""
    code = re.fullmatch(r"[a-z_]{1,40}", str(answer.get("error", "")))
    number = re.search(r"AADSTS\d{1,9}", str(answer.get("error_description", "")))
    return " ".join(found[0] for found in (code, number) if found)


def _named(keys: KeySet, name: str) -> Key | None:
    return next((key for key in keys if key.kid == name), None)


def _path(address: str) -> str:
    return address.partition("?")[0]
