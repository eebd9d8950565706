"""A document: one file inside a message, after unpacking; its identity is the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


def sha256(content: bytes) -> str:
    """Return the lower-case hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


class Role(StrEnum):
    """What part a document plays in its message."""

    BODY = "body"
    """The text a person wrote, of the outermost mail."""
    ENCLOSED_BODY = "enclosed-body"
    """The text of a mail that was forwarded as an attachment."""
    ATTACHMENT = "attachment"
    INLINE = "inline"
    """A picture that belongs to the layout of the mail: a logo, a signature."""
    SCAN = "scan"
    """A file that arrived by itself, without a mail around it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of a message."""

    name: str
    """As the sender gave it; for people to see, never a path to write to and never proof of a type."""
    media_type: str
    """Sniffed from the bytes, such as `application/pdf`; `application/octet-stream` if unknown."""
    content: bytes = field(repr=False)
    role: Role = Role.ATTACHMENT
    inside: tuple[str, ...] = ()
    """Names of the files it was unpacked from, outermost first."""
    id: str = ""
    """SHA-256 of the bytes, worked out when not given."""

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", sha256(self.content))
