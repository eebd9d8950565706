"""Whose a mail is at a moment: the robot's, staff's or nobody's yet, by its mark, its categories and its folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from connectors.exchange.settings import ExchangeSettings
from postroom.document import sha256

if TYPE_CHECKING:
    from connectors.exchange.calls import Seen
    from connectors.exchange.mailbox import Mailbox


class Standing(Enum):
    """Whose a mail is."""

    UNCLAIMED = auto()
    IN_WORK = auto()
    ENDED = auto()
    """It bears an outcome's category and was not moved yet."""
    SETTLED = auto()
    """It bears an outcome's category and has left the folders post arrives in."""
    STAFF = auto()
    """Staff moved it away, deleted it or took its category off."""


class Marks:
    """The categories by which robot and staff tell each other whose a mail is; Outlook does not mind their case."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self._work = settings.work_category.casefold()
        self._final = {settings.done_category.casefold(), settings.held_category.casefold()}

    def on(self, seen: Seen) -> bool:
        """Whether a mail bears one of the robot's categories."""
        return not {name.casefold() for name in seen.categories}.isdisjoint({self._work, *self._final})

    def replaced(self, categories: Iterable[str], category: str) -> tuple[str, ...]:
        """Return categories with the robot's own replaced by one of them; staff's stay."""
        return (*(name for name in categories if name.casefold() not in {self._work, *self._final}), category)

    def standing(self, seen: Seen, watched: Collection[str]) -> Standing:
        """Return whose a mail is, by the ids of the folders post arrives in."""
        categories = {name.casefold() for name in seen.categories}
        is_final = not categories.isdisjoint(self._final)
        if seen.folder not in watched:
            return Standing.SETTLED if seen.mark and is_final else Standing.STAFF
        if is_final:
            return Standing.ENDED
        if not seen.mark:
            return Standing.UNCLAIMED
        return Standing.IN_WORK if self._work in categories else Standing.STAFF


class Place(NamedTuple):
    """Where a mail was found, and whose it is there."""

    standing: Standing
    seen: Seen | None = None


def places(mailbox: Mailbox, settings: ExchangeSettings, source_keys: Sequence[str]) -> dict[str, Place]:
    """Look where mails are now and whose they are, each by its id and, if it moved, by its mark."""
    marks, watched = Marks(settings), mailbox.watched(settings.folders)
    there = mailbox.look(source_keys)
    found = {key: Place(marks.standing(seen, watched), seen) for key, seen in there.items()}
    moved = [key for key in source_keys if key not in there]
    ends = [mailbox.folder(path) for path in (settings.done_folder, settings.held_folder) if path and moved]
    for key in moved:
        alike = mailbox.marked([*watched, *filter(None, ends)], mark_of(key))
        found[key] = _furthest([Place(marks.standing(seen, watched), seen) for seen in alike])
    return found


def _furthest(found: Sequence[Place]) -> Place:
    """Return the one that got furthest: staff may have copied a mail that bears our mark."""
    for standing in (Standing.SETTLED, Standing.ENDED, Standing.IN_WORK):
        for place in found:
            if place.standing is standing:
                return place
    return Place(Standing.STAFF)


def mark_of(source_key: str) -> str:
    """Return a short stand-in for a source key: Exchange searches long texts unsurely."""
    return sha256(source_key.encode())[:32]
