"""Accounts of people at the desk: what a sign-in name, roles and teams may be, alike for the pages and the command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from postroom.ledger.storage import ROBOT
from postroom.staff import EVERY_TEAM, Person, Role

if TYPE_CHECKING:
    from config.settings import Settings

_SIGN_IN_NAME = re.compile(r"[a-z0-9][a-z0-9._@'-]{1,99}")
_BOUND_TO_TEAMS = frozenset({Role.OFFICER, Role.TEAM_LEAD})


def teams_of(settings: Settings) -> list[str]:
    """Return the teams there are: those of the processes, and the one whose work is all other post."""
    return sorted({settings.desk.team, *(process.team for process in settings.processes if process.team)})


def problems_of(person: Person, teams: Iterable[str]) -> Mapping[str, str]:
    """Return what is wrong with a person, in a sentence for each of name, sign_in_name, roles and teams.

    Args:
        person: As somebody wants them to be.
        teams: The teams there are.
    """
    found = {}
    if not 1 <= len(person.name.strip()) <= 200:
        found["name"] = "Enter the name by which colleagues call them."
    if problem := _name_problem(person.sign_in_name.strip().lower()):
        found["sign_in_name"] = problem
    if not person.roles:
        found["roles"] = "Choose at least one role."
    known = {EVERY_TEAM, *teams}
    if unknown := sorted(person.teams - known):
        found["teams"] = f"There is no team {unknown[0]}. Teams: {', '.join(sorted(teams))}."
    elif person.roles & _BOUND_TO_TEAMS and not person.teams:
        found["teams"] = "Choose at least one team: without one, an officer or team lead sees no post."
    return found


def _name_problem(name: str) -> str:
    if name == ROBOT:
        return f"The name {ROBOT} is the robot's own in the history. Choose another."
    if not _SIGN_IN_NAME.fullmatch(name):
        return "Enter a sign-in name of letters, digits, dots and dashes, such as ann.other."
    return ""
