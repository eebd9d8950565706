"""What an engine saw: words with boxes in pixels of the picture it was given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One word in a picture, in pixels, with a confidence (0..1) that means the same for every engine."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Half-way down, in pixels."""
        return (self.y0 + self.y1) / 2
