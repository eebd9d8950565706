"""Which targets hold deliveries up, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.cli.printing import counted, print_line
from desk.cli.wording import sentence
from postroom.delivery import State

if TYPE_CHECKING:
    from postroom.ledger import Ledger

_NEXT = {
    State.READY: "not sent yet, tried again",
    State.WAIT: "not sent yet, tried again",
    State.UNCERTAIN: "perhaps arrived, to be looked up",
}
"""What happens next in the states that need no person."""


def print_held_up(ledger: Ledger) -> None:
    """Print a line for each target whose deliveries wait for it; nothing if none does."""
    stuck = [one for one in ledger.stuck_deliveries() if one.state in _NEXT]
    if not stuck:
        return
    reasons = {breaker.target: breaker.reason for breaker in ledger.breakers()}
    for one in stuck:
        count = counted(one.deliveries, "delivery", "deliveries")
        reason = sentence(reasons.get(one.target, ""))
        print_line(f"Held up at {one.target}: {count}, {_NEXT[one.state]} by the robot. {reason}".strip(), "yellow")
    print_line("`postroom check` tries every connection.", "dim")
