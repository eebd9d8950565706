"""Items that went straight through: keyed, and proven to be there."""

from __future__ import annotations

from postroom.delivery import Receipt, State
from postroom.ledger import Ledger
from postroom.protocol import Move
from postroom.workitem import Extraction
from tests.postroom.samples import extraction, itemise


def deliver_all(ledger: Ledger, item_id: str) -> None:
    """Key an item into each of its targets, as a worker does."""
    for delivery in ledger.item(item_id).deliveries:
        claim = ledger.claim_delivery(delivery.id, "worker")
        assert claim is not None
        sending = Move(State.SENDING, 1, 0, None, delivery.next_at, False)
        ledger.move_delivery(claim.lease, State.CLAIMED, sending)
        done = Move(State.DONE, 1, 0, None, delivery.next_at, False, Receipt(f"R-{item_id}"))
        ledger.move_delivery(claim.lease, State.SENDING, done, last=True)


def straight_through(ledger: Ledger, number: int = 1, made: Extraction | None = None) -> str:
    """Put an item that went straight through into a ledger and return its id."""
    _, (item_id,) = itemise(ledger, number, made or extraction(number))
    deliver_all(ledger, item_id)
    return item_id
