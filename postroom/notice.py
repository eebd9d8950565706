"""A notice: people are told, where they work, that an item waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """Who is told of the items of a process, and in which words."""

    targets: tuple[str, ...]
    process: str
    """The process as people call it."""
    team: str = ""


Notices = Mapping[str, Notice]
"""Notices by process id; the empty id stands for post of no process."""
