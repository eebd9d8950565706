"""The way in: the page that suits a person's role, and the pages that everybody may read."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from desk.web.office import office_of, person_of
from desk.web.pages import render
from desk.web.routing import DeskRouter
from postroom.staff import May

router = DeskRouter()
_FIRST = (
    (May.DECIDE, "/queue"),
    (May.SEE_FIGURES, "/figures"),
    (May.SEE_SYSTEM, "/system"),
)
"""Where each kind of person begins."""


@router.page("/", May.SIGNED_IN)
def home(request: Request) -> Response:
    """Lead a person to where their work is."""
    person = person_of(request)
    first = next((path for permission, path in _FIRST if person.may(permission)), "/account")
    return RedirectResponse(first, 303)


@router.page("/health", May.ANYBODY)
def health(request: Request) -> Response:
    """Tell a monitor that the desk and its ledger answer."""
    office_of(request).ledger.count_staff()
    return PlainTextResponse("ok")


@router.page("/accessibility", May.ANYBODY)
def accessibility(request: Request) -> Response:
    """Show the accessibility statement."""
    desk = office_of(request).settings.desk
    return render(request, "accessibility.html", contact=desk.contact, tried=desk.accessibility_tested)


@router.page("/keys", May.ANYBODY)
def keys(request: Request) -> Response:
    """Show which keys do what on the review page."""
    return render(request, "keys.html")
