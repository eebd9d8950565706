"""The figures of the managers' report, each counted in the ledger and none estimated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from postroom.delivery import State

if TYPE_CHECKING:
    from postroom.ledger import Accounts, Count, HistoryEntry, ItemSummary, Ledger
    from postroom.process import Process

PAGE = 1000
DELIVERED = "item-delivered"
CORRECTED = "corrected"
"""Actions of the history."""
AGES = {
    "less than a day": (-math.inf, 1.0),
    "1 to 2 days": (1.0, 3.0),
    "3 to 5 days": (3.0, 6.0),
    "6 to 10 days": (6.0, 11.0),
    "over 10 days": (11.0, math.inf),
}
"""How long items wait for a person, in days from receipt."""


@dataclass(frozen=True)
class Period:
    """The days a report covers, both included, by when the post was received."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """Its first moment, in UTC as the ledger counts days."""
        return datetime.combine(self.first, datetime.min.time(), UTC)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last, datetime.min.time(), UTC) + timedelta(days=1)


@dataclass(frozen=True)
class Speed:
    """How long items took from receipt to delivery, in hours."""

    items: int
    median: float
    ninetieth: float
    """Nine of ten took no longer."""


@dataclass(frozen=True)
class ProcessFigures:
    """What one process did in the period; kinds of no action and `other` count as processes here."""

    process: str
    title: str
    items: int
    delivered: int
    straight_through: int
    """Delivered items that no person touched."""
    with_person: int
    in_flight: int
    rejected: int
    no_action: int
    speed: Speed | None
    """None if nothing was delivered."""
    minutes_each: float | None
    """Measured minutes a person needs for one item; None where nobody measured."""

    @property
    def straight_through_share(self) -> float | None:
        """Of the delivered items, 0..1."""
        return self.straight_through / self.delivered if self.delivered else None

    @property
    def hours_saved(self) -> float | None:
        """Keying that no person did: straight-through items times measured minutes; None without a measurement."""
        return None if self.minutes_each is None else self.straight_through * self.minutes_each / 60


@dataclass(frozen=True)
class FieldFigures:
    """How often people had to put one field right."""

    process: str
    field: str
    title: str
    items: int
    """Delivered items of the process."""
    corrected: int
    """Those of them in which a person changed the field."""

    @property
    def right_share(self) -> float:
        """Share of the delivered items in which nobody had to change it (0..1)."""
        return 1 - self.corrected / self.items


@dataclass(frozen=True)
class Day:
    """How many work items were received on one day, and how many of them are delivered by now."""

    day: date
    received: int
    delivered: int


@dataclass(frozen=True)
class Age:
    """How many items have waited for a person for how long."""

    label: str
    items: int


@dataclass(frozen=True)
class Failure:
    """Deliveries of one target that did not go through."""

    target: str
    state: State
    deliveries: int


@dataclass(frozen=True)
class Figures:
    """Everything the report says."""

    council: str
    period: Period
    made_at: datetime
    accounts: Accounts
    processes: tuple[ProcessFigures, ...]
    fields: tuple[FieldFigures, ...]
    days: tuple[Day, ...]
    speed: Speed | None
    ages: tuple[Age, ...]
    failures: tuple[Failure, ...]
    """As they stand now, of whatever period."""

    @property
    def asking(self) -> int:
        """Items that ask for something: all but those that need no action."""
        return sum(one.items - one.no_action for one in self.processes)

    @property
    def delivered(self) -> int:
        """Items delivered."""
        return sum(one.delivered for one in self.processes)

    @property
    def straight_through(self) -> int:
        """Items delivered that no person touched."""
        return sum(one.straight_through for one in self.processes)

    @property
    def straight_through_share(self) -> float | None:
        """Of the delivered items, 0..1; None if nothing was delivered."""
        return self.straight_through / self.delivered if self.delivered else None

    @property
    def hours_saved(self) -> float | None:
        """Over the processes with a measurement; None if no process has one."""
        measured = [one.hours_saved for one in self.processes if one.hours_saved is not None]
        return sum(measured) if measured else None

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Titles of processes that delivered straight through but whose manual minutes nobody measured."""
        return tuple(one.title for one in self.processes if one.straight_through and one.minutes_each is None)


def gather(ledger: Ledger, processes: Sequence[Process], period: Period, council: str, made_at: datetime) -> Figures:
    """Count everything the report says.

    Args:
        ledger: Where it is counted.
        processes: For titles and measured minutes.
        period: By receipt of the message.
        council: Whose report it is.
        made_at: Now; waiting is counted up to it.
    """
    items = [item for item in _items(ledger) if period.since <= item.received_at < period.until]
    events = _Events(_history(ledger))
    hours = {item.id: _hours(item.received_at, events.delivered_at[item.id]) for item in items if _is_delivered(item)}
    by_id = {process.id: process for process in processes}
    return Figures(
        council=council,
        period=period,
        made_at=made_at,
        accounts=ledger.accounts(period.since, period.until),
        processes=tuple(_of_processes(items, ledger.counts(period.since, period.until), by_id, hours)),
        fields=tuple(_of_fields(items, by_id, events.corrected)),
        days=tuple(_days(items)),
        speed=_speed(list(hours.values())),
        ages=_ages([item.received_at for item in items if item.state == "with-person"], made_at),
        failures=tuple(Failure(one.target, one.state, one.deliveries) for one in ledger.stuck_deliveries()),
    )


def _items(ledger: Ledger) -> Iterator[ItemSummary]:
    offset = 0
    while page := ledger.items(limit=PAGE, offset=offset):
        yield from page
        offset += len(page)


def _history(ledger: Ledger) -> Iterator[HistoryEntry]:
    last = 0
    while page := ledger.history(after=last, limit=PAGE):
        yield from page
        last = page[-1].sequence


class _Events:
    def __init__(self, history: Iterator[HistoryEntry]) -> None:
        self.delivered_at: dict[str, datetime] = {}
        self.corrected: set[tuple[str, str]] = set()
        """Item and field."""
        for entry in history:
            if entry.action == DELIVERED:
                self.delivered_at[entry.item_id] = entry.at
            elif entry.action == CORRECTED:
                self.corrected.add((entry.item_id, entry.detail["field"]))


def _is_delivered(item: ItemSummary) -> bool:
    return item.state == "delivered"


def _hours(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds() / 3600


def _speed(hours: Sequence[float]) -> Speed | None:
    if not hours:
        return None
    ordered = sorted(hours)
    return Speed(len(ordered), median(ordered), ordered[math.ceil(0.9 * len(ordered)) - 1])


def _of_processes(
    items: Sequence[ItemSummary], counts: Sequence[Count], by_id: Mapping[str, Process], hours: Mapping[str, float]
) -> Iterator[ProcessFigures]:
    for name in sorted({count.process for count in counts}, key=lambda name: (name not in by_id, name)):
        process = by_id.get(name)
        states: Counter[str] = Counter()
        untouched = 0
        for count in counts:
            if count.process == name:
                states[count.state] += count.items
                untouched += count.items if count.state == "delivered" and not count.touched else 0
        yield ProcessFigures(
            process=name,
            title=process.title if process else name.replace("-", " ").capitalize(),
            items=states.total(),
            delivered=states["delivered"],
            straight_through=untouched,
            with_person=states["with-person"],
            in_flight=states["in-flight"],
            rejected=states["rejected"],
            no_action=states["no-action"],
            speed=_speed([hours[item.id] for item in items if item.process == name and item.id in hours]),
            minutes_each=process.baseline.minutes if process and process.baseline else None,
        )


def _of_fields(
    items: Sequence[ItemSummary], by_id: Mapping[str, Process], corrected: set[tuple[str, str]]
) -> Iterator[FieldFigures]:
    for process in by_id.values():
        delivered = [item.id for item in items if item.process == process.id and _is_delivered(item)]
        for field, spec in process.fields.items() if delivered else ():
            changed = sum(1 for item_id in delivered if (item_id, field) in corrected)
            title = spec.title or field.replace("_", " ").capitalize()
            yield FieldFigures(process.id, field, title, len(delivered), changed)


def _days(items: Sequence[ItemSummary]) -> Iterator[Day]:
    received = Counter(item.received_at.astimezone(UTC).date() for item in items)
    delivered = Counter(item.received_at.astimezone(UTC).date() for item in items if _is_delivered(item))
    for day in sorted(received):
        yield Day(day, received[day], delivered[day])


def _ages(received: Sequence[datetime], now: datetime) -> tuple[Age, ...]:
    days = [(now - moment).total_seconds() / 86400 for moment in received]
    return tuple(Age(label, sum(1 for age in days if least <= age < most)) for label, (least, most) in AGES.items())
