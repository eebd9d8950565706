"""Whether an application proves with a certificate's key that it is itself, as Entra looks at it."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from starlette.responses import JSONResponse

LEEWAY = 300
"""Seconds by which clocks may differ."""


class SignInFailed(Exception):
    """Entra says no."""

    def __init__(self, code: int, message: str, error: str = "invalid_client", status: int = 401) -> None:
        super().__init__(code)
        self.response = JSONResponse(
            {"error": error, "error_description": f"AADSTS{code}: {message}", "error_codes": [code]}, status
        )


def check_assertion(app: str, assertion: str, certificates: Collection[str], audience: str, now: float) -> None:
    """Take a client assertion or refuse it; raises SignInFailed."""
    head = jwt.get_unverified_header(assertion)
    stated = {str(head.get(name)).rstrip("=") for name in ("x5t", "x5t#S256")}
    found = next((one for one in certificates if _thumbprints(one) & stated), None)
    if found is None:
        raise SignInFailed(
            700027, "The certificate used to sign the client assertion is not registered on application."
        )
    key: Any = x509.load_pem_x509_certificate(found.encode()).public_key()
    checks: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims = jwt.decode(assertion, key, ["RS256", "PS256"], options=checks, audience=audience)
    except jwt.InvalidAudienceError:
        raise SignInFailed(700023, "Client assertion audience claim does not match Realm issuer.") from None
    except jwt.InvalidTokenError:
        raise SignInFailed(700027, "Client assertion failed signature validation.") from None
    if not claims.get("nbf", 0) - LEEWAY <= now <= claims["exp"] + LEEWAY:
        raise SignInFailed(700024, "Client assertion is not within its valid time range.")
    if claims.get("iss") != app or claims.get("sub") != app:
        raise SignInFailed(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")


def _thumbprints(pem: str) -> set[str]:
    found = x509.load_pem_x509_certificate(pem.encode())
    prints = [found.fingerprint(hashes.SHA1()), found.fingerprint(hashes.SHA256())]  # noqa: S303 - as Entra names them
    return {base64.urlsafe_b64encode(one).decode().rstrip("=") for one in prints}
