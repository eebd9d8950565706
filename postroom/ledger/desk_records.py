"""What the ledger hands out to the desk: plain values, never a row of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from datetime import datetime

from postroom.document import Role
from postroom.fields import Field
from postroom.reasons import Kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which waiting items are asked for."""

    process: str = ""
    """Empty for every process."""
    kind: Kind | None = None
    """Only items with a reason of this kind."""
    processes: frozenset[str] | None = None
    """Only items of these processes, such as a team's; None for every process."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An item that waits for a person, in a list."""

    id: str
    message_id: str
    inbox: str
    process: str
    reasons: tuple[str, ...]
    kinds: tuple[Kind, ...]
    protected: str
    due: str
    received_at: datetime
    created_at: datetime
    version: int
    doubtful: int
    """How many of its values were missing, unsure or at odds when it was read."""
    looked_at_by: str = ""
    """Who else has it open now."""
    entered_by: tuple[str, ...] = ()
    """Sign-in names of those who entered a value that another person must enter as well."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many items wait, by what people filter by."""

    by_process: Mapping[str, int]
    by_kind: Mapping[Kind, int]
    """An item with reasons of two kinds counts under both."""
    total: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Waiting items that are alike: of one process and held for the same kinds of reasons."""

    key: str
    process: str
    kinds: tuple[Kind, ...]
    reasons: tuple[str, ...]
    """What all of them are held for, without numbers and names."""
    items: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Looker:
    """A person who has an item open now."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Undone:
    """What a person took back."""

    what: str
    """The act, as the history names it: `corrected`, `accepted`, `released`, `split`…"""
    field: str = ""
    """The field, where it was about one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person's entry of a value that two people enter without seeing each other's."""

    number: int
    value: str = part(repr=False)
    person: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seed:
    """A known error shown to a reviewer in place of the value that was read; the item itself holds the true value."""

    item_id: str
    field: str
    shown: str = part(repr=False)
    planted_at: datetime
    person: str = ""
    """Who caught it, missed it, or decided otherwise; empty while it is shown."""
    caught: bool | None = None
    """None while it is shown, and where the item was decided without its values being keyed."""
    at: datetime | None = None
    """When it stopped being shown."""

    @property
    def active(self) -> bool:
        """Whether it is shown still."""
        return self.at is None


@dataclass(frozen=True, slots=True)
class SeedRate:
    """How many known errors a person was shown and saw."""

    caught: int
    missed: int

    @property
    def rate(self) -> float:
        """The share that was caught (0..1)."""
        return self.caught / (self.caught + self.missed)


@dataclass(frozen=True, slots=True)
class Taught:
    """A correction with what was read: what there is to learn from."""

    id: int
    item_id: str
    message_id: str
    process: str
    """The item's process now."""
    field: str
    """Empty if the process was changed."""
    before: str = part(repr=False)
    after: str = part(repr=False)
    read: Field | None = part(repr=False)
    """What the reader chose and where, with what else it might have been; None if the reader found nothing."""
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document of a message without its bytes."""

    id: str
    name: str
    media_type: str
    role: Role
    inside: tuple[str, ...]
    size: int
