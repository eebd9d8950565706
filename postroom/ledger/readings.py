"""Readings in the ledger: the documents of a message and the text of each."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from postroom.document import Document, Role
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import schema
from postroom.ledger.bookmarks import Bookmarks
from postroom.ledger.codec import Reading, from_json, pack, to_json, unpack
from postroom.ledger.messages import advance, message_row
from postroom.ledger.records import Lease, Stage
from postroom.message import ReadMessage, Unpacked
from postroom.text import Text


class Readings(Bookmarks):
    """What was read in messages."""

    def save_reading(self, lease: Lease, read: ReadMessage) -> None:
        """Store a message's reading and move it from `received` to `read`; the lease goes on.

        Raises:
            LeaseLost: Another worker took the message over; nothing is stored.
        """
        for document in read.unpacked.documents:
            self.documents.put(document.content)
        with self._writing() as connection:
            self._hold(connection, lease)
            reading = Reading(
                read.unpacked.envelope,
                read.unpacked.enclosed,
                read.unpacked.problems,
                read.problems,
                read.received_at,
            )
            # The holder goes straight on to the next stage, so its attempt there is counted now.
            values = {"reading": pack(reading), "attempts": 1, "next_at": self._clock()}
            advance(connection, lease.subject, Stage.RECEIVED, Stage.READ, **values)
            self._insert_documents(connection, lease.subject, read.unpacked.documents)
            self._insert_texts(connection, lease.subject, read.texts)
            self._record(connection, "read", message_id=lease.subject)
            failpoint(Failpoint.READING_SAVING)
        failpoint(Failpoint.READING_SAVED)

    def load_reading(self, message_id: str) -> ReadMessage | None:
        """Return a message's reading whole; None if it has not been read."""
        with self._reading() as connection:
            packed = message_row(connection, message_id).reading
            if packed is None:
                return None
            reading = unpack(Reading, packed)
            documents = tuple(self._load_documents(connection, message_id))
            table = schema.texts
            chosen = select(table.c.content).where(table.c.message_id == message_id).order_by(table.c.position)
            texts = tuple(unpack(Text, content) for content in connection.scalars(chosen))
        unpacked = Unpacked(reading.envelope, documents, reading.unpacking, reading.enclosed)
        return ReadMessage(unpacked, texts, reading.problems, reading.received_at)

    def _insert_documents(self, connection: Connection, message_id: str, documents: Sequence[Document]) -> None:
        for position, document in enumerate(documents):
            self._insert_document(connection, document.id, len(document.content))
            values = {
                "message_id": message_id,
                "position": position,
                "document_id": document.id,
                "name": document.name,
                "media_type": document.media_type,
                "role": document.role,
                "inside": to_json(document.inside),
            }
            connection.execute(insert(schema.message_documents).values(**values))

    def _insert_texts(self, connection: Connection, message_id: str, texts: Sequence[Text]) -> None:
        for position, text in enumerate(texts):
            values = {"document_id": text.document_id, "content": pack(text)}
            connection.execute(insert(schema.texts).values(message_id=message_id, position=position, **values))

    def _load_documents(self, connection: Connection, message_id: str) -> list[Document]:
        table = schema.message_documents
        rows = connection.execute(select(table).where(table.c.message_id == message_id).order_by(table.c.position))
        return [
            Document(
                row.name,
                row.media_type,
                self.documents.get(row.document_id),
                Role(row.role),
                from_json(tuple[str, ...], row.inside),
                row.document_id,
            )
            for row in rows
        ]
