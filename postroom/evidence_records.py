"""What evidence of an item consists of: plain values for people and programs alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """The message as it came."""

    id: str
    inbox: str
    name: str
    received_at: datetime
    sha256: str
    size: int
    duplicate_of: str
    sender: str
    """As the mail claims, as all of the following."""
    subject: str
    sent_at: datetime | None
    mail_id: str


@dataclass(frozen=True, slots=True)
class File:
    """A document that was found in the message."""

    sha256: str
    name: str
    media_type: str
    role: str
    inside: tuple[str, ...]
    """The files it was unpacked from, outermost first."""
    size: int
    own: bool
    """Whether the item was read from it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A field: its value, and what was read where by which rule."""

    field: str
    title: str
    value: str
    read: str
    words: str
    document: str
    """SHA-256 of the document; empty where a person added the value."""
    document_name: str
    page: int
    box: tuple[float, float, float, float] | None
    confidence: float | None
    rule: str
    others: tuple[tuple[str, float], ...] = ()
    """What else it might have been."""
    hidden: bool = False
    """Whether it is left out, because another person is to enter it unseen."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value, or the process, before and after a person changed it."""

    field: str
    title: str
    before: str
    after: str
    person: str
    name: str
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class SecondEntry:
    """A value that two people entered without seeing each other's."""

    field: str
    title: str
    people: tuple[tuple[str, str, datetime | None], ...]
    """Sign-in name, name and time of each entry."""
    standing: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery with its receipt."""

    id: str
    target: str
    key: str
    generation: int
    letter: bool
    state: str
    fields: Mapping[str, str]
    reference: str
    location: str
    details: Mapping[str, str]
    reason: str
    sends: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the history."""

    sequence: int
    at: datetime
    person: str
    name: str
    action: str
    detail: Mapping[str, str]
    delivery: str
    covers: str
    sha256: str
    follows: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it."""

    item: str
    process: str
    title: str
    state: str
    protected: str
    due: str
    configuration: str
    sorted_as: str
    sorted_surely: float
    sorted_because: tuple[str, ...]
    reasons: tuple[str, ...]
    arrived: Arrived
    files: tuple[File, ...]
    values: tuple[Value, ...]
    changes: tuple[Change, ...]
    second_entries: tuple[SecondEntry, ...]
    deliveries: tuple[Sent, ...]
    history: tuple[Event, ...]
    whole: bool = True
    """Whether all of the message is shown; else only what the item was read from, because of protected post in it."""

    @property
    def proven(self) -> bool:
        """Whether every entry of the history is as it was written."""
        return all(event.follows for event in self.history)

    @property
    def hides(self) -> bool:
        """Whether a value is left out."""
        return any(value.hidden for value in self.values)
