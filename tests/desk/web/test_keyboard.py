"""Twenty held items are cleared by keyboard alone, and it is counted how many keys that takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Page

from config.settings import Settings
from desk.web.office import Office
from desk.web.review_values import shown
from postroom.ledger import Item, ItemState
from postroom.staff import Role
from tests.desk.web.conftest import SignedInPage, add_person
from tests.desk.web.held_items import ROOT, HeldItem, full_settings, held_items, put_in

ENDS = {"released": "in-flight", "no-action": "no-action", "rejected": "rejected", "by-hand": "delivered"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var")


@dataclass
class Officer:
    """A person at the review page who never touches the mouse."""

    page: Page
    chords: int = 0
    """Keys and combinations of keys, a typed value counted as one."""
    strokes: int = 0
    """Every single key."""
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.chords += 1
        self.strokes += 1

    def write(self, value: str) -> None:
        self.page.keyboard.type(value)
        self.chords += 1
        self.strokes += len(value)

    def count(self, item: str) -> None:
        self.counted[item] = (self.chords, self.strokes)
        self.chords = self.strokes = 0

    def clear(self, item: HeldItem, now: Item, titles: Mapping[str, str]) -> None:
        """Deal with the item on the page as a careful person would."""
        if item.ending == "no-action":
            self._close("m", str(item.given["reason"]))
        elif item.ending == "rejected":
            self._close("r", str(item.given["reason"]))
        elif item.ending == "by-hand":
            self._by_hand(str(item.given["reference"]))
        else:
            if now.summary.process != item.process:
                self._change_process(titles[item.process])
            while (card := self._first_open()) is not None:
                self._put_right(card, item)
            self._decide("x")

    def _first_open(self) -> str | None:
        card = self.page.locator(".desk-field[data-open]").first
        return card.get_attribute("data-field") if card.count() else None

    def _put_right(self, name: str, item: HeldItem) -> None:
        """Accept a value that is right, take another reading that is, or type it."""
        card, right = self.page.locator(f"#card-{name}"), item.truth.get(name, "")
        control = card.locator("[data-value]").first
        value = control.input_value() if control.get_attribute("type") != "radio" else ""
        if card.locator("[data-value]:checked").count():
            value = card.locator("[data-value]:checked").input_value()
        readings = card.locator("[data-choice]").evaluate_all("all => all.map(one => one.value)")
        inside = self.page.evaluate("document.activeElement.matches('.desk-field *')")
        if value in (right, shown(right, SPECS[item.process].get(name))):
            self.press("Enter" if inside else "a")
        elif right in readings and not inside:
            self.press(str(readings.index(right) + 1))
        else:
            if not inside:
                self.press("j")
            self.write(shown(right, SPECS[item.process].get(name)))
            self.press("Enter")
        self.page.wait_for_selector(f"#card-{name}:not([data-open])")

    def _change_process(self, title: str) -> None:
        self.press("g")
        self.write(title)
        self._decide("Enter")

    def _close(self, key: str, reason: str) -> None:
        self.press(key)
        self.press(reason)
        self._decide("Enter")

    def _by_hand(self, reference: str) -> None:
        self.press("h")
        self.write(reference)
        self._decide("Enter")

    def _decide(self, key: str) -> None:
        with self.page.expect_navigation():
            self.press(key)


SPECS = {process.id: process.fields for process in full_settings(ROOT / "var").processes}


@pytest.mark.slow
def test_twenty_held_items_are_cleared_by_keyboard_alone(office: Office, page_as: SignedInPage) -> None:
    items = {item.name: item for item in held_items()}
    ids = put_in(office.ledger, office.settings, list(items.values()))
    names = {item_id: name for name, item_id in ids.items()}
    titles = {process.id: process.title for process in office.settings.processes}
    officer = Officer(page_as(add_person(office, Role.OFFICER)))
    officer.page.goto("/queue")
    with officer.page.expect_navigation():
        officer.press("s")
    while found := re.search(r"/items/(\w+)", officer.page.url):
        officer.page.wait_for_selector("body.js-enabled")
        item_id = found[1]
        officer.clear(items[names[item_id]], office.ledger.item(item_id), titles)
        officer.count(names[item_id])
    assert officer.page.get_by_text("Nothing waits for a person").is_visible()
    _tell(officer)
    assert len(officer.counted) == 20
    assert median(chords for chords, _ in officer.counted.values()) < 8
    for item in items.values():
        _check(item, office.ledger.item(ids[item.name]))


def _check(item: HeldItem, now: Item) -> None:
    """Compare what the ledger holds with what was to be decided."""
    assert now.summary.state == ENDS[item.ending], item.name
    if item.ending in ("released", "by-hand"):
        assert now.summary.process == item.process
        assert now.deliveries
    if item.ending == "released":
        for delivery in now.deliveries:
            assert delivery.fields == item.truth, item.name
    if item.ending == "by-hand":
        assert now.deliveries[0].receipt is not None
        assert now.deliveries[0].receipt.reference == item.given["reference"]
    assert now.summary.state in (ItemState.IN_FLIGHT, ItemState.DELIVERED) or not now.deliveries


def _tell(officer: Officer) -> None:
    print()  # noqa: T201
    for name, (chords, strokes) in officer.counted.items():
        print(f"{name:24} {chords:3} interactions {strokes:4} keystrokes")  # noqa: T201
    chords, strokes = zip(*officer.counted.values(), strict=True)
    print(f"median {median(chords)} interactions, {median(strokes)} keystrokes an item")  # noqa: T201
