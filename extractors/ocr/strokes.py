"""Ruled strokes of a form: short upright lines and the lines that run across between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.ocr.pixels import Pixels

Ink = NDArray[np.uint8]
"""Where the page is darker than the paper about it (1)."""

_BAR, _TICK, _ACROSS = 90, 350, 28
"""What part of the page's longer side a bar, a tick and a line across has at least."""
_TALLEST = 16
"""What part of the page's longer side a bar has at most."""
_DOTS = 160
"""What part of the page's longer side the gaps in a dotted or worn line have at most."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One upright stroke, in pixels."""

    x0: float
    x1: float
    y0: float
    y1: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y1 - self.y0

    @property
    def x(self) -> float:
        """The middle, across."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Across:
    """One long line across the page, in pixels."""

    x0: float
    x1: float
    y0: float
    y1: float


def ink_of_strokes(pixels: Pixels) -> Ink:
    """Return where the page is dark, thin lines a little thickened."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    reach = (max(grey.shape) // 90) | 1
    dark = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, reach, 8)
    return np.asarray(cv2.dilate(dark, np.ones((3, 3), np.uint8)), dtype=np.uint8)


def joined(ink: Ink) -> tuple[Ink, Ink]:
    """Return the ink with dotted, dashed and worn lines made whole: the upright ones, and those across."""
    gap = max(5, max(ink.shape) // _DOTS)
    return _closed(ink, (1, gap)), _closed(ink, (gap, 1))


def _closed(ink: Ink, shape: tuple[int, int]) -> Ink:
    import cv2

    return np.asarray(
        cv2.morphologyEx(ink, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, shape)), dtype=np.uint8
    )


def _opened(ink: Ink, shape: tuple[int, int]) -> Ink:
    import cv2

    return np.asarray(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, shape)), dtype=np.uint8
    )


def bars_of(ink: Ink) -> list[Bar]:
    """Return the upright strokes as high as a letter box, from left to right."""
    longest = max(ink.shape)
    bars = _upright(ink, max(14, longest // _BAR), 0.5)
    return sorted((bar for bar in bars if bar.height < longest / _TALLEST), key=lambda bar: bar.x)


def ticks_of(ink: Ink) -> list[Bar]:
    """Return the short upright strokes that may part the letters on a line, from left to right."""
    longest = max(ink.shape)
    # A tick grows out of its line: without the line it has an end of its own.
    without = np.asarray(np.minimum(ink, 1 - _opened(ink, (max(30, longest // _ACROSS), 1))), dtype=np.uint8)
    ticks = _upright(without, max(5, longest // _TICK), 0.8)
    return sorted((tick for tick in ticks if tick.height < longest / 50), key=lambda tick: tick.x)


def _upright(ink: Ink, least: int, widest: float) -> Iterator[Bar]:
    import cv2

    count, _, marks, _ = cv2.connectedComponentsWithStats(_opened(ink, (1, least)), connectivity=8)
    for x, y, width, height, _ in marks[1:count].tolist():
        if width < widest * height:
            yield Bar(float(x), float(x + width), float(y), float(y + height))


def lines_across(ink: Ink) -> list[Across]:
    """Return the long thin lines across the page."""
    import cv2

    longest = max(ink.shape)
    lines = _opened(joined(ink)[1], (max(30, longest // _ACROSS), 1))
    count, _, marks, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    return [
        Across(float(x), float(x + width), float(y), float(y + height))
        for x, y, width, height, _ in marks[1:count].tolist()
        if height < longest / 150
    ]


def ruled(ink: Ink, x0: float, x1: float, y: float, reach: float) -> bool:
    """Say whether a line runs across from one place to another at this height, or up to a reach from it."""
    rows = slice(max(0, round(y - reach)), round(y + reach))
    band = ink[rows, max(0, round(x0) + 1) : max(0, round(x1) - 1)]
    return bool(band.size) and bool(band.any(axis=0).mean() >= 0.85) and bool(band.mean(axis=1).max() >= 0.7)
