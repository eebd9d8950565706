"""A council's Exchange for tests: one shared mailbox, another that is none of the robot's, and the robot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.exchange import ExchangeInbox, ExchangeMailSettings, ExchangeMailTarget, ExchangeSettings
from connectors.letter import Letter
from tests.servers.exchange.mailbox import Item
from tests.servers.exchange.server import ExchangeServer

MAILBOX, OUTSIDE = "post@council.example", "chief@council.example"
USER, PASSWORD = "COUNCIL\\robot", "canary-password"
IN_WORK, DONE, HELD = "Postroom: in work", "Postroom: done", "Postroom: needs a person"
LETTER = Letter(to="office@council.example", subject="{full_name}", body="{summary}")


class Council:
    """The server and what a test asks of it."""

    def __init__(self, server: ExchangeServer) -> None:
        self.server, self.store = server, server.store
        self.opened: list[ExchangeInbox | ExchangeMailTarget] = []
        for address in (MAILBOX, OUTSIDE):
            self.store.add_mailbox(address)
        self.store.add_account(USER, PASSWORD)
        self.store.full_access[USER] = {MAILBOX}
        self.store.may_impersonate[USER] = {MAILBOX}

    def account(self) -> dict[str, Any]:
        return {
            "address": self.server.url, "mailbox": MAILBOX, "username": USER, "password": SecretStr(PASSWORD),
            "auth_type": "basic", "timeout_seconds": 10,
        }  # fmt: skip

    def settings(self, **more: Any) -> ExchangeSettings:
        return ExchangeSettings(**({"kind": "exchange", "name": "mailroom", **self.account()} | more))

    def inbox(self, **more: Any) -> ExchangeInbox:
        self.opened.append(found := ExchangeInbox(self.settings(**more)))
        return found

    def target(self, **more: Any) -> ExchangeMailTarget:
        given = {"kind": "exchange-mail", "name": "letters", "letter": LETTER, **self.account()}
        self.opened.append(found := ExchangeMailTarget(ExchangeMailSettings(**(given | more))))
        return found

    def put(self, raw: bytes, folder: str = "Inbox", **more: Any) -> str:
        return self.store.put(MAILBOX, raw, folder, **more)

    def items(self, folder: str = "") -> list[Item]:
        return self.store.items(MAILBOX, folder)

    def raws(self, folder: str = "") -> list[bytes]:
        return sorted(item.raw for item in self.items(folder))

    def asked(self) -> list[str]:
        """Return the operations asked for since the last time, in order."""
        found = self.server.operations()
        self.server.requests.clear()
        return found


@contextmanager
def council(certificate: Path | None = None) -> Iterator[Council]:
    """Give a council's Exchange, and hold everything said to Microsoft's schemas in the end."""
    with ExchangeServer(certificate=certificate) as server:
        found = Council(server)
        yield found
        for connector in found.opened:
            connector.close()
        assert server.violations == []
