"""An inbox and a target kept in one small file, for trying Postroom out and for testing it.

The file is a journal that another process can read: it tells what really arrived, whatever the ledger believes. A
target can be told to misbehave in each way that real systems do.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.disposition import Disposition
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, TransientError
from postroom.message import Message
from postroom.process import Model

_TABLES = """
CREATE TABLE IF NOT EXISTS post (
    number INTEGER PRIMARY KEY, inbox TEXT, name TEXT, raw BLOB, received_at TEXT, place TEXT
);
CREATE TABLE IF NOT EXISTS sends (number INTEGER PRIMARY KEY, target TEXT, key TEXT);
CREATE TABLE IF NOT EXISTS records (
    number INTEGER PRIMARY KEY, target TEXT, key TEXT, fields TEXT, files INTEGER, visible_at REAL
);
"""
_BUSY_SECONDS = 30.0


class Misbehaviour(StrEnum):
    """What one send can do wrong."""

    NONE = "none"
    REFUSE = "refuse"
    TRANSIENT = "transient"
    DOWN = "down"
    UNCERTAIN_AFTER = "uncertain-after"
    """The record is kept, the answer is lost."""
    UNCERTAIN_BEFORE = "uncertain-before"
    """Nothing is kept, and nobody says so."""
    LATE = "late"
    """The answer is lost, and the record turns up after a while."""
    SLOW = "slow"
    WRONG = "wrong"
    """One value ends up in the record changed."""
    BROKEN = "broken"
    """The record is kept, and the connector then fails in a way nobody foresaw."""


class MemoryInboxSettings(Model):
    """An inbox kept in a file of its own."""

    kind: Literal["memory"] = Field(description="Always `memory`.")
    name: str = Field(description="The inbox's name in reports and commands.")
    journal: Path = Field(description="The file that holds the post.")


class MemoryTargetSettings(Model):
    """A target kept in a file of its own."""

    kind: Literal["memory"] = Field(description="Always `memory`.")
    name: str = Field(description="The target's name in reports and commands.")
    journal: Path = Field(description="The file that holds the records.")
    target_class: TargetClass = Field(TargetClass.KEYED, description="What it offers after an unknown outcome.")
    settle_seconds: float = Field(0.0, ge=0, description="How long after a lost answer a record may still appear.")
    concurrency: int = Field(1, ge=1, description="How many workers may use it at once.")
    misbehaviour: tuple[Misbehaviour, ...] = Field(
        (), description="What goes wrong with its first sends, in turn; later ones go well."
    )
    seconds: float = Field(0.0, ge=0, description="How late a late record turns up, and how long a slow answer takes.")


class Journal:
    """The file, seen from outside: what was put in and what arrived."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.open() as connection:
            connection.executescript(_TABLES)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Give one transaction on the file."""
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            # It must survive the death of a process, which it does without waiting for the disk.
            connection.execute("PRAGMA synchronous = OFF")
            with connection:
                yield connection
        finally:
            connection.close()

    def put(self, inbox: str, name: str, raw: bytes, received_at: datetime) -> None:
        """Let a piece of post arrive."""
        with self.open() as connection:
            row = (inbox, name, raw, received_at.astimezone(UTC).isoformat())
            connection.execute(
                "INSERT INTO post (inbox, name, raw, received_at, place) VALUES (?, ?, ?, ?, 'new')", row
            )

    def places(self, inbox: str) -> dict[str, str]:
        """Return where each piece of post is: new, claimed, done or held; by name."""
        with self.open() as connection:
            return dict(connection.execute("SELECT name, place FROM post WHERE inbox = ?", (inbox,)).fetchall())

    def records(self, target: str) -> list[tuple[str, dict[str, str]]]:
        """Return every record that arrived, in order: its key and its values."""
        with self.open() as connection:
            rows = connection.execute("SELECT key, fields FROM records WHERE target = ? ORDER BY number", (target,))
            return [(key, json.loads(fields)) for key, fields in rows]

    def sends(self, target: str) -> list[str]:
        """Return the key of every send that was tried, in order."""
        with self.open() as connection:
            rows = connection.execute("SELECT key FROM sends WHERE target = ? ORDER BY number", (target,))
            return [key for (key,) in rows]


class MemoryInbox:
    """Post from a file."""

    def __init__(self, settings: MemoryInboxSettings) -> None:
        self.name = settings.name
        self._journal = Journal(settings.journal)

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` pieces of post neither claimed nor settled, oldest first."""
        chosen = (
            "SELECT number, name, raw, received_at FROM post WHERE inbox = ? AND place = 'new'"
            " ORDER BY received_at, number LIMIT ?"
        )
        with self._journal.open() as connection:
            rows = connection.execute(chosen, (self.name, limit)).fetchall()
        return [
            Message(self.name, str(number), name, raw, datetime.fromisoformat(received))
            for number, name, raw, received in rows
        ]

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Mark a piece of post as taken, if it is new."""
        self._move(source_key, "claimed", "new")

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Move a piece of post to done or held, if it is not there."""
        self._move(source_key, "held" if disposition.held else "done", "new", "claimed")

    def check(self) -> list[str]:
        """Say how much post there is."""
        with self._journal.open() as connection:
            (count,) = connection.execute("SELECT count(*) FROM post WHERE inbox = ?", (self.name,)).fetchone()
        return [f"The inbox holds {count} pieces of post."]

    def close(self) -> None:
        """Nothing is kept open."""

    def _move(self, source_key: str, place: str, *sources: str) -> None:
        marks = ", ".join("?" * len(sources))
        change = f"UPDATE post SET place = ? WHERE number = ? AND place IN ({marks})"  # noqa: S608
        with self._journal.open() as connection:
            connection.execute(change, (place, int(source_key), *sources))


class MemoryTarget:
    """Records in a file."""

    def __init__(self, settings: MemoryTargetSettings) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(settings.target_class, settings.settle_seconds, settings.concurrency)
        self._misbehaviour = settings.misbehaviour
        self._seconds = settings.seconds
        self._journal = Journal(settings.journal)

    def find(self, key: str) -> Receipt | None:
        """Look a record up by its key."""
        if self.capabilities.target_class is TargetClass.BLIND:
            raise TransientError(f"{self.name} cannot be searched.", hint="A person has to look.")
        number = self._visible(key)
        return None if number is None else self._receipt(number)

    def deliver(self, delivery: Delivery) -> Receipt:
        """Keep a record, or misbehave as the settings say."""
        way = self._note_send(delivery.key)
        self._refuse(way)
        if way is Misbehaviour.UNCERTAIN_BEFORE:
            raise DeliveryUncertain(f"{self.name} did not answer.")
        number = self._keep(delivery, way)
        if way is Misbehaviour.SLOW:
            time.sleep(self._seconds)
        if way in (Misbehaviour.UNCERTAIN_AFTER, Misbehaviour.LATE):
            raise DeliveryUncertain(f"{self.name} did not answer.")
        if way is Misbehaviour.BROKEN:
            raise RuntimeError("unforeseen")
        return self._receipt(number)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return the values of a record."""
        with self._journal.open() as connection:
            number = receipt.reference.rpartition("-")[2]
            row = connection.execute("SELECT fields FROM records WHERE number = ?", (number,)).fetchone()
        values: dict[str, str] = json.loads(row[0]) if row else {}
        return values

    def check(self) -> list[str]:
        """Say how many records there are."""
        return [f"The target holds {len(self._journal.records(self.name))} records."]

    def close(self) -> None:
        """Nothing is kept open."""

    def _note_send(self, key: str) -> Misbehaviour:
        with self._journal.open() as connection:
            counted = "SELECT count(*) FROM sends WHERE target = ?"
            (turn,) = connection.execute(counted, (self.name,)).fetchone()
            connection.execute("INSERT INTO sends (target, key) VALUES (?, ?)", (self.name, key))
        return self._misbehaviour[turn] if turn < len(self._misbehaviour) else Misbehaviour.NONE

    def _refuse(self, way: Misbehaviour) -> None:
        if way is Misbehaviour.REFUSE:
            raise RefusedByTarget(f"{self.name} refused the record.", hint="Correct its values.")
        if way is Misbehaviour.TRANSIENT:
            raise TransientError(f"{self.name} is busy.", retry_after=self._seconds)
        if way is Misbehaviour.DOWN:
            raise ConnectorDown(f"{self.name} cannot be worked with.", hint="Start it again.")

    def _keep(self, delivery: Delivery, way: Misbehaviour) -> int:
        fields = dict(delivery.fields)
        if way is Misbehaviour.WRONG:
            fields[min(fields)] += " changed"
        visible_at = time.time() + (self._seconds if way is Misbehaviour.LATE else 0.0)
        row = (self.name, delivery.key, json.dumps(fields), len(delivery.attachments), visible_at)
        with self._journal.open() as connection:
            if self.capabilities.target_class is TargetClass.KEYED and (known := self._number(connection, row[1])):
                return known
            added = connection.execute(
                "INSERT INTO records (target, key, fields, files, visible_at) VALUES (?, ?, ?, ?, ?)", row
            )
        assert added.lastrowid is not None  # noqa: S101
        return added.lastrowid

    def _visible(self, key: str) -> int | None:
        with self._journal.open() as connection:
            return self._number(connection, key, time.time())

    def _number(self, connection: sqlite3.Connection, key: str, at: float = float("inf")) -> int | None:
        chosen = "SELECT min(number) FROM records WHERE target = ? AND key = ? AND visible_at <= ?"
        number: int | None = connection.execute(chosen, (self.name, key, at)).fetchone()[0]
        return number

    def _receipt(self, number: int) -> Receipt:
        return Receipt(f"MEM-{number}", location=f"record {number}")
