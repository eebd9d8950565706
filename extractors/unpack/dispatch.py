"""Dispatch: each file of a message is opened if it holds others, and kept as a document if not."""

from __future__ import annotations

from collections.abc import Callable

from extractors import sniff
from extractors.unpack.headers import safe_name
from extractors.unpack.parcel import Parcel, Place
from postroom.document import Document
from postroom.errors import BusinessError

Opener = Callable[[Parcel, str, bytes, Place], None]

_OTHER_ARCHIVES = frozenset(
    {
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
        "application/vnd.ms-cab-compressed",
    }
)


def take(parcel: Parcel, name: str, content: bytes, place: Place) -> None:
    """Open a file that holds others, or keep it as a document; what fails becomes a problem and is kept as it is.

    Args:
        parcel: What has been found so far.
        name: As the sender gave it; may be empty.
        content: The bytes of the file.
        place: Where it stands.
    """
    media_type = sniff.sniff(content, name)
    shown = safe_name(name) or _nameless(media_type)
    opener = _opener(media_type)
    if opener is None:
        parcel.add(Document(shown, media_type, content, place.role, place.inside))
        return
    before = len(parcel.documents)
    try:
        parcel.check_depth(place)
        opener(parcel, shown, content, place)
    except BusinessError as error:
        parcel.problem(shown, error)
    except Exception as error:
        # The wall around foreign parsers: a broken file costs its own contents and nothing else.
        parcel.problem(
            shown,
            f"This file is damaged and could not be opened ({type(error).__name__}). Ask the sender for it again.",
        )
    else:
        return
    if len(parcel.documents) == before:
        parcel.add(Document(shown, media_type, content, place.role, place.inside))


def _opener(media_type: str) -> Opener | None:
    if media_type == sniff.MAIL:
        from extractors.unpack.mail import open_enclosed_mail

        return open_enclosed_mail
    if media_type == sniff.OUTLOOK:
        from extractors.unpack.outlook import open_enclosed_outlook

        return open_enclosed_outlook
    if media_type == sniff.TNEF:
        from extractors.unpack.tnef import open_enclosed_tnef

        return open_enclosed_tnef
    if media_type == sniff.SIGNED:
        from extractors.unpack.signed import open_signed

        return open_signed
    if media_type == sniff.ZIP or media_type in _OTHER_ARCHIVES:
        from extractors.unpack.archive import open_archive

        return open_archive
    return None


def _nameless(media_type: str) -> str:
    if media_type == sniff.MAIL:
        return "enclosed mail"
    if media_type.startswith("image/"):
        return "picture." + media_type.removeprefix("image/").split("+")[0].replace("jpeg", "jpg")
    return {sniff.PDF: "document.pdf", sniff.PLAIN: "text.txt", sniff.HTML: "page.html"}.get(media_type, "unnamed file")
