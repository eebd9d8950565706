"""Gathering: counts everything a report says, in a few questions to the database whatever the ledger holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from postroom.behind import Behind
from postroom.clock import utc_now
from postroom.ledger.measuring_conditions import GROUPS
from postroom.period import Period, day_of
from postroom.reasons import TITLES, Kind
from postroom.report.figures import (
    Basis,
    Compared,
    Counted,
    DayFigures,
    FailureFigures,
    Figures,
    HourFigures,
    Part,
    ProcessFigures,
    ReasonFigures,
    TargetFigures,
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
    today, scope = day_of(now), part.scope
    work, titles = working_time(basis.nation), _Titles(basis)
    received = Behind(first=period.first, last=period.last, process=part.process)
    ever = Behind(process=part.process)
    buckets = ledger.buckets(scope, received)
    ways = _ways(buckets, received)
    closings = ledger.closings_behind(scope, received.but(state="delivered"))
    clocks = clocks_of(ledger.clocks_behind(scope, received), received, today, work)
    speeds = speeds_of(closings, received, work)
    accuracy, field_accuracy = accuracy_of(ledger.samples_behind(scope, received), received, basis)
    return Figures(
        council=basis.council,
        part=part,
        period=period,
        made_at=now,
        accounts=ledger.accounts(period.since, period.until) if part.whole else None,
        ways=ways,
        processes=tuple(
            ProcessFigures(name, titles(name), found, speeds.get(name), clocks.get(name))
            for name, found in _by_process(buckets, received, titles)
        ),
        days=tuple(_days(buckets, period, received)),
        hours=tuple(_hours(ledger.hours_behind(scope, received), received)),
        speed=speed_of(closings, received.but(state="delivered"), work),
        waiting=tuple(waiting_of(ledger.buckets(scope, ever.but(state="with-person")), ever, today, work, titles)),
        reasons=tuple(_reasons(ledger, part, received, ever)),
        targets=tuple(_targets(ledger.targets_behind(scope, received), received)),
        failures=tuple(_failures(ledger, part, ever)),
        clocks=clocks[""],
        accuracy=accuracy,
        field_accuracy=field_accuracy,
        corrected=tuple(corrected_of(ledger, scope, received, basis, buckets)),
        seeds=seeds_of(ledger, scope, received),
        savings=savings_of(ledger, part, basis, period, received, today, accuracy, buckets),
        holidays_until=work.known_until,
        buckets=tuple(buckets),
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


def _by_process(buckets: Sequence[Bucket], behind: Behind, titles: _Titles) -> Iterator[tuple[str, Ways]]:
    found: defaultdict[str, list[Bucket]] = defaultdict(list)
    for one in buckets:
        found[one.process].append(one)
    for name in sorted(found, key=titles.order):
        yield name, _ways(found[name], behind.but(process=name))


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


def _reasons(ledger: Ledger, part: Part, received: Behind, ever: Behind) -> Iterator[ReasonFigures]:
    waiting = ever.but(state="with-person")
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


def _failures(ledger: Ledger, part: Part, ever: Behind) -> Iterator[FailureFigures]:
    open_now = ever.but(state="open")
    for (target, group), items in sorted(ledger.targets_behind(part.scope, open_now).items()):
        if group in FAILING:
            yield FailureFigures(target, group, Counted(items, open_now.but(target=target, delivery=group)))
