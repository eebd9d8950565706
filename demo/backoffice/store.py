"""The back office's database: one table of records behind the API and the screens."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SCHEMA = """
create table if not exists record (
    id integer primary key,
    number text unique not null,
    kind text not null,
    external_reference text unique,
    content text not null,
    face text not null,
    created_at text not null
);
"""


class DuplicateReference(Exception):
    """Another record already carries this external reference."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.number)
        self.record = record


@dataclass(frozen=True, slots=True)
class Record:
    """One keyed record."""

    id: int
    number: str
    """`NB/2026/000123`."""
    kind: str
    external_reference: str
    values: Mapping[str, str]
    """Canonical values by box name."""
    face: str
    """`API` or `screens`."""
    created_at: datetime


class Store:
    """Keeps records in one SQLite file; a record is on disk before the answer leaves."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(SCHEMA)

    def add(self, kind: str, external_reference: str, values: Mapping[str, str], face: str) -> Record:
        """Keep a record and give it the next number.

        Raises:
            DuplicateReference: the external reference is already on a record.
        """
        now = datetime.now(UTC)
        self._database.execute("begin immediate")
        try:
            if external_reference and (earlier := self.by_external_reference(external_reference)):
                raise DuplicateReference(earlier)
            last = self._database.execute("select coalesce(max(id), 0) from record").fetchone()[0]
            self._database.execute(
                "insert into record values (?, ?, ?, ?, ?, ?, ?)",
                (
                    last + 1,
                    f"NB/{now.year}/{last + 1:06d}",
                    kind,
                    external_reference or None,
                    json.dumps(dict(values), ensure_ascii=False),
                    face,
                    now.isoformat(),
                ),
            )
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")
        return self._all("where id = ?", last + 1)[0]

    def by_external_reference(self, reference: str, kind: str = "") -> Record | None:
        """Return the record that carries another system's reference, if there is one."""
        found = self._all("where external_reference = ? and (? = '' or kind = ?)", reference, kind, kind)
        return found[0] if found else None

    def by_number(self, number: str, kind: str = "") -> Record | None:
        """Return the record of a number, if there is one."""
        found = self._all("where number = ? and (? = '' or kind = ?)", number, kind, kind)
        return found[0] if found else None

    def search(self, text: str) -> list[Record]:
        """Return records whose number or external reference is the text."""
        return self._all("where number = ? or external_reference = ?", text, text)

    def by_id(self, record_id: int) -> Record | None:
        """Return one record, if it exists."""
        found = self._all("where id = ?", record_id)
        return found[0] if found else None

    def latest(self, limit: int) -> list[Record]:
        """Return the newest records, newest first."""
        return self._all("order by id desc limit ?", limit)

    def counts(self) -> dict[str, int]:
        """Return how many records there are, by kind."""
        return dict(self._database.execute("select kind, count(*) from record group by kind order by kind").fetchall())

    def _all(self, clause: str, *arguments: object) -> list[Record]:
        # The clause is one of the literals above; values travel as parameters.
        rows = self._database.execute(f"select * from record {clause}", arguments)  # noqa: S608
        return [_record(row) for row in rows.fetchall()]


def _record(row: sqlite3.Row) -> Record:
    return Record(
        row["id"],
        row["number"],
        row["kind"],
        row["external_reference"] or "",
        json.loads(row["content"]),
        row["face"],
        datetime.fromisoformat(row["created_at"]),
    )
