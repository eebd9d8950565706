"""A second look reads with the strong engine what the cheap one has read, and nothing else."""

from extractors.ocr.settings import OcrSettings
from extractors.readers.picture import PictureReader
from extractors.second_look import look_again
from postroom.document import Document
from postroom.message import ReadMessage, Unpacked
from postroom.text import Section, Source, Text, plain_page
from tests.extractors.ocr.paper import document, letter


def message(scan: Document) -> ReadMessage:
    body = Document("body.txt", "text/plain", b"See the scan.")
    texts = (
        Text(body.id, (plain_page([("See the scan.", Section.NEW)]),)),
        PictureReader(OcrSettings(rapidocr=False)).read(scan),
    )
    return ReadMessage(Unpacked(None, (body, scan)), texts)


def test_only_the_scan_is_read_again() -> None:
    first = message(document(letter(("Council Tax 40718265",), (700, 300), 48)))
    second = look_again(first, OcrSettings())
    assert second.texts[0] is first.texts[0]
    assert first.texts[1].pages[0].source is Source.TESSERACT
    assert second.texts[1].pages[0].source is Source.RAPIDOCR
    assert "40718265" in second.texts[1].text


def test_without_a_strong_engine_the_message_comes_back_as_it_was() -> None:
    first = message(document(letter(("Council Tax 40718265",), (700, 300), 48)))
    assert look_again(first, OcrSettings(rapidocr=False)) is first
