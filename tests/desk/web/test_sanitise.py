"""What strangers write in HTML: two walls, either of which holds by itself, and a proof that the watch would see it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from desk.web.guard import CONTENT_POLICY
from desk.web.source.frames import FRAME_HEADERS
from desk.web.source.sanitise import mail_frame, sanitised
from tests.desk.web.vectors import VECTORS, Canary, Watch, browser_that_knocks, payload, provoke, watch

BATCH = 120
HEADERS_ALONE, SANITISER_ALONE, NEITHER = "headers", "sanitiser", "neither"


class Post(BaseHTTPRequestHandler):
    """Serves each vector as a mail's HTML in a frame, and pages with many such frames."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        headers: dict[str, str] = {}
        if address.path == "/page":
            content = "<title>desk</title>" + "".join(
                f"<iframe src='/frame?wall={query['wall']}&number={number}' width=60 height=40></iframe>"
                for number in query["numbers"].split(",")
            )
            if query["wall"] == HEADERS_ALONE:
                headers = {"Content-Security-Policy": CONTENT_POLICY}
        elif address.path == "/frame":
            content = payload(int(query["number"]))
            if query["wall"] == HEADERS_ALONE:
                headers = FRAME_HEADERS
            if query["wall"] == SANITISER_ALONE:
                content = mail_frame(content)
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode("utf-8", "surrogatepass"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    opened = Canary()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def knocking(browser: Browser, canary: Canary) -> Iterator[Browser]:
    opened = browser_that_knocks(browser, canary)
    yield opened
    opened.close()


def apart() -> list[int]:
    """Return a vector for each document that the sanitiser makes: of most it leaves the same few words."""
    return list({re.sub(r"\d+", "N", mail_frame(vector.text)): vector.number for vector in VECTORS}.values())


def settle(page: Page, seen: Watch) -> None:
    """Wait until nothing more happens."""
    before = -1
    while before != (before := len(seen.ran) + len(seen.asked)):
        page.wait_for_timeout(400)


def tried(knocking: Browser, canary: Canary, home: str, wall: str) -> tuple[set[int], list[str]]:
    """Show every vector behind a wall, touch everything in it, and return what ran and what was asked for."""
    ran: set[int] = set()
    left: list[str] = []
    before = len(canary.asked)
    # Every third: all of them, and in every place, go through the whole desk in test_hostile.py.
    numbers = apart() if wall == SANITISER_ALONE else [vector.number for vector in VECTORS[::3]]
    for start in range(0, len(numbers), BATCH):
        context = knocking.new_context()
        page = context.new_page()
        seen = watch(page, home)
        chosen = ",".join(map(str, numbers[start : start + BATCH]))
        # Without a wall some frames never finish loading.
        with suppress(TimeoutError if wall == NEITHER else ()):
            page.goto(f"{home}/page?wall={wall}&numbers={chosen}", timeout=10_000 if wall == NEITHER else 60_000)
        settle(page, seen)
        for frame in page.frames[1:]:
            if not frame.is_detached() and frame.url.startswith(home):
                provoke(frame)
        settle(page, seen)
        ran |= seen.ran
        left += seen.left
        context.close()
    return ran, left + [f"knocked: {line}" for line in canary.asked[before:]]


def test_there_are_two_hundred_and_no_two_are_alike() -> None:
    without_number = {re.sub(rf"(ran|/){vector.number}\b", r"\1N", vector.text) for vector in VECTORS}
    assert len(without_number) == len(VECTORS) >= 200


def test_without_a_wall_most_of_them_run_or_reach_out(knocking: Browser, canary: Canary, home: str) -> None:
    ran, left = tried(knocking, canary, home, NEITHER)
    reached = {int(number) for line in left for number in re.findall(r"canary\.invalid/(\d+)", line)}
    assert len(ran) > 30, "The watch sees scripts."
    assert len(reached - ran) > 6, "The watch sees requests."
    assert any(line.startswith("knocked: GET /") for line in left)


@pytest.mark.parametrize("wall", [HEADERS_ALONE, SANITISER_ALONE])
def test_one_wall_alone_holds(knocking: Browser, canary: Canary, home: str, wall: str) -> None:
    ran, left = tried(knocking, canary, home, wall)
    assert not [payload(number) for number in sorted(ran)]
    assert not left


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector.number))
def test_nothing_that_acts_is_left_in_the_mark_up(vector) -> None:  # type: ignore[no-untyped-def]
    left = sanitised(vector.text)
    tags = re.findall(r"<(/?[a-z0-9]+)([^>]*)>", left)
    for tag, attributes in tags:
        assert tag.strip("/") not in {"a", "img", "script", "style", "svg", "math", "iframe", "form", "link", "base"}
        assert re.fullmatch(r'( (class="(link|address|picture|heading)"|(col|row)span="\d{1,3}"))*', attributes)
    assert "<!" not in left
    assert left.count("<") == len(tags)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>Hi <b>you</b><br>there</p>", "<p>Hi <b>you</b><br>there</p>"),
        ("<h1 id=x>Bins</h1>", '<div class="heading">Bins</div>'),
        ("<a href='https://a.example/'>a.example</a>", '<span class="link">a.example</span>'),
        ("<a href='mailto:a@b.example'>a@b.example</a>", '<span class="link">a@b.example</span>'),
        (
            "<a href='https://evil.example/?a=1&b=<i>'>bank</a>",
            '<span class="link">bank</span> <span class="address">[https://evil.example/?a=1&amp;b=&lt;i&gt;]</span>',
        ),
        ("<a href='javascript:x'>press</a>", '<span class="link">press</span>'),
        ("<a href='/local'>here</a>", '<span class="link">here</span>'),
        ("<img alt='Our <a>logo' src='http://x.example'>", '<span class="picture">[picture: Our &lt;a&gt;logo]</span>'),
        ("<img src='http://x.example/pixel'>", ""),
        ("<td>lone", "lone"),
        ("<p style='display:none' class=x onclick=y>seen</p>", "<p>seen</p>"),
        ("<!-- gone --><p>\u202eturned</p>", "<p>turned</p>"),
        ("<p>&#x202e;turned</p>", "<p>turned</p>"),
    ],
)
def test_what_is_kept_of_a_mail(given: str, kept: str) -> None:
    assert sanitised(given) == kept


def test_cells_may_span_a_little_and_not_a_lot() -> None:
    assert 'colspan="3"' in sanitised("<table><td colspan=3>a")
    assert "span" not in sanitised("<table><td colspan=9999999999999 rowspan=-1>a")


def test_a_mail_that_would_take_too_long_is_not_taken_apart() -> None:
    begun = time.monotonic()
    assert "too long" in mail_frame("<div>" * 200_000)
    assert "too long" in mail_frame("a" * 3_000_000)
    assert time.monotonic() - begun < 1


def test_an_empty_mail_says_what_to_do() -> None:
    assert "Look at its attachments." in mail_frame("<img src=x><p> </p>")


def test_a_frame_is_allowed_nothing_also_when_it_is_opened_by_itself() -> None:
    policy = [one.strip() for one in FRAME_HEADERS["Content-Security-Policy"].split(";")]
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "base-uri 'none'"} <= set(policy)
    assert not [one for one in policy if "unsafe" in one or "allow" in one or "*" in one]
