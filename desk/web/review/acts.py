"""What people decide about an item as a whole: release, close, key by hand, give to another process, undo, resolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.forms import whole_number
from desk.web.office import item_in_scope, office_of, person_of
from desk.web.queue.page import filter_of, following
from desk.web.review.about import NO_ACTION_REASONS, REJECT_REASONS
from desk.web.review.page import Refused, doubtful_of, entries_of, show
from desk.web.review.values import title_of
from desk.web.review.why import Reasoned, Why
from desk.web.routing import DeskRouter
from postroom.errors import ItemNotFound, NotAllowed
from postroom.ledger.records import Verdict
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item

router = DeskRouter()
SAY_WHY = "Say why in your own words."


@dataclass(frozen=True, slots=True)
class Closing:
    """A way of closing an item that needs a reason."""

    act: str
    reasons: Mapping[str, str]
    choose: str
    """What is said where no reason was chosen."""
    said: str
    """The code of what is said once it is done."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person saw when they decided, and how long that took them."""

    version: int
    seen: int
    seconds: float
    steps: int


def sight_of(
    version: Annotated[int, Form()],
    seen: Annotated[int, Form()] = 0,
    seconds: Annotated[str, Form()] = "",
    steps: Annotated[str, Form()] = "",
) -> Sight:
    """Read from a form what the person saw; times that make no sense count as not measured."""
    return Sight(version, seen, float(_count(seconds)), _count(steps))


Deciding = Annotated[Sight, Depends(sight_of)]


@router.action("/items/{item_id}/release", May.DECIDE)
def release(
    request: Request,
    item_id: str,
    sight: Deciding,
    rest: Annotated[str, Form()] = "",
    anyway: Annotated[str, Form()] = "",
) -> Response:
    """Send an item on to its targets, with what is left to check taken as right."""
    item = item_in_scope(request, item_id)
    refused = _hindrance(request, item, anyway == "yes")
    # Of an item that a colleague changed meanwhile that is to be told, not what is missing by now.
    if refused and sight.version == item.summary.version:
        return show(request, item, refused)
    waits = any(entry.waits for entry in entries_of(request, item).values())
    if waits:
        return decided(request, item, sight, "second", lambda: None)
    return decided(request, item, sight, "released", lambda: _release(request, item, sight, rest == "accept"))


@router.action("/items/{item_id}/reject", May.DECIDE)
def reject(request: Request, item_id: str, sight: Deciding, why: Reasoned) -> Response:
    """Close an item as refused."""
    return _close(
        request, item_id, sight, why, Closing("reject", REJECT_REASONS, "Choose why it is rejected.", "rejected")
    )


@router.action("/items/{item_id}/no-action", May.DECIDE)
def no_action(request: Request, item_id: str, sight: Deciding, why: Reasoned) -> Response:
    """Close an item that asks for nothing."""
    choose = "Choose why nothing is to be done."
    return _close(request, item_id, sight, why, Closing("no-action", NO_ACTION_REASONS, choose, "no-action"))


@router.action("/items/{item_id}/by-hand", May.DECIDE)
def by_hand(
    request: Request,
    item_id: str,
    sight: Deciding,
    target: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
) -> Response:
    """Record that the person keyed an item themselves."""
    item, office = item_in_scope(request, item_id), office_of(request)
    process = office.process(item.summary.process)
    plan = process.deliver if process else ()
    kept = {"by-hand-target": target, "by-hand-reference": reference}
    if target not in {step.target for step in plan}:
        return show(request, item, Refused("Choose where you keyed it.", 400, "by-hand-target", kept=kept))
    if not reference.strip():
        return show(request, item, Refused("Enter its reference there.", 400, "by-hand-reference", kept=kept))
    person, named = person_of(request).sign_in_name, reference.strip()[:200]

    def act() -> None:
        office.ledger.done_by_hand(item.summary.id, target, named, person, plan, version=sight.version)

    return decided(request, item, sight, "by-hand", act, partial(not_allowed, request, item_id, sight, kept))


@router.action("/items/{item_id}/process", May.DECIDE)
def process(request: Request, item_id: str, sight: Deciding, to: Annotated[str, Form()] = "") -> Response:
    """Give an item to another process, for which its fields are read anew."""
    from flows.read_anew import read_anew

    item, office, person = item_in_scope(request, item_id), office_of(request), person_of(request)
    chosen = office.process(to)
    if chosen is None:
        return show(request, item, Refused("Choose the process it is for.", 400, "process-choice"))
    read = read_anew(office.ledger, item, chosen)
    try:
        office.ledger.change_process(item.summary.id, chosen.id, person.sign_in_name, read, version=sight.version)
    except NotAllowed as error:
        return not_allowed(request, item_id, sight, {"process-choice": to}, error)
    if not office.scope(person).holds(chosen.id, item.summary.protected):
        return RedirectResponse(following(request, "", said="process-away", item=item.summary.id), 303)
    said = "process" if read and read.fields else "process-unread"
    return back_to(request, item.summary.id, said)


@router.action("/items/{item_id}/undo", May.DECIDE)
def undo(request: Request, item_id: str) -> Response:
    """Take back the last act of the person at an item."""
    item = item_in_scope(request, item_id)
    try:
        undone = office_of(request).ledger.undo(item.summary.id, person_of(request).sign_in_name)
    except NotAllowed as error:
        return show(request, item_in_scope(request, item_id), Refused(str(error), 409))
    return back_to(request, item.summary.id, f"undone-{undone.what}")


@router.action("/items/{item_id}/retry", May.DECIDE)
def retry(request: Request, item_id: str) -> Response:
    """Try the stuck deliveries of an item again."""
    item = item_in_scope(request, item_id)
    try:
        office_of(request).ledger.retry(item.summary.id, person_of(request).sign_in_name)
    except NotAllowed as error:
        return show(request, item, Refused(str(error), 409))
    return back_to(request, item.summary.id, "retried")


@router.action("/items/{item_id}/deliveries/{delivery_id}", May.DECIDE)
def resolve(
    request: Request,
    item_id: str,
    delivery_id: str,
    verdict: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
) -> Response:
    """Say what became of a delivery whose outcome only a person can find out."""
    item = item_in_scope(request, item_id)
    if delivery_id not in {one.id for one in item.deliveries}:
        raise ItemNotFound(f"Item {item.summary.id} has no such delivery.")
    if verdict not in set(Verdict):
        kept = {f"reference-{delivery_id}": reference}
        return show(request, item, Refused("Choose what you found.", 400, f"verdict-{delivery_id}", kept=kept))
    named, kept = reference.strip()[:200], {f"verdict-{delivery_id}": verdict, f"reference-{delivery_id}": reference}
    if verdict == Verdict.FOUND and not named:
        return show(request, item, Refused("Enter its reference there.", 400, f"reference-{delivery_id}", kept=kept))
    try:
        office_of(request).ledger.resolve(delivery_id, Verdict(verdict), person_of(request).sign_in_name, named)
    except NotAllowed as error:
        return show(request, item_in_scope(request, item_id), Refused(str(error), 409))
    return back_to(request, item.summary.id, f"resolved-{verdict}")


def decided(
    request: Request,
    item: Item,
    sight: Sight,
    said: str,
    act: Callable[[], object],
    refuse: Callable[[NotAllowed], Response] | None = None,
) -> Response:
    """Do what a person decided, note how long it took, and lead to the next item.

    Args:
        request: What was asked.
        item: What it is about.
        sight: What the person saw.
        said: The code of what is said once it is done.
        act: Does it.
        refuse: Answers if it may not be done; the item's page with the refusal at its top if there is none.
    """
    ledger, person, item_id = office_of(request).ledger, person_of(request), item.summary.id
    try:
        act()
    except NotAllowed as error:
        return refuse(error) if refuse else not_allowed(request, item_id, sight, {}, error)
    if sight.seconds:
        ledger.note_spell(item_id, person.id, sight.seconds, sight.steps)
    ledger.leave(item_id, person)
    return RedirectResponse(following(request, item_id, said=said, item=item_id), 303)


def back_to(request: Request, item_id: str, said: str, **more: str) -> Response:
    """Lead back to an item."""
    return RedirectResponse(f"/items/{item_id}{filter_of(request).query_with(said=said, item=item_id, **more)}", 303)


def _close(request: Request, item_id: str, sight: Sight, why: Why, how: Closing) -> Response:
    """Close an item in one of the two ways that need a reason."""
    item, kept = item_in_scope(request, item_id), {f"{how.act}-reason": why.reason, f"{how.act}-words": why.words}
    lacking = why.lacks(how.reasons)
    if lacking:
        text = how.choose if lacking == "reason" else SAY_WHY
        return show(request, item, Refused(text, 400, f"{how.act}-{lacking}", kept=kept))
    ledger, person, sentence = office_of(request).ledger, person_of(request).sign_in_name, why.sentence(how.reasons)
    close = ledger.reject if how.act == "reject" else ledger.no_action
    act = partial(close, item.summary.id, sentence, person, version=sight.version)
    return decided(request, item, sight, how.said, act, partial(not_allowed, request, item_id, sight, kept))


def _release(request: Request, item: Item, sight: Sight, accept: bool) -> None:
    """Accept what is left to check and release, each on the version that the act before made."""
    office, person = office_of(request), person_of(request).sign_in_name
    process, version = office.process(item.summary.process), sight.version
    held = {field.name for field in item.fields if field.value}
    for name in doubtful_of(office, item) if accept else ():
        if name in held:
            office.ledger.accept(item.summary.id, name, person, version, process=process)
            version += 1
    plan = process.deliver if process else ()
    office.ledger.release(item.summary.id, plan, person, process=process, version=version)


def _hindrance(request: Request, item: Item, anyway: bool) -> Refused | None:
    """Return what must be put right before an item can be released."""
    office = office_of(request)
    process = office.process(item.summary.process)
    blind = [name for name, entry in entries_of(request, item).items() if entry.blind]
    if blind and process:
        return Refused(f"Enter {title_of(blind[0], process.fields.get(blind[0]))} first.", 400, f"field-{blind[0]}")
    held = {field.name for field in item.fields if field.value}
    missing = [name for name in doubtful_of(office, item) if name not in held]
    if not missing or anyway or process is None:
        return None
    names = ", ".join(f"“{title_of(name, process.fields[name])}”" for name in missing)
    verb = "is" if len(missing) == 1 else "are"
    text = f"{names} {verb} missing. Enter what the post says, or tick that it is to be released without."
    return Refused(text, 400, "anyway")


def not_allowed(request: Request, item_id: str, sight: Sight, kept: Mapping[str, str], error: NotAllowed) -> Response:
    """Show an item as it stands now, with why something may not be done and what the person had typed."""
    return show(request, item_in_scope(request, item_id), Refused(str(error), 409, seen=sight.seen, kept=kept))


def _count(typed: str) -> int:
    return min(whole_number(typed) or 0, 1_000_000)
