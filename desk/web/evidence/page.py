"""Evidence of an item: all that is known of it on one page to print, and as a pack to take away."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.background import BackgroundTask

from desk.web.evidence.pack import Taken, crops_of, write_pack
from desk.web.evidence.view import cleaned, entered, evidence_for, happened, proof_of, who
from desk.web.office import item_in_scope, office_of, person_of
from desk.web.pages import render
from desk.web.routing import DeskRouter
from postroom.clock import utc_now
from postroom.errors import NotAllowed
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.evidence_records import Evidence

router = DeskRouter()
_IN_MEMORY = 16_000_000
_CHUNK = 65536


@router.page("/items/{item_id}/evidence", May.SEE_ITEMS)
def page(request: Request, item_id: str) -> Response:
    """Show everything that is known of an item."""
    evidence = _evidence(request, item_id)
    office, person = office_of(request), person_of(request)
    return render(
        request,
        "evidence/page.html",
        evidence=cleaned(evidence),
        crops={name: f"/items/{evidence.item}/crops/{name}" for name in crops_of(evidence)},
        happened=happened,
        who=who,
        entered=entered,
        proof_of=proof_of,
        may_take_originals=person.may(May.TAKE_ORIGINALS),
        may_see_configuration=person.may(May.SEE_SYSTEM),
        head=office.ledger.history_head(),
    )


@router.action("/items/{item_id}/evidence/pack", May.SEE_ITEMS)
def take(request: Request, item_id: str) -> Response:
    """Send the evidence as a pack, which the history notes."""
    return _taken(request, _evidence(request, item_id), originals=False)


@router.page("/items/{item_id}/evidence/originals", May.TAKE_ORIGINALS)
def ask(request: Request, item_id: str) -> Response:
    """Ask whether the post itself is to be taken away as well."""
    evidence = _evidence(request, item_id)
    _see_that_all_is_theirs(evidence)
    return render(request, "evidence/originals.html", evidence=cleaned(evidence))


@router.action("/items/{item_id}/evidence/originals", May.TAKE_ORIGINALS)
def take_originals(request: Request, item_id: str) -> Response:
    """Send the evidence with the post as it arrived, which the history notes."""
    evidence = _evidence(request, item_id)
    _see_that_all_is_theirs(evidence)
    return _taken(request, evidence, originals=True)


def _evidence(request: Request, item_id: str) -> Evidence:
    return evidence_for(office_of(request), item_in_scope(request, item_id), person_of(request))


def _see_that_all_is_theirs(evidence: Evidence) -> None:
    if not evidence.whole:
        raise NotAllowed(
            f"The message of item {evidence.item} also holds post that only named people may see.",
            hint="Somebody who is named can take the original; the pack without it is free to take.",
        )


def _taken(request: Request, evidence: Evidence, *, originals: bool) -> Response:
    office, person = office_of(request), person_of(request)
    office.ledger.note_evidence_taken(evidence.item, person.sign_in_name, originals=originals)
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    try:
        # Gathered anew, so that the pack tells of its own taking.
        taken = Taken(person.sign_in_name, person.name, utc_now(), originals)
        write_pack(office, _evidence(request, evidence.item), taken, spool)
    except BaseException:
        spool.close()
        raise
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{evidence.item}.zip"',
        "Content-Length": str(spool.tell()),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    spool.seek(0)
    closing = BackgroundTask(spool.close)
    return StreamingResponse(_chunks(spool), media_type="application/zip", headers=headers, background=closing)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
