"""What a person asks of the figures: a period, one to compare with, a process and a team, as an address names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from desk.web.pages import FormError
from desk.web.phrasing import day
from postroom.normal import normalise
from postroom.period import Period, typed_day
from postroom.report.figures import Part
from postroom.staff import EVERY_TEAM, Role, Scope, scope_of

if TYPE_CHECKING:
    from desk.web.office import Office
    from postroom.behind import Behind
    from postroom.process import Process
    from postroom.report.files import Earlier
    from postroom.staff import Person


PERIODS: Final[Mapping[str, str]] = {
    "week": "This week",
    "4-weeks": "Last 4 weeks",
    "month": "This month",
    "last-month": "Last month",
    "quarter": "This quarter",
    "year": "This financial year",
}
"""Names of periods in addresses, and in words; quarters are those of the financial year, which begins on 1 April."""
COMPARISONS: Final[Mapping[str, str]] = {
    "previous": "The period before",
    "year-before": "The same a year before",
    "none": "Nothing",
}
_USUAL: Final = "4-weeks"
_LONGEST_DAYS: Final = 3 * 366


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked."""

    named: str
    """The name of the period; empty for days of one's own."""
    period: Period
    compare: Earlier
    process: str
    team: str
    errors: tuple[FormError, ...] = ()

    @property
    def words(self) -> str:
        """The period in words."""
        first, last = self.period.first, self.period.last
        return day(first) if first == last else f"{day(first)} to {day(last)}"

    def query(self, **changes: str) -> str:
        """Return it as the end of an address; what is as usual is left out."""
        own = not self.named
        told = {
            "period": self.named if self.named != _USUAL else "",
            "begin": self.period.first.isoformat() if own else "",
            "end": self.period.last.isoformat() if own else "",
            "compare": "" if self.compare == "previous" else self.compare,
            "part": self.process,
            "team": self.team,
        }
        chosen = {name: value for name, value in (told | changes).items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    def items(self, behind: Behind, after: str = "") -> str:
        """Return the address of the items behind a figure, from one of them on; it leads back here."""
        return f"/figures/items{self.query(**behind.query(), after=after)}"


def asked_of(query: Mapping[str, str], office: Office, person: Person, today: date) -> Asked:
    """Return what an address asks for; what it does not name, or names wrongly, is as usual."""
    named = query.get("period", "")
    named = named if named in PERIODS else _USUAL
    compare = query.get("compare", "")
    known = {one.id for one in processes_of(office, person)}
    process, team = query.get("part", ""), query.get("team", "")
    asked = Asked(
        named,
        _PERIODS[named](today),
        compare if compare in COMPARISONS else "previous",  # type: ignore[arg-type]
        process if process in known else "",
        team if team in teams_of(office, person) else "",
    )
    return _own_days(asked, query, today) if query.get("begin") or query.get("end") else asked


def part_of(asked: Asked, office: Office, person: Person) -> Part:
    """Return the part of the post to count.

    Protected items are counted for everybody, so that the accounts add up; who may know which ones they are is
    another question.
    """
    scope = replace(counting_scope(office, person, asked.team), restricted=True)
    titles = [f"team {asked.team}" if asked.team else "", office.process_title(asked.process) if asked.process else ""]
    return Part(scope, asked.process, ", ".join(title for title in titles if title))


def counting_scope(office: Office, person: Person, team: str) -> Scope:
    """Return the items that a person's figures are about, or those of one of their teams."""
    if not team:
        return office.scope(person)
    member = replace(person, roles=frozenset({Role.OFFICER}), teams=frozenset({team}))
    return office.scope(member)


def teams_of(office: Office, person: Person) -> Sequence[str]:
    """Return the teams whose figures a person may ask for."""
    post_room = office.settings.desk.team
    every = {post_room, *(one.team for one in office.settings.processes if one.team)}
    sees_all = scope_of(person, office.settings.processes, post_room) == Scope(
        frozenset(), but=True, restricted=person.restricted
    )
    return sorted(every if sees_all or EVERY_TEAM in person.teams else every & person.teams)


def processes_of(office: Office, person: Person) -> Sequence[Process]:
    """Return the configured processes whose figures a person may ask for."""
    scope = office.scope(person)
    return [one for one in office.settings.processes if scope.holds(one.id, "")]


def _own_days(asked: Asked, query: Mapping[str, str], today: date) -> Asked:
    """Return it for the days that were typed, or as it was with what is wrong about them."""
    days: dict[str, date] = {}
    for name, words, usual in (("begin", "first", asked.period.first), ("end", "last", asked.period.last)):
        told = normalise("date", query.get(name, "")) if query.get(name) else usual.isoformat()
        if told is None:
            return _wrong(asked, f"Enter the {words} day with day, month and year", name)
        try:
            days[name] = typed_day(told)
        except ValueError:
            return _wrong(asked, f"The {words} day is too far away", name)
    first, last = days["begin"], days["end"]
    if first > last:
        return _wrong(asked, "The last day must not be before the first", "end")
    if (last - first).days >= _LONGEST_DAYS:
        return _wrong(asked, "Choose three years at most", "begin")
    period = Period(first, last)
    names = sorted((one for one, of in _PERIODS.items() if of(today) == period), key=lambda one: one != asked.named)
    return replace(asked, named=names[0] if names else "", period=period)


def _wrong(asked: Asked, words: str, field: str) -> Asked:
    return replace(asked, errors=(FormError(words, f"filter-{field}"),))


def _quarter(today: date) -> Period:
    return Period(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today)


def _financial_year(today: date) -> Period:
    return Period(date(today.year if today.month >= 4 else today.year - 1, 4, 1), today)


def _last_month(today: date) -> Period:
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


_PERIODS: Final[Mapping[str, Callable[[date], Period]]] = {
    "week": lambda today: Period(today - timedelta(days=today.weekday()), today),
    "4-weeks": lambda today: Period(today - timedelta(days=27), today),
    "month": lambda today: Period(today.replace(day=1), today),
    "last-month": _last_month,
    "quarter": _quarter,
    "year": _financial_year,
}
