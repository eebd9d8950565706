"""How the stand-in misbehaves on demand: per request by a queue, or all round by a storm."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from time import monotonic, time

from starlette.responses import Response

from tests.servers.graph.answers import error, nothing

CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    408: "RequestTimeout",
    409: "Conflict",
    410: "Gone",
    412: "ErrorIrresolvableConflict",
    413: "RequestEntityTooLarge",
    423: "ResourceLocked",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
    507: "QuotaLimitReached",
}
BEHAVIOURS = {
    "well", "status", "status-after", "retry", "reset-before", "reset-after", "slow", "late", "truncated", "gone",
    "unauthorised", "page", "empty",
}  # fmt: skip


@dataclass(slots=True)
class _Queue:
    method: str
    pattern: re.Pattern[str]
    behaviours: list[str]


@dataclass(slots=True)
class _Storm:
    share: float
    until: float
    chance: random.Random
    seconds: str


@dataclass(slots=True)
class Faults:
    """Which requests go wrong, and how.

    `well`; `status 503 [CODE]` (nothing happens); `status-after 500 [CODE]` (it happens, the answer is lost);
    `retry 7`, `retry date`, `retry nonsense`, `retry none` (429); `reset-before`, `reset-after`;
    `slow 3` (happens at once, answered late); `late 0.8` (happens late); `truncated`; `empty`;
    `page` (a proxy's page, nothing happens); `gone` (410 with a Location); `unauthorised` (401).
    """

    used: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and behaviour of each fault so far."""
    _queues: list[_Queue] = field(default_factory=list)
    _storm: _Storm | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, method: str, pattern: str, *behaviours: str) -> None:
        """Say how the next requests go whose path has the pattern; `*` is any method. Later ones go well."""
        unknown = {behaviour.split(" ")[0] for behaviour in behaviours} - BEHAVIOURS
        if unknown:
            raise ValueError(f"no such behaviour: {', '.join(sorted(unknown))}")
        with self._lock:
            self._queues.append(_Queue(method, re.compile(pattern), list(behaviours)))

    def storm(self, share: float, seconds: float, seed: int = 1, retry_after: str = "1") -> None:
        """Answer a share of all requests 429 for a time."""
        self._storm = _Storm(share, monotonic() + seconds, random.Random(seed), retry_after)

    def clear(self) -> None:
        """Let everything go well."""
        with self._lock:
            self._queues, self._storm = [], None

    def waiting(self) -> int:
        """Return how many behaviours have not been used."""
        with self._lock:
            return sum(len(queue.behaviours) for queue in self._queues)

    def next(self, method: str, path: str) -> str:
        """Return how this request goes, and use it up."""
        if not self._queues and self._storm is None:
            return "well"
        with self._lock:
            behaviour = self._queued(method, path) or self._stormy()
        if behaviour != "well":
            self.used.append((method, path, behaviour))
        return behaviour

    def _queued(self, method: str, path: str) -> str:
        for queue in self._queues:
            if queue.method in ("*", method) and queue.pattern.search(path):
                behaviour = queue.behaviours.pop(0)
                if not queue.behaviours:
                    self._queues.remove(queue)
                return behaviour
        return ""

    def _stormy(self) -> str:
        storm = self._storm
        if storm is None:
            return "well"
        if monotonic() > storm.until:
            self._storm = None
            return "well"
        return f"retry {storm.seconds}" if storm.chance.random() < storm.share else "well"


def refusal(behaviour: str, url: str) -> Response | None:
    """Return the answer of a behaviour under which nothing happens; None if something does."""
    name, _, argument = behaviour.partition(" ")
    if name == "status":
        return failure(argument)
    if name == "retry":
        return _too_many(argument)
    if name == "unauthorised":
        return failure("401")
    if name == "gone":
        plain = url.partition("?")[0]
        return error(
            410, "syncStateNotFound", "The sync state generation is not found.", {"Location": f"{plain}?$deltatoken="}
        )
    if name == "page":
        return Response("<html><h1>Sign in to the proxy</h1></html>", 200, media_type="text/html")
    return None


def failure(argument: str) -> Response:
    """Return the error of a status, with its usual code unless another one is named; below 300 an empty answer."""
    status, _, code = argument.partition(" ")
    if int(status) < 300:
        return nothing(int(status))
    return error(int(status), code or CODES.get(int(status), "UnknownError"))


def _too_many(argument: str) -> Response:
    when = {"date": formatdate(time() + 3, usegmt=True), "nonsense": "soon", "none": ""}.get(argument, argument)
    return error(429, "TooManyRequests", "Too many requests.", {"Retry-After": when} if when else None)
