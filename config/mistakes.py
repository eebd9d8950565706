"""A mistake in the configuration, as it is told to the person who can put it right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from postroom.errors import ConfigError


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing that is wrong in one file."""

    file: str
    line: int
    key: str
    """Such as `fields.moving_date.type`; empty where the file as a whole is meant."""
    message: str
    hint: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}" + (f", {self.key}" if self.key else "")
        return f"{where}: {self.message} {self.hint}".strip()


class MistakesInConfig(ConfigError):
    """The configuration has mistakes, so nothing starts."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        count = len(self.mistakes)
        lines = "\n".join(str(mistake) for mistake in self.mistakes)
        super().__init__(
            f"The configuration has {count} mistake{'s' if count > 1 else ''}, so nothing starts.\n{lines}"
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like the given one, or an empty string when none is close."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def suggest(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the nearest spelling, and all that is allowed."""
    near = nearest(word, known)
    asked = f'Did you mean "{near}"? ' if near else ""
    return f"{asked}Allowed: {', '.join(known)}." if known else asked.strip()
