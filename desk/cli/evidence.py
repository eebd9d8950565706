"""`postroom evidence`: the pack of everything that is known of one item."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from desk.cli.printing import print_line
from desk.cli.session import ItemId, Person, person_or_login, session_of


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("evidence", rich_help_panel="Work items")(evidence)


def evidence(
    context: typer.Context,
    item_id: ItemId,
    out: Annotated[Path, typer.Option(help="The zip to write.", metavar="FILE")],
    originals: Annotated[bool, typer.Option("--originals", help="With the post itself, which may be harmful.")] = False,
    person: Person = "",
) -> None:
    """Write everything that is known of one item into a zip, with hashes; the history notes it."""
    from desk.web.evidence.pack import Taken, write_pack
    from desk.web.evidence.view import evidence_for
    from desk.web.office import Office
    from postroom.clock import utc_now
    from postroom.errors import ConfigError

    session = session_of(context)
    item, who = session.ledger.item(item_id), person_or_login(person)
    office = Office(session.settings, session.ledger)
    session.ledger.note_evidence_taken(item.summary.id, who, originals=originals)
    try:
        # For the owner alone: it holds what only the ledger held before.
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            taken = Taken(who, who, utc_now(), originals)
            write_pack(office, evidence_for(office, item, None), taken, file)
    except OSError as error:
        hint = "Choose another file with --out."
        raise ConfigError(f"{out} cannot be written: {error.strerror}.", hint=hint) from error
    finally:
        office.close()
    print_line(f"The evidence of item {item.summary.id} is in {out}. It holds personal data.")
