"""The document store: bytes under their SHA-256, durable before any row speaks of them."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from postroom.document import sha256
from postroom.errors import UnreadableDocument

_PART = ".part"
_HOUR = 3600.0


class DocumentStore:
    """Files under `root/ab/abcdef…`, readable by the owner alone."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, document_id: str) -> Path:
        """Return where the bytes of a document lie."""
        return self.root / document_id[:2] / document_id

    def put(self, content: bytes) -> str:
        """Store bytes, if they are not there, and return their id; they are on disk when this returns."""
        document_id = sha256(content)
        path = self.path(document_id)
        if not path.parent.exists():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            _sync_folder(self.root)
        if not path.exists():
            part = path.with_name(f".{document_id}.{secrets.token_hex(8)}{_PART}")
            _write_synced(part, content)
            part.replace(path)
        _sync_folder(path.parent)
        return document_id

    def get(self, document_id: str) -> bytes:
        """Return the bytes of a document.

        Raises:
            UnreadableDocument: The file is missing or is not what was stored.
        """
        try:
            content = self.path(document_id).read_bytes()
        except FileNotFoundError:
            raise UnreadableDocument(
                f"Document {document_id} is missing from the document store.",
                hint="Restore the store from the backup that belongs to the ledger.",
            ) from None
        if sha256(content) != document_id:
            raise UnreadableDocument(
                f"Document {document_id} was changed on disk.", hint="Restore it from the backup; check the disk."
            )
        return content

    def remove(self, document_id: str) -> None:
        """Delete the bytes of a document; safe to repeat."""
        self.path(document_id).unlink(missing_ok=True)

    def discard_parts(self, older_than: float = _HOUR) -> int:
        """Delete half-written files that killed processes left, at least `older_than` seconds old; return how many."""
        parts = [part for part in self.root.glob(f"*/.*{_PART}") if time.time() - part.stat().st_mtime >= older_than]
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)


def _write_synced(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a folder; NTFS journals the rename.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
