"""What stands in letter boxes, read without their borders, as words without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from extractors.ocr import rapid
from extractors.ocr.combs import Cell, Comb, combs_of
from extractors.ocr.pixels import Pixels
from extractors.ocr.seen import Seen

_SURE = 0.75
"""Confidence from which the reading cell by cell replaces that of the running text."""
_TALLER = 1.25
"""How much taller than the words of the page a letter box is, at least."""
_WIDER = 0.9
"""How wide a letter box is, at least, by the height of the words of the page; letters on a line are narrower."""
_STROKES = str.maketrans("|\\/!", "1111")
"""What a single stroke in a letter box is read as, and what it is."""
_INSET = 0.06
"""Share of a cell on each side that may still belong to its border."""
_LOW = 0.2
"""Share of a cell's height below which a mark is dirt."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is written in one cell: its columns, and the rows from top to bottom that hold ink."""

    pixels: Pixels
    top: int
    bottom: int


def words_in_cells(pixels: Pixels, words: Sequence[Seen], threads: int = 1) -> list[Seen]:
    """Return the words in the letter boxes of an upright page.

    Args:
        words: What was read of the page as running text, which tells how high letters are.
    """
    usual = median(word.height for word in words) if words else 0.0
    combs = [
        comb
        for comb in combs_of(pixels)
        if comb.box.height >= _TALLER * usual and comb.cells[0].width >= _WIDER * usual
    ]
    words = [word for comb in combs for word in _words(pixels, comb, threads) if _believable(word)]
    best: list[Seen] = []
    for word in sorted(words, key=lambda word: (-len(word.text), -word.confidence)):
        if not any(_stands_in(word, other) or _stands_in(other, word) for other in best):
            best.append(word)
    return best


def _believable(word: Seen) -> bool:
    # A lone character among boxes is the cross in a box to tick, which running text keeps with its label.
    return len(word.text) > 1 and word.confidence >= _SURE and sum(map(str.isalnum, word.text)) >= 0.7 * len(word.text)


def put_in(words: Sequence[Seen], in_cells: Sequence[Seen]) -> list[Seen]:
    """Return the words with those in letter boxes in the place of what running text made of them."""
    return [word for word in words if not any(_stands_in(word, new) for new in in_cells)] + list(in_cells)


def _stands_in(word: Seen, new: Seen) -> bool:
    across = min(word.x1, new.x1) - max(word.x0, new.x0)
    slack = 0.1 * new.height
    return across > 0.5 * (word.x1 - word.x0) and new.y0 - slack < word.middle < new.y1 + slack


def _words(pixels: Pixels, comb: Comb, threads: int) -> Iterator[Seen]:
    filled: list[tuple[Cell, Mark]] = []
    for cell in comb.cells:
        mark = _mark(_inside(pixels, cell, comb))
        if mark is not None:
            filled.append((cell, mark))
            continue
        yield from _word(filled, threads)
        filled = []
    yield from _word(filled, threads)


def _inside(pixels: Pixels, cell: Cell, comb: Comb) -> Pixels:
    aside = _INSET * cell.width
    above, below = (aside, aside) if comb.roofed else (0.0, max(2.0, 0.5 * aside))
    rows = slice(max(0, round(cell.y0 + above)), max(0, round(cell.y1 - below)))
    return pixels[rows, max(0, round(cell.x0 + aside)) : round(cell.x1 - aside)]


def _mark(cell: Pixels) -> Mark | None:
    """Return what is written in a cell, dirt and remains of borders wiped off."""
    import cv2

    if not cell.size or min(cell.shape[:2]) < 5:
        return None
    grey = cv2.cvtColor(cell, cv2.COLOR_RGB2GRAY)
    paper = float(np.percentile(grey, 80))
    ink: NDArray[np.uint8] = (grey < 0.72 * paper).astype(np.uint8)
    count, labels, marks, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    borders = [index for index in range(1, count) if _border(marks[index], cell)]
    large = [
        index
        for index in range(1, count)
        if index not in borders and marks[index, cv2.CC_STAT_HEIGHT] > _LOW * cell.shape[0]
    ]
    if not large:
        return None
    written = np.isin(labels, large)
    across, down = np.flatnonzero(written.any(axis=0)), np.flatnonzero(written.any(axis=1))
    wiped = cell.copy()
    if borders:
        wiped[cv2.dilate(np.isin(labels, borders).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = round(paper)
    return Mark(wiped[:, across.min() : across.max() + 1], int(down.min()), int(down.max()) + 1)


def _border(mark: NDArray[np.int32], cell: Pixels) -> bool:
    """Say whether a mark is what is left of the cell's border: thin, and along one of its sides."""
    x, y, width, height = (int(value) for value in mark[:4])
    rows, columns = cell.shape[:2]
    upright = width <= 0.12 * columns and (x <= 1 or x + width >= columns - 1)
    across = height <= 0.1 * rows and (y <= 1 or y + height >= rows - 1)
    return upright or across


def _word(filled: list[tuple[Cell, Mark]], threads: int) -> Iterator[Seen]:
    if not filled:
        return
    text, confidence = _characters([mark for _, mark in filled], threads)
    first, last = filled[0][0], filled[-1][0]
    yield Seen(text, first.x0, first.y0, last.x1, last.y1, confidence)


def _characters(marks: list[Mark], threads: int) -> tuple[str, float]:
    """Read as many characters as there are marks; confidence 0 where that cannot be."""
    text, confidence = rapid.see_line(_strip(marks), threads)
    text = text.replace(" ", "").translate(_STROKES)
    if len(text) == len(marks):
        return text, confidence
    if len(marks) == 1:
        return text, 0.0
    # One misjudged gap spoils a whole strip: its halves are often read without.
    half = len(marks) // 2
    (left, sure_left), (right, sure_right) = _characters(marks[:half], threads), _characters(marks[half:], threads)
    return left + right, min(sure_left, sure_right)


def _strip(marks: list[Mark]) -> Pixels:
    """Put the characters side by side as a printer would, so that a line recogniser knows them."""
    top, bottom = min(mark.top for mark in marks), max(mark.bottom for mark in marks)
    margin = max(3, (bottom - top) // 5)
    height = bottom - top + 2 * margin
    gap = np.full((height, max(3, height // 7), 3), 255, np.uint8)
    pieces = [gap, gap]
    for mark in marks:
        paper = np.percentile(mark.pixels, 95, axis=(0, 1))
        lifted = np.clip(mark.pixels.astype(np.float32) * (255 / np.maximum(paper, 1)), 0, 255).astype(np.uint8)
        padded = np.pad(lifted, ((margin, margin), (0, 0), (0, 0)), constant_values=255)[top : bottom + 2 * margin]
        below = height - padded.shape[0]
        pieces += [np.pad(padded, ((0, below), (0, 0), (0, 0)), constant_values=255), gap]
    return np.concatenate([*pieces, gap], axis=1)
