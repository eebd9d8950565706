"""What the review page says of an item around its fields, and what it offers to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import Request

from desk.web.due_words import due_in_words
from desk.web.office import Office, office_of, person_of, siblings_in_scope
from desk.web.phrasing import clock
from desk.web.queue.page import called, filter_of
from desk.web.source.frames import seen as without_tricks
from postroom.ledger.records import ItemState
from postroom.staff import May

if TYPE_CHECKING:
    from desk.web.review.fields import FieldView, Showing
    from postroom.ledger import HistoryEntry, Item

REJECT_REASONS = {
    "not-ours": "It is not for this council",
    "not-entitled": "The request cannot be granted",
    "unreadable": "It cannot be read",
    "incomplete": "It is not complete",
    "abuse": "It is abuse or fraud",
    "other": "Another reason",
}
NO_ACTION_REASONS = {
    "dealt-with": "It has been dealt with already",
    "information": "It is for information only",
    "thanks": "It is a thank-you or a greeting",
    "advertising": "It is advertising",
    "repeated": "It is the same as another item",
    "other": "Another reason",
}
_ACTIONS = {
    "closed-rejected": "rejected the item",
    "closed-no-action": "closed the item without action",
    "sent-back": "sent the item back",
    "done-by-hand": "keyed the item by hand",
    "took-in": "merged another item into this one",
    "corrected": "corrected {field}",
    "accepted": "accepted {field}",
    "entered": "entered {field} a second time",
    "released": "released the item",
    "undone": "took back what they did last",
    "split": "split the item",
    "merged": "merged the item",
}


@dataclass(frozen=True, slots=True)
class About:
    """What the page says and offers; see its template."""

    id: str
    title: str
    state: str
    waits: bool
    known: bool
    protected: str
    due: str
    due_tone: str
    due_day: str
    received_at: datetime
    sender: str
    subject: str
    version: int
    seen: int
    waiting: int
    like_item: str
    plan: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    targets: Sequence[str]
    processes: Sequence[tuple[str, str]]
    letters: bool
    siblings: bool
    release_words: str
    missing_asked: bool
    can_undo: bool
    may_resolve: bool
    here: str
    reject_reasons: Sequence[tuple[str, str]] = tuple(REJECT_REASONS.items())
    no_action_reasons: Sequence[tuple[str, str]] = tuple(NO_ACTION_REASONS.items())


def about_of(
    request: Request, item: Item, showing: Showing, fields: Sequence[FieldView], *, missing_asked: bool
) -> About:
    """Return what the page of an item says and offers to the person who asks."""
    office, person, summary = office_of(request), person_of(request), item.summary
    process = showing.process
    waits = summary.state is ItemState.WITH_PERSON
    due, tone = due_in_words(summary.due, office.settings.desk.nation) if summary.due and waits else ("", "quiet")
    last = item.history[-1].sequence if item.history else 0
    scope = office.scope(person)
    return About(
        id=summary.id,
        title=called(office, summary.process),
        state=summary.state,
        waits=waits,
        known=process is not None,
        protected=summary.protected.rstrip("."),
        due=due,
        due_tone=tone,
        due_day=summary.due,
        received_at=summary.received_at,
        sender=_sender(item),
        subject=without_tricks(item.envelope.subject) if item.envelope else "",
        version=summary.version,
        seen=last,
        waiting=office.ledger.queue_size(scope, filter_of(request).wanted(office)) if waits else 0,
        like_item=item.like_item,
        plan=_plan(showing, fields),
        targets=[step.target for step in process.deliver] if process else [],
        processes=[(one.id, one.title) for one in office.settings.processes if one.id != summary.process],
        letters=bool(office.settings.desk.letters and item.envelope and item.envelope.sender_address),
        siblings=bool(siblings_in_scope(request, item)),
        release_words=release_words(fields),
        missing_asked=missing_asked,
        can_undo=any(entry.actor == person.sign_in_name for entry in item.history),
        may_resolve=person.may(May.DECIDE),
        here=f"/items/{summary.id}",
    )


def changes_since(request: Request, item: Item, seen: int) -> list[str]:
    """Return what others did to an item after an entry of its history, a sentence each."""
    own = person_of(request).sign_in_name
    return [_change(office_of(request), entry, own) for entry in item.history if entry.sequence > seen]


def _change(office: Office, entry: HistoryEntry, own: str) -> str:
    record = office.ledger.staff_named(entry.actor)
    who = "You" if entry.actor == own else record.person.name if record else "The robot"
    field = entry.detail.get("field", "").replace("_", " ")
    act = _ACTIONS.get(entry.action, "changed the item").format(field=field or "it")
    return f"{who} {act} at {clock(entry.at)}."


def _sender(item: Item) -> str:
    if item.envelope is None:
        return ""
    name, address = without_tricks(item.envelope.sender_name), without_tricks(item.envelope.sender_address)
    return f"{name} ({address})" if name and address else name or address


def _plan(showing: Showing, fields: Sequence[FieldView]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what each target is given: its boxes with the values as this person sees them."""
    told = {one.name: "second entry" if one.entry.blind else one.value for one in fields}
    found = []
    for step in showing.process.deliver if showing.process else ():
        mapped = step.fields or {one.name: one.title for one in fields}
        boxes = [(box, told[name]) for name, box in mapped.items() if told.get(name)]
        found.append((step.target, boxes))
    return found


def release_words(fields: Sequence[FieldView]) -> str:
    """Return what the button says that sends an item on."""
    if any(one.entry.waits for one in fields):
        return "Leave it for a second person"
    left = sum(1 for one in fields if one.open and one.value)
    return "Release" if not left else f"Accept {left} and release"
