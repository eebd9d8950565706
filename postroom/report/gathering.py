"""Gathering: counts everything a report says, in a few questions to the database whatever the ledger holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, TypedDict

from postroom.behind import Behind
from postroom.clock import utc_now
from postroom.ledger.measuring_conditions import GROUPS
from postroom.period import Period, day_of
from postroom.reasons import TITLES, Kind
from postroom.report.counted import Counted
from postroom.report.figures import (
    Basis,
    Clocks,
    Compared,
    DayFigures,
    FailureFigures,
    Figures,
    HourFigures,
    Part,
    ProcessFigures,
    ReasonFigures,
    Speed,
    TargetFigures,
    WaitingFigures,
    Ways,
)
from postroom.report.gathering_checks import accuracy_of, corrected_of, seeds_of
from postroom.report.gathering_savings import savings_of
from postroom.report.gathering_time import clocks_of, speed_of, speeds_of, waiting_of
from postroom.working_time import working_time

if TYPE_CHECKING:
    from postroom.ledger import Ledger
    from postroom.ledger.measuring import Bucket

FAILING = ("tried-again", "uncertain", "with-person", "refused")
"""Groups of deliveries that do not go through by themselves."""


def gather(
    ledger: Ledger, basis: Basis, period: Period, part: Part | None = None, made_at: datetime | None = None
) -> Figures:
    """Count everything a report says.

    Args:
        ledger: Where it is counted.
        basis: From the configuration.
        period: By receipt, in days of London.
        part: Of the post; left out, all of it.
        made_at: The moment that waiting is counted up to; left out, now.
    """
    part, now = part or Part(), made_at or utc_now()
    received = Behind(first=period.first, last=period.last, process=part.process)
    buckets = ledger.buckets(part.scope, received)
    accuracy, field_accuracy = accuracy_of(ledger.samples_behind(part.scope, received), received, basis)
    return Figures(
        council=basis.council,
        part=part,
        period=period,
        made_at=now,
        accounts=ledger.accounts(period.since, period.until) if part.whole else None,
        ways=_ways(buckets, received),
        days=tuple(_days(buckets, period, received)),
        hours=tuple(_hours(ledger.hours_behind(part.scope, received), received)),
        reasons=tuple(_reasons(ledger, part, received)),
        targets=tuple(_targets(ledger.targets_behind(part.scope, received), received)),
        failures=tuple(_failures(ledger, part)),
        accuracy=accuracy,
        field_accuracy=field_accuracy,
        corrected=tuple(corrected_of(ledger, part.scope, received, basis, buckets)),
        seeds=seeds_of(ledger, part.scope, received),
        savings=savings_of(ledger, part, basis, period, received, day_of(now), accuracy, buckets),
        buckets=tuple(buckets),
        **_times(ledger, basis, part, received, day_of(now), buckets),
    )


class _Times(TypedDict):
    """The part of the figures that goes by working time."""

    processes: tuple[ProcessFigures, ...]
    speed: Speed | None
    waiting: tuple[WaitingFigures, ...]
    clocks: Clocks
    holidays_until: date


def _times(
    ledger: Ledger, basis: Basis, part: Part, received: Behind, today: date, buckets: Sequence[Bucket]
) -> _Times:
    work, titles = working_time(basis.nation), _Titles(basis)
    delivered, ever = received.but(state="delivered"), Behind(process=part.process)
    closings = ledger.closings_behind(part.scope, delivered)
    clocks = clocks_of(ledger.clocks_behind(part.scope, received), received, today, work)
    waiting = ledger.buckets(part.scope, ever.but(state="with-person"))
    return _Times(
        processes=tuple(_processes(buckets, received, titles, speeds_of(closings, received, work), clocks)),
        speed=speed_of(closings, delivered, work),
        waiting=tuple(waiting_of(waiting, ever, today, work, titles)),
        clocks=clocks[""],
        holidays_until=work.known_until,
    )


def compare(
    ledger: Ledger,
    basis: Basis,
    period: Period,
    earlier: Period | None,
    part: Part | None = None,
    made_at: datetime | None = None,
) -> Compared:
    """Count the figures of a period and of an earlier one, both as they stand now."""
    now = made_at or utc_now()
    before = gather(ledger, basis, earlier, part, now) if earlier else None
    return Compared(gather(ledger, basis, period, part, now), before)


class _Titles:
    """Processes as people call them."""

    def __init__(self, basis: Basis) -> None:
        self._known = {one.id: one.title for one in basis.processes}

    def __call__(self, process: str) -> str:
        return self._known.get(process) or process.replace("-", " ").capitalize()

    def order(self, process: str) -> tuple[bool, str]:
        """Configured processes first, then kinds of no action and `other`."""
        return process not in self._known, self(process)


def _ways(buckets: Iterable[Bucket], behind: Behind) -> Ways:
    counts: Counter[tuple[str, bool]] = Counter()
    pages = 0
    for one in buckets:
        counts[one.state, one.touched] += one.items
        pages += one.pages if one.state == "delivered" else 0

    def of_state(state: str) -> Counted:
        return Counted(counts[state, False] + counts[state, True], behind.but(state=state))

    delivered = behind.but(state="delivered")
    return Ways(
        came_in=Counted(counts.total(), behind),
        straight_through=Counted(counts["delivered", False], delivered.but(touched=False)),
        by_people=Counted(counts["delivered", True], delivered.but(touched=True)),
        with_person=of_state("with-person"),
        in_flight=of_state("in-flight"),
        no_action=of_state("no-action"),
        rejected=of_state("rejected"),
        pages=pages,
    )


def _processes(
    buckets: Sequence[Bucket],
    behind: Behind,
    titles: _Titles,
    speeds: Mapping[str, Speed],
    clocks: Mapping[str, Clocks],
) -> Iterator[ProcessFigures]:
    found: defaultdict[str, list[Bucket]] = defaultdict(list)
    for one in buckets:
        found[one.process].append(one)
    for name in sorted(found, key=titles.order):
        ways = _ways(found[name], behind.but(process=name))
        yield ProcessFigures(name, titles(name), ways, speeds.get(name), clocks.get(name))


def _days(buckets: Sequence[Bucket], period: Period, behind: Behind) -> Iterator[DayFigures]:
    """Yield every day of the period that has come, so that a day without post is seen."""
    ordered = sorted(buckets, key=lambda one: one.day)
    found = {day: list(some) for day, some in groupby(ordered, key=lambda one: one.day)}
    last = max(found, default=period.first)
    for number in range((min(last, period.last) - period.first).days + 1):
        day = period.first + timedelta(days=number)
        yield DayFigures(day, _ways(found.get(day, ()), behind.but(first=day, last=day)))


def _hours(counts: Mapping[int, int], behind: Behind) -> Iterator[HourFigures]:
    for hour in range(24):
        yield HourFigures(hour, Counted(counts.get(hour, 0), behind.but(hour=hour)))


def _reasons(ledger: Ledger, part: Part, received: Behind) -> Iterator[ReasonFigures]:
    waiting = Behind(process=part.process, state="with-person")
    in_period, now = ledger.kinds_behind(part.scope, received), ledger.kinds_behind(part.scope, waiting)
    for kind in sorted({*in_period, *now}, key=lambda kind: (-in_period.get(kind, 0), kind)):
        came_in = Counted(in_period.get(kind, 0), received.but(kind=kind))
        yield ReasonFigures(kind, _reason(kind), came_in, Counted(now.get(kind, 0), waiting.but(kind=kind)))


def _reason(kind: str) -> str:
    return TITLES[Kind(kind)] if kind in set(Kind) else kind


def _targets(counts: Mapping[tuple[str, str], int], behind: Behind) -> Iterator[TargetFigures]:
    for target in sorted({target for target, _ in counts}):
        standing = {
            group: Counted(counts.get((target, group), 0), behind.but(target=target, delivery=group))
            for group in GROUPS
        }
        yield TargetFigures(target, standing)


def _failures(ledger: Ledger, part: Part) -> Iterator[FailureFigures]:
    open_now = Behind(process=part.process, state="open")
    for (target, group), items in sorted(ledger.targets_behind(part.scope, open_now).items()):
        if group in FAILING:
            yield FailureFigures(target, group, Counted(items, open_now.but(target=target, delivery=group)))
