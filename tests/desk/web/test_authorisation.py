"""Every route times every role, and nobody: the answers are those of docs/authorisation.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from desk.web.office import Office
from desk.web.routing import needs
from postroom.staff import Role
from scripts import make_authorisation_page
from tests.desk.web.conftest import ClientAs, add_person, client_of

PAGE = Path(__file__).parents[3] / "docs" / "authorisation.md"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Row(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    need: str
    roles: frozenset[Role]


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(("| GET", "| POST")):
            marks = zip(Role, cells[3:], strict=True)
            roles = frozenset(role for role, mark in marks if mark == "yes")
            found.append(Row(cells[0], cells[1].strip("`"), cells[2], roles))
    return found


def filled(path: str) -> str:
    """Return an address with something in the place of each name."""
    return re.sub(r"\{[^}]*\}", "1", path)


def test_the_table_is_that_of_the_routes() -> None:
    assert PAGE.read_text(encoding="utf-8") == make_authorisation_page.page(), "Run `make docs`, then read the table."


def test_every_route_of_the_application_has_a_row(app: FastAPI) -> None:
    known = {(row.method, row.path) for row in rows()}
    for route in app.routes:
        if isinstance(route, Mount):
            assert route.path == "/static", "Nothing but style sheets and scripts may lie past the guard."
            continue
        assert isinstance(route, APIRoute), f"{route} is no route of a section."
        assert needs(route) is not None, f"{route.path} was registered past the guard."
        assert {(method, route.path) for method in route.methods} <= known, "Run `make docs`, then read the table."
        assert set(route.methods) <= {"GET", "POST"}


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_every_route_answers_each_role_as_the_table_says(
    app: FastAPI, office: Office, client_as: ClientAs, role: Role | None
) -> None:
    wrong = []
    person = add_person(office, role, restricted=True) if role else None
    for row in rows():
        client = client_of(app, office, person) if person else client_as()
        answer = client.request(row.method, filled(row.path), headers=FORM if row.method == "POST" else {})
        asked = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
        refused = answer.status_code == 403 and "not for your role" in answer.text
        public = row.need == "anybody"
        expected = (False, False) if public or (role in row.roles) else (role is None, role is not None)
        if (asked, refused) != expected:
            wrong.append(f"{row.method} {row.path} as {role or 'nobody'}: {answer.status_code}")
        if answer.status_code == 500:
            wrong.append(f"{row.method} {row.path} as {role or 'nobody'} broke down")
    assert not wrong
