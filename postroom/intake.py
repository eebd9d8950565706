"""Intake: post from an inbox into the ledger, and only then marked as taken."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.errors import LeaseLost, TransientError
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import Arrival, Lease, Ledger, Stage, owner_name
from postroom.ledger.keeping import kept
from postroom.message import FollowedInbox, Inbox, Message

BATCH = 20
"""Messages in one transaction: a commit waits for the disk, so a few share one."""
_MOST_FAULTS = 1
"""Portions that may fail in one look before the inbox is taken to be away."""
TURN_SECONDS = 120.0
"""How long after a worker at a followed inbox fell asleep or died another takes its turn."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look into an inbox brought."""

    new: tuple[str, ...] = ()
    """Ids of messages the ledger did not hold."""
    duplicates: tuple[str, ...] = ()
    """Those of them that hold the same bytes as an earlier one."""
    known: int = 0
    """Messages that the ledger held already, such as those of a run that was cut off before it marked them."""
    taken_back: int = 0
    """Messages that staff took out of the robot's hands."""


def take_in(ledger: Ledger, inbox: Inbox, limit: int = 100, owner: str | None = None) -> Taken:
    """Take up to `limit` messages from an inbox; safe to repeat after a crash at any point.

    Args:
        ledger: Where they are kept.
        inbox: Where they come from. One that tells what changed is one worker's at a time.
        limit: How many at most.
        owner: This worker, as `owner_name` gives it, which is asked if left out.
    """
    if isinstance(inbox, FollowedInbox):
        lease = _turn(ledger, inbox.name, owner or owner_name())
        return Taken() if lease is None else _follow(ledger, inbox, limit, lease)
    messages = inbox.fetch(limit)
    failpoint(Failpoint.INTAKE_FETCHED)
    return _told(_take(ledger, inbox, messages))


def _turn(ledger: Ledger, inbox: str, owner: str) -> Lease | None:
    lease = ledger.lease_inbox(inbox, owner, TURN_SECONDS)
    if lease is None and ledger.sweep():
        lease = ledger.lease_inbox(inbox, owner, TURN_SECONDS)
    return lease


def _follow(ledger: Ledger, inbox: FollowedInbox, limit: int, lease: Lease) -> Taken:
    """Take in what changed; where the next look goes on is kept last, so that a crash repeats this one."""
    try:
        with kept(ledger, lease, TURN_SECONDS):
            return _follow_in_turn(ledger, inbox, limit, lease)
    except LeaseLost:
        # This worker slept through its turn: what it stored counts, and the other's bookmark does.
        return Taken()
    finally:
        ledger.let_go_of_inbox(lease)


def _follow_in_turn(ledger: Ledger, inbox: FollowedInbox, limit: int, lease: Lease) -> Taken:
    followed = inbox.follow(limit, ledger.bookmark(inbox.name), ledger.in_hand(inbox.name))
    failpoint(Failpoint.INTAKE_FETCHED)
    arrivals = _take(ledger, inbox, followed.messages, lease)
    taken_back = sum(ledger.take_back(inbox.name, source_key) for source_key in followed.taken_back)
    failpoint(Failpoint.INTAKE_FOLLOWED)
    ledger.save_bookmark(lease, followed.bookmark)
    return _told(arrivals, taken_back)


def _take(ledger: Ledger, inbox: Inbox, messages: list[Message], lease: Lease | None = None) -> list[Arrival]:
    """Take messages in, some at a time; a fault with some of them is raised when the others are in."""
    arrivals: list[Arrival] = []
    faults: list[TransientError] = []
    for start in range(0, len(messages), BATCH):
        try:
            arrivals += _take_batch(ledger, inbox, messages[start : start + BATCH], lease)
        except TransientError as fault:
            faults.append(fault)
            if len(faults) > _MOST_FAULTS:
                break
    if faults:
        raise faults[0]
    return arrivals


def _take_batch(ledger: Ledger, inbox: Inbox, messages: list[Message], lease: Lease | None) -> list[Arrival]:
    arrivals = ledger.add_messages(messages)
    failpoint(Failpoint.INTAKE_COMMITTED)
    for arrival in arrivals:
        if arrival.stage is Stage.SETTLED and not arrival.taken_back:
            # It was put back after it was settled, or the move was lost: it is done, and is moved again.
            ledger.settle_again(arrival.message_id)
    if isinstance(inbox, FollowedInbox):
        if lease is not None:
            # A worker that slept through its turn marks nothing that staff unmarked meanwhile.
            ledger.renew(lease, TURN_SECONDS)
        ours = [message for message, arrival in zip(messages, arrivals, strict=True) if not arrival.taken_back]
        inbox.claim_all(ours)
        failpoint(Failpoint.INTAKE_CLAIMED)
        ledger.mark_claimed([arrival.message_id for arrival in arrivals if not arrival.taken_back])
        return arrivals
    for message in messages:
        inbox.claim(message.id, message.source_key, message.digest)
        failpoint(Failpoint.INTAKE_CLAIMED)
    return arrivals


def _told(arrivals: list[Arrival], taken_back: int = 0) -> Taken:
    new = [arrival for arrival in arrivals if arrival.new]
    return Taken(
        tuple(arrival.message_id for arrival in new),
        tuple(arrival.message_id for arrival in new if arrival.duplicate_of),
        len(arrivals) - len(new),
        taken_back,
    )
