"""What a person decides about items that wait for one; each act stands in the history under the person's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import counted, print_line
from desk.cli.session import DECIDING, ItemId, Person, person_or_login, plan_of, session_of
from desk.forms import normal_form
from postroom.errors import BusinessError

if TYPE_CHECKING:
    from postroom.process import FieldSpec, Process

Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.", metavar="TEXT")]


def register(app: typer.Typer) -> None:
    """Add the subcommands of this group."""
    app.command("correct", rich_help_panel=DECIDING)(correct)
    app.command("enter", rich_help_panel=DECIDING)(enter)
    app.command("change-process", rich_help_panel=DECIDING)(change_process)
    app.command("release", rich_help_panel=DECIDING)(release)
    app.command("no-action", rich_help_panel=DECIDING)(no_action)
    app.command("reject", rich_help_panel=DECIDING)(reject)


def correct(
    context: typer.Context,
    item_id: ItemId,
    field: Annotated[str, typer.Argument(help="The field's name, as `postroom show` has it.", metavar="FIELD")],
    value: Annotated[str, typer.Argument(help='The right value as people write it; "" for none.', metavar="VALUE")],
    person: Person = "",
) -> None:
    """Put one field of an item right.

    Example: postroom correct VYDP7QKQ moving_date "14 September 2026"
    """
    session = session_of(context)
    process = session.settings.process(session.ledger.item(item_id).summary.process)
    normal = normal_form(field, _spec(process, field), value)
    session.ledger.correct(item_id, field, normal, person_or_login(person), process=process)
    print_line(f"Item {item_id}: {field} is now {normal or 'empty'}. `postroom release {item_id}` sends the item on.")


def enter(
    context: typer.Context,
    item_id: ItemId,
    field: Annotated[str, typer.Argument(help="The field's name.", metavar="FIELD")],
    value: Annotated[str, typer.Argument(help="What you read in the post yourself.", metavar="VALUE")],
    person: Person = "",
) -> None:
    """Enter a value that a colleague entered, without looking at theirs, such as a changed account number.

    Example: postroom enter VYDP7QKQ account_number 12345678
    """
    session = session_of(context)
    process = session.settings.process(session.ledger.item(item_id).summary.process)
    normal = normal_form(field, _spec(process, field), value)
    reached = session.ledger.enter(item_id, field, normal, person_or_login(person))
    print_line(f"Item {item_id}: {_ENTERED[reached]}")


_ENTERED = {
    "one": "this is the first entry; another person must enter the value too.",
    "different": "another entry is not the same. Look again, both of you: two people must enter the same value.",
    "agreed": "both entries are the same.",
}


def _spec(process: Process, field: str) -> FieldSpec:
    if field not in process.fields:
        hint = f"Its fields: {', '.join(process.fields)}."
        raise BusinessError(f'"{field}" is not a field of {process.id}.', hint=hint)
    return process.fields[field]


def change_process(
    context: typer.Context,
    item_id: ItemId,
    process_id: Annotated[str, typer.Argument(help="The process it belongs to.", metavar="PROCESS")],
    person: Person = "",
) -> None:
    """Give an item to another process; its fields are read anew from the post, without reading the post again."""
    from flows.read_anew import read_anew

    session = session_of(context)
    process = session.settings.process(process_id)
    found = read_anew(session.ledger, session.ledger.item(item_id), process)
    session.ledger.change_process(item_id, process.id, person_or_login(person), found)
    told = f"{counted(len(found.fields), 'field')} found" if found else "nothing could be read"
    print_line(f"Item {item_id} belongs to {process.id} now: {told}. `postroom show {item_id}` has them.")


def release(context: typer.Context, item_id: ItemId, person: Person = "") -> None:
    """Send an item on to its targets as it stands; a target that has it already is left out."""
    session = session_of(context)
    process_id = session.ledger.item(item_id).summary.process
    process = next((one for one in session.settings.processes if one.id == process_id), None)
    plan = plan_of(session.settings, process_id)
    started = session.ledger.release(item_id, plan, person_or_login(person), process=process)
    print_line(
        f"Item {item_id} is released; the next run makes {counted(len(started), 'delivery', 'deliveries')}."
        if started
        else f"Item {item_id} is released; every target has it already."
    )


def no_action(context: typer.Context, item_id: ItemId, reason: Reason, person: Person = "") -> None:
    """Close an item that asks for nothing; its message is filed as done."""
    session_of(context).ledger.no_action(item_id, reason, person_or_login(person))
    print_line(f"Item {item_id} is closed: it needs no action.")


def reject(context: typer.Context, item_id: ItemId, reason: Reason, person: Person = "") -> None:
    """Close an item that will not be keyed; its message is put aside in the inbox."""
    session_of(context).ledger.reject(item_id, reason, person_or_login(person))
    print_line(f"Item {item_id} is closed: it is rejected.")
