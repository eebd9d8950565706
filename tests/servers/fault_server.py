"""An API that misbehaves on demand, down to the socket, and remembers what it really did."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

Behaviour = str


class FaultServer:
    """Keeps records in memory; each write may be given a behaviour beforehand, and so may each look."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        """What was truly recorded, repeats included."""
        self.writes: list[bytes] = []
        """The body of every write, as it came."""
        self.headers: list[str] = []
        """The head of every request."""
        self.port = 0
        self._for_writes: list[Behaviour] = []
        self._for_looks: list[Behaviour] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        waiting = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on_write(self, *behaviours: Behaviour) -> None:
        """Say how the next writes go; later ones go well."""
        self._for_writes = list(behaviours)

    def on_look(self, *behaviours: Behaviour) -> None:
        """Say how the next looks go; later ones go well."""
        self._for_looks = list(behaviours)

    def count(self, key: str) -> int:
        return sum(record["key"] == key for record in self.records)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0
            )
            body = await reader.readexactly(length)
            self.headers.append(head)
            method, target, _ = head.split(" ", 2)
            await self._answer(method, target, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, method: str, target: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        if method == "GET":
            behaviour = self._for_looks.pop(0) if self._for_looks else "well"
            await self._behave(behaviour, lambda: self._look(target), writer)
            return
        self.writes.append(body)
        behaviour = self._for_writes.pop(0) if self._for_writes else "well"
        await self._behave(behaviour, lambda: self._record(body), writer)

    def _look(self, target: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        wanted = parse_qs(parts.query).get("key", [""])[0]
        if parts.query:
            return 200, {"items": [record for record in self.records if record["key"] == wanted]}
        number = parts.path.rpartition("/")[2]
        found = [record for record in self.records if str(record["id"]) == number]
        return (200, found[0]) if found else (404, {})

    def _record(self, body: bytes) -> tuple[int, Any]:
        start = body.find(b"{")
        content = json.loads(body[start : body.rfind(b"}") + 1])
        record = {"id": len(self.records) + 1, **content}
        self.records.append(record)
        return 201, record

    async def _behave(
        self, behaviour: Behaviour, do: Callable[[], tuple[int, Any]], writer: asyncio.StreamWriter
    ) -> None:
        name, _, argument = behaviour.partition(" ")
        acts: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "reset-before": lambda: self._reset(writer),
            "reset-after": lambda: self._reset(writer, do()),
            "reset-mid-reply": lambda: self._mid_reply(writer, do()),
            "hang-up": lambda: self._nothing(do()),
            "drip": lambda: self._drip(do(), writer),
            "late": lambda: self._late(do, float(argument or 1), writer),
        }
        if name in acts:
            await acts[name]()
            return
        if name == "slow":
            status, answer = do()
            await asyncio.sleep(float(argument))
            await _send(writer, status, json.dumps(answer).encode())
            return
        await self._plain(name, argument, do, writer)

    async def _plain(
        self, name: str, argument: str, do: Callable[[], tuple[int, Any]], writer: asyncio.StreamWriter
    ) -> None:
        if name == "well":
            status, answer = do()
            await _send(writer, status, json.dumps(answer).encode())
        elif name == "status":
            await _send(writer, int(argument), b'{"message": "No."}')
        elif name == "status-after":
            do()
            await _send(writer, int(argument), b'{"message": "No."}')
        elif name == "retry":
            when = formatdate(time() + 30, usegmt=True) if argument == "date" else argument
            await _send(writer, 429, b"{}", f"Retry-After: {when}\r\n")
        elif name == "redirect":
            await _send(writer, 302, b"", f"Location: {argument}\r\n")
        elif name == "page":
            do()
            await _send(writer, 200, b"<html><h1>Sign in</h1></html>", kind="text/html")
        elif name == "truncated":
            await _send(writer, 201, json.dumps(do()[1]).encode()[:-9])
        elif name == "empty":
            do()
            await _send(writer, 201, b"")
        elif name == "refuse":
            await _send(writer, 422, argument.encode())
        elif name == "huge":
            do()
            await _send(writer, 201, b'{"id": 1, "padding": "' + b"x" * int(argument) + b'"}')
        elif name == "deep":
            do()
            await _send(writer, 201, b"[" * 100_000)
        else:
            raise AssertionError(f"no such behaviour: {name}")

    async def _reset(self, writer: asyncio.StreamWriter, _done: object = None) -> None:
        _abort(writer)

    async def _mid_reply(self, writer: asyncio.StreamWriter, done: tuple[int, Any]) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n" + json.dumps(done[1]).encode()[:10])
        await writer.drain()
        await asyncio.sleep(0.05)
        _abort(writer)

    async def _drip(self, done: tuple[int, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n" + json.dumps(done[1]).encode())
        for _ in range(200):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def _nothing(self, _done: object) -> None:
        return

    async def _late(self, do: Callable[[], tuple[int, Any]], seconds: float, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        status, answer = do()
        await _send(writer, status, json.dumps(answer).encode())


async def _send(
    writer: asyncio.StreamWriter, status: int, body: bytes, more: str = "", kind: str = "application/json"
) -> None:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    # Lingering for no time at all makes the close a reset.
    found: socket.socket = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
