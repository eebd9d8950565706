"""The stand-in's door: HTTP, sign-in, SOAP, misbehaviour, and a memory of every request."""

from __future__ import annotations

import base64
import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from lxml import etree

from tests.servers.exchange.access import Caller, Fault
from tests.servers.exchange.faults import Faults
from tests.servers.exchange.mailbox import Refusal
from tests.servers.exchange.ntlm import NtlmSignIn
from tests.servers.exchange.operations import OPERATIONS
from tests.servers.exchange.schema import schema
from tests.servers.exchange.store import Store
from tests.servers.exchange.xml import Element, M, S, T, bad, below, name_of, soap_fault

PATH = "/EWS/Exchange.asmx"
_VERSION = {"MajorVersion": "15", "MinorVersion": "1", "MajorBuildNumber": "2507", "MinorBuildNumber": "6",
            "Version": "V2017_07_11"}  # fmt: skip
_ANSWER = {"Content-Type": "text/xml; charset=utf-8"}


@dataclass(slots=True)
class Seen:
    """One request, as it came."""

    operation: str
    user: str
    body: Element
    header: Element | None
    started: float
    ended: float = 0.0
    status: int = 0


class ExchangeServer:
    """Exchange's web services on this machine, for as long as the context lasts."""

    def __init__(self, port: int = 0, *, validates: bool = True, certificate: Path | None = None) -> None:
        self.store = Store()
        self.faults = Faults()
        self.requests: list[Seen] = []
        self.violations: list[str] = []
        """What Microsoft's schemas say against requests and answers; empty without the schemas."""
        self.ntlm = NtlmSignIn(self.store)
        self._schema = schema() if validates else None
        self._schema_lock = threading.Lock()
        self._server = _Listener(("127.0.0.1", port), _Handler)
        self._server.exchange = self
        self._scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is left to the connection's own thread, so that a client that hangs up holds up nobody.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> ExchangeServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Address of the web services."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def operations(self) -> list[str]:
        """Return the operations asked for so far, in order."""
        return [seen.operation for seen in self.requests]

    def most_at_once(self) -> int:
        """Return how many requests were under way at one time at most."""
        marks = [(seen.started, 1) for seen in self.requests] + [(seen.ended, -1) for seen in self.requests]
        most = now = 0
        for _, step in sorted(marks):
            now += step
            most = max(most, now)
        return most

    def judge(self, element: Element | None, whose: str) -> None:
        """Hold an element of a request or answer to Microsoft's schemas."""
        if self._schema is not None and element is not None:
            with self._schema_lock:
                self.violations += [f"{whose}: {one}" for one in self._schema.violations(element)]

    def answer(self, user: str, header: Element | None, request: Element) -> bytes:
        """Do what a request says and return the envelope of the answer."""
        operation = name_of(request)
        if operation not in OPERATIONS:
            return soap_fault("ErrorInvalidRequest")
        with self.store.lock:
            caller = Caller(self.store, user, header)
            try:
                found = list(OPERATIONS[operation](caller, request))
            except Refusal as refusal:
                found = [bad(operation, refusal.code)]
        return self.envelope(operation, found)

    def envelope(self, operation: str, found: list[Element]) -> bytes:
        """Return response messages in their envelope, held to the schemas."""
        response = M(f"{operation}Response", M.ResponseMessages(*found))
        self.judge(response, "answer")
        envelope = S.Envelope(S.Header(T.ServerVersionInfo(**_VERSION)), S.Body(response))
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    exchange: ExchangeServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up in tests on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener
    disable_nagle_algorithm = True
    user = ""
    """Who this connection is signed in as, by NTLM."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        exchange = self.server.exchange
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        user = self._signed_in()
        if not user:
            return
        envelope = etree.fromstring(content)
        header, body = below(envelope, "s:Header"), below(envelope, "s:Body")
        assert body is not None
        seen = Seen(name_of(body[0]), user, body[0], header, time.monotonic())
        exchange.requests.append(seen)
        for part in (*(header if header is not None else ()), body[0]):
            exchange.judge(part, "request")
        try:
            self._behave(exchange.faults.next(seen.operation), seen)
        finally:
            seen.ended = seen.ended or time.monotonic()

    def _signed_in(self) -> str:
        """Return who asks, or nothing after an answer that asks for a sign-in."""
        exchange = self.server.exchange
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            user, _, password = base64.b64decode(given).decode().partition(":")
            if exchange.store.passwords.get(user) == password:
                return user
        if kind in ("NTLM", "Negotiate"):
            self.user, challenge = exchange.ntlm.step(self, given)
            if challenge:
                self._send(401, b"", {"WWW-Authenticate": f"{kind} {challenge}"})
                return ""
        if self.user:
            return self.user
        offers = "NTLM" if exchange.ntlm.offered else 'Basic realm="exchange"'
        self._send(401, b"", {"WWW-Authenticate": offers})
        return ""

    def _behave(self, behaviour: str, seen: Seen) -> None:
        name, _, argument = behaviour.partition(" ")
        if name in ("reset-after", "status-after", "late", "truncated", "code-after"):
            done = self._do(seen)
            if name == "reset-after":
                self._reset()
            elif name == "late":
                time.sleep(float(argument))
                self._finish(seen, done)
            elif name == "truncated":
                self._truncated(done[1])
            elif name == "code-after":
                self._finish(
                    seen, (200, self.server.exchange.envelope(seen.operation, [bad(seen.operation, argument)]))
                )
            else:
                self._finish(seen, (int(argument), b"No."))
            return
        if name == "reset-before":
            self._reset()
            return
        if name == "slow":
            time.sleep(float(argument))
            name = "well"
        if name == "well":
            self._finish(seen, self._do(seen))
            return
        self._refuse(name, argument, seen)

    def _refuse(self, name: str, argument: str, seen: Seen) -> None:
        exchange, headers = self.server.exchange, {}
        status, content = 500, b""
        if name == "status":
            status, content = int(argument), b"No."
        elif name in ("retry", "throttled"):
            status, content = 503 if name == "retry" else 429, b"Busy."
            headers = {"Retry-After": argument} if argument else {}
        elif name == "busy":
            content = soap_fault("ErrorServerBusy", int(argument) if argument else None)
        elif name == "soap":
            content = soap_fault(argument)
        elif name == "code":
            status, content = 200, exchange.envelope(seen.operation, [bad(seen.operation, argument)])
        elif name == "page":
            status, content = int(argument), b"<html><body>Runtime Error of Smith, Ada</body></html>"
        elif name == "unauthorised":
            status, headers = 401, {"WWW-Authenticate": 'Basic realm="exchange"'}
        else:
            raise AssertionError(f"no such behaviour: {name}")
        seen.status, seen.ended = status, time.monotonic()
        self._send(status, content, headers)

    def _do(self, seen: Seen) -> tuple[int, bytes]:
        try:
            return 200, self.server.exchange.answer(seen.user, seen.header, seen.body)
        except Fault as fault:
            return 500, soap_fault(fault.code)

    def _finish(self, seen: Seen, done: tuple[int, bytes]) -> None:
        # Noted before the answer is out: the client may ask on at once.
        seen.status, seen.ended = done[0], time.monotonic()
        self._send(*done)

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in {**_ANSWER, "Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    def _truncated(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self._reset()

    def _reset(self) -> None:
        self.close_connection = True
        # Lingering for no time at all makes the close a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
