"""Operating: what ICT stops and resumes, and what did not go through, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from postroom.delivery import TERMINAL, State
from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.desk_schema import pauses
from postroom.ledger.evidencing import Evidencing
from postroom.ledger.pauses import Pause, PauseKind, not_paused, pause_of
from postroom.ledger.records import DeliveryRecord, Stage
from postroom.ledger.rows import delivery_record
from postroom.ledger.storage import execute

FAILED = (State.HUMAN, State.REJECTED, State.UNCERTAIN, State.WAIT)
"""States of deliveries that did not go through, or not yet."""
_DELIVERIES = schema.deliveries
_ITEMS = schema.items
_MESSAGES = schema.messages


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery that did not go through, with its item as a list shows it."""

    delivery: DeliveryRecord
    process: str
    protected: bool
    paused: bool
    """Whether it rests because ICT paused its target or process."""
    notice: bool
    letter: bool


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A message whose reading failed at least once."""

    id: str
    inbox: str
    stage: Stage
    attempts: int
    fault: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Held:
    """How many deliveries of one target are open, and how many of those did not go through."""

    open: int
    failed: int
    resting: int
    """Of the open ones, those that rest because their target or process is paused."""


class Operating(Evidencing):
    """Stopping, resuming, and looking into what failed."""

    def pause(self, kind: PauseKind, subject: str, person: str, reason: str) -> None:
        """Stop a process or a target for now; reading goes on, and what would be keyed waits.

        Raises:
            NotAllowed: It is paused already.
        """
        with self._writing() as connection:
            before = _pause(connection, kind, subject)
            if before is not None:
                raise NotAllowed(f"The {kind} {subject} is paused already, by {before.person}.")
            values = {"kind": kind, "subject": subject, "person": person, "reason": reason.strip(), "at": self._clock()}
            connection.execute(insert(pauses).values(**values))
            self._record(connection, "paused", actor=person, kind=kind, subject=subject, reason=reason.strip())

    def resume(self, kind: PauseKind, subject: str, person: str) -> None:
        """Let a paused process or target go on.

        Raises:
            NotAllowed: It is not paused.
        """
        with self._writing() as connection:
            where = (pauses.c.kind == kind, pauses.c.subject == subject)
            if execute(connection, delete(pauses).where(*where)).rowcount == 0:
                raise NotAllowed(f"The {kind} {subject} is not paused.")
            self._record(connection, "resumed", actor=person, kind=kind, subject=subject)

    def pauses(self) -> list[Pause]:
        """Return what is paused now, by kind and name."""
        with self._reading() as connection:
            rows = connection.execute(select(pauses).order_by(pauses.c.kind, pauses.c.subject))
            return [pause_of(row) for row in rows]

    def held_deliveries(self) -> dict[str, Held]:
        """Return how much is open in each target, by its name."""
        is_open = _DELIVERIES.c.state.not_in(TERMINAL)
        with self._reading() as connection:
            all_open = dict(connection.execute(_count_by_target(is_open)).tuples().all())
            failed = dict(connection.execute(_count_by_target(_DELIVERIES.c.state.in_(FAILED))).tuples().all())
            free = dict(connection.execute(_count_by_target(is_open, *not_paused())).tuples().all())
        return {
            target: Held(all_open.get(target, 0), failed.get(target, 0), all_open.get(target, 0) - free.get(target, 0))
            for target in sorted({*all_open, *failed})
        }

    def resting_by_process(self) -> dict[str, int]:
        """Return how many open deliveries each paused process holds back, by process."""
        paused = select(pauses.c.subject).where(pauses.c.kind == "process")
        where = (_DELIVERIES.c.state.not_in(TERMINAL), ~_DELIVERIES.c.notice, ~_DELIVERIES.c.letter)
        chosen = select(_ITEMS.c.process, func.count()).join(_DELIVERIES, _DELIVERIES.c.item_id == _ITEMS.c.id)
        with self._reading() as connection:
            counted = chosen.where(*where, _ITEMS.c.process.in_(paused)).group_by(_ITEMS.c.process)
            return dict(connection.execute(counted).tuples().all())

    def failed_deliveries(
        self, target: str = "", state: State | None = None, limit: int = 50, after: str = ""
    ) -> list[FailedDelivery]:
        """Return deliveries that did not go through, by id.

        Args:
            target: Only those for this one, if given.
            state: Only those in this state, if given.
            limit: At most so many.
            after: Only ids after this one.
        """
        where = [_DELIVERIES.c.state.in_((state,) if state else FAILED), _DELIVERIES.c.id > after]
        if target:
            where.append(_DELIVERIES.c.target == target)
        free = select(_DELIVERIES.c.id).where(*where, *not_paused())
        columns = (_DELIVERIES, _ITEMS.c.process, _ITEMS.c.protected)
        chosen = select(*columns).join(_ITEMS, _ITEMS.c.id == _DELIVERIES.c.item_id).where(*where)
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(_DELIVERIES.c.id).limit(limit)).all()
            going = set(connection.scalars(free.where(_DELIVERIES.c.id.in_([row.id for row in rows]))))
            return [_failed(row, paused=row.id not in going) for row in rows]

    def failed_messages(self, limit: int = 50) -> list[FailedMessage]:
        """Return messages whose last attempt at reading failed, newest first."""
        protected = select(_ITEMS.c.message_id).where(_ITEMS.c.protected != "", _ITEMS.c.message_id == _MESSAGES.c.id)
        columns = (_MESSAGES.c.id, _MESSAGES.c.inbox, _MESSAGES.c.stage, _MESSAGES.c.attempts, _MESSAGES.c.last_fault)
        chosen = select(*columns, protected.exists().label("protected")).where(_MESSAGES.c.last_fault != "")
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(_MESSAGES.c.added_at.desc()).limit(limit))
            return [
                FailedMessage(row.id, row.inbox, Stage(row.stage), row.attempts, row.last_fault, row.protected)
                for row in rows
            ]


def _pause(connection: Connection, kind: str, subject: str) -> Pause | None:
    where = (pauses.c.kind == kind, pauses.c.subject == subject)
    row = connection.execute(select(pauses).where(*where)).one_or_none()
    return pause_of(row) if row is not None else None


def _count_by_target(*where: Any) -> Select[tuple[str, int]]:
    return select(_DELIVERIES.c.target, func.count()).where(*where).group_by(_DELIVERIES.c.target)


def _failed(row: Row[Any], *, paused: bool) -> FailedDelivery:
    return FailedDelivery(delivery_record(row), row.process, bool(row.protected), paused, row.notice, row.letter)
