"""What must hold between files, and inside a process beyond the form of its keys.

These checks look at the values as they stand in the files, so that a mistake of form in one place hides none elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from config.mistakes import Mistake, suggest
from config.secrets import REFERENCE_HINT
from config.yaml_file import YamlFile, YamlPath
from postroom.process import FieldType

SERVES = {"sender-name": ("name", "text"), "sender-address": ("email", "text"), "sent-date": ("date",)}
"""Which types of field a fact of the mail can serve."""

_REGEX_HINT = "A character with a meaning of its own needs a backslash before it: \\( \\[ \\. \\?"


def check_processes(files: Sequence[YamlFile], targets: Sequence[str]) -> Iterator[Mistake]:
    """Find what is wrong inside each process, between processes, and with the targets they name.

    Args:
        files: The files of all processes.
        targets: The names under `targets` in postroom.yaml.
    """
    first: dict[str, str] = {}
    for file in files:
        name = str(file.data.get("id", ""))
        if name in first:
            message = f'The process "{name}" is also in {first[name]}.'
            yield file.mistake(("id",), message, "Give one of the two another id.")
        elif name:
            first[name] = file.name
        for field, spec in _groups(file.data.get("fields")):
            yield from _field(file, ("fields", str(field)), spec, list(_map(file.data.get("fields"))))
        if _map(file.data.get("fields")):
            yield from _checks(file)
        yield from _deliveries(file, targets)
        yield from _told(file, targets)


def _told(file: YamlFile, targets: Sequence[str]) -> Iterator[Mistake]:
    """Find names under `tell` that no target has."""
    for path, name in _told_names(file):
        if name not in targets:
            yield file.mistake(path, f'There is no target "{name}".', suggest(name, list(targets)))


def _told_names(file: YamlFile) -> Iterator[tuple[YamlPath, str]]:
    told = file.data.get("tell")
    yield from ((("tell", place), str(name)) for place, name in enumerate(told if isinstance(told, list) else []))


def check_names(main: YamlFile) -> Iterator[Mistake]:
    """Find names that two inboxes or two targets share, and such that are told and not there."""
    yield from _told(main, target_names(main))
    for key in ("inboxes", "targets"):
        seen: set[str] = set()
        for path, name in _named(main, key):
            if name in seen:
                yield main.mistake((*path, "name"), f'"{name}" is used twice.', "Give each a name of its own.")
            seen.add(name)


def check_mailboxes(main: YamlFile) -> Iterator[Mistake]:
    """Find folders of one mailbox that two inboxes read: each would take the other's mark for its own."""
    seen: dict[tuple[str, str], str] = {}
    for path, name in _named(main, "inboxes"):
        entry = main.data["inboxes"][path[-1]]
        mailbox = str(entry.get("mailbox") or "").casefold()
        folders = entry.get("folders")
        for folder in (folders if isinstance(folders, list) else ["Inbox"]) if mailbox else ():
            place = (mailbox, str(folder).strip("/ ").casefold())
            if place in seen:
                message = f'The inboxes "{seen[place]}" and "{name}" read the same folder "{folder}" of one mailbox.'
                yield main.mistake(
                    (*path, "mailbox"), message, "Let one of them read it, or give each its own folders."
                )
            seen[place] = name


def check_mappings(
    descriptions: Mapping[str, YamlFile], main: YamlFile, files: Sequence[YamlFile]
) -> Iterator[Mistake]:
    """Find fields in the mapping of a target that no process which delivers to it has.

    Args:
        descriptions: The file that describes a target, by the target's name.
        main: postroom.yaml.
        files: The files of all processes.
    """
    for path, name in _named(main, "targets"):
        known = sorted({box for file in files for box in _boxes(file, name)})
        entry = main.data["targets"][path[-1]]
        described = descriptions.get(name)
        mapped = _mapped(main, path, entry) if described is None else _mapped(described, (), described.data)
        for file, place, field in mapped:
            if known and field not in known:
                message = f'No process delivers a field "{field}" to "{name}".'
                yield file.mistake(place, message, suggest(field, known))


def _boxes(file: YamlFile, target: str) -> Iterator[str]:
    """Return the names under which a process delivers its fields to a target."""
    for _, entry in _groups(file.data.get("deliver")):
        if entry.get("target") == target:
            renamed = _map(entry.get("fields"))
            yield from (str(box) for box in renamed.values()) if renamed else _map(file.data.get("fields"))


def _mapped(file: YamlFile, path: YamlPath, entry: Mapping[str, Any]) -> Iterator[tuple[YamlFile, YamlPath, str]]:
    """Return the fields a target is described with: by name, or in columns."""
    for field in _map(entry.get("fields")):
        yield file, (*path, "fields", field), field
    for place, column in _groups(entry.get("columns")):
        if column.get("field"):
            yield file, (*path, "columns", place, "field"), str(column["field"])


def check_ledger(main: YamlFile) -> Iterator[Mistake]:
    """Find a password in the ledger's address."""
    address = main.data.get("ledger")
    if isinstance(address, str) and re.search(r"//[^/@:]*:[^/@]*@", address):
        yield main.mistake(("ledger",), "The address holds a password in plain text.", REFERENCE_HINT)


def warn(main: YamlFile, files: Sequence[YamlFile]) -> Iterator[Mistake]:
    """Find what is odd but stops nothing."""
    used = set()
    for file in files:
        deliveries = _groups(file.data.get("deliver"))
        used |= {entry.get("target") for _, entry in deliveries}
        if not deliveries:
            yield file.mistake((), "The process delivers nowhere.", "Name a target under `deliver`.")
        if not any(spec.get("required") for _, spec in _groups(file.data.get("fields"))):
            hint = "An item with nothing read would count as complete; mark what must be there."
            yield file.mistake(("fields",), "No field is required.", hint)
    used |= {name for file in (main, *files) for _, name in _told_names(file)}
    desk = _map(_map(main.data).get("desk"))
    used |= {desk.get("letters"), _map(desk.get("reports")).get("target")}
    for path, name in _named(main, "targets"):
        if name not in used:
            yield main.mistake(path, f'No process delivers to the target "{name}".', "Remove it, or name it.")


def target_names(main: YamlFile) -> list[str]:
    """Return the names under `targets` in postroom.yaml."""
    return [name for _, name in _named(main, "targets")]


def entries_of(main: YamlFile, key: str) -> list[Mapping[str, Any]]:
    """Return the entries under `inboxes` or `targets` in postroom.yaml."""
    return [entry for _, entry in _groups(_map(main.data).get(key))]


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _groups(value: Any) -> list[tuple[str | int, Mapping[str, Any]]]:
    """Return the groups of keys in a list or a group, each with its place."""
    entries: Any = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [(place, entry) for place, entry in entries if isinstance(entry, Mapping)]


def _texts(value: Any) -> list[tuple[int, str]]:
    entries = value if isinstance(value, list) else []
    return [(place, entry) for place, entry in enumerate(entries) if isinstance(entry, str)]


def _named(main: YamlFile, key: str) -> list[tuple[YamlPath, str]]:
    entries = _groups(_map(main.data).get(key))
    return [((key, place), str(entry["name"])) for place, entry in entries if entry.get("name")]


def _field(file: YamlFile, path: YamlPath, spec: Mapping[str, Any], known: Sequence[str]) -> Iterator[Mistake]:
    kind = spec.get("type")
    for place, pattern in _texts(spec.get("patterns")):
        problem = _regex_problem(pattern)
        if problem:
            yield file.mistake((*path, "patterns", place), f"Not a regular expression: {problem}.", _REGEX_HINT)
    if kind == "choice" and not spec.get("choices"):
        yield file.mistake(path, "A choice needs `choices`.", "List each value with the words that mean it.")
    if spec.get("choices") and kind in set(get_args(FieldType)) - {"choice"}:
        hint = "Make it `type: choice`, or remove `choices`."
        yield file.mistake((*path, "choices"), f"A field of type {kind} has no choices.", hint)
    served = SERVES.get(str(spec.get("fallback")))
    if served and kind not in served:
        message = f"{spec['fallback']} cannot serve a field of type {kind}."
        yield file.mistake((*path, "fallback"), message, f"It serves {' or '.join(served)}.")
    yield from _bounds(file, path, spec)
    named = spec.get("depends_on")
    if named and named not in known:
        yield _unknown_field(file, (*path, "depends_on"), str(named), known)


def _bounds(file: YamlFile, path: YamlPath, spec: Mapping[str, Any]) -> Iterator[Mistake]:
    least, most = spec.get("minimum"), spec.get("maximum")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        message = f"The least value {least} is more than the greatest, {most}."
        yield file.mistake((*path, "minimum"), message, "Exchange the two.")


def _regex_problem(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return error.msg + (f" at character {error.pos + 1}" if error.pos is not None else "")
    return ""


def _unknown_field(file: YamlFile, path: YamlPath, name: str, known: Sequence[str]) -> Mistake:
    return file.mistake(path, f'"{name}" is not a field of this process.', suggest(name, sorted(known)))


def _checks(file: YamlFile) -> Iterator[Mistake]:
    known = list(_map(file.data.get("fields")))
    for place, check in _groups(file.data.get("checks")):
        for path, name in _fields_of_check(check):
            if name not in known:
                yield _unknown_field(file, ("checks", place, *path), name, known)


def _fields_of_check(check: Mapping[str, Any]) -> list[tuple[YamlPath, str]]:
    if check.get("kind") == "modulus":
        return [((key,), str(check.get(key, key))) for key in ("sort_code", "account_number")]
    listed: list[tuple[YamlPath, str]] = [
        ((key, place), name) for key in ("parts", "fields") for place, name in _texts(check.get(key))
    ]
    return [*listed, (("total",), str(check["total"]))] if check.get("total") else listed


def _deliveries(file: YamlFile, targets: Sequence[str]) -> Iterator[Mistake]:
    known = list(_map(file.data.get("fields")))
    seen: set[str] = set()
    for place, delivery in _groups(file.data.get("deliver")):
        path: YamlPath = ("deliver", place)
        target = str(delivery.get("target") or "")
        if target and target not in targets:
            message = f'There is no target "{target}" in postroom.yaml.'
            hint = suggest(target, sorted(targets)) or "It lists no targets yet."
            yield file.mistake((*path, "target"), message, hint)
        elif target in seen:
            yield file.mistake((*path, "target"), f'"{target}" is named twice.', "Deliver to it once.")
        seen.add(target)
        for name in _map(delivery.get("fields")):
            if known and name not in known:
                yield _unknown_field(file, (*path, "fields", name), name, known)
