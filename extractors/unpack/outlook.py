"""Outlook messages (.msg): envelope, body and attachments, also of messages inside messages."""

from __future__ import annotations

import email
import logging
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import compat32
from typing import Any

from extractors.unpack.body import Segment, best_body
from extractors.unpack.charsets import decode_html
from extractors.unpack.dispatch import take
from extractors.unpack.headers import header_text, read_envelope, safe_name
from extractors.unpack.inline import Picture, belongs_to_layout
from extractors.unpack.parcel import Parcel, Place
from extractors.unpack.rtf import rtf_text
from postroom.document import Document, Role
from postroom.errors import UnreadableDocument
from postroom.message import Envelope

_SENDER_SMTP = "__substg1.0_5D01"
_HTML_BODY = "__substg1.0_10130102"


def open_enclosed_outlook(parcel: Parcel, name: str, content: bytes, place: Place) -> None:
    """Open an Outlook message that stands inside another file."""
    at = len(parcel.enclosed)
    envelope = open_outlook(parcel, content, Place(Role.ENCLOSED_BODY, (*place.inside, name), place.depth + 1))
    parcel.enclosed.insert(at, envelope)


def open_outlook(parcel: Parcel, content: bytes, place: Place) -> Envelope:
    """Open an Outlook message: its body and files go into the parcel, its envelope is returned.

    Args:
        parcel: What has been found so far.
        content: The whole file.
        place: Where it stands; its role is the body's.

    Raises:
        UnreadableDocument: It is damaged.
        LimitExceeded: Too many parts, or too deep.
    """
    import extract_msg
    from extract_msg.enums import ErrorBehavior

    # The library logs what it finds odd, with names and subjects: nothing for our log.
    logging.getLogger("extract_msg").setLevel(logging.CRITICAL)
    try:
        message = extract_msg.openMsg(content, errorBehavior=ErrorBehavior.SUPPRESS_ALL, delayAttachments=False)
    except Exception as error:
        raise UnreadableDocument(
            "This Outlook message is damaged.", hint="Ask the sender to forward the mail itself."
        ) from error
    with message:
        return _open(parcel, message, place)


def _open(parcel: Parcel, message: Any, place: Place) -> Envelope:
    parcel.count_part()
    parcel.check_depth(place)
    envelope = _envelope(message, parcel.limits.header_bytes)
    if not (envelope.subject or envelope.sender_address or envelope.sender_name or _value(message, "body")):
        raise UnreadableDocument("This Outlook message is damaged.", hint="Ask the sender to forward the mail itself.")
    page = _page(message)
    body = best_body([Segment(_plain(message, page), page)])
    if body is not None:
        parcel.add(Document(*body, place.role, place.inside))
    for attachment in _value(message, "attachments") or ():
        parcel.count_part()
        _take_attachment(parcel, attachment, page, place)
    return envelope


def _take_attachment(parcel: Parcel, attachment: Any, page: str, place: Place) -> None:
    name = safe_name(
        str(
            _value(attachment, "longFilename")
            or _value(attachment, "shortFilename")
            or _value(attachment, "name")
            or ""
        )
    )
    data = _value(attachment, "data")
    if isinstance(data, bytes):
        picture = Picture(name, data, str(_value(attachment, "cid") or ""), attached=not _value(attachment, "hidden"))
        inline = belongs_to_layout(picture, page)
        role = Role.INLINE if inline else Role.ATTACHMENT
        take(parcel, name, data, Place(role, place.inside, place.depth + 1))
    elif hasattr(data, "attachments"):
        inside = (*place.inside, name or "enclosed mail.msg")
        at = len(parcel.enclosed)
        parcel.enclosed.insert(at, _open(parcel, data, Place(Role.ENCLOSED_BODY, inside, place.depth + 1)))
    else:
        parcel.problem(
            name or "attachment", "This attachment is only a link or is damaged. Ask the sender for the file itself."
        )


def _page(message: Any) -> str:
    try:
        html = message.getStream(_HTML_BODY)
    except Exception:
        # As for every property of a broken message: absent.
        html = None
    if not html and not _value(message, "body"):
        # Drawn out of the rich text, which takes seconds: only where there is nothing else.
        html = _bytes(message, "htmlBody")
    return decode_html(html) if html else ""


def _plain(message: Any, page: str) -> str:
    plain = str(_value(message, "body") or "")
    if plain.strip() or page.strip():
        return plain.replace("\r\n", "\n")
    rtf = _bytes(message, "rtfBody")
    return rtf_text(rtf.decode("latin-1")) if rtf else ""


def _value(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name, None)
    except Exception:
        # Each property is parsed when asked for; a broken one is as good as absent.
        return None


def _bytes(owner: Any, name: str) -> bytes:
    value = _value(owner, name)
    return value if isinstance(value, bytes) else b""


def _envelope(message: Any, limit: int) -> Envelope:
    transport = _value(message, "headerText") or ""
    claimed = read_envelope(email.message_from_string(str(transport), policy=compat32), limit)
    sent = claimed.sent_at or _moment(_value(message, "date"))
    if claimed.sender_address:
        return replace(claimed, subject=header_text(_value(message, "subject") or claimed.subject), sent_at=sent)
    written = email.message_from_string("", policy=compat32)
    for header, name in (("From", "sender"), ("To", "to"), ("Cc", "cc")):
        if value := _value(message, name):
            written[header] = str(value).replace(";", ",").replace("\r", " ").replace("\n", " ")
    drawn = read_envelope(written, limit)
    address = drawn.sender_address or str(_smtp_sender(message) or "").strip().lower()
    return replace(
        drawn,
        sender_address=address,
        subject=header_text(_value(message, "subject") or ""),
        sent_at=sent,
        message_id=header_text(_value(message, "messageId") or ""),
        headers=claimed.headers,
    )


def _smtp_sender(message: Any) -> Any:
    try:
        return message.getStringStream(_SENDER_SMTP)
    except Exception:
        # As for every property of a broken message: absent.
        return None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
