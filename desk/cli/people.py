"""`postroom people`: who may sign in at the desk, for the first account and for when nobody can."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.calling import first_account
from desk.cli.commands import Commands
from desk.cli.printing import counted, print_json, print_line, print_table
from desk.cli.session import AsJson, Person, Session, person_or_login, session_of
from postroom.errors import BusinessError, ItemNotFound

if TYPE_CHECKING:
    from postroom.ledger import StaffRecord
    from postroom.staff import Person as Staff

Name = Annotated[str, typer.Argument(help="The sign-in name.", metavar="NAME")]
_LOCAL_ONLY = "Here people sign in through the council's OpenID provider, which alone knows roles and passwords."

people = typer.Typer(cls=Commands, no_args_is_help=True, help="Show and add the people who may sign in at the desk.")


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    people.command("list")(show)
    people.command("add")(add)
    people.command("password")(password)
    people.command("end")(end)
    app.add_typer(people, name="people", rich_help_panel="Setting up")


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """List everybody, with roles and teams."""
    session = session_of(context)
    records = session.ledger.staff()
    if as_json:
        for record in records:
            print_json(_told(record))
        return
    if not records:
        print_line(f"Nobody can sign in at the desk yet. The first account: {first_account(session.settings)}")
        return
    rows = [
        (
            one.person.sign_in_name,
            one.person.name,
            ", ".join(sorted(one.person.roles)),
            ", ".join("all" if team == "*" else team for team in sorted(one.person.teams)),
            "yes" if one.person.restricted else "",
            "" if one.person.active else "closed",
        )
        for one in records
    ]
    print_table(("Sign-in name", "Name", "Roles", "Teams", "Protected items", ""), rows, whole=("Sign-in name",))


def add(
    context: typer.Context,
    name: Name,
    role: Annotated[list[str], typer.Option("--role", help="officer, team-lead, manager, ict or auditor; repeatable.")],
    called: Annotated[str, typer.Option("--name", help="As colleagues call them; left out, the sign-in name.")] = "",
    team: Annotated[
        list[str] | None, typer.Option("--team", help="Whose post they see; * for all; repeatable.")
    ] = None,
    restricted: Annotated[bool, typer.Option("--restricted", help="May see protected items.")] = False,
    person: Person = "",
) -> None:
    """Add a person and set their first password, which is asked for or made up.

    Example: postroom people add ann.other --role ict --name "Ann Other"
    """
    from desk.accounts import problems_of, teams_of
    from postroom.staff import Person as Staff
    from postroom.staff import roles_named

    session = session_of(context)
    _accounts_only(session)
    try:
        roles = roles_named(role)
    except ValueError:
        raise BusinessError(f'"{" ".join(role)}" is not a role.', hint=f"Roles: {', '.join(_roles())}.") from None
    wanted = Staff("", name, called or name, roles, frozenset(team or ()), restricted)
    for problem in problems_of(wanted, teams_of(session.settings)).values():
        raise BusinessError(problem)
    kept, shown = _first_password(session, wanted)
    by = person_or_login(person)
    first = bool(shown) or by != wanted.sign_in_name.lower()
    session.ledger.add_staff(wanted, by, password=kept, first_password=first)
    print_line(f"{wanted.name} may sign in at the desk as {wanted.sign_in_name.lower()}.")
    _show_once(shown)


def password(context: typer.Context, name: Name, person: Person = "") -> None:
    """Set a new password, and end every sign-in of that person."""
    session = session_of(context)
    _accounts_only(session)
    record = _record(session, name)
    kept, shown = _first_password(session, record.person)
    by = person_or_login(person)
    first = bool(shown) or by != record.person.sign_in_name
    session.ledger.set_password(record.person.id, kept, by, first_password=first)
    print_line(f"The password of {record.person.sign_in_name} is changed; their sign-ins have ended.")
    _show_once(shown)


def end(context: typer.Context, name: Name, person: Person = "") -> None:
    """End every sign-in of a person at once."""
    session = session_of(context)
    ended = session.ledger.end_sign_ins(_record(session, name).person.id, person_or_login(person))
    print_line(f"{counted(ended, 'sign-in')} of {name} ended.")


def _accounts_only(session: Session) -> None:
    if session.settings.sign_in.kind != "accounts":
        raise BusinessError(_LOCAL_ONLY, hint="See docs/sign-in.md.")


def _record(session: Session, name: str) -> StaffRecord:
    record = session.ledger.staff_named(name)
    if record is None:
        raise ItemNotFound(f"Nobody has the sign-in name {name}.", hint="`postroom people list` lists them.")
    return record


def _first_password(session: Session, person: Staff) -> tuple[str, str]:
    """Return the hash of a new password, and the password itself if it was made up here."""
    from desk.first_password import first_password
    from desk.web.sign_in.passwords import hash_password, password_problem

    typed = ""
    if sys.stdin.isatty():
        typed = typer.prompt("Password (nothing: one is made up)", default="", hide_input=True, show_default=False)
        if typed and typed != typer.prompt("The same again", hide_input=True):
            raise BusinessError("The two are not the same; nothing was changed.", hint="Try again.")
    if not typed:
        made = first_password()
        return hash_password(made), made
    problem = password_problem(typed, council=session.settings.council, names=(person.name, person.sign_in_name))
    if problem:
        raise BusinessError(problem)
    return hash_password(typed), ""


def _show_once(made: str) -> None:
    if made:
        print_line(f"First password: {made}")
        print_line("It is shown this once. They change it under their name at the top of each page.")


def _roles() -> list[str]:
    from postroom.staff import Role

    return list(Role)


def _told(record: StaffRecord) -> dict[str, object]:
    person = record.person
    return {
        "sign_in_name": person.sign_in_name,
        "name": person.name,
        "kind": record.kind,
        "roles": sorted(person.roles),
        "teams": sorted(person.teams),
        "restricted": person.restricted,
        "active": person.active,
    }
