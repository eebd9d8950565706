"""How the connections and processes are: what ICT's first page shows, worked out from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from postroom.clock import utc_now

if TYPE_CHECKING:
    from desk.web.office import Office
    from postroom.ledger import Breaker
    from postroom.ledger.operating import Held
    from postroom.ledger.pauses import Pause
    from postroom.ledger.running import Answer

_SILENT_RUNS = 10
_SILENT_AT_LEAST = timedelta(minutes=15)
STATES = {
    "works": ("Works", "good"),
    "fails": ("Does not work", "problem"),
    "left-alone": ("Left alone", "problem"),
    "paused": ("Paused", "waiting"),
    "silent": ("No look lately", "late"),
    "unknown": ("Not used yet", "quiet"),
}
"""How the state of a connection reads, and the tone of its tag."""


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """One inbox or target."""

    role: str
    name: str
    kind: str
    state: str
    at: datetime | None
    """When it last answered."""
    said: str
    waiting: int = 0
    """Deliveries that are open."""
    failed: int = 0
    pause: Pause | None = None

    @property
    def tag(self) -> tuple[str, str]:
        """The state in words, and their tone."""
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """One process: whether it goes on, and what it holds back."""

    id: str
    title: str
    pause: Pause | None
    resting: int


@dataclass(frozen=True, slots=True)
class LineHealth:
    """Whether the line runs."""

    last: datetime | None
    """When it last began a run."""
    silent: bool


def connections(office: Office) -> list[ConnectionHealth]:
    """Return every configured inbox and target with how it is."""
    ledger, settings = office.ledger, office.settings
    answers = {(one.role, one.name): one for one in ledger.answers()}
    pauses = {one.subject: one for one in ledger.pauses() if one.kind == "target"}
    breakers = {one.target: one for one in ledger.breakers()}
    held = ledger.held_deliveries()
    since = utc_now() - _silence(office)
    found = [_inbox(one.name, one.kind, answers.get(("inbox", one.name)), since) for one in settings.inboxes]
    for one in settings.targets:
        health = _target(one.name, one.kind, answers.get(("target", one.name)), breakers.get(one.name))
        found.append(_with_counts(health, held.get(one.name), pauses.get(one.name)))
    return found


def processes(office: Office) -> list[ProcessHealth]:
    """Return every configured process with whether it is paused."""
    pauses = {one.subject: one for one in office.ledger.pauses() if one.kind == "process"}
    resting = office.ledger.resting_by_process() if pauses else {}
    return [
        ProcessHealth(one.id, one.title, pauses.get(one.id), resting.get(one.id, 0))
        for one in office.settings.processes
    ]


def line(office: Office) -> LineHealth:
    """Tell when the line last ran, and whether it ought to have run since."""
    runs = office.ledger.runs(limit=1)
    if not runs:
        return LineHealth(None, silent=True)
    return LineHealth(runs[0].started_at, silent=runs[0].started_at < utc_now() - _silence(office))


def _silence(office: Office) -> timedelta:
    return max(_SILENT_AT_LEAST, timedelta(seconds=_SILENT_RUNS * office.settings.schedule.intake_seconds))


def _inbox(name: str, kind: str, answer: Answer | None, since: datetime) -> ConnectionHealth:
    if answer is None or answer.at is None:
        return ConnectionHealth("inbox", name, kind, "unknown", None, "")
    state = "fails" if not answer.works else "silent" if answer.at < since else "works"
    return ConnectionHealth("inbox", name, kind, state, answer.at, answer.said)


def _target(name: str, kind: str, answer: Answer | None, breaker: Breaker | None) -> ConnectionHealth:
    if breaker is not None and breaker.open_until is not None:
        at = answer.at if answer else None
        return ConnectionHealth("target", name, kind, "left-alone", at, breaker.reason)
    if answer is None:
        return ConnectionHealth("target", name, kind, "unknown", None, "")
    return ConnectionHealth("target", name, kind, "works" if answer.works else "fails", answer.at, answer.said)


def _with_counts(health: ConnectionHealth, held: Held | None, pause: Pause | None) -> ConnectionHealth:
    return ConnectionHealth(
        health.role,
        health.name,
        health.kind,
        "paused" if pause else health.state,
        health.at,
        health.said,
        held.open if held else 0,
        held.failed if held else 0,
        pause,
    )
