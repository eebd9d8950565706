"""Entra's stand-in: tokens for secrets, certificates, managed identities and device codes, and what they allow."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import Any
from urllib.parse import parse_qsl

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal
from tests.servers.graph.assertion import SignInFailed, check_assertion
from tests.servers.graph.keeping import Area
from tests.servers.graph.rights import EVERYTHING, needed
from tests.servers.graph.seen import Seen

TENANT = "11111111-2222-3333-4444-555555555555"
APP = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECRET = "a-secret-of-the-stand-in"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(slots=True)
class Token:
    """What a token stands for."""

    app: str
    expires: float
    user: str = ""
    """Empty for an application's own token."""


class SignIn(Area):
    """Applications, what they may do, and the tokens they were given."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.tenant_id, self.client_id, self.secret = TENANT, APP, SECRET
        self.lifetime = 3599
        """Seconds a token is valid."""
        self.clock = 0.0
        """Seconds Entra's clock is ahead of this machine's."""
        self.secrets: dict[str, str] = {APP: SECRET}
        self.expired_secrets: set[str] = set()
        self.certificates: dict[str, list[str]] = {}
        """PEM of the certificates registered for an application."""
        self.grants: dict[str, set[str]] = {APP: set(EVERYTHING)}
        """Permissions by application; an application absent here is unknown."""
        self.scopes: dict[str, set[str]] = {}
        """Mailboxes an application may use (RBAC for Applications); all if it is not named here."""
        self.identity_header = "the-header-of-the-stand-in"
        """What App Service gives a process in IDENTITY_HEADER."""
        self.tokens: dict[str, Token] = {}
        self.devices: dict[str, dict[str, str]] = {}
        """Device code to user code, application and, once granted, user."""

    def routes(self) -> list[Route]:
        """Return the addresses of Entra and of the managed identity endpoint."""
        return [
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
            Route("/common/discovery/instance", self._instance),
            Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", self._device, methods=["POST"]),
            Route("/identity/token", self._managed),
        ]

    def token(self, app: str = APP) -> str:
        """Hand out a token without a sign-in."""
        return self._issue(app)

    def register_certificate(self, pem: str, app: str = APP) -> None:
        """Let an application sign in with the key of a certificate."""
        self.certificates.setdefault(app, []).append(pem)
        self.changed()

    def register(self, app: str, secret: str, *grants: str, mailboxes: set[str] | None = None) -> None:
        """Register one more application."""
        self.secrets[app], self.grants[app] = secret, set(grants)
        if mailboxes is not None:
            self.scopes[app] = {mailbox.lower() for mailbox in mailboxes}
        self.changed()

    def expire_tokens(self) -> None:
        """Let no token be valid any longer."""
        self.tokens.clear()
        self.changed()

    def grant_device(self, user: str, user_code: str = "") -> None:
        """Be the person who types the code: the newest one unless it is named."""
        waiting = [one for one in self.devices.values() if user_code in ("", one["user_code"])]
        waiting[-1]["user"] = user

    def known(self, headers: Mapping[str, str]) -> tuple[str, str]:
        """Return the application and the user of a request's token; empty if there is none."""
        found = self.tokens.get(headers.get("authorization", "")[7:])
        return (found.app, found.user) if found else ("", "")

    def admit(self, seen: Seen, path: str) -> None:
        """Refuse a request without a valid token, permission or scope."""
        token = self.tokens.get(seen.headers.get("authorization", "")[7:])
        if token is None or token.expires < time() + self.clock:
            message = (
                "Lifetime validation failed, the token is expired." if token else "Access token is empty or wrong."
            )
            raise Refusal(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": "Bearer"})
        wanted = needed(seen.method, path)
        mail = bool(seen.mailbox)
        if wanted and not wanted & self.grants.get(token.app, set()):
            code = "ErrorAccessDenied" if mail else "accessDenied"
            raise Refusal(403, code, "Access is denied. Check credentials and try again.")
        scope = self.scopes.get(token.app)
        if mail and scope is not None and not self._in_scope(seen.mailbox, scope):
            raise Refusal(
                403,
                "ErrorAccessDenied",
                "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
            )

    def _in_scope(self, mailbox: str, scope: set[str]) -> bool:
        return any(name.lower() in scope for name in self.tenant.mail.names_of(mailbox))

    def _issue(self, app: str, user: str = "") -> str:
        token = f"stand-in.{secrets.token_urlsafe(24)}.token"
        self.tokens[token] = Token(app, time() + self.clock + self.lifetime, user)
        self.changed()
        self.tenant.save()
        return token

    async def _configuration(self, request: Request) -> Response:
        base = f"{self.tenant.authority}/{request.path_params['tenant']}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "tenant_region_scope": "EU",
            }
        )

    async def _instance(self, request: Request) -> Response:
        host = self.tenant.authority.removeprefix("https://")
        found = f"{self.tenant.authority}/{TENANT}/v2.0/.well-known/openid-configuration"
        metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
        return JSONResponse({"tenant_discovery_endpoint": found, "metadata": metadata})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            return JSONResponse(self._granted(request.path_params["tenant"], form))
        except SignInFailed as failed:
            return failed.response

    def _granted(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        app, kind = form.get("client_id", ""), form.get("grant_type", "")
        if tenant.lower() != self.tenant_id:
            raise SignInFailed(90002, f"Tenant '{tenant}' not found.", "invalid_request", 400)
        if app not in self.grants:
            raise SignInFailed(
                700016,
                f"Application with identifier '{app}' was not found in the directory.",
                "unauthorized_client",
                400,
            )
        if kind == DEVICE:
            return self._by_device(app, form)
        if kind == "refresh_token":
            return self._for_user(app, form.get("refresh_token", "").removeprefix("refresh "))
        if kind != "client_credentials":
            raise SignInFailed(70003, f"The grant type '{kind}' is not supported.", "unsupported_grant_type", 400)
        if "client_assertion" in form:
            audience = f"{self.tenant.authority}/{self.tenant_id}/oauth2/v2.0/token"
            known = self.certificates.get(app, [])
            check_assertion(app, form["client_assertion"], known, audience, time() + self.clock)
        else:
            self._check_secret(app, form.get("client_secret", ""))
        return self._answer(app)

    def _answer(self, app: str, user: str = "") -> dict[str, Any]:
        # The lifetime that is told is never below msal's own margin, else it would ask anew for each call.
        told = max(self.lifetime, 1)
        return {
            "token_type": "Bearer",
            "expires_in": told,
            "ext_expires_in": told,
            "access_token": self._issue(app, user),
        }

    def _check_secret(self, app: str, secret: str) -> None:
        if secret in self.expired_secrets:
            raise SignInFailed(7000222, f"The provided client secret keys for app '{app}' are expired.")
        if not secret or secret != self.secrets.get(app):
            raise SignInFailed(
                7000215,
                "Invalid client secret provided. Send the value of the secret, not its id.",
            )

    async def _device(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        code, user_code = secrets.token_urlsafe(16), secrets.token_hex(4).upper()
        self.devices[code] = {"user_code": user_code, "app": form.get("client_id", ""), "user": ""}
        address = f"{self.tenant.authority}/device"
        message = f"To sign in, open {address} and enter the code {user_code}."
        return JSONResponse(
            {
                "device_code": code,
                "user_code": user_code,
                "verification_uri": address,
                "expires_in": 900,
                "interval": 1,
                "message": message,
            }
        )

    def _by_device(self, app: str, form: dict[str, str]) -> dict[str, Any]:
        device = self.devices.get(form.get("device_code", ""))
        if device is None:
            raise SignInFailed(70019, "The code has expired.", "expired_token", 400)
        if not device["user"]:
            raise SignInFailed(
                70016, "OAuth 2.0 device flow error. Authorization is pending.", "authorization_pending", 400
            )
        return self._for_user(app, device["user"])

    def _for_user(self, app: str, user: str) -> dict[str, Any]:
        claims = {
            "iss": f"{self.tenant.authority}/{self.tenant_id}/v2.0", "aud": app, "sub": user, "oid": user,
            "tid": self.tenant_id, "preferred_username": user, "name": user, "iat": int(time()),
            "exp": int(time()) + 3600,
        }  # fmt: skip
        info = _packed({"uid": user, "utid": self.tenant_id})
        more = {
            "id_token": jwt.encode(claims, "k" * 32, "HS256"),
            "client_info": info,
            "refresh_token": f"refresh {user}",
        }
        return {**self._answer(app, user), **more, "scope": "https://graph.microsoft.com/.default"}

    async def _managed(self, request: Request) -> Response:
        if request.headers.get("x-identity-header") != self.identity_header:
            return JSONResponse({"statusCode": 401, "message": "Unauthorized"}, 401)
        given = self._answer(self.client_id)
        expires = str(int(time() + self.clock) + given["expires_in"])
        return JSONResponse(
            {
                "access_token": given["access_token"],
                "expires_on": expires,
                "resource": request.query_params.get("resource", ""),
                "token_type": "Bearer",
                "client_id": self.client_id,
            }
        )


def _packed(content: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
