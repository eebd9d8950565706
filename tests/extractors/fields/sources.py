"""Builds read messages for the tests: mails from text, and papers from words with places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from ruamel.yaml import YAML

from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.reading import read_message
from postroom.document import Document, Role
from postroom.message import Message, ReadMessage, Unpacked
from postroom.process import Process
from postroom.text import Box, Line, Page, Source, Text, Word
from postroom.workitem import Triage
from tests.extractors.fields.letters import Letter

PROCESSES = Path(__file__).parents[3] / "config" / "processes"
RECEIVED = datetime(2026, 2, 11, 9, tzinfo=UTC)


def process(name: str) -> Process:
    """Load one of the sample council's processes."""
    return Process.model_validate(YAML(typ="safe").load(PROCESSES / f"{name}.yaml"))


def sure(process_id: str) -> Triage:
    """Return a triage that is sure."""
    return Triage(process_id, 0.99)


def mail(letter: Letter) -> ReadMessage:
    """Send a letter as a mail and read it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        letter.sender,
        "post@northtown.gov.uk",
        letter.subject or "Letter",
    )
    sent = datetime.fromisoformat(f"{letter.sent}T10:00:00+00:00")
    message["Date"] = sent
    message.set_content("" if letter.attached else letter.text)
    if letter.attached:
        message.add_attachment(letter.text, filename="paper.txt")
    return read_message(Message("test", "1", "1.eml", message.as_bytes(), sent), Limits(), OcrSettings())


def paper(
    rows: Sequence[tuple[float, float, str]],
    content: bytes = b"paper",
    *,
    height: float = 0.014,
    media_type: str = "image/png",
) -> ReadMessage:
    """Lay words on a page as a reader of pictures returns them.

    Args:
        rows: Across and down (fractions of the page) where a piece of text begins, and the text.
        content: The bytes of the document.
        height: Of a line.
        media_type: Of the document.
    """
    document = Document("scan.png", media_type, content, Role.SCAN)
    lines = []
    for x, y, text in rows:
        words = []
        at = x
        for word in text.split():
            width = 0.008 * len(word)
            words.append(Word(word, Box(at, y, at + width, y + height), 0.97))
            at += width + 0.008
        lines.append(Line(tuple(words)))
    page = Page(1, tuple(lines), Source.TESSERACT, 1600, 2263)
    return ReadMessage(Unpacked(None, (document,)), (Text(document.id, (page,)),), (), RECEIVED)
