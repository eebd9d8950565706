"""A ledger of the release before becomes one of this release with everything in it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from postroom.ledger import Ledger, Wanted
from postroom.ledger.migrate import alembic_config
from postroom.ledger.storage import open_engine
from postroom.reasons import Kind
from postroom.staff import EVERYTHING

_AT = "2026-09-14T12:00:00.000000+00:00"
_OLD = (
    f"INSERT INTO documents VALUES ('d', 1, '{_AT}')",  # noqa: S608
    "INSERT INTO messages (id, inbox, source_key, name, digest, received_at, added_at, stage, attempts, next_at, "  # noqa: S608
    f"last_fault) VALUES ('m', 'post', 'k', 'n', 'd', '{_AT}', '{_AT}', 'itemised', 0, '{_AT}', '')",
    *(
        "INSERT INTO items (id, message_id, position, process, outcome, first_outcome, state, reasons, extraction, "  # noqa: S608
        "protected, due, likeness, touched, created_at, changed_at) VALUES "
        f"('{name}', 'm', {place}, 'missed-bin', 'review', 'review', '{state}', '{reasons}', '{{}}', '', '{due}', '', "
        f"{'TRUE' if place else 'FALSE'}, '{_AT}', '{_AT}')"
        for place, (name, state, reasons, due) in enumerate(
            (
                ("LATE", "with-person", '["“Bin” is not sure enough (71%)."]', ""),
                ("SOON", "with-person", '["“Bin” was not found."]', "2026-09-20"),
                ("DONE", "delivered", "[]", ""),
            )
        )
    ),
)


def test_items_of_the_release_before_are_in_the_queue(database: str, tmp_path: Path) -> None:
    engine = open_engine(database)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0002")
        for statement in _OLD:
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()
    ledger = Ledger(database, tmp_path / "documents")
    ledger.migrate()
    first, second = ledger.queue(EVERYTHING, Wanted())
    assert [(one.id, one.kinds) for one in (first, second)] == [("SOON", (Kind.MISSING,)), ("LATE", (Kind.UNSURE,))]
    with ledger._reading() as connection:
        closed = dict(connection.execute(text("SELECT id, closed_at FROM items")).tuples().all())
    assert closed == {"LATE": None, "SOON": None, "DONE": _AT}
    ledger.close()
