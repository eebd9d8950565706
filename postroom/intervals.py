"""Intervals: how far a share measured on a sample may be from the true one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

Z_95: Final = 1.959964
"""Standard deviations that hold 95 in 100 of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From and to, both 0..1."""

    low: float
    high: float


def wilson(right: int, whole: int) -> Interval | None:
    """Return the 95 % interval of a share by Wilson's score; None of nothing.

    It stays inside 0..1 and holds for small samples and for shares near 1, where the usual formula says "certain".
    """
    if not whole:
        return None
    share, square = right / whole, Z_95**2
    middle = share + square / (2 * whole)
    reach = Z_95 * math.sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    scale = 1 + square / whole
    return Interval(max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale))
