"""Writes docs/settings.md from the settings models, so that the page cannot say anything else than the code."""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.explain import choices_of
from config.secrets import SecretReference
from config.settings import MainFile
from connectors import registry
from extractors.triage.rules import TriageRules
from postroom.process import Process

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

INTRODUCTION = """# Settings

<!-- Written by scripts/make_settings_page.py from the settings models. Change the models, then `make docs`. -->

Every key of every file in the configuration folder, with what it takes and what it means. A key in bold must be
given. `postroom check` tells a wrong key, a wrong value and the nearest spelling, with file and line.

A worked example of a process is in [adding-a-process.md](adding-a-process.md); the files in `config/` are examples of
everything else.
"""

WORDS = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", Path: "path", date: "date"}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([INTRODUCTION, *(line for title, model in parts() for line in _part(title, model))])


def parts() -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every model a configuration file is checked against, with the heading it stands under."""
    yield "postroom.yaml", MainFile
    yield "A secret", SecretReference
    yield "processes/*.yaml", Process
    yield "triage.yaml", TriageRules
    for role, entries in (("inbox", registry.INBOXES), ("target", registry.TARGETS)):
        for kind in entries:
            yield f"{role.capitalize()} of kind {kind}", registry.settings_model(typing.cast(registry.Role, role), kind)


def models_in(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return a model and every model that stands in it, each once, in the order of the keys."""
    found = [model]
    for at in found:
        for field in at.model_fields.values():
            found += [inner for inner in _inner(field.annotation) if inner not in found]
    return found


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by the key a file has."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inner(annotation: Any) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for choice in choices_of(annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            if choice is not SecretReference:
                found.append(choice)
        else:
            found += [model for argument in typing.get_args(choice) for model in _inner(argument)]
    return found


def _part(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## {title}\n"
    for at in models_in(model):
        if at is not model:
            yield f"### {title}: {_named(at)}\n"
        yield f"{_sentence(at)}\n"
        yield "| key | takes | if left out | meaning |"
        yield "|---|---|---|---|"
        yield from (_row(key, field) for key, field in keys_of(at).items())
        yield ""


def _row(key: str, field: FieldInfo) -> str:
    name = f"**`{key}`**" if field.is_required() else f"`{key}`"
    meaning = (field.description or "").replace("|", "\\|")
    return f"| {name} | {_takes(field.annotation)} | {_default(field)} | {meaning} |"


def _sentence(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _named(model: type[BaseModel]) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in model.__name__)
    return words.strip()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value is None or (isinstance(value, SecretStr | Sequence | Mapping) and not len(value)):
        return "nothing"
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`"


def _takes(annotation: Any) -> str:
    said = [word for choice in choices_of(annotation) if choice is not type(None) for word in _words(choice)]
    return " or ".join(dict.fromkeys(said))


def _words(choice: Any) -> Iterator[str]:
    origin, arguments = typing.get_origin(choice), typing.get_args(choice)
    if choice is SecretStr or choice is SecretReference:
        yield "a secret: `{env: NAME}`, `{file: PATH}` or `{keyring: SERVICE/NAME}`"
    elif origin is Literal:
        yield from (f"`{value}`" if value != "" else "nothing" for value in arguments)
    elif isinstance(choice, type) and issubclass(choice, enum.Enum):
        yield from (f"`{member.value}`" for member in choice)
    elif isinstance(choice, type) and issubclass(choice, BaseModel):
        yield f"the keys of *{_named(choice)}*"
    elif origin is dict and arguments[1] is Any:
        yield "groups of keys, by `kind`"
    elif origin is dict:
        yield f"names of your own, each with {_takes(arguments[1])}"
    elif origin is tuple:
        yield f"a list: {_takes(arguments[0])}"
    else:
        yield WORDS[choice]


if __name__ == "__main__":
    main()
