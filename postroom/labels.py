"""Labels: what people say is in a piece of post, one JSON object a line, to measure against."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from postroom.errors import ConfigError

KINDS = ("email", "scan")


@dataclass(frozen=True, slots=True)
class Label:
    """One request that a person found in a file."""

    file: str
    """Relative to the folder of the labels."""
    kind: str
    """`email` or `scan`."""
    process: str
    """A process id, a kind of no action, or `other`."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Normal-form values of the fields that can be read in it."""
    accept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other values by field that a careful person could have keyed."""
    also: tuple[str, ...] = ()
    """Processes of further matters in the same file that have no line of their own."""
    line: int = 0
    """Line in the labels file, from 1."""

    def right_values(self, name: str) -> tuple[str, ...]:
        """Return every value that counts as right for a field, the label's own first."""
        own = (self.fields[name],) if name in self.fields else ()
        return own + self.accept.get(name, ())


def parse_labels(text: str, name: str, files: Collection[str] | None = None) -> tuple[Label, ...]:
    """Read a labels file.

    Args:
        text: Its content.
        name: Its name, for messages.
        files: The files that exist in its folder, if labels are to be checked against them.

    Raises:
        ConfigError: naming every faulty line at once.
    """
    labels: list[Label] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                labels.append(_label(line, number, files))
            except ValueError as fault:
                faults.append(f"{name}, line {number}: {fault}")
    if not labels and not faults:
        faults.append(f"{name} is empty.")
    if faults:
        raise ConfigError(
            "\n".join(faults), hint='Each line is {"file": …, "kind": "email", "process": …, "fields": {…}}.'
        )
    return tuple(labels)


def _label(line: str, number: int, files: Collection[str] | None) -> Label:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as fault:
        raise ValueError(f"it is not JSON ({fault.msg} at character {fault.pos + 1}).") from None
    if not isinstance(data, dict):
        raise ValueError("it is not a JSON object.")
    missing = [key for key in ("file", "kind", "process") if not isinstance(data.get(key), str) or not data[key]]
    if missing:
        raise ValueError(f"it lacks {', '.join(f'“{key}”' for key in missing)}.")
    if data["kind"] not in KINDS:
        raise ValueError("its “kind” is neither “email” nor “scan”.")
    if files is not None and data["file"] not in files:
        raise ValueError("its “file” is not in the folder.")
    fields = _strings(data.get("fields", {}), "fields")
    accept = {key: _values(values, key) for key, values in _mapping(data.get("accept", {}), "accept").items()}
    return Label(
        data["file"], data["kind"], data["process"], fields, accept, _values(data.get("also", []), "also"), number
    )


def _mapping(value: object, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"its “{key}” is not an object of names and values.")
    return value


def _strings(value: object, key: str) -> dict[str, str]:
    mapping = _mapping(value, key)
    wrong = [name for name, each in mapping.items() if not isinstance(each, str)]
    if wrong:
        raise ValueError(f"in “{key}”, the value of {', '.join(f'“{name}”' for name in wrong)} is not text in quotes.")
    return mapping


def _values(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"its “{key}” is not a list of texts.")
    return tuple(value)
