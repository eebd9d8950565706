"""The exception queue: what waits for people, the oldest and most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from desk.web.due_words import due_in_words
from desk.web.office import Office, office_of, person_of
from desk.web.pages import render
from desk.web.review.said import said
from desk.web.routing import DeskRouter
from postroom.disposition import OTHER
from postroom.reasons import TITLES, Kind
from postroom.staff import May

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroom.ledger.desk_records import QueueCounts, QueueItem, Wanted

router = DeskRouter()
PAGE = 50
"""Items on one page of the queue."""


@dataclass(frozen=True, slots=True)
class Filter:
    """The part of the queue that a person works through; stays in the address from item to item."""

    process: str = ""
    kind: str = ""
    team: str = ""

    @property
    def query(self) -> str:
        """The filter as the end of an address; empty without one."""
        return self.query_with()

    def query_with(self, **more: object) -> str:
        """Return the filter and further parameters as the end of an address; empty ones are left out."""
        told = {"process": self.process, "kind": self.kind, "team": self.team} | more
        chosen = {name: str(value) for name, value in told.items() if value not in ("", None)}
        return f"?{urlencode(chosen)}" if chosen else ""

    def wanted(self, office: Office) -> Wanted:
        """Return the filter as the ledger takes it."""
        from postroom.ledger.desk_records import Wanted

        kind = Kind(self.kind) if self.kind else None
        processes = frozenset(_processes_of(office, self.team)) if self.team else None
        return Wanted(self.process, kind, processes)


def filter_of(request: Request) -> Filter:
    """Return the part of the queue that an address names; what is no reason kind is left out."""
    told: Mapping[str, str] = request.query_params
    kind = told.get("kind", "")
    return Filter(told.get("process", "")[:100], kind if kind in set(Kind) else "", told.get("team", "")[:100])


@router.page("/queue", May.SEE_QUEUE)
def queue(request: Request, after: str = "") -> Response:
    """Show what waits for people."""
    office, person = office_of(request), person_of(request)
    scope, chosen = office.scope(person), filter_of(request)
    wanted = chosen.wanted(office)
    found = office.ledger.queue(scope, wanted, limit=PAGE + 1, after=after[:20], person_id=person.id)
    rows, more = found[:PAGE], found[PAGE:]

    return render(
        request,
        "queue/list.html",
        rows=[_row(office, one, chosen, person.sign_in_name) for one in rows],
        size=office.ledger.queue_size(scope, wanted),
        filters=_filters(office, office.ledger.queue_counts(scope), chosen),
        chosen=chosen,
        next=f"/queue{chosen.query_with(after=rows[-1].id)}" if more else "",
        further=bool(after),
        batches=len(office.ledger.alike(scope)) if person.may(May.DECIDE) else 0,
        decides=person.may(May.DECIDE),
        anywhere=chosen == Filter(),
        said=said(request),
    )


@router.page("/queue/start", May.SEE_ITEMS)
def start(request: Request) -> Response:
    """Lead to the first item that nobody else looks at."""
    return RedirectResponse(following(request, "", at_end="all-open"), 303)


def following(request: Request, item_id: str, at_end: str = "", **said: object) -> str:
    """Return the address of the item after one in the same part of the queue.

    Args:
        request: Its address names the part of the queue.
        item_id: The item to go on from; empty for the first.
        at_end: What is to be said on the page of the queue if no item follows.
        said: What is to be said on the next page.
    """
    office, person, chosen = office_of(request), person_of(request), filter_of(request)
    asked = (office.scope(person), chosen.wanted(office), item_id)
    if person.may(May.DECIDE):
        found = office.ledger.look_at_next(*asked, person)
    else:
        found = office.ledger.next_waiting(*asked, person.id)
    if found is None:
        return f"/queue{chosen.query_with(**({'said': at_end} if at_end else {}) | said)}"
    return f"/items/{found}{chosen.query_with(**said)}"


def called(office: Office, process_id: str) -> str:
    """Return what people call a process; post that has none yet is called so."""
    return "No process yet" if process_id == OTHER else office.process_title(process_id)


def _processes_of(office: Office, team: str) -> list[str]:
    return [one.id for one in office.settings.processes if (one.team or office.settings.desk.team) == team]


def _row(office: Office, item: QueueItem, chosen: Filter, me: str) -> dict[str, Any]:
    due, tone = due_in_words(item.due, office.settings.desk.nation) if item.due else ("", "quiet")
    return {
        "item": item,
        "title": called(office, item.process),
        "href": f"/items/{item.id}{chosen.query}",
        "due": due,
        "tone": tone,
        "kinds": [TITLES[kind] for kind in item.kinds if kind is not Kind.PROTECTED],
        "second": bool(item.entered_by),
        "mine": me in item.entered_by,
    }


def _filters(office: Office, counts: QueueCounts, chosen: Filter) -> list[dict[str, Any]]:
    """Return the three choices, each with how many items stand behind it."""
    by_team: dict[str, int] = {}
    for process, count in counts.by_process.items():
        configured = office.process(process)
        team = (configured.team if configured else "") or office.settings.desk.team
        by_team[team] = by_team.get(team, 0) + count
    processes = {process: called(office, process) for process in counts.by_process}
    kinds = {str(kind): TITLES[kind] for kind in Kind if counts.by_kind.get(kind)}
    counted_kinds = {str(kind): count for kind, count in counts.by_kind.items()}
    return [
        _select("process", "Process", chosen.process, processes, counts.by_process, counts.total),
        _select("kind", "Why", chosen.kind, kinds, counted_kinds, counts.total),
        _select("team", "Team", chosen.team, {team: team for team in sorted(by_team)}, by_team, counts.total),
    ]


def _select(
    name: str, label: str, value: str, words: Mapping[str, str], counts: Mapping[str, int], total: int
) -> dict[str, Any]:
    chosen = words if not value or value in words else {**words, value: value}
    ordered = sorted(chosen.items(), key=lambda one: one[1].casefold())
    items = [("", f"All ({total:,})"), *((key, f"{told} ({counts.get(key, 0):,})") for key, told in ordered)]
    return {"kind": "select", "name": name, "label": label, "value": value, "items": items}
