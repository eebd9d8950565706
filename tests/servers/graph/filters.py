"""The part of OData's $filter that a post room needs: comparisons, and, or, not, any() and three functions on text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.servers.graph.answers import Refusal

Row = Mapping[str, Any]
Value = Callable[[Row], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_@][\w.@]*(?:/[A-Za-z_][\w.]*)*)"
    r"|(?P<sign>[(),:]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one is not None and other is not None and one > other,
    "ge": lambda one, other: one is not None and other is not None and one >= other,
    "lt": lambda one, other: one is not None and other is not None and one < other,
    "le": lambda one, other: one is not None and other is not None and one <= other,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "contains": lambda text, part: part in text,
}
_WORDS = {"null": None, "true": True, "false": False}


class Filter:
    """A $filter as something that tells whether a row is wanted. Text is compared without regard to case."""

    def __init__(self, text: str) -> None:
        self.paths: list[str] = []
        """Properties it names, in order; those inside any() begin with the collection's."""
        self._tokens = self._split(text)
        self._matches = self._either()
        if self._tokens:
            raise _wrong(f"unexpected '{self._tokens[0][1]}'")

    def __call__(self, row: Row) -> bool:
        """Tell whether a row is wanted."""
        return bool(self._matches(row))

    def _split(self, text: str) -> list[tuple[str, str]]:
        found, at = [], 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise _wrong(f"syntax error at position {at}")
            found.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return found

    def _next(self, wanted: str = "") -> tuple[str, str]:
        if not self._tokens:
            raise _wrong("it ends too early")
        kind, text = self._tokens.pop(0)
        if wanted and text != wanted:
            raise _wrong(f"'{wanted}' expected, not '{text}'")
        return kind, text

    def _is_next(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0] == ("name", word)

    def _either(self) -> Value:
        parts = [self._both()]
        while self._is_next("or"):
            self._next()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Value:
        parts = [self._one()]
        while self._is_next("and"):
            self._next()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> Value:
        if self._is_next("not"):
            self._next()
            negated = self._one()
            return lambda row: not negated(row)
        if self._tokens and self._tokens[0] == ("sign", "("):
            self._next("(")
            inner = self._either()
            self._next(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Value:
        value = self._operand()
        if not self._tokens or self._tokens[0][1] not in _COMPARE:
            return value
        compare = _COMPARE[self._next()[1]]
        other = self._operand()
        return lambda row: compare(*_alike(value(row), other(row)))

    def _operand(self) -> Value:
        kind, text = self._next()
        if kind == "name" and self._tokens and self._tokens[0] == ("sign", "("):
            return self._any(text) if text.endswith("/any") else self._function(text)
        if kind == "name" and text not in _WORDS:
            self.paths.append(text)
            parts = text.split("/")
            return lambda row: _look_up(row, parts)
        constant = _constant(kind, text)
        return lambda _row: constant

    def _function(self, name: str) -> Value:
        if name not in _TEXTS:
            raise _wrong(f"there is no function '{name}'")
        self._next("(")
        text = self._operand()
        self._next(",")
        part = self._operand()
        self._next(")")
        holds = _TEXTS[name]
        return lambda row: holds(str(text(row) or "").lower(), str(part(row)).lower())

    def _any(self, path: str) -> Value:
        collection = path.removesuffix("/any")
        self._next("(")
        variable = self._next()[1]
        self._next(":")
        before = len(self.paths)
        inner = self._either()
        self._next(")")
        self.paths[before:] = [collection + one.removeprefix(variable) for one in self.paths[before:]]
        parts = collection.split("/")
        return lambda row: any(inner({variable: entry}) for entry in _look_up(row, parts) or ())


def _look_up(row: Any, parts: list[str]) -> Any:
    for part in parts:
        row = row.get(part) if isinstance(row, Mapping) else None
    return row


def _constant(kind: str, text: str) -> Any:
    if kind == "text":
        return text[1:-1].replace("''", "'")
    if kind == "moment":
        return datetime.fromisoformat(text)
    if kind == "number":
        return float(text)
    if text in _WORDS:
        return _WORDS[text]
    raise _wrong(f"unexpected '{text}'")


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    if isinstance(one, datetime) or isinstance(other, datetime):
        return _moment(one), _moment(other)
    if isinstance(one, str) and isinstance(other, str):
        return one.lower(), other.lower()
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one, other
    if isinstance(one, str) or isinstance(other, str):
        raise _wrong("a text was compared with something that is none")
    return one, other


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _wrong("a date was compared with something that is none") from None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


def _wrong(why: str) -> Refusal:
    return Refusal(400, "BadRequest", f"Invalid filter clause: {why}.")
