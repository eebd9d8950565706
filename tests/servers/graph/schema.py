"""Whether an exchange keeps to Microsoft's own description of Graph, and whether the SDK knows all of an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.servers.graph.csdl import Description, Ref, description
from tests.servers.graph.front import GRAPH, Reply
from tests.servers.graph.schema_path import Place, WrongPath, resolve
from tests.servers.graph.schema_values import ANNOTATION, Values
from tests.servers.graph.seen import Seen
from tests.servers.schemas import schemas_folder


class Schema:
    """Microsoft's description, to hold an exchange to."""

    def __init__(self, about: Description) -> None:
        self._about = about
        self._values = Values(about)

    def wrong(self, seen: Seen, reply: Reply) -> list[str]:
        """Return what the description has not, a line each; nothing of it quotes a value."""
        path = seen.path[len(GRAPH) :]
        if path == "/$batch":
            return []
        where = f"{seen.method} {path}"
        try:
            place = resolve(self._about, path)
        except WrongPath as wrong:
            return [f"{where}: {wrong}"]
        found = [*self._wrong_query(seen.query, place), *self._wrong_request(seen, place)]
        found += [f"answer: {one}" for one in self._wrong_answer(seen, reply, place)]
        return [f"{where}: {one}" for one in found]

    def _wrong_request(self, seen: Seen, place: Place) -> Iterator[str]:
        if seen.method in {"GET", "DELETE", "HEAD"}:
            return
        if place.raw == "$ref":
            return
        if place.raw:
            if seen.method != "PUT":
                yield f"{place.raw} takes PUT alone"
            return
        if place.operations and not any(one.action for one in place.operations):
            yield "a function takes GET alone"
            return
        if not seen.body and place.operations:
            yield from self._values.wrong_parameters({}, place.operations)
            return
        try:
            body = json.loads(seen.body)
        except ValueError:
            yield "the body is no JSON"
            return
        yield from self._wrong_body(body, place, seen.method)

    def _wrong_body(self, body: Any, place: Place, method: str) -> Iterator[str]:
        if not isinstance(body, dict):
            yield "the body is no object"
        elif place.operations:
            yield from self._values.wrong_parameters(body, place.operations)
        elif place.ref is not None:
            if place.ref.collection and method != "POST":
                yield f"{method} on a collection"
            yield from self._values.wrong_entity(body, place.ref.name, place.ref.name.rpartition(".")[2])

    def _wrong_answer(self, seen: Seen, reply: Reply, place: Place) -> Iterator[str]:
        if not reply.body or reply.truncated or place.raw or "json" not in reply.header("content-type"):
            return
        body = json.loads(reply.body)
        if reply.status >= 400:
            if not isinstance(body, dict) or not {"code", "message"} <= set(body.get("error") or ()):
                yield "an error without code and message"
            return
        ref = next((one.returns for one in place.operations if one.returns), None) if place.operations else place.ref
        if ref is None:
            yield "content where none is described"
        elif ref.collection and not (seen.method == "POST" and not place.operations):
            yield from self._wrong_collection(body, ref)
        elif ref.name.startswith("Edm.") or ref.name in self._about.enums:
            yield from self._values.wrong(body.get("value"), ref, "value")
        else:
            yield from self._values.wrong_entity(body, ref.name, ref.name.rpartition(".")[2])

    def _wrong_collection(self, body: Any, ref: Ref) -> Iterator[str]:
        unknown = [key for key in body if key != "value" and not ANNOTATION.match(key)]
        if unknown:
            yield f"'{unknown[0]}' beside the collection"
        yield from self._values.wrong(body.get("value"), ref, ref.name.rpartition(".")[2])

    def _wrong_query(self, query: Mapping[str, str], place: Place) -> Iterator[str]:
        ref = next((one.returns for one in place.operations if one.returns), None) if place.operations else place.ref
        if ref is None or ref.name not in self._about.types:
            return
        for option in ("$select", "$orderby", "$expand"):
            if query.get(option):
                yield from self._wrong_option(option, query[option], ref.name)

    def _wrong_option(self, option: str, text: str, name: str) -> Iterator[str]:
        for part in _split(text, ","):
            plain, _, inner = part.strip().partition("(")
            words = plain.split()[0].split("/") if plain.split() else [""]
            current = name
            for word in words:
                if word in self._about.types:
                    current = word
                    continue
                cast = (
                    next((one for one in self._about.types if one.lower() == word.lower()), None)
                    if "." in word
                    else None
                )
                if cast:
                    current = cast
                    continue
                if self._about.is_open(current) or word == "*":
                    break
                ref = self._about.member(current, word)
                if ref is None:
                    yield f"{option}: '{word}' is no property of {current}"
                    break
                current = ref.name
            for nested in _split(inner.removesuffix(")"), ";") if inner else ():
                key, _, value = nested.partition("=")
                if key in {"$select", "$orderby", "$expand"} and current in self._about.types:
                    yield from self._wrong_option(key, value, current)


def _split(text: str, sign: str) -> list[str]:
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == "'"
        depth += (letter == "(") - (letter == ")") if not quoted else 0
        if letter == sign and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]


def microsofts_schema() -> Schema | None:
    """Return Microsoft's description, if it is at hand."""
    folder = schemas_folder()
    return Schema(description(folder / "graph-v1.0-metadata.xml")) if folder else None


def unknown_to_the_sdk(content: bytes, model: Any) -> list[str]:
    """Return the names in an answer that the SDK's own model does not know; a check that needs no file."""
    from kiota_abstractions.serialization import AdditionalDataHolder, Parsable
    from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory

    root = JsonParseNodeFactory().get_root_parse_node("application/json", content)
    found: list[str] = []

    def look(value: Any, at: str) -> None:
        if isinstance(value, AdditionalDataHolder):
            found.extend(f"{at}.{name}" for name in value.additional_data if not ANNOTATION.match(name))
        if isinstance(value, Parsable):
            for name in value.get_field_deserializers():
                for attribute in {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), name}:
                    inner = getattr(value, attribute, None)
                    for one in inner if isinstance(inner, list) else [inner]:
                        if one is not None:
                            look(one, f"{at}.{name}")

    look(root.get_object_value(model), model.__name__)
    return found
