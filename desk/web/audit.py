"""The history for auditors: by person, action, item and day, with proof that nothing in it was changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from fastapi import Request
from fastapi.responses import Response

from desk.web.office import office_of, person_of
from desk.web.pages import FormError, render
from desk.web.phrasing import LONDON
from desk.web.routing import DeskRouter
from desk.web.system.page import query
from postroom.ledger import HistoryEntry
from postroom.ledger.auditing import Sought
from postroom.period import typed_day
from postroom.staff import May

router = DeskRouter()
PAGE = 100


@router.page("/audit", May.SEE_AUDIT)
def audit(
    request: Request,
    person: str = "",
    action: str = "",
    item: str = "",
    day: str = "",
    before: int = 0,
    robot: bool = False,
) -> Response:
    """List the history, newest first."""
    ledger = office_of(request).ledger
    on, errors = _day(day)
    item = item.strip().upper()[:16]
    since = datetime.combine(on, time(), LONDON) if on else None
    until = datetime.combine(on + timedelta(days=1), time(), LONDON) if on else None
    # Sought by person, action or item, what the robot did is wanted as well.
    sought = Sought(person, action, item, since, until, people_only=not (robot or person or action or item))
    found = [] if errors else ledger.search_history(sought, PAGE + 1, max(0, before))
    more = ""
    if len(found) > PAGE:
        kept = {"person": person, "action": action, "item": item, "day": day, "robot": robot or ""}
        more = f"/audit?{query(**kept, before=found[PAGE - 1].sequence)}"
    shown, hidden = _without_hidden(request, found[:PAGE], named=bool(item))
    more = more if shown else ""
    count, head = ledger.history_head()
    return render(
        request,
        "audit/list.html",
        status=400 if errors else 200,
        errors=errors,
        entries=shown,
        hidden=hidden,
        actors=ledger.actors(),
        actions=ledger.actions(),
        sought={"person": person, "action": action, "item": item, "day": day, "robot": robot},
        any=bool(person or action or item or day),
        more=more,
        count=count,
        head=head,
    )


@router.action("/audit/proof", May.SEE_AUDIT)
def prove(request: Request) -> Response:
    """Work the chain of hashes out anew from the first entry, and show whether it is whole."""
    ledger = office_of(request).ledger
    count, head = ledger.history_head()
    return render(request, "audit/proof.html", count=count, head=head, broken=ledger.broken_history())


def _without_hidden(
    request: Request, entries: list[HistoryEntry], *, named: bool
) -> tuple[list[HistoryEntry], set[int]]:
    """Return entries, and which of them tell of what the person may not know; none of those if an item was named."""
    if person_of(request).restricted:
        return entries, set()
    hidden = office_of(request).ledger.protected_among(entries)
    return ([one for one in entries if not (named and one.sequence in hidden)]), hidden


def _day(text: str) -> tuple[date | None, tuple[FormError, ...]]:
    try:
        return (typed_day(text) if text else None), ()
    except ValueError:
        return None, (FormError("Enter the day as year-month-day, such as 2026-11-05.", "filter-day"),)
