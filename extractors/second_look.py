"""A second, stronger reading of scans, for when a field that is needed was not found in the first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroom.message import ReadMessage
from postroom.text import Source, Text

if TYPE_CHECKING:
    from extractors.ocr.settings import OcrSettings


def look_again(read: ReadMessage, settings: OcrSettings) -> ReadMessage:
    """Return the message with every page that the cheap engine read now read by the strong one.

    It costs about five seconds a page, and nothing where there is no such page or no strong engine: then the message
    comes back as it was given. A document that the strong engine has no time to read through keeps its first text.
    """
    if not settings.rapidocr or not any(map(_cheaply_read, read.texts)):
        return read
    from extractors.readers.pdf import PdfReader
    from extractors.readers.picture import PictureReader

    readers = (PdfReader(settings), PictureReader(settings))
    again: dict[str, Text] = {}
    for document in read.unpacked.documents:
        text = read.text_of(document)
        reader = next((reader for reader in readers if reader.accepts(document)), None)
        if text and reader and _cheaply_read(text):
            second = reader.read(document, strong=True)
            # The strong engine may run out of time where the cheap one did not.
            again[document.id] = second if len(second.unread) <= len(text.unread) else text
    return replace(read, texts=tuple(again.get(text.document_id, text) for text in read.texts))


def _cheaply_read(text: Text) -> bool:
    return any(page.source is Source.TESSERACT for page in text.pages)
