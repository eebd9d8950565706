"""ICT's first page: whether the line runs, how each connection is, what is paused; and the acts on them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.web.office import Office, office_of, person_of
from desk.web.pages import FormError, render
from desk.web.routing import DeskRouter
from desk.web.system import health
from desk.web.system.checker import Checker
from desk.web.system.said import announce
from postroom.errors import BusinessError, ItemNotFound
from postroom.ledger.pauses import PauseKind
from postroom.staff import May

router = DeskRouter()
LONGEST_REASON = 500


@router.page("/system", May.SEE_SYSTEM)
def show(request: Request) -> Response:
    """Show how the line, the connections and the processes are."""
    office = office_of(request)
    announce(request)
    return render(
        request,
        "system/connections.html",
        connections=health.connections(office),
        processes=health.processes(office),
        line=health.line(office),
        last_check=checker_of(request).last,
    )


@router.action("/system/check", May.RUN_SYSTEM)
def check(request: Request, name: Annotated[str, Form()]) -> Response:
    """Try one connection, or all of them, and lead back to what was found."""
    office = office_of(request)
    known = {one.name for one in (*office.settings.inboxes, *office.settings.targets)}
    if name not in {"*", *known}:
        raise BusinessError("There is no such inbox or target.", hint="The page System lists them.")
    checker_of(request).check(office, person_of(request).sign_in_name, "" if name == "*" else name)
    return RedirectResponse("/system?said=checked", 303)


@router.page("/system/pause", May.RUN_SYSTEM)
def ask_to_pause(request: Request, kind: str = "", name: str = "") -> Response:
    """Ask why a process or target is to be stopped."""
    meant = _meant(office_of(request), kind, name)
    title = office_of(request).process_title(name) if meant == "process" else name
    return render(request, "system/pause.html", kind=meant, name=name, title=title, reason="")


@router.action("/system/pause", May.RUN_SYSTEM)
def pause(
    request: Request,
    kind: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Stop a process or target for now."""
    office = office_of(request)
    meant = _meant(office, kind, name)
    problem = _reason_problem(reason)
    if problem:
        title = office.process_title(name) if meant == "process" else name
        values = {"kind": meant, "name": name, "title": title, "reason": reason[: 2 * LONGEST_REASON]}
        return render(request, "system/pause.html", status=400, errors=(FormError(problem, "reason"),), **values)
    office.ledger.pause(meant, name, person_of(request).sign_in_name, reason)
    return RedirectResponse("/system?said=paused", 303)


@router.action("/system/resume", May.RUN_SYSTEM)
def resume(request: Request, kind: Annotated[str, Form()] = "", name: Annotated[str, Form()] = "") -> Response:
    """Let a process or target go on."""
    office = office_of(request)
    if kind not in ("process", "target"):
        raise ItemNotFound("There is no such process or target.")
    office.ledger.resume("process" if kind == "process" else "target", name, person_of(request).sign_in_name)
    return RedirectResponse("/system?said=resumed", 303)


def checker_of(request: Request) -> Checker:
    """Return what makes checks for the application of a request."""
    state = request.app.state
    if not hasattr(state, "checker"):
        state.checker = Checker()
    checker: Checker = state.checker
    return checker


def query(**values: object) -> str:
    """Return values as the query of an address, without those that are empty."""
    return urlencode({name: value for name, value in values.items() if value})


def _meant(office: Office, kind: str, name: str) -> PauseKind:
    if kind == "process" and office.process(name) is not None:
        return "process"
    if kind == "target" and any(one.name == name for one in office.settings.targets):
        return "target"
    raise ItemNotFound("There is no such process or target.")


def _reason_problem(reason: str) -> str:
    if not reason.strip():
        return "Enter why it is stopped, so that colleagues know."
    if len(reason) > LONGEST_REASON:
        return f"The reason must be {LONGEST_REASON} characters or fewer."
    return ""
