"""The report as the page shows it: tiles, sums, charts and tables, in which every figure leads to its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from desk.web.figures.asked import Asked
from desk.web.figures.charts import Chart, Figure, Row
from postroom.report.charts import ChartOf, charts
from postroom.report.counted import Counted
from postroom.report.figures import Compared, Figures
from postroom.report.headline import Headline, headlines
from postroom.report.tables import Cell, Kind, TableOf, shown, tables

SECTIONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "came-in": ("What came in", ("Processes", "Days", "Hours")),
    "waits": ("What waits, and why", ("Waiting", "Reasons")),
    "clocks": ("Speed and clocks", ("Speed", "Due")),
    "failed": ("Targets, and what failed", ("Targets", "Failed")),
    "right": ("How right", ("Accuracy", "Corrections", "KnownErrors")),
    "saved": ("What it saved", ("Saved",)),
}
"""Sections of the page: their titles and the tables of the report in each."""
_PARTS: Final[Mapping[str, str]] = {
    "Straight-through share of delivered": "#Processes",
    "Half of them delivered within": "#Speed",
    "Nine of ten delivered within": "#Speed",
    "Clocks met": "#Due",
    "Right in blind samples": "#Accuracy",
    "Time saved, net": "#Saved",
    "Working days a year": "#Saved",
}
"""Where the parts stand of headline figures that are worked out of others."""
_IN_THE_SUM: Final = "Of the period, still with a person"
"""Stands in the sum below the tiles, beside all other ways."""
_SAME_AS_CHART: Final = ("Hours",)
_FOLDED: Final = ("Days", "Corrections")


@dataclass(frozen=True, slots=True)
class CellView:
    """One figure or name, and the address of the items behind it."""

    words: str
    href: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class TableView:
    """One table of the report with its chart."""

    table: TableOf
    rows: Sequence[Sequence[CellView]]
    closing: Sequence[CellView]
    chart: Chart | None
    form: str
    """How the chart is drawn: stacked, columns or lines."""
    told_by_chart: bool
    folded: bool


@dataclass(frozen=True, slots=True)
class SectionView:
    """A part of the page."""

    id: str
    title: str
    tables: Sequence[TableView]


def tiles_of(compared: Compared, asked: Asked) -> list[dict[str, Any]]:
    """Return the headline figures, and what waits now, each with where it leads."""
    made = [_tile(one, asked, compared.now) for one in headlines(compared) if one.title != _IN_THE_SUM]
    return [*made[:1], *_waiting(compared.now, asked), *made[1:]]


def equation_of(figures: Figures, asked: Asked) -> list[tuple[str, str, str]]:
    """Return how the items received are accounted for: sign, words and address of each part."""
    ways = figures.ways
    parts = (
        ("", "received", ways.came_in),
        ("=", "straight through", ways.straight_through),
        ("+", "done by people", ways.by_people),
        ("+", "no action", ways.no_action),
        ("+", "rejected", ways.rejected),
        ("+", "with a person", ways.with_person),
        ("+", "in flight", ways.in_flight),
    )
    return [(sign, f"{one.items:,} {words}", _href(one, asked)) for sign, words, one in parts]


def saving_of(figures: Figures) -> list[tuple[str, str, str]]:
    """Return how the time saved was worked out: sign, words and address of each part; nothing where it cannot be."""
    savings = figures.savings
    if savings.net_minutes is None:
        return []
    gross, review, rework = (
        sum(float(getattr(one, name)) for one in savings.counted)
        for name in ("keying_minutes", "review_minutes", "rework_minutes")
    )
    parts = [("", gross, "keying that nobody did"), ("−", review, "review"), ("−", rework, "rework")]
    if savings.upkeep_minutes is not None:
        parts.append(("−", savings.upkeep_minutes, "upkeep"))
    parts.append(("=", savings.net_minutes, "saved, net"))
    return [(sign, f"{shown(value / 60, 'work')} {words}", "#Saved") for sign, value, words in parts]


def sections_of(figures: Figures, asked: Asked) -> Iterator[SectionView]:
    """Return the sections with their tables and charts."""
    drawn = {one.name: one for one in charts(figures)}
    made = {one.name: _table(one, drawn.get(one.name), asked) for one in tables(figures)}
    for name, (title, names) in SECTIONS.items():
        yield SectionView(name, title, [made[one] for one in names if one in made])


def chart_of(one: ChartOf, asked: Asked) -> Chart:
    """Return a chart of the report as the page draws it."""
    rows = tuple(Row(row.label, tuple(_figure(cell, asked) for cell in row.cells), short=row.short) for row in one.rows)
    return Chart(f"chart-{one.name}", one.title, one.note, one.heading, one.series, rows)


def _tile(one: Headline, asked: Asked, figures: Figures) -> dict[str, Any]:
    href = asked.items(one.now.behind) if one.now.behind else _PARTS.get(one.title, "")
    if one.title.startswith("Pages"):
        href = _href(figures.ways.delivered, asked)
    notes = [_interval(figures) if one.title == "Right in blind samples" else "", _change(one)]
    return {
        "title": one.title,
        "figure": one.words,
        "href": href,
        "missing": one.now.value is None,
        "notes": [note for note in notes if note],
    }


def _change(one: Headline) -> str:
    if one.before is None or one.now.value is None:
        return ""
    if one.difference is None:
        return f"before: {one.before_words}"
    return f"{one.difference_words}, before: {one.before_words}"


def _interval(figures: Figures) -> str:
    whole = figures.accuracy[0] if figures.accuracy else None
    interval = whole.interval if whole else None
    if whole is None or interval is None:
        return ""
    items = f"{whole.sampled:,} item{'' if whole.sampled == 1 else 's'} read again"
    return f"{items}; between {shown(interval.low, 'share')} and {shown(interval.high, 'share')}, 19 times in 20"


def _waiting(figures: Figures, asked: Asked) -> list[dict[str, Any]]:
    every = figures.waiting[0] if figures.waiting else None
    longest = next((band.label for band in reversed(every.bands) if band.items.items), "") if every else ""
    return [
        {
            "title": "Waiting for a person now",
            "figure": f"{every.all.items:,}" if every else "0",
            "href": _href(every.all, asked) if every else "",
            "missing": False,
            "notes": [f"the longest: {longest}"] if longest else ["whenever they were received"],
        }
    ]


def _table(table: TableOf, drawn: ChartOf | None, asked: Asked) -> TableView:
    kinds = [column.kind for column in table.columns]
    return TableView(
        table,
        [_row(cells, kinds, asked) for cells in table.rows],
        _row(table.closing, kinds, asked),
        chart_of(drawn, asked) if drawn and table.rows else None,
        {"bars": "stacked"}.get(drawn.form, drawn.form) if drawn else "",
        table.name in _SAME_AS_CHART and drawn is not None,
        table.name in _FOLDED,
    )


def _row(cells: Sequence[Cell], kinds: Sequence[Kind], asked: Asked) -> list[CellView]:
    return [
        CellView(shown(cell.value, kind), asked.items(cell.behind) if cell.behind else "", kind not in ("text", "day"))
        for cell, kind in zip(cells, kinds, strict=False)
    ]


def _figure(cell: Cell, asked: Asked) -> Figure:
    value = float(cell.value) if isinstance(cell.value, int | float) else None
    return Figure(value, href=asked.items(cell.behind) if cell.behind else "")


def _href(one: Counted, asked: Asked) -> str:
    return asked.items(one.behind) if one.items else ""
