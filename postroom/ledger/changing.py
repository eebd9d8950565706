"""Changing an item: the one place where its row is updated, which keeps everything true that follows from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.codec import to_json
from postroom.ledger.creating import rank
from postroom.ledger.desk_schema import staff
from postroom.ledger.records import FINAL
from postroom.ledger.storage import ROBOT, change_one
from postroom.reasons import kinds_of

_ITEMS = schema.items


def change_item(
    connection: Connection, row: Row[Any], now: datetime, *, decided: bool = False, **values: object
) -> int:
    """Update an item and what follows from it, and return its version.

    The version grows only if a person would see a difference.

    Args:
        connection: The transaction to be part of.
        row: The item as it is now.
        now: The moment of the transaction.
        decided: Whether a person decided something, which may have changed more than the row.
        values: Columns that change; `reasons` as a tuple of sentences.
    """
    reasons = values.get("reasons")
    if isinstance(reasons, tuple):
        values |= {"reasons": to_json(reasons), "kinds": kinds_of(reasons)}
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if "state" in changed:
        changed["closed_at"] = now if changed["state"] in FINAL else None
    if {"due", "protected"} & changed.keys():
        protected, due = (str(changed.get(name, getattr(row, name))) for name in ("protected", "due"))
        changed["rank"] = rank(protected, due, row.received_at)
    version = int(row.version) + (1 if changed or decided else 0)
    changes = update(_ITEMS).where(_ITEMS.c.id == row.id, _ITEMS.c.version == row.version)
    change_one(connection, changes.values(**changed, version=version, changed_at=now))
    return version


def refuse_other_version(connection: Connection, row: Row[Any], version: int | None) -> None:
    """Refuse a decision that rests on an older look at an item; None stands for the present one.

    Raises:
        NotAllowed: It was changed meanwhile; the message says by whom and when.
    """
    if version is None or version == row.version:
        return
    table = schema.history
    last = select(table.c.actor, table.c.at).where(table.c.item_id == row.id).order_by(table.c.sequence.desc())
    entry = connection.execute(last.limit(1)).first()
    who = name_of(connection, entry.actor) if entry else "Somebody"
    when = f"{(entry.at if entry else row.changed_at).astimezone():%H:%M}"
    raise NotAllowed(f"{who} changed item {row.id} at {when}; nothing of yours was saved.", hint="Look at it again.")


def name_of(connection: Connection, actor: str) -> str:
    """Return an actor of the history as colleagues call them."""
    if actor == ROBOT:
        return "The post room"
    return connection.scalar(select(staff.c.name).where(staff.c.sign_in_name == actor)) or actor


def all_reasons(told: Sequence[str], *more: str) -> tuple[str, ...]:
    """Return reasons with more of them at the end, each once."""
    return tuple(dict.fromkeys((*told, *more)))
