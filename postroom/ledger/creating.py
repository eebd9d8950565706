"""Creating items and deliveries: ids that a repeated step works out again, and the first state of each."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from postroom.delivery import TERMINAL, State, delivery_key, payload_hash
from postroom.disposition import Disposition, Outcome
from postroom.ledger import schema
from postroom.ledger.codec import to_json
from postroom.ledger.records import FINAL, ItemState
from postroom.process import DeliverTo
from postroom.reasons import kinds_of
from postroom.workitem import Extraction

_ITEM_ID_LENGTH = 8
NEVER = "9999-12-31"
"""Stands for the day by which an answer is due where none is."""
_FIRST_STATES = {
    Outcome.STRAIGHT_THROUGH: ItemState.IN_FLIGHT,
    Outcome.REVIEW: ItemState.WITH_PERSON,
    Outcome.NO_ACTION: ItemState.NO_ACTION,
    Outcome.DUPLICATE: ItemState.NO_ACTION,
    Outcome.REJECTED: ItemState.REJECTED,
}


def likeness(process: str, values: Mapping[str, str]) -> str:
    """Return a hash that is equal for items of one process with the same values; empty for fewer than two values."""
    told = sorted((name, value) for name, value in values.items() if value)
    if len(told) < 2:
        return ""
    return hashlib.sha256(json.dumps([process, told], ensure_ascii=False).encode()).hexdigest()


def insert_item(
    connection: Connection,
    message_id: str,
    position: int,
    extraction: Extraction,
    disposition: Disposition,
    now: datetime,
    like_item: str | None = None,
    *,
    pages: int = 0,
    configuration: str = "",
) -> str:
    """Add an item and its fields, and return its id.

    Args:
        connection: The transaction to be part of.
        message_id: The message it was found in.
        position: Its place among the message's items, from 0.
        extraction: What was read.
        disposition: What becomes of it, which may be stricter than what the reader proposed.
        now: The moment of the transaction.
        like_item: An earlier item with the same values.
        pages: How many pages of paper or scan it was read from.
        configuration: The version of the configuration in force.
    """
    received_at = _received_at(connection, message_id)
    item_id = _free_item_id(connection, message_id, position)
    row = {
        "id": item_id,
        "message_id": message_id,
        "position": position,
        "touched": False,
        "like_item": like_item,
        "created_at": now,
        "changed_at": now,
        "received_at": received_at,
        "rank": rank(extraction.triage.protected, extraction.due, received_at),
        "pages": pages,
        "configuration": configuration,
    }
    told = _read_columns(extraction) | _outcome_columns(disposition, now)
    connection.execute(insert(schema.items).values(**row, **told))
    insert_fields(connection, item_id, extraction)
    return item_id


def _read_columns(extraction: Extraction) -> dict[str, object]:
    process = extraction.triage.process
    return {
        "process": process,
        "extraction": to_json(extraction),
        "protected": extraction.triage.protected,
        "due": extraction.due,
        "likeness": likeness(process, {field.name: field.value for field in extraction.fields}),
    }


def _outcome_columns(disposition: Disposition, now: datetime) -> dict[str, object]:
    state = _FIRST_STATES[disposition.outcome]
    return {
        "outcome": disposition.outcome,
        "first_outcome": disposition.outcome,
        "state": state,
        "reasons": to_json(disposition.reasons),
        "kinds": kinds_of(disposition.reasons),
        "closed_at": now if state in FINAL else None,
    }


def rank(protected: str, due: str, received_at: datetime) -> str:
    """Return what queues sort by: protected items first, then by when an answer is due, then by receipt."""
    moment = received_at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{0 if protected else 1}{due or NEVER}{moment}"


def insert_fields(connection: Connection, item_id: str, extraction: Extraction) -> None:
    """Add the fields of an item."""
    for position, field in enumerate(extraction.fields):
        read = to_json(field)
        row = {"item_id": item_id, "name": field.name, "value": field.value, "position": position, "read": read}
        connection.execute(insert(schema.fields).values(**row, confidence=field.confidence))


def insert_deliveries(
    connection: Connection,
    item_id: str,
    values: Mapping[str, str],
    plan: Sequence[DeliverTo],
    now: datetime,
    *,
    notice: bool = False,
    letter: bool = False,
) -> list[str]:
    """Add a delivery for each target that does not have the item yet or soon, and return their ids.

    A target that refused an earlier one gets a new generation, with a key of its own. A notice tells people of an item
    and says nothing about where it stands; a letter goes to the sender.
    """
    marks = {"notice": notice, "letter": letter}
    return [
        _insert_delivery(connection, item_id, step.target, boxes(values, step), generation, now, marks)
        for step in plan
        if (generation := _next_generation(connection, item_id, step.target, marks))
    ]


def boxes(values: Mapping[str, str], step: DeliverTo) -> dict[str, str]:
    """Return what one target is given: the fields by its own names, where the process maps them."""
    if not step.fields:
        return {name: value for name, value in values.items() if value}
    return {box: values[name] for name, box in step.fields.items() if values.get(name)}


def _insert_delivery(
    connection: Connection,
    item_id: str,
    target: str,
    payload: dict[str, str],
    generation: int,
    now: datetime,
    marks: dict[str, bool],
) -> str:
    key = delivery_key(item_id, target, generation)
    row = {
        "id": key.removeprefix("PR-").lower(),
        "item_id": item_id,
        "target": target,
        "generation": generation,
        "key": key,
        "payload": json.dumps(payload, ensure_ascii=False),
        "payload_hash": payload_hash(payload),
        "state": State.READY,
        "suspect": False,
        "sends": 0,
        "waits": 0,
        "next_at": now,
        "receipt": "",
        "reason": "",
        "created_at": now,
        "changed_at": now,
        **marks,
    }
    connection.execute(insert(schema.deliveries).values(**row))
    return str(row["id"])


def _next_generation(connection: Connection, item_id: str, target: str, marks: dict[str, bool]) -> int:
    """Return the number of the next delivery to a target, from 1; 0 if the last one was made or is under way.

    A target that is told of an item has not been keyed into, so notices, letters and records are judged apart.
    """
    table = schema.deliveries
    where = (table.c.item_id == item_id, table.c.target == target)
    made = connection.execute(select(table).where(*where).order_by(table.c.generation)).all()
    alike = [row for row in made if all(getattr(row, mark) == value for mark, value in marks.items())]
    if alike and State(alike[-1].state) not in TERMINAL - {State.DONE}:
        return 0
    return made[-1].generation + 1 if made else 1


def _free_item_id(connection: Connection, message_id: str, position: int) -> str:
    """Return a short id that people can type; two messages that would share one get different ones."""
    turn = 0
    while True:
        digest = hashlib.sha256(f"{message_id}\0{position}\0{turn}".encode()).digest()
        item_id = base64.b32encode(digest).decode()[:_ITEM_ID_LENGTH]
        if connection.scalar(select(schema.items.c.id).where(schema.items.c.id == item_id)) is None:
            return item_id
        turn += 1


def item_id_as_typed(typed: str) -> str:
    """Return an item id in its normal form; ids have no 0, 1 and 8, so those are what they look like."""
    return typed.strip().upper().translate(str.maketrans("018", "OIB"))


def _received_at(connection: Connection, message_id: str) -> datetime:
    table = schema.messages
    moment: datetime = connection.execute(select(table.c.received_at).where(table.c.id == message_id)).scalar_one()
    return moment
