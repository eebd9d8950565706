"""How a target writes a value: its date format, its numbers, its own words for our choices; and back to normal form."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import Field, field_validator

from postroom.process import Model

Written = str | int | float | bool

_DATE_PARTS = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{1,2})"}
_PART = re.compile("YYYY|MM|DD")


class Shape(Model):
    """How the target writes one value."""

    type: Literal["text", "date", "integer", "decimal", "pence", "money", "boolean"] = Field(
        "text",
        description="How the target writes it: decimal and pence are numbers, money is text such as £1,234.50.",
    )
    format: str = Field("YYYY-MM-DD", description="For a date: DD, MM and YYYY in the target's order.")
    values: dict[str, str] = Field(
        default_factory=dict, description="The target's word for each of our values, such as `new: NEW`."
    )

    @field_validator("format")
    @classmethod
    def _has_every_part(cls, given: str) -> str:
        if sorted(_PART.findall(given)) != sorted(_DATE_PARTS):
            raise ValueError("A date format has DD, MM and YYYY once each, such as DD/MM/YYYY.")
        return given

    def written(self, value: str) -> Written:
        """Return a normal-form value as the target writes it.

        Raises:
            ValueError: The value cannot be written in this shape; the message does not repeat it.
        """
        value = self._in_their_words(value)
        try:
            return _write(self, value)
        except (ValueError, InvalidOperation):
            raise ValueError(f"it cannot be written as {self.type}") from None

    def normal(self, raw: object) -> str:
        """Return what the target holds in normal form, or as it stands where it does not have this shape."""
        if raw is None:
            return ""
        try:
            value = _normal(self, raw)
        except (ValueError, InvalidOperation):
            value = str(raw)
        return next((ours for ours, theirs in self.values.items() if theirs == value), value)

    def _in_their_words(self, value: str) -> str:
        if self.values and value not in self.values:
            raise ValueError(f"it is none of {', '.join(self.values)}")
        return self.values.get(value, value)


def write_date(value: str, form: str) -> str:
    """Return an ISO date in a format of DD, MM and YYYY.

    Raises:
        ValueError: It is not an ISO date.
    """
    day = date.fromisoformat(value)
    parts = {"YYYY": f"{day.year:04d}", "MM": f"{day.month:02d}", "DD": f"{day.day:02d}"}
    return _PART.sub(lambda match: parts[match.group()], form)


def _write(shape: Shape, value: str) -> Written:
    if shape.type == "date":
        return write_date(value, shape.format)
    if shape.type == "integer":
        return int(value)
    if shape.type == "decimal":
        return float(Decimal(value))
    if shape.type == "pence":
        return int(Decimal(value) * 100)
    if shape.type == "boolean":
        return ("no", "yes").index(value) == 1
    return value


def _normal(shape: Shape, raw: object) -> str:
    text = str(raw).strip()
    if shape.type == "date":
        return _read_date(text, shape.format) if text else ""
    if shape.type in ("decimal", "money"):
        return f"{Decimal(text.replace(',', '').removeprefix('£').strip()):.2f}" if text else ""
    if shape.type == "pence":
        return f"{Decimal(text) / 100:.2f}"
    if shape.type == "boolean":
        return {"true": "yes", "false": "no"}.get(text.lower(), text)
    return text


def _read_date(text: str, form: str) -> str:
    pattern = "".join(_DATE_PARTS.get(part, re.escape(part)) for part in re.split("(YYYY|MM|DD)", form))
    match = re.match(pattern, text)
    if match is None:
        raise ValueError("no date")
    return date(int(match["year"]), int(match["month"]), int(match["day"])).isoformat()
