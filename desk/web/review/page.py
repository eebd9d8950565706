"""The review page: an item beside its source, with everything that a person can do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from desk.web.office import Office, item_in_scope, office_of, person_of
from desk.web.pages import FormError, render
from desk.web.phrasing import clock
from desk.web.queue.page import filter_of, following
from desk.web.review.about import about_of, changes_since
from desk.web.review.fields import Entry, FieldView, Showing, Typing, view, views
from desk.web.review.said import said
from desk.web.review.values import title_of
from desk.web.routing import DeskRouter
from desk.web.source.pane import Marks, Pane, Sources, pane_of
from postroom.ledger.records import ItemState
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item


router = DeskRouter()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an act was not done, to be told on the page it was asked for on."""

    text: str
    status: int = 400
    field: str = ""
    """The id of the input to put right."""
    typing: Typing | None = None
    seen: int | None = None
    """The last thing in the history that the person could have seen, if the item changed since."""
    kept: Mapping[str, str] | None = None
    """What the person had chosen and typed, by the id of the input, so that nobody enters it again."""


@router.page("/items/{item_id}", May.SEE_ITEMS)
def item(request: Request, item_id: str) -> Response:
    """Show an item."""
    found = item_in_scope(request, item_id)
    if _waits(found) and person_of(request).may(May.DECIDE):
        plant(request, found)
        office_of(request).ledger.look(found.summary.id, person_of(request))
    return show(request, found)


@router.page("/items/{item_id}/skip", May.SEE_ITEMS)
def skip(request: Request, item_id: str) -> Response:
    """Lead to the next item of the queue, leaving this one as it is."""
    found = item_in_scope(request, item_id)
    office_of(request).ledger.leave(found.summary.id, person_of(request))
    return RedirectResponse(following(request, found.summary.id, at_end="end"), 303)


@router.page("/items/{item_id}/now", May.SEE_ITEMS)
def now(request: Request, item_id: str, version: int = 0, seen: int = 0) -> Response:
    """Tell who else has an item open and whether it changed, and note that this person has it open."""
    found = item_in_scope(request, item_id)
    ledger, person = office_of(request).ledger, person_of(request)
    if _waits(found) and person.may(May.DECIDE):
        ledger.look(found.summary.id, person)
    changed = changes_since(request, found, seen) if found.summary.version != version else []
    words = [*presence_words(request, found), *changed]
    if changed:
        words.append("Load the page again before you go on; what you typed is not saved.")
    return JSONResponse({"words": words, "changed": bool(changed)})


@router.action("/items/{item_id}/leave", May.DECIDE)
def leave(request: Request, item_id: str) -> Response:
    """Note that a person has an item open no longer."""
    found = item_in_scope(request, item_id)
    office_of(request).ledger.leave(found.summary.id, person_of(request))
    return Response(status_code=204)


def show(request: Request, found: Item, refused: Refused | None = None) -> Response:
    """Return the page of an item, with what could not be done told at its top."""
    showing = showing_of(request, found, refused.typing if refused else None)
    every = views(showing)
    acts = acts_allowed(request, found)
    errors = [FormError(refused.text, refused.field)] if refused else []
    chosen = filter_of(request)
    return render(
        request,
        "review/page.html",
        status=refused.status if refused else 200,
        errors=errors,
        kept=(refused.kept or {}) if refused else {},
        about=about_of(request, found, showing, every, missing_asked=bool(refused and refused.field == "anyway")),
        pane=source_pane(request, found, showing),
        doubtful=[one for one in every if one.open or one.error],
        settled=[one for one in every if not (one.open or one.error)],
        reasons=found.disposition.reasons,
        deliveries=found.deliveries,
        presence=presence_words(request, found) if acts else [],
        changes=changes_since(request, found, refused.seen) if refused and refused.seen is not None else [],
        query=chosen.query,
        said=said(request),
        acts_allowed=acts,
    )


def acts_allowed(request: Request, found: Item) -> bool:
    """Tell whether the person may decide about an item now."""
    return _waits(found) and person_of(request).may(May.DECIDE)


def showing_of(request: Request, found: Item, typing: Typing | None = None) -> Showing:
    """Return what decides how an item's fields look to the person who asks."""
    office = office_of(request)
    process = office.process(found.summary.process)
    seed = office.ledger.seed_of(found.summary.id) if acts_allowed(request, found) else None
    seeded = {seed.field: seed.shown} if seed and seed.active else {}
    return Showing(
        found,
        process,
        doubtful_of(office, found) if _waits(found) else (),
        Sources.of(request, found),
        filter_of(request).query,
        seeded,
        entries_of(request, found),
        typing,
    )


def doubtful_of(office: Office, found: Item) -> Sequence[str]:
    """Return the names of the fields that a person must look at."""
    from postroom.doubt import doubtful

    process = office.process(found.summary.process)
    return doubtful(found, process) if process else ()


def entries_of(request: Request, found: Item) -> Mapping[str, Entry]:
    """Return how the entries of fields that two people enter stand, as the person who asks may know it."""
    from postroom.second_entry import Standing, open_entries

    office, me = office_of(request), person_of(request).sign_in_name.casefold()
    process = office.process(found.summary.process)
    if process is None or not _waits(found):
        return {}
    made = office.ledger.entries(found.summary.id)
    told = {}
    for name, standing in open_entries(process, found.fields, made).items():
        mine = any(entry.person.casefold() == me for entry in made.get(name, ()))
        differs = standing is Standing.DIFFERENT
        told[name] = Entry(
            blind=differs or (standing is Standing.ONE and not mine),
            waits=mine and not differs,
            differs=differs,
            first=standing is Standing.NONE,
        )
    return told


def plant(request: Request, found: Item) -> None:
    """Show a known error in some items, so that the desk learns whether people look."""
    office = office_of(request)
    process = office.process(found.summary.process)
    share = office.settings.desk.seeded_errors
    if process is not None and share:
        office.ledger.plant(found.summary.id, share, process)


def presence_words(request: Request, found: Item) -> list[str]:
    """Return who else has an item open."""
    lookers = office_of(request).ledger.lookers(found.summary.id, person_of(request).id)
    return [
        f"{one.name} has had this item open since {clock(one.since)}. Ask before you decide; nobody can overwrite the "
        "other's work."
        for one in lookers
    ]


def marks_for(request: Request, found: Item) -> Marks:
    """Return the places of an item's fields."""
    return _marks(office_of(request), found)


def source_pane(request: Request, found: Item, showing: Showing | None = None) -> Pane | None:
    """Return the source pane as the address asks for it; it begins where the first field to check was read."""
    office = office_of(request)
    sources = showing.sources if showing else Sources.of(request, found)
    doubtful = showing.doubtful if showing else doubtful_of(office, found)
    keep = {name: value for name, value in request.query_params.items() if name in ("process", "kind", "team")}
    return pane_of(sources, request.query_params, keep, _first_place(sources, found, doubtful), _marks(office, found))


def field_view(request: Request, found: Item, name: str, typing: Typing | None = None) -> FieldView:
    """Return one field of an item."""
    return view(showing_of(request, found, typing), name)


def _marks(office: Office, found: Item) -> Marks:
    process = office.process(found.summary.process)
    titles = {one.name: title_of(one.name, process.fields.get(one.name) if process else None) for one in found.fields}
    return Marks(found, titles, doubtful_of(office, found) if _waits(found) else ())


def _first_place(sources: Sources, found: Item, doubtful: Sequence[str]) -> tuple[int, int] | None:
    wanted = [one for one in found.fields if one.name in doubtful] + list(found.fields)
    places = (sources.place_of(one.read.provenance) for one in wanted if one.read is not None)
    return next((place for place in places if place is not None), None)


def _waits(found: Item) -> bool:
    return found.summary.state is ItemState.WITH_PERSON
