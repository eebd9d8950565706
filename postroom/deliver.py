"""Deliver: take one delivery through the protocol against its target, and recover what dead workers left."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from postroom.clock import Clock, utc_now
from postroom.delivery import Capabilities, Delivery, Receipt, State, Target, TargetClass
from postroom.errors import (
    BusinessError,
    ConnectorDown,
    DeliveryUncertain,
    PostroomError,
    RefusedByTarget,
    TransientError,
)
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import Claim, DeliveryRecord, Lease, Ledger, owner_name
from postroom.ledger.owners import surely_alive
from postroom.protocol import Event, Happened, Jitter, Standing, decide

DELIVERY_SECONDS = 300.0
"""How long one worker may be at one delivery before others ask whether it is still there."""
_UNKNOWN_TARGET = Capabilities(TargetClass.BLIND)
"""What may be assumed of a target that is configured no longer: nothing."""


_at_work: set[str] = set()
"""Deliveries this process has in hand; one it holds the lease of but not in hand broke off with an error."""


@dataclass(slots=True)
class _Work:
    """One worker's turn at one delivery."""

    ledger: Ledger
    target: Target
    lease: Lease
    record: DeliveryRecord
    clock: Clock
    jitter: Jitter

    def happened(self, event: Event) -> State:
        """Write what follows from an event; the turn ends with any state that has to wait or is final."""
        state = self.record.state
        move = decide(_standing(self.record), event, self.target.capabilities, self.clock(), self.jitter)
        goes_on = move.state is State.SENDING or (move.state is State.ACKED and event.receipt is not None)
        self.record = self.ledger.move_delivery(self.lease, state, move, last=not goes_on)
        return self.record.state


def deliver_one(
    ledger: Ledger,
    delivery_id: str,
    target: Target,
    owner: str,
    *,
    seconds: float = DELIVERY_SECONDS,
    clock: Clock = utc_now,
    jitter: Jitter = random.uniform,
) -> State:
    """Take a delivery as far as it goes now and return where it stands.

    Safe to call for any delivery at any time by any number of workers: one that is not due, is in other hands, or whose
    target is left alone keeps its state.

    Args:
        ledger: Where it is kept.
        delivery_id: The delivery.
        target: The target it is for.
        owner: This worker, as `owner_name` gives it.
        seconds: How long this worker may need.
        clock: Returns now.
        jitter: Spreads the waits, so that workers do not come back all at once.

    Raises:
        LeaseLost: Another worker took the delivery over meanwhile; its result counts, not this one's.
    """
    if not ledger.admit(target.name):
        return ledger.delivery(delivery_id).state
    claim = ledger.claim_delivery(delivery_id, owner, seconds, target.capabilities.concurrency)
    if claim is None:
        return ledger.delivery(delivery_id).state
    failpoint(Failpoint.DELIVER_CLAIMED)
    _at_work.add(delivery_id)
    try:
        return _take_on(_Work(ledger, target, claim.lease, claim.record, clock, jitter))
    finally:
        _at_work.discard(delivery_id)


def _take_on(work: _Work) -> State:
    state = work.record.state
    if state in (State.CLAIMED, State.UNCERTAIN):
        state = _look_up(work)
    if state is State.SENDING:
        failpoint(Failpoint.DELIVER_SENDING)
        state = _send(work)
    if state is State.ACKED and work.record.next_at <= work.clock():
        failpoint(Failpoint.DELIVER_ACKED)
        state = _compare(work)
    return state


def recover(
    ledger: Ledger,
    targets: Mapping[str, Target],
    owner: str,
    *,
    clock: Clock = utc_now,
    jitter: Jitter = random.uniform,
) -> int:
    """Put right what dead workers left, and return how many deliveries that were; to be run at start and often.

    What was claimed is ready again. What was being sent is uncertain: it is looked up after the settling time, and
    where that is impossible a person decides.
    """
    ledger.sweep()
    ledger.documents.discard_parts()
    claims = ledger.take_over_abandoned(owner, _still_sending)
    for claim in claims:
        target = targets.get(claim.record.target)
        capabilities = target.capabilities if target else _UNKNOWN_TARGET
        _bury(ledger, claim, capabilities, clock, jitter)
    return len(claims)


def _still_sending(owner: str, delivery_id: str) -> bool:
    mine = owner.rpartition("|")[0] == owner_name().rpartition("|")[0]
    return delivery_id in _at_work if mine else surely_alive(owner)


def _bury(ledger: Ledger, claim: Claim, capabilities: Capabilities, clock: Clock, jitter: Jitter) -> None:
    event = Event(Happened.LOST, reason="The worker stopped while the record was on its way.")
    move = decide(_standing(claim.record), event, capabilities, clock(), jitter)
    ledger.move_delivery(claim.lease, claim.record.state, move, last=True)


def _look_up(work: _Work) -> State:
    """Ask the target whether it holds the record; only a sure no lets it be sent."""
    if work.target.capabilities.target_class is TargetClass.BLIND:
        event = Event(Happened.ABSENT)
    else:
        event = _attempt(work, lambda: _found(work.target.find(work.record.key)))
    if event.happened is Happened.ABSENT:
        failpoint(Failpoint.DELIVER_ABSENT)
    return work.happened(event)


def _send(work: _Work) -> State:
    """Send the record once; the ledger says already that it may have arrived."""
    delivery = work.ledger.load_delivery(work.record.id)
    event = _attempt(work, lambda: _answer(work.target, delivery))
    failpoint(Failpoint.DELIVER_ANSWERED)
    return work.happened(event)


def _compare(work: _Work) -> State:
    """Compare what the target now holds with what was sent, field by field."""
    receipt = work.record.receipt
    assert receipt is not None  # noqa: S101
    event = _attempt(work, lambda: _agreement(work, receipt))
    failpoint(Failpoint.DELIVER_READ_BACK)
    state = work.happened(event)
    if state is State.DONE:
        failpoint(Failpoint.DELIVER_DONE)
    return state


def _attempt(work: _Work, act: Callable[[], Event]) -> Event:
    """Do one thing with the target, turn what goes wrong into an event, and tell the breaker."""
    name = work.target.name
    try:
        event = act()
    except ConnectorDown as fault:
        work.ledger.target_failed(name, fault.message, down=True)
        return Event(Happened.DOWN, reason=fault.message)
    except TransientError as fault:
        work.ledger.target_failed(name, fault.message)
        return Event(Happened.NOT_SENT, reason=fault.message, retry_after=fault.retry_after)
    except BusinessError as fault:
        # Only a refusal by the target itself is a clear no; any other claims less than it knows.
        refused = isinstance(fault, RefusedByTarget)
        event = Event(Happened.REFUSED if refused else Happened.LOST, reason=str(fault))
    except Exception as fault:  # Whatever a connector throws, the record may have arrived.
        reason = _told(fault)
        work.ledger.target_failed(name, reason)
        return Event(Happened.LOST, reason=reason)
    work.ledger.target_worked(name)
    return event


def _told(fault: Exception) -> str:
    """Return a fault's message if it is one of ours; a foreign one may quote the post, so only its name is told."""
    if isinstance(fault, DeliveryUncertain):
        return fault.message
    if isinstance(fault, PostroomError):
        return str(fault)
    return f"The connector failed unexpectedly ({type(fault).__name__})."


def _found(receipt: Receipt | None) -> Event:
    return Event(Happened.ABSENT) if receipt is None else Event(Happened.FOUND, receipt)


def _answer(target: Target, delivery: Delivery) -> Event:
    return Event(Happened.ANSWERED, target.deliver(delivery))


def _agreement(work: _Work, receipt: Receipt) -> Event:
    names = work.target.capabilities.reads_back
    wanted = {name: value for name, value in work.record.fields.items() if names is None or name in names}
    if not wanted:
        return Event(Happened.AGREES)
    held = work.target.read_back(receipt)
    wrong = sorted(name for name, value in wanted.items() if held.get(name, "") != value)
    if wrong:
        reason = f"The target holds other values than were sent: {', '.join(wrong)}. Please put it right there."
        return Event(Happened.DIFFERS, reason=reason)
    return Event(Happened.AGREES)


def _standing(record: DeliveryRecord) -> Standing:
    return Standing(record.state, record.sends, record.waits, record.waiting_since, record.suspect)
