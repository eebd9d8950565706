"""The folder inbox: files move to `claimed/`, then to `done/` or `held/`.

None is ever deleted or overwritten. Every step can be repeated after a crash: a file is found again by its first name
and the SHA-256 of its bytes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog

from connectors.folder.moving import move, new_folder, reserve, tidy
from connectors.folder.names import KEY_DIGITS, relative_path, shown, source_key
from connectors.folder.settings import FolderSettings
from connectors.folder.watch import Watch
from connectors.oversize import scan_stand_in
from postroom.disposition import Disposition
from postroom.document import sha256
from postroom.errors import ConnectorDown, TransientError
from postroom.message import Message

CLAIMED, DONE, HELD = "claimed", "done", "held"
_log = structlog.get_logger(__name__)


class FolderInbox:
    """Post from a folder and the folders in it, whatever the file type."""

    def __init__(self, settings: FolderSettings) -> None:
        self.name = settings.name
        self._root = settings.path
        self._limit = settings.maximum_bytes
        self._watch = Watch(settings.path, (CLAIMED, DONE, HELD), settings.quiet_seconds)

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` complete files not yet claimed, oldest first; changes nothing."""
        messages: list[Message] = []
        with self._errors():
            for path in self._watch.complete_files():
                if len(messages) == limit:
                    break
                messages += self._message(path)
        return messages

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Move the file to `claimed/`; nothing happens if it is there already or a person has taken it away."""
        relative = relative_path(source_key)
        with self._errors():
            if self._holds(self._root / relative, digest):
                goal = new_folder(self._root / CLAIMED, digest[:KEY_DIGITS]) / relative
                goal.parent.mkdir(parents=True, exist_ok=True)
                move(self._root / relative, goal)
                tidy(goal.parent, self._root / CLAIMED)
            elif not self._claimed(source_key, digest):
                _log.info("The post to claim is no longer in the folder.", inbox=self.name, message=message_id)

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Move the file to `done/` or `held/`; nothing happens if it is no longer in the folder or in `claimed/`."""
        relative = relative_path(source_key)
        with self._errors():
            waiting = [self._root / relative] if self._holds(self._root / relative, digest) else []
            for path in [*self._claimed(source_key, digest), *waiting]:
                goal = reserve(self._root / (HELD if disposition.held else DONE), relative, digest)
                if not move(path, goal):
                    goal.unlink()
                tidy(path.parent, self._root / CLAIMED)

    def check(self) -> list[str]:
        """See whether the folder can be read and written, and count what is in it."""
        with self._errors():
            readable = [os.access(path, os.R_OK) for path in self._watch.files()]
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise ConnectorDown(
                f'Inbox "{self.name}": files cannot be moved in {self._root}.',
                hint="Give the account Postroom runs under the right to change this folder.",
            )
        found = [f"Folder {self._root} can be read and written; {len(readable)} files wait."]
        unreadable = readable.count(False)
        return found + ([f"{unreadable} of them cannot be read: mend their rights."] if unreadable else [])

    def close(self) -> None:
        """Forget which files were seen growing."""
        self._watch.forget()

    def _message(self, path: Path) -> list[Message]:
        try:
            before = path.stat()
            raw = self._content(path)
            after = path.stat()
        except FileNotFoundError:
            return []
        except PermissionError:
            # A scanner on Windows holds its file until it is whole; `check` counts files that stay so.
            _log.warning("A file in the folder cannot be read yet.", inbox=self.name)
            return []
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            return []
        received = datetime.fromtimestamp(after.st_mtime, UTC)
        return [Message(self.name, self._key(path, raw), shown(path.name), raw, received)]

    def _key(self, path: Path, raw: bytes) -> str:
        return source_key(path.relative_to(self._root), sha256(raw))

    def _content(self, path: Path) -> bytes:
        size = path.stat().st_size
        return path.read_bytes() if size <= self._limit else scan_stand_in(size, self._limit, "the drop folder")

    def _holds(self, path: Path, digest: str) -> bool:
        return path.is_file() and not path.is_symlink() and sha256(self._content(path)) == digest

    def _claimed(self, source_key: str, digest: str) -> list[Path]:
        folders = (self._root / CLAIMED).glob(f"{digest[:KEY_DIGITS]}*")
        paths = (folder / relative_path(source_key) for folder in folders)
        return [path for path in paths if self._holds(path, digest)]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Translate the errors of the file system."""
        try:
            if not self._root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "There is no such folder", str(self._root))
            yield
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise ConnectorDown(
                f'Inbox "{self.name}": {self._root}: {error.strerror}.',
                hint="See that the folder is there and that Postroom may read and change it.",
            ) from error
        except OSError as error:
            raise TransientError(f'Inbox "{self.name}": {self._root}: {error.strerror}.') from error
