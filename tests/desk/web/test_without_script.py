"""Everything by forms and links alone: the browser runs no script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.settings import Settings
from desk.web.office import Office
from desk.web.sign_in.passwords import hash_password
from postroom.ledger import ItemState
from postroom.staff import EVERY_TEAM, Person, Role
from tests.desk.web.conftest import Served, SignedInPage, add_person
from tests.desk.web.furnished import PASSWORD
from tests.desk.web.held_items import full_settings, held, put_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var", letters="letters")


@pytest.fixture
def ids(office: Office) -> dict[str, str]:
    """The items that are dealt with here."""
    names = ("move-no-date", "bin-unsure-kind", "garden-taken-for-bin", "thanks", "evidence-unsure-date")
    return put_in(office.ledger, office.settings, [held(name) for name in names])


def plain(page_as: SignedInPage, person: Person | None) -> Page:
    page = page_as(person, java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page.set_default_timeout(20_000)
    return page


def state(office: Office, item_id: str) -> ItemState:
    return office.ledger.item(item_id).summary.state


def test_somebody_signs_in_and_out(office: Office, served: Served, page_as: SignedInPage) -> None:
    person = Person("", "olive", "Olive Ferris", frozenset({Role.OFFICER}), frozenset({EVERY_TEAM}))
    office.ledger.add_staff(person, "test", password=hash_password(PASSWORD))
    page = plain(page_as, None)
    page.goto("/queue?kind=missing")
    page.get_by_label("Sign-in name").fill("olive")
    page.locator("#password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.endswith("/queue?kind=missing")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()


def test_an_officer_clears_items(office: Office, ids: dict[str, str], page_as: SignedInPage) -> None:
    page = plain(page_as, add_person(office, Role.OFFICER))
    page.goto("/queue")
    page.get_by_label("Process").select_option("council-tax-move")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("button", name="Start with the first").click()
    _put_right(page)
    page.get_by_role("button", name=re.compile("release", re.IGNORECASE)).click()
    item = ids["move-no-date"]
    expect(page.get_by_text(f"Item {item} is released")).to_be_visible()
    assert state(office, item) is ItemState.IN_FLIGHT
    assert office.ledger.item(item).values["moving_date"] == "2026-11-07"
    page.get_by_role("button", name=f"Undo what was done with item {item}").click()
    expect(page.get_by_text("waits for a person again")).to_be_visible()
    assert state(office, item) is ItemState.WITH_PERSON


def _put_right(page: Page) -> None:
    """Enter a value that is none, be told, and enter one that is."""
    page.get_by_label("Moving date").fill("soon")
    page.get_by_role("button", name="Save Moving date").click()
    expect(page.get_by_role("alert")).to_contain_text("such as 14 September 2026")
    assert page.get_by_label("Moving date").input_value() == "soon"
    page.get_by_label("Moving date").fill("7/11/2026")
    page.get_by_role("button", name="Save Moving date").click()
    expect(page.get_by_text("The value was corrected")).to_be_visible()


def test_a_value_is_accepted_and_another_reading_taken(
    office: Office, ids: dict[str, str], page_as: SignedInPage
) -> None:
    page = plain(page_as, add_person(office, Role.OFFICER))
    page.goto(f"/items/{ids['bin-unsure-kind']}")
    page.get_by_role("button", name="Recycling").click()
    assert office.ledger.item(ids["bin-unsure-kind"]).values["bin"] == "recycling"
    page.goto(f"/items/{ids['evidence-unsure-date']}")
    page.locator(".desk-field[data-open]").get_by_role("button", name="Accept").first.click()
    expect(page.get_by_text("The value was accepted")).to_be_visible()


def test_items_are_closed_moved_and_split(office: Office, ids: dict[str, str], page_as: SignedInPage) -> None:
    page = plain(page_as, add_person(office, Role.OFFICER))
    page.goto(f"/items/{ids['thanks']}")
    page.locator("#act-reject summary").click()
    page.locator("#act-reject").get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose why it is rejected")
    page.locator("#act-reject").get_by_role("radio").first.check(force=True)
    page.locator("#act-reject").get_by_role("button", name="Reject").click()
    assert state(office, ids["thanks"]) is ItemState.REJECTED
    page.goto(f"/items/{ids['garden-taken-for-bin']}")
    page.locator("#act-process summary").click()
    page.locator("#process-choice").select_option("garden-waste")
    page.get_by_role("button", name="Change the process").click()
    assert office.ledger.item(ids["garden-taken-for-bin"]).summary.process == "garden-waste"
    page.goto(f"/items/{ids['evidence-unsure-date']}")
    page.get_by_role("link", name="Split it").click()
    page.get_by_role("checkbox").last.check(force=True)
    page.get_by_label("What process is it for?").select_option("complaint")
    page.get_by_role("button", name="Split").click()
    expect(page.get_by_text("The item was split")).to_be_visible()


def test_the_source_is_turned_and_made_larger(office: Office, ids: dict[str, str], page_as: SignedInPage) -> None:
    page = plain(page_as, add_person(office, Role.OFFICER))
    page.goto(f"/items/{ids['evidence-unsure-date']}")
    page.locator("#source").get_by_role("link", name="payslip", exact=False).first.click()
    page.get_by_role("link", name="Turn right").click()
    page.wait_for_load_state("load")
    assert "turn=90" in page.url
    assert page.locator(".desk-page img").evaluate("one => one.naturalWidth > 0")


def test_somebody_asks_for_a_period_and_takes_the_report(
    office: Office, ids: dict[str, str], page_as: SignedInPage
) -> None:
    page = plain(page_as, add_person(office, Role.MANAGER))
    page.goto("/figures")
    page.get_by_role("link", name="This financial year").click()
    page.get_by_label("Process", exact=True).select_option("missed-bin")
    page.get_by_role("button", name="Show").click()
    assert re.search(r"begin=\d{4}-04-01", page.url)
    assert "part=missed-bin" in page.url
    with page.expect_download() as taken:
        page.locator("a[href*='report.csv']").first.click()
    assert taken.value.suggested_filename.endswith(".csv")


def test_ict_pauses_resumes_and_adds_a_colleague(office: Office, page_as: SignedInPage) -> None:
    page = plain(page_as, add_person(office, Role.ICT))
    page.goto("/system")
    page.get_by_role("link", name="Pause Missed bin", exact=True).click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Why").fill("The depot is closed")
    page.get_by_role("button", name="Pause").click()
    assert [one.subject for one in office.ledger.pauses()] == ["missed-bin"]
    page.get_by_role("button", name="Resume Missed bin").click()
    assert office.ledger.pauses() == []
    page.goto("/people/new")
    page.get_by_label("Name", exact=True).fill("Petra Vale")
    page.get_by_label("Sign-in name").fill("petra.vale")
    page.get_by_label("Manager", exact=True).check(force=True)
    page.get_by_label("All teams").check(force=True)
    page.get_by_role("button", name="Add").click()
    added = office.ledger.staff_named("petra.vale")
    assert added is not None
    assert added.person.roles == {Role.MANAGER}
