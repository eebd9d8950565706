"""Routes of the desk: each names what it needs, and none can be made without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from postroom.staff import May

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class SignInNeeded(Exception):
    """Nobody is signed in, and the page needs somebody."""


class NotForThem(Exception):
    """Whoever is signed in has no role that grants what the page needs."""


class Need:
    """What a route needs, checked before anything of it runs."""

    def __init__(self, may: May) -> None:
        self.may = may

    def __call__(self, request: Request) -> None:
        """Let the request pass, or refuse it."""
        if self.may is May.ANYBODY:
            return
        sign_in = request.state.sign_in
        if sign_in is None:
            raise SignInNeeded
        if not sign_in.person.may(self.may):
            raise NotForThem


class DeskRouter(APIRouter):
    """A group of routes; `page` answers GET, `action` answers POST."""

    def page(self, path: str, may: May, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Register what answers a GET; it changes nothing that a person would mind."""
        return self._guarded(path, "GET", may, options)

    def action(self, path: str, may: May, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Register what answers a POST: it changes something."""
        return self._guarded(path, "POST", may, options)

    def _guarded(self, path: str, method: str, may: May, options: dict[str, Any]) -> Callable[[Endpoint], Endpoint]:
        def register(endpoint: Endpoint) -> Endpoint:
            self.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=[Depends(Need(may))],
                response_class=HTMLResponse,
                response_model=None,
                **options,
            )
            return endpoint

        return register


def needs(route: APIRoute) -> May | None:
    """Return what a route needs; None if it was registered past the guard."""
    found = [one.dependency.may for one in route.dependencies if isinstance(one.dependency, Need)]
    return found[0] if found else None
