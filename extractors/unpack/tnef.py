"""Outlook wrappers (winmail.dat): the body and the files that Exchange hid in one attachment."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from extractors.sniff import TNEF, sniff
from extractors.unpack.body import Segment, best_body
from extractors.unpack.charsets import decode_text
from extractors.unpack.dispatch import take
from extractors.unpack.inline import Picture, belongs_to_layout
from extractors.unpack.parcel import Parcel, Place
from extractors.unpack.rtf import rtf_text
from postroom.document import Document, Role
from postroom.errors import UnreadableDocument


def open_enclosed_tnef(parcel: Parcel, name: str, content: bytes, place: Place) -> None:
    """Open a wrapper that stands inside another file or came by itself."""
    start = len(parcel.documents)
    segments = open_winmail(parcel, name, content, place, has_body=False)
    body = best_body(segments)
    if body is not None:
        parcel.documents.insert(start, Document(*body, Role.ENCLOSED_BODY, (*place.inside, name)))


def open_winmail(parcel: Parcel, name: str, content: bytes, place: Place, has_body: bool) -> list[Segment]:
    """Take the files out of a wrapper and return the text in it.

    Args:
        parcel: What has been found so far.
        name: Of the wrapper.
        content: Its bytes.
        place: Where it stands.
        has_body: The mail has a text of its own, of which the wrapper's is a copy.

    Raises:
        UnreadableDocument: It is damaged.
    """
    parcel.count_part()
    parcel.check_depth(place)
    wrapper = _parsed(content)
    inside = Place(place.role, (*place.inside, name or "winmail.dat"), place.depth + 1, place.archive_depth)
    for attachment in wrapper.attachments:
        parcel.count_part()
        data = bytes(attachment.data or b"")
        if data:
            shown = str(attachment.long_filename() or "")
            is_layout = sniff(data).startswith("image/") and belongs_to_layout(Picture(shown, data, attached=True), "")
            take(parcel, shown, data, replace(inside, role=Role.INLINE) if is_layout else inside)
    segments = _segments(wrapper)
    if not _is_whole(content):
        reason = (
            "This Outlook wrapper (winmail.dat) is cut short. Ask the sender to send the files as plain attachments."
        )
        parcel.problem(name or "winmail.dat", reason)
    if not wrapper.attachments and not segments:
        # A meeting answer, or a ruin: nothing to read, yet kept for a person to see.
        parcel.add(Document(name or "winmail.dat", TNEF, content, Role.INLINE, place.inside))
    return [] if has_body else segments


def _is_whole(content: bytes) -> bool:
    """Tell whether the last attribute of a wrapper ends where the wrapper does, or before."""
    at = 6
    while len(content) - at >= 9 and content[at] in (1, 2):
        at += int.from_bytes(content[at + 5 : at + 9], "little") + 11
    return at <= len(content) and at > 6


def _parsed(content: bytes) -> Any:
    import tnefparse

    # The library tells each property it does not know, with its bytes: nothing for our log.
    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)
    try:
        return tnefparse.TNEF(content, do_checksum=False)
    except Exception as error:
        raise UnreadableDocument(
            "This Outlook wrapper (winmail.dat) is damaged.",
            hint="Ask the sender to send the files as plain attachments.",
        ) from error


def _segments(wrapper: Any) -> list[Segment]:
    html, plain, rtf = (_text(wrapper, name) for name in ("htmlbody", "body", "rtfbody"))
    if not (html.strip() or plain.strip()) and rtf.strip():
        plain = rtf_text(rtf)
    return [Segment(plain, html)] if html.strip() or plain.strip() else []


def _text(wrapper: Any, name: str) -> str:
    value = getattr(wrapper, name, None)
    if isinstance(value, list):
        value = value[0] if value else None
    return decode_text(value) if isinstance(value, bytes) else str(value or "")
