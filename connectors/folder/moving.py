"""Moving files so that none is ever overwritten or lost, whoever else moves at the same time."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path, PurePath

from connectors.folder.names import KEY_DIGITS, marked
from postroom.document import sha256


def new_folder(parent: Path, name: str) -> Path:
    """Make a folder that nobody has, with a number after its name if need be."""
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def reserve(place: Path, relative: PurePath, digest: str) -> Path:
    """Take a free name in or below a place, near the wanted one, so that two workers never move onto the same.

    The name is taken with an empty file, which the move replaces; a crash between the two leaves that behind.
    """
    goal = place / relative
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        # An earlier file has the name of this one's folder.
        goal = place / relative.name
    number = 0
    while True:
        mark = "" if number == 0 else f"~{digest[:8]}" if number == 1 else f"~{digest[:8]}-{number}"
        free = goal.with_name(marked(goal.name, mark))
        try:
            free.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return free


def move(source: Path, goal: Path) -> bool:
    """Move a file, and say whether it was there to be moved."""
    try:
        source.replace(goal)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _carry(source, goal)
    return True


def tidy(folder: Path, top: Path) -> None:
    """Take away folders below `top` that have become empty."""
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _carry(source: Path, goal: Path) -> None:
    """Move between file systems: the first name goes only after the copy is safe on disk."""
    part = goal.with_name(f".{sha256(os.fsencode(goal.name))[:KEY_DIGITS]}.part")
    shutil.copy2(source, part)
    with part.open("rb+") as copy:
        os.fsync(copy.fileno())
    part.replace(goal)
    source.unlink()
