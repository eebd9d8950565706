"""Boundaries: where an earlier message begins inside a mail, as mail programs write it in several languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from extractors.readers.rows import Row


class Kind(Enum):
    """What a boundary says about the text below it."""

    REPLY = "reply"
    """"On such a day somebody wrote:"."""
    FORWARD = "forward"
    """Passed on, in so many words."""
    ORIGINAL = "original"
    """A block of From, Sent, To and Subject, which replies and forwarded mails share."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """The lines that introduce an earlier message."""

    kind: Kind
    start: int
    end: int
    """Index of the first line of the earlier message itself."""
    headers: tuple[tuple[str, str], ...] = ()
    """What its header lines say: from, date, to, cc or subject, with the value."""


_FORWARD = re.compile(
    r"^\W*(?:begin forwarded message|start of forwarded message|forwarded (?:message|mail|by)\b"
    r"|dechrau'r neges a anfonwyd ymlaen|neges (?:wedi'i hanfon|a anfonwyd) ymlaen"
    r"|message transféré|weitergeleitete nachricht|mensaje reenviado|przekazana wiadomość)[^.]{0,60}$",
    re.I,
)
_ORIGINAL = re.compile(
    r"^\W*-{2,}\W*(?:original (?:message|e-?mail|appointment)|reply message|neges wreiddiol|message d'origine"
    r"|message original|ursprüngliche nachricht|mensaje original|oorspronkelijk bericht|messaggio originale"
    r"|oryginalna wiadomość|wiadomość oryginalna|mesaj original)\W*-*\W*$",
    re.I,
)
_RULE = re.compile(r"^\s*[_\-=*]{5,}\s*$")
_LABELS = {
    "from": "from|oddi wrth|oddi|von|de|da|van|od|expéditeur|de la",
    "date": "date|sent|sent on|received|dyddiad|anfonwyd|datum|gesendet|envoyé|enviado|inviato|wysłano|data|fecha",
    "to": "to|at|i|an|à|para|a|aan|do|către",
    "cc": "cc|copi|bcc",
    "subject": "subject|pwnc|betreff|objet|asunto|oggetto|onderwerp|temat|subiect",
    "other": "reply-to|importance|sensitivity|attachments|categories|flag|follow up flag",
}
_LABEL = re.compile(
    r"^\s*[*_]{0,2}\s*(?:" + "|".join(f"(?P<{key}>{words})" for key, words in _LABELS.items()) + r")\s*[*_]{0,2}\s*:"
    r"\s*[*_]{0,2}\s*(?P<value>.*)$",
    re.I,
)
_WROTE = re.compile(
    r"^\W{0,3}(?:on|ar|le|am|el|il|op|den|w dniu|dnia)\b(?=.*\d).{6,250}?"
    r"\b(?:wrote|writes|said|ysgrifennodd\b.{0,80}|a écrit|schrieb\b.{0,80}|escribió|ha scritto|schreef\b.{0,80}"
    r"|napisał\(?a?\)?\b.{0,80}|a scris)\s*:\s*$",
    re.I,
)
_SOMEBODY_WROTE = re.compile(
    r"^[^:]{0,120}<?[\w.+-]+@[\w.-]+>?[^:]{0,60}\b(?:wrote|writes|ysgrifennodd)\b.{0,60}:\s*$", re.I
)
_DATED_ADDRESS = re.compile(r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.{0,120}<[^<>\s]+@[^<>\s]+>\s*:\s*$")
_LONGEST_INTRO = 4
_LONGEST_BLOCK = 14


def find_boundary(rows: Sequence[Row], start: int, end: int) -> Boundary | None:
    """Return the first boundary among the rows from `start` to before `end`."""
    for at in range(start, end):
        if rows[at].text and (boundary := _boundary_at(rows, at, end)) is not None:
            return boundary
    return None


def _boundary_at(rows: Sequence[Row], at: int, end: int) -> Boundary | None:
    text = rows[at].text[:400]
    if _FORWARD.match(text):
        block = _header_block(rows, _next_filled(rows, at + 1, end), end)
        return Boundary(Kind.FORWARD, at, block[0] if block else at + 1, block[1] if block else ())
    if _ORIGINAL.match(text) or _RULE.match(text):
        block = _header_block(rows, _next_filled(rows, at + 1, end), end)
        if block:
            return Boundary(Kind.ORIGINAL, at, *block)
        return Boundary(Kind.ORIGINAL, at, at + 1) if _ORIGINAL.match(text) else None
    block = _header_block(rows, at, end)
    return Boundary(Kind.ORIGINAL, at, *block) if block else _reply_intro(rows, at, end)


def _next_filled(rows: Sequence[Row], at: int, end: int) -> int:
    while at < end and not rows[at].text.strip():
        at += 1
    return at


def _header_block(rows: Sequence[Row], at: int, end: int) -> tuple[int, tuple[tuple[str, str], ...]] | None:
    """Return where the block ends and what it says, if a block of mail headers begins at that row."""
    if at >= end or not _LABEL.match(rows[at].text[:400]):
        return None
    found: list[tuple[str, str]] = []
    last = at
    blanks = 0
    for row in range(at, min(end, at + _LONGEST_BLOCK)):
        text = rows[row].text[:400]
        label = _LABEL.match(text)
        if label is not None and label.lastgroup is not None:
            key = next(name for name in _LABELS if label.group(name))
            if any(known == key for known, _ in found):
                break
            found.append((key, label.group("value").strip(" *_")))
            last, blanks = row, 0
        elif not text.strip():
            blanks += 1
            if blanks > 1 or {"from", "subject"} <= {key for key, _ in found}:
                break
        elif not _continues(found, text):
            break
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {text.strip()}".strip())
            last = row
    return (last + 1, tuple(found)) if _is_block(found) else None


def _continues(found: list[tuple[str, str]], text: str) -> bool:
    """Tell whether a row without a label goes on with the header above it, as long lists of recipients do."""
    key, value = found[-1]
    if key in ("to", "cc", "from"):
        return not value or "@" in text or value.endswith((";", ",")) or text.strip().startswith("<")
    return key in ("subject", "date") and not value


def _is_block(found: list[tuple[str, str]]) -> bool:
    values = dict(found)
    if "from" not in values or not values["from"]:
        return False
    has_address = any("@" in value for value in values.values())
    others = {"date", "to", "subject"} & values.keys()
    return len(others) >= 2 and ("subject" in others or has_address)


def _reply_intro(rows: Sequence[Row], at: int, end: int) -> Boundary | None:
    text = ""
    for stop in range(at, min(end, at + _LONGEST_INTRO)):
        piece = rows[stop].text[:400].strip()
        if not piece and stop > at + 1:
            return None
        text = f"{text} {piece}".strip()
        if _WROTE.match(text) or (stop == at and (_SOMEBODY_WROTE.match(text) or _DATED_ADDRESS.match(text))):
            return Boundary(Kind.REPLY, at, stop + 1)
        if stop == at and not re.match(r"^\W{0,3}(?:on|ar|le|am|el|il|op|den|w dniu|dnia)\b", text, re.I):
            return None
    return None
