"""Messages made by hand for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from postroom.document import Document, Role
from postroom.message import Envelope, ReadMessage, Unpacked
from postroom.text import Section, Text, plain_page

SENT = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)


def letter(
    body: str,
    subject: str = "",
    *,
    sender: str = "someone@post.example",
    sender_name: str = "",
    headers: Sequence[tuple[str, str]] = (),
    quoted: str = "",
    forwarded: str = "",
    files: Sequence[tuple[str, str]] = (),
) -> ReadMessage:
    """Return a read mail; `files` are pairs of name and text, pages parted by a form feed."""
    lines = [
        *((line, Section.NEW) for line in body.splitlines()),
        *((line, Section.FORWARDED) for line in forwarded.splitlines()),
        *((line, Section.QUOTED) for line in quoted.splitlines()),
    ]
    document = Document("body.txt", "text/plain", f"{subject}{body}{quoted}".encode(), Role.BODY)
    envelope = Envelope(sender_name, sender, (), subject, SENT, "<1@post.example>", tuple(headers))
    attached = [_file(name, text, Role.ATTACHMENT) for name, text in files]
    documents = (document, *(each for each, _ in attached))
    texts = (Text(document.id, (plain_page(lines),)), *(text for _, text in attached))
    return ReadMessage(Unpacked(envelope, documents), texts, (), SENT)


def scan(text: str, name: str = "scan.pdf") -> ReadMessage:
    """Return a read scan without a mail around it."""
    document, read = _file(name, text, Role.SCAN)
    return ReadMessage(Unpacked(None, (document,)), (read,), (), SENT)


def _file(name: str, text: str, role: Role) -> tuple[Document, Text]:
    document = Document(name, "application/pdf", f"{name}{text}".encode(), role)
    pages = [
        plain_page([(line, Section.NEW) for line in page.splitlines()], n) for n, page in enumerate(text.split("\f"), 1)
    ]
    return document, Text(document.id, tuple(pages))
