"""Transfer encodings: the bytes of a part, by whatever means they were made safe to send."""

from __future__ import annotations

import base64
import binascii
import re
from email.message import Message as Part

_BEGIN = re.compile(r"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\n(.*?)^(?:end|====)[ \t]*$", re.M | re.S)


def content_of(part: Part) -> bytes:
    """Return the bytes of a leaf part, decoded as far as they can be."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, binascii.Error):
        content = None
    if isinstance(content, bytes):
        return content
    return str(part.get_payload() or "").encode("utf-8", "surrogateescape")


def enclosed_bytes(part: Part) -> bytes:
    """Return the whole mail that a message/rfc822 part holds, also where it was encoded against the standard."""
    payload = part.get_payload()
    first = payload[0] if isinstance(payload, list) and payload else None
    inner = first if isinstance(first, Part) else Part()
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "base64" and not inner.keys():
        try:
            return base64.b64decode(content_of(inner), validate=False)
        except (ValueError, binascii.Error):
            return content_of(inner)
    try:
        return inner.as_bytes(policy=inner.policy.clone(max_line_length=0))
    except (ValueError, LookupError, TypeError, AttributeError):
        # Headers that cannot be written out again are carried over as they stand.
        head = "".join(f"{name}: {value}\n" for name, value in inner.raw_items())
        return f"{head}\n".encode("utf-8", "surrogateescape") + content_of(inner)


def uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a text without the files written into it in the old Unix way, and those files."""
    files: list[tuple[str, bytes]] = []

    def lift(found: re.Match[str]) -> str:
        content = _lines_decoded(found.group(2))
        if not content:
            return found.group(0)
        files.append((found.group(1).strip(), content))
        return ""

    return (_BEGIN.sub(lift, text), files) if "\nend" in text else (text, files)


def _lines_decoded(block: str) -> bytes:
    content = bytearray()
    for line in block.splitlines():
        try:
            content += binascii.a2b_uu(line.encode("ascii", "replace"))
        except binascii.Error:
            # A line padded by a careless encoder: its first character tells how much of it counts.
            count = (((ord(line[0]) - 32) & 63) * 4 + 5) // 3
            try:
                content += binascii.a2b_uu(line[:count].encode("ascii", "replace"))
            except (binascii.Error, ValueError):
                return b""
    return bytes(content)
