"""Words to lines in reading order, whichever engine saw them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from extractors.ocr.seen import Seen
from postroom.text import Box, Line, Word

_WIDE_GAP = 2.2
"""In line heights: a wider gap parts two cells of a table or two columns."""


def lines_of(words: Sequence[Seen], width: int, height: int, proportion: float = 0.0) -> tuple[Line, ...]:
    """Group words into lines in reading order, with boxes in fractions of the picture.

    Args:
        proportion: Width by height of the page, where its pixels are not as wide as high.
    """
    stretch = proportion * height / width if proportion else 1.0
    pieces = [piece for row in _rows(words) for piece in _split(row, stretch)]
    return tuple(Line(tuple(_word(seen, width, height) for seen in piece)) for piece in pieces)


def _rows(words: Sequence[Seen]) -> list[list[Seen]]:
    rows: list[list[Seen]] = []
    for word in sorted(words, key=lambda seen: (seen.middle, seen.x0)):
        row = next((row for row in reversed(rows[-6:]) if _beside(word, row)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    return [sorted(row, key=lambda seen: seen.x0) for row in rows]


def _beside(word: Seen, row: list[Seen]) -> bool:
    nearest = min(row, key=lambda seen: abs(seen.x0 - word.x0))
    overlap = min(word.y1, nearest.y1) - max(word.y0, nearest.y0)
    return overlap > 0.5 * min(word.height, nearest.height)


def _split(row: list[Seen], stretch: float) -> list[list[Seen]]:
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
