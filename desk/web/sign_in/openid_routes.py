"""Signing in through the council's OpenID provider: the way there, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps, loads

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from desk.web.guard import cookie
from desk.web.office import Office, office_of
from desk.web.pages import render
from desk.web.routing import DeskRouter
from desk.web.sign_in.openid import PENDING_SECONDS, Claimed, Pending
from desk.web.sign_in.openid_failures import SignInFailed
from desk.web.sign_in.routes import begun, local_path
from postroom.document import sha256
from postroom.staff import May, Person

router = DeskRouter()
_COOKIE = "postroom-begun"
_SHUT_OUT = "ICT has closed your access to the post room. Ask your team lead or ICT."


@router.page("/sign-in/openid", May.ANYBODY)
def leave(request: Request, next: str = "/") -> Response:
    """Send a browser to the provider."""
    office = office_of(request)
    try:
        begins = office.openid.begin()
    except SignInFailed as error:
        return _failed(request, str(error))
    token = office.ledger.keep_pending(dumps(asdict(begins.pending)), local_path(next))
    answer = RedirectResponse(begins.address, 303)
    secure = request.url.scheme == "https"
    # Bound to this browser: whoever is led to the way back with another's code has another cookie, or none.
    answer.set_cookie(
        _COOKIE, token, int(PENDING_SECONDS), path="/sign-in", secure=secure, httponly=True, samesite="lax"
    )
    return answer


@router.page("/sign-in/return", May.ANYBODY)
def come_back(request: Request) -> Response:
    """Let a person in whom the provider vouches for."""
    office = office_of(request)
    kept = office.ledger.take_pending(cookie(request.headers, _COOKIE))
    if kept is None:
        return _failed(request, "This sign-in was not begun in this browser, or it took too long. Start again.")
    pending, next = kept
    try:
        claimed = office.openid.finish(Pending(**loads(pending)), dict(request.query_params))
    except SignInFailed as error:
        return _failed(request, str(error))
    person = office.ledger.welcome(_person(office, claimed))
    if person is None:
        return _failed(request, _SHUT_OUT)
    answer = begun(request, person.id, next)
    answer.delete_cookie(_COOKIE, path="/sign-in")
    return answer


def _person(office: Office, claimed: Claimed) -> Person:
    """Return the person of a subject; the id is the same for ever and can be nobody else's."""
    identity = sha256(f"{office.openid.issuer}\0{claimed.tenant}\0{claimed.subject}".encode())[:32]
    return Person(
        identity, claimed.sign_in_name[:190], claimed.name[:200], claimed.roles, claimed.teams, claimed.restricted
    )


def _failed(request: Request, words: str) -> Response:
    return render(request, "error.html", status=403, title="You are not signed in", words=words)


@router.page("/sign-in/leave", May.ANYBODY)
def sign_out_there(request: Request) -> Response:
    """Send a browser that has signed out of the desk to sign out at the provider as well."""
    try:
        address = office_of(request).openid.sign_out_address()
    except SignInFailed as error:
        return _failed(request, str(error))
    return RedirectResponse(address or "/sign-in", 303)
