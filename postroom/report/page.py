"""The report as one HTML file that works without scripts, prints, and can be read aloud."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from postroom.report.charts import ChartOf, charts
from postroom.report.figures import Compared
from postroom.report.headline import comparison_note, headlines
from postroom.report.tables import minute, shown, tables

if TYPE_CHECKING:
    from jinja2 import Template

LONG: Final = 14
"""A table of more rows is folded away on the screen until somebody asks for it."""
WIDE: Final = 720
_LEFT: Final = 240
_BAR: Final = 30
_TALL: Final = 200
_FOOT: Final = 44
_SIDE: Final = 46
_MOST_LABELS: Final = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle of a chart, in units of its drawing."""

    x: float
    y: float
    width: float
    height: float
    series: int
    words: str


@dataclass(frozen=True, slots=True)
class Word:
    """A label of a chart."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as shapes."""

    chart: ChartOf
    height: float
    shapes: tuple[Shape, ...]
    lines: tuple[str, ...]
    """Points of each line."""
    words: tuple[Word, ...]
    grid: tuple[float, ...]
    """Heights of the lines behind."""


def page(compared: Compared) -> str:
    """Return the report as HTML."""
    figures = compared.now
    made = list(tables(figures))
    return _template().render(
        figures=figures,
        headlines=headlines(compared),
        comparison=comparison_note(compared),
        tables=made,
        drawings={one.name: draw(one) for one in charts(figures)},
        long=LONG,
        wide=WIDE,
        side=_SIDE,
    )


def write_page(compared: Compared, path: Path) -> None:
    """Write the report as .html."""
    path.write_text(page(compared), encoding="utf-8")


def draw(chart: ChartOf) -> Drawing:
    """Return a chart as shapes."""
    return _bars(chart) if chart.form == "bars" else _standing(chart)


def _bars(chart: ChartOf) -> Drawing:
    scale = (WIDE - _LEFT - 60) / (chart.top or 1)
    shapes: list[Shape] = []
    words: list[Word] = []
    for number, row in enumerate(chart.rows):
        start = float(_LEFT)
        for series, cell in enumerate(row.cells):
            width = float(cell.value or 0) * scale if isinstance(cell.value, int | float) else 0.0
            if width:
                told = f"{row.label}, {chart.series[series].lower()}: {shown(cell.value, 'count')}"
                shapes.append(Shape(start, number * _BAR + 5, width, _BAR - 10, series, told))
            start += width
        whole = sum(cell.value for cell in row.cells if isinstance(cell.value, int))
        words.append(Word(_LEFT - 8, number * _BAR + 20, row.short, "end"))
        words.append(Word(start + 6, number * _BAR + 20, f"{whole:,}"))
    return Drawing(chart, len(chart.rows) * _BAR + 4, tuple(shapes), (), tuple(words), ())


def _standing(chart: ChartOf) -> Drawing:
    top = ceiling(chart.top)
    step = (WIDE - _SIDE) / max(1, len(chart.rows))
    shapes: list[Shape] = []
    points: list[list[str]] = [[] for _ in chart.series]
    for place, row in enumerate(chart.rows):
        for series, cell in enumerate(row.cells):
            value = float(cell.value) if isinstance(cell.value, int | float) else 0.0
            height = _TALL * value / top
            if chart.form == "lines":
                points[series].append(f"{_SIDE + (place + 0.5) * step:.1f},{_TALL - height + 10:.1f}")
            elif value:
                told = f"{row.label}: {shown(cell.value, 'count')}"
                shapes.append(
                    Shape(_SIDE + place * step + step * 0.12, _TALL - height + 10, step * 0.76, height, 0, told)
                )
    every = -(-len(chart.rows) // _MOST_LABELS) if chart.form == "lines" else -(-len(chart.rows) // 24)
    words = [
        Word(_SIDE + (place + 0.5) * step, _TALL + 28, row.short, "middle")
        for place, row in enumerate(chart.rows)
        if place % every == 0
    ]
    words += [Word(_SIDE - 8, _TALL * (1 - share) + 14, f"{top * share:g}", "end") for share in (0, 0.5, 1)]
    grid = tuple(_TALL * (1 - share) + 10 for share in (0, 0.5, 1))
    lines = tuple(" ".join(some) for some in points if some)
    return Drawing(chart, _TALL + _FOOT, tuple(shapes), lines, tuple(words), grid)


def ceiling(largest: float) -> float:
    """Return the next round figure that halves to a round figure."""
    size = 1.0
    while True:
        for step in (2, 4, 6, 8, 10):
            if step * size >= largest:
                return step * size
        size *= 10


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.filters["minute"] = minute
    return environment.get_template("report.html.j2")
