"""What a person decides about deliveries that are stuck, and tells about those nobody but a person can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import counted, print_line
from desk.cli.session import DECIDING, ItemId, Person, person_or_login, plan_of, session_of
from postroom.errors import BusinessError, ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Item

VERDICTS = ("found", "not-there", "cancel")


def register(app: typer.Typer) -> None:
    """Add the subcommands of this group."""
    app.command("retry", rich_help_panel=DECIDING)(retry)
    app.command("resolve", rich_help_panel=DECIDING)(resolve)
    app.command("done-by-hand", rich_help_panel=DECIDING)(done_by_hand)


def retry(context: typer.Context, item_id: ItemId, person: Person = "") -> None:
    """Try an item's waiting and given-up deliveries again with the next run.

    A refused delivery is not sent again as it is: correct the item, then release it.

    Nor is one whose outcome is unknown: look whether the record is there, then resolve it.
    """
    count = session_of(context).ledger.retry(item_id, person_or_login(person))
    print_line(f"Item {item_id}: the next run tries {counted(count, 'delivery', 'deliveries')} again.")


def resolve(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="Its key, as `postroom show` has it.", metavar="DELIVERY")],
    verdict: Annotated[str, typer.Argument(help="found, not-there or cancel.", metavar="VERDICT")],
    reference: Annotated[str, typer.Option(help="For found: what the target calls the record.", metavar="TEXT")] = "",
    person: Person = "",
) -> None:
    """Say what became of a delivery that may or may not have arrived.

    Look for its key or its values in the target first.

    found: the record is there, and nothing is sent.

    not-there: the next run sends it.

    cancel: it is not sent, and the item waits for another decision.

    Example: postroom resolve PR-K5QK2ZJ4X7WLM3TB found --reference CT-10442
    """
    from postroom.ledger import Verdict

    if verdict not in VERDICTS:
        raise typer.BadParameter(f'"{verdict}" is not a verdict: choose one of {", ".join(VERDICTS)}.')
    ledger = session_of(context).ledger
    # Keys hold no 0, 1 and 8, so those are the letters they look like.
    delivery_id = delivery.strip().lower().removeprefix("pr-").translate(str.maketrans("018", "oib"))
    record = ledger.delivery(delivery_id)
    if verdict == Verdict.FOUND and not reference and record.receipt is None:
        hint = "Give what the target calls the record with --reference."
        raise BusinessError(f"Delivery {record.key} needs the reference it was found under.", hint=hint)
    ledger.resolve(delivery_id, Verdict(verdict), person_or_login(person), reference)
    print_line(f"Delivery {record.key} of item {record.item_id} to {record.target}: {_RESOLVED[verdict]}")


_RESOLVED = {
    "found": "it counts as delivered.",
    "not-there": "the next run sends it.",
    "cancel": "it is not sent.",
}


def done_by_hand(
    context: typer.Context,
    item_id: ItemId,
    target: Annotated[str, typer.Option(help="The target it was keyed into.", metavar="NAME")],
    reference: Annotated[str, typer.Option(help="The reference the system gave.", metavar="TEXT")],
    person: Person = "",
) -> None:
    """Say that a person has keyed an item into a target, so that the robot skips it there.

    Example: postroom done-by-hand VYDP7QKQ --target direct-debits --reference DD-2291
    """
    session = session_of(context)
    item = session.ledger.item(item_id)
    _must_be_target(session.settings, item, target)
    plan = plan_of(session.settings, item.summary.process)
    session.ledger.done_by_hand(item_id, target, reference, person_or_login(person), plan)
    print_line(f"Item {item_id} counts as keyed into {target}.")
    _say_what_remains(session.ledger.item(item_id), [step.target for step in plan])


def _must_be_target(settings: Settings, item: Item, target: str) -> None:
    known = [one.name for one in settings.targets]
    if target not in [*known, *(delivery.target for delivery in item.deliveries)]:
        raise ConfigError(f'There is no target "{target}".', hint=f"Configured: {', '.join(known) or 'none'}.")


def _say_what_remains(item: Item, planned: list[str]) -> None:
    from postroom.ledger import ItemState

    made = {delivery.target for delivery in item.deliveries}
    missing = [target for target in planned if target not in made]
    if missing and item.summary.state is ItemState.WITH_PERSON:
        print_line(f"It is still to be keyed into {', '.join(missing)}; `postroom release {item.summary.id}` does it.")
