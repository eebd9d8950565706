"""Runs of the line, and what did not go through with its evidence: no page here shows a value of the post."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.web.office import item_in_scope, office_of, person_of
from desk.web.pages import render
from desk.web.routing import DeskRouter
from desk.web.system.page import query
from desk.web.system.said import announce
from flows.choose_settings import prefect_pages
from postroom.delivery import State
from postroom.errors import ItemNotFound, NotAllowed
from postroom.ledger.operating import FAILED
from postroom.staff import May, Person

router = DeskRouter()
PAGE = 50
_AT_ONCE = 200
"""Items of one target that are tried again with one click."""
STATES = {
    State.HUMAN: "Waits for a person",
    State.REJECTED: "Refused",
    State.UNCERTAIN: "Being looked up",
    State.WAIT: "Tried again later",
}


@router.page("/system/runs", May.SEE_SYSTEM)
def runs(request: Request, before: int = 0, all: bool = False) -> Response:
    """List the runs of the line, newest first; those in which nothing happened only if asked for."""
    found = office_of(request).ledger.runs(PAGE + 1, max(0, before), idle=all)
    more = f"/system/runs?{query(before=found[PAGE - 1].id, all=all or '')}" if len(found) > PAGE else ""
    shown = found[:PAGE]
    return render(request, "system/runs.html", runs=shown, all=all, before=before, more=more, prefect=prefect_pages())


@router.page("/system/failed", May.SEE_SYSTEM)
def failed(request: Request, target: str = "", state: str = "", after: str = "") -> Response:
    """List deliveries and messages that did not go through."""
    office, person = office_of(request), person_of(request)
    announce(request)
    wanted = State(state) if state in {*FAILED} else None
    found = office.ledger.failed_deliveries(target, wanted, PAGE + 1, after)
    more = ""
    if len(found) > PAGE:
        more = f"/system/failed?{query(target=target, state=wanted, after=found[PAGE - 1].delivery.id)}"
    return render(
        request,
        "system/failed.html",
        deliveries=found[:PAGE],
        messages=[] if after or target or wanted else office.ledger.failed_messages(PAGE),
        targets=[one.name for one in office.settings.targets],
        target=target,
        state=wanted or "",
        states=[(one.value, words) for one, words in STATES.items()],
        more=more,
        after=after,
        titles={one.process: office.process_title(one.process) for one in found},
        restricted=person.restricted,
    )


@router.action("/system/failed/retry", May.RUN_SYSTEM)
def retry(request: Request, item: Annotated[str, Form()] = "", target: Annotated[str, Form()] = "") -> Response:
    """Try the stuck deliveries of one item again, or those of all items of one target."""
    if item:
        office_of(request).ledger.retry(item_in_scope(request, item).summary.id, person_of(request).sign_in_name)
        return RedirectResponse(f"/system/failed?{query(said='retried', target=target)}", 303)
    tried = _retry_all(request, target)
    return RedirectResponse(f"/system/failed?{query(said='retried' if tried else 'nothing', target=target)}", 303)


def _retry_all(request: Request, target: str) -> int:
    ledger, person = office_of(request).ledger, person_of(request)
    if target not in {one.name for one in office_of(request).settings.targets}:
        raise ItemNotFound("There is no such target.")
    found = [one for state in (State.HUMAN, State.WAIT) for one in ledger.failed_deliveries(target, state, _AT_ONCE)]
    items = dict.fromkeys(one.delivery.item_id for one in found if person.restricted or not one.protected)
    return sum(_tried(request, item_id, person) for item_id in items)


def _tried(request: Request, item_id: str, person: Person) -> bool:
    try:
        office_of(request).ledger.retry(item_id, person.sign_in_name)
    except NotAllowed:
        # Somebody must look first whether its record is there; the others are tried all the same.
        return False
    return True
