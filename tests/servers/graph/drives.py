"""OneDrive and document libraries: files by path and id, upload sessions, and the columns of a library."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal, answer, content, error, nothing, now, stamp
from tests.servers.graph.keeping import Area

STEP = 320 * 1024
LARGEST_RANGE = 60 * 1024 * 1024
CONFLICT = "@microsoft.graph.conflictBehavior"
OFFICE = (".docx", ".xlsx", ".pptx")
PROMOTED = b"<columns/>"
"""What SharePoint adds to files of Office."""
_FORBIDDEN = re.compile(r'["*:<>?/\\|]')
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    ".lock",
    "desktop.ini",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}


@dataclass(slots=True)
class FileRecord:
    """One file."""

    id: str
    drive: str
    folder: str
    name: str
    content: bytes = field(repr=False)
    created: str
    version: int = 1
    number: int = 0
    """Its item in the library's list; 0 in a OneDrive."""


@dataclass(slots=True)
class DriveRecord:
    """One library or OneDrive."""

    id: str
    owner: str
    """A site's id or a person's address."""
    name: str
    address: str
    list: str = ""


@dataclass(slots=True)
class Session:
    """One upload under way."""

    drive: str
    folder: str
    name: str
    fail: bool
    until: datetime
    content: bytearray = field(default_factory=bytearray)


class Drives(Area):
    """The files of a tenant."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.drives: dict[str, DriveRecord] = {}
        self.files: dict[str, FileRecord] = {}
        self.sessions: dict[str, Session] = {}
        self.session_seconds = 900.0
        self.ranges: list[str] = []
        """How the next ranges go: `416` (taken, and told to be there already), `409` (the last byte makes the file, and
        its name is told to be taken), `409-other` (somebody else's file takes the name first), `gone`, `short` (half of
        it is taken), `well`."""

    def add_library(self, site: str, title: str = "Documents", *columns: dict[str, Any]) -> DriveRecord:
        """Make a document library with columns of its own."""
        made = self.tenant.lists.add_list(site, title, *columns, template="documentLibrary")
        return self._keep_drive(DriveRecord(f"b!{uuid.uuid4().hex}", site, title, made.address, made.id))

    def add_onedrive(self, user: str) -> DriveRecord:
        """Make a person's OneDrive."""
        address = (
            f"https://northborough-my.sharepoint.com/personal/{user.replace('@', '_').replace('.', '_')}/Documents"
        )
        return self._keep_drive(DriveRecord(f"b!{uuid.uuid4().hex}", user.lower(), "OneDrive", address))

    def add_file(self, drive: str, path: str, content: bytes) -> FileRecord:
        """Put a file into a drive as a person does."""
        folder, _, name = path.strip("/").rpartition("/")
        return self._make(drive, folder, name, content)

    def count(self, drive: DriveRecord, key: str) -> int:
        """Return how many files have a key at the beginning of their name."""
        return sum(file.drive == drive.id and file.name.startswith(f"{key}-") for file in self.files.values())

    def at(self, drive: str, path: str) -> FileRecord | None:
        """Return the file at a path."""
        folder, _, name = path.strip("/").rpartition("/")
        return next((file for file in self.files.values() if file.drive == drive and _same(file, folder, name)), None)

    def drive(self, given: str) -> DriveRecord:
        """Return a drive by its id."""
        if given not in self.drives:
            raise Refusal(404, "itemNotFound", "Item not found")
        return self.drives[given]

    def of(self, owner: str) -> list[DriveRecord]:
        """Return the drives of a site or person."""
        return [drive for drive in self.drives.values() if drive.owner == owner]

    def shown(self, file: FileRecord) -> dict[str, Any]:
        """Return a file as Graph shows it."""
        drive = self.drives[file.drive]
        etag = f'"{{{file.id}}},{file.version}"'
        path = f"{drive.address}/{file.folder}/{file.name}" if file.folder else f"{drive.address}/{file.name}"
        robot = {"application": {"id": "robot", "displayName": "Postroom"}}
        return {
            "@odata.etag": etag, "id": file.id, "name": file.name, "size": len(file.content), "eTag": etag,
            "cTag": etag, "createdDateTime": file.created, "lastModifiedDateTime": file.created, "createdBy": robot,
            "lastModifiedBy": robot, "webUrl": path.replace(" ", "%20"),
            "parentReference": {"driveId": drive.id, "driveType": "documentLibrary", "id": f"folder-{drive.id}",
                                "path": f"/drives/{drive.id}/root:/{file.folder}".rstrip("/")},
            "file": {"mimeType": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
                     "hashes": {"quickXorHash": base64.b64encode(hashlib.sha1(file.content).digest()).decode()}},  # noqa: S324
        }  # fmt: skip

    def put(self, drive: str, folder: str, name: str, content: bytes, *, fail: bool) -> tuple[FileRecord, bool]:
        """Put a file at a name and say whether it is new; raises Refusal if the name is taken or not allowed."""
        _allowed(name)
        known = self.at(drive, f"{folder}/{name}")
        if known is None:
            return self._make(drive, folder, name, content), True
        if fail:
            raise Refusal(409, "nameAlreadyExists", "Name already exists")
        known.content, known.version = content, known.version + 1
        self.changed("files", known.id)
        return known, False

    def open_session(self, drive: str, folder: str, name: str, fail: bool) -> dict[str, Any]:
        """Begin an upload."""
        _allowed(name)
        if fail and self.at(drive, f"{folder}/{name}"):
            raise Refusal(409, "nameAlreadyExists", "Name already exists")
        identity = uuid.uuid4().hex
        until = datetime.now(UTC) + timedelta(seconds=self.session_seconds)
        self.sessions[identity] = Session(drive, folder, name, fail, until)
        self.changed("sessions", identity)
        address = f"{self.tenant.authority}/up/{identity}?tempauth={uuid.uuid4().hex}"
        return {"uploadUrl": address, "expirationDateTime": stamp(until), "nextExpectedRanges": ["0-"]}

    def session(self, identity: str) -> Session:
        """Return an upload under way; raises Refusal once its time is up."""
        session = self.sessions.get(identity)
        if session is None or session.until < datetime.now(UTC):
            self.sessions.pop(identity, None)
            raise Refusal(404, "itemNotFound", "The upload session was not found")
        return session

    def take(self, identity: str, body: bytes, stated: str) -> Response:
        """Take one range of an upload."""
        session, way = self.session(identity), self.ranges.pop(0) if self.ranges else "well"
        start, end, total = _range(stated, body)
        if way == "gone":
            del self.sessions[identity]
            raise Refusal(404, "itemNotFound", "The upload session was not found")
        if start != len(session.content):
            raise Refusal(416, "invalidRange", "Optimistic concurrency failure during fragmented upload")
        if end + 1 < total and (len(body) % STEP or len(body) >= LARGEST_RANGE):
            raise Refusal(400, "invalidRequest", "Fragments are a multiple of 320 KiB and below 60 MiB")
        session.content += body[: len(body) // 2 // STEP * STEP] if way == "short" else body
        self.changed("sessions", identity)
        if way == "416":
            if len(session.content) == total:
                self._finish(identity, session, way)
            raise Refusal(416, "invalidRange", "The range has been received")
        if len(session.content) < total:
            return answer(_expected(session), 202)
        return self._finish(identity, session, way)

    def _finish(self, identity: str, session: Session, way: str) -> Response:
        if way == "409-other":
            self._make(session.drive, session.folder, session.name, b"somebody else's")
        file, new = self.put(session.drive, session.folder, session.name, bytes(session.content), fail=session.fail)
        del self.sessions[identity]
        if way == "409":
            return error(409, "nameAlreadyExists", "Name already exists")
        return answer(self.shown(file), 201 if new else 200)

    def _make(self, drive: str, folder: str, name: str, content: bytes) -> FileRecord:
        held = content + PROMOTED if name.lower().endswith(OFFICE) and self.drives[drive].list else content
        file = FileRecord(f"01{uuid.uuid4().hex.upper()}", drive, folder.strip("/"), name, held, now())
        if self.drives[drive].list:
            made = self.tenant.lists.lists[self.drives[drive].list]
            item = self.tenant.lists.add(made, {})
            item["drive_item"], file.number = file.id, item["number"]
        self.files[file.id] = file
        self.changed("files", file.id)
        return file

    def _keep_drive(self, drive: DriveRecord) -> DriveRecord:
        self.drives[drive.id] = drive
        self.changed("drives", drive.id)
        return drive


def routes(tenant: Any) -> list[Route]:
    """Return the routes of drives, below /v1.0."""
    drives: Drives = tenant.drives
    lists = tenant.lists

    async def of_site(request: Request) -> Response:
        found = [_drive(drive) for drive in drives.of(lists.site(request.path_params["site"]).id)]
        if request.url.path.endswith("/drives"):
            return answer({"value": found})
        return answer(found[0]) if found else error(404, "itemNotFound")

    async def of_user(request: Request) -> Response:
        found = drives.of(request.path_params["user"].lower())
        return answer(_drive(found[0])) if found else error(404, "ResourceNotFound")

    async def by_path(request: Request) -> Response:
        drive, path = drives.drive(request.path_params["drive"]), request.path_params["path"].strip("/")
        file = drives.at(drive.id, path)
        if file is not None:
            return answer(drives.shown(file))
        if any(f"{one.folder}/".startswith(f"{path}/") for one in drives.files.values() if one.drive == drive.id):
            return answer(_folder(drive, path))
        return error(404, "itemNotFound", "The resource could not be found.")

    async def top(request: Request) -> Response:
        return answer(_folder(drives.drive(request.path_params["drive"]), "root"))

    async def put(request: Request) -> Response:
        drive = drives.drive(request.path_params["drive"])
        folder, _, name = request.path_params["path"].rpartition("/")
        fail = request.query_params.get(CONFLICT) == "fail"
        file, new = drives.put(drive.id, folder, name, await request.body(), fail=fail)
        return answer(drives.shown(file), 201 if new else 200)

    async def begin(request: Request) -> Response:
        drive = drives.drive(request.path_params["drive"])
        folder, _, name = request.path_params["path"].rpartition("/")
        item = (await content(request)).get("item") or {}
        return answer(drives.open_session(drive.id, folder, name, item.get(CONFLICT) == "fail"))

    async def by_id(request: Request) -> Response:
        file = _file(drives, request)
        if request.method == "DELETE":
            del drives.files[file.id]
            drives.changed("files", file.id)
            if file.number:
                del lists.lists[drives.drives[file.drive].list].items[file.number]
            return nothing()
        return answer(drives.shown(file))

    async def list_item(request: Request) -> Response:
        file = _file(drives, request)
        made = lists.lists[drives.drives[file.drive].list]
        if request.method == "PATCH":
            return answer(lists.values(lists.change(made, file.number, dict(await content(request)))))
        return answer(lists.shown(made, lists.item(made, str(file.number)), request.query_params.get("$expand", "")))

    async def one_list(request: Request) -> Response:
        made = lists.lists[drives.drive(request.path_params["drive"]).list]
        if request.url.path.endswith("/items"):
            return lists.page(made, request)  # type: ignore[no-any-return]
        return answer(lists.described(made, "columns" in request.query_params.get("$expand", "")))

    one = "/drives/{drive}"
    return [
        Route("/sites/{site}/drive", of_site, methods=["GET"]),
        Route("/sites/{site}/drives", of_site, methods=["GET"]),
        Route("/users/{user}/drive", of_user, methods=["GET"]),
        Route(one + "/root:/{path:path}:/content", put, methods=["PUT"]),
        Route(one + "/root:/{path:path}:/createUploadSession", begin, methods=["POST"]),
        Route(one + "/root:/{path:path}", by_path, methods=["GET"]),
        Route(one + "/root", top, methods=["GET"]),
        Route(one + "/items/{item}", by_id, methods=["GET", "DELETE"]),
        Route(one + "/items/{item}/listItem", list_item, methods=["GET"]),
        Route(one + "/items/{item}/listItem/fields", list_item, methods=["PATCH"]),
        Route(one + "/list", one_list, methods=["GET"]),
        Route(one + "/list/items", one_list, methods=["GET"]),
    ]


def open_routes(tenant: Any) -> list[Route]:
    """Return the addresses of uploads, which take no token."""
    drives: Drives = tenant.drives

    async def upload(request: Request) -> Response:
        try:
            if "authorization" in request.headers:
                raise Refusal(401, "unauthenticated", "An upload's address takes no token")
            identity = request.path_params["session"]
            if request.method == "GET":
                return answer(_expected(drives.session(identity)))
            return drives.take(identity, await request.body(), request.headers.get("content-range", ""))
        except Refusal as refused:
            return refused.response

    return [Route("/up/{session}", upload, methods=["GET", "PUT"])]


def _file(drives: Drives, request: Request) -> FileRecord:
    drive, given = drives.drive(request.path_params["drive"]), request.path_params["item"]
    if given not in drives.files or drives.files[given].drive != drive.id:
        raise Refusal(404, "itemNotFound", "The resource could not be found.")
    return drives.files[given]


def _drive(drive: DriveRecord) -> dict[str, Any]:
    kind = "documentLibrary" if drive.list else "business"
    moments = {"createdDateTime": "2026-01-05T09:00:00Z", "lastModifiedDateTime": "2026-01-05T09:00:00Z"}
    return {"id": drive.id, "name": drive.name, "driveType": kind, "webUrl": drive.address, **moments}


def _folder(drive: DriveRecord, name: str) -> dict[str, Any]:
    moments = {"createdDateTime": "2026-01-05T09:00:00Z", "lastModifiedDateTime": "2026-01-05T09:00:00Z"}
    return {
        "id": f"folder-{drive.id}",
        "name": name.rpartition("/")[2],
        "size": 0,
        "folder": {"childCount": 1},
        **moments,
    }


def _same(file: FileRecord, folder: str, name: str) -> bool:
    return (file.folder.lower(), file.name.lower()) == (folder.strip("/").lower(), name.lower())


def _expected(session: Session) -> dict[str, Any]:
    return {"expirationDateTime": stamp(session.until), "nextExpectedRanges": [f"{len(session.content)}-"]}


def _range(stated: str, body: bytes) -> tuple[int, int, int]:
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", stated)
    if not found or int(found[2]) - int(found[1]) + 1 != len(body) or int(found[2]) >= int(found[3]):
        raise Refusal(400, "invalidRequest", "Invalid Content-Range header")
    return int(found[1]), int(found[2]), int(found[3])


def _allowed(name: str) -> None:
    stem = name.lower().partition(".")[0]
    hidden = any(ord(one) < 32 for one in name)
    odd = not name or name != name.strip(" ") or name.endswith(".") or name.startswith("~$") or len(name) > 255
    if odd or hidden or "_vti_" in name.lower() or _FORBIDDEN.search(name) or {stem, name.lower()} & _RESERVED:
        raise Refusal(400, "invalidRequest", "The provided name cannot contain the characters or is reserved")
