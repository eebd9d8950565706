"""Settle: move messages in their inbox once all their items are done."""

from __future__ import annotations

from postroom.disposition import Disposition, Outcome
from postroom.errors import ConnectorDown, TransientError
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import ItemState, ItemSummary, Lease, Ledger, Stage
from postroom.message import FollowedInbox, Inbox


def settle_done(ledger: Ledger, inbox: Inbox, owner: str, limit: int = 100) -> int:
    """Settle the messages of an inbox whose items are all final, and return how many; safe to repeat.

    A message is moved first and marked in the ledger afterwards: a crash between the two moves it again, which the
    inbox takes without complaint.

    Raises:
        ConnectorDown: The inbox cannot work; its messages wait.
    """
    settled = 0
    for message_id in ledger.messages_due(Stage.ITEMISED, limit, inbox=inbox.name):
        lease = ledger.lease_message(message_id, Stage.ITEMISED, owner)
        if lease is not None:
            failpoint(Failpoint.SETTLE_LEASED)
            if not _settle(ledger, inbox, lease):
                # An inbox that gives no answer for one gives none for a hundred, and each would be waited for.
                break
            settled += 1
    return settled


def disposition_of(items: list[ItemSummary]) -> Disposition:
    """Return what became of a message whose items are all final, for its inbox; it holds nothing of the post."""
    states = {item.state for item in items}
    if ItemState.DELIVERED in states:
        return Disposition(Outcome.STRAIGHT_THROUGH)
    if ItemState.REJECTED in states:
        return Disposition(Outcome.REJECTED)
    if any(item.outcome is Outcome.DUPLICATE for item in items):
        return Disposition(Outcome.DUPLICATE)
    return Disposition(Outcome.NO_ACTION)


def _settle(ledger: Ledger, inbox: Inbox, lease: Lease) -> bool:
    message = ledger.message(lease.subject)
    disposition = disposition_of(ledger.items(message_id=message.id))
    try:
        if isinstance(inbox, FollowedInbox) and not message.claimed:
            # Its intake was cut off before the mark was set, and a missing mark would be taken for staff's doing.
            inbox.claim(message.id, message.source_key, message.digest)
            ledger.mark_claimed([message.id])
        inbox.settle(message.id, message.source_key, message.digest, disposition)
    except (TransientError, ConnectorDown) as fault:
        ledger.fail_message(lease, fault.message)
        if isinstance(fault, ConnectorDown):
            raise
        return False
    failpoint(Failpoint.SETTLE_MOVED)
    ledger.mark_settled(lease)
    failpoint(Failpoint.SETTLE_SETTLED)
    return True
