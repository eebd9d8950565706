"""Fills a ledger with as many made-up items as a large council has in a year, written in bulk.

The rows are those that the line would write, so that pages and figures find what they would find; only the history is
shorter, and the documents are one and the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from postroom.clock import utc_now
from postroom.delivery import Receipt, State, delivery_key, payload_hash
from postroom.disposition import Disposition, Outcome
from postroom.document import Document, Role, sha256
from postroom.fields import Field, Provenance
from postroom.ledger import Ledger, desk_schema, schema
from postroom.ledger.codec import Reading, pack, to_json
from postroom.ledger.creating import likeness, rank
from postroom.ledger.records import FINAL, ItemState, Stage
from postroom.ledger.storage import history_hash
from postroom.message import Envelope
from postroom.process import FieldSpec, Process
from postroom.reasons import kinds_of
from postroom.text import Line, Section, Text, plain_page
from postroom.workitem import Extraction, Triage

PORTION = 2000
"""Items written at one time."""
_WORDS = ("Ash", "Birch", "Cedar", "Elm", "Hazel", "Holly", "Linden", "Maple", "Oak", "Rowan", "Sorrel", "Willow")
_STATES = (
    (ItemState.DELIVERED, Outcome.STRAIGHT_THROUGH, 0.62),
    (ItemState.DELIVERED, Outcome.REVIEW, 0.21),
    (ItemState.NO_ACTION, Outcome.NO_ACTION, 0.10),
    (ItemState.REJECTED, Outcome.REJECTED, 0.07),
)


class _Made(NamedTuple):
    """One item before it is written."""

    number: int
    process: Process
    state: ItemState
    outcome: Outcome
    received_at: datetime
    document: Document
    text: Text


def fill(ledger: Ledger, processes: Sequence[Process], items: int, waiting: int, seed: int = 1) -> None:
    """Add items, the newest of which wait for a person; every message holds one.

    Args:
        ledger: Migrated.
        processes: What the items are for, in turn.
        items: How many.
        waiting: How many of them wait for a person.
        seed: Another gives other values.
    """
    chance = random.Random(seed)  # noqa: S311
    now = utc_now()
    letters = [_letter(ledger, number) for number in range(50)]
    for start in range(0, items, PORTION):
        made = [
            _made(number, processes, items, waiting, now, letters[number % len(letters)], chance)
            for number in range(start, min(start + PORTION, items))
        ]
        with ledger._writing() as connection:
            _write(connection, made, chance)


def _letter(ledger: Ledger, number: int) -> tuple[Document, Text]:
    lines = [f"Dear council, my reference is {number}.", "I write about my account and my address.", "Yours, Ann Other"]
    document = Document("body", "text/plain", "\n".join(lines).encode(), Role.BODY)
    ledger.documents.put(document.content)
    return document, Text(document.id, (plain_page([(line, Section.NEW) for line in lines]),))


def _made(
    number: int,
    processes: Sequence[Process],
    items: int,
    waiting: int,
    now: datetime,
    letter: tuple[Document, Text],
    chance: random.Random,
) -> _Made:
    waits = number >= items - waiting
    state, outcome = ItemState.WITH_PERSON, Outcome.REVIEW
    if not waits:
        _, weights = zip(*[((state, outcome), share) for state, outcome, share in _STATES], strict=True)
        state, outcome, _ = chance.choices(_STATES, weights)[0]
    age = chance.uniform(0, 12) if waits else 12 + (items - number) / items * 350
    return _Made(number, processes[number % len(processes)], state, outcome, now - timedelta(days=age), *letter)


def _write(connection: Connection, made: Sequence[_Made], chance: random.Random) -> None:
    known = set(connection.scalars(select(schema.documents.c.id)))
    new = {one.document.id: len(one.document.content) for one in made if one.document.id not in known}
    _insert(
        connection, schema.documents, [{"id": key, "size": size, "stored_at": utc_now()} for key, size in new.items()]
    )
    readings = [_extraction(one, chance) for one in made]
    _insert(connection, schema.messages, [_message(one) for one in made])
    _insert(connection, schema.message_documents, [_message_document(one) for one in made])
    _insert(connection, schema.texts, [_text(one) for one in made])
    _insert(connection, schema.items, [_item(one, read) for one, read in zip(made, readings, strict=True)])
    _insert(
        connection, schema.fields, [row for one, read in zip(made, readings, strict=True) for row in _fields(one, read)]
    )
    _insert(
        connection,
        schema.deliveries,
        [row for one, read in zip(made, readings, strict=True) for row in _deliveries(one, read)],
    )
    _insert(connection, desk_schema.spells, [row for one in made for row in _spells(one, chance)])
    last = connection.scalar(select(schema.history.c.hash).order_by(schema.history.c.sequence.desc()).limit(1)) or ""
    _insert(connection, schema.history, list(_history(made, last)))


def _insert(connection: Connection, table: Any, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _message_id(one: _Made) -> str:
    return sha256(f"large {one.number}".encode())[:32]


def _item_id(one: _Made) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "L" + "".join(letters[one.number // 32**place % 32] for place in reversed(range(7)))


def _closed_at(one: _Made) -> datetime | None:
    hours = 0.05 if one.outcome is Outcome.STRAIGHT_THROUGH else 4 + one.number % 60
    return one.received_at + timedelta(hours=hours) if one.state in FINAL else None


def _message(one: _Made) -> dict[str, object]:
    envelope = Envelope(
        "Ann Other", "ann@example.org", ("post@northborough.gov.uk",), f"Letter {one.number}", one.received_at
    )
    settled = one.state in FINAL
    return {
        "id": _message_id(one), "inbox": "post", "source_key": f"{one.number}.eml", "name": f"{one.number}.eml",
        "digest": one.document.id, "received_at": one.received_at, "added_at": one.received_at,
        "stage": Stage.SETTLED if settled else Stage.ITEMISED, "attempts": 0, "next_at": one.received_at,
        "last_fault": "", "settled_at": _closed_at(one),
        "reading": pack(Reading(envelope, (), (), (), one.received_at)),
    }  # fmt: skip


def _message_document(one: _Made) -> dict[str, object]:
    place = {"message_id": _message_id(one), "position": 0, "document_id": one.document.id}
    return place | {"name": "body", "media_type": "text/plain", "role": Role.BODY, "inside": "[]"}


def _text(one: _Made) -> dict[str, object]:
    place = {"message_id": _message_id(one), "position": 0, "document_id": one.document.id}
    return place | {"content": pack(one.text)}


def _extraction(one: _Made, chance: random.Random) -> Extraction:
    line: Line = one.text.pages[0].lines[0]
    place = Provenance(one.document.id, 1, line.words[-1].box, line.words[-1].text, "label:reference")
    unsure = 1 if one.outcome is Outcome.REVIEW else 0
    fields = tuple(
        Field(name, _value(name, spec, chance), 0.62 if position < unsure else 0.99, place)
        for position, (name, spec) in enumerate(one.process.fields.items())
    )
    reasons: tuple[str, ...] = ()
    if unsure and fields:
        title = one.process.fields[fields[0].name].title or fields[0].name
        reasons = (f"“{title}” is not sure enough (62%).",)
    triage = Triage(one.process.id, 0.97, ("the subject says so",), (one.document.id,))
    due = (one.received_at + timedelta(days=28)).date().isoformat() if one.process.due_working_days else ""
    return Extraction(triage, fields, Disposition(one.outcome, reasons), (), due)


def _value(name: str, spec: FieldSpec, chance: random.Random) -> str:
    if spec.type == "choice" and spec.choices:
        return chance.choice(list(spec.choices))
    fixed = {"boolean": "true", "integer": "2", "money": "12.50", "postcode": "NB1 4QT", "email": "ann@example.org"}
    if spec.type == "date":
        return f"2026-{chance.randint(1, 9):02}-{chance.randint(1, 28):02}"
    return fixed.get(spec.type) or f"{chance.randint(1, 999)} {chance.choice(_WORDS)} {name.replace('_', ' ')}"


def _item(one: _Made, read: Extraction) -> dict[str, object]:
    values = {field.name: field.value for field in read.fields}
    touched = one.outcome is Outcome.REVIEW and one.state is ItemState.DELIVERED
    closed_at = _closed_at(one)
    return {
        "id": _item_id(one), "message_id": _message_id(one), "position": 0, "process": one.process.id,
        "outcome": one.outcome, "first_outcome": one.outcome, "state": one.state,
        "reasons": to_json(read.disposition.reasons), "extraction": to_json(read), "protected": "", "due": read.due,
        "likeness": likeness(one.process.id, values), "touched": touched, "like_item": None,
        "created_at": one.received_at, "changed_at": closed_at or one.received_at, "received_at": one.received_at,
        "closed_at": closed_at, "rank": rank("", read.due, one.received_at),
        "kinds": kinds_of(read.disposition.reasons), "version": 0, "pages": one.number % 3, "configuration": "",
    }  # fmt: skip


def _fields(one: _Made, read: Extraction) -> Iterator[dict[str, object]]:
    for position, field in enumerate(read.fields):
        row = {"item_id": _item_id(one), "name": field.name, "position": position, "value": field.value}
        yield row | {"confidence": field.confidence, "read": to_json(field)}


def _deliveries(one: _Made, read: Extraction) -> Iterator[dict[str, object]]:
    values = {field.name: field.value for field in read.fields}
    for step in one.process.deliver if one.state is ItemState.DELIVERED else ():
        key = delivery_key(_item_id(one), step.target)
        at = _closed_at(one) or one.received_at
        yield {
            "id": sha256(key.encode())[:32], "item_id": _item_id(one), "target": step.target, "generation": 1,
            "key": key, "payload": to_json(values), "payload_hash": payload_hash(values), "state": State.DONE,
            "suspect": False, "sends": 1, "waits": 0, "waiting_since": None, "next_at": at,
            "receipt": to_json(Receipt(f"REF-{one.number}")), "reason": "", "created_at": one.received_at,
            "changed_at": at, "notice": False, "letter": False,
        }  # fmt: skip


def _spells(one: _Made, chance: random.Random) -> Iterator[dict[str, object]]:
    if one.outcome is Outcome.REVIEW and one.state is ItemState.DELIVERED:
        at = _closed_at(one)
        yield {"item_id": _item_id(one), "staff_id": "made-up", "seconds": chance.uniform(8, 90), "steps": 4, "at": at}


def _history(made: Sequence[_Made], last: str) -> Iterator[dict[str, object]]:
    for one in made:
        steps = [("received", one.received_at), ("item-made", one.received_at)]
        closed_at = _closed_at(one)
        if closed_at:
            steps.append((f"item-{one.state}", closed_at))
        for action, at in steps:
            entry: dict[str, Any] = {
                "at": at.astimezone(UTC), "actor": "postroom", "action": action, "message_id": _message_id(one),
                "item_id": "" if action == "received" else _item_id(one), "delivery_id": "", "detail": "{}",
            }  # fmt: skip
            last = history_hash(last, entry)
            yield entry | {"hash": last}
