"""The desk at the end of the demonstration: an account for each role, and where to open it."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from desk.cli.printing import print_line, print_table
from desk.cli.serving import HOST, desk_beside

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings
    from postroom.ledger import Ledger

_PASSWORD_FILE = "demo-password"  # noqa: S105


def is_own_folder(settings: Settings, ledger: Ledger) -> bool:
    """Tell whether a data folder is the demonstration's own: nothing came into it but the demonstration's post."""
    return _password_file(settings).exists() or (not ledger.progress().received and not ledger.count_staff())


def add_accounts(settings: Settings, ledger: Ledger) -> str:
    """Add an account for each role, the same again in a second run, and return their password."""
    from desk.first_password import first_password
    from desk.web.sign_in.passwords import hash_password
    from postroom.staff import EVERY_TEAM, ROLE_TITLES, Person, Role

    file = _password_file(settings)
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as output:
            output.write(first_password())
    password = file.read_text().strip()
    kept = hash_password(password)
    for role in Role:
        if ledger.staff_named(role) is None:
            # One of them sees protected items, so that both ways can be looked at.
            named = role is Role.TEAM_LEAD
            one = Person("", role, f"Demo {ROLE_TITLES[role]}", frozenset({role}), frozenset({EVERY_TEAM}), named)
            ledger.add_staff(one, "demonstration", password=kept)
    return password


def say_how_to_sign_in(settings: Settings, ledger: Ledger, *, own: bool) -> None:
    """Print whom to sign in as at the desk."""
    from postroom.staff import Role

    if settings.sign_in.kind != "accounts":
        return
    if not own:
        print_line("This data folder held other post before, so no accounts of the demonstration were made in it.")
        return
    password = add_accounts(settings, ledger)
    rows = [(role.value, password) for role in Role]
    print_table(("Sign in as", "Password"), rows, title="Accounts of the demonstration, in this data folder alone")


def desk_if(keep: bool, settings: Settings, port: int) -> AbstractContextManager[None]:
    """Return the desk beside the demonstration, if it is to stay open."""
    return desk_beside(settings, HOST, port) if keep else nullcontext()


def _password_file(settings: Settings) -> Path:
    return settings.data / _PASSWORD_FILE
