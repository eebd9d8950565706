"""What must hold between files, and inside a process beyond the form of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from config.mistakes import Mistake, suggest
from config.yaml_file import YamlFile, YamlPath
from postroom.process import DifferentCheck, FieldSpec, ModulusCheck, Process, SumCheck

Found = tuple[list[Mistake], list[Mistake]]
"""Mistakes, and warnings."""

SERVES = {"sender-name": {"name", "text"}, "sender-address": {"email", "text"}, "sent-date": {"date"}}
"""Which types of field a fact of the mail can serve."""


def check_processes(files: Sequence[tuple[YamlFile, Process]], main: Any) -> Found:
    """Check every process by itself, against the others and against the names of the targets.

    Args:
        files: Each process with its file.
        main: The values of postroom.yaml.
    """
    targets = names_of(main, "targets")
    mistakes: list[Mistake] = []
    warnings: list[Mistake] = []
    first: dict[str, str] = {}
    for file, process in files:
        if process.id in first:
            message = f'The process "{process.id}" is also in {first[process.id]}.'
            mistakes.append(file.mistake(("id",), message, "Give one of the two another id."))
        first.setdefault(process.id, file.name)
        mistakes += [*_fields(file, process), *_checks(file, process), *_deliveries(file, process, targets)]
        if not process.deliver:
            warnings.append(file.mistake((), "The process delivers nowhere.", "Name a target under `deliver`."))
        if not any(spec.required for spec in process.fields.values()):
            hint = "An item with nothing read would count as complete; mark what must be there."
            warnings.append(file.mistake(("fields",), "No field is required.", hint))
    return mistakes, warnings


def check_connections(main: YamlFile, processes: Sequence[Process]) -> Found:
    """Check the names of inboxes and targets, and whether every target is used."""
    mistakes: list[Mistake] = []
    for key in ("inboxes", "targets"):
        seen: set[str] = set()
        for path, name in _named(main.data, key):
            if name in seen:
                mistakes.append(main.mistake((*path, "name"), f'"{name}" is used twice.', "Give each its own name."))
            seen.add(name)
    used = {delivery.target for process in processes for delivery in process.deliver}
    unused = [
        main.mistake(path, f'No process delivers to the target "{name}".', "Remove it, or name it in a process.")
        for path, name in _named(main.data, "targets")
        if name not in used
    ]
    return mistakes, unused


def names_of(main: Any, key: str) -> list[str]:
    """Return the names under `inboxes` or `targets`."""
    return [name for _, name in _named(main, key)]


def _named(main: Any, key: str) -> list[tuple[YamlPath, str]]:
    entries = main.get(key) if isinstance(main, dict) else None
    return [
        ((key, place), str(entry["name"]))
        for place, entry in enumerate(entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and entry.get("name")
    ]


def _fields(file: YamlFile, process: Process) -> Iterable[Mistake]:
    for name, spec in process.fields.items():
        path: YamlPath = ("fields", name)
        for place, pattern in enumerate(spec.patterns):
            problem = _regex_problem(pattern)
            if problem:
                yield file.mistake((*path, "patterns", place), f"Not a regular expression: {problem}.", _REGEX_HINT)
        if spec.type == "choice" and not spec.choices:
            yield file.mistake(path, "A choice needs `choices`.", "List each value with the words that mean it.")
        if spec.choices and spec.type != "choice":
            hint = "Make it `type: choice`, or remove `choices`."
            yield file.mistake((*path, "choices"), f"A field of type {spec.type} has no choices.", hint)
        if spec.fallback and spec.type not in SERVES[spec.fallback]:
            allowed = " or ".join(sorted(SERVES[spec.fallback]))
            message = f"{spec.fallback} cannot serve a field of type {spec.type}."
            yield file.mistake((*path, "fallback"), message, f"It serves {allowed}.")
        yield from _bounds(file, path, spec)


_REGEX_HINT = "Escape characters with a meaning of their own by a backslash: \\( \\[ \\. \\?"


def _bounds(file: YamlFile, path: YamlPath, spec: FieldSpec) -> Iterable[Mistake]:
    if spec.minimum is not None and spec.maximum is not None and spec.minimum > spec.maximum:
        message = f"The least value {spec.minimum} is more than the greatest, {spec.maximum}."
        yield file.mistake((*path, "minimum"), message, "Exchange the two.")


def _regex_problem(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"{error.msg}" + (f" at character {error.pos + 1}" if error.pos is not None else "")
    return ""


def _checks(file: YamlFile, process: Process) -> Iterable[Mistake]:
    known = sorted(process.fields)
    for place, check in enumerate(process.checks):
        for path, name in _fields_of_check(check):
            if name not in process.fields:
                message = f'"{name}" is not a field of this process.'
                yield file.mistake(("checks", place, *path), message, suggest(name, known))


def _fields_of_check(check: SumCheck | ModulusCheck | DifferentCheck) -> list[tuple[YamlPath, str]]:
    if isinstance(check, SumCheck):
        return [*((("parts", place), name) for place, name in enumerate(check.parts)), (("total",), check.total)]
    if isinstance(check, ModulusCheck):
        return [(("sort_code",), check.sort_code), (("account_number",), check.account_number)]
    return [(("fields", place), name) for place, name in enumerate(check.fields)]


def _deliveries(file: YamlFile, process: Process, targets: Sequence[str]) -> Iterable[Mistake]:
    known = sorted(process.fields)
    seen: set[str] = set()
    for place, delivery in enumerate(process.deliver):
        path: YamlPath = ("deliver", place)
        if delivery.target not in targets:
            message = f'There is no target "{delivery.target}" in postroom.yaml.'
            hint = suggest(delivery.target, sorted(targets)) or "It lists no targets yet."
            yield file.mistake((*path, "target"), message, hint)
        if delivery.target in seen:
            yield file.mistake((*path, "target"), f'"{delivery.target}" is named twice.', "Deliver to it once.")
        seen.add(delivery.target)
        for name in delivery.fields:
            if name not in process.fields:
                message = f'"{name}" is not a field of this process.'
                yield file.mistake((*path, "fields", name), message, suggest(name, known))
