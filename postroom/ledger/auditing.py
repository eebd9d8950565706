"""Auditing: the history as an auditor looks through it, by person, action, item and day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from postroom.ledger import schema
from postroom.ledger.records import HistoryEntry
from postroom.ledger.rows import history_entry
from postroom.ledger.running import Running
from postroom.ledger.storage import ROBOT

_HISTORY = schema.history
_ITEMS = schema.items


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries of the history are sought; what is left out does not count."""

    actor: str = ""
    action: str = ""
    item_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Not among them itself."""
    people_only: bool = False
    """Whether what the robot did is left out."""


class Auditing(Running):
    """Looking through the history."""

    def search_history(self, sought: Sought, limit: int = 50, before: int = 0) -> list[HistoryEntry]:
        """Return entries, newest first; only those with a lower sequence number than `before`, if it is given."""
        with self._reading() as connection:
            where = _where(sought)
            # The sequence grows with time, and is what entries are ordered by: bounds in it need no sorting.
            if sought.since is not None:
                first = connection.scalar(select(func.min(_HISTORY.c.sequence)).where(_HISTORY.c.at >= sought.since))
                if first is None:
                    return []
                where.append(_HISTORY.c.sequence >= first)
            if sought.until is not None:
                past = connection.scalar(select(func.min(_HISTORY.c.sequence)).where(_HISTORY.c.at >= sought.until))
                before = min(before or past, past) if past is not None else before
            if before:
                where.append(_HISTORY.c.sequence < before)
            chosen = select(_HISTORY).where(*where).order_by(_HISTORY.c.sequence.desc()).limit(limit)
            return [history_entry(row) for row in connection.execute(chosen)]

    def protected_among(self, entries: Iterable[HistoryEntry]) -> set[int]:
        """Return the sequence numbers of entries that tell of protected items or of the messages they came in."""
        found = list(entries)
        items = {one.item_id for one in found if one.item_id}
        messages = {one.message_id for one in found if one.message_id}
        chosen = select(_ITEMS.c.id, _ITEMS.c.message_id).where(
            _ITEMS.c.protected != "", or_(_ITEMS.c.id.in_(items), _ITEMS.c.message_id.in_(messages))
        )
        with self._reading() as connection:
            rows = connection.execute(chosen).all()
        hidden_items, hidden_messages = {row.id for row in rows}, {row.message_id for row in rows}
        return {
            one.sequence
            for one in found
            if one.item_id in hidden_items or (not one.item_id and one.message_id in hidden_messages)
        }

    def actors(self) -> list[str]:
        """Return the names under which anything was ever done, by name."""
        with self._reading() as connection:
            return sorted(connection.scalars(select(_HISTORY.c.actor).distinct()))

    def actions(self) -> list[str]:
        """Return the actions that the history knows, by name."""
        with self._reading() as connection:
            return sorted(connection.scalars(select(_HISTORY.c.action).distinct()))


def _where(sought: Sought) -> list[ColumnElement[bool]]:
    named = {"actor": sought.actor, "action": sought.action, "item_id": sought.item_id}
    where: list[ColumnElement[bool]] = [_HISTORY.c[name] == value for name, value in named.items() if value]
    if sought.people_only:
        where.append(_HISTORY.c.actor != ROBOT)
    return where
