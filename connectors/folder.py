"""A folder as an inbox: saved mails, and scans as the multifunction printer drops them.

Files move from the folder to `claimed/`, then to `done/` or `held/` inside it. None is ever deleted or overwritten.
Every step can be repeated after a crash: a file is found again by its first name and the SHA-256 of its bytes.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote_to_bytes

import structlog
from pydantic import Field

from connectors.oversize import MAXIMUM_BYTES, scan_stand_in
from postroom.disposition import Disposition
from postroom.document import sha256
from postroom.errors import ConnectorDown, TransientError
from postroom.message import Message
from postroom.process import Model

CLAIMED, DONE, HELD = "claimed", "done", "held"
_KEY_DIGITS = 16
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart")
_NOT_POST = frozenset({"thumbs.db", "desktop.ini"})
_log = structlog.get_logger(__name__)


class FolderSettings(Model):
    """A folder that is watched for post."""

    kind: Literal["folder"] = Field(description="Always `folder`.")
    name: str = Field(description="The inbox's name in reports and commands.")
    path: Path = Field(description="The folder; `claimed`, `done` and `held` are made inside it.")
    quiet_seconds: float = Field(
        10.0, ge=0, description="A file counts as complete after it has not changed for this many seconds."
    )
    maximum_bytes: int = Field(
        MAXIMUM_BYTES, gt=0, description="A larger file is not read; a person is told of it instead."
    )


class _Sighting(NamedTuple):
    size: int
    modified_ns: int
    first_seen: float
    """On the monotonic clock."""


class FolderInbox:
    """Post from a folder and the folders in it, whatever the file type."""

    def __init__(self, settings: FolderSettings) -> None:
        self.name = settings.name
        self._root = settings.path
        self._quiet = settings.quiet_seconds
        self._limit = settings.maximum_bytes
        self._sightings: dict[Path, _Sighting] = {}

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` complete files not yet claimed, oldest first; changes nothing."""
        messages: list[Message] = []
        with self._errors():
            for path in self._complete_files():
                if len(messages) == limit:
                    break
                messages += self._message(path)
        return messages

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Move the file to `claimed/`; nothing happens if it is there already or a person has taken it away."""
        with self._errors():
            path = self._root / _relative(source_key)
            if self._holds(path, digest):
                claimed = self._free_claim(digest)
                self._move(path, claimed / _relative(source_key))
                self._tidy((claimed / _relative(source_key)).parent)
            elif not self._claimed(source_key, digest):
                _log.info("The post to claim is no longer in the folder.", inbox=self.name, message=message_id)

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Move the file to `done/` or `held/`; nothing happens if it is no longer in the folder or in `claimed/`."""
        place = self._root / (HELD if disposition.held else DONE)
        with self._errors():
            waiting = self._root / _relative(source_key)
            for path in [*self._claimed(source_key, digest), *([waiting] if self._holds(waiting, digest) else [])]:
                goal = _reserve(place / _relative(source_key), digest)
                if not self._move(path, goal):
                    goal.unlink()
                self._tidy(path.parent)

    def check(self) -> list[str]:
        """See whether the folder can be read and written, and count what is in it."""
        with self._errors():
            files = sum(1 for _ in self._files())
            unreadable = sum(not os.access(path, os.R_OK) for path in self._files())
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise ConnectorDown(
                f'Inbox "{self.name}": files cannot be moved in {self._root}.',
                hint="Give the account Postroom runs under the right to change this folder.",
            )
        found = [f"Folder {self._root} can be read and written; {files} files wait."]
        return found + ([f"{unreadable} of them cannot be read: mend their rights."] if unreadable else [])

    def close(self) -> None:
        """Forget which files were seen growing."""
        self._sightings.clear()

    def _files(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self._root, onerror=_raise):
            top = Path(folder) == self._root
            folders[:] = [name for name in folders if not _is_hidden(name) and not (top and name in _OURS)]
            yield from (path for name in names if _is_post(path := Path(folder, name)))

    def _complete_files(self) -> list[Path]:
        found: list[tuple[int, Path]] = []
        sightings: dict[Path, _Sighting] = {}
        for path in self._files():
            try:
                stat = path.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            before = self._sightings.get(path)
            same = before is not None and before[:2] == (stat.st_size, stat.st_mtime_ns)
            sighting = before if before and same else _Sighting(stat.st_size, stat.st_mtime_ns, time.monotonic())
            sightings[path] = sighting
            if self._is_quiet(stat, sighting):
                found.append((stat.st_mtime_ns, path))
        self._sightings = sightings
        return [path for _, path in sorted(found)]

    def _is_quiet(self, stat: os.stat_result, sighting: _Sighting) -> bool:
        # The clock of a file server may be ahead of ours, so what we saw ourselves counts as well.
        age = time.time() - max(stat.st_mtime, stat.st_ctime)
        return age >= self._quiet or time.monotonic() - sighting.first_seen >= self._quiet > 0

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
        key = _source_key(path.relative_to(self._root), sha256(raw))
        return [Message(self.name, key, _shown(path.name), raw, received)]

    def _content(self, path: Path) -> bytes:
        size = path.stat().st_size
        return path.read_bytes() if size <= self._limit else scan_stand_in(size, self._limit, "the drop folder")

    def _holds(self, path: Path, digest: str) -> bool:
        return path.is_file() and not path.is_symlink() and sha256(self._content(path)) == digest

    def _claimed(self, source_key: str, digest: str) -> list[Path]:
        folders = (self._root / CLAIMED).glob(f"{digest[:_KEY_DIGITS]}*")
        paths = (folder / _relative(source_key) for folder in folders)
        return [path for path in paths if self._holds(path, digest)]

    def _free_claim(self, digest: str) -> Path:
        number = 1
        while True:
            folder = self._root / CLAIMED / (digest[:_KEY_DIGITS] + (f"-{number}" if number > 1 else ""))
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                number += 1
            else:
                return folder

    def _move(self, source: Path, goal: Path) -> bool:
        goal.parent.mkdir(parents=True, exist_ok=True)
        try:
            _rename(source, goal)
        except FileNotFoundError:
            _log.info("Another worker or a person moved the post first.", inbox=self.name)
            return False
        return True

    def _tidy(self, folder: Path) -> None:
        """Take away folders in `claimed/` that have become empty."""
        claimed = self._root / CLAIMED
        while folder != claimed and folder.is_relative_to(claimed):
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    @contextmanager
    def _errors(self) -> Iterator[None]:
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


_OURS = frozenset({CLAIMED, DONE, HELD})


def _raise(error: OSError) -> None:
    # A folder that went away between two looks holds no post; any other fault must be heard.
    if not isinstance(error, FileNotFoundError):
        raise error


def _is_hidden(name: str) -> bool:
    return name.startswith("~$") or (name.startswith(".") and not name.startswith(".."))


def _is_post(path: Path) -> bool:
    name = path.name.lower()
    unfinished = _is_hidden(name) or name.endswith(_UNFINISHED) or name in _NOT_POST
    return not unfinished and path.is_file() and not path.is_symlink()


def _source_key(relative: PurePath, digest: str) -> str:
    return f"{quote(os.fsencode(relative.as_posix()))}#{digest[:_KEY_DIGITS]}"


def _relative(source_key: str) -> PurePath:
    relative = PurePath(os.fsdecode(unquote_to_bytes(source_key.rpartition("#")[0])))
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ConnectorDown(
            "A source key names no place inside the folder.", hint="The ledger was altered: restore it."
        )
    return relative


def _shown(name: str) -> str:
    """Return a file name without what would disturb a screen: control and direction marks, bytes that are no text."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign)[0] == "C" else sign for sign in name)


def _reserve(goal: Path, digest: str) -> Path:
    """Take a free name near the wanted one, so that two workers never move onto the same."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        mark = "" if number == 0 else f"~{digest[:8]}" if number == 1 else f"~{digest[:8]}-{number}"
        free = goal.with_name(_marked(goal.name, mark))
        try:
            free.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return free


def _marked(name: str, mark: str) -> str:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a Path would refuse the odd names that post has.
    stem_bytes = os.fsencode(stem)[: 255 - len(os.fsencode(mark + suffix))] if mark else os.fsencode(stem)
    return os.fsdecode(stem_bytes) + mark + suffix


def _rename(source: Path, goal: Path) -> None:
    try:
        source.replace(goal)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _carry(source, goal)


def _carry(source: Path, goal: Path) -> None:
    """Move between file systems: the first name goes only after the copy is safe on disk."""
    part = goal.with_name(f".{sha256(os.fsencode(goal.name))[:_KEY_DIGITS]}.part")
    shutil.copy2(source, part)
    with part.open("rb+") as copy:
        os.fsync(copy.fileno())
    part.replace(goal)
    source.unlink()
