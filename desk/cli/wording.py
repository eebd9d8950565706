"""How reasons, days and lengths of lists read in the command's tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime


def sentence(text: str) -> str:
    """Return a reason as a sentence: a capital first, a full stop last; names before a colon stay as they are."""
    text = text.strip()
    first = text.partition(" ")[0]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if not text or text[-1] in ".?!…" else f"{text}."


def in_brief(reasons: Sequence[str]) -> str:
    """Return the first reason and how many more there are."""
    if not reasons:
        return ""
    first = sentence(reasons[0])
    return first if len(reasons) == 1 else f"{first.removesuffix('.')} + {len(reasons) - 1} more"


def day(moment: date | str) -> str:
    """Return a day as people write it, without the year where it is this one; text is an ISO date."""
    if isinstance(moment, str):
        moment = date.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = moment.astimezone()
    this_year = moment.year == datetime.now().astimezone().year
    return f"{moment.day} {moment:%b}" if this_year else f"{moment.day} {moment:%b %Y}"


def minute(moment: datetime) -> str:
    """Return a moment to the minute, in the time of this machine."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y %H:%M}"
