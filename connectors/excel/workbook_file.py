"""The workbook as a file that people open too: who has it open, one writer at a time, and saving all or nothing."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from connectors.locks import try_lock
from postroom.errors import ConnectorDown, TransientError

Stamp = tuple[int, int, int]
"""Modification time in nanoseconds, size and inode: what changes when somebody else saves."""

_REMADE = ("sharedStrings+xml", "calcChain+xml", "printerSettings", "customXmlProperties+xml", "chartstyle+xml",
           "chartcolorstyle+xml")  # fmt: skip
"""Parts that are written anew, or that only Office itself looks at."""


def stamp_of(path: Path) -> Stamp | None:
    """Return a file's stamp, None if there is no file."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def refuse_if_open(path: Path) -> None:
    """Raise TransientError if a person has the workbook open in Excel or LibreOffice."""
    for lock, reader in ((path.with_name(f"~${path.name}"), _excel_user), (_libre_lock(path), _libre_user)):
        if lock.exists():
            who = reader(lock) or "Somebody"
            raise TransientError(
                f"{who} has {path.name} open.",
                hint=f"It is tried again; close the workbook, or delete {lock.name} if nobody has it open.",
                retry_after=60,
            )


@contextmanager
def one_writer(path: Path, wait_seconds: float) -> Iterator[None]:
    """Let one worker at a time write to a workbook; the system lets go of a dead worker's lock by itself."""
    deadline = time.monotonic() + wait_seconds
    with path.with_name(f".{path.name}.lock").open("a+b") as lock:
        while not try_lock(lock):
            if time.monotonic() >= deadline:
                raise TransientError(f"Another worker is writing to {path.name}.", hint="It is tried again.")
            time.sleep(0.05)
        yield


def save_over(book: Any, path: Path, stamp: Stamp | None) -> bool:
    """Save a workbook in the place of the one it was read from, or not at all.

    Returns:
        Whether it was saved; False if the file has changed since it was read.

    Raises:
        TransientError: A person has the workbook open.
        ConnectorDown: Saving would drop something that people put into the workbook.
    """
    draft = path.with_name(f".{path.stem}.{os.getpid()}.tmp.xlsx")
    try:
        book.save(draft)
        if stamp is not None:
            _refuse_losses(path, draft)
            shutil.copymode(path, draft)
        _to_disk(draft)
        refuse_if_open(path)
        if stamp_of(path) != stamp:
            return False
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _folder_to_disk(path.parent)
    return True


def _refuse_losses(old: Path, new: Path) -> None:
    lost = _parts(old) - _parts(new)
    named = sorted({kind.rpartition(".")[2].removesuffix("+xml") for kind in lost if not kind.endswith(_REMADE)})
    if named:
        raise ConnectorDown(
            f"{old.name} holds what Postroom cannot keep when it saves: {', '.join(named)}.",
            hint="Keep the register in a workbook of its own, and refer to it from the other.",
        )


def _parts(path: Path) -> Counter[str]:
    """Count the parts of a workbook by content type, and its pictures by extension."""
    from openpyxl.packaging.manifest import Manifest
    from openpyxl.xml.functions import fromstring

    with zipfile.ZipFile(path) as package:
        manifest = Manifest.from_tree(fromstring(package.read("[Content_Types].xml")))
        pictures = [Path(name).suffix for name in package.namelist() if name.startswith("xl/media/")]
    return Counter([part.ContentType for part in manifest.Override] + pictures)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    # Windows has no folders to synchronise, and some network file systems refuse; the file itself is safe by then.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _excel_user(lock: Path) -> str:
    # One byte of length, then the user name: what Excel writes into its owner file.
    with suppress(OSError):
        content = lock.read_bytes()
        return content[1 : 1 + content[0]].decode("latin-1").strip() if content else ""
    return ""


def _libre_lock(path: Path) -> Path:
    return path.with_name(f".~lock.{path.name}#")


def _libre_user(lock: Path) -> str:
    # Comma-separated: full name, account, host, time, profile.
    with suppress(OSError, UnicodeDecodeError):
        names = lock.read_text(encoding="utf-8").split(",")
        return next((name.strip() for name in names[:2] if name.strip()), "")
    return ""
