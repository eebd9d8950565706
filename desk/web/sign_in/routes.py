"""Signing in and out: the pages and actions of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.web.guard import cookie_name
from desk.web.office import Office, office_of, person_of, sign_in_of
from desk.web.pages import FormError, render
from desk.web.routing import DeskRouter
from postroom.clock import utc_now
from postroom.ledger.sign_ins import LOCAL
from postroom.staff import May

router = DeskRouter()
_WRONG = "The name or the password is wrong, or there were too many attempts. Wait a little, then try again."


@router.page("/sign-in", May.ANYBODY)
def ask(request: Request, next: str = "/", ended: bool = False) -> Response:
    """Ask who it is."""
    if request.state.person is not None:
        return RedirectResponse(local_path(next), 303)
    return _asked(request, next, ended=ended)


@router.action("/sign-in", May.ANYBODY)
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Let a person with an account of the desk's own in."""
    office = office_of(request)
    staff_id = _checked(office, name, password) if office.settings.sign_in.kind == "accounts" else None
    if staff_id is None:
        return _asked(request, next, name=name[:200], errors=(FormError(_WRONG, "name"),))
    return begun(request, staff_id, next)


@router.action("/sign-out", May.SIGNED_IN)
def sign_out(request: Request) -> Response:
    """End this sign-in."""
    office_of(request).ledger.end_sign_in(sign_in_of(request).id, person_of(request).sign_in_name)
    answer = RedirectResponse("/sign-in?ended=true", 303)
    answer.delete_cookie(cookie_name(request.scope), path="/")
    return answer


def begun(request: Request, staff_id: str, next: str) -> Response:
    """Begin a sign-in of a person whose identity is proven, and lead them on."""
    office = office_of(request)
    hours = office.settings.sign_in.session_hours
    token = office.ledger.sign_in(staff_id, browser_of(request), hours)
    answer = RedirectResponse(local_path(next), 303)
    secure = request.url.scheme == "https"
    name = cookie_name(request.scope)
    answer.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def local_path(path: str) -> str:
    """Return a path of the desk's own to lead somebody to; the start page for anything else."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/sign-in")) and path.isprintable()
    return path if plain and "\\" not in path else "/"


def browser_of(request: Request) -> str:
    """Return the browser in two words, enough for a person to know their own sign-ins apart."""
    agent = request.headers.get("user-agent", "")
    kinds = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    kind = next((name for sign, name in kinds if sign in agent), "A browser")
    system = next((name for sign, name in systems if sign in agent), "")
    return f"{kind} on {system}" if system else kind


def _asked(
    request: Request, next: str, *, name: str = "", ended: bool = False, errors: Sequence[FormError] = ()
) -> Response:
    office = office_of(request)
    kind = office.settings.sign_in.kind
    nobody = kind == "accounts" and office.ledger.count_staff() == 0
    values = {"kind": kind, "next": local_path(next), "name": name, "ended": ended, "nobody": nobody}
    return render(request, "sign_in/ask.html", status=403 if errors else 200, errors=errors, **values)


def _checked(office: Office, name: str, password: str) -> str | None:
    """Return the id of the account that a name and a password belong to; None if they do not, or it must wait."""
    from desk.web.sign_in.passwords import hash_password, needs_rehash, verify, wait_after

    now = utc_now()
    record = office.ledger.staff_named(name[:200])
    known = record is not None and record.kind == LOCAL and record.person.active
    waits = record is not None and record.locked_until is not None and record.locked_until > now
    # The hash is worked out for unknown names too, so that the time of the answer tells nothing.
    right = verify(record.password if known and record else "", password[:1000])
    if record is None or not known or waits:
        return None
    if not right:
        wait = wait_after(record.failures + 1)
        office.ledger.note_wrong_password(record.person.id, now + timedelta(seconds=wait) if wait else None)
        return None
    if needs_rehash(record.password):
        office.ledger.keep_hash(record.person.id, hash_password(password))
    return record.person.id
