"""What people do to one field: correct it, find it right, enter it a second time; and typed values checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from desk.web.office import item_in_scope, office_of, person_of
from desk.web.pages import page
from desk.web.queue.page import filter_of
from desk.web.review.about import release_words
from desk.web.review.fields import FieldView, Typing, view, views
from desk.web.review.page import Refused, entries_of, show, showing_of
from desk.web.review.values import Typed, checked, shown, title_of
from desk.web.routing import DeskRouter
from postroom.errors import ItemNotFound, NotAllowed
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item
    from postroom.process import FieldSpec, Process

router = DeskRouter()


@router.action("/items/{item_id}/fields/{name}/check", May.DECIDE)
def check(request: Request, item_id: str, name: str, value: Annotated[str, Form()] = "") -> Response:
    """Tell whether a value being typed is one of the field's type; changes nothing."""
    _process, spec = _field(request, item_in_scope(request, item_id), name)
    typed = checked(spec, value)
    return JSONResponse({"wrong": typed.wrong, "shown": shown(typed.normal, spec)})


@router.action("/items/{item_id}/fields/{name}", May.DECIDE)
def put(
    request: Request,
    item_id: str,
    name: str,
    version: Annotated[int, Form()],
    value: Annotated[str, Form()] = "",
    chosen: Annotated[str, Form()] = "",
    alone: Annotated[bool, Form()] = False,
) -> Response:
    """Take the value of one field: another is a correction, the same an acceptance, an unseen one a second entry."""
    item = item_in_scope(request, item_id)
    process, spec = _field(request, item, name)
    typed = checked(spec, chosen or value)
    if typed.wrong:
        return _wrong(request, item, name, typed, spec, alone)
    try:
        said = _put(request, item, process, name, typed, version)
    except NotAllowed as error:
        if alone:
            return JSONResponse({"refused": str(error)}, 409)
        return show(request, item_in_scope(request, item_id), Refused(str(error), 409))
    if alone:
        return _alone(request, item_in_scope(request, item_id), name, said)
    return _on(request, item_in_scope(request, item_id), said)


def _put(request: Request, item: Item, process: Process, name: str, typed: Typed, version: int) -> str:
    """Write a value and return what is to be said of it."""
    ledger, person = office_of(request).ledger, person_of(request).sign_in_name
    item_id = item.summary.id
    entries = entries_of(request, item).get(name)
    if entries is not None and entries.blind:
        ledger.enter(item_id, name, typed.normal, person, version=version)
        after = entries_of(request, item_in_scope(request, item_id)).get(name)
        return "differs" if after is not None and after.differs else "entered"
    showing = showing_of(request, item)
    held = next((one.value for one in item.fields if one.name == name), "")
    if typed.normal == showing.seeded.get(name, held):
        ledger.accept(item_id, name, person, version, process=process)
        return "accepted"
    ledger.correct(item_id, name, typed.normal, person, version=version, process=process)
    return "corrected"


def _field(request: Request, item: Item, name: str) -> tuple[Process, FieldSpec]:
    process = office_of(request).process(item.summary.process)
    if process is None or name not in process.fields:
        raise ItemNotFound(f"Item {item.summary.id} has no such field.")
    return process, process.fields[name]


def _wrong(request: Request, item: Item, name: str, typed: Typed, spec: FieldSpec, alone: bool) -> Response:
    typing = Typing(name, typed.text, typed.wrong)
    if alone:
        one = view(showing_of(request, item, typing), name)
        return JSONResponse({"wrong": typed.wrong, "html": _html(request, item, one)}, 400)
    text = f"{title_of(name, spec)}: {typed.wrong[0].lower()}{typed.wrong[1:]}"
    return show(request, item, Refused(text, 400, f"field-{name}", typing))


def _alone(request: Request, item: Item, name: str, said: str) -> Response:
    """Answer with the field as it stands now, for a page that does not load anew."""
    showing = showing_of(request, item)
    one = view(showing, name)
    every = views(showing)
    words = {
        "accepted": f"{one.title} accepted.",
        "corrected": f"{one.title} corrected.",
        "entered": f"{one.title}: both entries agree.",
        "differs": f"{one.title}: the two entries differ. Somebody must look a third time.",
    }
    left = sum(1 for field in every if field.open)
    answer = {
        "html": _html(request, item, one),
        "version": item.summary.version,
        "words": words[said],
        "left": left,
        "release": release_words(every),
    }
    return JSONResponse(answer)


def _html(request: Request, item: Item, one: FieldView) -> str:
    version, query = item.summary.version, filter_of(request).query
    return page(request, "review/field_alone.html", one=one, item=item.summary.id, version=version, query=query)


def _on(request: Request, item: Item, said: str) -> Response:
    """Lead back to the item, at the next field to check."""
    left = next((field.name for field in views(showing_of(request, item)) if field.open), "")
    query = filter_of(request).query_with(said=said, item=item.summary.id)
    place = f"#field-{left}" if left else "#release-form"
    return RedirectResponse(f"/items/{item.summary.id}{query}{place}", 303)
