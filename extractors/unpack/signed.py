"""Signed mail: the mail inside an opaque S/MIME envelope is lifted out; encrypted mail goes to a person."""

from __future__ import annotations

from extractors import sniff
from extractors.unpack.dispatch import take
from extractors.unpack.parcel import Parcel, Place
from postroom.document import Document, Role
from postroom.errors import LockedDocument, UnreadableDocument

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_ENVELOPED_DATA = bytes.fromhex("2a864886f70d010703")
_AUTH_ENVELOPED_DATA = bytes.fromhex("2a864886f70d0109100117")
_END = b"\0\0"
_DEEPEST = 50

Element = tuple[int, bytes, int]
"""Tag, content, and index of the first byte after the element."""


def open_signed(parcel: Parcel, name: str, content: bytes, place: Place) -> None:
    """Lift the mail out of a signed one; the signature itself is not checked.

    Raises:
        LockedDocument: The mail is encrypted.
        UnreadableDocument: It is neither signed nor encrypted, or damaged.
    """
    inner = signed_content(content)
    if not inner:
        parcel.add(Document(name, sniff.SIGNED, content, Role.INLINE, place.inside))
        return
    take(parcel, "signed mail.eml", inner, place.within(name))


def signed_content(content: bytes) -> bytes:
    """Return what a CMS SignedData holds, empty for a detached signature.

    Raises:
        LockedDocument: It is encrypted.
        UnreadableDocument: It is something else, or damaged.
    """
    try:
        kind, holder = _members(_element(content, 0)[1])[:2]
        if kind[1] in (_ENVELOPED_DATA, _AUTH_ENVELOPED_DATA):
            raise LockedDocument("This mail is encrypted.", hint="Ask the sender to send it without encryption.")
        if kind[1] != _SIGNED_DATA:
            raise UnreadableDocument("This signed file is of an unknown kind.", hint="Ask the sender for a PDF file.")
        signed = _members(_element(holder[1], 0)[1])
        wrapped = _members(signed[2][1])
        return _joined(_element(wrapped[1][1], 0)) if len(wrapped) > 1 else b""
    except (IndexError, ValueError) as error:
        raise UnreadableDocument("The signed mail is damaged.", hint="Ask the sender to send it again.") from error


def _element(data: bytes, at: int, depth: int = 0) -> Element:
    """Read one BER element; those of indefinite length end with two zero bytes."""
    if depth > _DEEPEST:
        raise ValueError
    tag, first = data[at], data[at + 1]
    start = at + 2
    if first == 0x80:
        end = start
        while data[end : end + 2] != _END:
            end = _element(data, end, depth + 1)[2]
        return tag, data[start:end], end + 2
    if first & 0x80:
        width = first & 0x7F
        length = int.from_bytes(data[start : start + width], "big")
        start += width
    else:
        length = first
    if start + length > len(data):
        raise ValueError
    return tag, data[start : start + length], start + length


def _members(data: bytes) -> list[Element]:
    members, at = [], 0
    while at < len(data):
        members.append(_element(data, at))
        at = members[-1][2]
    return members


def _joined(element: Element) -> bytes:
    """Return the bytes of an octet string, which may come in pieces."""
    tag, content, _ = element
    return b"".join(_joined(member) for member in _members(content)) if tag & 0x20 else content
