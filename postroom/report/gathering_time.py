"""Times: how long items took, how long they have waited, and how they stand to the day they are due."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final, Protocol

from postroom.behind import Behind
from postroom.report.counted import Counted
from postroom.report.figures import Band, Clocks, Speed, WaitingFigures
from postroom.working_time import WorkingTime

if TYPE_CHECKING:
    from postroom.ledger.measuring import Bucket, Closed

BANDS: Final[tuple[tuple[str, int, int | None], ...]] = (
    ("since today", 0, 0),
    ("1 working day", 1, 1),
    ("2 to 3 working days", 2, 3),
    ("4 to 5 working days", 4, 5),
    ("6 to 10 working days", 6, 10),
    ("over 10 working days", 11, None),
)
"""How long items wait for a person: from and to, in working days after the day of receipt."""
SOON: Final = 2
"""Working days before its day at which an open item is at risk."""


class Titles(Protocol):
    """Names processes as people call them, and puts them in order."""

    def __call__(self, process: str) -> str:
        """Return the title."""

    def order(self, process: str) -> tuple[bool, str]:
        """Return what to sort by."""


def speeds_of(closings: Sequence[Closed], received: Behind, work: WorkingTime) -> dict[str, Speed]:
    """Return how long the delivered items of each process took."""
    found: defaultdict[str, list[Closed]] = defaultdict(list)
    for one in closings:
        found[one.process].append(one)
    speeds = {name: speed_of(some, received.but(state="delivered", process=name), work) for name, some in found.items()}
    return {name: speed for name, speed in speeds.items() if speed}


def speed_of(closings: Sequence[Closed], behind: Behind, work: WorkingTime) -> Speed | None:
    """Return how long delivered items took; None of none."""
    if not closings:
        return None
    hours = sorted((one.closed_at - one.received_at).total_seconds() / 3600 for one in closings)
    working = sorted(work.hours(one.received_at, one.closed_at) for one in closings)
    items = Counted(len(closings), behind)
    return Speed(items, median(hours), _ninetieth(hours), median(working), _ninetieth(working))


def waiting_of(
    buckets: Sequence[Bucket], ever: Behind, today: date, work: WorkingTime, titles: Titles
) -> Iterator[WaitingFigures]:
    """Return how long items have waited for a person, by process; all together first, if any waits."""
    edges = list(_edges(today, work))
    counts: Counter[tuple[str, str]] = Counter()
    for one in buckets:
        for label, first, last in edges:
            if (first is None or one.day >= first) and (last is None or one.day <= last):
                counts["", label] += one.items
                counts[one.process, label] += one.items
    names = sorted({name for name, _ in counts if name}, key=titles.order)
    for name in ("", *names) if counts else ():
        behind = ever.but(state="with-person", process=name or ever.process)
        bands = tuple(
            Band(label, Counted(counts[name, label], behind.but(first=first, last=last)))
            for label, first, last in edges
        )
        whole = Counted(sum(band.items.items for band in bands), behind)
        yield WaitingFigures(name, titles(name) if name else "All", whole, bands)


def clocks_of(
    counts: Mapping[tuple[str, str, str], int], received: Behind, today: date, work: WorkingTime
) -> dict[str, Clocks]:
    """Return how items stand to the day they are due, by process and, under the empty name, all together."""
    soon = work.after(today, SOON)
    found: Counter[tuple[str, str]] = Counter()
    for (process, clock, due), items in counts.items():
        place = clock if clock != "open" else _open(date.fromisoformat(due), today, soon)
        found[process, place] += items
        found["", place] += items
    names = {name for name, _ in found} | {""}
    return {name: _clocks(found, name, received, today, soon) for name in names}


def _clocks(found: Counter[tuple[str, str]], name: str, received: Behind, today: date, soon: date) -> Clocks:
    behind = received.but(process=name or received.process)
    still = behind.but(clock="open")
    return Clocks(
        met=Counted(found[name, "met"], behind.but(clock="met")),
        late=Counted(found[name, "late"], behind.but(clock="late")),
        overdue=Counted(found[name, "overdue"], still.but(due_last=today - timedelta(days=1))),
        at_risk=Counted(found[name, "at-risk"], still.but(due_first=today, due_last=soon)),
        on_time=Counted(found[name, "on-time"], still.but(due_first=soon + timedelta(days=1))),
    )


def _open(due: date, today: date, soon: date) -> str:
    if due < today:
        return "overdue"
    return "at-risk" if due <= soon else "on-time"


def _edges(today: date, work: WorkingTime) -> Iterator[tuple[str, date | None, date | None]]:
    """Yield the days of receipt of each band; the newest has no end, the oldest no beginning."""
    for label, least, most in BANDS:
        first = None if most is None else work.before(today, most)
        last = None if least == 0 else work.before(today, least - 1) - timedelta(days=1)
        yield label, first, last


def _ninetieth(ordered: Sequence[float]) -> float:
    return ordered[math.ceil(0.9 * len(ordered)) - 1]
