"""The report's page for everybody, in every way of looking at it, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, sync_playwright

from connectors.browser import launch
from postroom.ledger import Ledger
from postroom.report.gathering import compare
from postroom.report.page import write_page
from tests.desk.web.axe import MODES, sideways, violations
from tests.postroom.random_ledger import fill
from tests.postroom.report.test_gathering import BASIS, NOW, PERIOD


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Addresses of a full report and of one of an empty ledger."""
    made = []
    for name, items in (("full", 60), ("empty", 0)):
        folder = tmp_path_factory.mktemp(name)
        ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", folder / "documents")
        ledger.migrate()
        fill(ledger, Random(5), items)
        write_page(compare(ledger, BASIS, PERIOD, PERIOD.before(), made_at=NOW), folder / "report.html")
        ledger.close()
        made.append(Path(folder / "report.html").as_uri())
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.mark.parametrize("mode", ["normal", "narrow", "dark-contrast"])
def test_everybody_can_read_it(chromium: Browser, reports: list[str], mode: str) -> None:
    context = chromium.new_context(**MODES[mode])
    page = context.new_page()
    for address in reports if mode == "normal" else reports[:1]:
        page.goto(address)
        assert violations(page) == []
        assert sideways(page) == []
    context.close()


def test_on_paper_nothing_is_folded_away(chromium: Browser, reports: list[str]) -> None:
    page = chromium.new_page()
    page.goto(reports[0])
    folded = page.locator("details td").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert violations(page) == []
    assert folded.is_visible()
    page.close()
