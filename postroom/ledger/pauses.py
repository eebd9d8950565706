"""What ICT has stopped for now: the conditions under which deliveries rest, used wherever work is handed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, exists, or_, select

from postroom.ledger import schema
from postroom.ledger.desk_schema import pauses

PauseKind = Literal["process", "target"]
_DELIVERIES = schema.deliveries
_ITEMS = schema.items


@dataclass(frozen=True, slots=True)
class Pause:
    """A process or target that ICT has stopped for now."""

    kind: PauseKind
    subject: str
    person: str
    reason: str
    at: datetime


def not_paused() -> Sequence[ColumnElement[bool]]:
    """Return the conditions under which a delivery does not rest.

    A paused target takes nothing. Of a paused process nothing is keyed; notices to people and letters that a person
    decided to send go on, since they are not the robot's work at the process.
    """
    target = exists().where(pauses.c.kind == "target", pauses.c.subject == _DELIVERIES.c.target)
    of_process = (_ITEMS.c.id == _DELIVERIES.c.item_id, pauses.c.subject == _ITEMS.c.process)
    process = exists(select(_ITEMS.c.id).where(pauses.c.kind == "process", *of_process))
    return (~target, or_(_DELIVERIES.c.notice, _DELIVERIES.c.letter, ~process))


def rests(connection: Connection, delivery_id: str) -> bool:
    """Tell whether a delivery rests because its target or its item's process is paused."""
    free = select(_DELIVERIES.c.id).where(_DELIVERIES.c.id == delivery_id, *not_paused())
    return connection.scalar(free) is None


def pause_of(row: Row[Any]) -> Pause:
    """Return a row of the pauses table as a value."""
    return Pause(row.kind, row.subject, row.person, row.reason, row.at)
