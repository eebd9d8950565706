"""People: who may sign in, as what, and whose post they see; ICT's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.accounts import problems_of, teams_of
from desk.web.office import Office, office_of, person_of
from desk.web.pages import FormError, render
from desk.web.routing import DeskRouter
from desk.web.system.said import announce
from postroom.errors import BusinessError, NotAllowed
from postroom.ledger.sign_ins import LOCAL, StaffRecord
from postroom.staff import EVERY_TEAM, ROLE_TITLES, May, Person, Role

router = DeskRouter()
_FIELDS = {"name": "name", "sign_in_name": "sign-in-name", "roles": "roles", "teams": "teams"}
"""The id of the input in which each thing is put right."""
WORDS = {
    Role.OFFICER: "Clears the exception queue of their teams.",
    Role.TEAM_LEAD: "An officer who also sees how the team fares.",
    Role.MANAGER: "Reads figures and reports, and never the post itself.",
    Role.ICT: "Runs connections, configuration and accounts, and never reads the post.",
    Role.AUDITOR: "Reads everything that is not protected, and changes nothing.",
}

Names = Annotated[list[str], Form()]
Text = Annotated[str, Form()]


@router.page("/people", May.MANAGE_PEOPLE)
def people(request: Request) -> Response:
    """List everybody."""
    ledger = office_of(request).ledger
    announce(request)
    seen = ledger.last_seen()
    accounts = office_of(request).settings.sign_in.kind == "accounts"
    return render(request, "people/list.html", people=ledger.staff(), seen=seen, titles=ROLE_TITLES, accounts=accounts)


@router.page("/people/new", May.MANAGE_PEOPLE)
def ask_for_new(request: Request) -> Response:
    """Ask who is new."""
    _must_have_accounts(office_of(request))
    return _form(request, Person("", "", "", frozenset(), frozenset()), {}, new=True)


@router.action("/people/new", May.MANAGE_PEOPLE)
def add(
    request: Request,
    name: Text = "",
    sign_in_name: Text = "",
    roles: Names = [],  # noqa: B006
    teams: Names = [],  # noqa: B006
    restricted: Text = "",
) -> Response:
    """Add a person, and show their first password this once."""
    from desk.first_password import first_password
    from desk.web.sign_in.passwords import hash_password

    office = office_of(request)
    _must_have_accounts(office)
    wanted = Person("", sign_in_name.strip(), name.strip(), _roles(roles), frozenset(teams), restricted == "yes")
    problems = dict(problems_of(wanted, teams_of(office.settings)))
    if "sign_in_name" not in problems and office.ledger.staff_named(wanted.sign_in_name) is not None:
        problems["sign_in_name"] = "Somebody has this sign-in name already. Choose another."
    if problems:
        return _form(request, wanted, problems, new=True)
    made = first_password()
    added = office.ledger.add_staff(
        wanted, person_of(request).sign_in_name, password=hash_password(made), first_password=True
    )
    return render(request, "people/password.html", person_shown=added, made=made, new=True)


@router.page("/people/{staff_id}", May.MANAGE_PEOPLE)
def show(request: Request, staff_id: str) -> Response:
    """Show one person: what they may do, and where they are signed in."""
    record = office_of(request).ledger.staff_member(staff_id)
    announce(request)
    return _form(request, record.person, {}, record=record)


@router.action("/people/{staff_id}", May.MANAGE_PEOPLE)
def change(
    request: Request,
    staff_id: str,
    name: Text = "",
    roles: Names = [],  # noqa: B006
    teams: Names = [],  # noqa: B006
    restricted: Text = "",
    active: Text = "",
) -> Response:
    """Change what a person may do; it counts at once."""
    office, by = office_of(request), person_of(request)
    record = office.ledger.staff_member(staff_id)
    wanted = replace(record.person, active=active == "yes")
    if record.kind == LOCAL:
        wanted = replace(
            wanted,
            name=name.strip(),
            roles=_roles(roles),
            teams=frozenset(teams),
            restricted=restricted == "yes",
        )
        # A team that is no more stays with whoever has it, until somebody takes it away.
        problems = problems_of(wanted, {*teams_of(office.settings), *record.person.teams})
        if problems:
            return _form(request, wanted, problems, record=record)
    if by.id == staff_id and replace(wanted, name=record.person.name) != record.person:
        raise NotAllowed("Nobody can change their own rights.", hint="Ask a colleague of ICT to do it.")
    office.ledger.change_staff(wanted, by.sign_in_name)
    return RedirectResponse("/people?said=changed", 303)


@router.action("/people/{staff_id}/password", May.MANAGE_PEOPLE)
def new_password(request: Request, staff_id: str) -> Response:
    """Set a new first password, show it this once, and end the person's sign-ins."""
    from desk.first_password import first_password
    from desk.web.sign_in.passwords import hash_password

    ledger = office_of(request).ledger
    record = ledger.staff_member(staff_id)
    if record.kind != LOCAL:
        raise BusinessError("This person signs in through the council's OpenID provider, which keeps the password.")
    made = first_password()
    ledger.set_password(staff_id, hash_password(made), person_of(request).sign_in_name, first_password=True)
    return render(request, "people/password.html", person_shown=record.person, made=made, new=False)


@router.action("/people/{staff_id}/end", May.MANAGE_PEOPLE)
def end(request: Request, staff_id: str) -> Response:
    """End every sign-in of a person at once."""
    ledger = office_of(request).ledger
    ledger.end_sign_ins(ledger.staff_member(staff_id).person.id, person_of(request).sign_in_name)
    return RedirectResponse(f"/people/{staff_id}?said=ended", 303)


def _form(
    request: Request,
    shown: Person,
    problems: Mapping[str, str],
    *,
    record: StaffRecord | None = None,
    new: bool = False,
) -> Response:
    office = office_of(request)
    errors = tuple(FormError(words, _FIELDS[what]) for what, words in problems.items())
    offered = sorted({*teams_of(office.settings), *(shown.teams - {EVERY_TEAM})})
    return render(
        request,
        "people/person.html",
        status=400 if problems else 200,
        errors=errors,
        problems=problems,
        shown=shown,
        local=record is None or record.kind == LOCAL,
        sign_ins=office.ledger.sign_ins_of(shown.id) if record else [],
        roles=[(role.value, ROLE_TITLES[role], WORDS[role]) for role in Role],
        teams=offered,
        every=EVERY_TEAM,
        new=new,
        is_self=shown.id == person_of(request).id,
    )


def _must_have_accounts(office: Office) -> None:
    if office.settings.sign_in.kind != "accounts":
        raise BusinessError(
            "People appear here when they first sign in through the council's OpenID provider.",
            hint="Give them the app and a role there.",
        )


def _roles(names: list[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names if name in {*Role})
