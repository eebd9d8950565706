"""Writes docs/authorisation.md: every route of the desk and which role may use it, read off the routes themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastapi.routing import APIRoute

from desk.web import sections
from desk.web.routing import needs
from postroom.staff import GRANTS, ROLE_TITLES, May, Role

PAGE = Path(__file__).parents[1] / "docs" / "authorisation.md"
INTRODUCTION = """# Who may do what

<!-- Written by scripts/make_authorisation_page.py from the routes of the desk. `make docs` writes it anew. -->

Each address of the desk, what it needs, and the roles that have it. A test asks for every address as every role, and
as nobody, and compares the answers with this table; an address without a row, or whose need changed, fails the build.

A role is half of it. Officers and team leads see the items of their teams; post of no process, and processes without a
team, belong to the team that `desk.team` names. Protected items are seen by those who are named for them alone,
whatever their role. What a person may not see is answered as if it did not exist. Managers and ICT see ids, processes,
states and dates of items, and never the post.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def rows() -> Iterator[tuple[str, str, May | None]]:
    """Yield method, path and need of every route, in order of the paths."""
    found = [
        (method, route.path, needs(route))
        for router in sections.routers()
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
    yield from sorted(found, key=lambda row: (row[1], row[0]))


def page() -> str:
    """Return the whole page as Markdown."""
    titles = " | ".join(ROLE_TITLES[role] for role in Role)
    lines = [INTRODUCTION, f"| | address | needs | {titles} |", f"|---|---|---|{'---|' * len(Role)}"]
    for method, path, need in rows():
        if need is None:
            raise ValueError(f"{method} {path} was registered past the guard.")
        marks = " | ".join("yes" if granted(role, need) else "–" for role in Role)
        lines.append(f"| {method} | `{path}` | {need} | {marks} |")
    return "\n".join(lines) + "\n"


def granted(role: Role, need: May) -> bool:
    """Tell whether a role has what a route needs."""
    return need in (May.ANYBODY, May.SIGNED_IN) or need in GRANTS[role]


if __name__ == "__main__":
    main()
