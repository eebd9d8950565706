"""A message: one piece of post as it arrived, an e-mail with its attachments or one dropped scan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from postroom.disposition import Disposition
from postroom.document import Document, sha256
from postroom.text import Text


@dataclass(frozen=True, slots=True)
class Message:
    """One piece of post as an inbox hands it over."""

    inbox: str
    """The configured name of the inbox."""
    source_key: str
    """Where the inbox finds it again: a file name; folder, UIDVALIDITY and UID. Unique in the inbox at one time."""
    name: str
    """File name of the raw bytes, for people."""
    raw: bytes = field(repr=False)
    """The bytes as they arrived: a whole RFC 5322 mail, a .msg, or the scan."""
    received_at: datetime
    """When it reached the inbox, with a time zone; the inbox's own record, not the sender's claim."""
    lasting: bool = False
    """Whether the source key is never given to other post, so that it alone is the identity: mail servers that write a
    mail's bytes anew each time they are asked are not to make two messages of one."""
    problems: tuple[Problem, ...] = ()
    """Parts that the inbox could not bring along; they send the message to a person."""

    @property
    def digest(self) -> str:
        """SHA-256 of the raw bytes."""
        return sha256(self.raw)

    @property
    def id(self) -> str:
        """Identity: inbox, place and bytes together, so that no one of them alone can lose or double a message.

        A lasting source key stands for the bytes as well.
        """
        return sha256(f"{self.inbox}\0{self.source_key}\0{'' if self.lasting else self.digest}".encode())[:32]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of a mail say; every value is the sender's claim."""

    sender_name: str = ""
    sender_address: str = ""
    """Lower case; empty for a bounce."""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime | None = None
    """With a time zone; None if the Date header is missing or broken."""
    message_id: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that tell robots, lists and bounces from people: lower-case name, unfolded value, in order."""

    def header(self, name: str) -> str:
        """Return the first header of that lower-case name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A message taken apart: its envelope and every document in it, the body first."""

    envelope: Envelope | None
    """None for a dropped scan."""
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()
    enclosed: tuple[Envelope, ...] = ()
    """Envelopes of mails forwarded inside this one, outermost first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a message that could not be read; it sends the message to a person."""

    document: str
    """Name of the document as the sender gave it."""
    reason: str
    """In words an officer understands, ending in what to do."""


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message with the text of each document that could be read."""

    unpacked: Unpacked
    texts: tuple[Text, ...]
    problems: tuple[Problem, ...] = ()
    """Of unpacking and of reading together."""
    received_at: datetime | None = None

    def text_of(self, document: Document) -> Text | None:
        """Return the text read from a document, if it could be read."""
        return next((text for text in self.texts if text.document_id == document.id), None)


class Inbox(Protocol):
    """Where post comes from. Every implementation passes tests/contracts/inbox.py."""

    name: str

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` messages not yet claimed or settled, oldest first; safe to repeat, changes nothing."""
        ...

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Mark a message as taken, after the ledger holds it, so that people see the robot has it; safe to repeat."""
        ...

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Move a message to done or held, after all its items are done; never deletes; safe to repeat."""
        ...

    def check(self) -> list[str]:
        """Try the connection and return what was found, a sentence each; raises ConnectorDown."""
        ...

    def close(self) -> None:
        """Give back connections; safe to repeat."""
        ...


@dataclass(frozen=True, slots=True)
class Followed:
    """What one look into an inbox with a cursor brought."""

    messages: list[Message]
    """New post, oldest first."""
    bookmark: str
    """Where the next look goes on; to be kept only after these messages are in the ledger and claimed."""
    taken_back: tuple[str, ...] = ()
    """Source keys of post in hand that staff moved away, deleted or unmarked."""


class InHand(Collection[str], Protocol):
    """Source keys of an inbox's post that is claimed and not settled, as the ledger knows them."""

    def is_over(self, source_key: str) -> bool:
        """Whether the ledger is through with a message: it was settled, or staff took it back."""
        ...


@runtime_checkable
class FollowedInbox(Inbox, Protocol):
    """An inbox that can tell what changed since the last look, and so sees what staff do to post in hand."""

    def follow(self, limit: int, bookmark: str, in_hand: InHand | None) -> Followed:
        """Return up to `limit` new messages and what staff took back; safe to repeat, changes nothing.

        Args:
            limit: How many messages at most.
            bookmark: What the last look returned; empty for a look at everything.
            in_hand: What the ledger knows: a mail that carries the robot's mark and is not among them was marked by a
                run that was cut off, and is handed over again; one that is over is staff's, wherever they put it. None
                where there is no ledger, so that the mark alone decides.
        """
        ...

    def claim_all(self, messages: Sequence[Message]) -> None:
        """Claim several messages with as few calls as can be; safe to repeat."""
        ...
