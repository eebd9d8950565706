"""Marks: which of several printed options a pen has ticked, crossed or ringed, seen in the picture of the page.

Readers give words, not pen strokes. Beside every option of a row stands the same print, an empty box or nothing;
where a pen has been, there is more ink than beside the others.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors.fields.item import Item
from extractors.fields.layout import Block
from postroom.errors import BusinessError
from postroom.text import Box, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WIDTH = 1600
"""Pixels across the picture in which marks are looked for."""
_REACH = 2.6
"""How far from an option its box may stand, in heights of its text."""
_LEAST_FILLED = 0.05
_LEAST_MORE = 0.035
_LEAST_CONTRAST = 0.3

Area = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TickBox:
    """A small printed square, and how much of its inside is ink (0..1)."""

    box: Box
    filled: float


def marked(item: Item, block: Block, boxes: Sequence[Box]) -> int | None:
    """Return which of several options standing in a row or a column is marked; None if none stands out.

    Args:
        item: The request, for the document's picture.
        block: A block on the page of the options.
        boxes: The place of each option's words, in the order of the page.
    """
    if len(boxes) < 2:
        return None
    ink = _ink(item, block)
    if ink is None:
        return None
    proportion = ink.shape[1] / ink.shape[0]
    beside = _squares_beside(boxes, _tick_boxes(ink), proportion)
    if beside is not None:
        return _filled(beside)
    best: tuple[float, int] | None = None
    for areas in _areas(boxes, proportion):
        shares = [_share(ink, area) for area in areas]
        ranked = sorted(shares, reverse=True)
        others = sum(ranked[1:]) / (len(ranked) - 1)
        more = ranked[0] - ranked[1]
        contrast = more / (others + 0.04)
        if more >= _LEAST_MORE and contrast >= _LEAST_CONTRAST and (best is None or contrast > best[0]):
            best = (contrast, shares.index(ranked[0]))
    return best[1] if best else None


def ticked_in_row(item: Item, block: Block, label: Box, count: int) -> int | None:
    """Return which of a row's tick boxes is ticked, if just so many stand in the row of a label."""
    ink = _ink(item, block)
    if ink is None:
        return None
    row = [
        square
        for square in _tick_boxes(ink)
        if square.box.x0 > label.x0 and abs(square.box.middle[1] - label.middle[1]) < 1.1 * label.height
    ]
    row.sort(key=lambda square: square.box.x0)
    return _filled(row) if len(row) == count else None


def _filled(squares: Sequence[TickBox]) -> int | None:
    ranked = sorted((square.filled for square in squares), reverse=True)
    if ranked[0] < _LEAST_FILLED or (len(ranked) > 1 and ranked[0] < 2.5 * ranked[1] + 0.02):
        return None
    return next(place for place, square in enumerate(squares) if square.filled == ranked[0])


def _squares_beside(boxes: Sequence[Box], squares: Sequence[TickBox], proportion: float) -> list[TickBox] | None:
    """Return the square that belongs to each option: all before the words or all behind them, whichever is nearer."""
    best: tuple[float, list[TickBox]] | None = None
    for before in (True, False):
        found = [_nearest(box, squares, proportion, before=before) for box in boxes]
        whole = [entry for entry in found if entry is not None]
        if len(whole) == len(boxes) and len({id(square) for _, square in whole}) == len(boxes):
            gap = sum(gap for gap, _ in whole)
            if best is None or gap < best[0]:
                best = (gap, [square for _, square in whole])
    return best[1] if best else None


def _nearest(box: Box, squares: Sequence[TickBox], proportion: float, *, before: bool) -> tuple[float, TickBox] | None:
    reach = _REACH * box.height / proportion
    near = []
    for square in squares:
        gap = box.x0 - square.box.x1 if before else square.box.x0 - box.x1
        if -0.2 * reach < gap < reach and abs(square.box.middle[1] - box.middle[1]) < 1.1 * box.height:
            near.append((abs(gap), square))
    return min(near, key=lambda entry: entry[0]) if near else None


def _tick_boxes(ink: NDArray[np.bool_]) -> list[TickBox]:
    """Find small printed squares: closed, about as wide as high, nearly empty or with a mark in them."""
    import cv2
    import numpy as np

    high, wide = ink.shape
    closed = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[TickBox] = []
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        if not (0.008 * wide < width < 0.04 * wide and 0.78 < width / height < 1.28):
            continue
        if cv2.contourArea(outline) < 0.78 * width * height:
            continue
        edge = max(3, round(0.2 * width))
        inside = ink[y + edge : y + height - edge, x + edge : x + width - edge]
        box = Box(x / wide, y / high, (x + width) / wide, (y + height) / high)
        if inside.size and float(inside.mean()) < 0.6 and not any(_same(box, other.box) for other in found):
            found.append(TickBox(box, float(inside.mean())))
    return found


def _same(one: Box, other: Box) -> bool:
    return abs(one.middle[0] - other.middle[0]) < 0.006 and abs(one.middle[1] - other.middle[1]) < 0.006


def _areas(boxes: Sequence[Box], proportion: float) -> list[list[Area]]:
    """Return the places where a mark may be: before, behind and under each option, and around it."""
    in_row = abs(boxes[0].middle[1] - boxes[-1].middle[1]) < 1.5 * boxes[0].height
    height = sorted(box.height for box in boxes)[len(boxes) // 2]
    reach = _REACH * height / proportion
    thin = 0.12 * height / proportion
    before: list[Area] = []
    behind: list[Area] = []
    under: list[Area] = []
    for place, box in enumerate(boxes):
        floor = boxes[place - 1].x1 + thin if in_row and place else 0.0
        ceiling = boxes[place + 1].x0 - thin if in_row and place + 1 < len(boxes) else 1.0
        top, bottom = box.middle[1] - 0.95 * height, box.middle[1] + 0.95 * height
        before.append((max(floor, box.x0 - reach), top, box.x0 - thin, bottom))
        behind.append((box.x1 + thin, top, min(ceiling, box.x1 + reach), bottom))
        side = 0.6 * height / proportion
        under.append((box.x0 - side, box.y1 + 0.25 * height, box.x1 + side, box.y1 + 2.3 * height))
    around = [_ring(box, height, proportion) for box in boxes]
    kinds = [before, behind, [ring[0] for ring in around], [ring[1] for ring in around]]
    return [*kinds, under] if in_row else kinds[:2]


def _ring(box: Box, height: float, proportion: float) -> tuple[Area, Area]:
    """Return the strips just above and just below an option, which a ring around it crosses."""
    side = 0.5 * height / proportion
    above = (box.x0 - side, box.y0 - 0.55 * height, box.x1 + side, box.y0 - 0.05 * height)
    return above, (box.x0 - side, box.y1 + 0.05 * height, box.x1 + side, box.y1 + 0.55 * height)


def _share(ink: NDArray[np.bool_], area: Area) -> float:
    high, wide = ink.shape
    x0, y0, x1, y1 = (int(area[0] * wide), int(area[1] * high), int(area[2] * wide), int(area[3] * high))
    part = ink[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    return float(part.mean()) if part.size > 20 else 0.0


def _ink(item: Item, block: Block) -> NDArray[np.bool_] | None:
    if block.source in (Source.PLAIN, Source.TEXT_LAYER):
        return None
    key = (block.document_id, block.page)
    if key not in item.pictures:
        item.pictures[key] = _drawn(item, block)
    picture = item.pictures[key]
    return picture if picture is None else _dark(picture)


def _drawn(item: Item, block: Block) -> bytes | None:
    from extractors.render import page_picture

    document = next((document for document in item.read.unpacked.documents if document.id == block.document_id), None)
    text = item.read.text_of(document) if document else None
    page = next((page for page in text.pages if page.number == block.page), None) if text else None
    if document is None or page is None or not document.content:
        return None
    try:
        return page_picture(document, block.page, _WIDTH, page=page)
    except BusinessError:
        return None


def _dark(picture: bytes) -> NDArray[np.bool_]:
    import cv2
    import numpy as np
    from PIL import Image

    grey = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    paper = cv2.medianBlur(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), 21)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grey.astype(np.int16) < paper.astype(np.int16) * 0.8)
