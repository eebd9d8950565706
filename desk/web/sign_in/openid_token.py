"""The ID token: proven to be the provider's, for this desk, for this sign-in and for this moment."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from authlib.oidc.core.util import create_half_hash
from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    JoseError,
    KeyParameterError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import Key

from config.sign_in import OpenIdSignIn
from desk.web.sign_in.openid_failures import Reason, SignInFailed

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with a key pair alone: with none, or with a secret, anybody who knows what is public could sign."""
LEEWAY_SECONDS = 60
_BY_CLAIM = {"iss": Reason.ISSUER, "aud": Reason.AUDIENCE, "azp": Reason.AUDIENCE, "nonce": Reason.NONCE,
             "nbf": Reason.NOT_YET_VALID, "iat": Reason.NOT_YET_VALID,
             "at_hash": Reason.HASH}  # fmt: skip


def proven_claims(
    tokens: Mapping[str, Any],
    *,
    settings: OpenIdSignIn,
    key_named: Callable[[str], Key],
    nonce: str,
    code: str,
    clock: Callable[[], float] = time.time,
) -> Mapping[str, Any]:
    """Return the claims of an ID token after every check of OpenID Connect Core 3.1.3.7, and those of one tenant.

    Args:
        tokens: What the token endpoint answered.
        settings: Who the provider is, and who we are.
        key_named: Finds a key of the provider's by its name.
        nonce: What this sign-in began with.
        code: What the tokens were given for.
        clock: The time now.

    Raises:
        SignInFailed: A check did not hold.
    """
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise SignInFailed(Reason.NO_TOKEN, "The token endpoint gave no ID token.")
    header, claims = _opened(token, key_named)
    access = tokens.get("access_token")
    _check_claims(claims, header, settings, nonce, int(clock()))
    _check_hash(claims, "at_hash", access, str(header["alg"]))
    _check_hash(claims, "c_hash", code, str(header["alg"]))
    return claims


def _opened(token: str, key_named: Callable[[str], Key]) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return header and claims, once the signature holds."""
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

    def key_for(signed: Any) -> Key:
        # The name alone counts: a key, or an address of keys, that the token brings along is never looked at.
        name = signed.headers().get("kid")
        if not isinstance(name, str):
            raise SignInFailed(Reason.UNKNOWN_KEY, "The ID token names no key.")
        return key_named(name)

    try:
        opened = jwt.decode(token, key_for, registry=registry)
    except UnsupportedAlgorithmError as error:
        raise SignInFailed(Reason.ALGORITHM, f"The ID token is signed by another way than {ALGORITHMS}.") from error
    except (BadSignatureError, KeyParameterError) as error:
        raise SignInFailed(Reason.SIGNATURE, "The key that the ID token names did not sign it.") from error
    except (JoseError, ValueError, RecursionError) as error:
        raise SignInFailed(Reason.MALFORMED, f"The ID token cannot be read: {type(error).__name__}.") from error
    return opened.header, opened.claims


def _check_claims(
    claims: dict[str, Any], header: Mapping[str, Any], settings: OpenIdSignIn, nonce: str, now: int
) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "iss": {"essential": True, "value": settings.provider},
        "aud": {"essential": True, "value": settings.client_id},
    }
    if settings.tenant and claims.get("tid") != settings.tenant:
        raise SignInFailed(Reason.TENANT, "The ID token is of another tenant, or names none.")
    checked = CodeIDToken(claims, header, wanted, {"nonce": nonce, "client_id": settings.client_id})
    try:
        checked.validate(now=now, leeway=LEEWAY_SECONDS)
    except ExpiredTokenError as error:
        raise SignInFailed(Reason.EXPIRED, "The ID token has expired; or this machine's clock is fast.") from error
    except ClaimError as error:
        named = str(error.claim)
        raise SignInFailed(_BY_CLAIM.get(named, Reason.CLAIM), f"Claim {named} is missing or wrong.") from error


def _check_hash(claims: Mapping[str, Any], claim: str, of: Any, algorithm: str) -> None:
    """Check that the token came together with a code or an access token, where it says so."""
    if claim not in claims:
        return
    stated, worked_out = claims[claim], create_half_hash(of, algorithm) if isinstance(of, str) else b""
    if not isinstance(stated, str) or not hmac.compare_digest(stated.encode(), worked_out):
        raise SignInFailed(Reason.HASH, f"Claim {claim} belongs to another answer.")
