"""Counts with the items behind them, and what checks on the work counted."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.behind import Behind
from postroom.intervals import Interval, wilson


@dataclass(frozen=True)
class Counted:
    """A number of items, and which ones."""

    items: int
    behind: Behind


@dataclass(frozen=True)
class Accuracy:
    """How often what went straight through was right, as a person found who read it again unseen."""

    process: str
    title: str
    field: str
    """Empty for the whole item."""
    field_title: str
    right: Counted
    wrong: Counted

    @property
    def sampled(self) -> int:
        """How many were read again."""
        return self.right.items + self.wrong.items

    @property
    def share(self) -> float:
        """Share that was right, 0..1."""
        return self.right.items / self.sampled

    @property
    def interval(self) -> Interval | None:
        """Between which shares the true one lies, 19 times in 20 (Wilson's score)."""
        return wilson(self.right.items, self.sampled)


@dataclass(frozen=True)
class CorrectedField:
    """How often people put one field of the delivered items right."""

    process: str
    title: str
    field: str
    field_title: str
    delivered: Counted
    corrected: Counted

    @property
    def right_share(self) -> float:
        """Share of the delivered items in which nobody changed it (0..1)."""
        return 1 - self.corrected.items / self.delivered.items


@dataclass(frozen=True)
class Seeds:
    """Known errors that were shown to reviewers."""

    caught: Counted
    missed: Counted

    @property
    def share(self) -> float | None:
        """Share that was caught, 0..1; None if none was shown."""
        whole = self.caught.items + self.missed.items
        return self.caught.items / whole if whole else None
