"""Whether a line has come to rest, so that nobody has to wait for a while in which nothing happened."""

from __future__ import annotations

from postroom.delivery import TERMINAL, State
from postroom.ledger import Ledger, Stage

_RESTING = (*TERMINAL, State.HUMAN)


def at_rest(ledger: Ledger, messages: int) -> bool:
    """Return whether so many messages were taken in and nothing of them moves by itself any more."""
    early = any(ledger.messages_due(stage) for stage in (Stage.RECEIVED, Stage.READ, Stage.ITEMISED))
    moving = any(delivery.state not in _RESTING for delivery in ledger.deliveries())
    accounts = ledger.accounts()
    return not early and not moving and accounts.received == messages and not accounts.in_flight
