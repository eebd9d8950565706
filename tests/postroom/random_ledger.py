"""A ledger of made-up items in every state a report tells apart, written as rows so that thousands take a second."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from postroom.ledger import Ledger, schema
from postroom.period import day_of, start_of

BEGIN = datetime(2026, 3, 20, tzinfo=UTC)
DAYS = 60
"""The clocks go forward among them, and Easter is among them."""
PROCESSES = ("missed-bin", "garden-waste", "thanks", "other")
STATES = ("delivered", "delivered", "delivered", "with-person", "in-flight", "rejected", "no-action")
OUTCOMES = {"delivered": "straight-through", "in-flight": "straight-through", "no-action": "no-action",
            "rejected": "rejected", "with-person": "review"}  # fmt: skip
DELIVERIES = ("done", "ready", "wait", "uncertain", "human", "rejected", "cancelled")
KINDS = ("", ",missing,", ",unsure,missing,", ",refused,", ",unsure,")
NAMES = ("messages", "items", "deliveries", "corrections", "spells", "samples", "sample_fields", "seeds")


@dataclass
class Rows:
    """What was written, by table."""

    of: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in NAMES})

    def items_where(self, **wanted: object) -> list[dict[str, Any]]:
        """Return the items that hold these values."""
        return [one for one in self.of["items"] if all(one[name] == value for name, value in wanted.items())]


def fill(
    ledger: Ledger,
    random: Random,
    items: int,
    begin: datetime = BEGIN,
    days: int = DAYS,
    states: tuple[str, ...] = STATES,
) -> Rows:
    """Write items received at random moments, and all that may hang on them."""
    rows = Rows()
    for number in range(items):
        moment = begin + timedelta(seconds=random.randrange(days * 86400))
        _add(rows, random, number, moment, random.choice(states))
    digest = {"id": "0" * 64, "size": 1, "stored_at": begin}
    with ledger._writing() as connection:
        connection.execute(insert(schema.documents).values(**digest))
        for name in NAMES:
            if rows.of[name]:
                connection.execute(insert(schema.metadata.tables[name]), rows.of[name])
    return rows


def _add(rows: Rows, random: Random, number: int, received: datetime, state: str) -> None:
    message, item = f"m{number:07}", f"I{number:07}"
    rows.of["messages"].append(
        {"id": message, "inbox": "post", "source_key": message, "name": message, "digest": "0" * 64,
         "received_at": received, "added_at": received, "stage": "itemised", "next_at": received}
    )  # fmt: skip
    process = random.choice(PROCESSES)
    closed = (
        received + timedelta(hours=random.expovariate(1 / 60))
        if state in {"delivered", "rejected", "no-action"}
        else None
    )
    due = (
        (day_of(received) + timedelta(days=random.choice((1, 3, 14, 90)))).isoformat() if random.random() < 0.5 else ""
    )
    if closed and due and random.random() < 0.5:
        # Within the hour around the end of the day on which it is due, where winter and summer differ.
        end = start_of(date.fromisoformat(due) + timedelta(days=1))
        closed = max(received, end + timedelta(minutes=random.randrange(-60, 60)))
    rows.of["items"].append(
        {"id": item, "message_id": message, "position": 0, "process": process, "outcome": OUTCOMES[state],
         "first_outcome": OUTCOMES[state], "state": state, "reasons": "[]", "extraction": "{}",
         "protected": "a threat" if random.random() < 0.05 else "", "due": due, "likeness": "",
         "touched": random.random() < 0.4, "created_at": received, "changed_at": received, "received_at": received,
         "closed_at": closed, "kinds": random.choice(KINDS), "pages": random.randrange(4)}
    )  # fmt: skip
    _deliver(rows, random, item, received)
    _check(rows, random, item, received)


def _deliver(rows: Rows, random: Random, item: str, at: datetime) -> None:
    for target in random.sample(("depot", "crm", "letters"), random.randrange(3)):
        for generation in range(1, random.choice((1, 1, 1, 2)) + 1):
            key = f"{item}{target}{generation}"
            rows.of["deliveries"].append(
                {"id": key.lower(), "item_id": item, "target": target, "generation": generation,
                 "key": key, "payload": json.dumps({}), "payload_hash": "", "sends": 0,
                 "state": random.choice(DELIVERIES), "suspect": False, "waits": 0, "next_at": at, "receipt": "",
                 "reason": "", "created_at": at, "changed_at": at, "notice": random.random() < 0.1,
                 "letter": target == "letters"}
            )  # fmt: skip


def _check(rows: Rows, random: Random, item: str, at: datetime) -> None:
    for name in random.sample(("address", "bin", ""), random.randrange(3)):
        for _ in range(random.randrange(1, 3)):
            rows.of["corrections"].append(
                {
                    "item_id": item,
                    "field": name,
                    "before": "a",
                    "after": "b",
                    "person": "officer",
                    "at": at,
                    "undone": random.random() < 0.2,
                }
            )
    for _ in range(random.choice((0, 0, 1, 2))):
        rows.of["spells"].append({"item_id": item, "staff_id": "s", "seconds": 45.0, "steps": 3, "at": at})
    if random.random() < 0.2:
        right = random.choice((True, True, False, None))
        rows.of["samples"].append(
            {"item_id": item, "process": "missed-bin", "chosen_at": at, "checked_at": at, "person": "o", "right": right}
        )
        for name in ("address", "bin") if right is not None else ():
            rows.of["sample_fields"].append(
                {
                    "item_id": item,
                    "field": name,
                    "delivered": "a",
                    "entered": "a",
                    "right": right or random.random() < 0.5,
                }
            )
    if random.random() < 0.2:
        caught = random.choice((True, False, None))
        rows.of["seeds"].append(
            {"item_id": item, "field": "bin", "shown": "x", "planted_at": at, "person": "o", "caught": caught, "at": at}
        )


def received_between(rows: Rows, first: date, last: date) -> list[dict[str, Any]]:
    """Return the items received on these days in London."""
    return [one for one in rows.of["items"] if first <= day_of(one["received_at"]) <= last]
