"""One piece of sample post with what a careful person would key from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """One request in a piece of post: its process and the fields in normal form."""

    process: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that arrives, and what is in it."""

    name: str
    content: bytes = field(repr=False)
    requests: tuple[Request, ...]
    shows: str
    """What this piece of post is there to show."""

    @property
    def kind(self) -> str:
        """`email` or `scan`, as in labels.jsonl."""
        return "email" if Path(self.name).suffix in {".eml", ".msg"} else "scan"
