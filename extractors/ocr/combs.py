"""Letter boxes: rows of equal cells on forms, one character in each, however the form draws them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from extractors.ocr.pixels import Pixels
from extractors.ocr.strokes import Across, Bar, Ink, bars_of, ink_of_strokes, joined, lines_across, ruled, ticks_of

_FEWEST = 2
"""Cells in a row of boxes, at least."""
_FEWEST_ON_TICKS = 4
"""Cells of a line with ticks, at least: fewer are letters that stand on a line."""
_SLACK = 0.2
"""Share of a cell by which the next one may be wider, narrower, higher or lower."""
_NARROWEST, _WIDEST = 0.4, 1.8
"""Width by height of one cell."""
_FARTHEST = 0.45
"""Share of the way from one cell to the next of the same row that lies between them at most."""
_LOST = 2
"""Cells next to each other, at most, whose borders are too worn to be seen."""
_TALL = 1.5
"""Height by width of a cell whose top the form leaves open."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The inside of one letter box, in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Comb:
    """A row of equal cells, from left to right."""

    cells: tuple[Cell, ...]
    roofed: bool = True
    """Whether the form draws a line above the cells."""

    @property
    def box(self) -> Cell:
        """What holds all its cells."""
        tops, bottoms = [cell.y0 for cell in self.cells], [cell.y1 for cell in self.cells]
        return Cell(self.cells[0].x0, min(tops), self.cells[-1].x1, max(bottoms))


def combs_of(pixels: Pixels) -> list[Comb]:
    """Find the rows of letter boxes on an upright page.

    Rows of dotted cells and of places between ticks may overlap: made whole, a tick and the letter above it look like
    the side of a box, and the ends of dotted sides look like ticks. The characters in them tell which it is.
    """
    ink = ink_of_strokes(pixels)
    found = list(_boxed(ink, ink))
    others = [*_boxed(*joined(ink)), *_on_ticks(ink)]
    return found + [comb for comb in others if not _known(comb, found)]


def _known(comb: Comb, others: Iterable[Comb]) -> bool:
    one = comb.box
    return any(
        min(one.x1, box.x1) > max(one.x0, box.x0) and min(one.y1, box.y1) > max(one.y0, box.y0)
        for box in (other.box for other in others)
    )


def _boxed(upright: Ink, ink: Ink) -> Iterator[Comb]:
    """Yield the rows of cells with lines on all four sides."""
    for row in _level_rows(bars_of(upright)):
        cells = [cell for left, right in pairwise(row) if (cell := _between(ink, left, right))]
        for run in _runs(_filled(ink, cells)):
            if len(run) >= _FEWEST:
                yield Comb(_with_open_ends(ink, run))


def _level_rows(bars: list[Bar]) -> Iterator[list[Bar]]:
    """Yield the bars that stand side by side at one height, from left to right."""
    rows: list[list[Bar]] = []
    farthest = 2 * max((bar.height for bar in bars), default=0.0)
    # Bars come from left to right, so that a row out of reach of one is out of reach of all that follow.
    near: list[list[Bar]] = []
    for bar in bars:
        near = [row for row in near if bar.x - row[-1].x < farthest]
        reach = bar.x - 2 * bar.height
        row = next((row for row in near if row[-1].x > reach and _level(row[-1], bar)), None)
        if row is None:
            rows.append([bar])
            near.append(rows[-1])
        else:
            row.append(bar)
    return (row for row in rows if len(row) > _FEWEST)


def _level(one: Bar, other: Bar) -> bool:
    slack = _SLACK * max(one.height, other.height)
    return abs(one.y0 - other.y0) < slack and abs(one.y1 - other.y1) < slack


def _between(ink: Ink, left: Bar, right: Bar) -> Cell | None:
    """Return the cell between two bars, if lines run above and below; letters have none, underlined words but one."""
    height = min(left.height, right.height)
    if not _NARROWEST * height <= right.x - left.x <= _WIDEST * height:
        return None
    reach = max(3.0, 0.12 * height)
    if not all(ruled(ink, left.x1, right.x0, y, reach) for y in (left.y0, left.y1)):
        return None
    return Cell(left.x1, max(left.y0, right.y0), right.x0, min(left.y1, right.y1))


def _filled(ink: Ink, cells: list[Cell]) -> list[Cell]:
    """Return the cells of a row with those put back whose border is worn away."""
    if len(cells) <= _FEWEST:
        return cells
    usual = median(cell.width for cell in cells)
    cells = [cell for cell in cells if cell.width < 1.5 * usual]
    step = median([right.x0 - left.x0 for left, right in pairwise(cells)] or [usual])
    whole = cells[:1]
    for cell in cells[1:]:
        missing = (cell.x0 - whole[-1].x0) / step - 1
        if round(missing) in range(1, _LOST + 1) and abs(missing - round(missing)) < _SLACK:
            between = [_moved(whole[-1], step * (index + 1)) for index in range(round(missing))]
            whole += between if all(_lined(ink, one) for one in between) else []
        whole.append(cell)
    return whole


def _lined(ink: Ink, cell: Cell) -> bool:
    """Say whether lines run above and below a cell."""
    reach, aside = max(3.0, 0.12 * cell.height), 0.1 * cell.width
    return cell.x0 > 0 and all(ruled(ink, cell.x0 + aside, cell.x1 - aside, y, reach) for y in (cell.y0, cell.y1))


def _runs(cells: list[Cell]) -> Iterator[tuple[Cell, ...]]:
    """Part a row into runs of equal cells at equal distances."""
    run: list[Cell] = []
    for cell in cells:
        if run and not _follows(run, cell):
            yield tuple(run)
            run = []
        run.append(cell)
    if run:
        yield tuple(run)


def _follows(run: list[Cell], cell: Cell) -> bool:
    gap, usual = cell.x0 - run[-1].x1, median(before.width for before in run)
    before = run[1].x0 - run[0].x1 if len(run) > 1 else gap
    alike = abs(cell.width - usual) < _SLACK * usual + 2
    return alike and gap < _FARTHEST * (cell.x0 - run[-1].x0) and abs(gap - before) < _SLACK * usual + 2


def _with_open_ends(ink: Ink, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Add the first and last cell where the form draws no line at their outer side."""
    step = cells[1].x0 - cells[0].x0
    if step > 1.3 * cells[0].width:
        return cells
    if _one_more(ink, cells[0], -step):
        cells = (_moved(cells[0], -step), *cells)
    if _one_more(ink, cells[-1], step):
        cells = (*cells, _moved(cells[-1], step))
    return cells


def _moved(cell: Cell, step: float) -> Cell:
    return replace(cell, x0=cell.x0 + step, x1=cell.x1 + step)


def _one_more(ink: Ink, cell: Cell, step: float) -> bool:
    """Say whether the lines above and below go on beyond the outermost cell, by one cell and no further."""
    return _lined(ink, _moved(cell, step)) and not _lined(ink, _moved(cell, 2 * step))


def _on_ticks(ink: Ink) -> Iterator[Comb]:
    """Yield the rows of places for letters that ticks part on a line, with nothing above them."""
    ticks = ticks_of(ink)
    lines = lines_across(ink)
    for line in lines:
        near = [tick for tick in ticks if _touches(tick, line)]
        for run in _even(near):
            yield _standing_on(ink, run, line, lines)


def _touches(tick: Bar, line: Across) -> bool:
    return line.x0 - 4 < tick.x < line.x1 + 4 and tick.y0 - 4 < line.y1 and tick.y1 + 4 > line.y0


def _even(ticks: list[Bar]) -> Iterator[list[Bar]]:
    """Yield the longest runs of equal ticks at equal distances."""
    used: set[int] = set()
    for start in range(len(ticks)):
        if start in used:
            continue
        runs = [_from(ticks, start, second) for second in range(start + 1, min(start + 6, len(ticks)))]
        run = max(runs, key=len, default=[])
        if len(run) > _FEWEST_ON_TICKS:
            used.update(range(run[0], run[-1] + 1))
            yield [ticks[index] for index in run]


def _from(ticks: list[Bar], start: int, second: int) -> list[int]:
    step = ticks[second].x - ticks[start].x
    if step < 1.3 * ticks[start].height or not _level(ticks[start], ticks[second]):
        return []
    run = [start]
    for index in range(second, len(ticks)):
        ahead = ticks[index].x - ticks[run[-1]].x
        if ahead > (1 + _SLACK) * step:
            break
        if abs(ahead - step) <= 0.12 * step + 1 and _level(ticks[start], ticks[index]):
            run.append(index)
    return run


def _standing_on(ink: Ink, ticks: list[Bar], line: Across, lines: list[Across]) -> Comb:
    """Return the comb above a line, as high as letters are or up to the next line."""
    width = (ticks[-1].x - ticks[0].x) / (len(ticks) - 1)
    places = [tick.x for tick in ticks]
    # A frame's sides stand for the outermost ticks, and a worn tick is lost.
    while len(places) < len(ticks) + _LOST and _goes_on(ink, line, places[0] - width, places[0]):
        places.insert(0, places[0] - width)
    while len(places) < len(ticks) + 2 * _LOST and _goes_on(ink, line, places[-1], places[-1] + width):
        places.append(places[-1] + width)
    roofs = [
        other.y1
        for other in lines
        if other.x0 <= ticks[0].x and other.x1 >= ticks[-1].x and 0.6 * width < line.y0 - other.y1 < _TALL * width
    ]
    top = max(roofs, default=max(0.0, line.y0 - _TALL * width))
    aside = 1 + (ticks[0].x1 - ticks[0].x0) / 2
    cells = tuple(Cell(left + aside, top, right - aside, line.y0) for left, right in pairwise(places))
    return Comb(cells, roofed=bool(roofs))


def _goes_on(ink: Ink, line: Across, x0: float, x1: float) -> bool:
    return x0 > 0 and ruled(ink, x0, x1, (line.y0 + line.y1) / 2, max(4.0, line.y1 - line.y0))
