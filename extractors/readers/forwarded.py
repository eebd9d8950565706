"""Forwarded mails: who wrote the message passed on, and when, from the header lines it stands below."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from extractors.readers.boundaries import Boundary, Kind, find_boundary
from extractors.readers.rows import Row
from extractors.unpack.headers import parse_date
from postroom.message import Envelope
from postroom.text import Section, Text

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WELSH_MONTHS = ["ion", "chw", "maw", "ebr", "mai", "meh", "gor", "aws", "med", "hyd", "tach", "rhag"]
_DAY_MONTH = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|ain|fed|eg)?\s+(?:o\s+)?([^\W\d_]{3,})\.?,?\s+(\d{4})\b", re.I)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b", re.I)
_NUMERIC = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?!\d)")
_CLOCK = re.compile(r"(?:\b|T)(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?\s*([ap]\.?m)?", re.I)


def forwarded_envelopes(text: Text, outer: datetime | None = None) -> tuple[Envelope, ...]:
    """Return the envelopes of the mails passed on within a body, outermost first.

    The last of them belongs to the lines marked `FORWARDED` that follow it; relative dates there count from its date.

    Args:
        text: A body whose lines have been marked.
        outer: When the mail around them was sent; lends its time zone to dates that name none.
    """
    lines = [line for page in text.pages for line in page.lines]
    rows = [Row(line.text) for line in lines]
    envelopes = []
    at = 0
    while (boundary := find_boundary(rows, at, len(rows))) is not None:
        at = max(boundary.end, boundary.start + 1)
        below = next((line.section for line in lines[at:] if line.section is not Section.SIGNATURE), None)
        if boundary.kind is not Kind.REPLY and boundary.headers and below in (Section.FORWARDED, Section.DISCLAIMER):
            envelopes.append(_envelope(boundary, outer))
    return tuple(envelopes)


def _envelope(boundary: Boundary, outer: datetime | None) -> Envelope:
    headers = dict(boundary.headers)
    sender = headers.get("from", "")
    address = _ADDRESS.search(sender)
    name = re.sub(r"[<\[(]?\s*(?:mailto:)?" + _ADDRESS.pattern + r"\s*[>\])]?", "", sender).strip(" \"'<>[]();,")
    return Envelope(
        sender_name=name,
        sender_address=address.group(0).lower() if address else "",
        recipients=tuple(
            found.lower() for found in _ADDRESS.findall(f"{headers.get('to', '')} {headers.get('cc', '')}")
        ),
        subject=headers.get("subject", ""),
        sent_at=written_date(headers.get("date", ""), outer),
    )


def written_date(text: str, outer: datetime | None = None) -> datetime | None:
    """Return the moment that a header line inside a text names, or None; days come before months, as in the UK.

    Args:
        text: Such as "24 June 2026 17:20" or "Wed, 24 Jun 2026 at 5:20 PM".
        outer: Lends its time zone where the text has none; UTC without it.
    """
    standard = parse_date(text) if re.search(r"[+-]\d{4}\b|\bGMT|\bUTC", text) else None
    day = _day(text)
    if standard is not None or day is None:
        return standard
    clock = _CLOCK.search(text[day[1] :]) or _CLOCK.search(text[: day[2]])
    hour, minute = _hour(clock)
    zone = outer.tzinfo if outer is not None and outer.tzinfo is not None else timezone.utc  # noqa: UP017
    try:
        return datetime(*day[0], hour, minute, tzinfo=zone)
    except ValueError:
        return None


def _day(text: str) -> tuple[tuple[int, int, int], int, int] | None:
    if found := _ISO.search(text):
        return (int(found[1]), int(found[2]), int(found[3])), found.end(), found.start()
    if found := _DAY_MONTH.search(text):
        month = _month(found[2])
        return ((int(found[3]), month, int(found[1])), found.end(), found.start()) if month else None
    if found := _MONTH_DAY.search(text):
        month = _month(found[1])
        return ((int(found[3]), month, int(found[2])), found.end(), found.start()) if month else None
    if found := _NUMERIC.search(text):
        return (int(found[3]), int(found[2]), int(found[1])), found.end(), found.start()
    return None


def _month(name: str) -> int:
    start = name.lower()
    for names in (_MONTHS, _WELSH_MONTHS):
        for number, month in enumerate(names, 1):
            if start.startswith(month):
                return number
    return 0


def _hour(clock: re.Match[str] | None) -> tuple[int, int]:
    if clock is None:
        return 0, 0
    hour, half = int(clock[1]), (clock[3] or "").lower()
    if half.startswith("p") and hour < 12:
        hour += 12
    elif half.startswith("a") and hour == 12:
        hour = 0
    return hour, int(clock[2])
