"""Charts as numbers: what the macros of parts/chart.html draw, in shares of their width and height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_LABELS = 7
"""More words than this below a chart run into each other on a narrow screen."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a chart and the page with what stands behind it."""

    value: float | None
    """None where there is nothing to show, which is not the same as 0."""
    words: str = ""
    """As people read it; the plain number when left out."""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What a chart says of one thing or one day: a figure for each series."""

    label: str
    figures: tuple[Figure, ...]
    href: str = ""
    short: str = ""
    """The label where there is little room."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, the same whether it is drawn or read as a table."""

    id: str
    """Unique on the page."""
    title: str
    note: str
    """One sentence on what it shows and what to notice."""
    heading: str
    """What the rows are: Process, Day."""
    series: tuple[str, ...]
    rows: tuple[Row, ...]

    def top(self) -> float:
        """Return the figure at the upper end of the scale: round, and no smaller than the largest."""
        return ceiling(max((one.value or 0 for row in self.rows for one in row.figures), default=0))

    def scale(self) -> list[float]:
        """Return the figures beside a chart, from the upper end to 0."""
        return [self.top(), self.top() / 2, 0]

    def share(self, figure: Figure) -> float:
        """Return how far up the scale a figure reaches, in per cent."""
        return round(100 * (figure.value or 0) / self.top(), 2)

    def labels(self) -> list[Row]:
        """Return the rows to be named below a chart, evenly spread and with the first and the last."""
        if len(self.rows) <= MOST_LABELS:
            return list(self.rows)
        last = len(self.rows) - 1
        return [self.rows[round(number * last / (MOST_LABELS - 3))] for number in range(MOST_LABELS - 2)]

    def columns(self) -> list[tuple[float, float, float, Row, Figure, int]]:
        """Return each column as left, width, height (all per cent), row, figure and number of its series."""
        step = 100 / max(1, len(self.rows))
        wide = step * 0.76 / len(self.series)
        left = step * 0.12
        return [
            (round(left + place * step + number * wide, 3), round(wide * 0.94, 3), self.share(one), row, one, number)
            for place, row in enumerate(self.rows)
            for number, one in enumerate(row.figures)
        ]

    def spots(self, number: int) -> list[tuple[float, float, Row, Figure]]:
        """Return each point of a line as left and top (per cent), row and figure; no point where nothing is known."""
        return [
            (self._across(place), round(100 - self.share(row.figures[number]), 2), row, row.figures[number])
            for place, row in enumerate(self.rows)
            if row.figures[number].value is not None
        ]

    def strokes(self, number: int) -> list[tuple[float, float, float, float]]:
        """Return the pieces of a line as from left, top to left, top (per cent), with gaps where nothing is known."""
        known = {place for place, row in enumerate(self.rows) if row.figures[number].value is not None}
        height = [round(100 - self.share(row.figures[number]), 2) for row in self.rows]
        return [
            (self._across(here), height[here], self._across(there), height[there])
            for here, there in pairwise(range(len(self.rows)))
            if here in known and there in known
        ]

    def _across(self, place: int) -> float:
        return round(100 * place / max(1, len(self.rows) - 1), 3) if len(self.rows) > 1 else 50.0


def ceiling(largest: float) -> float:
    """Return the next round figure that halves to a round figure."""
    if largest <= 0:
        return 1
    size = 10.0 ** (len(str(int(largest))) - 1) if largest >= 1 else 0.1
    steps: Sequence[float] = (1, 2, 4, 6, 8, 10)
    return next((step * size for step in steps if step * size >= largest), 10 * size)
