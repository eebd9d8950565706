"""The desk under test: an office on a ledger of its own, people of every role, a real server and a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.settings import Settings, load_settings
from connectors.browser import launch
from desk.web.app import make_app
from desk.web.office import Office
from postroom.ledger import Ledger
from postroom.staff import EVERY_TEAM, Person, Role
from tests.servers.back_office import free_port
from tests.servers.ledger_tables import LedgerTables

ADDRESS = "http://desk.test"
ClientAs = Callable[..., TestClient]


@pytest.fixture
def settings(config: Path, data: Path) -> Settings:
    """The small configuration of the commands' tests; its post is read by the same two processes."""
    return load_settings(config, data)


@pytest.fixture
def office(settings: Settings, ledger_tables: LedgerTables) -> Iterator[Office]:
    """An office with an empty ledger."""
    ledger_tables.put_into(settings.ledger_url)
    ledger = Ledger(settings.ledger_url, settings.documents)
    ledger.migrate()
    opened = Office(settings, ledger)
    yield opened
    opened.close()


@pytest.fixture
def app(office: Office) -> FastAPI:
    """The application of the office."""
    return make_app(office)


def add_person(
    office: Office,
    *roles: Role,
    name: str = "",
    teams: frozenset[str] = frozenset({EVERY_TEAM}),
    restricted: bool = False,
) -> Person:
    """Add a person with roles; each needs another name."""
    called = name or "-".join(roles) or "nobody"
    person = Person("", called.lower().replace(" ", "."), called.title(), frozenset(roles), teams, restricted)
    return office.ledger.add_staff(person, "test")


def client_of(app: FastAPI, office: Office, person: Person) -> TestClient:
    """Return a client in which a person is signed in, and which posts as a page of the desk does."""
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    client.cookies.set("postroom", office.ledger.sign_in(person.id, "Test", 8))
    return client


@pytest.fixture
def client_as(app: FastAPI, office: Office) -> ClientAs:
    """Sign somebody new in: `client_as(Role.OFFICER, name=…, teams=…, restricted=…)`; without a role, nobody."""

    def client(*roles: Role, **options: object) -> TestClient:
        if not roles and not options:
            return TestClient(app, base_url=ADDRESS, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
        return client_of(app, office, add_person(office, *roles, **options))  # type: ignore[arg-type]

    return client


class Served:
    """The application on a port of this machine, until the end of the test."""

    def __init__(self, app: FastAPI) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < until, "the desk did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)


@pytest.fixture
def served(app: FastAPI) -> Iterator[Served]:
    """The desk on a real port."""
    server = Served(app)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's browser, started once a file: while it runs, no other file of the same worker could start one."""
    with sync_playwright() as playwright:
        opened = launch(playwright)
        yield opened
        opened.close()


SignedInPage = Callable[..., Page]


@pytest.fixture
def page_as(browser: Browser, served: Served, office: Office) -> Iterator[SignedInPage]:
    """Open a page of the browser in which somebody is signed in: `page_as(person, **context options)`."""
    contexts: list[BrowserContext] = []

    def opened(person: Person | None = None, **options: object) -> Page:
        context = browser.new_context(base_url=served.address, **options)  # type: ignore[arg-type]
        contexts.append(context)
        if person is not None:
            token = office.ledger.sign_in(person.id, "Test", 8)
            context.add_cookies([{"name": "postroom", "value": token, "url": served.address}])
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
