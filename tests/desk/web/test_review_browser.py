"""The review page in a real browser: without script, with it, with single letters off, and for everybody's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.settings import Settings
from desk.web.office import Office
from postroom.ledger import ItemState
from postroom.staff import Role
from tests.desk.web.conftest import SignedInPage, add_person
from tests.desk.web.held_items import full_settings, held, put_in

FOCUSED = "document.activeElement.id"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var", letters="letters")


@pytest.fixture
def ids(office: Office) -> dict[str, str]:
    """A few items, by their names."""
    names = ("invoice-wrong-total", "move-no-date", "garden-two-doubts", "thanks")
    return put_in(office.ledger, office.settings, [held(name) for name in names])


def opened(office: Office, page_as: SignedInPage, path: str, **options: object) -> Page:
    page = page_as(add_person(office, Role.OFFICER), **options)
    page.goto(path)
    return page


def test_everything_works_without_script(office: Office, page_as: SignedInPage, ids: dict[str, str]) -> None:
    item = ids["move-no-date"]
    page = opened(office, page_as, f"/items/{item}", java_script_enabled=False)
    page.get_by_label("Moving date").fill("some day")
    page.get_by_role("button", name="Save Moving date").click()
    expect(page).to_have_title(
        "Error: Council tax change of address " + item + " – Postroom – Northborough District Council"
    )
    page.get_by_role("link", name="Moving date: enter a date").click()
    expect(page.get_by_label("Moving date")).to_have_value("some day")
    page.get_by_label("Moving date").fill("7 November 2026")
    page.get_by_role("button", name="Save Moving date").click()
    expect(page.get_by_text("The value was corrected.")).to_be_visible()
    page.locator("#act-no-action summary").click()
    expect(page.get_by_label("It is a thank-you or a greeting")).to_be_visible()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text(f"Item {item} is released")).to_be_visible()
    page.get_by_role("button", name=f"Undo what was done with item {item}").click()
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON
    assert office.ledger.item(item).values["moving_date"] == "2026-11-07"


def test_a_wrong_value_keeps_the_focus_and_is_told(office: Office, page_as: SignedInPage, ids: dict[str, str]) -> None:
    page = opened(office, page_as, f"/items/{ids['move-no-date']}")
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) == "field-moving_date"
    page.keyboard.type("7 Nov")
    expect(page.locator("#card-moving_date [data-check]")).to_contain_text("Enter a date")
    page.keyboard.press("Enter")
    expect(page.locator("#card-moving_date")).to_have_class(
        "desk-field desk-field--doubtful desk-field--wrong desk-field--current"
    )
    assert page.evaluate(FOCUSED) == "field-moving_date"
    expect(page.get_by_role("status").filter(has_text="Moving date: Enter a date")).to_have_count(1)
    page.keyboard.type("7 November 2026")
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_contain_text("Nothing left to check")
    assert page.evaluate("document.activeElement.matches('[data-release]')")


def test_the_source_turns_to_the_field_that_is_looked_at(
    office: Office, page_as: SignedInPage, ids: dict[str, str]
) -> None:
    page = opened(office, page_as, f"/items/{ids['invoice-wrong-total']}?document=0")
    expect(page.locator("#source iframe")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#box-net.desk-page__box--current")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    expect(page.locator(".desk-page__sheet--150")).to_have_count(1)
    page.keyboard.press("t")
    expect(page.locator("#source img")).to_have_attribute(
        "src", f"/items/{ids['invoice-wrong-total']}/documents/1/pages/1?width=1500&turn=90"
    )
    page.get_by_role("link", name="Show Supplier in the post").click()
    expect(page.locator("#box-supplier_name.desk-page__box--current")).to_have_count(1)


def test_what_is_left_to_check_is_accepted_only_when_asked_twice(
    office: Office, page_as: SignedInPage, ids: dict[str, str]
) -> None:
    item = ids["garden-two-doubts"]
    page = opened(office, page_as, f"/items/{item}")
    page.keyboard.press("x")
    expect(page.locator("#announcer")).to_contain_text("2 values are still to check")
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert office.ledger.item(item).summary.state is ItemState.IN_FLIGHT
    assert office.ledger.minutes_spent(item) > 0


def test_single_letters_can_be_switched_off_for_good(
    office: Office, page_as: SignedInPage, ids: dict[str, str]
) -> None:
    item = ids["garden-two-doubts"]
    page = opened(office, page_as, f"/items/{item}")
    page.keyboard.press("?")
    page.get_by_label("Single letters work").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("body.desk-no-keys")
    for key in ("a", "x", "x", "r", "s", "1"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url.endswith(item)
    assert office.ledger.item(item).summary.version == 0
    page.keyboard.press("Control+Enter")
    expect(page.locator("#announcer")).to_contain_text("still to check")


def test_somebody_who_comes_later_is_told_without_asking(
    office: Office, page_as: SignedInPage, ids: dict[str, str]
) -> None:
    item = ids["garden-two-doubts"]
    page = opened(office, page_as, f"/items/{item}")
    bo = add_person(office, Role.OFFICER, name="Bo Second")
    office.ledger.look(item, bo)
    expect(page.locator("#presence")).to_contain_text("Bo Second has had this item open", timeout=5000)
