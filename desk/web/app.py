"""The application: its routes behind the guard, and what people read when something does not work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from desk.web import sections
from desk.web.guard import STATIC, Guard
from desk.web.office import Office
from desk.web.pages import render
from desk.web.routing import NotForThem, SignInNeeded
from postroom.errors import ConfigError, ItemNotFound, NotAllowed, PostroomError

_STATIC_FOLDER = Path(__file__).parent / "static"
_log = structlog.get_logger("desk")


def make_app(office: Office) -> FastAPI:
    """Return the application of one office.

    Raises:
        ConfigError: The style sheet was not built.
    """
    if not _STATIC_FOLDER.is_dir():
        raise ConfigError("The desk's style sheet is not there.", hint="Run `make setup`, which fetches and builds it.")
    app = FastAPI(
        title="Postroom",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Such a redirect repeats the Host header, which is whatever the sender says it is.
        redirect_slashes=False,
        lifespan=_closing(office),
    )
    app.state.desk = office
    for router in sections.routers():
        # Not by include_router, which hides the routes from whoever wants to list what needs what.
        app.router.routes.extend(router.routes)
    app.mount(STATIC.rstrip("/"), StaticFiles(directory=_STATIC_FOLDER), name="static")
    app.add_middleware(Guard, office=office, unforeseen=_unforeseen)
    app.add_exception_handler(SignInNeeded, _ask_to_sign_in)
    app.add_exception_handler(NotForThem, _refuse)
    app.add_exception_handler(PostroomError, _explain)
    app.add_exception_handler(RequestValidationError, _bad_form)
    app.add_exception_handler(HTTPException, _http)
    return app


def _closing(office: Office) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        office.close()

    return lifespan


def _ask_to_sign_in(request: Request, _error: Exception) -> Response:
    wanted = request.url.path if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        wanted += f"?{request.url.query}"
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)


def _refuse(request: Request, _error: Exception) -> Response:
    return _page(request, 403, "This page is not for your role", "Ask your team lead or ICT if you need it.")


def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, PostroomError)  # noqa: S101
    if isinstance(error, ItemNotFound):
        return _page(request, 404, "Page not found", "It may be somebody else's work, or the address may be wrong.")
    status = 409 if isinstance(error, NotAllowed) else 400
    return _page(request, status, "This could not be done", str(error))


def _bad_form(request: Request, _error: Exception) -> Response:
    return _page(request, 400, "This could not be done", "The form was not complete. Go back and try again.")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 404:
        return _page(request, 404, "Page not found", "Check the address, or begin at the queue.")
    if error.status_code == 405:
        return _page(request, 405, "This cannot be opened by itself", "Begin at the queue.")
    return _page(request, error.status_code, "This could not be done", "Go back and try again.")


def _unforeseen(request: Request, error: Exception) -> Response:
    # The words of an unforeseen error may hold words of a letter; its type and place cannot.
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    _log.error("unforeseen error", stage="desk", hint=f"unexpected {type(error).__name__} ({place})")
    return _page(request, 500, "Something went wrong", "Nothing was changed. Try again; if it stays so, tell ICT.")


def _page(request: Request, status: int, title: str, words: str) -> Response:
    return render(request, "error.html", status=status, title=title, words=words)
