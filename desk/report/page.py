"""The report as one HTML file that works without scripts, prints, and can be read aloud."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk.report.figures import Figures
from desk.report.tables import headline, headline_value, savings_note, shown, tables

MOST_DAYS = 62
"""More bars than this cannot be told apart; the table below the chart has every day."""


LONG = 20
"""A table of more rows is folded away until somebody asks for it."""


class Bar(NamedTuple):
    """One bar of a chart, in units of its drawing."""

    label: str
    whole: int
    part: int
    start: float
    whole_length: float
    part_length: float


def write_page(figures: Figures, path: Path) -> None:
    """Write the report as .html."""
    path.write_text(page(figures), encoding="utf-8")


def page(figures: Figures) -> str:
    """Return the report as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["shown"] = shown
    return environment.get_template("report.html.j2").render(
        figures=figures,
        headline=[(title, headline_value(figures, title, value, kind)) for title, value, kind in headline(figures)],
        note=savings_note(figures),
        long=LONG,
        tables=list(tables(figures)),
        process_bars=_bars([(one.title, one.items, one.delivered) for one in figures.processes], 420, 26),
        day_bars=_bars(
            [(f"{one.day:%d %b}", one.received, one.delivered) for one in figures.days[-MOST_DAYS:]],
            150,
            700 / max(1, min(len(figures.days), MOST_DAYS)),
        ),
    )


def _bars(rows: list[tuple[str, int, int]], length: float, step: float) -> list[Bar]:
    most = max((whole for _, whole, _ in rows), default=1) or 1
    return [
        Bar(label, whole, part, number * step, length * whole / most, length * part / most)
        for number, (label, whole, part) in enumerate(rows)
    ]
