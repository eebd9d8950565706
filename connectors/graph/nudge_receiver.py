"""Hears Microsoft Graph's change notifications, on this machine alone and behind the council's reverse proxy.

Each is answered before anything is done with it, because Graph drops the notifications of those who are slow. Nothing
but ids of subscriptions is taken from them.
Rules: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Thread
from typing import TYPE_CHECKING, Any

from postroom.errors import ConnectorDown

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response

LARGEST_BYTES = 1_000_000
"""A larger request is refused; Graph's have some hundred bytes a notification."""
MOST_NOTIFICATIONS = 100
"""Notifications of one request that are looked at; more of them say nothing more."""
_HOST = "127.0.0.1"
_BODY_SECONDS = 5.0
_MOST_CONNECTIONS = 64
_ACCEPTED, _TIMED_OUT, _TOO_LARGE = 202, 408, 413
_CLOSE_SECONDS = 5.0
_ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Notification:
    """What is taken from a notification: who it says it is from, and nothing of the post."""

    subscription: str
    state: str = field(repr=False)
    """The secret that proves it to be Graph's."""
    event: str = ""
    """What became of the subscription itself; empty if something arrived."""


class NudgeReceiver:
    """Answers on a port of this machine from `open` to `close`."""

    def __init__(self, port: int, hear: Callable[[Notification], object]) -> None:
        self._port = port
        self._hear = hear
        self._server: uvicorn.Server | None = None
        self._thread: Thread | None = None

    def open(self) -> None:
        """Begin to answer.

        Raises:
            ConnectorDown: The port is taken.
        """
        import uvicorn

        try:
            listening = socket.create_server((_HOST, self._port))
        except OSError as error:
            message = f"Port {self._port} cannot be listened at for nudges: {error.strerror}."
            hint = "Stop what uses it, or set another `port` under `nudge`; the line runs on schedule all the same."
            raise ConnectorDown(message, hint=hint) from None
        config = uvicorn.Config(
            self._app(),
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, args=([listening],), name="nudges", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering; safe to repeat."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server and thread:
            server.should_exit = True
            thread.join(_CLOSE_SECONDS)

    def _app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.routing import Route

        # Which path of the public address leads here is the reverse proxy's business.
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        from starlette.background import BackgroundTask
        from starlette.requests import ClientDisconnect
        from starlette.responses import PlainTextResponse, Response

        token = request.query_params.get("validationToken")
        if token is not None:
            return PlainTextResponse(token, headers={"X-Content-Type-Options": "nosniff"})
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=_TIMED_OUT)
        if len(body) > LARGEST_BYTES:
            return Response(status_code=_TOO_LARGE, headers={"Connection": "close"})
        return Response(status_code=_ACCEPTED, background=BackgroundTask(self._tell, body))

    def _tell(self, body: bytes) -> None:
        for notification in notifications(body):
            self._hear(notification)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BYTES:
            break
    return bytes(body)


def notifications(body: bytes) -> Iterator[Notification]:
    """Return what a request's body tells; whatever is not a notification is left out."""
    try:
        told = json.loads(body)["value"][:MOST_NOTIFICATIONS]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for one in told:
        if isinstance(one, dict):
            names = ("subscriptionId", "clientState", "lifecycleEvent")
            yield Notification(*(str(one.get(name) or "") for name in names))


def listens(port: int) -> bool:
    """Whether a receiver answers on a port of this machine."""
    token = secrets.token_urlsafe(8)
    connection = HTTPConnection(_HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", f"/?validationToken={token}")
        return connection.getresponse().read(len(token) + 1) == token.encode()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
