"""Disposition: the outcome of an item and its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of a work item."""

    STRAIGHT_THROUGH = "straight-through"
    REVIEW = "review"
    NO_ACTION = "no-action"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


NO_ACTION_KINDS = ("auto-reply", "bounce", "spam", "thanks")
"""Post that asks for nothing: filed."""
OTHER = "other"
"""Post that belongs to no configured process: a person decides."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """An outcome with its reasons, each a sentence an officer understands."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether the message is put aside for people, in the inbox too, rather than filed as done."""
        return self.outcome is Outcome.REJECTED
