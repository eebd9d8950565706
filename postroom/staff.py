"""Staff: who works at the desk, what each role may do, and whose post each person sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroom.process import Process

EVERY_TEAM = "*"
"""Stands for all teams in a person's teams."""


class Role(StrEnum):
    """What a person is at the desk; one person can be several."""

    OFFICER = "officer"
    """Clears the exception queue of their teams."""
    TEAM_LEAD = "team-lead"
    """An officer who also sees how the team fares."""
    MANAGER = "manager"
    """Reads figures and reports, and never the post itself."""
    ICT = "ict"
    """Runs connectors, configuration and accounts, and never reads the post."""
    AUDITOR = "auditor"
    """Reads everything that is not protected, and changes nothing."""


class May(StrEnum):
    """What a page or an action needs."""

    ANYBODY = "anybody"
    """Needs no sign-in."""
    SIGNED_IN = "signed-in"
    SEE_QUEUE = "see-queue"
    """See which items wait."""
    LIST_ITEMS = "list-items"
    """See ids, processes, states and dates of items: what stands behind a figure."""
    SEE_ITEMS = "see-items"
    """Read the post and what was read in it."""
    DECIDE = "decide"
    """Correct, release, close."""
    TAKE_ORIGINALS = "take-originals"
    """Take post away as it arrived, with an item's evidence."""
    LEAD = "lead"
    """See how the people of a team fare."""
    SEE_FIGURES = "see-figures"
    SEE_SYSTEM = "see-system"
    RUN_SYSTEM = "run-system"
    """Pause, resume, try connections."""
    MANAGE_PEOPLE = "manage-people"
    SEE_AUDIT = "see-audit"


_OFFICER = frozenset({May.SEE_QUEUE, May.LIST_ITEMS, May.SEE_ITEMS, May.DECIDE})
GRANTS: Mapping[Role, frozenset[May]] = {
    Role.OFFICER: _OFFICER,
    Role.TEAM_LEAD: _OFFICER | {May.LEAD, May.SEE_FIGURES, May.TAKE_ORIGINALS},
    Role.MANAGER: frozenset({May.SEE_FIGURES, May.LIST_ITEMS}),
    Role.ICT: frozenset({May.SEE_SYSTEM, May.RUN_SYSTEM, May.MANAGE_PEOPLE, May.LIST_ITEMS}),
    Role.AUDITOR: frozenset(
        {
            May.SEE_QUEUE,
            May.LIST_ITEMS,
            May.SEE_ITEMS,
            May.TAKE_ORIGINALS,
            May.SEE_FIGURES,
            May.SEE_SYSTEM,
            May.SEE_AUDIT,
        }
    ),
}
"""What each role may do beside what everybody may who is signed in."""
ROLE_TITLES: Mapping[Role, str] = {
    Role.OFFICER: "Officer",
    Role.TEAM_LEAD: "Team lead",
    Role.MANAGER: "Manager",
    Role.ICT: "ICT",
    Role.AUDITOR: "Auditor",
}
_ALL_TEAMS = frozenset({Role.MANAGER, Role.ICT, Role.AUDITOR})
"""Roles that are not bound to teams: what they see of an item is bound by their grants instead."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, or may sign in."""

    id: str
    sign_in_name: str
    """Unique; stands in the history for everything the person does."""
    name: str
    """As colleagues call them."""
    roles: frozenset[Role]
    teams: frozenset[str]
    restricted: bool = False
    """Whether the person is named to see protected items."""
    active: bool = True

    def may(self, permission: May) -> bool:
        """Tell whether one of the person's roles grants something."""
        if permission in (May.ANYBODY, May.SIGNED_IN):
            return True
        return any(permission in GRANTS[role] for role in self.roles)


@dataclass(frozen=True, slots=True)
class Scope:
    """The items a person may know of."""

    processes: frozenset[str]
    but: bool = False
    """Whether `processes` are those left out rather than those seen."""
    restricted: bool = False

    def holds(self, process: str, protected: str) -> bool:
        """Tell whether an item of a process lies in the scope."""
        return ((process in self.processes) != self.but) and (self.restricted or not protected)


EVERYTHING = Scope(frozenset(), but=True, restricted=True)
"""The scope of the command line, whose user owns the machine's account."""


def scope_of(person: Person, processes: Sequence[Process], post_room: str) -> Scope:
    """Return what a person may know of.

    Args:
        person: Who asks.
        processes: The configured ones.
        post_room: The team whose work is post of no process, and of processes without a team.
    """
    if person.roles & _ALL_TEAMS or EVERY_TEAM in person.teams:
        return Scope(frozenset(), but=True, restricted=person.restricted)
    if post_room in person.teams:
        others = (one.id for one in processes if one.team and one.team not in person.teams)
        return Scope(frozenset(others), but=True, restricted=person.restricted)
    theirs = (one.id for one in processes if one.team and one.team in person.teams)
    return Scope(frozenset(theirs), restricted=person.restricted)


def roles_named(names: Iterable[str]) -> frozenset[Role]:
    """Return roles by their names.

    Raises:
        ValueError: One is not a role.
    """
    return frozenset(Role(name) for name in names)
