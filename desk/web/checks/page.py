"""Blind samples: items that went straight through, read again by a person who does not see the values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from desk.forms import whole_number
from desk.web.checks.reading import BELONGS, Asked, asked_of, blind_pane, compared_of, left_out, taken, unmarked
from desk.web.office import item_in_scope, office_of, person_of
from desk.web.pages import Announcement, FormError, render
from desk.web.phrasing import in_london
from desk.web.routing import DeskRouter
from desk.web.source.frames import FRAME_HEADERS
from desk.web.source.marking import text_frame
from desk.web.source.pane import Sources
from postroom.behind import Behind
from postroom.clock import utc_now
from postroom.errors import ItemNotFound, NotAllowed
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item
    from postroom.ledger.sampling import Sample
    from postroom.process import Process

router = DeskRouter()
_A_YEAR = timedelta(days=365)
_SAID = {
    "agreed": Announcement("Everything you read is what was keyed."),
    "settled": Announcement("Thank you. It counts as keyed right."),
    "wrong": Announcement("A wrong value was keyed. Put it right in the target, then say so here.", "note"),
    "put-right": Announcement("It is recorded that the value was put right."),
    "none": Announcement("Nothing is left for you to read again.", "note"),
}  # fmt: skip


async def _form_of(request: Request) -> FormData:
    return await request.form()


Filled = Annotated[FormData, Depends(_form_of)]


@router.page("/checks", May.DECIDE)
def checks(request: Request) -> Response:
    """Show what there is to read again, what was keyed wrong, and how often it was right."""
    office, person = office_of(request), person_of(request)
    scope = office.scope(person)
    ids = [one.id for one in office.settings.processes]
    office.ledger.choose_samples(office.settings.desk.blind_samples, ids)
    unsettled = office.ledger.unsettled_samples(scope)
    _announce(request)
    return render(
        request,
        "checks/list.html",
        count=office.ledger.count_open_samples(scope, person),
        share=office.settings.desk.blind_samples,
        mine=[one for one in unsettled if not one.settled and one.person == person.sign_in_name],
        others=sum(1 for one in unsettled if not one.settled and one.person != person.sign_in_name),
        wrong=[_wrong(request, one) for one in unsettled if one.settled],
        title=office.process_title,
        accuracy=_accuracy(request),
    )


@router.page("/checks/next", May.DECIDE)
def following(request: Request) -> Response:
    """Lead to the next item to read again."""
    office, person = office_of(request), person_of(request)
    found = office.ledger.open_samples(office.scope(person), person, 1)
    return RedirectResponse(f"/checks/{found[0].item_id}" if found else "/checks?said=none", 303)


@router.page("/checks/{item_id}", May.DECIDE)
def check(request: Request, item_id: str) -> Response:
    """Show an item to be read again, or what came of it to whoever has read it."""
    item, sample = _sampled(request, item_id)
    if sample.checked_at is not None:
        return _show_result(request, item, sample)
    office_of(request).ledger.look(item.summary.id, person_of(request))
    return _show_form(request, item, asked_of(_process(request, item)))


@router.page("/checks/{item_id}/source", May.DECIDE)
def source(request: Request, item_id: str) -> Response:
    """Show the source pane alone, for pages that change it without loading anew."""
    item, _ = _sampled(request, item_id)
    return render(request, "review/source_alone.html", pane=blind_pane(request, item, request.query_params))


@router.page("/checks/{item_id}/documents/{index}/text", May.DECIDE)
def text(request: Request, item_id: str, index: int) -> Response:
    """Send the text of a document without a mark, for a frame."""
    item, _ = _sampled(request, item_id)
    sources = Sources.of(request, item)
    read = sources.text_of(index) if 0 <= index < len(sources.documents) else None
    if read is None:
        raise ItemNotFound(f"Item {item.summary.id} has no such text.")
    title = f"{sources.title(index)}: the words as they were read"
    return HTMLResponse(text_frame(read, unmarked(item).of(read.document_id), title), headers=FRAME_HEADERS)


@router.action("/checks/{item_id}", May.DECIDE)
def read_again(request: Request, item_id: str, form: Filled) -> Response:
    """Take what a person read."""
    item, _ = _sampled(request, item_id)
    process, ledger, person = _process(request, item), office_of(request).ledger, person_of(request)
    belongs = str(form.get(BELONGS, "yes")) != "no"
    fields, values = taken(process, form)
    if belongs and any(one.error for one in fields):
        return _show_form(request, item, fields, 400)
    agrees = ledger.read_again(item.summary.id, values if belongs else None, process, person)
    seconds, steps = (whole_number(str(form.get(name, ""))) or 0 for name in ("seconds", "steps"))
    if seconds:
        ledger.note_spell(item.summary.id, person.id, float(seconds), min(steps, 1_000_000))
    return RedirectResponse("/checks?said=agreed" if agrees else f"/checks/{item.summary.id}", 303)


@router.action("/checks/{item_id}/judge", May.DECIDE)
def judge(request: Request, item_id: str, form: Filled) -> Response:
    """Take from the reader who was right about each difference."""
    item, sample = _sampled(request, item_id)
    ledger = office_of(request).ledger
    differing = [one.field for one in ledger.sample_fields(sample.item_id) if not one.right]
    said = {name: str(form.get(f"right-{name}", "")) for name in differing}
    if any(one not in ("keyed", "entered") for one in said.values()):
        return _show_result(request, item, sample, said)
    right = ledger.judge_sample(
        sample.item_id, [name for name, one in said.items() if one == "keyed"], person_of(request)
    )
    return RedirectResponse(f"/checks?said={'settled' if right else 'wrong'}", 303)


@router.action("/checks/{item_id}/put-right", May.DECIDE)
def put_right(request: Request, item_id: str) -> Response:
    """Record that what was keyed wrong was put right by hand."""
    _, sample = _sampled(request, item_id)
    office_of(request).ledger.put_sample_right(sample.item_id, person_of(request))
    return RedirectResponse("/checks?said=put-right", 303)


def _sampled(request: Request, item_id: str) -> tuple[Item, Sample]:
    item = item_in_scope(request, item_id)
    return item, office_of(request).ledger.sample(item.summary.id)


def _process(request: Request, item: Item) -> Process:
    process = office_of(request).process(item.summary.process)
    if process is None:
        hint = "Nothing is to be done about it."
        raise NotAllowed(f"The process of item {item.summary.id} is configured no more.", hint=hint)
    return process


def _announce(request: Request) -> None:
    said = _SAID.get(request.query_params.get("said", ""))
    request.state.announcements = (said,) if said else ()


def _show_form(request: Request, item: Item, fields: Sequence[Asked], status: int = 200) -> Response:
    process = _process(request, item)
    return render(
        request,
        "checks/read.html",
        status=status,
        errors=[
            FormError(f"{one.title}: {one.error[0].lower()}{one.error[1:]}", one.id) for one in fields if one.error
        ],
        item=item.summary,
        title=process.title,
        fields=fields,
        left_out=left_out(process),
        pane=blind_pane(request, item, request.query_params),
    )


def _show_result(request: Request, item: Item, sample: Sample, said: dict[str, str] | None = None) -> Response:
    office, person = office_of(request), person_of(request)
    rows = list(compared_of(office.process(sample.process), office.ledger.sample_fields(sample.item_id), office))
    errors = [
        FormError(f"{one.title}: say which value is right", f"right-{one.name}")
        for one in rows
        if said is not None and said.get(one.name) not in (None, "keyed", "entered")
    ]
    return render(
        request,
        "checks/result.html",
        status=400 if errors else 200,
        errors=errors,
        item=item.summary,
        title=office.process_title(sample.process),
        sample=sample,
        rows=rows,
        said=said or {},
        judges=not sample.settled and sample.person == person.sign_in_name,
        deliveries=[one for one in item.deliveries if not one.letter and one.receipt],
        pane=blind_pane(request, item, request.query_params),
    )


def _wrong(request: Request, sample: Sample) -> dict[str, Any]:
    office = office_of(request)
    fields = [one for one in office.ledger.sample_fields(sample.item_id) if not one.right]
    reader = office.ledger.staff_named(sample.person)
    return {
        "sample": sample,
        "title": office.process_title(sample.process),
        "rows": list(compared_of(office.process(sample.process), fields, office)),
        "reader": reader.person.name if reader else sample.person,
    }


def _accuracy(request: Request) -> list[dict[str, Any]]:
    """Return how often the samples of the last twelve months were right: the person's processes, then their fields."""
    from config.reporting import basis_of
    from postroom.report.gathering_checks import accuracy_of

    office = office_of(request)
    behind = Behind(first=in_london(utc_now()).date() - _A_YEAR)
    counts = office.ledger.samples_behind(office.scope(person_of(request)), behind)
    items, fields = accuracy_of(counts, behind, basis_of(office.settings))
    return [
        {"title": one.title, "one": one, "fields": [each for each in fields if each.process == one.process]}
        for one in (items if len(items) > 2 else items[1:])
    ]
