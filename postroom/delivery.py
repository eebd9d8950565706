"""Delivery: one item for one target, the key that keeps it from being keyed twice, and what a target must offer."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """Where a delivery stands."""

    READY = "ready"
    CLAIMED = "claimed"
    """A worker has it; nothing has been sent."""
    SENDING = "sending"
    """The intent is committed: from here on the record may have arrived."""
    ACKED = "acked"
    """The target answered; the read-back is still to come."""
    DONE = "done"
    WAIT = "wait"
    """Provably not sent; tried again at a later time."""
    UNCERTAIN = "uncertain"
    """Sent, outcome unknown; looked up after the settling time, never sent blind."""
    HUMAN = "human"
    """A person decides: found, not there, or cancel."""
    REJECTED = "rejected"
    """Refused for its data."""
    CANCELLED = "cancelled"


TERMINAL = frozenset({State.DONE, State.REJECTED, State.CANCELLED})
"""States that nothing leaves by itself."""


class TargetClass(StrEnum):
    """What a target offers after an unknown outcome; declared by the connector, proven by the contract tests."""

    KEYED = "A"
    """Takes our key and refuses it twice: send again with the same key."""
    SEARCHABLE = "B"
    """Stores our key and finds it at once: look up, then send if absent."""
    LAGGING = "C"
    """Finds it late, or only by business keys: wait, look up, all keys must agree, else a person."""
    BLIND = "D"
    """Cannot be searched: an unknown outcome always goes to a person."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a target promises, as data."""

    target_class: TargetClass
    settle_seconds: float = 120.0
    """How long after a lost answer a record may still appear."""
    concurrency: int = 1
    reads_back: tuple[str, ...] | None = None
    """Names of the fields `read_back` returns; None for every field that was delivered."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a record."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One item for one target, ready to be keyed."""

    id: str
    item_id: str
    process: str
    target: str
    key: str
    """Deterministic; travels with the record into the target."""
    fields: Mapping[str, str]
    """Normal-form values by field name, as the person or the reader left them."""
    received_at: datetime
    attachments: tuple[Attachment, ...] = ()
    source_key: str = ""
    """Where its inbox finds the message it came in, for a reply."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a record arrived."""

    reference: str
    """The target's own reference for it."""
    location: str = ""
    """Where a person finds it: an address, a workbook and row."""
    details: Mapping[str, str] = field(default_factory=dict)


class Target(Protocol):
    """Where fields go. Every implementation passes tests/contracts/target.py.

    Raises only RefusedByTarget (clear no), TransientError (provably not sent), DeliveryUncertain (anything else after
    the first byte), ConnectorDown (sign-in, changed screen).
    """

    name: str
    capabilities: Capabilities

    def find(self, key: str) -> Receipt | None:
        """Look a delivery up by its key; None only if it is surely absent; a failed look-up raises."""
        ...

    def deliver(self, delivery: Delivery) -> Receipt:
        """Key the record once, with its key in it."""
        ...

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the system now holds, by field name, in normal form."""
        ...

    def check(self) -> list[str]:
        """Try the connection without writing and return what was found, a sentence each; raises ConnectorDown."""
        ...

    def close(self) -> None:
        """Give back connections and browsers; safe to repeat."""
        ...


def delivery_key(item_id: str, target: str, generation: int = 1) -> str:
    """Return `PR-` and 16 base32 characters, the same for the same item, target and generation for ever."""
    digest = hashlib.sha256(f"{item_id}\0{target}\0{generation}".encode()).digest()
    return "PR-" + base64.b32encode(digest)[:16].decode()


def payload_hash(fields: Mapping[str, str]) -> str:
    """Return the SHA-256 of the fields in a fixed order, to see whether a repeated key carries other values."""
    return hashlib.sha256(json.dumps(dict(sorted(fields.items())), ensure_ascii=False).encode()).hexdigest()
