"""The charts of the report as figures: the page and the workbook draw the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Literal

from postroom.behind import Behind
from postroom.report.figures import DayFigures, Figures, Ways
from postroom.report.tables import Cell, cell

MOST_DAYS = 62
"""More days than this are drawn as weeks."""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """What a chart says of one thing or one day."""

    label: str
    short: str
    """The label where there is little room."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ChartOf:
    """One chart."""

    name: str
    """That of the table it goes with."""
    title: str
    note: str
    """What to see in it, in a sentence."""
    heading: str
    """What the rows are."""
    unit: str
    """What the figures are."""
    form: Literal["bars", "columns", "lines"]
    """Bars lie and are stacked; columns stand."""
    series: tuple[str, ...]
    rows: tuple[ChartRow, ...]

    @property
    def top(self) -> float:
        """The largest figure; for bars that of a whole bar."""
        sums = (sum(_values(row.cells)) for row in self.rows) if self.form == "bars" else ()
        return max((*sums, *(value for row in self.rows for value in _values(row.cells))), default=0)


def charts(figures: Figures) -> Iterator[ChartOf]:
    """Return the charts that have something to show."""
    if not figures.ways.came_in.items:
        return
    yield _processes(figures)
    yield _days(figures)
    yield _hours(figures)
    if figures.waiting:
        yield _waiting(figures)


def _values(cells: Sequence[Cell]) -> list[float]:
    return [one.value for one in cells if isinstance(one.value, int | float)]


def _processes(figures: Figures) -> ChartOf:
    rows = tuple(ChartRow(one.title, one.title, _stack(one.ways)) for one in figures.processes)
    return ChartOf(
        "Processes", "What became of the items of each process",
        "The longer the first part of a bar, the more went through without a person.", "Process", "Items", "bars",
        ("Straight through", "Done by people", "Still open", "Closed without keying"), rows,
    )  # fmt: skip


def _stack(ways: Ways) -> tuple[Cell, ...]:
    open_now = ways.with_person.items + ways.in_flight.items
    closed = ways.no_action.items + ways.rejected.items
    return (
        cell(ways.straight_through), cell(ways.by_people),
        Cell(open_now, ways.came_in.behind.but(state="open") if open_now else None),
        Cell(closed, ways.came_in.behind.but(state="unkeyed") if closed else None),
    )  # fmt: skip


def _days(figures: Figures) -> ChartOf:
    weekly = len(figures.days) > MOST_DAYS
    rows = _weeks(figures.days) if weekly else tuple(_day(one) for one in figures.days)
    unit = "week" if weekly else "day"
    return ChartOf(
        "Days", f"Items by {unit} of receipt",
        "The nearer the lines, the more went through without a person. Items received lately may still be open.",
        "Week from" if weekly else "Day", "Items", "lines", ("Came in", "Straight through"), rows,
    )  # fmt: skip


def _day(one: DayFigures) -> ChartRow:
    short = f"{one.day.day} {one.day:%b}"
    return ChartRow(f"{one.day:%a} {short}", short, (cell(one.ways.came_in), cell(one.ways.straight_through)))


def _weeks(days: Sequence[DayFigures]) -> tuple[ChartRow, ...]:
    def monday(one: DayFigures) -> object:
        return one.day - timedelta(days=one.day.weekday())

    return tuple(_week(list(some)) for _, some in groupby(days, key=monday))


def _week(days: Sequence[DayFigures]) -> ChartRow:
    first, last = days[0].day, days[-1].day

    def both(parts: Sequence[tuple[int, Behind]]) -> Cell:
        items = sum(count for count, _ in parts)
        return Cell(items, parts[0][1].but(first=first, last=last) if items else None)

    cells = (
        both([(one.ways.came_in.items, one.ways.came_in.behind) for one in days]),
        both([(one.ways.straight_through.items, one.ways.straight_through.behind) for one in days]),
    )
    label = f"{first.day} {first:%b %Y}"
    return ChartRow(label, f"{first.day} {first:%b}", cells)


def _hours(figures: Figures) -> ChartOf:
    rows = tuple(ChartRow(f"{one.hour:02}:00", f"{one.hour:02}", (cell(one.came_in),)) for one in figures.hours)
    return ChartOf(
        "Hours", "Items by hour of the day", "When post comes, and so when people will be needed.", "Hour", "Items",
        "columns", ("Came in",), rows,
    )  # fmt: skip


def _waiting(figures: Figures) -> ChartOf:
    rows = tuple(
        ChartRow(band.label.capitalize(), band.label.replace(" working days", "").capitalize(), (cell(band.items),))
        for band in figures.waiting[0].bands
    )
    return ChartOf(
        "Waiting", "How long items have waited for a person", "The further to the right, the longer they have waited.",
        "Working days", "Items", "columns", ("Waiting",), rows,
    )  # fmt: skip
