"""Pages: templates filled in, with what every page of the desk has around its content.

Templates call the macros of GOV.UK Frontend by their names, without importing them: `govukButton({"text": "Release"})`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from desk.web import navigation
from desk.web.phrasing import FILTERS
from postroom.clock import utc_now
from postroom.errors import ConfigError

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"
"""Style sheet, scripts and pictures as built by `make setup`; served below /static."""

COMPONENTS: Final = (
    "back-link", "button", "character-count", "checkboxes", "date-input", "details", "error-message", "error-summary",
    "fieldset", "hint", "input", "inset-text", "label", "notification-banner", "pagination", "password-input", "radios",
    "select", "service-navigation", "skip-link", "summary-list", "table", "tabs", "tag", "textarea", "warning-text",
)  # fmt: skip
"""The components of GOV.UK Frontend that our style sheet has colours and sizes for."""

_PREFIX: Final = "govuk_frontend_jinja"


@dataclass(frozen=True, slots=True)
class FormError:
    """One thing to put right in a form."""

    text: str
    field: str = ""
    """The id of the input it belongs to."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the page before has to say to the person: what was done, or why it was not."""

    text: str
    kind: Literal["done", "note", "problem"] = "done"
    href: str = ""
    link: str = ""
    """Words of a link behind the text."""


@cache
def environment() -> Environment:
    """Return the templates of the desk, in which everything is escaped and nothing may be missing."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.globals.update(_macros())
    made.globals["asset"] = asset
    return made


def prepare() -> None:
    """Read every template, so that the first visitor does not wait for it."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)


def _macros() -> Iterator[tuple[str, Callable[..., Any]]]:
    # In an environment of their own: GOV.UK Frontend's macros ask for options that nobody gave, ours never do.
    theirs = Environment(
        loader=PrefixLoader({_PREFIX: PackageLoader(_PREFIX)}), autoescape=True, undefined=ChainableUndefined
    )
    for component in COMPONENTS:
        name = "govuk" + "".join(word.capitalize() for word in component.split("-"))
        yield name, getattr(theirs.get_template(f"{_PREFIX}/components/{component}/macro.html").module, name)


@cache
def asset(name: str) -> str:
    """Return the address of a file of /static, which changes when the file does, so that browsers may keep it.

    Raises:
        ConfigError: It is not there.
    """
    path = STATIC / name
    if not path.is_file():
        raise ConfigError(
            f"The desk's {name} has not been built.",
            hint="Run `make setup`, which builds it, and start the desk again.",
        )
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def render(
    request: Request, template: str, *, status: int = 200, errors: Sequence[FormError] = (), **values: Any
) -> HTMLResponse:
    """Return a page.

    Args:
        request: Its state tells the person, what they may, and what is to be announced.
        template: The file below templates/.
        status: The status of the answer.
        errors: What is to be put right; told at the top of the page, and in its title.
        values: What the template needs beside what every page has.
    """
    return HTMLResponse(page(request, template, errors=errors, **values), status)


def page(request: Request, template: str, *, errors: Sequence[FormError] = (), **values: Any) -> str:
    """Return a page as text; see `render`."""
    around = {
        "council": request.app.state.desk.settings.council,
        "person": getattr(request.state, "person", None),
        "navigation": navigation.entries(request),
        "announcements": tuple(getattr(request.state, "announcements", ())),
        "errors": tuple(errors),
        "path": request.url.path,
        "stay": _stay(request),
    }
    return environment().get_template(template).render({**around, **values})


def _stay(request: Request) -> dict[str, int] | None:
    """Return how long a sign-in lasts without use, and how long at most, so that its end is no surprise."""
    sign_in = getattr(request.state, "sign_in", None)
    if sign_in is None:
        return None
    settings = request.app.state.desk.settings.sign_in
    return {"minutes": settings.session_minutes, "seconds": int((sign_in.ends_at - utc_now()).total_seconds())}
