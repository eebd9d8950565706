"""OAuth 2 access tokens for a mailbox."""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.imap.settings import OAuthClient
from postroom.errors import ConnectorDown, SignInRefused

TokenProvider = Callable[[], str]
"""Returns an access token that is good for some minutes."""

_MARGIN_SECONDS = 120.0


def client_credentials(client: OAuthClient, timeout_seconds: float) -> TokenProvider:
    """Return a provider that asks for a token when the last one is about to expire.

    The provider raises SignInRefused if the registration is refused, and ConnectorDown if nobody answers.
    """
    kept: list[tuple[str, float]] = []

    def provide() -> str:
        if not kept or time.monotonic() >= kept[0][1]:
            token, seconds = _ask(client, timeout_seconds)
            kept[:] = [(token, time.monotonic() + seconds - _MARGIN_SECONDS)]
        return kept[0][0]

    return provide


def _ask(client: OAuthClient, timeout_seconds: float) -> tuple[str, float]:
    import httpx

    form = {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.client_secret.get_secret_value(),
        "scope": client.scope,
    }
    try:
        answer = httpx.post(client.token_url, data=form, timeout=timeout_seconds)
    except httpx.HTTPError as error:
        raise ConnectorDown(f"{client.token_url} does not answer.", hint="See that the address is right.") from error
    if answer.is_server_error:
        raise ConnectorDown(f"{client.token_url} answers with {answer.status_code}.", hint="Wait for the provider.")
    if not answer.is_success:
        raise SignInRefused(
            f"{client.token_url} refuses app registration {client.client_id}.",
            hint="Renew its secret, or let its owner grant it access to the mailbox.",
        )
    found = answer.json()
    return str(found["access_token"]), float(found.get("expires_in", 0))
