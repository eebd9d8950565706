"""Sections: which lines of a mail its sender wrote, and which are an earlier message, a signature or small print."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.readers.boilerplate import mark_boilerplate
from extractors.readers.boundaries import Boundary, Kind, find_boundary
from extractors.readers.rows import Row
from postroom.text import Section

_FORWARD_SUBJECT = re.compile(r"^\W*(?:fw|fwd|wg|tr|rv|enc|yml|ymlaen|vs|doorst)\s*:", re.I)
_REPLY_SUBJECT = re.compile(r"^\W*(?:re|aw|sv|ynt|atb|ateb|antw|odp)\s*(?:\[\d+\])?\s*:", re.I)
_PASSED_ON = re.compile(
    r"\b(?:see|look at|read) (?:the )?(?:e-?mail |message |request |enquiry |attached )?(?:below|beneath)\b"
    r"|\b(?:below|beneath)\b.{0,40}\b(?:is|from|for|came|received|sent)\b|\bforward(?:ed|ing)\b"
    r"|\bpass(?:ed|ing)? (?:this |it |these )?(?:on|to|over)\b|\bone for (?:you|your|yourselves)\b"
    r"|\bfor (?:your|you to) (?:attention|action|info\w*|deal|reply|response)\b|\bfao\b|\bfyi\b|\bfya\b"
    r"|\bnot (?:one )?(?:for|ours?|us)\b|\bwrong (?:address|department|inbox|mailbox|team|e-?mail)\b"
    r"|\bcan you (?:please )?(?:deal|action|pick|help|respond|reply|advise)\b"
    r"|\b(?:sent|came) (?:in )?to (?:us|me|our)\b|\b(?:gweler isod|ymlaen atoch|er sylw)\b",
    re.I | re.S,
)
_MANY_WORDS = 60
_FEW_WORDS = 3
_GREETING = re.compile(
    r"^\s*(?:hi|hello|dear|good (?:morning|afternoon|evening)|helo|annwyl|bore da|all|team)\b.{0,40}$", re.I
)


def mark_sections(rows: Sequence[Row], subject: str = "") -> list[tuple[str, Section]]:
    """Return the text of each row with the section it belongs to.

    Args:
        rows: The lines of a body, with how deep each is quoted.
        subject: Of the mail; it tells a reply from a forwarded mail.
    """
    sections = [Section.NEW] * len(rows)
    _mark(rows, sections, subject)
    mark_boilerplate(rows, sections)
    return [(row.text, section) for row, section in zip(rows, sections, strict=True)]


def _mark(rows: Sequence[Row], sections: list[Section], subject: str) -> None:
    """Walk from the newest message down: each boundary ends it, repeats an earlier one, or passes one on."""
    own, base, first, at, end = Section.NEW, 0, 0, 0, len(rows)
    while at < end:
        boundary = find_boundary(rows, at, end)
        for row in range(at, boundary.start if boundary else end):
            sections[row] = own if rows[row].depth <= base else Section.QUOTED
        if boundary is None:
            return
        sections[boundary.start : boundary.end] = [Section.QUOTED] * (boundary.end - boundary.start)
        below = _first_depth(rows, boundary.end, end)
        if _is_forwarded(boundary, _own_texts(rows, sections, first, boundary.start, own), subject):
            subject = dict(boundary.headers).get("subject", "")
            own, base, first, at = Section.FORWARDED, below, boundary.end, boundary.end
        elif max(below, rows[boundary.start].depth) <= base:
            sections[boundary.end :] = [Section.QUOTED] * (end - boundary.end)
            return
        else:
            at = _mark_stretch(rows, sections, boundary.end, base)


def _own_texts(rows: Sequence[Row], sections: list[Section], start: int, end: int, own: Section) -> list[str]:
    return [rows[at].text for at in range(start, end) if sections[at] is own]


def _first_depth(rows: Sequence[Row], start: int, end: int) -> int:
    return next((rows[at].depth for at in range(start, end) if rows[at].text.strip()), 0)


def _mark_stretch(rows: Sequence[Row], sections: list[Section], at: int, base: int) -> int:
    """Mark the quoted rows that begin here and return the first row after them."""
    while at < len(rows) and (rows[at].depth > base or not rows[at].text.strip()):
        sections[at] = Section.QUOTED
        at += 1
    return at


def _is_forwarded(boundary: Boundary, above: Sequence[str], subject: str) -> bool:
    """Tell whether the message below a boundary is the matter itself rather than the memory of an earlier one."""
    if boundary.kind is Kind.REPLY:
        return False
    if boundary.kind is Kind.FORWARD or _FORWARD_SUBJECT.match(subject):
        return True
    own = " ".join(text for text in above if not _GREETING.match(text))
    words = len(own.split())
    if words <= _FEW_WORDS:
        return not _REPLY_SUBJECT.match(subject)
    return words <= _MANY_WORDS and bool(_PASSED_ON.search(own))
