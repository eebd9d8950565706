"""Turn what pydantic says about a configuration file into what a person needs: file, line, key, remedy."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.mistakes import Mistake, nearest, suggest
from config.yaml_file import Part, YamlPath

M = TypeVar("M", bound=BaseModel)

WANTED = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "yes or no",
    "tuple": "a list: one entry a line, each after a dash",
    "list": "a list: one entry a line, each after a dash",
    "set": "a list: one entry a line, each after a dash",
    "dict": "a group of keys, indented below",
    "mapping": "a group of keys, indented below",
    "model": "a group of keys, indented below",
    "path": "the path of a file or folder",
    "url": "an address that begins with https:// or http://",
    "date": "a date such as 2026-09-30",
    "time": "a time of day such as 06:30",
}
"""What a person should write, by the first word of pydantic's error type."""


def validate(model: type[M], part: Part, data: Any) -> tuple[M | None, list[Mistake]]:
    """Check one part of the configuration against a settings model.

    Args:
        model: What the part should be.
        part: Where it stands.
        data: The part's values.

    Returns:
        The settings, or None with every mistake in them.
    """
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        faults = error.errors(include_url=False)
    spelt, changed = _as_spelt(faults, part, data)
    if changed:
        return validate(model, part, spelt)
    return None, [_mistake(fault, model, part, data) for fault in faults]


def _as_spelt(faults: list[ErrorDetails], part: Part, data: Any) -> tuple[Any, bool]:
    """Give text where text is wanted: YAML reads 012345 as a number, and a leading nought would be lost."""
    changed = False
    for fault in faults:
        path = _path_in_file(fault["loc"], data)
        spelling = part.spelling(path)
        if spelling and fault["type"] in {"string_type", "literal_error", "enum"} and fault["input"] != spelling:
            data = with_value(data, path, spelling)
            changed = True
    return data, changed


def with_value(data: Any, path: YamlPath, value: Any) -> Any:
    """Return a copy of nested values with one of them replaced."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(data, Mapping):
        return {**data, head: with_value(data[head], rest, value)}
    return [with_value(entry, rest, value) if place == head else entry for place, entry in enumerate(data)]


def _path_in_file(loc: tuple[int | str, ...], data: Any) -> YamlPath:
    """Leave out of pydantic's place what does not stand in the file: the names of variants and of keys as such."""
    path: list[str | int] = []
    for part in loc:
        if _holds(data, part):
            data = value_at(data, (part,))
            path.append(part)
    return tuple(path)


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _mistake(fault: ErrorDetails, model: type[BaseModel], part: Part, data: Any) -> Mistake:
    kind, last = fault["type"], fault["loc"][-1] if fault["loc"] else ""
    path = _path_in_file(fault["loc"], data)
    if kind == "missing":
        near = _misspelt(str(last), value_at(data, path), _keys(model, data, path))
        meaning = _keys(model, data, path).get(str(last), "")
        hint = f'Did you mean it by "{near}"?' if near else meaning
        return part.mistake((*path, str(last)), f'"{last}" is missing here.', hint)
    if kind == "extra_forbidden":
        known = sorted(_keys(model, data, path[:-1]))
        return part.mistake(path, f'"{last}" is not a setting here.', suggest(str(last), known))
    message, hint = _explain_value(fault)
    return part.mistake(path, message, hint)


def _misspelt(key: str, group: Any, known: Mapping[str, str]) -> str:
    """Return the unknown key that was probably meant to be this one."""
    return nearest(key, [str(name) for name in group if name not in known]) if isinstance(group, Mapping) else ""


def _explain_value(fault: ErrorDetails) -> tuple[str, str]:
    kind, context, given = fault["type"], fault.get("ctx", {}), fault["input"]
    if kind in {"literal_error", "enum", "union_tag_invalid"}:
        allowed = str(context.get("expected") or context.get("expected_tags", ""))
        known = [word.strip(" '") for word in allowed.replace(" or ", ",").split(",") if word.strip()]
        word = str(context.get("tag", given))
        return f"{_shown(word)} is not one of the values allowed here.", suggest(word, known)
    if kind == "union_tag_not_found":
        return (
            f"{str(context.get('discriminator', 'kind')).strip(chr(39))} is missing here.",
            "It says which kind this is.",
        )
    if kind in {"value_error", "assertion_error"}:
        return str(context.get("error", fault["msg"])), ""
    if given is None:
        return "There is no value after the key.", "Give it one, or remove the key."
    bounds = {"greater_than": "more than", "greater_than_equal": "at least", "less_than": "less than",
              "less_than_equal": "at most"}  # fmt: skip
    if kind in bounds:
        limit = next(iter(context.values()))
        return f"{given} is out of range.", f"It must be {bounds[kind]} {limit}."
    if kind == "string_pattern_mismatch":
        return f"{_shown(given)} does not have the right form.", f"Its form: {context.get('pattern', '')}."
    wanted = WANTED.get(kind.partition("_")[0])
    if wanted:
        return f"Expected {wanted}, found {_shown(given)}.", ""
    return f"{fault['msg']}.", ""


def _shown(given: Any) -> str:
    if isinstance(given, Mapping):
        return "a group of keys"
    if isinstance(given, list | tuple):
        return "a list"
    text = str(given)
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'


def value_at(data: Any, path: YamlPath) -> Any:
    """Return the value at a place in nested values."""
    for part in path:
        data = data[part]
    return data


def _keys(model: type[BaseModel], data: Any, path: YamlPath) -> dict[str, str]:
    """Return the keys a group may hold, with what each of them means."""
    keys: dict[str, str] = {}
    for found in _models(annotation_at(model, data, path), value_at(data, path)):
        for name, field in found.model_fields.items():
            keys[field.alias or name] = field.description or ""
    return keys


def annotation_at(annotation: Any, data: Any, path: YamlPath) -> Any:
    """Return the type that is wanted at a place; None where nothing is known there."""
    for part in path:
        annotation = Union[tuple(_inside(annotation, data, part)) or (None,)]  # noqa: UP007
        data = data[part] if _holds(data, part) else None
    return annotation


def _inside(annotation: Any, data: Any, part: str | int) -> Iterator[Any]:
    for choice in choices_of(annotation):
        origin, arguments = typing.get_origin(choice), typing.get_args(choice)
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            if _fits(choice, data) and isinstance(part, str):
                yield from (f.annotation for name, f in choice.model_fields.items() if part in {name, f.alias})
        elif isinstance(part, str) and len(arguments) == 2 and origin is not tuple:
            yield arguments[1]
        elif isinstance(part, int) and arguments:
            yield arguments[min(part, len(arguments) - 1) if arguments[-1] is not Ellipsis else 0]


def _models(annotation: Any, data: Any) -> Iterator[type[BaseModel]]:
    for choice in choices_of(annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel) and _fits(choice, data):
            yield choice


def choices_of(annotation: Any) -> Iterator[Any]:
    """Return the plain types that a type stands for: the members of a union, without remarks."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        yield from choices_of(typing.get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for choice in typing.get_args(annotation):
            yield from choices_of(choice)
    else:
        yield annotation


def _fits(model: type[BaseModel], data: Any) -> bool:
    """Tell whether the group can be this variant: none of its fixed words says otherwise."""
    for name, field in model.model_fields.items():
        if typing.get_origin(field.annotation) is Literal and isinstance(data, Mapping) and name == "kind":
            return data.get(name) in typing.get_args(field.annotation)
    return True
