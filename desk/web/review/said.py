"""What an act at an item has done, told on the page that follows: fixed sentences, chosen by codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from desk.web.office import office_of, person_of
from postroom.errors import ItemNotFound

if TYPE_CHECKING:
    from fastapi import Request


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    text: str
    kind: Literal["done", "note", "problem"] = "done"
    href: str = ""
    link: str = ""
    undo: str = ""
    """The item whose last act can be taken back from here; empty if none can."""
    more: tuple[str, ...] = ()


_AGAIN = "Item {item} waits for a person again."
_SENTENCES: Mapping[str, tuple[str, bool]] = {
    "released": ("Item {item} is released. The next run keys it.", True),
    "second": ("Item {item} is left for a second person, who enters what needs two people.", False),
    "rejected": ("Item {item} is rejected.", True),
    "no-action": ("Item {item} is closed: it needs no action.", True),
    "by-hand": ("Item {item} is recorded as keyed by hand.", False),
    "sent-back": ("The letter about item {item} goes out with the next run.", True),
    "process": ("The process was changed and the fields were read anew.", True),
    "process-away": ("Item {item} is another team's now.", False),
    "process-unread": ("The process was changed. Nothing could be read for it, so the fields are empty.", True),
    "split": ("The item was split. The new part waits in the queue as {other}.", True),
    "merged": ("Item {item} was merged into {other}.", True),
    "corrected": ("The value was corrected.", True),
    "accepted": ("The value was accepted.", True),
    "same": ("Nothing was changed.", False),
    "entered": ("The second entry agrees with the first.", True),
    "retried": ("The delivery is tried again with the next run.", False),
    "resolved-found": ("It is recorded that the record is there.", False),
    "resolved-not-there": ("The record was not there. It is sent again with the next run.", False),
    "resolved-cancel": ("The delivery is cancelled.", False),
    "undone-corrected": ("The correction was taken back.", False),
    "undone-accepted": ("The acceptance was taken back.", False),
    "undone-process-changed": ("The change of process was taken back.", False),
    "undone-closed-rejected": (_AGAIN, False),
    "undone-closed-no-action": (_AGAIN, False),
    "undone-sent-back": ("The letter was stopped. " + _AGAIN, False),
    "undone-entered": ("Your entry was taken back.", False),
    "undone-released": ("The release was taken back. " + _AGAIN, False),
    "undone-split": ("The split was taken back.", False),
    "undone-merged": ("The merge was taken back.", False),
    "undone": ("The last act was taken back.", False),
}
"""What can be said, and whether the act can be taken back."""
_NOTES: Mapping[str, str] = {
    "differs": "The two entries differ. Nothing is keyed until somebody has looked a third time.",
    "end": "That was the last item of this part of the queue. What is left below was skipped, or somebody has it open.",
    "all-open": "Nothing waits here that nobody else has open.",
}
_CAUGHT = "We had changed one value to see whether it is noticed, and you noticed it. The right value is keyed."
_MISSED = (
    "We had changed one value of item {item} to see whether it is noticed. It was not, this time. The right value is "
    "keyed, so nothing went wrong."
)


def said(request: Request) -> Said | None:
    """Return what the address says has just been done; None for nothing, or what is not in the table."""
    told = request.query_params
    code, item, other = told.get("said", ""), _item_id(told.get("item", "")), _item_id(told.get("other", ""))
    more = _outcome_of_seed(request, item) if code in ("released", "corrected") and item else ()
    if code in _NOTES:
        return Said(_NOTES[code], "note")
    if code not in _SENTENCES:
        code = "undone" if code.startswith("undone-") else ""
    if not code:
        return None
    sentence, can_be_undone = _SENTENCES[code]
    text = sentence.format(item=item or "it", other=other or "another item")
    return Said(text, undo=item if can_be_undone else "", more=more)


def _item_id(given: str) -> str:
    return given if re.fullmatch(r"[A-Z2-7]{8}", given) else ""


def _outcome_of_seed(request: Request, item_id: str) -> tuple[str, ...]:
    """Return how the check on whether people look came out, for the person it was meant for."""
    office, person = office_of(request), person_of(request)
    try:
        seed = office.ledger.seed_of(item_id)
    except ItemNotFound:
        return ()
    if seed is None or seed.caught is None or seed.person != person.sign_in_name:
        return ()
    return (_CAUGHT if seed.caught else _MISSED.format(item=item_id),)
