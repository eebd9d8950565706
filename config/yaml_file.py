"""One YAML file: its values, and the line on which each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from config.mistakes import Mistake

YamlPath = tuple[str | int, ...]
"""Keys and places in lists that lead to a value, outermost first; the first place in a list is 0."""

MAX_DEPTH = 20
"""Far deeper than any setting stands; a file that refers to itself would go on for ever."""


@dataclass(frozen=True)
class YamlFile:
    """What one file says, and where."""

    path: Path
    name: str
    """As it is shown to people: relative to the configuration folder."""
    data: Any
    lines: Mapping[YamlPath, int] = field(default_factory=dict)
    """From 1, of each key and each entry of a list."""
    written: Mapping[YamlPath, str] = field(default_factory=dict)
    """Each number, date, truth value or empty value as it stands in the file."""

    def line(self, path: YamlPath) -> int:
        """Return the line of a value, or of the nearest thing around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def spelling(self, path: YamlPath) -> str:
        """Return a number, date or truth value as it stands in the file; empty for anything else."""
        return self.written.get(path, "")

    def mistake(self, path: YamlPath, message: str, hint: str = "") -> Mistake:
        """Return a mistake at a value of this file."""
        return Mistake(self.name, self.line(path), dotted(path), message, hint)


class Part(Protocol):
    """A part of the configuration, which knows where its values stand; paths begin at the part."""

    def spelling(self, path: YamlPath) -> str:
        """Return a number, date or truth value as it stands in the file; empty for anything else."""
        ...

    def mistake(self, path: YamlPath, message: str, hint: str = "") -> Mistake:
        """Return a mistake at a value of this part."""
        ...


@dataclass(frozen=True)
class Below:
    """The part that begins at a value of another part."""

    part: Part
    start: YamlPath

    def spelling(self, path: YamlPath) -> str:
        """Return a number, date or truth value as it stands in the file; empty for anything else."""
        return self.part.spelling((*self.start, *path))

    def mistake(self, path: YamlPath, message: str, hint: str = "") -> Mistake:
        """Return a mistake at a value of this part."""
        return self.part.mistake((*self.start, *path), message, hint)


@dataclass(frozen=True)
class LayeredPart:
    """A part whose own keys lie over those of another file."""

    own: Part
    keys: frozenset[str]
    """The keys that stand in the part itself."""
    beneath: YamlFile

    def spelling(self, path: YamlPath) -> str:
        """Return a number, date or truth value as it stands in its file; empty for anything else."""
        return self._layer(path).spelling(path)

    def mistake(self, path: YamlPath, message: str, hint: str = "") -> Mistake:
        """Return a mistake at a value, in the file where that value stands."""
        return self._layer(path).mistake(path, message, hint)

    def _layer(self, path: YamlPath) -> Part:
        beneath = path and path[0] not in self.keys and path[0] in self.beneath.data
        return self.beneath if beneath else self.own


def dotted(path: YamlPath) -> str:
    """Return a path as people write it, lists counted from 1: `deliver[1].target`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def read_yaml(path: Path, name: str) -> tuple[YamlFile, list[Mistake]]:
    """Read one file and return what it says with every mistake of its form.

    Keys are always text, and a value keeps its spelling beside its meaning, so that `no`, `012345` and `2026-09-01`
    can be read as the words they are where words are wanted.
    """
    empty = YamlFile(path, name, {})
    text, mistake = _text_of(path, name)
    if mistake:
        return empty, [mistake]
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:
        return empty, [_syntax_mistake(error, name, text)]
    if root is None:
        return empty, [Mistake(name, 1, "", "The file is empty.", "Fill it in, or remove the file.")]
    building = _Building(empty)
    return building.build(root), building.mistakes


def _text_of(path: Path, name: str) -> tuple[str, Mistake | None]:
    try:
        return path.read_bytes().decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return "", Mistake(name, line, "", "The file is not UTF-8 text.", "Save it as UTF-8 in the editor.")
    except FileNotFoundError:
        return "", Mistake(name, 1, "", "There is no such file.", f"Create {path}, or correct the reference to it.")
    except OSError as error:
        return "", Mistake(name, 1, "", f"The file cannot be read: {error.strerror}.", f"Look at {path}.")


def _syntax_mistake(error: YAMLError, name: str, text: str) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", "") or "a character that YAML does not allow")
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return Mistake(name, 1, "", f"This is not YAML: {problem}.", "Remove control characters from the file.")
    line = mark.line + 1
    if "quoted scalar" in str(error.context) and opened is not None and opened.line < mark.line:
        return Mistake(name, opened.line + 1, "", "A quotation mark is opened here and never closed.", "Close it.")
    row = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    return Mistake(name, line, "", f"This is not YAML: {problem}.", _syntax_hint(problem, row))


def _syntax_hint(problem: str, row: str) -> str:
    if "'\\t'" in problem or row.startswith("\t"):
        return "Indent with spaces; YAML allows no tabs there."
    if "escape" in problem:
        return "Between double quotation marks a backslash has a meaning of its own; take single ones."
    if "mapping values" in problem:
        return "A value that holds a colon and a space needs quotation marks around it."
    if "cannot start any token" in problem:
        return "A value that begins with this character needs quotation marks around it."
    if "flow" in problem or "',' or" in problem:
        return "A bracket is opened and not closed; look here and at the lines above."
    if "another document" in problem:
        return "Remove the line with three dashes; one file holds one document."
    return "Lines of one list or group must begin in the same column; look here and at the line above."


class _Building:
    def __init__(self, empty: YamlFile) -> None:
        self.empty = empty
        self.lines: dict[YamlPath, int] = {}
        self.written: dict[YamlPath, str] = {}
        self.mistakes: list[Mistake] = []

    def build(self, root: Node) -> YamlFile:
        data = self._value(root, ())
        return YamlFile(self.empty.path, self.empty.name, data, self.lines, self.written)

    def _value(self, node: Node, path: YamlPath) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > MAX_DEPTH:
            self._note(node, path, "The settings are nested without end.", "Remove the alias that refers to itself.")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._value(entry, (*path, place)) for place, entry in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _mapping(self, node: MappingNode, path: YamlPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            here = (*path, str(key.value))
            if key.value in found:
                first = self.lines[here]
                hint = "Keep one of the two."
                self._note(key, here, f'"{key.value}" stands here a second time, first on line {first}.', hint)
                continue
            self.lines[here] = key.start_mark.line + 1
            found[str(key.value)] = self._value(value, here)
        return found

    def _scalar(self, node: ScalarNode, path: YamlPath) -> Any:
        kind = str(node.tag).rpartition(":")[2]
        if kind == "str" or node.style in {"'", '"'}:
            return node.value
        self.written[path] = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return node.value.lower() == "true"
        if kind in {"int", "float"}:
            return _number(node.value)
        if kind != "timestamp":
            self._note(node, path, f"The tag {node.tag} is not used here.", "Write the value alone.")
        return node.value

    def _note(self, node: Node, path: YamlPath, message: str, hint: str) -> None:
        self.mistakes.append(Mistake(self.empty.name, node.start_mark.line + 1, dotted(path), message, hint))


def _number(written: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written
