"""`postroom items` and `postroom show`: what the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.held_up import print_held_up
from desk.cli.printing import plain, print_json, print_line, print_table
from desk.cli.session import AsJson, ItemId, Session, session_of
from desk.cli.wording import day, in_brief, minute, sentence
from postroom.disposition import Outcome

if TYPE_CHECKING:
    from postroom.ledger import Item, ItemSummary
    from postroom.ledger.records import ItemField

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
    session = session_of(context)
    ledger = session.ledger
    found: list[ItemSummary] = []
    for wanted in [state] if state else ORDER:
        rest = limit - len(found)
        found += (
            ledger.items(outcome=outcome, process=process or None, state=ItemState(wanted), limit=rest) if rest else []
        )
    if as_json:
        for summary in found:
            print_json(_as_data(asdict(summary)))
    elif found:
        _print_items(found, limit=limit)
        if any(item.state is ItemState.IN_FLIGHT for item in found):
            print_held_up(ledger)
    else:
        _say_nothing_is_there(session, state=state, filtered=bool(outcome or process or state))


def _print_items(found: list[ItemSummary], *, limit: int) -> None:
    for state, items in groupby(found, key=lambda item: item.state):
        _print_state(str(state), list(items))
    if len(found) == limit:
        print_line(f"These are the first {limit}; --limit shows more.", "dim")


def _print_state(state: str, items: list[ItemSummary]) -> None:
    due, why = any(item.due for item in items), any(item.reasons for item in items)
    headings = ("Item", "Process", "Received", *(["Due"] if due else []), *(["Why"] if why else []))
    rows = [
        (
            *(item.id, item.process, day(item.received_at)),
            *([item.due and day(item.due)] if due else []),
            *([in_brief(item.reasons)] if why else []),
        )
        for item in items
    ]
    print_table(headings, rows, title=f"{state}: {len(items)}", whole=("Item", "Process", "Received", "Due"))


def _say_nothing_is_there(session: Session, *, state: str, filtered: bool) -> None:
    if state == "with-person":
        print_line("Nothing waits for a person.")
    elif filtered:
        print_line("No item is like that; `postroom items` lists all of them.")
    else:
        from config.opening import drop_folders

        print_line("No post has been worked on yet.")
        for folder in drop_folders(session.settings):
            print_line(f"Put mails (.eml, .msg) or scans into {folder}.")
        print_line("Then start `postroom run --once`; `postroom demo` shows the line at work with sample post.")


def show_item(context: typer.Context, item_id: ItemId, as_json: AsJson = False) -> None:
    """Show everything about one item: fields, where they were read, deliveries, history."""
    item = session_of(context).ledger.item(item_id)
    if as_json:
        print_json(_as_data(asdict(item)))
        return
    summary = item.summary
    print_line(f"Item {summary.id}: {summary.process}, {summary.state}", "bold")
    print_line(f"Received {minute(summary.received_at)} in {summary.inbox} as {item.message.name}")
    if summary.protected:
        print_line(f"Protected: {sentence(summary.protected)}", "red")
    if summary.due:
        print_line(f"An answer is due by {day(summary.due)}.")
    for reason in item.disposition.reasons:
        print_line(f"  {sentence(reason)}", "yellow")
    _print_fields(item)
    _print_deliveries(item)
    _print_history(item)


def _print_fields(item: Item) -> None:
    if not item.fields:
        print_line("No field was read.")
        return
    rows = []
    for field in item.fields:
        read = field.read
        sure = "person" if field.corrected else f"{read.confidence:.2f}" if read else ""
        page = str(read.provenance.page) if read else ""
        rows.append((field.name, field.value, sure, page, _as_written(field)))
    headings = ("Field", "Value", "Sure", "Page", "As written")
    print_table(headings, rows, title="Fields", right=("Sure", "Page"), whole=("Field", "Sure", "Page"))


def _as_written(field: ItemField) -> list[str]:
    """Return the words of the post where they differ from the value, and what else it might have been."""
    read = field.read
    if read is None:
        return []
    written = [read.provenance.text] if read.provenance.text != field.value else []
    return [*written, *(f"or {other.value}" for other in read.others[:2])]


def _print_deliveries(item: Item) -> None:
    rows = [
        (one.target, str(one.state), one.key, one.receipt.reference if one.receipt else "", sentence(one.reason))
        for one in item.deliveries
    ]
    if rows:
        headings = ("Target", "State", "Key", "Reference", "Why")
        print_table(headings, rows, title="Deliveries", whole=("State", "Key"))


def _print_history(item: Item) -> None:
    rows = [(minute(entry.at), entry.actor, entry.action, _details(entry.detail)) for entry in item.history]
    print_table(("When", "Who", "What", "Details"), rows, title="History", whole=("When",))


def _details(detail: Mapping[str, str]) -> str:
    """Return what an entry of the history says, without which worker wrote it: that tells people nothing."""
    told = [f"{key} {value}".removesuffix(".") for key, value in detail.items() if value and key != "owner"]
    return "; ".join(told)


def _as_data(value: Any) -> Any:
    """Return nested values as JSON can hold them."""
    if isinstance(value, dict):
        return {str(key): _as_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_data(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else plain(str(value))
