"""Pictures of pages on disk: bounded in size, readable by the desk alone, forgotten with their document."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

_PART = ".part"
_HOUR = 3600.0
_ENDING = ".webp"


class KeptPages:
    """Files under `folder/DOCUMENT/KEY.webp`; when they grow beyond the limit, those not looked at longest go first."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._size: int | None = None
        """Of all files, in bytes; None until they were counted."""

    def get(self, document_id: str, key: str) -> bytes | None:
        """Return a picture, if it is kept."""
        path = self._path(document_id, key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        return content

    def put(self, document_id: str, key: str, content: bytes) -> None:
        """Keep a picture; it appears whole or not at all."""
        path = self._path(document_id, key)
        part = path.with_name(f".{key}.{secrets.token_hex(8)}{_PART}")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        part.replace(path)
        with self._lock:
            self._size = self._counted() if self._size is None else self._size + len(content)
            if self._size > self._limit:
                self._size = self._thinned()

    def forget(self, document_id: str) -> None:
        """Delete every picture of a document; safe to repeat."""
        shutil.rmtree(self._folder / document_id, ignore_errors=True)
        with self._lock:
            self._size = None

    def _path(self, document_id: str, key: str) -> Path:
        return self._folder / document_id / f"{key}{_ENDING}"

    def _counted(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _thinned(self) -> int:
        """Delete the oldest until there is room for some more, and return the size of what is left."""
        files = sorted(self._files())
        size = sum(length for _, length, _ in files)
        for _, length, path in files:
            if size <= self._limit * 0.9:
                break
            path.unlink(missing_ok=True)
            size -= length
            with suppress(OSError):
                # Fails while other pictures of the document are there.
                path.parent.rmdir()
        return size

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            if path.suffix == _PART and time.time() - status.st_mtime > _HOUR:
                # Half-written, by a process that was killed.
                path.unlink(missing_ok=True)
                continue
            found.append((status.st_mtime, status.st_size, path))
        return found
