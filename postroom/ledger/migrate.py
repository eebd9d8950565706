"""Migrations: bring a ledger's tables up to the code, or refuse a ledger that is ahead of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from postroom.errors import ConfigError
from postroom.ledger.schema import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def current_version(connection: Connection) -> str:
    """Return the migration a database is at; empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's settings for work on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Apply every migration that is missing, within the transaction that is open.

    Raises:
        ConfigError: The ledger was written by a newer version.
    """
    version = current_version(connection)
    if version == HEAD:
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version and version not in known:
        raise ConfigError(
            f"The ledger is at version {version}, which this version of Postroom does not know ({HEAD}).",
            hint="Install the newer version again, or restore the backup made before it.",
        )
    command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Return whether nothing is to be done; costs one look."""
    with engine.connect() as connection:
        return current_version(connection) == HEAD
