"""Opening what the configuration names: the data folder with its own inbox folders, and the ledger in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from postroom.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Ledger


def open_ledger(settings: Settings) -> Ledger:
    """Open the ledger and bring it up to date, in a data folder that is made at the first call.

    Raises:
        ConfigError: Its database cannot be opened, or the data folder cannot be made.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from postroom.ledger import Ledger

    make_folders(settings)
    try:
        ledger = Ledger(settings.ledger_url, settings.documents)
        ledger.migrate()
    except (SQLAlchemyError, ImportError, OSError) as error:
        hint = "Look at `ledger` in postroom.yaml, whether the database runs, and the rights of this account."
        raise ConfigError(f"The ledger cannot be opened ({type(error).__name__}).", hint=hint) from error
    return ledger


def make_folders(settings: Settings) -> None:
    """Make the data folder, for its owner alone, and the inbox folders inside it.

    A folder elsewhere is never made: that it is missing says that a share is not mounted.

    Raises:
        ConfigError: The data folder cannot be made.
    """
    folders = [settings.data, *(path for path in drop_folders(settings) if path.is_relative_to(settings.data))]
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        hint = "Choose another with --data or POSTROOM_DATA, or give this account the right to make it."
        raise ConfigError(f"The folder {folder} cannot be made: {error.strerror}.", hint=hint) from error


def drop_folders(settings: Settings) -> tuple[Path, ...]:
    """Return the folders that are watched for post."""
    return tuple(Path(str(inbox.values["path"])) for inbox in settings.inboxes if inbox.kind == "folder")
