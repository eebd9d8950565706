"""A wire between a client and a real server that can be cut, held up, or made to say less than it does."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Passes bytes on; `replies` alters what the server says, and the flags below do the rest."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.replies: Callable[[bytes], bytes] = lambda data: data
        self.cut_when: Callable[[bytes], bool] = lambda data: False
        """Asked about each request; the connection is then reset before the server hears it."""
        self.refuse = False
        self.requests = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection that is open now; one that a client opens in answer is let be."""
        cut, self._open = self._open, []
        for connection in cut:
            _reset(connection)

    def close(self) -> None:
        """Stop listening and cut what is open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuse:
                _reset(client)
                continue
            server = socket.create_connection(("127.0.0.1", self.server_port))
            self._open += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, goal: socket.socket, is_request: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if is_request:
                    self.requests += data
                    if self.cut_when(data):
                        self.cut()
                        return
                else:
                    data = self.replies(data)
                goal.sendall(data)
        with suppress(OSError):
            goal.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def wire(server_port: int) -> Iterator[Wire]:
    """Open a wire to a port of this machine."""
    opened = Wire(server_port)
    try:
        yield opened
    finally:
        opened.close()
