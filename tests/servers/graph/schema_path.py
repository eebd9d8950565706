"""Where an address of Graph leads, by Microsoft's description."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.servers.graph.csdl import Description, Operation, Ref

SEGMENT = re.compile(r"(?:[^/(]|\((?:[^()']|'(?:[^']|'')*')*\))+")
CALL = re.compile(r"^([\w.]+)\((.*)\)$")


class WrongPath(Exception):
    """The description has no such address."""


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at an address: a type, an operation's overloads, or raw bytes."""

    ref: Ref | None = None
    operations: tuple[Operation, ...] = ()
    raw: str = ""
    """`$value`, `$ref`, `$count`, or `stream`; empty for JSON."""


def resolve(about: Description, path: str) -> Place:
    """Follow an address below /v1.0; raises WrongPath."""
    segments = SEGMENT.findall(path)
    if "".join(segments) != path.replace("/", ""):
        segments = [one for one in path.split("/") if one]
    if not segments:
        raise WrongPath("it is empty")
    first = segments.pop(0)
    name, key = _called(first)
    ref = about.sets.get(name.lower())
    if ref is None:
        raise WrongPath(f"there is no entity set or singleton '{name}'")
    place = Place(ref.one if key else ref)
    while segments:
        place = _step(about, place, segments)
    return place


def _called(segment: str) -> tuple[str, str | None]:
    found = CALL.match(segment)
    return (found[1], found[2]) if found else (segment, None)


def _step(about: Description, place: Place, segments: list[str]) -> Place:
    segment = segments.pop(0)
    if place.operations:
        returned = next((one.returns for one in place.operations if one.returns), None)
        if returned is None:
            raise WrongPath(f"'{segment}' follows an operation that returns nothing")
        place = Place(returned)
    ref = place.ref
    if ref is None or place.raw:
        raise WrongPath(f"'{segment}' follows '{place.raw}'")
    if segment in {"$value", "$ref", "$count"}:
        return Place(ref, raw=segment)
    return _below_many(about, ref, segment, segments) if ref.collection else _below_one(about, ref, segment, segments)


def _below_many(about: Description, ref: Ref, segment: str, segments: list[str]) -> Place:
    operations = about.operation(_called(segment)[0].removeprefix("microsoft.graph."), ref)
    if operations:
        return Place(operations=tuple(operations))
    if segment in about.types:
        return _cast(about, ref, segment)
    if segment.endswith(":"):
        return _by_path(about, ref.one, segments)
    return Place(ref.one)


def _below_one(about: Description, ref: Ref, segment: str, segments: list[str]) -> Place:
    if segment.endswith(":"):
        found = about.member(ref.name, segment[:-1]) or (ref if segment == ":" else None)
        if found is None:
            raise WrongPath(f"'{segment}' is no property of {ref.name}")
        return _by_path(about, found, segments)
    name, key = _called(segment)
    operations = about.operation(name.removeprefix("microsoft.graph."), ref)
    member = about.member(ref.name, name)
    if member is not None:
        if member.name == "Edm.Stream":
            return Place(member, raw="stream")
        return Place(member.one if key else member)
    if operations:
        return Place(operations=tuple(operations))
    if segment in about.types:
        return _cast(about, ref, segment)
    if about.is_open(ref.name):
        return Place(Ref("Edm.Untyped"))
    raise WrongPath(f"'{name}' is no property or operation of {ref.name}")


def _cast(about: Description, ref: Ref, name: str) -> Place:
    if not about.is_kind_of(name, ref.name):
        raise WrongPath(f"{name} is not based on {ref.name}")
    return Place(Ref(name, ref.collection))


def _by_path(about: Description, ref: Ref, segments: list[str]) -> Place:
    """Pass over a file's or a site's path, which ends in a colon or with the address."""
    if not about.is_kind_of(ref.name, "microsoft.graph.baseItem"):
        raise WrongPath(f"{ref.name} is not addressed by path")
    while segments:
        if segments.pop(0).endswith(":"):
            break
    return Place(ref)
