"""File names as keys and as people see them: any byte a file system allows must go through."""

from __future__ import annotations

import os
import unicodedata
from pathlib import PurePath
from urllib.parse import quote, unquote_to_bytes

from postroom.errors import ConnectorDown

KEY_DIGITS = 16
"""How much of the SHA-256 stands in a source key and names a claim."""


def source_key(relative: PurePath, digest: str) -> str:
    """Return the key of a file, in plain ASCII; it stays the same when the file is claimed."""
    return f"{quote(os.fsencode(relative.as_posix()))}#{digest[:KEY_DIGITS]}"


def relative_path(key: str) -> PurePath:
    """Return the place in the folder that a source key names.

    Raises:
        ConnectorDown: The place is outside the folder.
    """
    relative = PurePath(os.fsdecode(unquote_to_bytes(key.rpartition("#")[0])))
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ConnectorDown(
            "A source key names no place inside the folder.", hint="Restore the ledger: it was altered."
        )
    return relative


def shown(name: str) -> str:
    """Return a file name without what would disturb a screen: control and direction marks, bytes that are no text."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign)[0] == "C" else sign for sign in name)


def marked(name: str, mark: str) -> str:
    """Return a file name with a mark before its suffix, cut to what a file system allows (255 bytes)."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a Path would refuse the odd names that post has.
    room = 255 - len(os.fsencode(mark + suffix))
    return os.fsdecode(os.fsencode(stem)[:room]) + mark + suffix
