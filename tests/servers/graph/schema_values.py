"""Whether values are what Microsoft's description says: known properties, primitive types, members, collections."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.servers.graph.csdl import Description, Operation, Ref

ANNOTATION = re.compile(r"^[\w.]*@(odata|microsoft\.graph)\.[\w.]+$")
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)$")


def _is_whole(bits: int) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)

    return holds


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or value in ("INF", "-INF", "NaN")


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except binascii.Error:
        return False


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Byte": _is_whole(9),
    "Edm.SByte": _is_whole(8),
    "Edm.Int16": _is_whole(16),
    "Edm.Int32": _is_whole(32),
    "Edm.Int64": _is_whole(64),
    "Edm.Double": _is_number,
    "Edm.Single": _is_number,
    "Edm.Decimal": _is_number,
    "Edm.DateTimeOffset": _matches(MOMENT.pattern),
    "Edm.Date": _matches(r"\d{4}-\d\d-\d\d"),
    "Edm.TimeOfDay": _matches(r"\d\d:\d\d(:\d\d(\.\d+)?)?"),
    "Edm.Duration": _matches(r"-?P(?=.)(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"),
    "Edm.Guid": _matches(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    "Edm.Binary": _is_base64,
    "Edm.Stream": lambda value: isinstance(value, str),
    "Edm.Untyped": lambda value: True,
    "microsoft.graph.Json": lambda value: True,
}


class Values:
    """Checks of values; each returns what is wrong, in words without the values themselves."""

    def __init__(self, about: Description) -> None:
        self._about = about

    def wrong(self, value: Any, ref: Ref, at: str) -> Iterator[str]:
        """Check a value, or a collection of them."""
        if not ref.collection:
            yield from self._wrong_one(value, ref, at)
        elif not isinstance(value, list):
            yield f"{at} is no list"
        else:
            for entry in value:
                yield from self._wrong_one(entry, ref.one, f"{at}[]")

    def wrong_parameters(self, body: Mapping[str, Any], operations: tuple[Operation, ...]) -> list[str]:
        """Check an operation's parameters against the overload that fits best."""
        return min((list(self._wrong_call(body, one)) for one in operations), key=len)

    def wrong_entity(self, value: Mapping[str, Any], name: str, at: str) -> Iterator[str]:
        """Check the properties of an entity or complex value."""
        stated = value.get("@odata.type")
        if isinstance(stated, str):
            own = stated.removeprefix("#")
            if own not in self._about.types or not self._about.is_kind_of(own, name):
                yield f"{at}: {own} is not based on {name}"
                return
            name = own
        for key, entry in value.items():
            if ANNOTATION.match(key) or key == "@removed":
                continue
            ref = self._about.member(name, key)
            if ref is not None:
                yield from self.wrong(entry, ref, f"{at}.{key}")
            elif not self._about.is_open(name):
                yield f"{at}.{key} is no property of {name}"

    def _wrong_call(self, body: Mapping[str, Any], operation: Operation) -> Iterator[str]:
        known = {name.lower(): ref for name, ref in operation.parameters.items()}
        for key, value in body.items():
            if ANNOTATION.match(key):
                continue
            ref = known.get(key.lower())
            if ref is None:
                yield f"'{key}' is no parameter of {operation.name}"
            else:
                yield from self.wrong(value, ref, key)
        stated = {key.lower() for key in body}
        for name, ref in operation.parameters.items():
            if not ref.nullable and name.lower() not in stated:
                yield f"the parameter '{name}' of {operation.name} is missing"

    def _wrong_one(self, value: Any, ref: Ref, at: str) -> Iterator[str]:
        if value is None:
            if not ref.nullable:
                yield f"{at} is null"
            return
        if ref.name in PRIMITIVES:
            if not PRIMITIVES[ref.name](value):
                yield f"{at} is no {ref.name}"
        elif ref.name in self._about.enums:
            members = self._about.enums[ref.name]
            if not isinstance(value, str) or any(one.strip() not in members for one in value.split(",")):
                yield f"{at} is no member of {ref.name}"
        elif isinstance(value, Mapping):
            yield from self.wrong_entity(value, ref.name, at)
        else:
            yield f"{at} is no {ref.name}"
