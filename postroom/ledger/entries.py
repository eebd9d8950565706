"""Entries in the ledger: values that two people enter without seeing each other's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from postroom.errors import NotAllowed
from postroom.ledger.desk_records import Entry
from postroom.ledger.desk_schema import entries
from postroom.ledger.items import item_fields
from postroom.ledger.storage import execute
from postroom.process import Process
from postroom.second_entry import needs_second_entry, open_entries


def entries_of(connection: Connection, item_id: str) -> dict[str, tuple[Entry, ...]]:
    """Return the entries of an item's fields, in the order in which they were made."""
    found: dict[str, tuple[Entry, ...]] = {}
    chosen = select(entries).where(entries.c.item_id == item_id).order_by(entries.c.field, entries.c.number)
    for row in connection.execute(chosen):
        found[row.field] = (*found.get(row.field, ()), Entry(row.number, row.value, row.person, row.at))
    return found


def put_entry(connection: Connection, item_id: str, field: str, value: str, person: str, now: datetime) -> None:
    """Add a person's entry, in the place of an earlier one of theirs."""
    made = entries_of(connection, item_id).get(field, ())
    number = max((entry.number for entry in made), default=0) + 1
    mine = [entry.number for entry in made if is_same_person(entry.person, person)]
    where = (entries.c.item_id == item_id, entries.c.field == field, entries.c.number.in_(mine))
    execute(connection, delete(entries).where(*where))
    values = {"item_id": item_id, "field": field, "number": number, "value": value, "person": person, "at": now}
    connection.execute(insert(entries).values(**values))


def drop_entries(connection: Connection, item_id: str, field: str | None = None) -> None:
    """Forget the entries of a field, or of every field of an item."""
    where = [entries.c.item_id == item_id, *([entries.c.field == field] if field is not None else [])]
    execute(connection, delete(entries).where(*where))


def begin_entry(
    connection: Connection, item_id: str, field: str, person: str, now: datetime, process: Process | None
) -> None:
    """Count the value that a person just set or found right as the first entry, where the field needs a second."""
    spec = process.fields.get(field) if process else None
    now_held = next((one for one in item_fields(connection, item_id) if one.name == field), None)
    if spec and now_held and needs_second_entry(spec, now_held):
        put_entry(connection, item_id, field, now_held.value, person, now)


def refuse_open_entries(connection: Connection, item_id: str, process: Process | None) -> None:
    """Refuse to key an item while a value of it was not entered by two people.

    Raises:
        NotAllowed: It names the fields.
    """
    if process is None:
        return
    fields: Mapping[str, Sequence[Entry]] = entries_of(connection, item_id)
    missing = open_entries(process, item_fields(connection, item_id), fields)
    if missing:
        names = ", ".join(f"“{process.fields[name].title or name}”" for name in missing)
        hint = "Another person must enter it without seeing this one; until then the item waits."
        raise NotAllowed(f"Item {item_id} needs a second entry of {names}.", hint=hint)


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names of the history are one person's, however they were typed."""
    return one.strip().casefold() == other.strip().casefold()
