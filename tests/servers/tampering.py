"""A proxy before a real provider of OpenID Connect that alters what the provider says, and forges ID tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import Key

DESCRIPTION, KEYS, TOKENS = "/.well-known/openid-configuration", "/jwks", "/token"

Alter = Callable[[dict[str, Any]], dict[str, Any]]
Instead = Callable[[BaseHTTPRequestHandler], None]


class Tampering:
    """Passes everything on; `alter` changes what the provider says, `instead` answers in its place, both by path."""

    def __init__(self) -> None:
        self.provider_port = 0
        self.alter: dict[str, Alter] = {}
        self.instead: dict[str, Instead] = {}
        self.asked: list[str] = []
        """The path of every request."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Passing", (_Passing,), {"tampering": self}))
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def reset(self) -> None:
        """Pass everything on again."""
        self.alter, self.instead, self.asked = {}, {}, []

    def swap_token(self, forge: Callable[[str], str]) -> None:
        """Put another ID token in the place of the genuine one."""
        self.alter[TOKENS] = lambda tokens: tokens | {"id_token": forge(tokens["id_token"])}


class _Passing(BaseHTTPRequestHandler):
    tampering: Tampering

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _pass_on(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        self.tampering.asked.append(path)
        if path in self.tampering.instead:
            self.tampering.instead[path](self)
            return
        provider = http.client.HTTPConnection("127.0.0.1", self.tampering.provider_port, timeout=10)
        provider.request(self.command, self.path, body, dict(self.headers))
        answer = provider.getresponse()
        content = answer.read()
        provider.close()
        if path in self.tampering.alter and answer.status == 200:
            content = json.dumps(self.tampering.alter[path](json.loads(content))).encode()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def tampering() -> Iterator[Tampering]:
    """Open a proxy; tell it the provider's port before it is asked anything."""
    opened = Tampering()
    thread = threading.Thread(target=opened.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        opened.server.shutdown()
        opened.server.server_close()
        thread.join()


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token without asking who signed it."""
    header, claims, _ = token.split(".")
    return json.loads(_plain(header)), json.loads(_plain(claims))


def signed(claims: Mapping[str, Any], key: Key, header: Mapping[str, Any]) -> str:
    """Return a token signed with a key pair."""
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    registry.max_header_length = 10_000
    return jws.serialize_compact(dict(header), json.dumps(claims), key, registry=registry)


def signed_with_secret(claims: Mapping[str, Any], secret: bytes, header: Mapping[str, Any]) -> str:
    """Return a token signed with HMAC and SHA-256, whatever the secret is."""
    body = _body(claims, header)
    return f"{body}.{_coded(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def unsigned(claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    """Return a token without a signature."""
    return f"{_body(claims, header)}."


def _body(claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    return f"{_coded(json.dumps(header).encode())}.{_coded(json.dumps(claims).encode())}"


def _coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _plain(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
