"""What a mailbox makes of a mail: properties and attachments from MIME, and MIME from what a client wrote."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import formatdate, getaddresses, make_msgid, parsedate_to_datetime
from typing import Any

from tests.servers.graph.answers import stamp

SCANNING = "ATP Scan In Progress"


@dataclass(slots=True)
class Attachment:
    """One attachment as Graph shows it."""

    kind: str
    """file, item or reference."""
    name: str
    content_type: str | None = None
    content: bytes = field(default=b"", repr=False)
    inline: bool = False
    content_id: str | None = None
    id: str = ""


def properties(raw: bytes, received: datetime) -> dict[str, Any]:
    """Return the properties of a message that came as MIME."""
    mail = message_from_bytes(raw, policy=policy.default)
    sender = _addresses(mail, "from")[:1]
    kind, text = _body(mail)
    subject = clean(_header(mail, "subject"))
    return {
        **blank(received),
        "sentDateTime": stamp(_sent(mail) or received),
        "internetMessageId": clean(_header(mail, "message-id").strip()) or None,
        "subject": subject,
        "bodyPreview": preview(kind, text),
        "importance": _importance(mail),
        "conversationId": conversation(subject),
        "hasAttachments": any(not one.inline for one in attachments(raw)),
        "body": {"contentType": kind, "content": text},
        **({"sender": sender[0], "from": sender[0]} if sender else {}),
        "toRecipients": _addresses(mail, "to"),
        "ccRecipients": _addresses(mail, "cc"),
        "replyTo": _addresses(mail, "reply-to"),
    }


def blank(moment: datetime) -> dict[str, Any]:
    """Return the properties every message has."""
    when = stamp(moment)
    return {
        "createdDateTime": when,
        "lastModifiedDateTime": when,
        "categories": [],
        "receivedDateTime": when,
        "sentDateTime": when,
        "hasAttachments": False,
        "internetMessageId": None,
        "subject": "",
        "bodyPreview": "",
        "importance": "normal",
        "conversationId": conversation(secrets.token_hex(4)),
        "conversationIndex": base64.b64encode(secrets.token_bytes(22)).decode(),
        "isDeliveryReceiptRequested": None,
        "isReadReceiptRequested": False,
        "isRead": False,
        "isDraft": False,
        "webLink": "https://outlook.office365.com/owa/?ItemID=x&exvsurl=1&viewmodel=ReadMessageItem",
        "inferenceClassification": "focused",
        "body": {"contentType": "text", "content": ""},
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }


def headers(raw: bytes) -> list[dict[str, str]]:
    """Return the headers of a mail as Graph lists them."""
    mail = message_from_bytes(raw, policy=policy.compat32)
    return [{"name": clean(name), "value": clean(str(value))} for name, value in mail.items()]


def attachments(raw: bytes) -> list[Attachment]:
    """Return what is attached to a mail, in order."""
    mail = message_from_bytes(raw, policy=policy.default)
    found = []
    for part in _leaves(mail):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            inner = inner[0] if isinstance(inner, list) else inner
            name = clean(_header(inner, "subject")) if isinstance(inner, Message) else ""
            found.append(Attachment("item", name or "Untitled", None, _bytes(inner)))
        elif not _is_body(part):
            found.append(_file(part, kind))
    return found


def _file(part: Message, kind: str) -> Attachment:
    content = part.get_payload(decode=True)
    name = part.get_filename() or f"attachment{mimetypes.guess_extension(kind) or '.bin'}"
    identifier = _header(part, "content-id").strip("<> ") or None
    inline = part.get_content_disposition() == "inline" and identifier is not None
    return Attachment("file", clean(name), kind, content if isinstance(content, bytes) else b"", inline, identifier)


def _leaves(part: Message) -> Iterator[Message]:
    if part.get_content_type() == "message/rfc822" or not part.is_multipart():
        yield part
        return
    payload = part.get_payload()
    for inner in payload if isinstance(payload, list) else ():
        if isinstance(inner, Message):
            yield from _leaves(inner)


def _is_body(part: Message) -> bool:
    plain = part.get_content_type() in {"text/plain", "text/html"}
    return plain and part.get_content_disposition() != "attachment" and not part.get_filename()


def _bytes(inner: Any) -> bytes:
    return inner.as_bytes(policy=policy.compat32) if isinstance(inner, Message) else str(inner).encode()


def _body(mail: Message) -> tuple[str, str]:
    found = {part.get_content_type(): part for part in reversed(list(_leaves(mail))) if _is_body(part)}
    part = found.get("text/html") or found.get("text/plain")
    if part is None:
        return "text", ""
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = raw.decode("latin-1")
    return ("html" if part.get_content_type() == "text/html" else "text"), clean(text)


def preview(kind: str, text: str) -> str:
    """Return the beginning of a body, without tags."""
    plain = re.sub(r"<[^>]*>", " ", text) if kind == "html" else text
    return " ".join(plain[:4000].split())[:255]


def conversation(subject: str) -> str:
    """Return the conversation a subject belongs to."""
    plain = re.sub(r"^((re|fw|fwd):\s*)+", "", subject, flags=re.IGNORECASE)
    return "AAQk" + base64.urlsafe_b64encode(hashlib.sha256(plain.encode()).digest()).decode()


def clean(text: str) -> str:
    """Return text that can be sent as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _header(mail: Message, name: str) -> str:
    try:
        return str(mail[name] or "")
    except (ValueError, IndexError, TypeError, AttributeError, LookupError):
        # Some broken headers break Python's own parser; a mailbox takes them all the same.
        return ""


def _addresses(mail: Message, name: str) -> list[dict[str, Any]]:
    found = getaddresses([_header(mail, name)])
    return [recipient(clean(address), clean(shown)) for shown, address in found if address]


def recipient(address: str, name: str = "") -> dict[str, Any]:
    """Return a recipient as Graph writes one."""
    return {"emailAddress": {"name": name or address, "address": address}}


def _sent(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(mail, "date"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _importance(mail: Message) -> str:
    said = _header(mail, "importance").lower()
    return said if said in {"low", "high"} else "normal"


def with_new_boundaries(raw: bytes) -> bytes:
    """Return a mail with other boundaries: Exchange writes MIME anew each time it is asked."""
    for boundary in set(re.findall(rb'boundary="?([^\s";]+)"?', raw)):
        if len(boundary) > 6:
            raw = raw.replace(boundary, b"_000_" + secrets.token_hex(16).encode() + b"_")
    return raw


def being_scanned(raw: bytes) -> bytes:
    """Return a mail as Dynamic Delivery shows it at first: a placeholder in the place of its attachments."""
    mail = message_from_bytes(raw, policy=policy.default)
    kind, text = _body(mail)
    shown = EmailMessage()
    for name in ("from", "to", "cc", "subject", "date", "message-id", "reply-to"):
        if _header(mail, name):
            shown[name] = " ".join(_header(mail, name).split())
    shown.set_content(text, subtype="html" if kind == "html" else "plain")
    placeholder = EmailMessage()
    placeholder["Subject"] = SCANNING
    placeholder.set_content("Your attachment is being scanned and will be available soon.")
    shown.add_attachment(placeholder)
    return shown.as_bytes()


def written(found: dict[str, Any], added: list[Attachment], more_headers: list[dict[str, str]]) -> bytes:
    """Return the MIME of a message a client wrote."""
    mail = EmailMessage()
    for name, key in (("From", "from"), ("To", "toRecipients"), ("Cc", "ccRecipients"), ("Reply-To", "replyTo")):
        people = found.get(key) or []
        people = people if isinstance(people, list) else [people]
        if people:
            mail[name] = ", ".join(one["emailAddress"]["address"] for one in people)
    mail["Subject"] = " ".join(found["subject"].split())
    mail["Date"] = formatdate(datetime.fromisoformat(found["sentDateTime"]).timestamp())
    mail["Message-ID"] = found["internetMessageId"] or make_msgid(domain="stand-in.example")
    for header in more_headers:
        mail[header["name"]] = " ".join(header["value"].split())
    body = found["body"]
    mail.set_content(body["content"] or "", subtype="html" if body["contentType"] == "html" else "plain")
    for one in added:
        main, _, sub = (one.content_type or "application/octet-stream").partition("/")
        mail.add_attachment(one.content, maintype=main, subtype=sub or "octet-stream", filename=one.name)
    return mail.as_bytes()


def blank_names() -> set[str]:
    """Return the names of the properties every message has."""
    return set(blank(datetime.now(UTC)))
