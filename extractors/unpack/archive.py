"""Archives: a zip is opened after its list of contents has been checked; other archives go to a person."""

from __future__ import annotations

import io
import zipfile
import zlib
from itertools import pairwise

from extractors.unpack.dispatch import take
from extractors.unpack.headers import safe_name
from extractors.unpack.parcel import Parcel, Place
from postroom.errors import LimitExceeded, LockedDocument, UnreadableDocument

_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_SMALL = 5_000_000
"""Below this unpacked size, in bytes, no ratio is suspicious: text shrinks a lot."""
_AGAIN = "Ask the sender for the files themselves."


def open_archive(parcel: Parcel, name: str, content: bytes, place: Place) -> None:
    """Open a zip archive: each file in it is taken as if it had come by itself.

    Raises:
        UnreadableDocument: Another kind of archive, or a damaged one.
        LockedDocument: It needs a password.
        LimitExceeded: It is larger or deeper than the limits allow, or its entries overlap.
    """
    if not content.startswith(b"PK"):
        raise UnreadableDocument("This kind of archive is not opened.", hint="Ask the sender for a zip or PDF file.")
    if place.archive_depth >= parcel.limits.archive_depth:
        raise LimitExceeded("Archives stand too deep inside each other.", hint=_AGAIN)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
            _check(parcel, entries, len(content))
            for entry in entries:
                _take_entry(parcel, archive, entry, place.within(name, archive=True))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableDocument("The archive is damaged.", hint=_AGAIN) from error


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER) or name.rsplit("/", 1)[-1] in _LITTER


def _check(parcel: Parcel, entries: list[zipfile.ZipInfo], packed: int) -> None:
    limits = parcel.limits
    if len(entries) > limits.archive_entries:
        raise LimitExceeded(f"The archive holds more than {limits.archive_entries} files.", hint=_AGAIN)
    unpacked = sum(entry.file_size for entry in entries)
    if parcel.archive_bytes + unpacked > limits.archive_bytes:
        raise LimitExceeded(f"The archive unpacks to more than {limits.archive_bytes // 1_000_000} MB.", hint=_AGAIN)
    if unpacked > _SMALL and unpacked > limits.archive_ratio * packed:
        raise LimitExceeded("The archive unpacks to far more than an honest one does.", hint=_AGAIN)
    # The standard library reads entries that share their bytes: a few kilobytes then claim gigabytes.
    spans = sorted((entry.header_offset, entry.header_offset + entry.compress_size) for entry in entries)
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise LimitExceeded("The files in the archive overlap.", hint=_AGAIN)
    parcel.archive_bytes += unpacked


def _take_entry(parcel: Parcel, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Place) -> None:
    name = safe_name(entry.filename) or "unnamed file"
    try:
        if entry.flag_bits & 1:
            raise LockedDocument("It is protected by a password.", hint="Ask the sender for it without a password.")
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        parcel.problem(name, f"This file of an archive is damaged ({type(error).__name__}). {_AGAIN}")
    except LockedDocument as error:
        parcel.problem(name, error)
    else:
        take(parcel, name, content, place)
