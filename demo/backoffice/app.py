"""The sample back office as one web application."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from demo.backoffice.api import api_routes
from demo.backoffice.faults import Fault, Faults
from demo.backoffice.kinds import KINDS
from demo.backoffice.screens import HERE, Screens, SignedOut, screen_routes, show_plain_record
from demo.backoffice.sessions import Sessions
from demo.backoffice.store import Store


def create_app(database: Path, *, faults: bool = False, idle_seconds: float = 900, notice_every: int = 5) -> FastAPI:
    """Build the application.

    Args:
        database: SQLite file, made when absent.
        faults: Whether `/control` lets a test set misbehaviour.
        idle_seconds: How long a signed-in session lasts without use.
        notice_every: Every so many sign-ins begin with a notice that must be closed; 0 for never.
    """
    app = FastAPI(title="Northborough District Council back office", docs_url="/api/docs", redoc_url=None)
    store, coming = Store(database), Faults()
    screens = Screens(store, coming, Sessions(idle_seconds), notice_every)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(api_routes(store, coming))
    app.include_router(screen_routes(screens))
    _home_routes(app, screens)
    if faults:
        _control_routes(app, coming, screens.sessions)

    @app.exception_handler(SignedOut)
    async def signed_out(_request: Request, _error: SignedOut) -> Response:
        return RedirectResponse("/screens/signin?expired=1", 303)

    return app


def _home_routes(app: FastAPI, screens: Screens) -> None:
    @app.get("/")
    async def home(request: Request) -> Response:
        counts = screens.store.counts()
        return screens.show(
            request, "home", counts=counts, total=sum(counts.values()), records=screens.store.latest(200)
        )

    @app.get("/keyed/{number:path}")
    async def keyed(request: Request, number: str) -> Response:
        return show_plain_record(screens, request, number)

    @app.get("/counts.json")
    async def counts() -> JSONResponse:
        found = screens.store.counts()
        by_process = {kind.process: found.get(slug, 0) for slug, kind in KINDS.items()}
        return JSONResponse({"total": sum(found.values()), "processes": by_process})


def _control_routes(app: FastAPI, coming: Faults, sessions: Sessions) -> None:
    @app.post("/control/faults", status_code=204)
    async def set_faults(faults: list[Fault]) -> None:
        coming.set(faults)

    @app.post("/control/sign-everybody-out", status_code=204)
    async def sign_everybody_out() -> None:
        sessions.end_all()
