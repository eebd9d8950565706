"""The managers' page: what came in, what waits and what it is worth; every figure leads to its items."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import Response

from desk.web.figures.asked import (
    COMPARISONS,
    PERIODS,
    Asked,
    asked_of,
    part_of,
    processes_of,
    teams_of,
)
from desk.web.figures.items import listed, words_of
from desk.web.figures.people import people_of
from desk.web.figures.views import equation_of, saving_of, sections_of, tiles_of
from desk.web.office import office_of, person_of
from desk.web.pages import render
from desk.web.phrasing import in_london
from desk.web.routing import DeskRouter
from postroom.behind import Behind
from postroom.clock import utc_now
from postroom.errors import ItemNotFound, NotAllowed
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.report.figures import Compared

router = DeskRouter()
FILES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


@router.page("/figures", May.SEE_FIGURES)
def figures(request: Request) -> Response:
    """Show the figures of a period."""
    from postroom.report.headline import comparison_note

    asked = _asked(request)
    compared = _compared(request, asked)
    now = compared.now
    return render(
        request,
        "figures/page.html",
        status=400 if asked.errors else 200,
        errors=asked.errors,
        asked=asked,
        figures=now,
        accounts=now.accounts,
        tiles=tiles_of(compared, asked),
        equation=equation_of(now, asked),
        saving=saving_of(now),
        sections=list(sections_of(now, asked)),
        comparison=comparison_note(compared),
        people=people_of(request, asked),
        filters=_filters(request, asked),
        periods=[(words, f"/figures{_period(asked, name)}", name == asked.named) for name, words in PERIODS.items()],
        files=[(f"/figures/report.{ending}{asked.query()}", ending) for ending in FILES],
    )


@router.page("/figures/items", May.LIST_ITEMS)
def items(request: Request, after: str = "") -> Response:
    """List the items behind a figure."""
    office, person, asked = office_of(request), person_of(request), _asked(request)
    behind = _behind(request)
    # Who sees no figures needs no accounts that add up: what is not theirs is left out.
    scope = part_of(asked, office, person).scope if person.may(May.SEE_FIGURES) else office.scope(person)
    page = listed(office, person, scope, behind, after[:20])
    return render(
        request,
        "figures/items.html",
        page=page,
        count=office.ledger.count_behind(scope, behind),
        words=list(words_of(behind, office)),
        team=asked.team,
        back=f"/figures{asked.query()}" if person.may(May.SEE_FIGURES) else "/checks",
        first=asked.items(behind) if after else "",
        next=asked.items(behind, page.after) if page.after else "",
    )


@router.page("/figures/report.{ending}", May.SEE_FIGURES)
def report(request: Request, ending: str) -> Response:
    """Send the same figures as a file."""
    from postroom.report.files import write_report

    if ending not in FILES:
        raise ItemNotFound(f'There is no report that ends in "{ending[:10]}".')
    asked = _asked(request)
    name = f"post-room-report-{asked.period.first}-to-{asked.period.last}.{ending}"
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_report(_compared(request, asked), path)
        content = path.read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=FILES[ending], headers=headers)


def _behind(request: Request) -> Behind:
    """Return the choice of items that an address names.

    Raises:
        NotAllowed: Whoever decides asks in which items known errors wait to be seen.
    """
    behind = Behind.of(request.query_params)
    if behind.seed not in ("", "caught", "missed") and person_of(request).may(May.DECIDE):
        raise NotAllowed("Where known errors wait to be seen is not told to those who are to see them.")
    return behind


def _asked(request: Request) -> Asked:
    return asked_of(request.query_params, office_of(request), person_of(request), _today())


def _period(asked: Asked, name: str) -> str:
    return replace(asked, named=name).query()


def _today() -> date:
    return in_london(utc_now()).date()


def _compared(request: Request, asked: Asked) -> Compared:
    from config.reporting import basis_of
    from postroom.report.files import earlier_of
    from postroom.report.gathering import compare

    office, person = office_of(request), person_of(request)
    earlier = earlier_of(asked.period, asked.compare)
    return compare(
        office.ledger, basis_of(office.settings), asked.period, earlier, part_of(asked, office, person), utc_now()
    )


def _filters(request: Request, asked: Asked) -> list[dict[str, Any]]:
    office, person = office_of(request), person_of(request)
    processes = {one.id: one.title for one in processes_of(office, person)}
    teams = teams_of(office, person)
    found = [
        _day("begin", "Received from", asked.period.first),
        _day("end", "to", asked.period.last),
        _select("compare", "Compare with", asked.compare, COMPARISONS),
        _select("part", "Process", asked.process, {"": "All processes"} | processes),
    ]
    everyone = {"": "All teams"} | {team: team for team in teams}
    return [*found, *([_select("team", "Team", asked.team, everyone)] if len(teams) > 1 else [])]


def _select(name: str, label: str, value: str, words: Any) -> dict[str, Any]:
    return {"kind": "select", "name": name, "label": label, "value": value, "items": list(words.items())}


def _day(name: str, label: str, value: date) -> dict[str, Any]:
    return {"kind": "date", "name": name, "label": label, "value": value.isoformat()}
