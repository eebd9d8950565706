"""Headers: what a mail says about itself, decoded within limits and whatever its state."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.errors import MessageError
from email.header import decode_header
from email.message import Message as Part
from email.utils import getaddresses, mktime_tz, parsedate_tz

from extractors.unpack.charsets import decode_text
from postroom.message import Envelope

_KEPT_NAMES = (
    "auto-submitted precedence return-path reply-to sender in-reply-to references content-type importance "
    "priority x-priority x-failed-recipients x-loop x-mailer user-agent feedback-id errors-to delivered- "
    "to return-receipt-to disposition-notification-to thread-topic message-class x-message-flag x-pm- "
    "message-id"
)
_KEPT = frozenset(_KEPT_NAMES.split())
_KEPT_PREFIXES = ("list-", "x-auto", "x-spam", "x-ms-exchange-generated", "x-ms-exchange-inbox-rules", "auto-")
_FOLD = re.compile(r"\s*[\r\n]+\s*")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]{1,100}@[^\s<>,;:\"'()\[\]]{1,200}")
_YEARS = range(1990, 2100)
_NAME_LENGTH = 150


def header_text(value: object, limit: int = 16_000) -> str:
    """Return one header as a line of text: unfolded, encoded words and raw 8-bit characters decoded."""
    raw = str(value)[:limit] if isinstance(value, str) else str(value or "")[:limit]
    line = _FOLD.sub(" ", _repaired(raw))
    return _UNSEEN.sub("", _words(line) if "=?" in line else line).strip()


def _repaired(raw: str) -> str:
    try:
        return raw.encode("ascii").decode("ascii")
    except UnicodeEncodeError:
        return decode_text(raw.encode("utf-8", "surrogateescape"))


def _words(line: str) -> str:
    try:
        parts = decode_header(line)
    except (MessageError, ValueError, LookupError):
        return line
    texts = [
        part if isinstance(part, str) else decode_text(part, charset) if charset else decode_text(part)
        for part, charset in parts
    ]
    return "".join(texts) or line


def file_name(part: Part) -> str:
    """Return the name a part gives its file, made safe to show, or an empty string."""
    for parameter, header in (("filename", "content-disposition"), ("name", "content-type")):
        # The parser spoils raw 8-bit characters when it takes a header apart, so they are decoded before.
        repaired = Part()
        repaired[header] = _repaired(next(iter(_values(part, header)), ""))
        try:
            value = repaired.get_param(parameter, header=header)
        except (ValueError, TypeError, IndexError, MessageError):
            continue
        if isinstance(value, tuple):
            charset, _, text = value
            value = decode_text(text.encode("latin-1", "replace"), charset or "")
        if value:
            return safe_name(header_text(value))
    return ""


def safe_name(name: str) -> str:
    """Return a file name without folders, control characters and marks that turn the direction of text."""
    last = re.split(r"[\\/]", _UNSEEN.sub("", name))[-1].strip(" \"'")
    return last if len(last) <= _NAME_LENGTH else last[: _NAME_LENGTH - 12] + "…" + last[-11:]


def addresses(part: Part, name: str, limit: int = 16_000) -> list[tuple[str, str]]:
    """Return the names and lower-case addresses in all headers of that name."""
    found: list[tuple[str, str]] = []
    for raw in _values(part, name):
        line = _FOLD.sub(" ", raw[:limit])
        pairs = [(header_text(who), address) for who, address in _parsed(line) if "@" in address]
        found += pairs or [(_name_beside(line, at), at) for at in _ADDRESS.findall(header_text(line))]
    return [(who, header_text(address).strip("<>").lower()) for who, address in found]


def _parsed(line: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([line])
    except (RecursionError, ValueError, IndexError):
        return []


def _name_beside(line: str, address: str) -> str:
    text = header_text(line)
    return text[: text.find(address)].strip(" <\"',;") if len(_ADDRESS.findall(text)) == 1 else ""


def _values(part: Part, name: str) -> list[str]:
    return [str(value) for key, value in part.raw_items() if key.lower() == name]


def parse_date(text: str) -> datetime | None:
    """Return a mail date with its time zone (UTC where it names none), or None if it is none or out of all reason."""
    try:
        parts = parsedate_tz(text[:200])
        if parts is None or parts[0] not in _YEARS:
            return None
        offset = parts[9] or 0
        zone = timezone(timedelta(seconds=offset)) if offset else UTC
        return datetime.fromtimestamp(mktime_tz(parts), UTC).astimezone(zone)
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None


def _sent_at(part: Part) -> datetime | None:
    for raw in _values(part, "date"):
        if (sent := parse_date(header_text(raw))) is not None:
            return sent
    # The first Received header is the last one added: our own server's, which no sender can forge.
    for raw in _values(part, "received"):
        if (arrived := parse_date(header_text(raw).rpartition(";")[2])) is not None:
            return arrived
    return None


def read_envelope(part: Part, limit: int = 16_000) -> Envelope:
    """Return what the headers of a mail say.

    Args:
        part: The mail, parsed with the compat32 policy.
        limit: Characters of one header that are looked at.
    """
    senders = addresses(part, "from", limit) or addresses(part, "sender", limit)
    name, address = senders[0] if senders else (header_text(part.get("from", ""), limit), "")
    return Envelope(
        sender_name="" if name.lower() == address else name,
        sender_address=address,
        recipients=tuple(address for header in ("to", "cc") for _, address in addresses(part, header, limit)),
        subject=header_text(next(iter(_values(part, "subject")), ""), limit),
        sent_at=_sent_at(part),
        message_id=header_text(next(iter(_values(part, "message-id")), ""), limit),
        headers=tuple((key.lower(), header_text(value, limit)) for key, value in part.raw_items() if _is_kept(key)),
    )


def _is_kept(name: str) -> bool:
    lower = name.lower()
    return lower in _KEPT or lower.startswith(_KEPT_PREFIXES)
