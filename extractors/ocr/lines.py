"""Words to lines in reading order, whichever engine saw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import mean, median

from extractors.ocr.seen import Seen
from postroom.text import Box, Line, Word

_WIDE_GAP = 2.2
"""In line heights: a wider gap parts two cells of a table."""
_GUTTER = 0.8
"""In line heights: a narrower gap is the space between words, never that between columns of prose."""
_NEW_MATTER = 2.5
"""In line heights: paper between two rows beyond which columns end."""
_COLUMN_ROWS = 4
"""Rows on end that must have the gap for it to part columns of prose."""
_PROSE = 3.0
"""Words to each side of the gap, on average, that make columns of prose; fewer are labels with their values."""

Row = list[Seen]


def lines_of(words: Sequence[Seen], width: int, height: int, proportion: float = 0.0) -> tuple[Line, ...]:
    """Group words into lines in reading order, with boxes in fractions of the picture.

    A row with wide gaps becomes a line for each of its cells, from left to right; columns of prose are read one after
    the other.

    Args:
        proportion: Width by height of the page, where its pixels are not as wide as high.
    """
    stretch = proportion * height / width if proportion else 1.0
    pieces = [piece for row in _in_columns(_rows(words), stretch) for piece in _split(row, stretch)]
    return tuple(Line(tuple(_word(seen, width, height) for seen in piece)) for piece in pieces)


def _rows(words: Sequence[Seen]) -> list[Row]:
    rows: list[Row] = []
    for word in sorted(words, key=lambda seen: (seen.middle, seen.x0)):
        row = next((row for row in reversed(rows[-6:]) if _beside(word, row)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    return [sorted(row, key=lambda seen: seen.x0) for row in rows]


def _beside(word: Seen, row: Row) -> bool:
    nearest = min(row, key=lambda seen: abs(seen.x0 - word.x0))
    overlap = min(word.y1, nearest.y1) - max(word.y0, nearest.y0)
    return overlap > 0.5 * min(word.height, nearest.height)


def _in_columns(rows: list[Row], stretch: float) -> list[Row]:
    """Return the rows with those that run through two columns of prose parted, the left column first."""
    start = 0
    while start < len(rows):
        for gap in _gaps(rows[start], stretch):
            end, place = _gutter(rows, start, gap)
            if _columns(rows[start:end], place):
                left = [part for row in rows[start:end] if (part := [word for word in row if word.x1 <= place])]
                right = [part for row in rows[start:end] if (part := [word for word in row if word.x0 >= place])]
                return rows[:start] + left + _in_columns(right, stretch) + _in_columns(rows[end:], stretch)
        start += 1
    return rows


def _gaps(row: Row, stretch: float) -> Iterator[tuple[float, float]]:
    size = median(word.height for word in row)
    for word, following in pairwise(row):
        if (following.x0 - word.x1) * stretch > _GUTTER * size:
            yield word.x1, following.x0


def _gutter(rows: list[Row], start: int, gap: tuple[float, float]) -> tuple[int, float]:
    """Return the row where a gap ends that goes down from a row, and a place across that lies in it all the way."""
    left, right = gap
    for index in range(start + 1, len(rows)):
        place = (left + right) / 2
        ends = [word.x1 for word in rows[index] if word.x0 < place]
        starts = [word.x0 for word in rows[index] if word.x0 >= place]
        narrower = max([left, *ends]), min([right, *starts])
        if narrower[1] - narrower[0] < 0.3 * (gap[1] - gap[0]) or _apart(rows[index - 1], rows[index]):
            return index, (left + right) / 2
        left, right = narrower
    return len(rows), (left + right) / 2


def _apart(above: Row, below: Row) -> bool:
    """Say whether so much paper lies between two rows that what follows is something else."""
    size = median(word.height for word in above)
    return min(word.y0 for word in below) - max(word.y1 for word in above) > _NEW_MATTER * size


def _columns(rows: list[Row], place: float) -> bool:
    sides = [(sum(word.x0 < place for word in row), sum(word.x0 >= place for word in row)) for row in rows]
    both = [pair for pair in sides if all(pair)]
    return len(both) >= _COLUMN_ROWS and all(mean(side) >= _PROSE for side in zip(*both, strict=True))


def _split(row: Row, stretch: float) -> list[Row]:
    size = median(word.height for word in row)
    pieces = [[row[0]]]
    for word in row[1:]:
        if (word.x0 - pieces[-1][-1].x1) * stretch > _WIDE_GAP * size:
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _word(seen: Seen, width: int, height: int) -> Word:
    box = Box(_share(seen.x0, width), _share(seen.y0, height), _share(seen.x1, width), _share(seen.y1, height))
    return Word(seen.text, box, round(seen.confidence, 4))


def _share(pixels: float, whole: int) -> float:
    return round(min(max(pixels / whole, 0.0), 1.0), 5)
