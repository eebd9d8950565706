from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any, ClassVar

import pytest

from connectors.graph.inbox import GraphInbox
from connectors.graph.inbox_settings import GraphInboxSettings
from postroom.errors import ConnectorDown, SignInRefused, TransientError
from tests.connectors.graph_targets import account, graph_server
from tests.contracts.inbox import DONE, HELD, InboxContract, InboxWorld, claim, ids, mail, settle
from tests.servers.graph import GraphServer

_turn = numbers(1)
WORK, FINISHED, ASIDE = "Postroom: in work", "Postroom: done", "Postroom: needs a person"


class GraphWorld(InboxWorld):
    faults: ClassVar = {
        "too many requests": TransientError,
        "unavailable": TransientError,
        "hangs up": TransientError,
        "a sign-in page": TransientError,
        "no right": SignInRefused,
    }
    ways: ClassVar = {
        "too many requests": "retry 900",
        "unavailable": "status 503",
        "hangs up": "reset-before",
        "a sign-in page": "page",
        "no right": "status 403 ErrorAccessDenied",
    }

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.mail = server.tenant.mail
        self.address = f"post{next(_turn)}@northborough.gov.uk"
        self.mail.add_mailbox(self.address)

    def settings(self, **more: Any) -> dict[str, Any]:
        own = {"kind": "graph", "name": "post", "mailbox": self.address, "patience_seconds": 0}
        return {**account(self.server), **own, **more}

    def inbox(self, **more: Any) -> GraphInbox:
        return GraphInbox(GraphInboxSettings.model_validate(self.settings(**more)))

    def put(self, raw: bytes, **how: Any) -> str:
        # Graph knows the time of receipt to the second.
        received = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=next(_turn))
        return str(self.mail.put(self.address, raw, **{"received": received, **how}))

    def take_away(self, raw: bytes) -> None:
        for item in self.mail.within(self.address, "Inbox"):
            if self.mail.raw(item) == raw:
                self.mail.staff_delete(item.id)
                return

    def everything(self) -> list[bytes]:
        folders = self.mail.numbers_of(self.address)
        return sorted(self.mail.raw(item) for path in folders for item in self.mail.within(self.address, path))

    def held(self) -> list[bytes]:
        return sorted(self.mail.raw(item) for item in self.mail.within(self.address, "Held"))

    def categories(self, key: str) -> list[str]:
        return list(self.mail.find(key).found["categories"])

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        self.server.faults.on("*", self.address, *[self.ways[name]] * 50)
        self.server.faults.on("POST", r"batch$", *[self.ways[name]] * 50)
        try:
            yield
        finally:
            self.server.faults.clear()


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> GraphWorld:
    return GraphWorld(server)


class TestGraphContract(InboxContract):
    kind = "graph"
    settles_unclaimed = False
