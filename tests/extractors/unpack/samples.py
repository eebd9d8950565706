"""Small pieces of post, made up and built byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage

from PIL import Image

from extractors.limits import Limits
from extractors.unpack import unpack
from postroom.document import Document, Role
from postroom.message import Message, Unpacked

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
LIMITS = Limits()
ARRIVED = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


def message(raw: bytes, name: str = "post.eml") -> Message:
    return Message("post", name, name, raw, ARRIVED)


def mail(body: str = "Please renew my permit.", subject: str = "Permit") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Bronwen Pugh <Bronwen@Pugh.example>"
    made["To"] = "desk@council.example"
    made["Subject"] = subject
    made["Date"] = "Tue, 02 Jun 2026 09:30:00 +0100"
    made.set_content(body)
    return made


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    """A picture with enough grain that it does not shrink to nothing."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, kind)
    return out.getvalue()


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_dot_", "."), content)
    return out.getvalue()


def tnef(body: bytes = b"", **files: bytes) -> bytes:
    """A winmail.dat with a plain body and attachments."""
    parts = [struct.pack("<IH", 0x223E9F78, 1)]

    def add(level: int, attribute: int, data: bytes) -> None:
        parts.append(struct.pack("<BII", level, attribute, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF))

    if body:
        add(1, 0x0002800C, body + b"\0")
    for name, content in files.items():
        add(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
        add(2, 0x00018010, name.replace("_dot_", ".").encode() + b"\0")
        add(2, 0x0006800F, content)
    return b"".join(parts)


def ole(**streams: bytes) -> bytes:
    """An OLE storage, as old office programs and Outlook write it."""
    from extract_msg import OleWriter

    writer = OleWriter()
    for name, content in streams.items():
        writer.addEntry(name, content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def outlook(subject: str, body: str, headers: str = "") -> bytes:
    """An Outlook message with a subject, a plain body and the headers it came with."""
    texts = {"001A": "IPM.Note", "0037": subject, "1000": body, "007D": headers}
    entries = b"".join(
        struct.pack("<HHIII", 0x001F, int(tag, 16), 6, len(text) * 2 + 2, 0) for tag, text in texts.items() if text
    )
    streams = {f"__substg1.0_{tag}001F": text.encode("utf-16-le") for tag, text in texts.items() if text}
    streams["__properties_version1.0"] = b"\0" * 32 + entries
    return ole(**streams)


def opened(made: EmailMessage | bytes, limits: Limits = LIMITS) -> Unpacked:
    return unpack(message(made if isinstance(made, bytes) else made.as_bytes()), limits)


def of_role(unpacked: Unpacked, role: Role) -> list[Document]:
    return [document for document in unpacked.documents if document.role is role]


def body(unpacked: Unpacked) -> str:
    return of_role(unpacked, Role.BODY)[0].content.decode()
