"""The MIME side of a mail: its attachments, its headers, and boundaries that are written anew each time."""

from __future__ import annotations

import re
import uuid
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

_BOUNDARY = re.compile(rb'boundary="?([^";\r\n]+)"?', re.IGNORECASE)


class Attached(NamedTuple):
    """An attachment as Exchange tells of it."""

    kind: str
    """`file`, `item` for an enclosed mail, or `reference` for a link."""
    name: str
    media_type: str
    content: bytes


def written_anew(raw: bytes) -> bytes:
    """Return the same mail with other boundaries, as Exchange gives it at every request."""
    for old in dict.fromkeys(_BOUNDARY.findall(raw)):
        raw = raw.replace(old, b"_" + uuid.uuid4().hex.encode() + b"_")
    return raw


def headers(raw: bytes) -> list[tuple[str, str]]:
    """Return the headers of a mail, unfolded."""
    return [(name, " ".join(str(value).split())) for name, value in message_from_bytes(raw).items()]


def header(raw: bytes, name: str) -> str:
    """Return one header of a mail, or nothing."""
    return next((value for known, value in headers(raw) if known.lower() == name.lower()), "")


def attached(raw: bytes) -> list[Attached]:
    """Return the attachments of a mail."""
    return _attached(message_from_bytes(raw))


def _attached(part: Message) -> list[Attached]:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        name = str(inner.get("Subject", "")) if isinstance(inner, Message) else ""
        content = inner.as_bytes() if isinstance(inner, Message) else b""
        return [Attached("item", name, "message/rfc822", content)]
    if part.is_multipart():
        found: list[Attached] = []
        for below in part.get_payload():
            if isinstance(below, Message):
                found += _attached(below)
        return found
    if part.get_content_disposition() != "attachment" and part.get_content_maintype() == "text":
        return []
    content = part.get_payload(decode=True)
    name = part.get_filename() or "attachment"
    return [Attached("file", name, part.get_content_type(), content if isinstance(content, bytes) else b"")]
