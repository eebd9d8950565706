"""Putting one file into a library, once: a name that is there already is never written over.

Rules: learn.microsoft.com/graph/api/driveitem-createuploadsession.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from connectors.graph.calls import Calls
from connectors.graph.errors import CONFLICT, GONE, NOT_FOUND, GraphRefusal
from postroom.errors import ConnectorDown, TransientError

STEP = 320 * 1024
RANGE_BYTES = 32 * STEP
"""Bytes sent at one time: a multiple of 320 KiB below 60 MiB, except for the last."""
SMALL_BYTES = 4 * 1024 * 1024
"""A file up to this size is sent in one request."""
_HAD_IT_ALREADY = 416
_FAIL = "@microsoft.graph.conflictBehavior"


class Upload:
    """One file on its way to one name."""

    def __init__(self, calls: Calls, drive: str, place: str, content: bytes) -> None:
        """Say what goes where.

        Args:
            calls: The way to Graph.
            drive: Path of the library, such as `drives/ID`.
            place: Address of the file below it, such as `root:/Post/name.pdf`.
            content: The file.
        """
        self._calls = calls
        self._address = f"{drive}/{place}"
        self._content = content

    def send(self) -> dict[str, Any] | None:
        """Send the file and return what the library says of it; None if the name is there already.

        Raises:
            TransientError: Nothing of it is in the library.
            DeliveryUncertain: It may be in the library.
        """
        try:
            return self._whole() if len(self._content) <= SMALL_BYTES else self._in_ranges()
        except GraphRefusal as refusal:
            # It may come at the last byte of an upload, when another attempt has been quicker.
            if refusal.status == CONFLICT:
                return None
            raise

    def _whole(self) -> dict[str, Any]:
        path = f"{self._address}:/content?{_FAIL}=fail"
        headers = {"Content-Type": "application/octet-stream"}
        return self._put(path, self._content, headers, writes=True, authorised=True)

    def _in_ranges(self) -> dict[str, Any] | None:
        session = self._open()
        position, stuck = 0, 0
        while True:
            end = min(position + RANGE_BYTES, len(self._content))
            answer = self._send_range(session, position, end)
            if answer is not None and "id" in answer:
                return answer
            reached = self._next(answer if answer is not None else self._status(session))
            if reached >= len(self._content):
                # Every byte is there, so the file is too.
                return None
            stuck = stuck + 1 if reached <= position else 0
            if stuck > 1:
                raise TransientError(f"{self._calls.named}: an upload does not get on.", hint="It is tried again.")
            position = reached

    def _open(self) -> str:
        body = {"item": {_FAIL: "fail"}}
        opened = self._calls.send("POST", f"{self._address}:/createUploadSession", body, writes=False)
        session = str(opened.get("uploadUrl") or "")
        if urlsplit(session).scheme != "https":
            raise ConnectorDown(f"{self._calls.named}: Microsoft Graph gave no safe address for an upload.")
        return session

    def _send_range(self, session: str, start: int, end: int) -> dict[str, Any] | None:
        """Send a range and return the answer, None if the session has it already."""
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{len(self._content)}"}
        # Only the last range makes the file.
        last = end == len(self._content)
        try:
            return self._put(session, self._content[start:end], headers, writes=last, authorised=False)
        except GraphRefusal as refusal:
            if refusal.status == _HAD_IT_ALREADY:
                return None
            raise self._ended(refusal) from None

    def _status(self, session: str) -> dict[str, Any]:
        try:
            answer = self._calls.client.raw("GET", session, authorised=False)
        except GraphRefusal as refusal:
            raise self._ended(refusal) from None
        return self._calls.read(answer)

    def _ended(self, refusal: GraphRefusal) -> Exception:
        if refusal.status in (NOT_FOUND, GONE):
            # The session ends when its time is up, and when the file is there.
            return GraphRefusal(CONFLICT, refusal.code)
        return self._calls.not_taken(refusal)

    def _next(self, answer: dict[str, Any]) -> int:
        """Return where the session wants to go on."""
        ranges = answer.get("nextExpectedRanges") or [str(len(self._content))]
        return int(str(ranges[0]).partition("-")[0])

    def _put(
        self, path: str, content: bytes, headers: dict[str, str], *, writes: bool, authorised: bool
    ) -> dict[str, Any]:
        try:
            answer = self._calls.client.raw(
                "PUT", path, content=content, headers=headers, writes=writes, authorised=authorised
            )
        except GraphRefusal as refusal:
            raise self._calls.not_taken(refusal, writes) from None
        try:
            return self._calls.read(answer)
        except TransientError:
            if writes:
                raise self._calls.uncertain("its answer cannot be read") from None
            raise
