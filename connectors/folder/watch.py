"""Which files in the folder are post, and which of those are complete."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart")
_NOT_POST = frozenset({"thumbs.db", "desktop.ini"})


class _Sighting(NamedTuple):
    size: int
    modified_ns: int
    first_seen: float
    """On the monotonic clock."""


class Watch:
    """Remembers what files looked like at the last look, to tell those that are still being written."""

    def __init__(self, root: Path, ours: Collection[str], quiet_seconds: float) -> None:
        self._root = root
        self._ours = ours
        self._quiet = quiet_seconds
        self._sightings: dict[Path, _Sighting] = {}

    def files(self) -> Iterator[Path]:
        """Give every file that is post, whether complete or not."""
        for folder, folders, names in os.walk(self._root, onerror=_raise):
            top = Path(folder) == self._root
            folders[:] = [name for name in folders if not _is_hidden(name) and not (top and name in self._ours)]
            yield from (path for name in names if _is_post(path := Path(folder, name)))

    def complete_files(self) -> list[Path]:
        """Return the files that have not changed for a while, oldest first."""
        found: list[tuple[int, Path]] = []
        sightings: dict[Path, _Sighting] = {}
        for path in self.files():
            try:
                stat = path.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            sightings[path] = self._sighting(path, stat)
            if self._is_quiet(stat, sightings[path]):
                found.append((stat.st_mtime_ns, path))
        self._sightings = sightings
        return [path for _, path in sorted(found)]

    def forget(self) -> None:
        """Forget what was seen."""
        self._sightings.clear()

    def _sighting(self, path: Path, stat: os.stat_result) -> _Sighting:
        before = self._sightings.get(path)
        if before is not None and before[:2] == (stat.st_size, stat.st_mtime_ns):
            return before
        return _Sighting(stat.st_size, stat.st_mtime_ns, time.monotonic())

    def _is_quiet(self, stat: os.stat_result, sighting: _Sighting) -> bool:
        # The clock of a file server may be ahead of ours, so what we saw ourselves counts as well.
        age = time.time() - max(stat.st_mtime, stat.st_ctime)
        return age >= self._quiet or time.monotonic() - sighting.first_seen >= self._quiet > 0


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
