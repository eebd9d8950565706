"""Letter boxes: rows of equal cells on forms, one character in each, which engines for running text misread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from extractors.ocr import rapid
from extractors.ocr.pixels import Pixels
from extractors.ocr.seen import Seen

_FEWEST_CELLS = 2
_SURE = 0.6
"""Confidence from which the reading cell by cell replaces that of the running text."""
_SLACK = 0.2
"""Share of a cell by which the next one may be wider, narrower, higher or lower."""
_TALLER = 1.25
"""How much taller than the words of the page a letter box is, at least."""
_STROKES = str.maketrans("|\\/!", "1111")
"""What a single stroke in a letter box is read as, and what it is."""
_NARROWEST_CELL, _WIDEST_CELL = 0.4, 1.8
"""Width by height of one cell."""
_INSET = 0.12
"""Share of a cell on each side that belongs to its border."""


@dataclass(frozen=True, slots=True)
class Upright:
    """One vertical line, in pixels."""

    x: float
    y0: float
    y1: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Comb:
    """A row of equal cells, by the lines between them."""

    bars: tuple[Upright, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, in pixels."""
        tops, bottoms = [bar.y0 for bar in self.bars], [bar.y1 for bar in self.bars]
        return self.bars[0].x, min(tops), self.bars[-1].x, max(bottoms)


def reread(pixels: Pixels, words: list[Seen], threads: int = 1) -> list[Seen]:
    """Return the words with those in letter boxes read again, cell by cell, as words without gaps."""
    usual = median(word.height for word in words) if words else 0.0
    for comb in combs_of(pixels):
        if comb.bars[0].height < _TALLER * usual:
            continue
        after = [word for word in _words_in(pixels, comb, threads) if word.confidence >= _SURE]
        words = [word for word in words if not (_within(word, comb) and any(_meets(word, new) for new in after))]
        words += after
    return words


def _meets(word: Seen, other: Seen) -> bool:
    return min(word.x1, other.x1) - max(word.x0, other.x0) > 0.2 * (word.x1 - word.x0)


def _within(word: Seen, comb: Comb) -> bool:
    x0, y0, x1, y1 = comb.box
    across = (word.x0 + word.x1) / 2
    return x0 < across < x1 and y0 - 0.1 * (y1 - y0) < word.middle < y1 + 0.1 * (y1 - y0)


def combs_of(pixels: Pixels) -> list[Comb]:
    """Find the rows of letter boxes on an upright page."""
    dark = _dark(pixels)
    bars = sorted(_bars(dark), key=lambda bar: bar.x)
    combs: list[Comb] = []
    used: set[int] = set()
    for start in range(len(bars)):
        if start in used:
            continue
        run = _run(bars, start)
        if len(run) > _FEWEST_CELLS:
            used.update(run)
            combs.append(Comb(tuple(bars[index] for index in run)))
    return [_with_open_ends(dark, comb) for comb in combs if _closed(dark, comb)]


def _closed(dark: NDArray[np.uint8], comb: Comb) -> bool:
    """Say whether lines run above and below every cell; letters have none, underlined words but one."""
    return all(
        _ruled(dark, left.x, right.x, left, left.y0) and _ruled(dark, left.x, right.x, left, left.y1)
        for left, right in pairwise(comb.bars)
    )


def _ruled(dark: NDArray[np.uint8], x0: float, x1: float, bar: Upright, y: float) -> bool:
    """Say whether a line runs across from one place to another at the end of a bar."""
    reach = max(3, round(0.12 * bar.height))
    band = dark[max(0, round(y) - reach) : round(y) + reach, max(0, round(x0) + 2) : max(0, round(x1) - 1)]
    return bool(band.size) and bool(band.any(axis=0).mean() >= 0.85) and bool(band.mean(axis=1).max() >= 0.7)


def _with_open_ends(dark: NDArray[np.uint8], comb: Comb) -> Comb:
    """Add the first and last cell where the form draws no line at their outer side."""
    first, last = comb.bars[0], comb.bars[-1]
    width = (last.x - first.x) / (len(comb.bars) - 1)
    bars = comb.bars
    if _one_more(dark, first, -width):
        bars = (Upright(first.x - width, first.y0, first.y1), *bars)
    if _one_more(dark, last, width):
        bars = (*bars, Upright(last.x + width, last.y0, last.y1))
    return Comb(bars)


def _one_more(dark: NDArray[np.uint8], bar: Upright, width: float) -> bool:
    """Say whether the lines above and below go on beyond the outermost bar, by one cell and no further."""
    start, end = sorted((bar.x, bar.x + 0.9 * width))
    far_start, far_end = sorted((bar.x + 1.15 * width, bar.x + 1.8 * width))
    sides = (bar.y0, bar.y1)
    goes_on = start > 0 and all(_ruled(dark, start, end, bar, y) for y in sides)
    return goes_on and not any(_ruled(dark, far_start, far_end, bar, y) for y in sides)


def _run(bars: list[Upright], start: int) -> list[int]:
    """Return the row of equal cells that begins at a line."""
    for second in range(start + 1, len(bars)):
        width = bars[second].x - bars[start].x
        if width > _WIDEST_CELL * bars[start].height:
            break
        if width < _NARROWEST_CELL * bars[start].height or not _level(bars[start], bars[second]):
            continue
        run = [start, second]
        while (following := _next(bars, run[-1], width)) is not None:
            run.append(following)
        return run
    return []


def _next(bars: list[Upright], index: int, width: float) -> int | None:
    expected = bars[index].x + width
    near = [
        other
        for other in range(index + 1, len(bars))
        if abs(bars[other].x - expected) < _SLACK * width and _level(bars[index], bars[other])
    ]
    return min(near, key=lambda other: abs(bars[other].x - expected), default=None)


def _level(one: Upright, other: Upright) -> bool:
    slack = _SLACK * one.height
    return abs(one.y0 - other.y0) < slack and abs(one.y1 - other.y1) < slack


def _dark(pixels: Pixels) -> NDArray[np.uint8]:
    """Return what is darker than the paper about it (1), a little thickened."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    reach = (max(grey.shape) // 90) | 1
    dark = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, reach, 8)
    return np.asarray(cv2.dilate(dark, np.ones((3, 3), np.uint8)), dtype=np.uint8)


def _bars(dark: NDArray[np.uint8]) -> Iterator[Upright]:
    import cv2

    longest = max(dark.shape)
    least = max(14, longest // 110)
    lines = cv2.morphologyEx(dark, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, (1, least)))
    count, _, marks, centres = cv2.connectedComponentsWithStats(lines, connectivity=8)
    for index in range(1, count):
        width, height = marks[index, cv2.CC_STAT_WIDTH], marks[index, cv2.CC_STAT_HEIGHT]
        if width < 0.4 * height and height < longest / 20:
            top = float(marks[index, cv2.CC_STAT_TOP])
            yield Upright(float(centres[index][0]), top, top + float(height))


def _words_in(pixels: Pixels, comb: Comb, threads: int) -> Iterator[Seen]:
    filled: list[tuple[int, Pixels]] = []
    for index in range(len(comb.bars) - 1):
        cell = _cell(pixels, comb.bars[index], comb.bars[index + 1])
        mark = _mark(cell)
        if mark is not None:
            filled.append((index, mark))
            continue
        yield from _word(comb, filled, threads)
        filled = []
    yield from _word(comb, filled, threads)


def _cell(pixels: Pixels, left: Upright, right: Upright) -> Pixels:
    inset = _INSET * (right.x - left.x)
    top, bottom = max(left.y0, right.y0), min(left.y1, right.y1)
    rows = slice(round(top + inset), round(bottom - inset))
    return pixels[rows, round(left.x + inset) : round(right.x - inset)]


def _mark(cell: Pixels) -> Pixels | None:
    """Return the part of a cell that is written on, at full height; None for an empty cell."""
    import cv2

    if not cell.size or min(cell.shape[:2]) < 5:
        return None
    grey = cv2.cvtColor(cell, cv2.COLOR_RGB2GRAY)
    paper = float(np.percentile(grey, 80))
    ink: NDArray[np.uint8] = (grey < 0.72 * paper).astype(np.uint8)
    count, labels, marks, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    large = [i for i in range(1, count) if marks[i, cv2.CC_STAT_HEIGHT] > 0.3 * cell.shape[0]]
    if not large:
        return None
    across = np.flatnonzero(np.isin(labels, large).any(axis=0))
    return cell[:, across.min() : across.max() + 1]


def _word(comb: Comb, filled: list[tuple[int, Pixels]], threads: int) -> Iterator[Seen]:
    if not filled:
        return
    strip = _strip([mark for _, mark in filled])
    text, confidence = rapid.see_line(strip, threads)
    text = text.replace(" ", "").translate(_STROKES)
    if len(text) != len(filled):
        confidence = 0.0
    left, right = comb.bars[filled[0][0]], comb.bars[filled[-1][0] + 1]
    yield Seen(text, left.x, left.y0, right.x, right.y1, confidence)


def _strip(marks: list[Pixels]) -> Pixels:
    """Put the characters side by side as a printer would, so that a line recogniser knows them."""
    height = max(mark.shape[0] for mark in marks)
    gap = np.full((height, max(3, height // 7), 3), 255, np.uint8)
    pieces = [gap, gap]
    for mark in marks:
        paper = np.percentile(mark, 95, axis=(0, 1))
        lifted = np.clip(mark.astype(np.float32) * (255 / np.maximum(paper, 1)), 0, 255).astype(np.uint8)
        below = height - mark.shape[0]
        pieces += [np.pad(lifted, ((0, below), (0, 0), (0, 0)), constant_values=255), gap]
    return np.concatenate([*pieces, gap], axis=1)
