"""Columns of SharePoint: what a field's value becomes in one, and what it is when it comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.graph.target_settings import InSharePoint, ListColumn
from postroom.errors import ConnectorDown, RefusedByTarget

_KINDS = ("text", "choice", "number", "currency", "boolean", "dateTime")
_NUMBERS = ("number", "currency")
_NEEDS = {
    "number": ("integer", "decimal", "pence"),
    "currency": ("integer", "decimal", "pence"),
    "boolean": ("boolean",),
    "dateTime": ("date",),
}
_LONGEST_LINE = 255
_UNMAPPED = ("text", "choice", "dateTime")
_DATE = ListColumn.model_validate({"type": "date"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column as SharePoint describes it."""

    name: str
    """Internal name, which values go by."""
    title: str
    kind: str
    lines: bool
    """Whether it takes several lines of text."""
    longest: int | None
    """Characters it takes."""
    plain: bool
    """Whether text comes back as it was sent; rich text comes back as HTML."""
    writable: bool
    indexed: bool
    unique: bool

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Column:
        """Return a column from Graph's columnDefinition."""
        kind = next((kind for kind in _KINDS if described.get(kind) is not None), "another kind")
        text: Mapping[str, Any] = described.get("text") or {}
        lines = bool(text.get("allowMultipleLines"))
        return cls(
            name=str(described["name"]),
            title=str(described.get("displayName") or described["name"]),
            kind=kind,
            lines=lines,
            longest=text.get("maxLength") or (None if lines or kind != "text" else _LONGEST_LINE),
            plain=text.get("textType", "plain") == "plain",
            writable=not described.get("readOnly") and kind in _KINDS,
            indexed=bool(described.get("indexed")),
            unique=bool(described.get("enforceUniqueValues")),
        )


class Columns:
    """The columns of one list, and the fields that go into them."""

    def __init__(self, described: Iterable[Mapping[str, Any]], settings: InSharePoint, named: str) -> None:
        self._columns = [Column.of(one) for one in described]
        self._mapped = settings.columns
        self._zone = ZoneInfo(settings.time_zone)
        self._named = named

    def named(self, name: str) -> Column:
        """Return the column of an internal name or title.

        Raises:
            ConnectorDown: There is none.
        """
        by_name = [column for column in self._columns if column.name.casefold() == name.casefold()]
        by_title = [column for column in self._columns if column.title.casefold() == name.casefold()]
        if by_name or by_title:
            return (by_name or by_title)[0]
        writable = sorted(column.title for column in self._columns if column.writable)
        raise ConnectorDown(
            f'{self._named}: the list has no column "{name}".',
            hint=f"Make it, or name another under `columns`; there are: {', '.join(writable)}.",
        )

    def fit(self, fields: Iterable[str]) -> None:
        """Raise ConnectorDown if a field's column is missing or cannot take what is set for it."""
        for field in fields:
            self._of(field)

    def written(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the values by column; an empty field leaves its column empty.

        Raises:
            RefusedByTarget: A value does not suit its column.
            ConnectorDown: A column is missing or of another kind than set.
        """
        return {self._of(field)[0].name: self._write(field, value) for field, value in fields.items() if value}

    def normal(self, held: Mapping[str, Any]) -> dict[str, str]:
        """Return what a row holds, in normal form by field.

        Text and dates that no field is mapped to go by their column.
        """
        taken = {self._of(field)[0].name for field in self._mapped}
        free = [column for column in self._columns if column.kind in _UNMAPPED and column.name not in taken]
        unmapped = {
            name.casefold(): self._as_it_stands(column, held[column.name])
            for column in free
            if column.name in held
            for name in (column.title, column.name)
        }
        return unmapped | {field: self._read(field, held) for field in self._mapped}

    def _of(self, field: str) -> tuple[Column, ListColumn]:
        shape = self._mapped.get(field) or ListColumn.model_validate({})
        column = self.named(shape.column or field)
        if field not in self._mapped and column.kind == "dateTime":
            # Dates have one normal form, so a column of dates says all that is to be known.
            shape = _DATE
        if not column.writable:
            raise ConnectorDown(
                f'{self._named}: the column "{column.title}" cannot be written.',
                hint="Map the field to a column of text, choice, number, currency, yes/no or date.",
            )
        wanted = _NEEDS.get(column.kind)
        if wanted and shape.type not in wanted:
            raise ConnectorDown(
                f'{self._named}: column "{column.title}" is a {column.kind}, and {field} is written as {shape.type}.',
                hint=f"Set its `type` under `columns` to {' or '.join(wanted)}.",
            )
        if not column.plain:
            raise ConnectorDown(
                f'{self._named}: the column "{column.title}" is rich text, which changes what is put in.',
                hint="Set the column to plain text in the list's settings.",
            )
        return column, shape

    def _write(self, field: str, value: str) -> Any:
        column, shape = self._of(field)
        try:
            if column.kind == "dateTime":
                # Midday, so that it is the same day in the site's own time zone, whichever that is.
                return f"{date.fromisoformat(value).isoformat()}T12:00:00Z"
            written = shape.written(value)
        except ValueError as error:
            why = str(error) if column.kind != "dateTime" else "it is no date"
            raise self._refused(field, f"{why}.", "Correct the field.") from None
        if column.kind in (*_NUMBERS, "boolean"):
            return written
        return self._text(field, column, str(written))

    def _text(self, field: str, column: Column, value: str) -> str:
        if column.longest is not None and len(value) > column.longest:
            told = f'it has {len(value):,} characters, and the column "{column.title}" takes {column.longest:,}.'
            raise self._refused(field, told, "Shorten it, or let the column have several lines of text.")
        if not column.lines and ("\n" in value or "\r" in value):
            told = f'it has several lines, and the column "{column.title}" takes one.'
            raise self._refused(field, told, "Put it on one line, or let the column have several lines of text.")
        return value

    def _refused(self, field: str, why: str, hint: str) -> RefusedByTarget:
        return RefusedByTarget(f"{self._named} cannot take {field}: {why}", hint=hint)

    def _read(self, field: str, held: Mapping[str, Any]) -> str:
        column, shape = self._of(field)
        raw = held.get(column.name)
        if column.kind == "dateTime" and raw:
            return self._day(str(raw))
        if isinstance(raw, float) and raw.is_integer() and shape.type != "decimal":
            raw = int(raw)
        return shape.normal(_text_of(raw) if isinstance(raw, str) else raw)

    def _as_it_stands(self, column: Column, raw: object) -> str:
        return self._day(str(raw)) if column.kind == "dateTime" and raw else _text_of(raw)

    def _day(self, moment: str) -> str:
        # A day is kept as the site's midnight and told in UTC: in summer that is 23:00 the day before.
        try:
            found = datetime.fromisoformat(moment)
        except ValueError:
            return moment
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(self._zone).date().isoformat()


def _text_of(raw: object) -> str:
    return str(raw).replace("\r\n", "\n")
