"""Batches: items that are alike, decided at once, each in its own transaction and with its own result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Form, Request
from fastapi.responses import Response

from desk.forms import whole_number
from desk.web.due_words import due_in_words
from desk.web.office import Office, office_of, person_of
from desk.web.pages import FormError, render
from desk.web.queue.page import called
from desk.web.review.about import NO_ACTION_REASONS, REJECT_REASONS
from desk.web.review.acts import SAY_WHY
from desk.web.review.page import doubtful_of
from desk.web.review.why import Reasoned, Why
from desk.web.routing import DeskRouter
from postroom.errors import ItemNotFound, NotAllowed, PostroomError
from postroom.reasons import TITLES
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item
    from postroom.ledger.desk_records import QueueItem
    from postroom.process import Process

router = DeskRouter()
ACTS: Mapping[str, str] = {
    "release": "Accept what was read and release",
    "no-action": "Close without action",
    "reject": "Reject",
    "process": "Give to another process",
}

_REASONS = {**NO_ACTION_REASONS, **REJECT_REASONS}
PAGE = 20
"""Items of a batch on one page."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item of a batch."""

    item: str
    done: bool
    words: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants done with the chosen items."""

    act: str
    why: str = ""
    to: Process | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person had chosen and typed when something was still wrong."""

    act: str
    why: Why
    to: str


@router.page("/batches", May.DECIDE)
def batches(request: Request) -> Response:
    """Show the batches of items that are alike."""
    office = office_of(request)
    found = [
        {
            "batch": one,
            "title": called(office, one.process),
            "kinds": [TITLES[kind] for kind in one.kinds],
        }
        for one in office.ledger.alike(office.scope(person_of(request)))
    ]
    return render(request, "batches/list.html", batches=found)


@router.page("/batches/{key}", May.DECIDE)
def batch(request: Request, key: str) -> Response:
    """Show the items of a batch, to be chosen and decided."""
    return _page(request, key, [])


@router.action("/batches/{key}", May.DECIDE)
def act(
    request: Request,
    key: str,
    why: Reasoned,
    item: Annotated[list[str] | None, Form()] = None,
    act: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
) -> Response:
    """Do the same with every chosen item; one that cannot be done holds up no other."""
    listed = {one.id: one for one in _listed(request, key)}
    seen = [one.partition(".") for one in item or []]
    versions = {found: whole_number(version) for found, _, version in seen if found in listed}
    chosen = {found: version for found, version in versions.items() if version is not None}
    wish = _wish(office_of(request), act, why, to)
    errors = [] if chosen else [FormError("Choose at least one item.", "item")]
    if isinstance(wish, FormError):
        errors.append(wish)
    if errors or isinstance(wish, FormError):
        return _page(request, key, errors, tuple(chosen), Typed(act, why, to))
    results = [_one(request, found, version, wish) for found, version in chosen.items()]
    return _page(request, key, [], results=results)


def _wish(office: Office, act: str, why: Why, to: str) -> Wish | FormError:
    if act not in ACTS:
        return FormError("Choose what is to be done.", "act")
    if act == "process":
        process = office.process(to)
        return Wish(act, to=process) if process else FormError("Choose the process they are for.", "batch-process")
    if act == "release":
        return Wish(act)
    lacking = why.lacks(_REASONS)
    if lacking:
        return FormError("Choose why." if lacking == "reason" else SAY_WHY, f"batch-{lacking}")
    return Wish(act, why.sentence(_REASONS))


def _one(request: Request, item_id: str, version: int, wish: Wish) -> Result:
    """Do with one item what was wished, and tell what became of it."""
    office = office_of(request)
    item = office.ledger.item(item_id)
    try:
        words = _deeds()[wish.act](request, item, version, wish)
    except PostroomError as error:
        return Result(item_id, False, str(error))
    return Result(item_id, True, words)


def _deeds() -> Mapping[str, Callable[[Request, Item, int, Wish], str]]:
    return {"release": _release, "no-action": _close, "reject": _close, "process": _move}


def _release(request: Request, item: Item, version: int, wish: Wish) -> str:
    office, person = office_of(request), person_of(request).sign_in_name
    process, held = office.process(item.summary.process), {one.name for one in item.fields if one.value}
    doubtful = doubtful_of(office, item)
    seed = office.ledger.seed_of(item.summary.id)
    if seed is not None and seed.active:
        raise NotAllowed("Somebody has begun to check this one.", hint="Open it and look at it by itself.")
    if process is None or any(name not in held for name in doubtful):
        raise NotAllowed("Something is missing.", hint="Open it and enter what is missing.")
    for name in doubtful:
        office.ledger.accept(item.summary.id, name, person, version, process=process)
        version += 1
    office.ledger.release(item.summary.id, process.deliver, person, process=process, version=version)
    return "Released."


def _close(request: Request, item: Item, version: int, wish: Wish) -> str:
    ledger, person = office_of(request).ledger, person_of(request).sign_in_name
    close = ledger.reject if wish.act == "reject" else ledger.no_action
    close(item.summary.id, wish.why, person, version=version)
    return "Rejected." if wish.act == "reject" else "Closed without action."


def _move(request: Request, item: Item, version: int, wish: Wish) -> str:
    from flows.read_anew import read_anew

    ledger, person, process = office_of(request).ledger, person_of(request).sign_in_name, wish.to
    assert process is not None  # noqa: S101
    read = read_anew(ledger, item, process)
    ledger.change_process(item.summary.id, process.id, person, read, version=version)
    return f"Given to {process.title}; it waits there."


def _listed(request: Request, key: str) -> list[QueueItem]:
    office, person = office_of(request), person_of(request)
    return office.ledger.batch_items(office.scope(person), key[:300], person_id=person.id)


def _page(
    request: Request,
    key: str,
    errors: list[FormError],
    chosen: Sequence[str] = (),
    typed: Typed | None = None,
    results: Sequence[Result] = (),
) -> Response:
    office, items = office_of(request), _listed(request, key)
    if not items and not results:
        raise ItemNotFound("Nothing waits in this batch.")
    process_id = key.partition(".")[0]
    return render(
        request,
        "batches/batch.html",
        status=400 if errors else 200,
        errors=errors,
        key=key,
        title=called(office, process_id),
        rows=[_row(office, one, chosen) for one in items[:PAGE]],
        size=len(items),
        results=results,
        undone=[one for one in results if not one.done],
        acts=[(code, words) for code, words in ACTS.items() if code != "release" or office.process(process_id)],
        typed=typed or Typed("", Why("", ""), ""),
        processes=[(one.id, one.title) for one in office.settings.processes if one.id != process_id],
        reasons=list(_REASONS.items()),
    )


def _row(office: Office, item: QueueItem, chosen: Sequence[str]) -> dict[str, Any]:
    """Return one item with the values that were read, so that people can tell which are meant."""
    held = office.ledger.item(item.id)
    process = office.process(item.process)
    values = [field.value for field in held.fields if field.value and not _is_blind(process, field.name)][:3]
    due, _tone = due_in_words(item.due, office.settings.desk.nation) if item.due else ("", "quiet")
    return {
        "item": item,
        "subject": held.envelope.subject if held.envelope else held.message.name,
        "values": values if process else [],
        "due": due,
        "checked": item.id in chosen,
    }


def _is_blind(process: Process | None, name: str) -> bool:
    """Tell whether a field may be one that two people enter without seeing each other's."""
    spec = process.fields.get(name) if process else None
    return spec is not None and (spec.second_entry or spec.type in ("sort-code", "account-number"))
