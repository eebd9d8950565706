"""The frames in a real browser: they look as meant though nothing of the desk reaches them, and the keyboard does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page

from desk.web.guard import CONTENT_POLICY
from desk.web.source.frames import FRAME_HEADERS
from desk.web.source.marking import Mark, text_frame
from desk.web.source.sanitise import mail_frame
from postroom.text import Section, Text, plain_page
from tests.desk.web.axe import MODES, sideways, violations
from tests.desk.web.test_source import box_of

ROWS = [
    ("Good afternoon,", Section.NEW),
    ("I live at 9 Mercer", Section.NEW),
    ("Row, Northborough since May.", Section.NEW),
    *((f"Line {number} of a long story about bins, lorries, gates and kerbs.", Section.NEW) for number in range(60)),
    ("My account is 40718265 in case you need it.", Section.NEW),
    ("Femi Oduya", Section.SIGNATURE),
    ("On Monday we wrote that the bins are full", Section.QUOTED),
    ("x" * 300, Section.QUOTED),
]
LETTER = plain_page(ROWS)
ADDRESS = box_of(LETTER, "9", "Mercer").around(box_of(LETTER, "Row", "Northborough"))
MARKS = [
    Mark("address", "Address", 1, ADDRESS, "9 Mercer Row, Northborough"),
    Mark("account", "Account", 1, box_of(LETTER, "40718265"), "40718265", doubtful=True),
]
MAIL = (
    "<h3>Missed bin</h3><p>See <a href='https://evil.example/a?b=c'>www.northborough.example</a></p>"
    "<table><tr><th>Bin</th><th>Day</th></tr><tr><td>Black</td><td>Tuesday</td></tr></table>"
    f"<blockquote>We wrote</blockquote><img alt='Our bin' src='http://x.invalid/'><p>{'y' * 300}</p>"
)
FRAMES = {
    "/text": text_frame(Text("d", (LETTER,), ("Page 1 was read.",)), MARKS),
    "/mail": mail_frame(MAIL),
    "/empty": mail_frame("<img src='http://x.invalid/'>"),
    "/long": mail_frame("<p>" * 40_000),
}


class Desk(BaseHTTPRequestHandler):
    """A page with one frame in it, as the review page has."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        content = FRAMES.get(path.removeprefix("/judged"), "")
        headers = FRAME_HEADERS
        if path.startswith("/judged"):
            # The judge is a script, which the sandbox would not let run; the style still needs its hash.
            policy = FRAME_HEADERS["Content-Security-Policy"].removeprefix("sandbox; ")
            headers = {"Content-Security-Policy": policy}
        if not content:
            shown = path.removeprefix("/page")
            headers = {"Content-Security-Policy": CONTENT_POLICY}
            content = (
                "<!doctype html><html lang=en><title>Desk</title>"
                "<a href='/text#field-address' target=source>Address</a> "
                "<a href='/text#field-account' target=source>Account</a>"
                f"<iframe name=source sandbox title=Letter src='{shown}' width=100% height=400></iframe></html>"
            )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def opened(browser: Browser, home: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 900, "height": 600})
    page = context.new_page()
    page.goto(f"{home}/page/text")
    yield page
    context.close()


def inside(page: Page) -> Frame:
    (frame,) = page.frames[1:]
    return frame


def colour(frame: Frame, selector: str) -> str:
    return str(frame.evaluate(f"getComputedStyle(document.querySelector('{selector}')).backgroundColor"))


def until(frame: Frame, expression: str) -> None:
    """Wait for something in a frame; timers do not run where scripts do not, so it is asked again and again."""
    for _ in range(100):
        if frame.evaluate(expression):
            return
        frame.page.wait_for_timeout(50)
    pytest.fail(expression)


def test_the_style_reaches_into_the_sandbox(opened: Page) -> None:
    assert inside(opened).evaluate("origin") == "null"
    assert colour(inside(opened), "#field-address") == "rgb(255, 241, 184)"


def test_pointing_to_a_field_lights_up_all_its_pieces_and_brings_them_into_sight(opened: Page) -> None:
    frame = inside(opened)
    pieces = "[...document.querySelectorAll('.m0')].map(one => getComputedStyle(one).backgroundColor)"
    opened.get_by_text("Address").click()
    until(frame, "document.querySelector(':target') !== null")
    assert frame.evaluate(pieces) == ["rgb(255, 216, 74)"] * 2
    assert colour(frame, "#field-account") == "rgb(255, 241, 184)"
    opened.get_by_text("Account").click()
    until(frame, "document.querySelector(':target').id == 'field-account'")
    assert frame.evaluate(pieces) == ["rgb(255, 241, 184)"] * 2
    assert 0 <= frame.evaluate("document.querySelector(':target').getBoundingClientRect().top") < 400


def test_the_keyboard_reaches_the_frame_and_scrolls_it(opened: Page) -> None:
    for _ in range(3):
        opened.keyboard.press("Tab")
    frame = inside(opened)
    assert frame.evaluate("document.activeElement.tagName") == "MAIN"
    opened.keyboard.press("PageDown")
    until(frame, "scrollY > 100")


@pytest.mark.parametrize("mode", ["normal", "narrow", "dark-contrast"])
def test_the_frames_are_accessible(browser: Browser, home: str, mode: str) -> None:
    context = browser.new_context(**MODES[mode])
    page = context.new_page()
    for path in FRAMES:
        page.goto(f"{home}/judged{path}#field-address")
        assert not violations(page), path
        assert not sideways(page), path
    context.close()


def test_in_the_readers_own_colours_a_chosen_field_still_stands_out(browser: Browser, home: str) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{home}/text#field-address")
    assert colour(page.main_frame, "#field-address") != colour(page.main_frame, "#field-account")
    context.close()
