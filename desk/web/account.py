"""A person's own account: who they are here, where they are signed in, their password and their keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.web.guard import cookie, cookie_name
from desk.web.office import Office, office_of, person_of, sign_in_of
from desk.web.pages import FormError, render
from desk.web.routing import DeskRouter
from desk.web.system.said import announce
from postroom.errors import BusinessError, ItemNotFound
from postroom.ledger.sign_ins import LOCAL
from postroom.staff import ROLE_TITLES, May, Person

router = DeskRouter()
Password = Annotated[str, Form()]
_LONGEST = 1000


@router.page("/account", May.SIGNED_IN)
def account(request: Request) -> Response:
    """Show a person what the desk knows of them."""
    announce(request)
    return _page(request, {})


@router.action("/account/password", May.SIGNED_IN)
def change_password(request: Request, old: Password = "", new: Password = "", again: Password = "") -> Response:
    """Change the person's own password; every other sign-in of theirs ends."""
    from desk.web.sign_in.passwords import hash_password

    office, person = office_of(request), person_of(request)
    problems = _problems(office, person, old[:_LONGEST], new[:_LONGEST], again[:_LONGEST])
    if problems:
        return _page(request, problems)
    token = cookie(request.headers, cookie_name(request.scope))
    office.ledger.set_password(person.id, hash_password(new), person.sign_in_name, keep=token)
    return RedirectResponse("/account?said=password", 303)


@router.action("/account/end", May.SIGNED_IN)
def end(request: Request, sign_in: Annotated[str, Form()] = "") -> Response:
    """End one of the person's own sign-ins."""
    office, person = office_of(request), person_of(request)
    if sign_in not in {one.id for one in office.ledger.sign_ins_of(person.id)}:
        raise ItemNotFound("There is no such sign-in of yours.")
    office.ledger.end_sign_in(sign_in, person.sign_in_name)
    return RedirectResponse("/account?said=ended", 303)


def _page(request: Request, problems: dict[str, str]) -> Response:
    office, person = office_of(request), person_of(request)
    return render(
        request,
        "account/account.html",
        status=400 if problems else 200,
        errors=tuple(FormError(words, field) for field, words in problems.items()),
        problems=problems,
        roles=[ROLE_TITLES[role] for role in sorted(person.roles)],
        sign_ins=office.ledger.sign_ins_of(person.id),
        this=sign_in_of(request).id,
        local=office.ledger.staff_member(person.id).kind == LOCAL,
    )


def _problems(office: Office, person: Person, old: str, new: str, again: str) -> dict[str, str]:
    """Return what is wrong with a change of password, by the input in which it is put right."""
    from datetime import timedelta

    from desk.web.sign_in.passwords import password_problem, verify, wait_after
    from postroom.clock import utc_now

    record, now = office.ledger.staff_member(person.id), utc_now()
    if record.kind != LOCAL:
        raise BusinessError("Your password is kept by the council's OpenID provider.", hint="Change it there.")
    if record.locked_until is not None and record.locked_until > now:
        return {"old": "There were too many attempts. Wait a little, then try again."}
    if not verify(record.password, old):
        wait = wait_after(record.failures + 1)
        office.ledger.note_wrong_password(person.id, now + timedelta(seconds=wait) if wait else None)
        return {"old": "The present password is wrong."}
    if new == old:
        return {"new": "Choose another than the present one."}
    if new != again:
        return {"again": "The two new passwords are not the same."}
    problem = password_problem(new, council=office.settings.council, names=(person.name, person.sign_in_name))
    return {"new": problem} if problem else {}
