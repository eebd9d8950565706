"""The line of one process: configuration, ledger, inboxes, triage and targets, opened once and when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from config.connections import Connection
from config.logs import log_to
from config.opening import open_ledger
from config.settings import Settings, load_settings
from config.version import work_under
from connectors import registry
from postroom.delivery import Target
from postroom.errors import ConfigError
from postroom.ledger import Ledger
from postroom.ledger.owners import owner_name
from postroom.message import Inbox

if TYPE_CHECKING:
    from extractors.triage import Triager


class Line:
    """Everything the steps of the line need, made from one configuration."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.owner = owner_name()
        self._lock = Lock()
        self._inboxes: dict[str, Inbox] = {}
        self._targets: dict[str, Target] = {}

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, brought up to date; what is made through it carries the version of this configuration."""
        ledger = open_ledger(self.settings)
        work_under(ledger, self.settings)
        return ledger

    @cached_property
    def triager(self) -> Triager:
        """Triage, trained on the processes' examples."""
        from extractors.triage import Triager

        return Triager(self.settings.processes, self.settings.triage)

    def inbox(self, name: str) -> Inbox:
        """Return a configured inbox, the same one each time."""
        with self._lock:
            if name not in self._inboxes:
                connection = _named(self.settings.inboxes, "inbox", name)
                self._inboxes[name] = registry.open_inbox(connection.settings())
            return self._inboxes[name]

    def target(self, name: str) -> Target:
        """Return a configured target, the same one each time."""
        with self._lock:
            if name not in self._targets:
                connection = _named(self.settings.targets, "target", name)
                self._targets[name] = registry.open_target(connection.settings())
            return self._targets[name]

    def close(self) -> None:
        """Give back every connection and browser."""
        for target in self._targets.values():
            target.close()
        for inbox in self._inboxes.values():
            inbox.close()
        self._targets.clear()
        self._inboxes.clear()
        if "ledger" in vars(self):
            self.ledger.close()
            del self.ledger


_open: Line | None = None


@contextmanager
def use_line(line: Line) -> Iterator[Line]:
    """Let the flows of this process run on a line, and close it after them."""
    global _open
    before, _open = _open, line
    try:
        yield line
    finally:
        _open = before
        line.close()


def open_line() -> Line:
    """Return the line of this process, opened from POSTROOM_CONFIG and POSTROOM_DATA at the first call."""
    global _open
    if _open is None:
        settings = load_settings()
        log_to(settings.data / "log")
        _open = Line(settings)
    return _open


def _named(connections: tuple[Connection, ...], role: str, name: str) -> Connection:
    found = next((connection for connection in connections if connection.name == name), None)
    if found is None:
        known = ", ".join(connection.name for connection in connections) or "none"
        raise ConfigError(f'There is no {role} "{name}" in postroom.yaml.', hint=f"Configured: {known}.")
    return found
