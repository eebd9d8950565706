from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from config.sign_in import OpenIdSignIn
from desk.web.sign_in.openid import OpenId
from tests.servers.openid import CLIENT, DESK, TENANT, OpenIdServer, openid_server
from tests.servers.tampering import Tampering, tampering


def settings_for(server: OpenIdServer, **changes: object) -> OpenIdSignIn:
    """The settings of a desk that signs people in at a provider."""
    given = {
        "kind": "openid",
        "tenant": TENANT,
        "issuer": server.issuer,
        "client_id": CLIENT,
        "client_secret": {"env": "DESK_SECRET"},
        "address": DESK,
        "roles": {"PostRoom.Officer": "officer", "PostRoom.Lead": "team-lead"},
        "teams": {"PostRoom.Revenues": "Revenues", "PostRoom.Waste": "Waste"},
    }
    return OpenIdSignIn.model_validate(given | changes)


@pytest.fixture(scope="session")
def provider() -> Iterator[OpenIdServer]:
    """A real provider that nothing stands before."""
    with openid_server() as server:
        yield server


@dataclass
class Between:
    """A real provider that is reached through a proxy alone."""

    server: OpenIdServer
    proxy: Tampering

    def desk(self, **changes: object) -> OpenId:
        return OpenId(settings_for(self.server, **changes), SecretStr(self.server.secret))


@pytest.fixture(scope="session")
def _between() -> Iterator[Between]:
    with tampering() as proxy, openid_server(proxy.address) as server:
        proxy.provider_port = server.port
        yield Between(server, proxy)


@pytest.fixture
def between(_between: Between) -> Iterator[Between]:
    """The same, with a proxy that passes everything on until it is told otherwise."""
    yield _between
    _between.proxy.reset()
