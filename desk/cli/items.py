"""`postroom items` and `postroom show`: what the ledger holds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.printing import plain, print_json, print_line, print_table
from desk.cli.session import AsJson, ItemId, session_of
from postroom.disposition import Outcome

if TYPE_CHECKING:
    from postroom.ledger import Item, ItemSummary

GROUP = "Work items"
ORDER = ("with-person", "in-flight", "rejected", "delivered", "no-action")
"""The states in the order in which they need somebody."""


def register(app: typer.Typer) -> None:
    """Add the subcommands of this group."""
    app.command("items", rich_help_panel=GROUP)(list_items)
    app.command("show", rich_help_panel=GROUP)(show_item)


def list_items(
    context: typer.Context,
    outcome: Annotated[Outcome | None, typer.Option(help="Only items with this outcome.")] = None,
    process: Annotated[str, typer.Option(help="Only items of this process.", metavar="ID")] = "",
    state: Annotated[str, typer.Option(help="Only items in this state, such as with-person.", metavar="STATE")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, metavar="N")] = 50,
    as_json: AsJson = False,
) -> None:
    """List work items, those that wait for a person first."""
    from postroom.ledger import ItemState

    if state and state not in set(ItemState):
        raise typer.BadParameter(f'"{state}" is not a state: choose one of {", ".join(ItemState)}.')
    ledger = session_of(context).ledger
    found: list[ItemSummary] = []
    for wanted in [state] if state else ORDER:
        rest = limit - len(found)
        found += (
            ledger.items(outcome=outcome, process=process or None, state=ItemState(wanted), limit=rest) if rest else []
        )
    if as_json:
        for summary in found:
            print_json(_as_data(asdict(summary)))
    else:
        _print_items(found, state=state, filtered=bool(outcome or process or state), limit=limit)


def _nothing(state: str, *, filtered: bool) -> str:
    if state == "with-person":
        return "Nothing waits for a person."
    return "No item is like that." if filtered else "No post has been worked on yet; start with `postroom run`."


def _print_items(found: list[ItemSummary], *, state: str, filtered: bool, limit: int) -> None:
    if not found:
        print_line(_nothing(state, filtered=filtered))
        return
    rows = [
        (item.id, item.process, str(item.state), _day(item.received_at), item.due, " ".join(item.reasons))
        for item in found
    ]
    print_table(("Item", "Process", "State", "Received", "Due", "Why"), rows)
    if len(found) == limit:
        print_line(f"These are the first {limit}; --limit shows more.", "dim")


def show_item(context: typer.Context, item_id: ItemId, as_json: AsJson = False) -> None:
    """Show everything about one item: fields, where they were read, deliveries, history."""
    item = session_of(context).ledger.item(item_id)
    if as_json:
        print_json(_as_data(asdict(item)))
        return
    summary = item.summary
    print_line(f"Item {summary.id}: {summary.process}, {summary.state}", "bold")
    print_line(f"Received {_moment(summary.received_at)} in {summary.inbox} as {item.message.name}")
    if summary.protected:
        print_line(f"Protected: {summary.protected}", "red")
    if summary.due:
        print_line(f"An answer is due by {summary.due}.")
    for reason in item.disposition.reasons:
        print_line(f"  {reason}", "yellow")
    _print_fields(item)
    _print_deliveries(item)
    _print_history(item)


def _print_fields(item: Item) -> None:
    rows = []
    for field in item.fields:
        read = field.read
        seen = (f"{read.confidence:.2f}", str(read.provenance.page), read.provenance.text) if read else ("", "", "")
        others = ", ".join(other.value for other in read.others[:3]) if read else ""
        rows.append((field.name, field.value, "a person" if field.corrected else "read", *seen, others))
    if rows:
        headings = ("Field", "Value", "By", "Sure", "Page", "As written", "Or")
        print_table(headings, rows, title="Fields", right=("Sure", "Page"))
    else:
        print_line("No field was read.")


def _print_deliveries(item: Item) -> None:
    rows = [
        (one.target, str(one.state), one.key, one.receipt.reference if one.receipt else "", one.reason)
        for one in item.deliveries
    ]
    if rows:
        print_table(("Target", "State", "Key", "Reference", "Why"), rows, title="Deliveries")


def _print_history(item: Item) -> None:
    rows = [
        (_moment(entry.at), entry.actor, entry.action, ", ".join(f"{k} {v}" for k, v in entry.detail.items()))
        for entry in item.history
    ]
    print_table(("When", "Who", "What", "Details"), rows, title="History")


def _day(moment: datetime) -> str:
    return moment.astimezone().strftime("%d %b %Y")


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%d %b %Y %H:%M")


def _as_data(value: Any) -> Any:
    """Return nested values as JSON can hold them."""
    if isinstance(value, dict):
        return {str(key): _as_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_data(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else plain(str(value))
