from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from connectors.browser import launch
from desk.web import navigation
from desk.web.figures.charts import Chart, Figure, Row, ceiling
from desk.web.pages import COMPONENTS, STATIC, TEMPLATES, asset, environment, page
from postroom.staff import May
from tests.desk.web.axe import MODES, sideways, violations
from tests.desk.web.gallery import ADDRESS, asked, gallery, serve

ROOT = Path(__file__).parents[3]
ASSETS = ROOT / "desk" / "web" / "assets"
LOCKS = (ASSETS / "package-lock.json", ROOT / "tests" / "node" / "package-lock.json")
# They hold the document that a letter is shown as, in a frame with a policy of its own.
FRAMES = TEMPLATES / "source"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


def shown(context: BrowserContext, html: str) -> tuple[Page, list[str]]:
    """Open a page; also return what went wrong: addresses elsewhere, words in the console."""
    wrong = serve(context, {"/page": html})
    opened = context.new_page()
    opened.on("console", lambda said: wrong.append(said.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(f"{ADDRESS}/page")
    return opened, wrong


@pytest.mark.parametrize("name", ["postroom.css", "postroom.js", "announce.js", "govuk-frontend.min.js", "favicon.svg"])
def test_what_is_served_names_no_other_place_and_nothing_of_govuks_own(name: str) -> None:
    built = (STATIC / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    # Links are printed with their addresses; the rule for it names both schemes.
    built = re.sub(r'\[href\^="?https?://"?\]', "", built)
    for mark in (
        "GDS Transport",
        "@font-face",
        "@import",
        "crown",
        "crest",
        "http://",
        "https://",
        "url(",
        "sourceMapping",
    ):
        assert mark.lower() not in built.lower(), mark


def test_nothing_else_is_served() -> None:
    ours = {one.name for folder in ("scripts", "images") for one in (ASSETS / folder).iterdir()}
    assert {one.name for one in STATIC.iterdir()} - {".made-of"} == ours | {"postroom.css", "govuk-frontend.min.js"}


def test_every_component_that_templates_may_call_has_its_styles() -> None:
    used = re.findall(r'components/([a-z-]+)"', (ASSETS / "styles" / "_govuk.scss").read_text(encoding="utf-8"))
    assert sorted(used) == sorted(COMPONENTS)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_holds_what_is_fetched_and_not_where_from(lock: Path) -> None:
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 1
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


class _Inline(HTMLParser):
    """Notes what our policy forbids to run or to apply."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in names if name == "style" or re.fullmatch("on[a-z]+", name)]


def test_no_template_has_script_or_style_within() -> None:
    # By git, so that what an engineer has not finished does not count.
    listed = subprocess.run(["git", "ls-files", str(TEMPLATES)], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        # The page in an evidence pack is a file of its own, which has nobody to ask for a style sheet.
        if not (ROOT / name).is_relative_to(FRAMES) and not name.endswith("evidence/pack.html"):
            parser = _Inline()
            parser.feed((ROOT / name).read_text(encoding="utf-8"))
            assert not parser.found, name


@pytest.mark.parametrize("mode", ["normal", "narrow", "dark-contrast"])
def test_every_part_can_be_used_by_everybody(browser: Browser, mode: str) -> None:
    context = browser.new_context(**MODES[mode])
    opened, wrong = shown(context, gallery())
    assert violations(opened) == []
    assert sideways(opened) == []
    assert wrong == []
    context.close()


def test_the_judge_finds_what_is_wrong(browser: Browser) -> None:
    context = browser.new_context(**MODES["narrow"])
    bad = gallery().replace(
        '<main class="', '<p class="desk-nowrap">' + "wide " * 99 + '</p><img src="/x"><main class="'
    )
    opened, _ = shown(context, bad)
    assert any(one.startswith("image-alt:") for one in violations(opened))
    assert sideways(opened)
    context.close()


def test_the_ways_are_there_without_script(browser: Browser) -> None:
    context = browser.new_context(**MODES["narrow"], java_script_enabled=False)
    opened, _ = shown(context, gallery())
    assert opened.get_by_role("navigation", name="Desk").get_by_role("link").all_inner_texts() == [
        "Queue", "Checks", "Figures", "System", "People", "Audit",
    ]  # fmt: skip
    assert opened.get_by_role("button", name="Menu").count() == 0
    context.close()


def test_what_was_done_is_said_to_those_who_listen(browser: Browser) -> None:
    context = browser.new_context(**MODES["normal"])
    opened, _ = shown(context, gallery())
    expect(opened.locator("#announcer")).to_contain_text("W5EYQYJP is released")
    expect(opened.locator("#announcer")).to_contain_text("Ben Okafor has this item open")
    context.close()


def test_a_page_says_what_it_is_and_whose(browser: Browser) -> None:
    context = browser.new_context(**MODES["normal"])
    opened, _ = shown(context, gallery())
    assert opened.title() == "Error: Gallery – Postroom – Westmere Borough Council"
    assert opened.get_by_role("button", name="Sign out").count() == 1
    opened.goto("about:blank")
    context.close()
    stranger = page(asked(signed_in=False), "error.html", title="Page not found", words="Check the address.")
    assert "Sign out" not in stranger
    assert "<nav" not in stranger
    assert "<title>Page not found – Postroom – Westmere Borough Council</title>" in stranger


def test_words_stay_words() -> None:
    said = page(asked(), "error.html", title="<script>run()</script>", words="{{ 7 * 7 }} <b>bold</b>")
    assert "<script>run" not in said
    assert "&lt;b&gt;bold&lt;/b&gt;" in said
    assert "{{ 7 * 7 }}" in said


def test_a_template_that_lacks_a_value_does_not_render_around_it() -> None:
    with pytest.raises(UndefinedError, match="words"):
        page(asked(), "error.html", title="Page not found")
    button = environment().from_string('{{ govukButton({"text": words}) }}')
    with pytest.raises(UndefinedError, match="words"):
        button.render()


def test_an_address_changes_with_the_file_behind_it() -> None:
    assert re.fullmatch(r"/static/postroom\.css\?v=[0-9a-f]{12}", asset("postroom.css"))
    assert asset("postroom.css").partition("?")[2] != asset("postroom.js").partition("?")[2]


def test_a_person_is_shown_the_ways_they_may_go() -> None:
    request = asked("/items/W5EYQYJP")
    request.state.may = lambda permission: permission in (May.SEE_QUEUE, May.SEE_FIGURES)
    assert [(one.title, one.active) for one in navigation.entries(request)] == [("Queue", True), ("Figures", False)]
    assert navigation.entries(asked("/queues"))[0].active is False


def test_a_chart_goes_to_a_round_figure_that_can_be_halved() -> None:
    tops = [ceiling(largest) for largest in (0, 0.03, 0.7, 1, 7, 61, 100, 101, 730, 9999)]
    assert tops == [1, 0.1, 0.8, 1, 8, 80, 100, 200, 800, 10000]


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    rows = tuple(Row(str(n), (Figure(value),)) for n, value in enumerate((4.0, None, 2.0, 0.0)))
    chart = Chart("c", "Rate", "", "Day", ("Rate",), rows)
    assert chart.strokes(0) == [(66.667, 50.0, 100.0, 100.0)]
    assert [spot[1] for spot in chart.spots(0)] == [0.0, 50.0, 100.0]


def test_a_chart_of_nothing_is_drawn() -> None:
    empty = Chart("c", "Rate", "", "Day", ("Rate",), ())
    drawn = environment().from_string(
        '{% import "parts/chart.html" as c %}{{ c.bars(x) }}{{ c.columns(x) }}{{ c.lines(x) }}'
    )
    assert "Rate" in drawn.render(x=empty)
