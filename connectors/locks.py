"""Turns among the workers of one machine: the system lets go of a dead worker's lock by itself."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from postroom.errors import ConnectorDown, TransientError

_PAUSE_SECONDS = 0.05


def lock_folder() -> Path:
    """Return the folder of this account's locks on this machine, for nobody else to read or write.

    Raises:
        ConnectorDown: Somebody else made a folder of that name.
    """
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    folder = Path(tempfile.gettempdir()) / f"postroom-locks-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise ConnectorDown(f"{folder} belongs to somebody else.", hint="Remove it, or set TMPDIR to another folder.")
    return folder


def lock_file(name: str) -> Path:
    """Return the file of a lock by its name, which may hold anything."""
    return lock_folder() / hashlib.sha256(name.encode()).hexdigest()[:32]


@contextmanager
def one_holder(name: str, wait_seconds: float) -> Iterator[None]:
    """Let one worker of this machine at a time hold a name.

    Raises:
        TransientError: Another worker holds it still.
    """
    deadline = time.monotonic() + wait_seconds
    with lock_file(name).open("a+b") as file:
        while not try_lock(file):
            if time.monotonic() >= deadline:
                raise TransientError("Another worker has its turn.", hint="It is tried again.")
            time.sleep(_PAUSE_SECONDS)
        yield


if sys.platform == "win32":
    import msvcrt

    def try_lock(file: IO[bytes]) -> bool:
        """Take a file's lock if it is free; closing the file gives it back."""
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(file: IO[bytes]) -> bool:
        """Take a file's lock if it is free; closing the file gives it back."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
