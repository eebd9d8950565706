"""Makes docs/pictures/desk anew: the desk of an invented council, furnished with everything it can show.

usage: python -m scripts.make_desk_pictures [FOLDER]
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from postroom.clock import utc_now
from postroom.process import Baseline

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from desk.web.office import Office
    from postroom.ledger import Ledger
    from tests.desk.web.furnished import Desk

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures" / "desk"
LARGEST = 120_000
"""Bytes of one picture."""
WIDE, NARROW = (1280, 900), (320, 720)
TALLEST = 1500
BRITISH_DAYS = """() => document.querySelectorAll('input[type=date]').forEach(one => {
  const day = one.value || 'dd/mm/yyyy';
  one.type = 'text';
  one.value = day.split('-').reverse().join('/');
})"""
"""Browsers write days in inputs as their own language has it, and the one at hand may have no British English."""
BUSY_ITEMS, BUSY_WAITING = 3000, 40


@dataclass(frozen=True)
class Picture:
    """One page in one state, and how it is looked at."""

    name: str
    state: str
    """As tests/desk/web/states.py calls it."""
    size: tuple[int, int] = WIDE
    tallest: int = TALLEST
    dark: bool = False
    busy: bool = False
    """Whether it shows a year of made-up post."""


ALL = (
    Picture("sign-in", "sign-in", tallest=560),
    Picture("queue", "queue-of-who-sees-protected", tallest=900),
    Picture("queue-narrow", "queue-filtered", NARROW, 1200),
    Picture("item", "item-other-readings"),
    Picture("item-dark", "item-choices", dark=True),
    Picture("item-paper", "item-picture"),
    Picture("item-narrow", "item-unsure", NARROW, 1600),
    Picture("item-wrong-value", "item-wrong-value", tallest=900),
    Picture("item-changed-meanwhile", "item-changed-meanwhile", tallest=900),
    Picture("item-second-entry", "item-second-entry", tallest=900),
    Picture("item-protected", "item-protected", tallest=900),
    Picture("item-delivered", "item-delivered", tallest=1000),
    Picture("item-outcome-unknown", "item-outcome-unknown", tallest=1000),
    Picture("keys", "item-keys", tallest=900),
    Picture("letter", "letter", tallest=900),
    Picture("split", "split", tallest=760),
    Picture("merge", "merge", tallest=620),
    Picture("batches", "batches", tallest=620),
    Picture("batch", "batch", tallest=1000),
    Picture("batch-done", "batch-done", tallest=900),
    Picture("checks", "checks"),
    Picture("check", "check"),
    Picture("check-differs", "check-differs"),
    Picture("figures", "figures", tallest=1900, busy=True),
    Picture("figures-dark", "figures", tallest=1000, dark=True, busy=True),
    Picture("figures-items", "figures-items", tallest=900, busy=True),
    Picture("evidence", "evidence"),
    Picture("system", "system"),
    Picture("system-checked", "system-checked", tallest=900),
    Picture("pause", "pause-target", tallest=700),
    Picture("configuration", "configuration-compared"),
    Picture("runs", "runs", tallest=760),
    Picture("failed", "failed"),
    Picture("people", "people", tallest=760),
    Picture("person", "person", tallest=1400),
    Picture("account", "account", tallest=1200),
    Picture("audit", "audit", tallest=900),
    Picture("audit-proof", "audit-proof", tallest=560),
    Picture("statement", "statement"),
    Picture("not-found", "not-found", tallest=480),
)


def main(folder: str = "", *only: str) -> None:
    """Take the pictures, all of them or those that are named."""
    into = Path(folder) if folder else PICTURES
    into.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in ALL if not only or one.name in only]
    with tempfile.TemporaryDirectory() as data, ExitStack() as stack:
        _take(stack, Path(data), into, wanted)


def _take(stack: ExitStack, data: Path, into: Path, wanted: Sequence[Picture]) -> None:
    from playwright.sync_api import sync_playwright

    from connectors.browser import launch
    from tests.desk.web.furnished import furnished
    from tests.desk.web.states import STATES

    states = {state.name: state for state in STATES}
    full = stack.enter_context(furnished(data / "full"))
    busy = stack.enter_context(_busy(data / "busy")) if any(one.busy for one in wanted) else full
    browser = launch(stack.enter_context(sync_playwright()))
    for one in wanted:
        desk, state = busy if one.busy else full, states[one.state]
        page = _page(browser, desk, state.who, one)
        state.open(page, desk)
        page.wait_for_timeout(600)
        _keep(into / f"{one.name}.webp", _shot(page, one))
        page.context.close()
    browser.close()


def _busy(data: Path) -> AbstractContextManager[Desk]:
    """Serve a desk behind which lies a year of made-up post, with baselines and with items that were read again."""
    from scripts.large_ledger import fill
    from tests.desk.web.furnished import opened, serving

    office = opened(data, upkeep_hours_a_month=4.0)
    measured = {"minutes": 7, "measured_on": utc_now().date() - timedelta(days=40), "by": "M Doyle", "items": 50}
    processes = [
        one.model_copy(update={"baseline": Baseline.model_validate(measured)}) for one in office.settings.processes
    ]
    office.settings = replace(office.settings, processes=processes)
    fill(office.ledger, processes, BUSY_ITEMS, BUSY_WAITING)
    _in_office_hours(office.ledger)
    _read_again(office)
    return serving(office)


def _in_office_hours(ledger: Ledger) -> None:
    """Move the post to the days and hours at which post comes, up to now."""
    from sqlalchemy import select, update

    from postroom.ledger import schema

    chance = random.Random(1)  # noqa: S311
    items, messages, now = schema.items, schema.messages, utc_now()
    with ledger._writing() as connection:
        for row in connection.execute(select(items)).all():
            at = row.received_at + timedelta(days=0 if row.closed_at is None else 11)
            at -= timedelta(days=max(0, at.weekday() - 5) + chance.randrange(1, 6) if at.weekday() > 4 else 0)
            at = at.replace(hour=min(17, max(7, round(chance.gauss(11, 2.5)))), minute=chance.randrange(60))
            at = min(at, now - timedelta(hours=1))
            closed = at + (row.closed_at - row.received_at) if row.closed_at else None
            values = {"received_at": at, "closed_at": min(closed, now) if closed else None}
            connection.execute(update(items).where(items.c.id == row.id).values(**values))
            connection.execute(update(messages).where(messages.c.id == row.message_id).values(received_at=at))


def _read_again(office: Office) -> None:
    """Let a person read a share of what went straight through again; one value in fifty was keyed wrong."""
    from postroom.staff import EVERY_TEAM, Person, Role

    reader = Person("", "reader", "Ada Reader", frozenset({Role.OFFICER}), frozenset({EVERY_TEAM}))
    reader = office.ledger.add_staff(reader, "pictures")
    office.ledger.choose_samples(0.5, [one.id for one in office.settings.processes])
    scope = office.scope(reader)
    for number, sample in enumerate(office.ledger.open_samples(scope, reader, 60)):
        process, read = office.process(sample.process), dict(office.ledger.item(sample.item_id).values)
        assert process is not None  # noqa: S101
        if number % 50 == 49:
            read[next(iter(read))] = ""
        if not office.ledger.read_again(sample.item_id, read, process, reader):
            office.ledger.judge_sample(sample.item_id, (), reader)


def _page(browser: Browser, desk: Desk, who: str, one: Picture) -> Page:
    width, height = one.size
    context = browser.new_context(
        base_url=desk.served.address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if one.dark else "light",
        device_scale_factor=2 if one.size == NARROW else 1,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/London",
    )
    if who:
        desk.sign_in(context, who)
    return context.new_page()


def _shot(page: Page, one: Picture) -> bytes:
    """Take the page from its top, as far as it goes, without a stretch of nothing at its end."""
    width, _ = one.size
    page.evaluate(BRITISH_DAYS)
    page.evaluate("scrollTo(0, 0)")
    tall = min(page.evaluate("document.documentElement.scrollHeight"), one.tallest)
    if one.size == NARROW:
        # Heights of the source pane are those of the screen, which must stay as small as it is.
        return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": tall})
    page.set_viewport_size({"width": width, "height": tall})
    page.wait_for_timeout(200)
    return page.screenshot()


def _keep(path: Path, png: bytes) -> None:
    """Write a picture as well as the space it may take allows."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (90, 80, 70, 60, 50, 40):
        small = io.BytesIO()
        picture.save(small, "WEBP", quality=quality, method=6)
        if small.tell() <= LARGEST:
            break
    path.write_bytes(small.getvalue())


if __name__ == "__main__":
    main(*sys.argv[1:])
