"""Microsoft's description of Graph (CSDL) as types, operations and sets that can be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@dataclass(frozen=True, slots=True)
class Ref:
    """A type, or a collection of it."""

    name: str
    """With its namespace, such as `microsoft.graph.message` or `Edm.String`."""
    collection: bool = False
    nullable: bool = True

    @property
    def one(self) -> Ref:
        """One of the collection."""
        return Ref(self.name)


@dataclass(slots=True)
class Type:
    """An entity type or a complex type."""

    name: str
    base: str = ""
    open: bool = False
    entity: bool = False
    stream: bool = False
    properties: dict[str, Ref] = field(default_factory=dict)
    navigations: dict[str, Ref] = field(default_factory=dict)


@dataclass(slots=True)
class Operation:
    """An action or a function that is bound to a type."""

    name: str
    action: bool
    bound: Ref
    parameters: dict[str, Ref] = field(default_factory=dict)
    returns: Ref | None = None


class Description:
    """Everything the CSDL says that requests and answers can be held to."""

    def __init__(self, path: Path) -> None:
        self.types: dict[str, Type] = {}
        self.enums: dict[str, set[str]] = {}
        self.sets: dict[str, Ref] = {}
        """Entity sets and singletons, by name in lower case."""
        self.operations: dict[str, list[Operation]] = defaultdict(list)
        """By name in lower case."""
        self._aliases: dict[str, str] = {}
        root = etree.parse(path)
        schemas = list(root.iter(EDM + "Schema"))
        for schema in schemas:
            if schema.get("Alias"):
                self._aliases[schema.get("Alias")] = schema.get("Namespace")
        for schema in schemas:
            self._read(schema, schema.get("Namespace"))

    def _read(self, schema: Any, namespace: str) -> None:
        for one in schema:
            kind, name = str(one.tag).removeprefix(EDM), f"{namespace}.{one.get('Name')}"
            if kind == "EnumType":
                self.enums[name] = {member.get("Name") for member in one.iter(EDM + "Member")}
            elif kind in {"EntityType", "ComplexType"}:
                self.types[name] = self._type(one, name, kind == "EntityType")
            elif kind in {"Action", "Function"} and one.get("IsBound") == "true":
                operation = self._operation(one, kind == "Action")
                self.operations[operation.name.lower()].append(operation)
            elif kind == "EntityContainer":
                self._container(one)

    def _type(self, one: Any, name: str, entity: bool) -> Type:
        base = self._full(one.get("BaseType") or "")
        found = Type(name, base, one.get("OpenType") == "true", entity, one.get("HasStream") == "true")
        for part in one:
            if part.tag == EDM + "Property":
                found.properties[part.get("Name")] = self._ref(part)
            elif part.tag == EDM + "NavigationProperty":
                found.navigations[part.get("Name")] = self._ref(part)
        return found

    def _operation(self, one: Any, action: bool) -> Operation:
        parameters = {part.get("Name"): self._ref(part) for part in one if part.tag == EDM + "Parameter"}
        bound = parameters.pop(next(iter(parameters)))
        returns = next((self._ref(part) for part in one if part.tag == EDM + "ReturnType"), None)
        return Operation(one.get("Name"), action, bound, parameters, returns)

    def _container(self, container: Any) -> None:
        for one in container:
            if one.tag == EDM + "EntitySet":
                self.sets[one.get("Name").lower()] = Ref(self._full(one.get("EntityType")), collection=True)
            elif one.tag == EDM + "Singleton":
                self.sets[one.get("Name").lower()] = Ref(self._full(one.get("Type")))

    def _ref(self, part: Any) -> Ref:
        name = part.get("Type")
        collection = name.startswith("Collection(")
        plain = name[11:-1] if collection else name
        return Ref(self._full(plain), collection, part.get("Nullable") != "false")

    def _full(self, name: str) -> str:
        space, _, own = name.rpartition(".")
        return f"{self._aliases.get(space, space)}.{own}" if space else name

    def lineage(self, name: str) -> Iterator[Type]:
        """Return a type and what it is based on."""
        while name in self.types:
            yield self.types[name]
            name = self.types[name].base

    def is_kind_of(self, name: str, of: str) -> bool:
        """Tell whether a type is another one or is based on it."""
        return name == of or any(one.name == of for one in self.lineage(name))

    def is_open(self, name: str) -> bool:
        """Tell whether a type is there for names of one's own, such as a list's columns.

        Graph calls messages and files open too, for the sake of schema extensions; to them what is described is all.
        """
        line = [one for one in self.lineage(name) if one.name != "microsoft.graph.entity"]
        return any(one.open for one in line) and not any(one.properties or one.navigations for one in line)

    def member(self, name: str, member: str, any_case: bool = False) -> Ref | None:
        """Return the type of a property or navigation property."""
        for one in self.lineage(name):
            for members in (one.properties, one.navigations):
                if member in members:
                    return members[member]
                if any_case:
                    found = next((ref for known, ref in members.items() if known.lower() == member.lower()), None)
                    if found:
                        return found
        return None

    def operation(self, name: str, bound: Ref) -> list[Operation]:
        """Return the operations of a name bound to a type, or to one it is based on; overloads differ in parameters."""
        return [
            one
            for one in self.operations.get(name.lower(), ())
            if one.bound.collection == bound.collection and self.is_kind_of(bound.name, one.bound.name)
        ]


@lru_cache(maxsize=1)
def description(path: Path) -> Description:
    """Read the description once per process."""
    return Description(path)
