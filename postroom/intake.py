"""Intake: post from an inbox into the ledger, and only then marked as taken."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import Arrival, Ledger, Stage
from postroom.message import Inbox, Message

BATCH = 20
"""Messages in one transaction: a commit waits for the disk, so a few share one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look into an inbox brought."""

    new: tuple[str, ...]
    """Ids of messages the ledger did not hold."""
    duplicates: tuple[str, ...]
    """Those of them that hold the same bytes as an earlier one."""
    known: int
    """Messages that the ledger held already, such as those of a run that was cut off before it marked them."""


def take_in(ledger: Ledger, inbox: Inbox, limit: int = 100) -> Taken:
    """Take up to `limit` messages from an inbox; safe to repeat after a crash at any point."""
    messages = inbox.fetch(limit)
    failpoint(Failpoint.INTAKE_FETCHED)
    arrivals: list[Arrival] = []
    for start in range(0, len(messages), BATCH):
        arrivals += _take_batch(ledger, inbox, messages[start : start + BATCH])
    new = [arrival for arrival in arrivals if arrival.new]
    return Taken(
        tuple(arrival.message_id for arrival in new),
        tuple(arrival.message_id for arrival in new if arrival.duplicate_of),
        len(arrivals) - len(new),
    )


def _take_batch(ledger: Ledger, inbox: Inbox, messages: list[Message]) -> list[Arrival]:
    arrivals = ledger.add_messages(messages)
    failpoint(Failpoint.INTAKE_COMMITTED)
    for message, arrival in zip(messages, arrivals, strict=True):
        if arrival.stage is Stage.SETTLED:
            # It was put back after it was settled, or the move was lost: it is done, and is moved again.
            ledger.settle_again(arrival.message_id)
        inbox.claim(message.id, message.source_key, message.digest)
        failpoint(Failpoint.INTAKE_CLAIMED)
    return arrivals
