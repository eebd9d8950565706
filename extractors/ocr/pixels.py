"""Pictures as arrays: the one form in which pages travel through the OCR."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Rows, columns and three channels: red, green, blue."""


LONGEST = 3508
"""Pixels of the longer side beyond which a page is made smaller: A4 at 300 dots an inch."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as a picture, as stored: turned only as its file says it should be shown."""

    pixels: Pixels
    dpi: float = 0.0
    """Dots an inch; 0 where the file does not say, or says nothing believable."""
    notes: tuple[str, ...] = ()
    """Remarks on the picture, in words an officer understands."""

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])


def shrunk(pixels: Pixels, longest: int) -> Pixels:
    """Return a copy whose longer side has at most so many pixels."""
    import cv2

    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
