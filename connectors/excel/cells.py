"""Values in cells: normal forms to what Excel holds, and back.

Text is always written as text, so that no value can act as a formula (OWASP, "CSV Injection"): the cell type says
string, and the quote prefix keeps it one when a person edits the cell.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.excel.settings import ColumnType
from postroom.errors import RefusedByTarget

LONGEST_TEXT = 32_767
"""Characters a cell holds (Excel specifications and limits)."""

_FORMATS = {"text": "@", "date": "dd/mm/yyyy", "money": "#,##0.00", "integer": "0"}
_WIDTHS = {"text": 24.0, "date": 12.0, "money": 12.0, "integer": 10.0}
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EXACT_DIGITS = 15
_FIRST_YEAR = 1900
# ECMA-376 part 1, 22.9.2.19 (ST_Xstring): what XML cannot hold is written _xHHHH_, and so is what looks like that.
# The `x` is what is escaped, because openpyxl drops every `x005F_` from the texts it loads.
_UNSAFE = re.compile("(?<=_)x(?=[0-9A-Fa-f]{4}_)|x(?=005F_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def write_cell(cell: Any, value: str, kind: ColumnType) -> None:
    """Put a normal-form value into a cell, as a date or number if its column says so and Excel can hold it exactly.

    Raises:
        RefusedByTarget: The value is longer than a cell.
    """
    typed = _typed(value, kind)
    cell.number_format = _FORMATS[kind]
    if typed is not None:
        cell.value = typed
    elif value:
        write_text(cell, value)


def write_text(cell: Any, value: str) -> None:
    """Put text into a cell that stays text whatever its first character is."""
    from openpyxl.styles import Alignment

    text = _UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", value)
    if len(text) > LONGEST_TEXT:
        raise RefusedByTarget(
            f"A value has {len(text):,} characters, and a cell of a workbook holds {LONGEST_TEXT:,}.",
            hint="Shorten the value, or deliver this process elsewhere.",
        )
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = value.startswith(_STARTS_A_FORMULA)
    cell.alignment = Alignment(vertical="top", wrap_text="\n" in value)


def read_cell(cell: Any, kind: ColumnType) -> str:
    """Return the normal form of what a cell holds."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)), kind)
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), str(value))


def width_of(heading: str, kind: ColumnType) -> float:
    """Return a column width in characters that shows heading and usual values."""
    return max(_WIDTHS[kind], len(heading) + 4.0)


def _typed(value: str, kind: ColumnType) -> date | Decimal | int | None:
    if kind == "date":
        return _date(value)
    if kind == "money" and re.fullmatch(r"\d+\.\d\d", value) and len(value) <= _EXACT_DIGITS:
        return Decimal(value)
    if kind == "integer" and re.fullmatch(r"0|[1-9]\d*", value) and len(value) <= _EXACT_DIGITS:
        return int(value)
    return None


def _date(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    # Excel counts days from 1900, and believes that 29 February 1900 was one of them.
    return day if day.year > _FIRST_YEAR else None


def _number(value: Decimal, kind: ColumnType) -> str:
    if kind == "money":
        return f"{value:.2f}"
    return f"{value:f}" if value != value.to_integral_value() else f"{value:.0f}"
