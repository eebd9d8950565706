"""The sample back office as a real process, asked from outside the targets."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class BackOffice:
    """Starts with `start`, or as a context manager."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "backoffice.sqlite"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> BackOffice:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        command = [sys.executable, "-m", "demo.backoffice", "--port", str(self.port), "--database", str(self.database)]
        self._process = subprocess.Popen([*command, *self._options], cwd=PROJECT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the back office did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def empty(self) -> None:
        """Remove every record and every fault, as if it had just been installed."""
        self.set_faults()
        database = sqlite3.connect(self.database, timeout=20)
        with database:
            database.execute("delete from record")
        database.close()

    def set_faults(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/control/faults", json=list(faults)).raise_for_status()

    def sign_everybody_out(self) -> None:
        httpx.post(f"{self.url}/control/sign-everybody-out").raise_for_status()

    def held(self, key: str) -> list[dict[str, str]]:
        """Return the values of every record with that key, read from the file."""
        database = sqlite3.connect(self.database)
        try:
            rows = database.execute("select content from record where external_reference = ?", (key,)).fetchall()
        finally:
            database.close()
        return [json.loads(content) for (content,) in rows]

    def total(self) -> int:
        total: int = httpx.get(f"{self.url}/counts.json").json()["total"]
        return total
