"""How the people of a team fare, for whoever leads them: enough to talk about, never a ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from desk.web.figures.asked import counting_scope
from desk.web.office import office_of, person_of
from desk.web.phrasing import plural
from postroom.report.tables import shown
from postroom.staff import May

if TYPE_CHECKING:
    from fastapi import Request

    from desk.web.figures.asked import Asked
    from postroom.ledger.colleagues import Work
    from postroom.ledger.desk_records import SeedRate

LEAST: Final = 5
"""Fewer items, or known errors, say more about chance than about a person."""


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person."""

    name: str
    items: int
    median: str
    caught: str


def people_of(request: Request, asked: Asked) -> list[PersonView] | None:
    """Return what each person did in the period at items that the team lead may know of; None for anybody else."""
    office, person = office_of(request), person_of(request)
    if not person.may(May.LEAD):
        return None
    scope = counting_scope(office, person, asked.team)
    return [_view(one) for one in office.ledger.work_of_people(scope, asked.period.since, asked.period.until)]


def _view(one: Work) -> PersonView:
    too_few = one.median_minutes is None or one.items < LEAST
    return PersonView(
        one.name,
        one.items,
        "too few to tell" if too_few else shown((one.median_minutes or 0) / 60, "hours"),
        _caught(one.seeds),
    )


def _caught(seeds: SeedRate) -> str:
    shown = seeds.caught + seeds.missed
    return f"{seeds.caught} of {plural(shown, 'known error')}" if shown >= LEAST else "too few to tell"
