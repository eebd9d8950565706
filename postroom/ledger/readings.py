"""Readings in the ledger: the documents of a message and the text of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from postroom.document import Document, Role
from postroom.errors import ItemNotFound
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import schema
from postroom.ledger.bookmarks import Bookmarks
from postroom.ledger.codec import Reading, from_json, pack, to_json, unpack
from postroom.ledger.desk_records import DocumentRecord
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
            texts = _texts(connection, message_id)
        unpacked = Unpacked(reading.envelope, documents, reading.unpacking, reading.enclosed)
        return ReadMessage(unpacked, texts, reading.problems, reading.received_at)

    def documents_of(self, message_id: str) -> list[DocumentRecord]:
        """Return the documents of a message without their bytes, the body first."""
        table, stored = schema.message_documents, schema.documents
        joined = select(table, stored.c.size).join(stored, stored.c.id == table.c.document_id)
        chosen = joined.where(table.c.message_id == message_id).order_by(table.c.position)
        with self._reading() as connection:
            return [
                DocumentRecord(
                    row.document_id, row.name, row.media_type, Role(row.role),
                    from_json(tuple[str, ...], row.inside), row.size,
                )
                for row in connection.execute(chosen)
            ]  # fmt: skip

    def load_document(self, message_id: str, document_id: str) -> Document:
        """Return one document of a message with its bytes.

        Raises:
            ItemNotFound: The message holds no such document.
        """
        table = schema.message_documents
        where = (table.c.message_id == message_id, table.c.document_id == document_id)
        with self._reading() as connection:
            row = connection.execute(select(table).where(*where).order_by(table.c.position)).first()
        if row is None:
            raise ItemNotFound(f"Message {message_id} holds no such document.", hint="Check the id.")
        return self._document(row)

    def texts(self, message_id: str) -> tuple[Text, ...]:
        """Return what was read in each document of a message."""
        with self._reading() as connection:
            return _texts(connection, message_id)

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
        return [self._document(row) for row in rows]

    def _document(self, row: Row[Any]) -> Document:
        inside = from_json(tuple[str, ...], row.inside)
        content = self.documents.get(row.document_id)
        return Document(row.name, row.media_type, content, Role(row.role), inside, row.document_id)


def _texts(connection: Connection, message_id: str) -> tuple[Text, ...]:
    table = schema.texts
    chosen = select(table.c.content).where(table.c.message_id == message_id).order_by(table.c.position)
    return tuple(unpack(Text, content) for content in connection.scalars(chosen))
