"""The tables on both databases: settings, migrations, history."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import exc, text

from postroom.errors import ConfigError
from postroom.ledger import Ledger, owner_name
from postroom.ledger.migrate import alembic_config
from postroom.ledger.owners import surely_alive, surely_gone
from postroom.ledger.schema import HEAD, metadata
from postroom.ledger.storage import open_engine
from tests.postroom.samples import itemise, message


def test_sqlite_has_the_settings_the_promises_rest_on(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    engine = open_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        read = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "busy_timeout",
                "secure_delete",
                "trusted_schema",
            )
        }
        version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    assert read == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30000,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    assert tuple(map(int, version.split("."))) >= (3, 51, 3), "older builds can lose commits of a WAL file"
    assert file.stat().st_mode & 0o777 == 0o600
    engine.dispose()


def test_models_and_migrations_agree(ledger: Ledger) -> None:
    with ledger._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        heads = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    assert heads == [HEAD]


def test_newer_ledger_is_refused(ledger: Ledger) -> None:
    with ledger._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match=r"9999.*newer"):
        ledger.migrate()


def test_migrating_again_changes_nothing(ledger: Ledger) -> None:
    ledger.add_message(message())
    ledger.migrate()
    assert ledger.accounts().received == 1


@pytest.mark.parametrize("change", ["UPDATE history SET actor = 'x'", "DELETE FROM history"])
def test_history_is_only_added_to(ledger: Ledger, change: str) -> None:
    ledger.add_message(message())
    with pytest.raises(exc.DBAPIError, match="only ever added to"), ledger._engine.begin() as connection:
        connection.execute(text(change))
    assert len(ledger.history()) == 1


def test_changed_history_is_found(ledger: Ledger) -> None:
    itemise(ledger)
    assert ledger.broken_history() is None
    count, head = ledger.history_head()
    assert (count, len(head)) == (len(ledger.history()), 64)
    with ledger._engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE history DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER history_append_only_update"))
        connection.execute(text("UPDATE history SET actor = 'nobody' WHERE sequence = 2"))
    assert ledger.broken_history() == 2


def test_errors_of_the_database_hold_no_values(ledger: Ledger) -> None:
    secret = "14 Hidden Lane"
    with pytest.raises(exc.DBAPIError) as caught, ledger._engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": secret})
    assert secret not in str(caught.value)


def test_owner_is_known_dead_only_when_it_is() -> None:
    assert surely_alive(owner_name("worker 1"))
    assert not surely_gone(owner_name())
    child = subprocess.run(
        [sys.executable, "-c", "from postroom.ledger import owner_name; print(owner_name())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert surely_gone(child.stdout.strip())
    assert not surely_alive(child.stdout.strip())
    for elsewhere in ("another-host/1/2|1|1|", "", "nonsense"):
        assert not surely_gone(elsewhere)
        assert not surely_alive(elsewhere)
