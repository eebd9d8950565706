"""Fixtures that many tests share: ledgers on both databases."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.ledger import Ledger
from tests.servers.ledger_tables import LedgerTables
from tests.servers.postgres import PostgresServer, postgres_binary

LONG = (
    "tests/flows/test_serve.py", "tests/flows/test_nudge.py", "tests/faults/test_microsoft.py",
    "tests/desk/web/test_hostile.py", "tests/desk/web/test_accessibility.py", "tests/desk/web/test_races.py",
    "tests/connectors/test_screen.py", "tests/faults/test_mailbox_soak.py", "tests/flows/test_report_flows.py",
)  # fmt: skip
"""Files that take longest, longest first: a file is one worker's, and nobody should wait for the last of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let long files begin first."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONG)))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test run's own, without root's rights."""
    if postgres_binary("postgres") is None:
        if os.environ.get("POSTROOM_REQUIRE_SERVERS"):
            pytest.fail("PostgreSQL is needed: run `scripts/setup tests`.")
        pytest.skip("PostgreSQL is not installed.")
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database(f"ledger_{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="session")
def ledger_tables(tmp_path_factory: pytest.TempPathFactory) -> LedgerTables:
    """Makes empty databases empty ledgers."""
    return LedgerTables(tmp_path_factory.mktemp("tables"))


@pytest.fixture
def ledger_url(database: str, ledger_tables: LedgerTables) -> str:
    """Address of an empty ledger, on SQLite and on PostgreSQL in turn."""
    ledger_tables.put_into(database)
    return database


@pytest.fixture
def ledger(ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A fresh ledger, on SQLite and on PostgreSQL in turn."""
    opened = Ledger(ledger_url, tmp_path / "documents")
    opened.migrate()
    yield opened
    opened.close()
