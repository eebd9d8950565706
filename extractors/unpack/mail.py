"""Mail: an RFC 5322 message becomes an envelope, a body and attachments, however broken its structure is."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, field
from email.message import Message as Part
from email.policy import compat32

from extractors import sniff
from extractors.limits import Limits
from extractors.unpack.body import Segment, best_body
from extractors.unpack.charsets import decode_text
from extractors.unpack.dispatch import take
from extractors.unpack.headers import file_name, read_envelope
from extractors.unpack.inline import Picture, belongs_to_layout
from extractors.unpack.parcel import Parcel, Place
from extractors.unpack.transfer import content_of, enclosed_bytes, uuencoded
from postroom.document import Document, Role
from postroom.errors import LimitExceeded
from postroom.message import Envelope

_STRUCTURE = re.compile(rb"^(content-(?:type|disposition)[ \t]*:)([^\n]*(?:\n[ \t][^\n]*)*)", re.I | re.M)
_SEPARATOR = re.compile(rb"\r?\n\r?\n|\r\r")
_MBOX = re.compile(rb"\A(?:\xef\xbb\xbf)?[\r\n \t]*(?:>?From [^\r\n]*\r?\n)?")
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_BODY_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text"})


@dataclass(slots=True)
class _Sheet:
    """One mail being taken apart."""

    parcel: Parcel
    place: Place
    segments: list[Segment] = field(default_factory=list)
    files: list[tuple[str, bytes, Part]] = field(default_factory=list)


def open_enclosed_mail(parcel: Parcel, name: str, content: bytes, place: Place) -> None:
    """Open a mail that stands inside another file."""
    at = len(parcel.enclosed)
    envelope = open_mail(parcel, content, Place(Role.ENCLOSED_BODY, (*place.inside, name), place.depth + 1))
    parcel.enclosed.insert(at, envelope)


def open_mail(parcel: Parcel, content: bytes, place: Place) -> Envelope:
    """Open a mail: its body and files go into the parcel, its envelope is returned.

    Args:
        parcel: What has been found so far.
        content: The whole mail.
        place: Where it stands; its role is the body's.

    Raises:
        LimitExceeded: Too many parts, or too deep.
    """
    parcel.check_depth(place)
    limits = parcel.limits
    whole = email.message_from_bytes(_within_limits(parcel, content, place), policy=compat32)
    envelope = read_envelope(whole, limits.header_bytes)
    sheet = _Sheet(parcel, place)
    start = len(parcel.documents)
    try:
        _walk(sheet, whole, sheet.segments, 0)
    finally:
        _settle(sheet, start)
    return envelope


def html_version(content: bytes, limits: Limits) -> str:
    """Return the HTML that the sender gave of a mail, without that of mails inside it; empty where there is none.

    Raises:
        LimitExceeded: Too many parts, or too deep.
    """
    sheet = _Sheet(Parcel(limits), Place(Role.BODY))
    whole = email.message_from_bytes(_within_limits(sheet.parcel, content, sheet.place), policy=compat32)
    _walk(sheet, whole, sheet.segments, 0)
    return "\n".join(segment.html for segment in sheet.segments if segment.html.strip())


def _settle(sheet: _Sheet, start: int) -> None:
    parcel, place = sheet.parcel, sheet.place
    pages = "".join(segment.html for segment in sheet.segments)
    bodies = len(parcel.documents)
    for name, content, part in sheet.files:
        _take_file(sheet, name, content, part, pages)
    body = best_body(sheet.segments)
    if body is None and any(document.role is place.role for document in parcel.documents[bodies:]):
        return
    if body is not None:
        parcel.documents.insert(start, Document(*body, place.role, place.inside))


def _take_file(sheet: _Sheet, name: str, content: bytes, part: Part, pages: str) -> None:
    inside = Place(Role.ATTACHMENT, sheet.place.inside, sheet.place.depth + 1)
    picture = Picture(
        name=name,
        content=content,
        content_id=str(part.get("content-id", ""))[:500].strip(" <>\r\n\t"),
        attached=str(part.get("content-disposition", ""))[:20].strip().lower().startswith("attachment"),
    )
    media_type = sniff.sniff(content, name)
    if media_type == sniff.TNEF:
        from extractors.unpack.tnef import open_winmail

        try:
            sheet.segments += open_winmail(sheet.parcel, name, content, inside, bool(sheet.segments))
        except Exception as error:
            # The wall around the parser: the rest of the mail is still read.
            reason = f"This Outlook wrapper is damaged ({type(error).__name__}). Ask the sender for the files again."
            sheet.parcel.problem(name or "winmail.dat", reason)
            sheet.parcel.add(Document(name or "winmail.dat", media_type, content, inside.role, inside.inside))
    elif part.get_content_type() in _SIGNATURES:
        sheet.parcel.add(Document(name or "signature", media_type, content, Role.INLINE, inside.inside))
    elif media_type.startswith("image/") and belongs_to_layout(picture, pages):
        take(sheet.parcel, name, content, Place(Role.INLINE, inside.inside, inside.depth))
    else:
        take(sheet.parcel, name, content, inside)


def _within_limits(parcel: Parcel, content: bytes, place: Place) -> bytes:
    limits = parcel.limits
    content = content[_MBOX.match(content).end() :]  # type: ignore[union-attr]
    found = _SEPARATOR.search(content)
    if (found.start() if found else len(content)) > limits.header_block_bytes:
        name = place.inside[-1] if place.inside else "mail headers"
        parcel.problem(name, "The headers of this mail are unusually large. Check by hand who sent it, and when.")
    if content.lower().count(b"boundary=") > limits.parts:
        raise LimitExceeded(
            f"The message is made of more than {limits.parts} parts.", hint="Open it in your mail program."
        )
    return _STRUCTURE.sub(lambda header: _capped(header, limits), content)


def _capped(header: re.Match[bytes], limits: Limits) -> bytes:
    # The parser takes quadratic time over a Content-Type of megabytes.
    return header.group(0) if len(header.group(0)) <= limits.header_bytes else header.group(1) + b" text/plain"


def _walk(sheet: _Sheet, part: Part, segments: list[Segment], depth: int) -> None:
    sheet.parcel.count_part()
    sheet.parcel.check_depth(Place(sheet.place.role, sheet.place.inside, sheet.place.depth + depth))
    kind = part.get_content_type()
    children = [child for child in part.get_payload() if isinstance(child, Part)] if part.is_multipart() else None
    if kind in ("message/rfc822", "message/global") and children is not None:
        sheet.files.append((file_name(part) or "forwarded mail.eml", enclosed_bytes(part), part))
    elif kind == "message/delivery-status" and children is not None:
        sheet.files.append((file_name(part) or "delivery status.txt", _status_text(children), part))
    elif children is not None:
        _walk_multipart(sheet, kind, children, segments, depth)
    else:
        _leaf(sheet, part, kind, segments)


def _walk_multipart(sheet: _Sheet, kind: str, children: list[Part], segments: list[Segment], depth: int) -> None:
    if kind == "multipart/encrypted":
        sheet.parcel.problem("mail", "This mail is encrypted. Ask the sender to send it without encryption.")
    if kind != "multipart/alternative":
        for child in children:
            _walk(sheet, child, segments, depth + 1)
        return
    choices: list[Segment] = []
    for child in children:
        _walk(sheet, child, choices, depth + 1)
    plain = "\n".join(choice.plain for choice in choices if choice.plain)
    html = "\n".join(choice.html for choice in choices if choice.html)
    segments.append(Segment(plain, html))


def _leaf(sheet: _Sheet, part: Part, kind: str, segments: list[Segment]) -> None:
    content, name = content_of(part), file_name(part)
    disposition = str(part.get("content-disposition", ""))[:20].strip().lower()
    is_body = kind in _BODY_TYPES and not name and not disposition.startswith("attachment")
    if not is_body or _is_file(content):
        if content.strip():
            sheet.files.append((name, content, part))
        elif name:
            sheet.parcel.problem(name, "This attachment is empty. Ask the sender for it again.")
        return
    text = decode_text(content, _charset(part))
    if kind == "text/html" or text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        segments.append(Segment("", text))
        return
    text, files = uuencoded(text)
    segments.append(Segment(_unflowed(part, text), ""))
    sheet.files += [(name, content, Part()) for name, content in files]


def _is_file(content: bytes) -> bool:
    media_type = sniff.sniff(content)
    return not media_type.startswith("text/") and media_type not in (sniff.MAIL, sniff.UNKNOWN, "application/xml")


def _charset(part: Part) -> str:
    try:
        return str(part.get_param("charset", "") or "")[:60]
    except (ValueError, TypeError, IndexError):
        return ""


def _unflowed(part: Part, text: str) -> str:
    """Join the lines that `format=flowed` broke, so that a sentence is a line again."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    joint = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    lines: list[str] = []
    open_line = False
    for line in text.split("\n"):
        if open_line and line and not line.startswith((">", "-- ")):
            lines[-1] = lines[-1].rstrip(" ") + joint + line.removeprefix(" ")
        else:
            lines.append(line.removeprefix(" "))
        open_line = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(lines)


def _status_text(blocks: list[Part]) -> bytes:
    lines = ["\n".join(f"{name}: {value}" for name, value in block.items()) for block in blocks]
    return "\n\n".join(lines).encode("utf-8", "replace")
