"""The summary at the end of a run: every message accounted for, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desk.cli.calling import again
from desk.cli.held_up import print_held_up
from desk.cli.printing import aside, print_line, print_table
from desk.cli.wording import in_brief
from postroom.ledger import Accounts, ItemState, Ledger

if TYPE_CHECKING:
    from config.settings import Settings

_SHOWN = 20


def print_summary(settings: Settings, ledger: Ledger, faults: Sequence[str] = ()) -> bool:
    """Print where every message is and what waits for a person; return whether all are accounted for."""
    accounts = ledger.accounts()
    print_accounts(accounts)
    print_waiting(settings, ledger)
    print_held_up(ledger)
    for fault in faults:
        aside().print(f"Did not work: {fault}", style="bold red")
    return accounts.balanced


def print_accounts(accounts: Accounts) -> None:
    """Print the sum that accounts for every message."""
    rows = [
        ("Delivered", accounts.delivered),
        ("No action", accounts.no_action),
        ("Rejected", accounts.rejected),
        ("With a person", accounts.with_person),
        ("In flight", accounts.in_flight),
    ]
    cells = [(name, str(count)) for name, count in rows]
    print_table(("Messages", ""), [("Received", str(accounts.received)), *cells], right=("",))
    parts = " + ".join(f"{count} {name.lower()}" for name, count in rows)
    if accounts.balanced:
        print_line(f"Every message is accounted for: {accounts.received} received = {parts}.", style="green")
    else:
        print_line(f"The ledger does not add up: {accounts.received} received, but {parts}.", style="bold red")


def print_waiting(settings: Settings, ledger: Ledger) -> None:
    """Print the items that wait for a person and why."""
    waiting = ledger.items(state=ItemState.WITH_PERSON, limit=_SHOWN + 1)
    if not waiting:
        print_line("Nothing waits for a person.")
        return
    rows = [(item.id, item.process, in_brief(item.reasons)) for item in waiting[:_SHOWN]]
    print_table(("Item", "Process", "Why a person is asked"), rows, title="With a person")
    print_line(f"One of them in full: {again(settings, 'show', waiting[0].id)}")
    if len(waiting) > _SHOWN:
        print_line(f"All of them: {again(settings, 'items', '--state', 'with-person')}")
