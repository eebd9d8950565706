"""Rows: lines of typed text before they are laid on a page."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARKS = re.compile(r"^(?:[ \t]{0,3}>)+[ \t]?")


LONGEST_TEXT = 1_000_000
"""In bytes; nobody writes a council a longer letter, and each word of it costs memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text and how deep it is quoted."""

    text: str
    depth: int = 0


def plain_rows(text: str) -> list[Row]:
    """Return the lines of a plain text, their quotation marks counted and taken off."""
    return [_unmarked(line) for line in text.expandtabs(4).split("\n")]


def _unmarked(line: str) -> Row:
    found = _MARKS.match(line)
    if found is None:
        return Row(line.rstrip())
    return Row(line[found.end() :].rstrip(), found.group(0).count(">"))
