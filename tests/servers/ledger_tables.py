"""A ledger's tables for tests: made by the migrations once, and copied, for a copy is made many times faster."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Engine, event, make_url

from postroom.ledger import Ledger


class LedgerTables:
    """Puts the tables of an empty ledger into databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._statements: list[str] = []

    def put_into(self, url: str) -> None:
        """Make an empty database an empty ledger."""
        if not url.startswith("sqlite"):
            self._execute(url)
            return
        target = Path(make_url(url).database or "")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._made_file(), target)

    def _made_file(self) -> Path:
        if self._file is None:
            self._file = self._folder / "ledger.db"
            self._migrate(f"sqlite:///{self._file}")
        return self._file

    def _migrate(self, url: str) -> None:
        ledger = Ledger(url, self._folder)
        ledger.migrate()
        ledger.close()

    def _execute(self, url: str) -> None:
        """Do what the migrations did to the first database, all of it in one call."""
        if not self._statements:
            made: list[str] = []
            event.listen(Engine, "before_cursor_execute", keep := _keep_into(made))
            self._migrate(url)
            event.remove(Engine, "before_cursor_execute", keep)
            self._statements = made
            return
        import psycopg

        with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string()) as connection:
            connection.execute(";".join(self._statements).encode())


def _keep_into(made: list[str]) -> object:
    def keep(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("SELECT"):
            made.append(statement.replace("%%", "%"))

    return keep
