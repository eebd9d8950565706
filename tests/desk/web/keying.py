"""Two officers and the same twenty held items: one clears them at the desk, one keys them into the back office by hand.

Both work in a real browser and count what they press. An interaction is a key, a combination of keys, a click or a
typed value, however long; a keystroke is every single key or click.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from playwright.sync_api import Locator, Page
from ruamel.yaml import YAML

from demo.backoffice.accounts import PASSWORD, USER
from demo.backoffice.kinds import KINDS, Box, Kind
from demo.backoffice.store import Record, Store
from desk.web.office import Office
from desk.web.review.values import shown
from postroom.ledger import Item, ItemState
from postroom.process import FieldSpec
from tests.desk.web.held_items import ROOT, HeldItem, full_settings, held_items, put_in

ENDS = {"released": "in-flight", "no-action": "no-action", "rejected": "rejected", "by-hand": "delivered"}
COPYING = 3
"""Keystrokes in which a value can be copied at best: mark it, copy it, put it in."""


def _spec(item: HeldItem, name: str) -> FieldSpec | None:
    process = next(one for one in full_settings(ROOT / "var").processes if one.id == item.process)
    return process.fields.get(name)


@dataclass(frozen=True)
class Count:
    """What one item took."""

    interactions: int
    keystrokes: int
    clicks: int
    """Those of the keystrokes that were clicks."""
    copied: int
    """The keystrokes, had each value been copied instead of typed where that is shorter."""


@dataclass
class Officer:
    """A person at a browser whose keys and clicks are counted."""

    page: Page
    counted: dict[str, Count] = field(default_factory=dict)
    _chords: int = 0
    _strokes: int = 0
    _clicks: int = 0
    _copied: int = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self._add(1)

    def write(self, value: str) -> None:
        self.page.keyboard.type(value)
        self._add(len(value))

    def click(self, control: Locator) -> None:
        control.click()
        self._clicks += 1
        self._add(1)

    def elsewhere(self, times: int) -> None:
        """Count what is pressed in a program that is not under test, such as the mailbox."""
        for _ in range(times):
            self._add(1)

    def count(self, item: str) -> None:
        self.counted[item] = Count(self._chords, self._strokes, self._clicks, self._copied)
        self._chords = self._strokes = self._clicks = self._copied = 0

    def _add(self, strokes: int) -> None:
        self._chords += 1
        self._strokes += strokes
        self._copied += min(strokes, COPYING)


class DeskOfficer(Officer):
    """A person at the review page who never touches the mouse."""

    def clear_all(self, office: Office) -> None:
        """Put the twenty items into the ledger, clear them one by one, and see that each ended as it should."""
        items = {item.name: item for item in held_items()}
        ids = put_in(office.ledger, office.settings, list(items.values()))
        names = {item_id: name for name, item_id in ids.items()}
        titles = {process.id: process.title for process in office.settings.processes}
        self.page.goto("/queue")
        self._decide("s")
        while found := re.search(r"/items/(\w+)", self.page.url):
            self.page.wait_for_selector("body.js-enabled")
            item_id = found[1]
            self.clear(items[names[item_id]], office.ledger.item(item_id), titles)
            self.count(names[item_id])
        assert self.page.get_by_text("Nothing waits for a person").is_visible()
        for item in items.values():
            check_decided(item, office.ledger.item(ids[item.name]))

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
        if value in (right, shown(right, _spec(item, name))):
            self.press("Enter" if inside else "a")
        elif right in readings and not inside:
            self.press(str(readings.index(right) + 1))
        else:
            if not inside:
                self.press("j")
            self.write(shown(right, _spec(item, name)))
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


def check_decided(item: HeldItem, now: Item) -> None:
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


# What stands between two boxes of a form: a group of radio buttons is one stop of the Tab key.
_IS_NEXT = """control => {
  const stops = [...document.querySelectorAll('form :is(input, select, textarea)')]
    .filter((one, place, all) => one.type !== 'radio' || all.findIndex(other => other.name === one.name) === place);
  const at = stops.indexOf(document.activeElement);
  return at >= 0 && stops[at + 1] === control;
}"""
_MOST_TABS = 60


@dataclass
class HandOfficer(Officer):
    """A practised person who keys post into the back office's screens, the mailbox beside them."""

    mouse: bool = False
    """Whether a click may take the place of more than one key."""

    def sign_in(self, address: str) -> None:
        """Open the main menu; none of this is counted."""
        self.page.goto(f"{address}/screens/signin")
        self.page.get_by_label("User ID").fill(USER)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Main menu").wait_for()

    def key_all(self, items: Iterable[HeldItem], store: Store) -> None:
        """Deal with items one after the other, and see that the back office holds what it should and no more."""
        for item in items:
            before = store.latest(1)
            self.deal_with(item)
            after = store.latest(1)
            if is_keyed(item):
                assert after != before, item.name
                check_keyed(item, after[0])
            else:
                assert after == before, item.name

    def deal_with(self, item: HeldItem) -> None:
        """Open the mail and what is attached, key it where it is to be keyed, and file the mail."""
        self.elsewhere(1 + sum(attached in item.given for attached in ("invoice", "payslip")))
        if is_keyed(item):
            self._key(item)
        self.elsewhere(1)
        self.count(item.name)

    def _key(self, item: HeldItem) -> None:
        kind, values = kind_of(item.process), boxes_of(item)
        self._choose(self.page.locator("#main").get_by_role("link", name=kind.menu, exact=True))
        for boxes in (kind.customer, kind.request):
            self._fill_page(boxes, values)
        self._choose(self.page.get_by_role("button", name="Submit"))
        self.page.get_by_role("heading", name="Record saved").wait_for()
        self._choose(self.page.locator("#side").get_by_role("link", name="Main menu"))

    def _fill_page(self, boxes: Sequence[Box], values: Mapping[str, str]) -> None:
        filled = [box for box in boxes if box.name in values]
        for box in filled:
            self._fill(box, values[box.name])
        # The Enter key makes a new line in a large box, does nothing on a list, and finds the ward where an address is.
        stays = not filled or filled[-1].control in ("textarea", "address", "select")
        if stays or self.page.get_by_role("button", name="Find ward").count():
            self._choose(self.page.get_by_role("button", name="Continue"))
        else:
            with self.page.expect_navigation():
                self.press("Enter")

    def _fill(self, box: Box, value: str) -> None:
        if box.control == "radio":
            self._pick(box, value)
        elif box.control == "date":
            for part, digits in zip(("day", "month", "year"), reversed(value.split("-")), strict=True):
                self._type(f"{box.name}-{part}", digits.removeprefix("0"))
        elif box.control == "select":
            # A click into a list opens it and asks for another; a click on its label does not.
            self._reach(self.page.locator(f"[name={box.name}]"), self.page.get_by_text(box.label, exact=True))
            self.write(_first_letters(box, value))
            assert self.page.locator(f"[name={box.name}]").input_value() == value
        elif box.control == "money":
            self._type(box.name, value.removesuffix(".00"))
        else:
            self._type(box.name, value)

    def _type(self, name: str, value: str) -> None:
        self._reach(self.page.locator(f"[name='{name}']"))
        self.write(value)

    def _pick(self, box: Box, value: str) -> None:
        buttons, place = self.page.locator(f"[name={box.name}]"), [code for code, _ in box.choices].index(value)
        if self.mouse:
            self.click(buttons.nth(place))
            return
        self._reach(buttons.first)
        back = len(box.choices) - place
        for _ in range(min(place, back)):
            self.press("ArrowDown" if place <= back else "ArrowUp")
        if place == 0:
            self.press("Space")
        assert buttons.nth(place).is_checked()

    def _choose(self, control: Locator) -> None:
        with self.page.expect_navigation():
            if self.mouse:
                self.click(control)
            else:
                self._reach(control)
                self.press("Enter")

    def _reach(self, control: Locator, label: Locator | None = None) -> None:
        if self.mouse and not control.evaluate(_IS_NEXT):
            self.click(label or control)
            return
        for _ in range(_MOST_TABS):
            self.press("Tab")
            if control.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"The Tab key does not lead to {control}.")


def is_keyed(item: HeldItem) -> bool:
    """Tell whether a person would key the item by hand: not what needs no action, nor what a colleague has keyed."""
    return item.ending == "released"


def kind_of(process: str) -> Kind:
    """Return the kind of record that a process asks for."""
    return next(kind for kind in KINDS.values() if kind.process == process)


def boxes_of(item: HeldItem) -> dict[str, str]:
    """Return what belongs into each box of the form, by the box's name, as the configured targets place it."""
    kind, described = kind_of(item.process), _described(kind_of(item.process).slug)
    values = {}
    for name, value in item.truth.items():
        box, words = _box(kind, described[name]), described[name].get("values", {}).get(value, value)
        codes = {said: code for code, said in box.choices}
        values[box.name] = codes.get(words, words)
    return values


def check_keyed(item: HeldItem, record: Record) -> None:
    """Compare a record of the back office with what a careful person keys."""
    kind = kind_of(item.process)
    money = {box.name for box in kind.boxes if box.control == "money"}
    held = {name: Decimal(value) if name in money else value for name, value in record.values.items()}
    right = {name: Decimal(value) if name in money else value for name, value in boxes_of(item).items()}
    assert (record.kind, held) == (kind.slug, right), item.name


@cache
def _described(slug: str) -> dict[str, dict]:
    """Return where a target's description places each field: on the screens, or in the body of the API."""
    places = (ROOT / "config" / folder / f"{slug}.yaml" for folder in ("screens", "apis"))
    file = next(place for place in places if place.exists())
    return YAML(typ="safe").load(file.read_text(encoding="utf-8"))["fields"]


def _box(kind: Kind, place: Mapping) -> Box:
    label, name = place.get("place", {}).get("row", ""), place.get("path", "").rpartition(".")[2]
    return next(box for box in kind.boxes if box.name == name or box.label == label)


def _first_letters(box: Box, value: str) -> str:
    """Return the fewest letters with which a list jumps to a choice."""
    words = dict(box.choices)[value]
    starts = (words[:length].lower() for length in range(1, len(words) + 1))
    return next(
        start for start in starts if next(said for _, said in box.choices if said.lower().startswith(start)) == words
    )
