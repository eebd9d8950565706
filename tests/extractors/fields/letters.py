"""Invented post with what a careful person would key, over all processes, layouts and tones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Letter:
    """A mail's text, its headers, and the fields it holds."""

    process: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)
    subject: str = ""
    sender: str = "A Writer <awriter@mail.example>"
    sent: str = "2026-02-11"
    absent: tuple[str, ...] = ()
    """Fields that must stay empty."""
    attached: bool = False
    """The text is a paper of its own, attached to an empty mail."""


def _load() -> list[Letter]:
    entries = YAML(typ="safe").load(Path(__file__).with_name("letters.yaml"))
    return [Letter(**{**entry, "absent": tuple(entry.get("absent", ()))}) for entry in entries]


LETTERS = _load()
