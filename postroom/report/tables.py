"""The report as tables: the same rows for the workbook, the page, the screen and the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from postroom.behind import Behind
from postroom.period import LONDON
from postroom.report.counted import Counted
from postroom.report.figures import Figures

Kind = Literal["text", "count", "share", "hours", "work", "minutes", "day"]
"""`hours` go by from receipt on; `work` is hours that people work."""
Value = str | int | float | date | None
"""None where there is nothing to count or nobody measured."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure or a name, and what stands behind it."""

    value: Value
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class TableOf:
    """One table of the report."""

    name: str
    """Short and without spaces, as the name of a sheet."""
    title: str
    explained: str
    """What it says, in a sentence or two under its heading."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    """What to say when there is no row."""
    total: tuple[Cell, ...] = ()
    """All of it, below the rows; empty where that says nothing."""

    @property
    def closing(self) -> tuple[Cell, ...]:
        """The row of totals; none below a single row, which it would repeat."""
        return self.total if len(self.rows) > 1 else ()


def tables(figures: Figures) -> Iterator[TableOf]:
    """Return every table of the report in order."""
    from postroom.report import tables_flow, tables_quality

    return iter((*tables_flow.tables(figures), *tables_quality.tables(figures)))


def cell(value: Value | Counted) -> Cell:
    """Return a cell; a count leads to its items, if there are any."""
    if isinstance(value, Counted):
        return Cell(value.items, value.behind if value.items else None)
    return Cell(value)


def row(*values: Value | Counted) -> tuple[Cell, ...]:
    """Return the cells of a row."""
    return tuple(cell(value) for value in values)


def counts(*titles: str) -> tuple[Column, ...]:
    """Return columns of counts."""
    return tuple(Column(title) for title in titles)


def shown(value: Value, kind: Kind) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if isinstance(value, date):
        return f"{value:%a} {value.day} {value:%b %Y}"
    if isinstance(value, str):
        return value
    return {"share": percent, "hours": duration, "work": work, "minutes": minutes}.get(kind, number)(value)


def minute(moment: datetime) -> str:
    """Return a moment to the minute, in London."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y at %H:%M}"


def number(value: float) -> str:
    """Return a count with commas between thousands."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def percent(value: float) -> str:
    """Return a share in per cent; 100 and 0 only where it is all or nothing."""
    text = f"{value:.1%}"
    if text == "100.0%" and value < 1:
        return "over 99.9%"
    return "under 0.1%" if text == "0.0%" and value > 0 else text


def duration(hours: float) -> str:
    """Return a length of time as people say it: minutes, hours or days."""
    if abs(hours) >= 72:
        return f"{hours / 24:,.1f} days"
    return f"{hours:,.1f} hours" if abs(hours) * 60 >= 119.5 else minutes(hours * 60)


def work(hours: float) -> str:
    """Return hours of work, which never become days of 24 hours."""
    return minutes(hours * 60)


def minutes(value: float) -> str:
    """Return minutes: as such up to two hours, then in hours."""
    if abs(value) >= 119.5:
        return f"{value / 60:,.1f} hours"
    whole = round(value)
    if not whole:
        return "under a minute" if value > 0 else "none"
    return f"{whole} minute{'' if abs(whole) == 1 else 's'}"
