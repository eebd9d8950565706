"""The state file: a change is appended before its answer goes out, so that a killed stand-in goes on where it was."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

HEAD = struct.Struct(">I")
ROOM = 64 * 1024 * 1024
"""Bytes of changes after which the file is written anew."""


class Area:
    """What one part of the tenant holds.

    Say `changed()` after a change and the whole area is kept, or `changed("items", key)` and only that entry of the
    dictionary `items` is. Attributes with a leading underscore and `tenant` are not kept.
    """

    def __init__(self, tenant: Any) -> None:
        self.tenant = tenant
        self._changes: dict[tuple[str, Any], None] = {}

    def changed(self, attribute: str = "", key: Any = None) -> None:
        """Note that the area, or one entry of one of its dictionaries, is to be kept."""
        self._changes[attribute, key] = None

    def take_changes(self) -> Iterator[tuple[str, Any, bool, Any]]:
        """Hand over what changed: attribute, key, whether it is still there, value."""
        changes, self._changes = self._changes, {}
        for attribute, key in changes:
            if not attribute:
                yield attribute, None, True, self.whole()
            else:
                entries = getattr(self, attribute)
                yield attribute, key, key in entries, entries.get(key)

    def whole(self) -> dict[str, Any]:
        """Return everything that is kept."""
        return {name: value for name, value in vars(self).items() if name != "tenant" and not name.startswith("_")}

    def restore(self, attribute: str, key: Any, there: bool, value: Any) -> None:
        """Take over a change from the state file."""
        if not attribute:
            vars(self).update(value)
        elif there:
            getattr(self, attribute)[key] = value
        else:
            getattr(self, attribute).pop(key, None)

    def restored(self) -> None:
        """Build what is not kept from what is; called once after the file was read."""


class Keeper:
    """Writes the changes of all areas to one file."""

    def __init__(self, path: Path, areas: dict[str, Area]) -> None:
        self._path, self._areas = path, areas
        self._file: BinaryIO = BytesIO()
        self._read()
        for area in areas.values():
            area.restored()
        self._anew()

    def save(self) -> None:
        """Append what changed since the last time."""
        written = 0
        for name, area in self._areas.items():
            if area._changes:
                for change in area.take_changes():
                    written += self._append((name, *change))
        if not written:
            return
        self._file.flush()
        self._grown += written
        if self._grown > max(ROOM, 3 * self._start):
            self._anew()

    def close(self) -> None:
        """Close the file."""
        self.save()
        self._file.close()

    def _append(self, record: tuple[Any, ...]) -> int:
        packed = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        self._file.write(HEAD.pack(len(packed)) + packed)
        return len(packed)

    def _read(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            while len(head := file.read(HEAD.size)) == HEAD.size:
                packed = file.read(HEAD.unpack(head)[0])
                if len(packed) < HEAD.unpack(head)[0]:
                    return  # Killed in the middle of a change that was never answered.
                name, *change = pickle.loads(packed)  # noqa: S301 - our own file
                self._areas[name].restore(*change)

    def _anew(self) -> None:
        new = self._path.with_name(self._path.name + ".new")
        self._file.close()
        self._file = new.open("wb")
        self._start = 0
        for name, area in self._areas.items():
            area.take_changes()
            area._changes = {}
            self._start += self._append((name, "", None, True, area.whole()))
        self._file.flush()
        os.fsync(self._file.fileno())
        new.replace(self._path)
        self._grown = 0
