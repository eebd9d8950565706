"""Storage: connections, transactions and the history, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, create_engine, event, insert, make_url, select, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DataError

from postroom.clock import Clock, utc_now
from postroom.errors import BusinessError, LeaseLost
from postroom.ledger import schema
from postroom.ledger.documents import DocumentStore

ROBOT = "postroom"
"""The actor of everything that no person did."""
WRITER_LOCK = 7_707_001
"""PostgreSQL advisory lock that makes writers take turns, as SQLite's writers do."""
BUSY_MILLISECONDS = 30_000
_PRAGMAS = (
    "journal_mode=WAL",
    # NORMAL can lose acknowledged commits in a power cut.
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MILLISECONDS}",
    # What is erased must not stay readable in free pages.
    "secure_delete=ON",
    "trusted_schema=OFF",
)


class Storage:
    """The database and the document store behind the ledger."""

    def __init__(self, url: str, documents: Path, clock: Clock = utc_now) -> None:
        """Open a ledger; nothing is read or written before `migrate`.

        Args:
            url: SQLAlchemy address, such as `sqlite:///var/ledger.db` or `postgresql://…`.
            documents: Folder for the bytes of messages and documents.
            clock: Returns now.
        """
        self.documents = DocumentStore(documents)
        self._clock = clock
        self._configuration = ""
        self._engine = open_engine(url)
        self._writer = self._engine.execution_options(postroom_writes=True)

    def close(self) -> None:
        """Give back every connection; safe to repeat."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _values_that_fit(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Run one transaction; writers take turns, so a condition checked inside it stays true until its end."""
        with _values_that_fit(), self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
            yield connection

    def _record(
        self,
        connection: Connection,
        action: str,
        *,
        actor: str = ROBOT,
        message_id: str = "",
        item_id: str = "",
        delivery_id: str = "",
        **detail: str,
    ) -> None:
        """Append to the history; each entry's hash covers the one before it."""
        table = schema.history
        last = connection.scalar(select(table.c.hash).order_by(table.c.sequence.desc()).limit(1)) or ""
        entry = {
            "at": self._clock(),
            "actor": actor,
            "action": action,
            "message_id": message_id,
            "item_id": item_id,
            "delivery_id": delivery_id,
            "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
        }
        connection.execute(insert(table).values(**entry, hash=history_hash(last, entry)))


@contextmanager
def _values_that_fit() -> Iterator[None]:
    try:
        yield
    except (DataError, OverflowError):
        # The database's own words name tables and columns, which help nobody who typed something.
        raise BusinessError(
            "A value holds what cannot be kept: a character that is none, or a number that is too large.",
            hint="Type it again.",
        ) from None


def history_hash(last: str, entry: Mapping[str, Any]) -> str:
    """Return the hash of a history entry that follows an entry with the hash `last`."""
    return hashlib.sha256(history_text(last, entry).encode()).hexdigest()


def history_text(last: str, entry: Mapping[str, Any]) -> str:
    """Return what a history entry's hash is worked out from: the hash before it, and all that it says."""
    words = [last, entry["at"].timestamp().hex()]
    words += [entry[name] for name in ("actor", "action", "message_id", "item_id", "delivery_id", "detail")]
    return json.dumps(words, ensure_ascii=False)


def execute(connection: Connection, statement: Executable) -> CursorResult[Any]:
    """Run a statement that changes rows."""
    result = connection.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101
    return result


def change_one(connection: Connection, statement: Executable) -> None:
    """Run an update that must find exactly one row.

    Raises:
        LeaseLost: The row is not in the state the worker believed it in.
    """
    if execute(connection, statement).rowcount != 1:
        raise LeaseLost


def open_engine(url: str) -> Engine:
    """Return an engine with the settings that the promises of the ledger rest on."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        # Parameters hold personal data; an error must not show them.
        return create_engine(address, hide_parameters=True, pool_pre_ping=True)
    import pysqlite3.dbapi2 as sqlite  # type: ignore[import-untyped]

    if address.database:
        _make_private(Path(address.database))
    engine = create_engine(address, module=sqlite, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions of its own: BEGIN is sent below.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that begins as a reader can fail half-way with "database is locked"; one that begins as a writer waits.
    writes = connection.get_execution_options().get("postroom_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
