"""What a person does with items that wait for one; each act stands in the history under the person's name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import print_line
from desk.cli.session import ItemId, Person, Session, person_or_login, session_of
from postroom.errors import BusinessError

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Item
    from postroom.process import DeliverTo, Process
    from postroom.workitem import Extraction

GROUP = "Work items"
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.", metavar="TEXT")]


def register(app: typer.Typer) -> None:
    """Add the subcommands of this group."""
    for name, command in (
        ("correct", correct),
        ("release", release),
        ("reject", reject),
        ("retry", retry),
        ("done-by-hand", done_by_hand),
    ):
        app.command(name, rich_help_panel=GROUP)(command)


def correct(
    context: typer.Context,
    item_id: ItemId,
    field: Annotated[str, typer.Argument(help="The field's name, or `process`.", metavar="FIELD")],
    value: Annotated[str, typer.Argument(help="The right value, as people write it; empty for none.", metavar="VALUE")],
    person: Person = "",
) -> None:
    """Put one field of an item right, or the process it belongs to; its fields are then read anew."""
    session = session_of(context)
    name = person_or_login(person)
    if field == "process":
        process = session.settings.process(value)
        session.ledger.change_process(
            item_id, process.id, name, _read_anew(session.ledger.item(item_id), session, process)
        )
    else:
        normal = _normal_form(session.settings, session.ledger.item(item_id).summary.process, field, value)
        session.ledger.correct(item_id, field, normal, name)
    print_line(f"Item {item_id}: {field} is corrected. `postroom release {item_id}` sends it on.")


def _read_anew(item: Item, session: Session, process: Process) -> Extraction | None:
    """Extract the other process's fields; None where the message could not be read."""
    from extractors.fields import extract

    read = session.ledger.load_reading(item.summary.message_id)
    if read is None:
        return None
    triage = replace(
        item.extraction.triage, process=process.id, confidence=1.0, reasons=("A person chose the process.",)
    )
    return extract(read, triage, process)


def _normal_form(settings: Settings, process_id: str, field: str, value: str) -> str:
    from postroom.normal import normalise

    process = settings.process(process_id)
    spec = process.fields.get(field)
    if spec is None:
        known = ", ".join(process.fields)
        raise BusinessError(f'"{field}" is not a field of {process.id}.', hint=f"Its fields: {known}.")
    normal = normalise(spec.type, value, spec) if value.strip() else ""
    if normal is None:
        hint = f"Allowed: {', '.join(spec.choices)}." if spec.choices else "Look at it again and retype it."
        raise BusinessError(f"{field} does not take that value: it is of type {spec.type}.", hint=hint)
    return normal


def release(context: typer.Context, item_id: ItemId, person: Person = "") -> None:
    """Send an item on to its targets as it stands."""
    session = session_of(context)
    process_id = session.ledger.item(item_id).summary.process
    started = session.ledger.release(item_id, _plan(session, process_id), person_or_login(person))
    count = len(started)
    print_line(f"Item {item_id} is released; the next run makes {count} {'delivery' if count == 1 else 'deliveries'}.")


def _plan(session: Session, process_id: str) -> tuple[DeliverTo, ...]:
    """Return where a process delivers; nowhere for one that is not configured."""
    return next((process.deliver for process in session.settings.processes if process.id == process_id), ())


def reject(context: typer.Context, item_id: ItemId, reason: Reason, person: Person = "") -> None:
    """Close an item without delivering it."""
    session_of(context).ledger.reject(item_id, reason, person_or_login(person))
    print_line(f"Item {item_id} is rejected.")


def retry(context: typer.Context, item_id: ItemId, person: Person = "") -> None:
    """Try the deliveries of an item again that were refused or given up."""
    session_of(context).ledger.retry(item_id, person_or_login(person))
    print_line(f"Item {item_id} is tried again by the next run; whatever has arrived is not sent twice.")


def done_by_hand(
    context: typer.Context,
    item_id: ItemId,
    target: Annotated[str, typer.Option(help="The target it was keyed into.", metavar="NAME")],
    reference: Annotated[str, typer.Option(help="The reference the system gave.", metavar="TEXT")],
    person: Person = "",
) -> None:
    """Say that a person has keyed an item already, so that the robot skips that target."""
    from postroom.ledger import FINAL

    session = session_of(context)
    session.ledger.done_by_hand(item_id, target, reference, person_or_login(person))
    print_line(f"Item {item_id} counts as delivered to {target} by hand.")
    item = session.ledger.item(item_id)
    planned = {delivery.target for delivery in _plan(session, item.summary.process)}
    never = planned - {delivery.target for delivery in item.deliveries}
    if never and item.summary.state in FINAL:
        print_line(f"It is closed now, and the robot has not keyed it into {', '.join(sorted(never))}.", "yellow")
