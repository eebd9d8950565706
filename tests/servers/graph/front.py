"""The way of a request: log, fault, token, throttle, area, schema, answer."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router

from tests.servers.graph.answers import Refusal, error
from tests.servers.graph.faults import Faults, failure, refusal
from tests.servers.graph.seen import Log, Seen
from tests.servers.graph.tenant import Tenant

GRAPH = "/v1.0"
ME = re.compile(rf"^{GRAPH}/me(?=/|$)")
CONCURRENT = 4

Violations = Callable[[Seen, "Reply"], None]


class ConnectionReset(Exception):
    """The connection is to end without an answer."""


@dataclass(slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    truncated: bool = False

    def header(self, name: str) -> str:
        """Return a header by its lower-case name."""
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name.encode()), "")


class Front:
    """The application uvicorn runs; a batch hands its parts to `serve`."""

    def __init__(self, tenant: Tenant, faults: Faults, log: Log, transports: dict[Any, asyncio.Transport]) -> None:
        self._tenant, self._faults, self._log, self._transports = tenant, faults, log, transports
        self.validate: Violations | None = None
        self.graph = Router(tenant.routes(), redirect_slashes=False, default=_unknown)
        self.open = Router([*tenant.sign_in.routes(), *tenant.open_routes()], redirect_slashes=False, default=_unknown)
        self.unlocked: dict[str, Callable[[Seen], Awaitable[Reply]]] = {}
        """Paths whose work waits for other requests and so cannot hold the lock."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take one request off the wire and answer it."""
        body = await _read(receive)
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            known = headers.get(key := name.decode("latin-1"))
            headers[key] = f"{known}, {value.decode('latin-1')}" if known else value.decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        seen = Seen(scope["method"], unquote(scope["raw_path"].decode("latin-1")), query, headers, body)
        try:
            reply = await self.serve(seen)
        except ConnectionReset:
            self._reset(scope["client"])
            return
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        if reply.truncated:
            await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
            return  # uvicorn closes the connection: less came than was announced.
        await send({"type": "http.response.body", "body": reply.body if seen.method != "HEAD" else b""})

    async def serve(self, seen: Seen) -> Reply:
        """Answer one request or one part of a batch. Raises ConnectionReset."""
        if seen.path.startswith(GRAPH + "/"):
            seen.app, user = self._tenant.sign_in.known(seen.headers)
            if user:
                seen.path = ME.sub(f"{GRAPH}/users/{user}", seen.path)
        under_way = self._log.begin(seen)
        status = 0
        try:
            reply = await self._behave(seen, under_way)
            status = reply.status
            if self.validate and seen.path.startswith(GRAPH):
                self.validate(seen, reply)
            return reply
        finally:
            self._log.end(seen, status)

    async def _behave(self, seen: Seen, under_way: int) -> Reply:
        behaviour = self._faults.next(seen.method, seen.path)
        if behaviour == "well":
            return await self._do(seen, under_way)
        name, _, argument = behaviour.partition(" ")
        refused = refusal(behaviour, self._tenant.authority + seen.path)
        if refused:
            return await _reply(refused, seen)
        if name == "reset-before":
            raise ConnectionReset
        if name == "late":
            await asyncio.sleep(float(argument))
        reply = await self._do(seen, under_way)
        if name == "slow":
            await asyncio.sleep(float(argument))
        if name == "reset-after":
            raise ConnectionReset
        if name == "status-after":
            return await _reply(failure(argument), seen)
        if name == "empty":
            return Reply(reply.status)
        reply.truncated = name == "truncated"
        return reply

    async def _do(self, seen: Seen, under_way: int) -> Reply:
        try:
            return await self._done(seen, under_way)
        except Refusal as refused:
            return await _reply(refused.response, seen)

    async def _done(self, seen: Seen, under_way: int) -> Reply:
        if not seen.path.startswith(GRAPH + "/"):
            return await self._route(self.open, seen, seen.path)
        if ME.match(seen.path):
            raise Refusal(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        path = seen.path[len(GRAPH) :]
        throttled = under_way > CONCURRENT and self._tenant.mail.enforce_concurrency
        if throttled:
            raise Refusal(
                429,
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
                {"Retry-After": "1"},
            )
        if self._tenant.takes:
            await asyncio.sleep(self._tenant.takes)
        self._tenant.sign_in.admit(seen, path)
        if path in self.unlocked:
            return await self.unlocked[path](seen)
        return await self.route(seen, path)

    async def route(self, seen: Seen, path: str) -> Reply:
        """Hand a request to the area that answers for its path."""
        return await self._route(self.graph, seen, path)

    async def _route(self, router: Router, seen: Seen, path: str) -> Reply:
        # Nothing in here waits, so the lock is never held across other requests.
        with self._tenant.lock:
            reply = await _run(router, seen, path)
            if seen.method != "GET":
                self._tenant.save()
        return reply

    def _reset(self, client: Any) -> None:
        transport = self._transports.get(tuple(client or ()))
        if transport is not None:
            # Lingering for no time at all makes the close a reset.
            found: socket.socket = transport.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()


async def _read(receive: Any) -> bytes:
    pieces: list[bytes] = []
    while True:
        event = await receive()
        pieces.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(pieces)


async def _run(app: Any, seen: Seen, path: str) -> Reply:
    reply = Reply(500)

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": seen.body, "more_body": False}

    async def send(event: Mapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            reply.status, reply.headers = event["status"], list(event["headers"])
        else:
            reply.body += event.get("body", b"")

    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in seen.headers.items()]
    scope = {
        "type": "http",
        "method": seen.method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "https",
        "query_string": seen.raw_query.encode("latin-1"),
        "headers": headers,
        "server": ("127.0.0.1", 443),
        "client": ("127.0.0.1", 0),
        "http_version": "1.1",
        "seen": seen,
    }
    await app(scope, receive, send)
    return reply


async def _reply(response: Response, seen: Seen) -> Reply:
    return await _run(response, seen, seen.path)


async def _unknown(scope: Any, receive: Any, send: Any) -> None:
    request = Request(scope)
    response = error(400, "BadRequest", f"Resource not found for the segment '{request.url.path.rpartition('/')[2]}'.")
    await response(scope, receive, send)
