"""The sheet of paper in a photograph: its four corners, where they are clearly seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.ocr.clean import ink_of
from extractors.ocr.pixels import Frame, Pixels, shrunk
from extractors.ocr.straighten import Corners, Placing, as_stored, skew_of_ink

Quad = NDArray[np.float64]
"""Four corners clockwise from the top left, in pixels."""

_WORKING = 640
"""Pixels of the longer side in which the sheet is looked for."""
_LEAST, _MOST = 0.2, 0.985
"""Share of the picture that a sheet covers; more means that the picture is the sheet."""
_SUPPORT = 0.7
"""Share of each side along which the paper must part from what lies beneath it."""
_CONTRAST = 9.0
"""Least difference in colour between paper and surroundings, in units of CIELAB."""
_LOST = 0.1
"""Share of the ink that may lie outside the sheet before it is looked at for lines."""
_IN_LINES = 1.4
"""How much straighter that ink runs one way than the other if it is text."""
_REACH = 16
"""Pixels to each side of a rough edge within which the true one is looked for."""
_WIDEST_CORNER = 30.0
"""Degrees by which a corner may differ from a right angle in a photograph taken by hand."""


def place_sheet(frame: Frame) -> Placing:
    """Return the placing of the sheet in a photograph, or of the whole picture where no sheet is clearly seen."""
    quad = _find(frame.pixels)
    if quad is None or _loses_text(frame.pixels, quad):
        return as_stored(frame)
    corners: Corners = tuple((float(x), float(y)) for x, y in quad)
    sized = quad * np.array([frame.width, frame.height])
    top, right, bottom, left = (float(np.linalg.norm(sized[index] - sized[(index + 1) % 4])) for index in range(4))
    return Placing(corners, round(max(top, bottom)), round(max(left, right)))


def _find(pixels: Pixels) -> Quad | None:
    import cv2

    small = shrunk(pixels, _WORKING)
    height, width = small.shape[:2]
    colours = cv2.cvtColor(cv2.bilateralFilter(small, 7, 40, 7), cv2.COLOR_RGB2LAB).astype(np.float32)
    best, best_score = None, 0.0
    for rough in _candidates(colours):
        quad = _sharpened(colours, rough)
        area = float(cv2.contourArea(quad.astype(np.float32))) / (width * height)
        if not (_LEAST <= area <= _MOST and _square_enough(quad)):
            continue
        score = _standing_out(colours, quad) * area**0.5
        if score > best_score:
            best, best_score = quad, score
    return None if best is None else best / np.array([width, height])


def _loses_text(pixels: Pixels, quad: Quad) -> bool:
    """Say whether lines of text would be cut off: then it was no sheet, but a part of one."""
    import cv2

    ink = ink_of(pixels)
    middle = quad.mean(axis=0)
    grown = (middle + (quad - middle) * 1.03) * np.array([ink.shape[1], ink.shape[0]])
    kept = cv2.fillConvexPoly(np.zeros(ink.shape, np.uint8), np.rint(grown).astype(np.int32), (1,))
    outside = np.asarray(ink * (1 - kept), dtype=np.uint8)
    # The grain of a carpet or table makes marks as well, but not in lines.
    lost = float(outside.sum()) > _LOST * float(ink.sum())
    return lost and skew_of_ink(outside).clarity > _IN_LINES


def _candidates(colours: NDArray[np.float32]) -> Iterator[Quad]:
    import cv2

    for channel in range(3):
        plane = colours[:, :, channel]
        low, high = float(plane.min()), float(plane.max())
        levels = ((plane - low) * (255 / max(high - low, 1.0))).astype(np.uint8)
        otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        for share in (0.45, 0.65, 0.85, 1.0, 1.15):
            _, bright = cv2.threshold(levels, otsu * share, 255, cv2.THRESH_BINARY)
            yield from _quads(bright)
            yield from _quads(255 - bright)
        for low in (20, 50):
            edges = cv2.dilate(cv2.Canny(levels, low, low * 3), np.ones((3, 3), np.uint8), iterations=2)
            yield from _quads(edges)


def _quads(mask: NDArray[Any]) -> Iterator[Quad]:
    import cv2

    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:2]:
        if cv2.contourArea(contour) < _LEAST * mask.size:
            continue
        hull = cv2.convexHull(contour)
        length = cv2.arcLength(hull, closed=True)
        for tolerance in (0.015, 0.03, 0.05, 0.08):
            quad = cv2.approxPolyDP(hull, tolerance * length, closed=True)
            if len(quad) == 4:
                yield _clockwise(quad.reshape(4, 2).astype(np.float64))
                break


def _clockwise(points: Quad) -> Quad:
    middle = points.mean(axis=0)
    around = points[np.argsort(np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0]))]
    return np.roll(around, -int(np.argmin(around.sum(axis=1))), axis=0)


def _square_enough(quad: Quad) -> bool:
    for index in range(4):
        one, other = quad[index - 1] - quad[index], quad[(index + 1) % 4] - quad[index]
        cosine = float(np.dot(one, other) / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-9))
        if abs(cosine) > np.sin(np.radians(_WIDEST_CORNER)):
            return False
    return True


def _standing_out(colours: NDArray[np.float32], quad: Quad) -> float:
    """Return how clearly the paper parts from what lies around it, 0 where one side does not; paper is lighter."""
    middle = quad.mean(axis=0)
    lighter, clear = [], []
    for index in range(4):
        start, end = quad[index], quad[(index + 1) % 4]
        outward = _outward(start, end, middle)
        along = start + np.linspace(0.06, 0.94, 60)[:, None] * (end - start)
        within, beyond = _sampled(colours, along, -outward), _sampled(colours, along, outward)
        seen = ~np.isnan(beyond[:, 0])
        if seen.mean() < 0.5:
            clear.append(_SUPPORT)  # this side of the sheet is the side of the picture
            continue
        difference = np.linalg.norm(within[seen] - beyond[seen], axis=1)
        clear.append(float((difference > _CONTRAST).mean()))
        lighter.append(float(np.median(within[seen, 0] - beyond[seen, 0])))
    if len(lighter) < 2 or min(clear) < _SUPPORT or sum(value > 0 for value in lighter) < len(lighter) - 1:
        return 0.0
    return float(np.mean(clear)) ** 2


def _sharpened(colours: NDArray[np.float32], quad: Quad) -> Quad:
    """Move each side to where the colours part most sharply near it."""
    middle = quad.mean(axis=0)
    sides = [_edge_near(colours, quad[index], quad[(index + 1) % 4], middle) for index in range(4)]
    corners = [_crossing(sides[index - 1], sides[index]) for index in range(4)]
    limits = np.array([colours.shape[1] - 1, colours.shape[0] - 1])
    return np.array([np.clip(corner, 0, limits) for corner in corners])


def _edge_near(
    colours: NDArray[np.float32], start: NDArray[np.float64], end: NDArray[np.float64], middle: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a point and the direction of the edge of the paper near a side."""
    import cv2

    outward = _outward(start, end, middle)
    along = start + np.linspace(0.04, 0.96, 50)[:, None] * (end - start)
    steps = np.arange(-_REACH, _REACH + 1)
    places = along[:, None, :] + steps[None, :, None] * outward
    x = np.clip(np.rint(places[..., 0]).astype(int), 0, colours.shape[1] - 1)
    y = np.clip(np.rint(places[..., 1]).astype(int), 0, colours.shape[0] - 1)
    shades = np.cumsum(colours[y, x].astype(np.float64), axis=1)
    # The mean of four steps inwards against the mean of four steps outwards.
    jumps = np.linalg.norm(shades[:, 8:] - 2 * shades[:, 4:-4] + shades[:, :-8], axis=2) / 4
    sharpest = jumps.argmax(axis=1)
    sharp = jumps[np.arange(len(sharpest)), sharpest] > _CONTRAST
    if sharp.sum() < 10:
        return start, end - start
    points = along[sharp] + (steps[4:-4][sharpest[sharp]])[:, None] * outward
    dx, dy, px, py = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return np.array([px, py], dtype=np.float64), np.array([dx, dy], dtype=np.float64)


def _crossing(
    one: tuple[NDArray[np.float64], NDArray[np.float64]], other: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    across = np.column_stack([one[1], -other[1]])
    if abs(np.linalg.det(across)) < 1e-9:
        return other[0]
    step = np.linalg.solve(across, other[0] - one[0])
    return np.asarray(one[0] + step[0] * one[1])


def _outward(start: NDArray[np.float64], end: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    side = end - start
    normal = np.array([side[1], -side[0]]) / max(float(np.linalg.norm(side)), 1e-9)
    return normal if np.dot(normal, (start + end) / 2 - middle) > 0 else -normal


def _sampled(
    colours: NDArray[np.float32], points: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the colour 6 to 10 pixels away from each point, far enough to step over a ruled line; NaN outside."""
    height, width = colours.shape[:2]
    total = np.zeros((len(points), 3))
    for distance in (6, 8, 10):
        places = np.rint(points + direction * distance).astype(int)
        within = (places[:, 0] >= 0) & (places[:, 0] < width) & (places[:, 1] >= 0) & (places[:, 1] < height)
        colour = np.full((len(points), 3), np.nan)
        colour[within] = colours[places[within, 1], places[within, 0]]
        total += colour
    return total / 3
