"""Workbooks in the cloud: sessions, tables, and Excel's way of taking what it is told as if a person typed it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal, answer, content, nothing
from tests.servers.graph.keeping import Area

LONGEST_TEXT = 32_767
_NUMBER = re.compile(r"[+-]?\s*£?\d[\d,]*(\.\d*)?(e[+-]?\d+)?%?", re.IGNORECASE)
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")
_SUM = re.compile(r"[=+-]\s*(\d+)\s*([+-])\s*(\d+)")


@dataclass(slots=True)
class TableRecord:
    """One table; every column has its heading."""

    name: str
    headings: list[str]
    rows: list[list[Any]] = field(default_factory=list)


@dataclass(slots=True)
class BookSession:
    """One session; what is done in one that does not persist is gone with it."""

    item: str
    persists: bool
    draft: dict[str, list[list[Any]]] = field(default_factory=dict)


class Workbooks(Area):
    """The workbooks among the files of a tenant."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.tables: dict[str, dict[str, TableRecord]] = {}
        self.sessions: dict[str, BookSession] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.opens_after = 0
        """How often one has to ask after a session before the workbook is open; 0 opens it at once, -1 never."""
        self.most_sessions = 0
        """The most persistent sessions that were open on one workbook at one time."""
        self.closed = 0
        self.without_session = 0
        """Writes outside any session."""

    def add(self, drive: str, path: str, table: str, *headings: str) -> TableRecord:
        """Put a workbook with one table into a drive."""
        file = self.tenant.drives.add_file(drive, path, b"PK workbook")
        made = TableRecord(table, list(headings), [[""] * len(headings)])
        self.tables[file.id] = {table.lower(): made}
        self.changed("tables", file.id)
        return made

    def begin(self, item: str, persists: bool) -> str:
        """Open a session."""
        self.book(item)
        identity = f"cluster=UK1&session={uuid.uuid4().hex}"
        self.sessions[identity] = BookSession(item, persists)
        self.changed("sessions", identity)
        self.most_sessions = max(
            self.most_sessions, sum(one.item == item and one.persists for one in self.sessions.values())
        )
        return identity

    def begin_slowly(self, item: str) -> str:
        """Begin to open a session and return the id of the operation one has to ask after."""
        self.book(item)
        identity = uuid.uuid4().hex
        self.operations[identity] = {"item": item, "asks": self.opens_after}
        self.changed("operations", identity)
        return identity

    def ask(self, identity: str, base: str) -> dict[str, Any]:
        """Return how far an operation is."""
        if identity not in self.operations:
            raise Refusal(404, "ItemNotFound", "The requested resource doesn't exist.")
        found = self.operations[identity]
        if found["asks"] < 0:
            return {"id": identity, "status": "failed", "error": {"code": "internalServerError", "message": "No."}}
        found["asks"] -= 1
        self.changed("operations", identity)
        if found["asks"] >= 0:
            return {"id": identity, "status": "running"}
        found["asks"] = 0
        where = f"{self.tenant.url}{base}/sessionInfoResource(key='{identity}')"
        return {"id": identity, "status": "succeeded", "resourceLocation": where}

    def end(self, request: Request) -> None:
        """Close a session."""
        identity = request.headers.get("workbook-session-id", "")
        if self.sessions.pop(identity, None) is None:
            raise Refusal(404, "InvalidSessionNotFound", "The session was not found")
        self.changed("sessions", identity)
        self.closed += 1

    def book(self, item: str) -> dict[str, TableRecord]:
        """Return the tables of a workbook."""
        if item not in self.tables:
            status = (400, "InvalidFileFormat") if item in self.tenant.drives.files else (404, "ItemNotFound")
            raise Refusal(*status, "The file cannot be opened as a workbook")
        return self.tables[item]

    def table(self, request: Request) -> TableRecord:
        """Return the table of a request, as its session sees it."""
        self._session(request)
        name = request.path_params["table"].lower()
        book = self.book(request.path_params["item"])
        if name not in book:
            raise Refusal(404, "ItemNotFound", "The requested resource doesn't exist.")
        return book[name]

    def rows(self, request: Request) -> list[list[Any]]:
        """Return the rows that a request sees and changes."""
        table, session = self.table(request), self._session(request)
        if session is None or session.persists:
            return table.rows
        return session.draft.setdefault(table.name, [list(row) for row in table.rows])

    def append(self, request: Request, given: Any) -> int:
        """Add rows at the end and return the number of the first."""
        table, rows = self.table(request), self.rows(request)
        if self._session(request) is None:
            self.without_session += 1
        if not isinstance(given, list) or not given or any(len(row) != len(table.headings) for row in given):
            raise Refusal(400, "InvalidArgument", "The argument is invalid or missing or has an incorrect format.")
        number = len(rows)
        rows.extend([entered(cell) for cell in row] for row in given)
        self.changed("tables", request.path_params["item"])
        return number

    def _session(self, request: Request) -> BookSession | None:
        identity = request.headers.get("workbook-session-id", "")
        if not identity:
            return None
        session = self.sessions.get(identity)
        if session is None or session.item != request.path_params["item"]:
            raise Refusal(404, "InvalidSessionReCreatable", "The session specified in the request does not exist")
        return session


def entered(cell: Any) -> Any:
    """Return what a cell holds after it was told something, as if a person had typed it."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    if len(cell) > LONGEST_TEXT + 1:
        raise Refusal(400, "InvalidArgument", "The argument is invalid or missing or has an incorrect format.")
    if cell.startswith("'"):
        return cell[1:]
    return _calculated(cell) if cell.startswith(("=", "+", "-", "@")) else _recognised(cell)


def _calculated(cell: str) -> Any:
    found = _SUM.fullmatch(cell)
    if found:
        first = int(found[1]) * (-1 if cell.startswith("-") else 1)
        return first + int(found[3]) * (1 if found[2] == "+" else -1)
    return _recognised(cell) if _NUMBER.fullmatch(cell) else "#NAME?"


def _recognised(cell: str) -> Any:
    text = cell.strip()
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    day = _DAY.fullmatch(text)
    if day:
        parts = (day[3], day[2], day[1]) if day[1] else (day[4], day[5], day[6])
        return (date(*map(int, parts)) - date(1899, 12, 30)).days
    if _NUMBER.fullmatch(text):
        value = float(re.sub(r"[£,%\s]", "", text))
        return int(value) if value.is_integer() else value
    return cell


def routes(tenant: Any) -> list[Route]:
    """Return the routes of workbooks, below /v1.0."""
    books: Workbooks = tenant.workbooks

    async def begin(request: Request) -> Response:
        persists = bool((await content(request)).get("persistChanges"))
        if books.opens_after and "respond-async" in request.headers.get("prefer", ""):
            base = request.url.path.rpartition("/")[0]
            operation = books.begin_slowly(request.path_params["item"])
            return nothing(202, {"Location": f"{tenant.url}{base}/operations/{operation}"})
        identity = books.begin(request.path_params["item"], persists)
        return answer({"id": identity, "persistChanges": persists}, 201)

    async def operation(request: Request) -> Response:
        base = request.url.path.partition("/operations/")[0]
        return answer(books.ask(request.path_params["operation"], base))

    async def opened(request: Request) -> Response:
        found = re.fullmatch(r"sessionInfoResource\(key='(\w+)'\)", request.path_params["function"])
        if not found or found[1] not in books.operations:
            raise Refusal(404, "ItemNotFound", "The requested resource doesn't exist.")
        return answer({"id": books.begin(request.path_params["item"], True), "persistChanges": True})

    async def end(request: Request) -> Response:
        books.end(request)
        return nothing()

    async def one_table(request: Request) -> Response:
        return answer(_table(books.table(request)))

    async def columns(request: Request) -> Response:
        table = books.table(request)
        return answer({"value": [_column(table, number) for number in range(len(table.headings))]})

    async def body(request: Request) -> Response:
        table, rows = books.table(request), books.rows(request)
        wanted = request.path_params["column"].lower()
        names = [heading.lower() for heading in table.headings]
        if wanted not in names:
            raise Refusal(404, "ItemNotFound", "The requested resource doesn't exist.")
        values = [[row[names.index(wanted)]] for row in rows]
        return answer({"values": values, "rowCount": len(values), "columnCount": 1, "cellCount": len(values),
                       "columnIndex": names.index(wanted), "rowIndex": 1})  # fmt: skip

    async def add(request: Request) -> Response:
        number = books.append(request, (await content(request)).get("values"))
        return answer({"index": number, "values": [books.rows(request)[number]]}, 201)

    async def row(request: Request) -> Response:
        found = re.fullmatch(r"itemAt\(index=(\d+)\)", request.path_params["row"])
        if not found:
            raise Refusal(400, "ApiNotFound", "The API you are trying to use could not be found.")
        rows, number = books.rows(request), int(found[1])
        if number >= len(rows):
            raise Refusal(400, "InvalidArgument", "The argument is invalid or missing or has an incorrect format.")
        return answer({"index": number, "values": [rows[number]]})

    book = "/drives/{drive}/items/{item}/workbook"
    one = book + "/tables/{table}"
    return [
        Route(book + "/createSession", begin, methods=["POST"]),
        Route(book + "/closeSession", end, methods=["POST"]),
        Route(book + "/operations/{operation}", operation, methods=["GET"]),
        Route(book + "/{function}", opened, methods=["GET"]),
        Route(one, one_table, methods=["GET"]),
        Route(one + "/columns", columns, methods=["GET"]),
        Route(one + "/columns/{column}/dataBodyRange", body, methods=["GET"]),
        Route(one + "/rows/add", add, methods=["POST"]),
        Route(one + "/rows/{row}", row, methods=["GET"]),
    ]


def _table(table: TableRecord) -> dict[str, Any]:
    shown = dict.fromkeys(("showHeaders", "showBandedRows", "showFilterButton"), True)
    hidden = dict.fromkeys(("showTotals", "showBandedColumns", "highlightFirstColumn", "highlightLastColumn"), False)
    return {"id": "{1}", "name": table.name, "style": "TableStyleMedium2", "legacyId": "1", **shown, **hidden}


def _column(table: TableRecord, number: int) -> dict[str, Any]:
    return {"id": str(number + 1), "name": table.headings[number], "index": number}
