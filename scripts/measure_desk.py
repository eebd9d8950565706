"""Measures the desk with a large ledger and many officers at one time, and counts that no decision is lost.

usage: python -m scripts.measure_desk [--items 100000] [--waiting 5000] [--officers 20] [--seconds 60] [--think 1.0]

The desk is the real command in a process of its own. Each officer opens the queue, takes the next item, puts a value
right and releases the item, over and over, with a pause to think before each page; meanwhile post arrives.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from config.settings import Settings, load_settings
from postroom.clock import utc_now
from postroom.ledger import Ledger
from postroom.message import Message
from postroom.staff import EVERY_TEAM, Person, Role
from scripts.large_ledger import fill

if TYPE_CHECKING:
    from rich.console import Console

_VERSION = re.compile(r'name="version" value="(\d+)"')
_FIELD = re.compile(r'data-field="([^"]+)"[^>]*data-open')
_VALUE = re.compile(r'name="value"[^>]*? value="([^"]*)"')
_POST_SECONDS = 0.25
"""Time between two pieces of post that arrive."""


class Officer(threading.Thread):
    """One officer at work."""

    def __init__(self, address: str, token: str, until: float, think: float, number: int) -> None:
        super().__init__(daemon=True)
        self.taken: list[tuple[str, float]] = []
        self.released: list[str] = []
        self.told = 0
        """How often the officer was told that a colleague had been quicker."""
        self.wrong: Counter[str] = Counter()
        self._until, self._think, self._chance = until, think, random.Random(number)  # noqa: S311
        self._client = httpx.Client(
            base_url=address, cookies={"postroom": token}, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60
        )

    def run(self) -> None:
        """Clear items until the time is over, and look at the queue after every fifth."""
        place, cleared = "", 0
        while time.monotonic() < self._until:
            if not place.startswith("/items/"):
                self._ask("queue", "GET", "/queue")
                place = self._ask("start", "GET", "/queue/start").headers.get("location", "")
            place = self._clear(place)
            cleared += 1
            if cleared % 5 == 0:
                place = ""
        self._client.close()

    def _clear(self, place: str) -> str:
        """Clear the item at an address and return where the desk leads next."""
        item = place.removeprefix("/items/").partition("?")[0]
        page = self._ask("item", "GET", place, led=True)
        version, field = _VERSION.search(page.text), _FIELD.search(page.text)
        if not version:
            return ""
        if field:
            value = _VALUE.search(page.text, field.end())
            form = {"version": version[1], "value": value[1] if value else "1"}
            answer = self._ask("correct", "POST", f"/items/{item}/fields/{field[1]}", form)
            if answer.status_code == 409:
                self.told += 1
                return ""
            page = self._ask("item", "GET", answer.headers.get("location", place), led=True)
            version = _VERSION.search(page.text)
        return self._release(item, version[1]) if version else ""

    def _release(self, item: str, version: str) -> str:
        form = {"version": version, "rest": "accept", "anyway": "yes", "seconds": "20", "steps": "3"}
        answer = self._ask("release", "POST", f"/items/{item}/release", form)
        if answer.status_code == 303:
            self.released.append(item)
        elif answer.status_code == 409:
            self.told += 1
        return answer.headers.get("location", "")

    def _ask(
        self, kind: str, method: str, path: str, form: dict[str, str] | None = None, *, led: bool = False
    ) -> httpx.Response:
        """Ask for a page after a pause to think; where the desk led the browser there is none."""
        if not led:
            time.sleep(self._chance.uniform(0.5, 1.5) * self._think)
        began = time.perf_counter()
        answer = self._client.request(method, path, data=form)
        self.taken.append((kind, time.perf_counter() - began))
        if answer.status_code not in (200, 303, 409):
            self.wrong[f"{method} {kind} {answer.status_code}"] += 1
        return answer


def main() -> None:
    """Fill a ledger, serve it, let the officers work, and print what it took."""
    from rich.console import Console

    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("items", 100_000), ("waiting", 5_000), ("officers", 20), ("seconds", 60), ("port", 8577)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--think", type=float, default=1.0, help="Seconds before each page, on average.")
    given = parser.parse_args()
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(None, Path(folder))
        ledger = Ledger(settings.ledger_url, settings.documents)
        ledger.migrate()
        began = time.monotonic()
        with console.status(f"Filling a ledger with {given.items:,} items ..."):
            fill(ledger, settings.processes, given.items, given.waiting)
        console.print(
            f"A ledger of {given.items:,} items, {given.waiting:,} waiting, in {time.monotonic() - began:.0f} s."
        )
        with _desk(settings, given.port) as address:
            officers = _work(ledger, address, given, console)
        lost = _print(console, ledger, officers, given)
        ledger.close()
    sys.exit(1 if lost else 0)


@contextmanager
def _desk(settings: Settings, port: int) -> Iterator[str]:
    command = [
        str(Path(sys.executable).with_name("postroom")),
        "--data",
        str(settings.data),
        "desk",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{address}/health", timeout=5)
                break
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _work(ledger: Ledger, address: str, given: argparse.Namespace, console: Console) -> list[Officer]:
    until = time.monotonic() + given.seconds
    officers = [
        Officer(address, _token(ledger, number), until, given.think, number) for number in range(given.officers)
    ]
    with console.status(f"{given.officers} officers clear the queue for {given.seconds} seconds ..."):
        for officer in officers:
            officer.start()
        number = 0
        while any(officer.is_alive() for officer in officers):
            number += 1
            raw = f"Subject: Arriving {number}\r\n\r\nPlease empty my bin.\r\n".encode()
            ledger.add_message(Message("arriving", f"{number}.eml", f"{number}.eml", raw, utc_now()))
            time.sleep(_POST_SECONDS)
    return officers


def _token(ledger: Ledger, number: int) -> str:
    person = Person("", f"officer.{number}", f"Officer {number}", frozenset({Role.OFFICER}), frozenset({EVERY_TEAM}))
    return ledger.sign_in(ledger.add_staff(person, "measure").id, "Measure", 8)


def _print(console: Console, ledger: Ledger, officers: list[Officer], given: argparse.Namespace) -> int:
    from rich.table import Table

    table = Table(
        "Page or act", "Asked", "Median", "95th percentile", "Slowest", title="Milliseconds, as an officer waits"
    )
    by_kind: dict[str, list[float]] = {}
    for officer in officers:
        for kind, seconds in officer.taken:
            by_kind.setdefault(kind, []).append(seconds * 1000)
    for kind, taken in by_kind.items():
        taken.sort()
        figures = (taken[len(taken) // 2], taken[int(len(taken) * 0.95)], taken[-1])
        table.add_row(kind, str(len(taken)), *(f"{figure:.0f}" for figure in figures))
    console.print(table)
    released = [item for officer in officers for item in officer.released]
    twice = len(released) - len(set(released))
    lost = [item for item in set(released) if _times_released(ledger, item) != 1]
    told = sum(officer.told for officer in officers)
    wrong = sum((officer.wrong for officer in officers), Counter[str]())
    console.print(
        f"{len(released)} items released by {given.officers} officers in {given.seconds} s, pausing {given.think:g} s; "
        f"{told} times an officer was told that a colleague was quicker; {twice} released twice, {len(lost)} lost."
    )
    if wrong:
        console.print(f"Answers that should not be: {dict(wrong)}", style="red")
    return twice + len(lost) + sum(wrong.values())


def _times_released(ledger: Ledger, item: str) -> int:
    return sum(entry.action == "released" for entry in ledger.item(item).history)


if __name__ == "__main__":
    main()
