"""Trying connections from a page: `postroom check` in a process of its own, under a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from postroom.clock import utc_now
from postroom.errors import NotAllowed

if TYPE_CHECKING:
    from desk.web.office import Office

SECONDS = 90.0
"""A robot's browser and a slow mailbox need some; a person who waits longer goes away."""
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about one connection."""

    what: str
    good: bool
    said: str
    remedy: str
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check that was made from a page."""

    at: datetime
    by: str
    found: tuple[Found, ...]
    problem: str = ""
    """Why nothing was found."""


class Checker:
    """Makes one check at a time and remembers the last; kept by the application."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._busy = threading.Lock()
        self.last: Check | None = None

    def check(self, office: Office, by: str, only: str = "") -> Check:
        """Try one connection, or all, and note in the ledger what each answered.

        Raises:
            NotAllowed: Another check is under way.
        """
        if not self._busy.acquire(blocking=False):
            raise NotAllowed("A check is under way already.", hint="Load the page again in a moment.")
        try:
            self.last = self._made(office, by, only)
        finally:
            self._busy.release()
        for one in self.last.found:
            if one.role:
                office.ledger.note_answer(one.role, one.name, one.good, f"{one.said} {one.remedy}".strip())
        return self.last

    def _made(self, office: Office, by: str, only: str) -> Check:
        settings = office.settings
        command = [sys.executable, "-c", "from desk.cli import main; main()", "check", "--json"]
        command += ["--config", str(settings.folder), "--data", str(settings.data)]
        told = _output([*command, "--only", only] if only else command, self._seconds)
        if told is None:
            return Check(utc_now(), by, (), f"The check was broken off after {self._seconds:.0f} seconds.")
        try:
            answer = json.loads(told)
        except ValueError:
            return Check(utc_now(), by, (), "The check broke down. Run `postroom check` on the machine itself.")
        if answer["mistakes"]:
            count = len(answer["mistakes"])
            problem = f"The files of the configuration hold {count} mistakes by now. `postroom check` lists them."
            return Check(utc_now(), by, (), problem)
        return Check(utc_now(), by, tuple(Found(**one) for one in answer["connections"]))


def _output(command: Sequence[str], seconds: float) -> bytes | None:
    """Return what a program printed; None if it had to be stopped, with every process it had started."""
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None
