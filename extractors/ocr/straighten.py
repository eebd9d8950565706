"""From the picture as stored to the upright, straight page, as one mapping that the desk can repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from extractors.ocr.clean import ink_of
from extractors.ocr.pixels import Frame, Pixels, shrunk

Corners = tuple[tuple[float, float], ...]
"""Where the upright page's top left, top right, bottom right and bottom left lie in the stored picture (fractions)."""

WHOLE: Corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

_LARGEST_SKEW = 12.0
_LEAST_SKEW = 0.25
_WORTH_TURNING = 1.15
"""How much sharper the rows of text must part for the page to be turned."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How the upright page lies in the stored picture."""

    corners: Corners
    width: int
    """Of the upright page, in pixels."""
    height: int
    rotation: int = 0
    """Degrees clockwise by which the stored picture is turned: 0, 90, 180 or 270."""

    def turned(self, degrees: int) -> Placing:
        """Return the placing with the page turned clockwise by 90, 180 or 270 degrees more."""
        steps = degrees // 90 % 4
        corners = self.corners[4 - steps :] + self.corners[: 4 - steps]
        width, height = (self.height, self.width) if steps % 2 else (self.width, self.height)
        return replace(self, corners=corners, width=width, height=height, rotation=(self.rotation + steps * 90) % 360)


def as_stored(frame: Frame) -> Placing:
    """Return the placing that takes the picture as it is."""
    return Placing(WHOLE, frame.width, frame.height)


def lay_out(pixels: Pixels, placing: Placing, width: int = 0) -> Pixels:
    """Draw the upright page.

    Args:
        width: Of the result, in pixels; that of the placing if 0.
    """
    import cv2

    size = (placing.width, placing.height)
    if width:
        size = (width, max(1, round(placing.height * width / placing.width)))
    if set(placing.corners) == set(WHOLE):
        upright = np.ascontiguousarray(np.rot90(pixels, -(placing.corners.index((0.0, 0.0)))))
        return np.asarray(_resized(upright, size), dtype=np.uint8)
    shrink = max(placing.width / size[0], 1.0)
    if shrink > 1.5:
        pixels = shrunk(pixels, round(max(pixels.shape[:2]) / shrink))
    drawn = cv2.warpPerspective(
        pixels, _mapping(pixels, placing, size), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(drawn, dtype=np.uint8)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    import cv2

    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    smaller = size[0] < pixels.shape[1]
    return np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), dtype=np.uint8
    )


def _mapping(pixels: Pixels, placing: Placing, size: tuple[int, int]) -> NDArray[np.float64]:
    import cv2

    stored = np.array(placing.corners, dtype=np.float32) * np.array([pixels.shape[1], pixels.shape[0]], np.float32)
    page = np.array([(0, 0), (size[0], 0), size, (0, size[1])], dtype=np.float32)
    return np.asarray(cv2.getPerspectiveTransform(stored.astype(np.float32), page), dtype=np.float64)


def deskewed(pixels: Pixels, placing: Placing, angle: float) -> Placing:
    """Return the placing with the page turned clockwise by a small angle, in degrees, and grown to hold it all."""
    import cv2

    if abs(angle) < _LEAST_SKEW:
        return placing
    width, height = placing.width, placing.height
    turn = np.radians(angle)
    cosine, sine = np.cos(turn), np.sin(turn)
    grown = (abs(width * cosine) + abs(height * sine), abs(width * sine) + abs(height * cosine))
    half = np.array(grown) / 2
    page = np.array([(-half[0], -half[1]), (half[0], -half[1]), (half[0], half[1]), (-half[0], half[1])])
    back = np.array([[cosine, sine], [-sine, cosine]])
    before = page @ back.T + np.array([width / 2, height / 2])
    mapping = np.linalg.inv(_mapping(pixels, placing, (width, height)))
    stored = cv2.perspectiveTransform(before.reshape(1, 4, 2).astype(np.float64), mapping).reshape(4, 2)
    stored = stored / np.array([pixels.shape[1], pixels.shape[0]])
    return Placing(tuple((float(x), float(y)) for x, y in stored), round(grown[0]), round(grown[1]), placing.rotation)


@dataclass(frozen=True, slots=True)
class Skew:
    """How the lines of text run in a picture."""

    angle: float
    """Degrees clockwise by which the picture must be turned for them to run straight."""
    sideways: bool
    """Whether they run up or down rather than across."""
    clarity: float
    """How much straighter they run one way than the other: 1 is not at all."""


def skew_of(pixels: Pixels) -> Skew:
    """Measure how the lines of text run, by how sharply rows of ink and rows of paper part."""
    return skew_of_ink(ink_of(pixels))


def skew_of_ink(marks: NDArray[np.uint8]) -> Skew:
    """Measure how the lines of text run, given where there is ink (1)."""
    ink = marks.astype(np.float32)
    across = _best_angle(ink)
    down = _best_angle(np.rot90(ink).copy())
    sideways = down[1] > across[1]
    better, worse = (down, across) if sideways else (across, down)
    as_it_is = _sharpness(np.rot90(ink).copy() if sideways else ink, 0.0)
    # A page of few or crooked words is no straighter at any angle: leave it alone.
    angle = better[0] if better[1] > _WORTH_TURNING * as_it_is else 0.0
    return Skew(angle, sideways, better[1] / max(worse[1], 1e-9))


def _best_angle(ink: NDArray[np.float32]) -> tuple[float, float]:
    rough = max(np.arange(-_LARGEST_SKEW, _LARGEST_SKEW + 0.5, 1.0), key=lambda angle: _sharpness(ink, angle))
    fine = max(np.arange(rough - 0.9, rough + 0.95, 0.15), key=lambda angle: _sharpness(ink, angle))
    return float(fine), _sharpness(ink, fine)


def _sharpness(ink: NDArray[np.float32], angle: float) -> float:
    import cv2

    height, width = ink.shape
    # Shearing columns is as good as turning for small angles, and the rows keep their length.
    shear = np.array([[1, 0, 0], [np.tan(np.radians(angle)), 1, -np.tan(np.radians(angle)) * width / 2]])
    rows = cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_NEAREST).sum(axis=1)
    return float(np.square(np.diff(rows)).sum())
