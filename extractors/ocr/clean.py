"""Paper made white: shadows, uneven light and faint print, without touching the shape of the page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from extractors.ocr.pixels import Pixels, shrunk
from extractors.ocr.seen import Seen

_EVEN = 18.0
"""Levels (of 255) by which the light on the paper may vary before it is evened out."""
_BLANK_INK = 0.00004
"""Share of the page below which ink is dust."""


def whitened(pixels: Pixels) -> Pixels:
    """Return the page on evenly white paper, or as it is where it already was."""
    import cv2

    paper = _paper(pixels)
    if float(np.percentile(paper, 2, axis=(0, 1)).min()) > 245 - _EVEN:
        return pixels
    full = cv2.resize(paper, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(pixels, np.maximum(full, 30), scale=250), dtype=np.uint8)


def _paper(pixels: Pixels) -> Pixels:
    """Return what the page would look like without ink, small."""
    import cv2

    small = shrunk(pixels, 500)
    return np.asarray(cv2.medianBlur(cv2.dilate(small, np.ones((9, 9), np.uint8)), 25), dtype=np.uint8)


def ink_of(pixels: Pixels, longest: int = 900) -> NDArray[np.uint8]:
    """Return where there is ink (1) on a smaller copy of the page, ruled lines and borders left out."""
    import cv2

    grey = cv2.cvtColor(shrunk(pixels, longest), cv2.COLOR_RGB2GRAY)
    reach = max(5, longest // 130) | 1
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((reach, reach), np.uint8)), 3 * reach)
    dark = cv2.subtract(paper, grey)
    level, ink = cv2.threshold(dark, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if level < 12:
        # So little contrast is the grain of the paper, which Otsu parts in two as readily as ink.
        _, ink = cv2.threshold(dark, 12, 1, cv2.THRESH_BINARY)
    return _without_rules(np.asarray(ink, dtype=np.uint8), longest // 15)


def _without_rules(ink: NDArray[np.uint8], rule: int) -> NDArray[np.uint8]:
    """Take away ruled lines, boxes and stripes: whatever is longer or larger than letters ever are."""
    import cv2

    for shape in ((rule, 1), (1, rule)):
        lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, shape))
        ink = np.asarray(cv2.subtract(ink, cv2.dilate(lines, np.ones((3, 3), np.uint8))), dtype=np.uint8)
    _, labels, marks, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sides = marks[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    small = (sides.max(axis=1) < 2 * rule) & (sides.min(axis=1) < rule)
    small[0] = False
    return np.asarray(small[labels], dtype=np.uint8)


def is_blank(pixels: Pixels) -> bool:
    """Say whether there is nothing on the page that could be writing."""
    import cv2

    ink = cv2.morphologyEx(ink_of(pixels), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return float(ink.mean()) < _BLANK_INK


def unread_share(pixels: Pixels, words: list[Seen]) -> float:
    """Return the share of the marks that look like letters and lie in no word, 0..1."""
    import cv2

    if not words:
        return 1.0
    ink = ink_of(pixels, 1400)
    scale = ink.shape[1] / pixels.shape[1]
    size = float(np.median([word.height for word in words])) * scale
    _, _, marks, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    like_letters = (
        (marks[:, cv2.CC_STAT_HEIGHT] > 0.4 * size)
        & (marks[:, cv2.CC_STAT_HEIGHT] < 3 * size)
        & (marks[:, cv2.CC_STAT_WIDTH] < 5 * size)
        & (marks[:, cv2.CC_STAT_AREA] > 6)
    )
    like_letters[0] = False
    covered = np.zeros(ink.shape, dtype=bool)
    for word in words:
        reach = 0.25 * word.height
        rows = slice(max(0, round((word.y0 - reach) * scale)), round((word.y1 + reach) * scale))
        covered[rows, max(0, round((word.x0 - reach) * scale)) : round((word.x1 + reach) * scale)] = True
    places = centres[like_letters].astype(int)
    if not len(places):
        return 0.0
    return float(1 - covered[places[:, 1], places[:, 0]].mean())
