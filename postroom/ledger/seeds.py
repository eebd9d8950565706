"""Seeds in the ledger: which known error is shown of an item, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from postroom.ledger.desk_records import Seed
from postroom.ledger.desk_schema import seeds
from postroom.ledger.storage import execute


def seed_of(connection: Connection, item_id: str) -> Seed | None:
    """Return the known error that is or was shown of an item."""
    row = connection.execute(select(seeds).where(seeds.c.item_id == item_id)).one_or_none()
    if row is None:
        return None
    return Seed(row.item_id, row.field, row.shown, row.planted_at, row.person, row.caught, row.at)


def shown_in(connection: Connection, item_id: str, field: str) -> str | None:
    """Return the known error that is shown now in place of a field's value."""
    seed = seed_of(connection, item_id)
    return seed.shown if seed is not None and seed.active and seed.field == field else None


def end_seed(connection: Connection, item_id: str, person: str, now: datetime, caught: bool | None) -> bool:
    """Show the true value from now on, and return whether there was a known error to end.

    Args:
        connection: The transaction to be part of.
        item_id: The item.
        person: Who decided.
        now: The moment of the transaction.
        caught: Whether they saw it; None if they decided something for which they need not have looked.
    """
    where = (seeds.c.item_id == item_id, seeds.c.at.is_(None))
    return bool(execute(connection, update(seeds).where(*where).values(caught=caught, person=person, at=now)).rowcount)
