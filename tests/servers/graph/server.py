"""The stand-in of Microsoft Graph and Entra on a port of this machine."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.servers.graph import subscriptions
from tests.servers.graph.batch import Batch
from tests.servers.graph.certificate import certificate
from tests.servers.graph.control import routes as controls
from tests.servers.graph.faults import Faults
from tests.servers.graph.front import GRAPH, Front
from tests.servers.graph.schema import microsofts_schema
from tests.servers.graph.seen import Log, Seen
from tests.servers.graph.tenant import Tenant


class GraphServer:
    """A context manager: Graph and Entra answer while it is open.

    With `state` the tenant is kept in that file and goes on where it was. `validate=False` and `keep` (how many
    requests are remembered) are for long runs.
    """

    def __init__(
        self,
        state: Path | None = None,
        *,
        port: int = 0,
        ca_file: Path | None = None,
        validate: bool = True,
        keep: int | None = None,
        control: bool = False,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="graph-")
        self.ca_file = ca_file or Path(self._folder.name) / "ca.pem"
        self.tenant = Tenant(state)
        self.faults = Faults()
        self.violations: list[str] = []
        """What requests and answers had that Microsoft's schema has not."""
        self._log = Log(keep, self.tenant.mail.canonical)
        self._transports: dict[Any, asyncio.Transport] = {}
        self._front = Front(self.tenant, self.faults, self._log, self._transports)
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        # asyncio does this for the sockets it makes itself; without it each answer waits for the client's ACK.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.authority = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = self.authority + GRAPH
        self.tenant.url, self.tenant.authority = self.url, self.authority
        self._join_optional(validate, control)
        self._server = _Server(self._config())
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    @property
    def requests(self) -> list[Seen]:
        """Every request in the order of arrival, parts of batches included."""
        return self._log.requests

    def most_at_once(self, mailbox: str) -> int:
        """Return the most requests that were under way for a mailbox at one time."""
        return self._log.most_at_once(mailbox)

    def counts(self) -> dict[str, int]:
        """Return how many requests ended how, such as `GET 200`."""
        return {f"{method} {status}": number for (method, status), number in self._log.counts.items()}

    def __enter__(self) -> GraphServer:
        self._thread.start()
        end = monotonic() + 10
        while not self._server.started:
            if monotonic() > end or not self._thread.is_alive():
                raise RuntimeError("the stand-in of Graph did not start")
            sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)
        self.tenant.close()
        self._folder.cleanup()

    def _config(self) -> uvicorn.Config:
        certificate_file, key_file = certificate(self.ca_file)
        return uvicorn.Config(
            self._front,
            http=_protocol(self._transports),
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate_file,
            ssl_keyfile=key_file,
        )

    def _join_optional(self, validate: bool, control: bool) -> None:
        Batch(self._front)
        subscriptions.join(self._front, self.tenant)
        if control:
            self._front.open.routes[:0] = controls(self)
        schema = microsofts_schema() if validate else None
        self.validated = schema is not None
        if schema:
            self._front.validate = lambda seen, reply: self.violations.extend(schema.wrong(seen, reply))


class _Server(uvicorn.Server):
    async def main_loop(self) -> None:
        # uvicorn looks ten times a second whether it is to end; tests start and end a hundred of these.
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            await asyncio.sleep(0.02)


def _protocol(transports: dict[Any, asyncio.Transport]) -> type[asyncio.Protocol]:
    class Known(H11Protocol):
        """Remembers its connection by the client's address, so that it can be reset."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transports[tuple(transport.get_extra_info("peername"))] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(tuple(self.client or ()), None)
            super().connection_lost(exc)

    return Known
