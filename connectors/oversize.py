"""Post too large to take in: a small stand-in takes its place, so that a person hears of it and nothing is lost.

The stand-in names no service and holds a part that nothing can read, so it can only go to a person. The post itself
stays where it is, and moves to done or held with the stand-in's outcome.
"""

from __future__ import annotations

import re
from base64 import b64encode

MAXIMUM_BYTES = 60_000_000
"""Largest piece of post taken in, unless the settings say otherwise; Exchange Online lets 35 to 150 MB through."""

_KEPT = frozenset({b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id"})
_HEADER = re.compile(rb"^([!-9;-~]+):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n", re.MULTILINE)
_HEADER_BYTES = 64_000


def scan_stand_in(size: int, limit: int, place: str) -> bytes:
    """Return the text that stands for a file that is too large.

    Args:
        size: Bytes of the file.
        limit: Bytes allowed.
        place: Where a person finds the file, such as `the drop folder`.
    """
    return (
        f"This file was not read: it has {size / 1e6:.1f} MB, and up to {limit / 1e6:.1f} MB are taken in.\n"
        f"A person must open it in {place}.\n"
    ).encode()


def mail_stand_in(headers: bytes, size: int, limit: int) -> bytes:
    """Return a small mail with the sender's own From, To, Subject and Date that stands for one that is too large.

    Args:
        headers: The header block of the mail, as it arrived.
        size: Bytes of the mail.
        limit: Bytes allowed.
    """
    block = headers[:_HEADER_BYTES].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    kept = b"".join(match[0] for match in _HEADER.finditer(block) if match[1].lower() in _KEPT)
    text = scan_stand_in(size, limit, "the mailbox").replace(b"\n", b"\r\n")
    boundary = b"postroom-stand-in"
    unread = b64encode(b"\x00\x01not taken in\x00")
    parts = (
        kept + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="' + boundary + b'"',
        b"--" + boundary + b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text.rstrip(),
        b"--" + boundary + b"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="not-taken-in.bin"\r\n\r\n' + unread,
        b"--" + boundary + b"--\r\n",
    )
    return b"\r\n".join((parts[0], b"", *parts[1:]))
