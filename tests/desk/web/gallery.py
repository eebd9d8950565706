"""The gallery, shown to a browser without a server.

`python -m tests.desk.web.gallery FOLDER` takes its picture in every mode.
"""

from __future__ import annotations

import mimetypes
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route, sync_playwright

from connectors.browser import launch
from desk.web.figures.charts import Chart, Figure, Row
from desk.web.guard import CONTENT_POLICY
from desk.web.pages import STATIC, Announcement, FormError, page
from tests.desk.web.axe import MODES

ADDRESS = "http://desk.example"
ROWS = [
    ("W5EYQYJP", "Council tax: change of address", "“Full name” is not sure enough (89%) + 3 more", "with-person", 7),
    ("KX5ER7GD", "Benefit evidence", "“Full name” is not sure enough (84%).", "with-person", 4),
    ("7YI43DWY", "Other", "Only named people may see this: It tells of domestic abuse + 1 more", "with-person", 0),
    ("IOIHXRGA", "Missed bin", "“Moving date” was not found.", "in-flight", 3),
]
PROCESSES = ("Council tax: change of address", "Missed bin", "Supplier invoice", "Garden waste", "Direct debit")


@dataclass(frozen=True)
class Asked:
    """As much of a request as pages look at."""

    app: Any
    state: Any
    url: Any


def asked(path: str = "/queue", *, signed_in: bool = True, announcements: tuple[Announcement, ...] = ()) -> Any:
    """Return a request for a path."""
    state = SimpleNamespace(announcements=announcements)
    if signed_in:
        state.person = SimpleNamespace(name="Asha Patel", roles=frozenset())
        state.may = lambda _permission: True
    desk = SimpleNamespace(settings=SimpleNamespace(council="Westmere Borough Council"))
    return Asked(SimpleNamespace(state=SimpleNamespace(desk=desk)), state, urlsplit(f"{ADDRESS}{path}"))


def gallery() -> str:
    """Return the page with every part."""
    said = (
        Announcement("Item W5EYQYJP is released; 1 delivery is under way.", href="/items/KX5ER7GD", link="Next item"),
        Announcement("Ben Okafor has this item open.", "note"),
        Announcement("Item IOIHXRGA was changed by Ben Okafor meanwhile. Nothing of yours was saved.", "problem"),
    )
    wrong = (FormError("Enter a day of the calendar, such as 30 November 2026", "moving_date"),)
    moment = datetime(2026, 11, 5, 14, 5, tzinfo=UTC)
    return page(asked(announcements=said), "gallery.html", errors=wrong, moment=moment, rows=ROWS, **_charts())


def _charts() -> dict[str, Chart]:
    one = tuple(Row(name, (Figure(120 - 23 * n),), f"/items?process={n}") for n, name in enumerate(PROCESSES))
    two = tuple(
        Row(name, (Figure(120 - 23 * n, href="#a"), Figure(100 - 12 * n, href="#b")))
        for n, name in enumerate(PROCESSES)
    )
    week = tuple(Row(name, (Figure(n * 700 + 210),)) for n, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri")))
    days = tuple(_day(n, 30 + (n * 37) % 55, 20 + (n * 53) % 31) for n in range(1, 32))
    rate = tuple(_day(n, 70 + n % 9, None if n in (9, 10) else 61 + n % 7) for n in range(1, 22))
    weeks, months = ("This week", "Week before"), ("This month", "Month before")
    return {
        "processes": Chart("processes", "What waits, by process", "Mostly council tax.", "Process", ("Items",), one),
        "compared": Chart("compared", "Delivered, by process", "Beside the week before.", "Process", weeks, two),
        "days": Chart("days", "By day", "Mondays are the fullest.", "Day", ("Received", "Delivered"), days),
        "week": Chart("week", "This week", "More every day.", "Day", ("Items",), week),
        "sure": Chart("sure", "Straight-through rate", "No items came on 9 and 10 October.", "Day", months, rate),
    }


def _day(number: int, first: float, second: float | None) -> Row:
    return Row(f"{number} October 2026", (Figure(first), Figure(second)), short=f"{number} Oct")


def serve(context: BrowserContext, pages: dict[str, str]) -> list[str]:
    """Answer a context with pages and the static files alone; return a list that addresses elsewhere will join."""
    strangers: list[str] = []

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        static = STATIC / Path(address.path).name
        if address.netloc != urlsplit(ADDRESS).netloc:
            strangers.append(route.request.url)
            route.abort()
        elif address.path in pages:
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CONTENT_POLICY}
            route.fulfill(body=pages[address.path], headers=headers)
        elif address.path.startswith("/static/") and static.is_file():
            kind = mimetypes.guess_type(static.name)[0] or "application/octet-stream"
            route.fulfill(body=static.read_bytes(), headers={"Content-Type": kind})
        else:
            route.fulfill(status=404, body="")

    context.route("**/*", answer)
    return strangers


def main(folder: Path) -> None:
    """Take a picture of the gallery in every mode."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name, options in MODES.items():
            context = browser.new_context(**options)
            serve(context, {"/gallery": gallery()})
            shown = context.new_page()
            shown.goto(f"{ADDRESS}/gallery")
            shown.screenshot(path=folder / f"{name}.png", full_page=name != "zoom")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
