"""Why a person closes an item: a reason chosen from a list, and words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form

OTHER = "other"
"""The reason that says nothing without words."""
LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Why:
    """What a person chose and wrote, as they did."""

    reason: str
    words: str

    def lacks(self, reasons: Mapping[str, str]) -> str:
        """Return what is still to be told: `reason`, `words`, or nothing."""
        if self.reason not in reasons:
            return "reason"
        return "words" if self.reason == OTHER and not self._own else ""

    def sentence(self, reasons: Mapping[str, str]) -> str:
        """Return it as a sentence for the history; nothing may be lacking."""
        own = self._own
        if self.reason == OTHER:
            return own if own.endswith((".", "!", "?")) else f"{own}."
        return f"{reasons[self.reason]}: {own}" if own else f"{reasons[self.reason]}."

    @property
    def _own(self) -> str:
        return " ".join(self.words.split())[:LONGEST_WORDS]


def why_of(reason: Annotated[str, Form()] = "", words: Annotated[str, Form()] = "") -> Why:
    """Read from a form why something is done."""
    return Why(reason, words)


Reasoned = Annotated[Why, Depends(why_of)]
