"""Accounting: where every message is, what is held up, and proof that the history is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from postroom.delivery import TERMINAL, State
from postroom.ledger import schema
from postroom.ledger.records import Accounts, HistoryEntry, ItemState, Stage
from postroom.ledger.rows import history_entry
from postroom.ledger.storage import history_hash
from postroom.ledger.taking_back import TakingBack

_MESSAGES = schema.messages
_ITEMS = schema.items
_STEPS = ("received", "read", "itemised", "deliveries_done")
_RANKS = (
    ItemState.IN_FLIGHT,
    ItemState.WITH_PERSON,
    ItemState.DELIVERED,
    ItemState.REJECTED,
    ItemState.NO_ACTION,
)
"""A message is where its item with the lowest rank is."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Deliveries of one target that did not go through."""

    target: str
    state: State
    deliveries: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How many have come how far, since the ledger began."""

    received: int
    read: int
    itemised: int
    deliveries: int
    deliveries_done: int
    """Delivered, or left to a person."""

    def since(self, before: Progress) -> dict[str, int]:
        """Return how many have come how far since an earlier moment, by step."""
        return {name: getattr(self, name) - getattr(before, name) for name in _STEPS}


class Accounting(TakingBack):
    """Nothing lost, and proof of it."""

    def progress(self) -> Progress:
        """Count messages and deliveries by how far they have come; cheap enough to ask twice a second."""
        deliveries = schema.deliveries
        at_rest = (*TERMINAL, State.HUMAN)
        with self._reading() as connection:
            stages = dict(connection.execute(_count_by(_MESSAGES.c.stage)).tuples().all())
            states = dict(connection.execute(_count_by(deliveries.c.state)).tuples().all())
        received = sum(stages.values())
        unread = stages.get(Stage.RECEIVED, 0)
        return Progress(
            received,
            received - unread,
            received - unread - stages.get(Stage.READ, 0),
            sum(states.values()),
            sum(count for state, count in states.items() if state in at_rest),
        )

    def accounts(self, since: datetime | None = None, until: datetime | None = None) -> Accounts:
        """Count every message once, by where it is.

        Args:
            since: Leave out messages received earlier.
            until: Leave out messages received at this moment or later.
        """
        where = _received_between(since, until)
        rank = case({state: place for place, state in enumerate(_RANKS)}, value=_ITEMS.c.state)
        not_itemised = _MESSAGES.c.stage.in_((Stage.RECEIVED, Stage.READ))
        place = case((not_itemised, 0), else_=func.min(rank)).label("place")
        joined = _MESSAGES.outerjoin(_ITEMS, _ITEMS.c.message_id == _MESSAGES.c.id)
        each = select(place).select_from(joined).where(*where).group_by(_MESSAGES.c.id, _MESSAGES.c.stage).subquery()
        with self._reading() as connection:
            received = connection.scalar(select(func.count()).select_from(_MESSAGES).where(*where)) or 0
            counted = select(each.c.place, func.count()).group_by(each.c.place)
            counts = dict(connection.execute(counted).tuples().all())
        by_state = {state: counts.get(place, 0) for place, state in enumerate(_RANKS)}
        return Accounts(
            received,
            delivered=by_state[ItemState.DELIVERED],
            no_action=by_state[ItemState.NO_ACTION],
            rejected=by_state[ItemState.REJECTED],
            with_person=by_state[ItemState.WITH_PERSON],
            in_flight=by_state[ItemState.IN_FLIGHT],
        )

    def stuck_deliveries(self) -> list[Stuck]:
        """Return how many deliveries of each target wait, are uncertain, were refused, or need a person.

        Those that are ready count where their target is left alone, since it does not work.
        """
        table, breakers = schema.deliveries, schema.breakers
        states = (State.WAIT, State.UNCERTAIN, State.HUMAN, State.REJECTED)
        columns = (table.c.target, table.c.state)
        resting = select(breakers.c.target).where(breakers.c.open_until.is_not(None))
        held = table.c.state.in_(states) | ((table.c.state == State.READY) & table.c.target.in_(resting))
        chosen = select(*columns, func.count()).where(held).group_by(*columns).order_by(*columns)
        with self._reading() as connection:
            return [Stuck(target, State(state), number) for target, state, number in connection.execute(chosen)]

    def history(self, after: int = 0, limit: int = 1000) -> list[HistoryEntry]:
        """Return the history in order, from the entry after a sequence number."""
        table = schema.history
        chosen = select(table).where(table.c.sequence > after).order_by(table.c.sequence).limit(limit)
        with self._reading() as connection:
            return [history_entry(row) for row in connection.execute(chosen)]

    def history_head(self) -> tuple[int, str]:
        """Return how many entries the history has and the last one's hash, to be kept in another place."""
        table = schema.history
        last = select(table.c.hash).order_by(table.c.sequence.desc()).limit(1)
        with self._reading() as connection:
            count = connection.scalar(select(func.count()).select_from(table)) or 0
            return count, connection.scalar(last) or ""

    def broken_history(self) -> int | None:
        """Return the sequence number of the first entry that does not follow from the one before it; None if all do."""
        last = ""
        with self._reading() as connection:
            for row in connection.execute(select(schema.history).order_by(schema.history.c.sequence)):
                if row.hash != history_hash(last, row._asdict()):
                    return int(row.sequence)
                last = row.hash
        return None


def _received_between(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if since is not None:
        where.append(_MESSAGES.c.received_at >= since)
    if until is not None:
        where.append(_MESSAGES.c.received_at < until)
    return where


def _count_by(column: ColumnElement[Any]) -> Select[tuple[str, int]]:
    return select(column, func.count()).group_by(column)
