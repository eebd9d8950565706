"""Codec: the project's types to and from what a table holds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from postroom.message import Envelope, Problem

T = TypeVar("T")
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """A read message without its documents and texts, which have tables of their own."""

    envelope: Envelope | None
    enclosed: tuple[Envelope, ...]
    unpacking: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    received_at: datetime | None


def to_json(value: object) -> str:
    """Return a value of one of the project's types, or a tuple of strings, as JSON."""
    return _adapter(type(value)).dump_json(value).decode()


def from_json(kind: type[T], content: str | bytes) -> T:
    """Return the value of that type from JSON."""
    result: T = _adapter(kind).validate_json(content)
    return result


def pack(value: object) -> bytes:
    """Return a value as compressed JSON."""
    return zlib.compress(_adapter(type(value)).dump_json(value))


def unpack(kind: type[T], content: bytes) -> T:
    """Return the value of that type from compressed JSON."""
    return from_json(kind, zlib.decompress(content))


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
