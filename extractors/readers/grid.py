"""Grids: rows of cells set in columns of text, so that a heading stands over its values."""

from __future__ import annotations

from collections.abc import Sequence

_GAP = 3
_WIDEST = 60


def set_in_columns(grid: Sequence[Sequence[str]]) -> list[str]:
    """Return one line for each row, each cell beginning where its column begins; a wide cell pushes on its own row."""
    count = max((len(row) for row in grid), default=0)
    widths = [min(_WIDEST, max((len(row[at]) for row in grid if at < len(row)), default=0)) for at in range(count)]
    return [
        "".join(cell.ljust(width) + " " * _GAP for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in grid
    ]
