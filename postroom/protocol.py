"""The delivery protocol: a pure function from what is known and what happened to what is done next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from postroom.delivery import Capabilities, Receipt, State, TargetClass

MAX_SENDS = 4
"""Attempts with an unknown outcome, or failed read-backs, before a person decides."""
LONGEST_WAIT = 900.0
FIRST_WAIT = 2.0
GIVE_UP_AFTER = timedelta(hours=24)
"""How long a delivery that provably never left is tried again before a person hears of it."""

Jitter = Callable[[float, float], float]
"""Returns a number between two numbers."""


class Happened(StrEnum):
    """What can happen to a delivery."""

    FOUND = "found"
    """The target holds a record with our key."""
    ABSENT = "absent"
    """The target surely holds none."""
    ANSWERED = "answered"
    """The target took the record and said so."""
    REFUSED = "refused"
    """A clear no, for the record's data."""
    NOT_SENT = "not-sent"
    """A technical fault, and provably nothing was changed."""
    DOWN = "down"
    """The connector cannot work."""
    LOST = "lost"
    """No clear answer, or the worker died: the record may have arrived, or may yet."""
    AGREES = "agrees"
    """The target holds what was sent."""
    DIFFERS = "differs"
    """The target holds other values than were sent."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, with what is known about it."""

    happened: Happened
    receipt: Receipt | None = None
    reason: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the protocol needs to know of a delivery."""

    state: State
    sends: int = 0
    """Attempts whose outcome was not clear at once."""
    waits: int = 0
    """Technical faults in a row."""
    waiting_since: datetime | None = None
    suspect: bool = False
    """Whether the record may be there although nobody has proven it."""


@dataclass(frozen=True, slots=True)
class Move:
    """What the ledger writes."""

    state: State
    sends: int
    waits: int
    waiting_since: datetime | None
    next_at: datetime
    suspect: bool
    receipt: Receipt | None = None
    """None keeps the one that is there."""
    reason: str = ""


def decide(standing: Standing, event: Event, target: Capabilities, now: datetime, jitter: Jitter) -> Move:
    """Return the next state of a delivery.

    Raises:
        ValueError: That cannot happen in this state; a fault of the program.
    """
    if event.happened is Happened.DOWN:
        return _untouched(standing, event, now)
    steps = {
        State.CLAIMED: _claimed,
        State.SENDING: _sending,
        State.UNCERTAIN: _uncertain,
        State.ACKED: _acked,
    }
    move = steps[standing.state](standing, event, target, now, jitter) if standing.state in steps else None
    if move is None:
        raise ValueError(f"{event.happened} cannot happen to a delivery that is {standing.state}.")
    return move


def _claimed(standing: Standing, event: Event, target: Capabilities, now: datetime, jitter: Jitter) -> Move | None:
    match event.happened:
        case Happened.FOUND:
            return _to(State.ACKED, standing, now, receipt=event.receipt)
        case Happened.ABSENT if target.target_class is TargetClass.BLIND and standing.suspect:
            return _to(State.HUMAN, standing, now, reason="It may have arrived already, and nobody can look it up.")
        case Happened.ABSENT:
            # From here on the record may be there, and the ledger must say so before the first byte leaves.
            return _to(State.SENDING, standing, now, sends=standing.sends + 1, suspect=True)
        case Happened.NOT_SENT | Happened.REFUSED:
            return _wait(State.WAIT, standing, event, now, jitter)
        case Happened.LOST:
            return _to(State.READY, standing, now)
    return None


def _sending(standing: Standing, event: Event, target: Capabilities, now: datetime, jitter: Jitter) -> Move | None:
    match event.happened:
        case Happened.ANSWERED:
            return _to(State.ACKED, standing, now, receipt=event.receipt)
        case Happened.REFUSED:
            return _to(State.REJECTED, standing, now, suspect=False, reason=event.reason)
        case Happened.NOT_SENT:
            return _wait(State.WAIT, _unsent(standing), event, now, jitter)
        case Happened.LOST if target.target_class is TargetClass.BLIND:
            return _to(State.HUMAN, standing, now, reason=event.reason)
        case Happened.LOST:
            keyed = target.target_class is TargetClass.KEYED
            settle = timedelta(seconds=0 if keyed else target.settle_seconds)
            return _to(State.UNCERTAIN, standing, now + settle, reason=event.reason)
    return None


def _uncertain(standing: Standing, event: Event, target: Capabilities, now: datetime, jitter: Jitter) -> Move | None:
    match event.happened:
        case Happened.FOUND:
            return _to(State.ACKED, standing, now, receipt=event.receipt)
        case Happened.ABSENT if standing.sends >= MAX_SENDS:
            reason = f"Sent {standing.sends} times without a clear answer; it is not there."
            return _to(State.HUMAN, standing, now, suspect=False, reason=reason)
        case Happened.ABSENT:
            return _to(State.READY, standing, now, suspect=False)
        case Happened.NOT_SENT | Happened.REFUSED | Happened.LOST:
            return _wait(State.UNCERTAIN, standing, event, now, jitter)
    return None


def _acked(standing: Standing, event: Event, target: Capabilities, now: datetime, jitter: Jitter) -> Move | None:
    match event.happened:
        case Happened.AGREES:
            return _to(State.DONE, standing, now, suspect=False)
        case Happened.DIFFERS:
            return _to(State.HUMAN, standing, now, reason=event.reason)
        case Happened.NOT_SENT | Happened.REFUSED | Happened.LOST if standing.waits + 1 >= MAX_SENDS:
            return _to(State.HUMAN, standing, now, reason="It was keyed, but could not be read back to be compared.")
        case Happened.NOT_SENT | Happened.REFUSED | Happened.LOST:
            return _wait(State.ACKED, standing, event, now, jitter)
    return None


def _to(
    state: State,
    standing: Standing,
    next_at: datetime,
    *,
    sends: int | None = None,
    suspect: bool | None = None,
    receipt: Receipt | None = None,
    reason: str = "",
) -> Move:
    sending = state is State.SENDING
    return Move(
        state,
        sends=standing.sends if sends is None else sends,
        # Only an answer ends a row of faults.
        waits=standing.waits if sending else 0,
        waiting_since=standing.waiting_since if sending else None,
        next_at=next_at,
        suspect=standing.suspect if suspect is None else suspect,
        receipt=receipt,
        reason=reason,
    )


def _wait(state: State, standing: Standing, event: Event, now: datetime, jitter: Jitter) -> Move:
    since = standing.waiting_since or now
    if state is not State.ACKED and now - since >= GIVE_UP_AFTER:
        hours = GIVE_UP_AFTER // timedelta(hours=1)
        reason = f"The target could not be worked with for {hours} hours. {event.reason}".strip()
        return _to(State.HUMAN, standing, now, reason=reason)
    longest = min(FIRST_WAIT * 2.0 ** min(standing.waits, 20), LONGEST_WAIT)
    seconds = jitter(0.0, longest) if event.retry_after is None else event.retry_after
    later = now + timedelta(seconds=seconds)
    return Move(
        state, standing.sends, standing.waits + 1, since, later, standing.suspect, receipt=None, reason=event.reason
    )


def _unsent(standing: Standing) -> Standing:
    """Take an attempt back that provably never left."""
    sends = max(standing.sends - 1, 0)
    return Standing(standing.state, sends, standing.waits, standing.waiting_since, suspect=False)


def _untouched(standing: Standing, event: Event, now: datetime) -> Move:
    """Leave a delivery as it was, because its connector is down; nothing was sent in this attempt."""
    if standing.state is State.SENDING:
        standing = _unsent(standing)
    early = standing.state in (State.CLAIMED, State.SENDING)
    state = State.READY if early else standing.state
    return Move(
        state,
        standing.sends,
        standing.waits,
        standing.waiting_since,
        now,
        standing.suspect,
        reason=event.reason,
    )
