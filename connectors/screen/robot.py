"""One robot account: one browser, one thread, one piece of work at a time, in this process and on this machine.

Playwright's objects belong to the thread that made them, and its blocking interface refuses to run inside an event
loop; so each account has a thread of its own, and callers of any kind wait for its answers.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from connectors.browser import launch
from connectors.screen.settings import ScreenSettings
from postroom.errors import ConfigError, ConnectorDown, TransientError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

Result = TypeVar("Result")
_WAIT_FOR_ACCOUNT_SECONDS = 120.0
_POLL_SECONDS = 0.1


class Robot:
    """Lends out fresh pages of one browser, one at a time, each with the last sign-in's cookies."""

    def __init__(self, account: str, browser: Path | None) -> None:
        self.holders = 0
        self._account = account
        self._program = browser
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="robot")
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._signed_in: Any = None

    def run(self, settings: ScreenSettings, work: Callable[[Page], Result]) -> Result:
        """Do some work on a fresh page, in the account's own thread, and wait for it.

        Raises:
            TransientError: Another program on this machine holds the account.
        """
        return self._thread.submit(self._run, settings, work).result()

    def remember_sign_in(self, page: Page) -> None:
        """Keep a page's cookies for the next piece of work."""
        self._signed_in = page.context.storage_state()

    def forget_sign_in(self) -> None:
        """Begin the next piece of work signed out."""
        self._signed_in = None

    def stop(self) -> None:
        """End the browser and the thread."""
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _run(self, settings: ScreenSettings, work: Callable[[Page], Result]) -> Result:
        with _account_lock(self._account):
            page = self._fresh_page(settings)
            try:
                return work(page)
            finally:
                _close(page.context)

    def _fresh_page(self, settings: ScreenSettings) -> Page:
        from playwright.sync_api import Error

        allowed = {urlsplit(settings.address).netloc, *settings.hosts}
        try:
            context = self._open().new_context(
                storage_state=self._signed_in, locale="en-GB", timezone_id="Europe/London", accept_downloads=False
            )
            context.set_default_timeout(settings.step_seconds * 1000)
            context.route(elsewhere(allowed), lambda route: route.abort())
            return context.new_page()
        except ConfigError as missing:
            raise ConnectorDown(missing.message, hint=missing.hint) from None
        except Error:
            self._stop()
            raise TransientError("The browser opened no page.", hint="It is tried again by itself.") from None

    def _open(self) -> Browser:
        from playwright.sync_api import sync_playwright

        if self._browser is not None and not self._browser.is_connected():
            self._stop()
        if self._browser is None:
            try:
                self._playwright = sync_playwright().start()
            except Exception:
                # Whatever it is called, it happened before there was a browser.
                raise ConnectorDown(
                    "The browser's driver, a program of Playwright's own, does not start.",
                    hint="`scripts/setup` installs what it needs (on Debian and Ubuntu libatomic1); "
                    "`.venv/bin/playwright --version` shows what it says.",
                ) from None
            self._browser = launch(self._playwright, self._program)
        return self._browser

    def _stop(self) -> None:
        if self._browser is not None:
            _close(self._browser)
        if self._playwright is not None:
            self._playwright.stop()
        self._browser = self._playwright = None


_robots: dict[str, Robot] = {}
_robots_lock = threading.Lock()


def hire(settings: ScreenSettings) -> Robot:
    """Return the robot of a target's account; targets on the same account share it."""
    account = account_of(settings)
    with _robots_lock:
        robot = _robots.setdefault(account, Robot(account, settings.browser))
        robot.holders += 1
        return robot


def dismiss(settings: ScreenSettings) -> None:
    """Give a robot back; the last to do so ends its browser."""
    account = account_of(settings)
    with _robots_lock:
        robot = _robots[account]
        robot.holders -= 1
        if robot.holders == 0:
            del _robots[account]
    if robot.holders == 0:
        robot.stop()


def account_of(settings: ScreenSettings) -> str:
    """Return what makes two targets share one robot: the system's host and the account's name."""
    return f"{urlsplit(settings.address).netloc}\0{settings.username}"


@contextmanager
def _account_lock(account: str) -> Iterator[None]:
    """Keep other programs on this machine off the account; the system frees it if this one dies."""
    name = hashlib.sha256(account.encode()).hexdigest()[:16]
    # The user's number keeps one user's lock file out of another's way.
    path = Path(tempfile.gettempdir()) / f"postroom-robot-{getattr(os, 'getuid', int)()}-{name}.lock"
    with path.open("a+b") as file:
        deadline = time.monotonic() + _WAIT_FOR_ACCOUNT_SECONDS
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                hint = "It is tried again; let only one program use the account."
                raise TransientError("The robot's account is in use by another program.", hint=hint)
            time.sleep(_POLL_SECONDS)
        yield


def _try_lock(number: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def elsewhere(hosts: set[str]) -> re.Pattern[str]:
    """Return a pattern of every address that is not on one of these hosts (each with its port, if it has one)."""
    # A pattern and not a function: the browser's driver decides by itself, without asking for every picture.
    allowed = "|".join(re.escape(host) for host in sorted(hosts))
    return re.compile(rf"^(https?|wss?|ftp)://(?!({allowed})([/?#]|$))", re.IGNORECASE)


def _close(thing: Any) -> None:
    from playwright.sync_api import Error

    try:
        thing.close()
    except Error:
        # It is gone already: the browser ended by itself.
        return
