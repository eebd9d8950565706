"""Values of a workbook in the cloud: normal forms to what Excel is told, and back.

Excel takes a text as if a person typed it: `=1+1` is calculated, `00012345` becomes a number and `1/2` a date. An
apostrophe in front keeps a text as it is, and is no part of it.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from connectors.graph.target_settings import WorkbookColumn
from postroom.errors import RefusedByTarget

Cell = str | int | float | None
LONGEST_TEXT = 32_767
"""Characters a cell holds (Excel specifications and limits)."""

_Kind = Literal["text", "date", "money", "integer"]
_EPOCH = date(1899, 12, 30)
_FIRST_DAY = date(1900, 3, 1)
"""Before that day Excel counts one too many: it believes in a 29 February 1900."""
_EXACT_DIGITS = 15
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def told(value: str, column: WorkbookColumn) -> Cell:
    """Return what Excel is told for a value; a date or number only where it is held exactly, else the text.

    Raises:
        RefusedByTarget: A cell cannot hold it.
    """
    if not value:
        return ""
    typed = _typed(value, column.type)
    if typed is not None:
        return typed
    if len(value) > LONGEST_TEXT:
        raise RefusedByTarget(
            f"{column.field} has {len(value):,} characters, and a cell of a workbook holds {LONGEST_TEXT:,}.",
            hint="Shorten the value, or deliver this process elsewhere.",
        )
    if _UNSEEN.search(value):
        raise RefusedByTarget(
            f"{column.field} holds characters that a workbook cannot.", hint="Type the value anew in the review desk."
        )
    return "'" + value


def normal(held: object, kind: _Kind) -> str:
    """Return the normal form of what a cell holds."""
    if held is None:
        return ""
    if isinstance(held, bool):
        return "yes" if held else "no"
    if not isinstance(held, int | float):
        return str(held).replace("\r\n", "\n")
    if kind == "date":
        return (_EPOCH + timedelta(days=int(held))).isoformat()
    value = Decimal(repr(held))
    if kind == "money":
        return f"{value:.2f}"
    return f"{value:f}" if value != value.to_integral_value() else f"{value:.0f}"


def _typed(value: str, kind: _Kind) -> int | float | None:
    if kind == "date":
        return _serial(value)
    if kind == "money" and re.fullmatch(r"\d+\.\d\d", value) and len(value) <= _EXACT_DIGITS:
        return float(value)
    if kind == "integer" and re.fullmatch(r"0|[1-9]\d*", value) and len(value) <= _EXACT_DIGITS:
        return int(value)
    return None


def _serial(value: str) -> int | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return (day - _EPOCH).days if day >= _FIRST_DAY else None
