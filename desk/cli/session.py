"""What one call of the command works with: its choices, the configuration and the ledger, each opened when needed."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Ledger
    from postroom.process import DeliverTo

DECIDING = "Deciding on items that wait for a person"
"""The heading of such commands in the help."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Person = Annotated[
    str, typer.Option("--as", help="Who does it, for the history; left out, your login name.", metavar="NAME")
]
ItemId = Annotated[str, typer.Argument(help="The item's id, as `postroom items` shows it.", metavar="ID")]


@dataclass
class Session:
    """The choices made before the command's name."""

    config: Path | None = None
    data: Path | None = None
    verbose: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The configuration; warnings in it are shown by `postroom check` alone."""
        from config.logs import log_to
        from config.settings import load_settings

        settings = load_settings(self.config, self.data)
        log_to(settings.data / "log")
        return settings

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, brought up to date.

        Raises:
            ConfigError: Its database or its folder cannot be opened.
        """
        from config.opening import open_ledger

        return open_ledger(self.settings)


def session_of(context: typer.Context) -> Session:
    """Return the session of a running command."""
    session = context.find_object(Session)
    if session is None:
        raise TypeError("The command was started without a session.")
    return session


def person_or_login(person: str) -> str:
    """Return the name given, else the login name."""
    return person.strip() or getpass.getuser()


def plan_of(settings: Settings, process_id: str) -> tuple[DeliverTo, ...]:
    """Return where a process delivers; nowhere for one that is not configured."""
    return next((process.deliver for process in settings.processes if process.id == process_id), ())
