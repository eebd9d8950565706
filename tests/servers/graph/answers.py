"""Answers in the shape of Microsoft Graph, and what an endpoint needs to read a request."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class Refusal(Exception):
    """Raised by an endpoint instead of returning an error."""

    def __init__(self, status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, code)
        self.response = error(status, code, message, headers)


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON as Graph sends it."""
    body = orjson.dumps(content)
    return Response(body, status, {"content-type": JSON, **(headers or {})})


def nothing(status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer without content."""
    return Response(b"", status, dict(headers or {}))


def error(status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Return an error as Graph words it."""
    inner = {"date": now(), "request-id": str(uuid.uuid4()), "client-request-id": str(uuid.uuid4())}
    return answer({"error": {"code": code, "message": message or f"{code}.", "innerError": inner}}, status, headers)


def now() -> str:
    """Return the time as Graph writes it, to the second."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """Write a moment as Graph does, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def content(request: Request) -> dict[str, Any]:
    """Return the body of a request as a dictionary whose keys may be asked in any case, at every depth."""
    raw = await request.body()
    if not raw:
        return Anycase()
    try:
        found = json.loads(raw, object_pairs_hook=Anycase)
    except ValueError:
        raise Refusal(400, "BadRequest", "Unable to read JSON request payload.") from None
    if not isinstance(found, dict):
        raise Refusal(400, "BadRequest", "Invalid request.")
    return found


class Anycase(dict[str, Any]):
    """A dictionary found by keys in any case: the SDK capitalises some, and Graph takes them."""

    def __init__(self, pairs: Any = ()) -> None:
        super().__init__(pairs)
        self._names = {name.lower(): name for name in self}

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(self._names.get(key.lower(), key))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._names

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key in any case."""
        return super().get(self._names.get(key.lower(), key), default)


def preference(request: Request, name: str) -> str:
    """Return the value of a preference, such as `odata.maxpagesize`; empty if it is not stated."""
    for line in request.headers.getlist("prefer"):
        found = re.search(rf'(?:^|[,;\s]){re.escape(name)}\s*=\s*"?([^",;]*)', line, re.IGNORECASE)
        if found:
            return found[1].strip()
    return ""


def whole_number(text: str, otherwise: int) -> int:
    """Read a whole number a client gave; raises Refusal for anything else."""
    if not text:
        return otherwise
    if not text.isdigit():
        raise Refusal(400, "BadRequest", f"Invalid value '{text}'.")
    return int(text)
