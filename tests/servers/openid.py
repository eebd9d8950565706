"""A real provider of OpenID Connect (oidc-provider, on Node) for tests, and a browser that signs in at it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet, RSAKey

NODE_FOLDER = Path(__file__).parents[1] / "node"
DESK = "https://desk.westmere.example"
RETURN = f"{DESK}/sign-in/return"
CLIENT, OTHER_CLIENT = "desk", "canteen"
TENANT = "3f0c5a51-6f0e-4b8f-9d0f-4a5c6b7d8e9f"
PEOPLE: dict[str, dict[str, Any]] = {
    "officer": {
        "oid": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "tid": TENANT,
        "name": "Olu Brandt",
        "preferred_username": "olu.brandt@westmere.example",
        "roles": ["PostRoom.Officer", "PostRoom.Revenues"],
    },
    "visitor": {
        "oid": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "tid": TENANT,
        "name": "Vi Sitter",
        "preferred_username": "vi.sitter@westmere.example",
        "roles": [],
    },
}
"""Who can sign in, with what the provider says of them."""


@dataclass(frozen=True)
class OpenIdServer:
    """A running provider."""

    issuer: str
    port: int
    secret: str
    """Of every client."""
    keys: KeySet
    """What it signs with, private parts included, so that a test can sign as well as it can."""


@contextmanager
def openid_server(issuer: str = "", returns: str = RETURN) -> Iterator[OpenIdServer]:
    """Run a provider on a free port.

    Args:
        issuer: What it calls itself; left out, its own address.
        returns: The redirect URI of its clients.
    """
    node = Path(sys.executable).parent / "node"
    if not node.exists() or not (NODE_FOLDER / "node_modules" / "oidc-provider").exists():
        if os.environ.get("POSTROOM_REQUIRE_SERVERS"):
            pytest.fail("oidc-provider is needed: run `scripts/setup tests`.")
        pytest.skip("oidc-provider is not installed.")
    keys = KeySet([
        RSAKey.generate_key(2048, {"use": "sig", "kid": "rsa"}),
        ECKey.generate_key("P-256", {"use": "sig", "kid": "ec"}),
    ])  # fmt: skip
    secret = secrets.token_urlsafe(32)
    given = {
        "issuer": issuer,
        "secret": secrets.token_urlsafe(16),
        "people": PEOPLE,
        "jwks": keys.as_dict(private=True),
        "clients": [_client(name, alg, secret, returns) for name, alg in _clients().items()],
    }
    run = subprocess.Popen(
        [str(node), "provider.mjs", json.dumps(given)],
        cwd=NODE_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdin
    assert run.stdout
    try:
        port = json.loads(run.stdout.readline())["port"]
        yield OpenIdServer(issuer or f"http://127.0.0.1:{port}", port, secret, keys)
    finally:
        run.stdin.close()
        run.wait(10)
        run.stdout.close()


def _clients() -> dict[str, str]:
    """Return the clients, with how their ID tokens are signed."""
    return {CLIENT: "RS256", OTHER_CLIENT: "RS256", f"{CLIENT}-PS256": "PS256", f"{CLIENT}-ES256": "ES256"}


def _client(name: str, algorithm: str, secret: str, returns: str) -> dict[str, Any]:
    return {
        "client_id": name,
        "client_secret": secret,
        "redirect_uris": [returns],
        "post_logout_redirect_uris": [returns.removesuffix("/return")],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": algorithm,
    }


def sign_in(address: str, person: str = "officer", returns: str = RETURN) -> Mapping[str, str]:
    """Go to an address of the provider as a browser does, and return the query with which it comes back."""
    with httpx.Client() as browser:
        at = f"{address}&login_hint={person}"
        for _ in range(10):
            answer = browser.get(at)
            assert answer.is_redirect, f"{answer.status_code} {answer.text[:300]}"
            at = urljoin(at, answer.headers["Location"])
            if at.startswith(returns):
                return dict(parse_qsl(urlsplit(at).query))
    raise AssertionError("The provider sends the browser round and round.")
