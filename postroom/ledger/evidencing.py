"""Evidencing: what an item's evidence needs beside the item itself, and who took it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from postroom.document import sha256
from postroom.ledger import schema
from postroom.ledger.items import item_row
from postroom.ledger.mailing import Mailing
from postroom.ledger.records import HistoryEntry
from postroom.ledger.rows import history_entry
from postroom.ledger.storage import history_hash, history_text

_HISTORY = schema.history


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the history with what its hash was worked out from."""

    entry: HistoryEntry
    covers: str
    """What its hash is the SHA-256 of, to the letter; begins with the hash of the entry before it."""
    hash: str

    @property
    def follows(self) -> bool:
        """Whether the entry is as it was written, and follows the one before it."""
        return sha256(self.covers.encode()) == self.hash


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the history, from an item's first entry to its last."""

    hashes: tuple[tuple[int, str], ...]
    """Sequence number and hash of each entry, those between that tell of other post among them."""
    broken: int | None
    """The first entry that does not follow from the one before it; None if all do."""


class Evidencing(Mailing):
    """Evidence of items."""

    def links_of(self, item_id: str) -> tuple[Link, ...]:
        """Return the history of an item and its message, each entry with the hash of the one before it."""
        earlier = _HISTORY.alias()
        before = select(earlier.c.hash).where(earlier.c.sequence < _HISTORY.c.sequence)
        previous = before.order_by(earlier.c.sequence.desc()).limit(1).scalar_subquery()
        with self._reading() as connection:
            row = item_row(connection, item_id)
            of_message = (_HISTORY.c.message_id == row.message_id) & (_HISTORY.c.item_id == "")
            chosen = select(_HISTORY, previous.label("previous")).where((_HISTORY.c.item_id == row.id) | of_message)
            return tuple(
                Link(history_entry(one), history_text(one.previous or "", one._asdict()), one.hash)
                for one in connection.execute(chosen.order_by(_HISTORY.c.sequence))
            )

    def stretch(self, first: int, last: int) -> Stretch:
        """Work the hashes out anew from one entry of the history to another and return them."""
        before = select(_HISTORY.c.hash).where(_HISTORY.c.sequence < first).order_by(_HISTORY.c.sequence.desc())
        chosen = select(_HISTORY).where(_HISTORY.c.sequence.between(first, last)).order_by(_HISTORY.c.sequence)
        hashes, broken = [], None
        with self._reading() as connection:
            previous = connection.scalar(before.limit(1)) or ""
            for row in connection.execute(chosen):
                if broken is None and row.hash != history_hash(previous, row._asdict()):
                    broken = int(row.sequence)
                previous = row.hash
                hashes.append((int(row.sequence), previous))
        return Stretch(tuple(hashes), broken)

    def sizes(self, *document_ids: str) -> dict[str, int]:
        """Return how many bytes documents and messages have, by their SHA-256."""
        table = schema.documents
        with self._reading() as connection:
            rows = connection.execute(select(table.c.id, table.c.size).where(table.c.id.in_(document_ids)))
            return dict(rows.tuples().all())

    def note_evidence_taken(self, item_id: str, person: str, *, originals: bool) -> None:
        """Record that a person takes an item's evidence away, before it is made."""
        with self._writing() as connection:
            row = item_row(connection, item_id)
            told = {"message_id": row.message_id, "item_id": row.id, "originals": "yes" if originals else "no"}
            self._record(connection, "evidence-taken", actor=person, **told)
