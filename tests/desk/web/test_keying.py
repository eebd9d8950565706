"""Items keyed by hand into the sample back office: what is keyed is right, and docs/keying.md tells the count."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from demo.backoffice.store import Store
from scripts.keying_page import documented
from tests.desk.web.held_items import held, held_items
from tests.desk.web.keying import HandOfficer, boxes_of, check_keyed
from tests.servers.back_office import BackOffice

SOME = ("garden-two-doubts", "evidence-unsure-date", "appeal-by-hand")
"""Radio buttons and an address; a list, a date and money; nothing to key."""


def test_the_page_tells_of_the_twenty_items_and_of_no_others() -> None:
    assert sorted(documented()) == sorted(item.name for item in held_items())


@pytest.mark.parametrize("mouse", [False, True], ids=["keys", "mouse"])
def test_what_is_keyed_by_hand_is_right_and_takes_what_the_page_says(
    browser: Browser, tmp_path: Path, mouse: bool
) -> None:
    with BackOffice(tmp_path) as back_office:
        context = browser.new_context()
        officer = HandOfficer(context.new_page(), mouse=mouse)
        officer.sign_in(back_office.url)
        officer.key_all([held(name) for name in SOME], Store(back_office.database))
        context.close()
    told = documented()
    for name, count in officer.counted.items():
        expected = told[name].mouse if mouse else told[name].keys
        assert (count.interactions, count.keystrokes) == expected, f"{name}: run make measure-keying"


def test_a_wrong_value_in_the_back_office_is_noticed(tmp_path: Path) -> None:
    item = held("garden-two-doubts")
    store = Store(tmp_path / "backoffice.sqlite")
    check_keyed(item, store.add("garden-waste", "", boxes_of(item), "screens"))
    for wrong in ({**boxes_of(item), "bins": "3"}, {**boxes_of(item), "phone": "01234 567890"}):
        with pytest.raises(AssertionError):
            check_keyed(item, store.add("garden-waste", "", wrong, "screens"))
