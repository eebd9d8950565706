"""Splitting an item of which a part is another matter, and merging items that are one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.web.office import item_in_scope, office_of, person_of, siblings_in_scope
from desk.web.pages import FormError, render
from desk.web.queue.page import called, filter_of
from desk.web.review.acts import Deciding, Sight, back_to
from desk.web.review.page import acts_allowed, show
from desk.web.routing import DeskRouter
from desk.web.source.pane import Sources
from postroom.errors import NotAllowed
from postroom.ledger.records import ItemState
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item, ItemSummary

router = DeskRouter()


@router.page("/items/{item_id}/split", May.DECIDE)
def choose_part(request: Request, item_id: str) -> Response:
    """Ask which documents or pages are another matter."""
    item = item_in_scope(request, item_id)
    return _split_page(request, item, []) if acts_allowed(request, item) else show(request, item)


@router.action("/items/{item_id}/split", May.DECIDE)
def split(
    request: Request,
    item_id: str,
    sight: Deciding,
    part: Annotated[list[str] | None, Form()] = None,
    to: Annotated[str, Form()] = "",
) -> Response:
    """Make an item of its own of the chosen documents and pages."""
    item, office = item_in_scope(request, item_id), office_of(request)
    every = _parts(request, item)
    known = [one["value"] for one in every]
    chosen = [one for one in known if one in (part or [])]
    errors = [] if chosen else [FormError("Choose what is another matter.", "part")]
    errors += [FormError("Something must stay with this item.", "part")] if chosen == known else []
    errors += [] if office.process(to) else [FormError("Choose the process of the new item.", "split-process")]
    if errors:
        return _split_page(request, item, errors, chosen, to)
    try:
        made = _split(request, item, sight, [one for one in known if one not in chosen], chosen, to)
    except NotAllowed as error:
        return _split_page(request, item_in_scope(request, item_id), [FormError(str(error))], chosen, to, 409)
    return back_to(request, item.summary.id, "split", other=made)


@router.page("/items/{item_id}/merge", May.DECIDE)
def choose_other(request: Request, item_id: str) -> Response:
    """Ask which item of the same message is the same matter."""
    item = item_in_scope(request, item_id)
    return _merge_page(request, item, []) if acts_allowed(request, item) else show(request, item)


@router.action("/items/{item_id}/merge", May.DECIDE)
def merge(request: Request, item_id: str, sight: Deciding, into: Annotated[str, Form()] = "") -> Response:
    """Merge an item into another one of its message, which stays."""
    item, person = item_in_scope(request, item_id), person_of(request).sign_in_name
    if into not in {one.id for one in _siblings(request, item)}:
        return _merge_page(request, item, [FormError("Choose the item that stays.", "into")])
    try:
        office_of(request).ledger.merge(item.summary.id, into, person, version=sight.version)
    except NotAllowed as error:
        return _merge_page(request, item_in_scope(request, item_id), [FormError(str(error))], 409)
    query = filter_of(request).query_with(said="merged", item=item.summary.id, other=into)
    return RedirectResponse(f"/items/{into}{query}", 303)


def _split(
    request: Request, item: Item, sight: Sight, stays: Sequence[str], goes: Sequence[str], process_id: str
) -> str:
    """Split an item and return the id of the new one."""
    from flows.read_anew import count_pages, read_part

    office = office_of(request)
    own, other = office.settings.process(item.summary.process), office.settings.process(process_id)
    parts = [
        read_part(office.ledger, item, process, _places(request, item, values))
        for process, values in ((own, stays), (other, goes))
    ]
    if any(part is None for part in parts):
        raise NotAllowed(f"Item {item.summary.id} was not read, so it cannot be split.", hint="Change its process.")
    found = [part for part in parts if part is not None]
    pages = [count_pages(office.ledger, item, part) for part in found]
    person = person_of(request).sign_in_name
    ids = office.ledger.split(item.summary.id, found, person, version=sight.version, pages=pages)
    return ids[-1]


def _places(request: Request, item: Item, values: Sequence[str]) -> dict[str, list[int]]:
    """Return the chosen documents by id, each with its pages; no pages mean all of it."""
    sources = Sources.of(request, item)
    found: dict[str, list[int]] = {}
    for value in values:
        index, _, page = value.partition("/")
        pages = found.setdefault(sources.documents[int(index)].id, [])
        if page:
            pages.append(int(page))
    return found


def _parts(request: Request, item: Item) -> list[dict[str, Any]]:
    """Return what can be moved: each page of a document with several pages, other documents whole."""
    sources = Sources.of(request, item)
    own = item.extraction.triage.document_ids
    found: list[dict[str, Any]] = []
    for index in sources.offered():
        if own and sources.documents[index].id not in own:
            continue
        text, title = sources.text_of(index), sources.title(index)
        pages = [page.number for page in text.pages] if text else []
        if len(pages) > 1:
            found += [{"value": f"{index}/{page}", "text": f"{title}, page {page}"} for page in pages]
        else:
            found.append({"value": str(index), "text": title})
    return found


def _siblings(request: Request, item: Item) -> list[ItemSummary]:
    """Return the other items of the message that the person may know of and that wait for somebody."""
    return [one for one in siblings_in_scope(request, item) if one.state is ItemState.WITH_PERSON]


def _split_page(
    request: Request,
    item: Item,
    errors: list[FormError],
    chosen: Sequence[str] = (),
    to: str = "",
    status: int | None = None,
) -> Response:
    office = office_of(request)
    return render(
        request,
        "review/split.html",
        status=status or (400 if errors else 200),
        errors=errors,
        parts=[{**one, "checked": one["value"] in chosen} for one in _parts(request, item)],
        processes=[(one.id, one.title) for one in office.settings.processes],
        to=to,
        known=office.process(item.summary.process) is not None,
        **_around(request, item),
    )


def _merge_page(request: Request, item: Item, errors: list[FormError], status: int | None = None) -> Response:
    office = office_of(request)
    others = [(one.id, called(office, one.process)) for one in _siblings(request, item)]
    return render(
        request,
        "review/merge.html",
        status=status or (400 if errors else 200),
        errors=errors,
        others=others,
        **_around(request, item),
    )


def _around(request: Request, item: Item) -> dict[str, Any]:
    return {
        "item": item.summary.id,
        "version": item.summary.version,
        "seen": item.history[-1].sequence if item.history else 0,
        "query": filter_of(request).query,
        "title": office_of(request).process_title(item.summary.process),
    }
