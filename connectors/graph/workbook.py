"""A workbook in the cloud: found once, and its table worked with in sessions that always end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from connectors.graph.calls import BUSY, Calls, segment
from connectors.graph.errors import NOT_FOUND, GraphRefusal
from connectors.graph.sites import below_root, drive_id
from connectors.graph.target_settings import WorkbookSettings
from postroom.errors import ConnectorDown, PostroomError, TransientError

_ACCEPTED = 202
_PAUSE_SECONDS = 0.5
_LONGEST_OPENING = 120.0


class Table(NamedTuple):
    """The table within one session."""

    calls: Calls
    path: str
    session: Mapping[str, str]
    """The header that names the session."""
    headings: list[str]
    key: int
    """Which of the headings is our key's."""

    def rows(self, key: str) -> list[int]:
        """Return the numbers of the rows that carry a key, from 0."""
        column = f"{self.path}/columns/{segment(self.headings[self.key])}/dataBodyRange?$select=values"
        held = self.calls.get(column, self.session).get("values") or []
        return [number for number, cells in enumerate(held) if cells and cells[0] == key]

    def row(self, number: int) -> list[Any]:
        """Return the cells of a row."""
        # Asked for as rows/{index}, Excel finds none (microsoft-graph-docs issue 11463).
        found = self.calls.get(f"{self.path}/rows/itemAt(index={number})", self.session)
        cells: list[Any] = (found.get("values") or [[]])[0]
        return cells

    def add(self, cells: list[Any]) -> None:
        """Add a row below the last.

        Raises:
            GraphRefusal: A clear no.
            DeliveryUncertain: It may be there.
        """
        body = {"index": None, "values": [cells]}
        self.calls.send("POST", f"{self.path}/rows/add", body, self.session)

    def place(self, heading: str) -> int:
        """Return which column has a heading.

        Raises:
            ConnectorDown: None has.
        """
        for number, one in enumerate(self.headings):
            if fold(one) == fold(heading):
                return number
        raise ConnectorDown(
            f'{self.calls.named}: the table has no column "{heading}".',
            hint="Add it to the table, or name another under `columns`.",
        )


class Workbook:
    """One workbook at one place."""

    def __init__(self, settings: WorkbookSettings) -> None:
        self.calls = Calls(settings, settings.name)
        self._settings = settings
        self._path = ""
        self._address = ""
        self._opening = threading.Lock()

    @property
    def path(self) -> str:
        """Its path in Graph, which is the same for every worker.

        Raises:
            ConnectorDown: There is no such workbook.
        """
        with self._opening:
            if not self._path:
                self._open()
            return self._path

    @property
    def address(self) -> str:
        """Where a person sees it; empty until it was found."""
        return self._address

    def forget(self) -> None:
        """Look for it anew the next time."""
        with self._opening:
            self._path = ""

    def close(self) -> None:
        """Close the connections; safe to repeat."""
        self.forget()
        self.calls.close()

    @contextmanager
    def table(self) -> Iterator[Table]:
        """Give the table in a session of its own, which ends whatever happens."""
        calls, book = self.calls, self.path
        try:
            session = {"workbook-session-id": self._begin(book)}
        except GraphRefusal as refusal:
            raise self._not_opened(refusal) from None
        try:
            yield self._in_session(book, session)
        except GraphRefusal as refusal:
            raise self._not_opened(refusal) from None
        finally:
            # What was done is done; a session that is not closed ends by itself after some minutes.
            with suppress(GraphRefusal, PostroomError):
                calls.client.raw("POST", f"{book}/workbook/closeSession", headers=session)

    def _begin(self, book: str) -> str:
        """Open a session and return its id; a large workbook is opened while we wait, and longer than a call lasts."""
        answer = self.calls.client.raw(
            "POST",
            f"{book}/workbook/createSession",
            json={"persistChanges": True},
            headers={"Prefer": "respond-async"},
        )
        if answer.status != _ACCEPTED:
            return str(self.calls.read(answer).get("id") or "")
        until = time.monotonic() + _LONGEST_OPENING
        while time.monotonic() < until:
            told = self.calls.get(str(answer.headers.get("location", "")))
            if told.get("status") == "succeeded":
                return str(self.calls.get(str(told.get("resourceLocation") or "")).get("id") or "")
            if told.get("status") == "failed":
                break
            time.sleep(_PAUSE_SECONDS)
        raise TransientError(f"{self.calls.named}: the workbook does not open in time.", hint="It is tried again.")

    def _in_session(self, book: str, session: Mapping[str, str]) -> Table:
        path = f"{book}/workbook/tables/{segment(self._settings.table)}"
        try:
            headings = [str(one["name"]) for one in self.calls.pages(f"{path}/columns?$select=name,index", session)]
        except GraphRefusal as refusal:
            if _is_of_session(refusal):
                raise
            raise ConnectorDown(
                f'{self.calls.named}: the workbook has no table "{self._settings.table}".',
                hint="Make one of the cells (Insert, Table), and name it under Table Design.",
            ) from None
        found = Table(self.calls, path, session, headings, 0)
        return found._replace(key=found.place(self._settings.key_title))

    def _not_opened(self, refusal: GraphRefusal) -> PostroomError:
        if refusal.status in BUSY or _is_of_session(refusal):
            return TransientError(
                f"{self.calls.named}: the workbook is busy or locked ({refusal}).",
                hint="It is tried again; see whether somebody has it open in an old Excel or has checked it out.",
            )
        if refusal.status == NOT_FOUND:
            self.forget()
        return ConnectorDown(
            f"{self.calls.named}: {self._settings.path} cannot be opened as a workbook ({refusal}).",
            hint="Open it in Excel for the web: what does not open there cannot be written here either.",
        )

    def _open(self) -> None:
        calls, settings = self.calls, self._settings
        drive = f"drives/{segment(drive_id(calls, settings.site, settings.user, settings.library))}"
        found = calls.find(f"{drive}/{below_root(settings.path)}?$select=id,name,webUrl")
        if found is None:
            raise ConnectorDown(
                f"{calls.named}: there is no workbook {settings.path}.", hint="Check `path`, or put it there."
            )
        self._path = f"{drive}/items/{segment(str(found['id']))}"
        self._address = str(found.get("webUrl") or "")


def _is_of_session(refusal: GraphRefusal) -> bool:
    return "session" in refusal.code.lower()


def fold(heading: str) -> str:
    """Return a heading without regard to case and spaces."""
    return " ".join(heading.casefold().split())
