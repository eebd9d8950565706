"""The figures of the managers' report: each counted in the ledger, and each with the items behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from postroom.period import Period
from postroom.process import Process
from postroom.report.counted import Accuracy, CorrectedField, Counted, Seeds
from postroom.savings import Savings
from postroom.staff import EVERYTHING, Scope

if TYPE_CHECKING:
    from postroom.ledger import Accounts
    from postroom.ledger.measuring import Bucket


@dataclass(frozen=True)
class Basis:
    """What the configuration gives to a report."""

    council: str
    processes: tuple[Process, ...]
    nation: str = "england-and-wales"
    """Whose bank holidays count."""
    upkeep_hours: float | None = None
    """Measured hours a month that staff spend on running the post room."""


@dataclass(frozen=True)
class Part:
    """The part of the post that a report is about."""

    scope: Scope = EVERYTHING
    """Of whoever reads it."""
    process: str = ""
    title: str = ""
    """In words; empty for the whole post room."""

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.scope == EVERYTHING and not self.process


@dataclass(frozen=True)
class Ways:
    """What became of the items received: seven ways, which add up to all of them."""

    came_in: Counted
    straight_through: Counted
    """Delivered; no person touched them."""
    by_people: Counted
    """Delivered after a person worked on them."""
    with_person: Counted
    in_flight: Counted
    no_action: Counted
    rejected: Counted
    pages: int
    """Pages of the delivered items."""

    @property
    def delivered(self) -> Counted:
        """Delivered in either way."""
        items = self.straight_through.items + self.by_people.items
        return Counted(items, self.straight_through.behind.but(touched=None))

    @property
    def straight_through_share(self) -> float | None:
        """Of the delivered items, 0..1; None if nothing was delivered."""
        return self.straight_through.items / self.delivered.items if self.delivered.items else None


@dataclass(frozen=True)
class Speed:
    """How long delivered items took from receipt until nothing more was to do."""

    items: Counted
    median_hours: float
    ninetieth_hours: float
    """Nine of ten took no longer."""
    median_working: float
    """In working hours."""
    ninetieth_working: float


@dataclass(frozen=True)
class Clocks:
    """How items stand to the day by which an answer is due."""

    met: Counted
    late: Counted
    """Closed after the day."""
    overdue: Counted
    """Still open after the day."""
    at_risk: Counted
    """Open, and due today or within two working days."""
    on_time: Counted
    """Open, and due later."""

    @property
    def met_share(self) -> float | None:
        """Of those whose outcome is known, 0..1."""
        known = self.met.items + self.late.items + self.overdue.items
        return self.met.items / known if known else None

    @property
    def items(self) -> int:
        """All that have such a day."""
        return sum(one.items for one in (self.met, self.late, self.overdue, self.at_risk, self.on_time))


@dataclass(frozen=True)
class ProcessFigures:
    """What one process did; kinds of no action and `other` count as processes here."""

    process: str
    title: str
    ways: Ways
    speed: Speed | None
    clocks: Clocks | None


@dataclass(frozen=True)
class DayFigures:
    """What became of the items received on one day."""

    day: date
    ways: Ways


@dataclass(frozen=True)
class HourFigures:
    """Items received within one hour of the day, over the whole period."""

    hour: int
    came_in: Counted


@dataclass(frozen=True)
class Band:
    """Items that have waited for a person about equally long."""

    label: str
    items: Counted


@dataclass(frozen=True)
class WaitingFigures:
    """How long the items of one process have waited for a person, whenever they were received."""

    process: str
    title: str
    all: Counted
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class ReasonFigures:
    """Why items went to a person; one item can have several reasons."""

    kind: str
    title: str
    came_in: Counted
    """Of the period."""
    waiting: Counted
    """Now, whenever they were received."""


@dataclass(frozen=True)
class TargetFigures:
    """How the deliveries of the period's items to one target stand, each item by its newest."""

    target: str
    standing: dict[str, Counted]
    """By group: done, under-way, tried-again, uncertain, with-person, refused, cancelled."""


@dataclass(frozen=True)
class FailureFigures:
    """Items whose delivery to one target does not go through now, whenever they were received."""

    target: str
    group: str
    items: Counted


@dataclass(frozen=True)
class Figures:
    """Everything a report says of one period."""

    council: str
    part: Part
    period: Period
    made_at: datetime
    accounts: Accounts | None
    """Where every message is; None where the report is about a part of the post."""
    ways: Ways
    processes: tuple[ProcessFigures, ...]
    days: tuple[DayFigures, ...]
    hours: tuple[HourFigures, ...]
    speed: Speed | None
    waiting: tuple[WaitingFigures, ...]
    reasons: tuple[ReasonFigures, ...]
    targets: tuple[TargetFigures, ...]
    failures: tuple[FailureFigures, ...]
    clocks: Clocks
    accuracy: tuple[Accuracy, ...]
    """Of whole items: all processes first, then each."""
    field_accuracy: tuple[Accuracy, ...]
    corrected: tuple[CorrectedField, ...]
    seeds: Seeds
    savings: Savings
    holidays_until: date
    """The last bank holiday that is known."""
    buckets: tuple[Bucket, ...] = field(repr=False, default=())
    """What everything above is counted from, to work with."""

    @property
    def asking(self) -> int:
        """Items that ask for something: all but those that need no action."""
        return self.ways.came_in.items - self.ways.no_action.items


@dataclass(frozen=True)
class Compared:
    """The figures of a period beside those of an earlier one."""

    now: Figures
    before: Figures | None

    @property
    def both(self) -> Sequence[Figures]:
        """This period and, if there is one to compare with, the earlier one."""
        return (self.now, self.before) if self.before else (self.now,)
