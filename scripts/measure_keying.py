"""Counts what twenty held items take at the desk and by hand in the sample back office, in a real browser.

usage: python -m scripts.measure_keying [--write]    with --write docs/keying.md and its picture are written anew
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.keying_page import PAGE, PICTURE, Counts, page, picture, rows, sums

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from rich.console import Console

    from tests.desk.web.keying import Count


def main() -> None:
    """Count, print, and write the page where that is asked for."""
    from rich.console import Console

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="Write docs/keying.md and its picture.")
    given = parser.parse_args()
    console = Console(width=100)
    with console.status("Twenty items at the desk, then twice by hand ..."):
        counts = measure()
    _print(console, counts)
    if given.write:
        PAGE.write_text(page(counts), encoding="utf-8")
        PICTURE.write_text(picture(counts), encoding="utf-8")


def measure() -> Counts:
    """Deal with the items each way, and see that the result is right each time."""
    from playwright.sync_api import sync_playwright

    from connectors.browser import launch

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        counts = {"desk": _at_the_desk(browser, Path(folder)), **_by_hand(browser, Path(folder))}
        browser.close()
    return counts


def _at_the_desk(browser: Browser, folder: Path) -> Mapping[str, Count]:
    from desk.web.app import make_app
    from desk.web.office import Office
    from postroom.ledger import Ledger
    from postroom.staff import Role
    from tests.desk.web.conftest import Served, add_person
    from tests.desk.web.held_items import full_settings
    from tests.desk.web.keying import DeskOfficer

    settings = full_settings(folder / "var")
    ledger = Ledger(settings.ledger_url, settings.documents)
    ledger.migrate()
    office = Office(settings, ledger)
    served = Served(make_app(office))
    served.start()
    context = browser.new_context(base_url=served.address)
    token = ledger.sign_in(add_person(office, Role.OFFICER).id, "Measure", 8)
    context.add_cookies([{"name": "postroom", "value": token, "url": served.address}])
    officer = DeskOfficer(context.new_page())
    officer.clear_all(office)
    context.close()
    served.stop()
    office.close()
    return officer.counted


def _by_hand(browser: Browser, folder: Path) -> Counts:
    from demo.backoffice.store import Store
    from tests.desk.web.held_items import held_items
    from tests.desk.web.keying import HandOfficer
    from tests.servers.back_office import BackOffice

    counts = {}
    with BackOffice(folder) as back_office:
        for way in ("keys", "mouse"):
            context = browser.new_context()
            officer = HandOfficer(context.new_page(), mouse=way == "mouse")
            officer.sign_in(back_office.url)
            officer.key_all(held_items(), Store(back_office.database))
            counts[way] = officer.counted
            context.close()
    return counts


def _print(console: Console, counts: Counts) -> None:
    from rich.table import Table

    table = Table("Item", "Desk", "By hand, keys", "By hand, mouse", title="Interactions / keystrokes")
    for name, figures in [*rows(counts), *sums(counts)]:
        table.add_row(name, *(" / ".join(pair) for pair in figures))
    console.print(table)


if __name__ == "__main__":
    main()
