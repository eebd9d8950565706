"""Mailboxes: being written."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from tests.servers.graph.keeping import Area


class Mail(Area):
    """The mailboxes of a tenant."""

    enforce_concurrency = True

    def names_of(self, mailbox: str) -> set[str]:
        """Return the names a mailbox goes by."""
        return {mailbox}


def routes(tenant: Any) -> list[Route]:
    """Return the routes of mail."""
    return []
