"""What the ledger hands out: plain values, never a row of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from postroom.delivery import Receipt, State
from postroom.disposition import Disposition, Outcome
from postroom.fields import Field
from postroom.message import Envelope
from postroom.reasons import Kind
from postroom.workitem import Extraction


class Stage(StrEnum):
    """How far a message has come."""

    RECEIVED = "received"
    """Its bytes are stored; to be read."""
    READ = "read"
    """Its reading is stored; to be made into items."""
    ITEMISED = "itemised"
    """Its items are stored; to be settled in its inbox once all of them are final."""
    SETTLED = "settled"


class ItemState(StrEnum):
    """Where a work item stands; the five ways in which post is accounted for."""

    IN_FLIGHT = "in-flight"
    WITH_PERSON = "with-person"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    NO_ACTION = "no-action"


FINAL = (ItemState.DELIVERED, ItemState.REJECTED, ItemState.NO_ACTION)
"""States in which nothing more is to do for an item."""
OPEN = (ItemState.IN_FLIGHT, ItemState.WITH_PERSON)
"""The other states; databases find a few of many rows by what they are, not by what they are not."""


class Verdict(StrEnum):
    """What a person found out about a delivery whose outcome is unknown."""

    FOUND = "found"
    NOT_THERE = "not-there"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a message that was handed to the ledger."""

    message_id: str
    new: bool
    """False if the ledger held it already."""
    duplicate_of: str
    """The earlier message of the same inbox with the same bytes; empty if there is none."""
    stage: Stage
    taken_back: bool = False
    """Whether staff took it back, so that it is theirs wherever it lies."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to work on one thing until a moment, proven by its fence."""

    kind: str
    """`message`, `delivery`, or what else takes turns, such as `mailbox`."""
    subject: str
    owner: str
    fence: int
    """Grows with every change of hands; a write with an older one is refused."""
    until: datetime


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message without its bytes."""

    id: str
    inbox: str
    source_key: str
    name: str
    digest: str
    received_at: datetime
    stage: Stage
    attempts: int
    duplicate_of: str
    claimed: bool = False
    """Whether it is known to carry the robot's mark in its inbox; told of followed inboxes alone."""


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """A work item in a list."""

    id: str
    message_id: str
    inbox: str
    process: str
    outcome: Outcome
    state: ItemState
    reasons: tuple[str, ...]
    protected: str
    due: str
    received_at: datetime
    created_at: datetime
    kinds: tuple[Kind, ...] = ()
    version: int = 0
    """Grows with every change, so that a decision on an older look is refused."""
    pages: int = 0
    """Pages of paper or scan it was read from."""
    configuration: str = ""
    """The version of the configuration it was made under."""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemField:
    """A field of an item: the value that counts now, and what was read."""

    name: str
    value: str
    read: Field | None
    """None if a person added the field."""
    confidence: float = 0.0
    """As it stands now."""

    @property
    def confirmed(self) -> bool:
        """Whether a person corrected it or found it right; no reader is ever as sure."""
        return self.confidence >= 1

    @property
    def corrected(self) -> bool:
        """Whether a person changed or added it."""
        return self.read is None or self.read.value != self.value


@dataclass(frozen=True, slots=True)
class Correction:
    """One field, or the process, changed by a person."""

    field: str
    """Empty if the process was changed."""
    before: str
    after: str
    person: str
    at: datetime
    undone: bool = False
    """Whether the person took it back."""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery with its state."""

    id: str
    item_id: str
    target: str
    generation: int
    key: str
    fields: Mapping[str, str]
    state: State
    suspect: bool
    """Whether the record may have arrived although nobody has proven it."""
    sends: int
    waits: int
    waiting_since: datetime | None
    next_at: datetime
    receipt: Receipt | None
    reason: str
    created_at: datetime
    changed_at: datetime
    letter: bool = False
    """Whether it is a letter to the sender rather than a record."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened, in order of the sequence."""

    sequence: int
    at: datetime
    actor: str
    action: str
    detail: Mapping[str, str]
    message_id: str = ""
    item_id: str = ""
    delivery_id: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Everything the ledger holds about a work item."""

    summary: ItemSummary
    message: MessageRecord
    envelope: Envelope | None
    extraction: Extraction
    """As it was read; `fields` and `disposition` are as they stand now."""
    disposition: Disposition
    fields: tuple[ItemField, ...]
    corrections: tuple[Correction, ...]
    deliveries: tuple[DeliveryRecord, ...]
    history: tuple[HistoryEntry, ...]
    like_item: str
    """The earlier item whose fields are all the same; empty if there is none."""

    @property
    def values(self) -> dict[str, str]:
        """The values that count now, by field name."""
        return {field.name: field.value for field in self.fields if field.value}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where every message is, counted once."""

    received: int
    delivered: int
    no_action: int
    rejected: int
    with_person: int
    in_flight: int

    @property
    def balanced(self) -> bool:
        """Whether every message received is accounted for."""
        counted = self.delivered + self.no_action + self.rejected + self.with_person + self.in_flight
        return self.received == counted


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a target's connector has fared lately."""

    target: str
    failures: int
    """Technical failures in a row."""
    open_until: datetime | None
    """Until then nothing is sent to it; None while it works."""
    reason: str
