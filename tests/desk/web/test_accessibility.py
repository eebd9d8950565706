"""Every page in every state: axe, reflow, spacing, focus, errors, help and the end of a sign-in.

`make test` judges each page in its first state and in every state that tells of a mistake, at full width, and looks
whether it fits 320 pixels. `make accessibility` judges every state in every mode, and goes through each by Tab.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk.web import looking
from tests.desk.web.axe import MODES, sideways, violations
from tests.desk.web.furnished import Desk, furnished, opened, serving
from tests.desk.web.states import NOT_PAGES, STATES, State
from tests.desk.web.test_authorisation import rows

ROOT = Path(__file__).parents[3]
THOROUGH = os.environ.get("POSTROOM_ACCESSIBILITY") == "1"
MODE = {
    "normal": ("light", "none", (1280, 900)),
    "narrow": ("light", "none", (320, 800)),
    "zoom": ("light", "none", (320, 225)),
    "dark": ("dark", "none", (1280, 900)),
    "contrast": ("light", "active", (1280, 900)),
    "dark-contrast": ("dark", "active", (1280, 900)),
}
FIRST_OF_ROUTE = {state.route: state.name for state in reversed(STATES) if state.act is None and state.office == "full"}
IN_SHORT = {
    *{state.route: state.name for state in reversed(STATES) if state.office == "full"}.values(),
    *(state.name for state in STATES if state.error),
}
BY_TAB = {"sign-in", "queue", "item-missing", "batch", "person-new"}
Opened = Callable[[State], Page]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    """A desk with everything in it, one with nothing, and one with the council's sign-in."""
    with ExitStack() as stack:
        yield {
            "full": stack.enter_context(furnished(tmp_path_factory.mktemp("full"))),
            "empty": stack.enter_context(serving(opened(tmp_path_factory.mktemp("empty")))),
            "openid": stack.enter_context(serving(opened(tmp_path_factory.mktemp("openid"), openid=True))),
        }


@pytest.fixture(scope="module")
def open_state(desks: dict[str, Desk], browser: Browser) -> Iterator[Opened]:
    """Bring a page into a state; each person has one browser page for all of theirs."""
    pages: dict[tuple[str, str], Page] = {}

    def open_it(state: State) -> Page:
        desk, whose = desks[state.office], (state.office, state.who)
        if whose not in pages:
            context = browser.new_context(base_url=desk.served.address, locale="en-GB", reduced_motion="reduce")
            if state.who:
                desk.sign_in(context, state.who)
            pages[whose] = context.new_page()
            pages[whose].set_default_timeout(20_000)
            pages[whose].add_init_script(
                "window.broken = []; addEventListener('error', e => broken.push(e.message));"
                "addEventListener('securitypolicyviolation', e => broken.push(e.blockedURI));"
            )
        look_in(pages[whose], "normal")
        state.open(pages[whose], desk)
        return pages[whose]

    yield open_it
    for page in pages.values():
        page.context.close()


def look_in(page: Page, mode: str) -> None:
    """Look at a page as it stands in another mode; none of them makes it load anew."""
    colours, forced, (width, height) = MODE[mode]
    page.emulate_media(color_scheme=colours, forced_colors=forced)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": height})


def test_the_modes_are_those_that_every_part_is_judged_in() -> None:
    for name, options in MODES.items():
        colours, forced, (width, height) = MODE[name]
        assert options["viewport"] == {"width": width, "height": height}
        assert options.get("color_scheme", "light") == colours
        assert options.get("forced_colors", "none") == forced


def test_every_page_is_in_a_state() -> None:
    asked = {row.path for row in rows() if row.method == "GET"}
    assert set(NOT_PAGES) <= asked, "A row of what is no page is of no route."
    assert {state.route for state in STATES} - set(NOT_PAGES) == asked - set(NOT_PAGES)
    assert len({state.name for state in STATES}) == len(STATES)


@pytest.mark.parametrize("state", [one for one in STATES if THOROUGH or one.name in IN_SHORT], ids=str)
def test_everybody_can_use_it(open_state: Opened, state: State) -> None:
    page = open_state(state)
    found = {f"title {page.title()}"} if state.error != page.title().startswith("Error: ") else set()
    found |= {f"script: {one}" for one in page.evaluate("window.broken ?? []")}
    if state.error:
        found |= set(looking.errors(page))
    for mode in MODE if THOROUGH else ("normal", "narrow"):
        look_in(page, mode)
        if THOROUGH or mode == "normal":
            found |= {f"{mode}: {one}" for one in violations(page)}
        found |= {f"{mode}: {one}" for one in sideways(page)}
        if mode in ("normal", "zoom") and not stands_alone(state):
            found |= {f"{mode}: {one}" for one in looking.focus(page)}
        if mode in ("normal", "narrow"):
            found |= {f"{mode}: {one}" for one in looking.spacing(page)}
    if not stands_alone(state):
        found |= set(looking.always(page))
        assert looking.help_of(page) == ["Accessibility statement", "Keys", "Get help"]
    assert sorted(found) == []


def named(name: str) -> State:
    """Return a state by its name."""
    return next(one for one in STATES if one.name == name)


def stands_alone(state: State) -> bool:
    """Tell whether a state is of what is shown inside another page, or kept as a file."""
    return state.name.startswith(("frame-", "file-"))


@pytest.mark.parametrize(
    "state", [one for one in STATES if not stands_alone(one) and (THOROUGH or one.name in BY_TAB)], ids=str
)
def test_the_tab_key_goes_through_it_in_order(open_state: Opened, state: State) -> None:
    page = open_state(state)
    assert looking.order(page) == []


def test_no_two_pages_have_one_title(desks: dict[str, Desk]) -> None:
    titles: dict[str, str] = {}
    for route, name in FIRST_OF_ROUTE.items():
        state = named(name)
        if not stands_alone(state):
            html = state.fetch(desks[state.office])
            title = re.findall("<title>(.*?)</title>", html)[0]
            assert titles.setdefault(title, route) == route
            assert title.endswith(" – Postroom – Northborough District Council")
            assert '<html lang="en-GB"' in html


def test_what_was_done_is_said_and_stays_to_be_read(open_state: Opened) -> None:
    for name in ("queue-said", "item-said", "people", "batch-done"):
        page = open_state(named(name))
        banner = page.get_by_role("status").filter(has=page.locator(".govuk-notification-banner__content"))
        assert banner.count() == 1, name
        expect(page.locator("#announcer")).not_to_be_empty()


def test_a_password_can_be_pasted_shown_and_filled_in_by_the_browser(open_state: Opened) -> None:
    page = open_state(named("sign-in"))
    assert page.get_by_label("Sign-in name").get_attribute("autocomplete") == "username"
    assert page.locator("#password").get_attribute("autocomplete") == "current-password"
    page.locator("#password").focus()
    taken = page.evaluate(
        """() => { const pasted = new ClipboardEvent('paste', {bubbles: true, cancelable: true,
          clipboardData: new DataTransfer()}); return document.activeElement.dispatchEvent(pasted); }"""
    )
    assert taken, "Something keeps people from pasting."
    page.get_by_role("button", name="Show password").click()
    assert page.locator("#password").get_attribute("type") == "text"


def test_a_dialog_lets_the_keyboard_out_and_gives_the_focus_back(open_state: Opened) -> None:
    page = open_state(named("item-unsure"))
    page.locator("body.js-enabled").wait_for()
    opener = page.locator("[data-keys-help]")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_single_keys_can_be_switched_off(open_state: Opened) -> None:
    account = open_state(named("account"))
    account.get_by_label("Single keys do something").uncheck(force=True)
    account.goto("/queue")
    account.locator("body.desk-no-keys").wait_for(state="attached")
    account.keyboard.press("s")
    account.wait_for_timeout(300)
    assert account.url.endswith("/queue")
    account.goto("/account")
    account.get_by_label("Single keys do something").check(force=True)
    account.goto("/queue")
    account.locator("body.js-enabled").wait_for()
    with account.expect_navigation():
        account.keyboard.press("s")
    assert "/items/" in account.url


@pytest.fixture
def idling(desks: dict[str, Desk], browser: Browser) -> Iterator[Page]:
    """A page whose clock can be put forward."""
    desk = desks["full"]
    context = browser.new_context(base_url=desk.served.address, locale="en-GB")
    desk.sign_in(context, "officer")
    page = context.new_page()
    page.clock.install()
    page.goto("/queue")
    page.locator("body.js-enabled").wait_for()
    yield page
    context.close()


def test_nobody_is_signed_out_without_a_warning(idling: Page) -> None:
    idling.clock.run_for("54:00")
    assert idling.get_by_role("alertdialog").count() == 0
    idling.clock.run_for("01:30")
    asked = idling.get_by_role("alertdialog", name="Are you still there?")
    expect(asked).to_be_visible()
    expect(asked).to_contain_text("You will be signed out in 5 minutes")
    expect(asked.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert violations(idling) == []
    idling.keyboard.press("Enter")
    expect(asked).to_be_hidden()
    idling.clock.run_for("30:00")
    assert idling.get_by_role("alertdialog").count() == 0


def test_who_was_away_too_long_is_told_that_they_are_signed_out(idling: Page) -> None:
    idling.clock.run_for("01:02:00")
    told = idling.get_by_role("alertdialog", name="You are signed out")
    expect(told).to_contain_text("What was saved is kept")
    told.get_by_role("button", name="Close").click()
    expect(told).to_be_hidden()


def test_use_in_another_window_counts(idling: Page) -> None:
    idling.clock.run_for("54:00")
    other = idling.context.new_page()
    other.clock.install(time=idling.evaluate("Date.now()") / 1000)
    other.goto("/keys")
    other.locator("body.js-enabled").wait_for()
    idling.clock.run_for("03:00")
    assert idling.get_by_role("alertdialog").count() == 0


def criteria() -> list[tuple[str, str, str, str]]:
    """Return the rows of the table of criteria: number, level, how it is met, what shows it."""
    page = (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (\d\.\d\.\d+) [^|]+ \| (A|AA) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)


def test_every_criterion_has_its_row_and_every_row_its_evidence() -> None:
    table = criteria()
    assert len(table) == len({number for number, *_ in table}) == 55
    assert sum(level == "A" for _, level, *_ in table) == 31
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for number, _, met, shown in table:
        named = re.findall(r"`(test_\w+)`", shown)
        assert named or met.startswith("Not applicable"), number
        assert [name for name in named if f"def {name}(" not in written] == [], number
