"""A target's connection, and what was found through it when it opened: both when they are first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from connectors.graph.settings import GraphAccount

if TYPE_CHECKING:
    from connectors.graph.calls import Calls

Found = TypeVar("Found")


class Connection:
    """A target's connection for all its threads."""

    def __init__(self, account: GraphAccount, name: str) -> None:
        """Open nothing yet."""
        self._account = account
        self._name = name
        self._lock = threading.RLock()
        self._calls: Calls | None = None

    def calls(self) -> Calls:
        """Return the connection, made at the first call."""
        from connectors.graph.calls import Calls

        with self._lock:
            if self._calls is None:
                self._calls = Calls(self._account, self._name)
            return self._calls

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        with self._lock:
            calls, self._calls = self._calls, None
        if calls is not None:
            calls.close()


class Opening(Connection, Generic[Found]):
    """A connection, and what was found through it."""

    def __init__(self, account: GraphAccount, name: str, find: Callable[[Calls], Found]) -> None:
        """Open nothing yet.

        Args:
            account: Whose robot it is.
            name: The target's name.
            find: Looks for the list, library or whatever the target keys into.
        """
        super().__init__(account, name)
        self._find = find
        self._found: Found | None = None

    def get(self) -> tuple[Calls, Found]:
        """Return the connection and what was found; raises whatever the search raises."""
        with self._lock:
            calls = self.calls()
            if self._found is None:
                self._found = self._find(calls)
            return calls, self._found

    def forget(self) -> None:
        """Look again at the next use."""
        with self._lock:
            self._found = None

    def close(self) -> None:
        """Give the connection back and forget what was found; safe to repeat."""
        self.forget()
        super().close()
