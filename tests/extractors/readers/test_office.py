from __future__ import annotations

import io
from datetime import date

import docx
import openpyxl
import pytest

from extractors import sniff
from extractors.readers.office import OfficeReader
from postroom.document import Document
from postroom.errors import LimitExceeded, LockedDocument, UnreadableDocument
from tests.extractors.unpack.samples import archive, ole


def document(content: bytes) -> Document:
    return Document("file", sniff.sniff(content), content)


def word_file() -> bytes:
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "Hill Homes Ltd"
    made.add_paragraph("Notice of moving")
    table = made.add_table(2, 2)
    for at, text in enumerate(("New address", "4 High Street", "Date", "5 May 2026")):
        table.cell(at // 2, at % 2).text = text
    made.add_paragraph("Yours\nAnn")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Item", "Net", "Date"])
    sheet.append(["Salt", 1450.5, date(2026, 5, 7)])
    book.create_sheet("Two").append(["Second sheet"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_word_gives_header_paragraphs_and_tables_in_order() -> None:
    content = word_file()
    reader = OfficeReader()
    assert reader.accepts(document(content))
    shown = reader.read(document(content)).pages[0].text.split("\n")
    assert shown == [
        "Hill Homes Ltd",
        "Notice of moving",
        "New address 4 High Street",
        "Date 5 May 2026",
        "Yours",
        "Ann",
    ]


def test_a_workbook_gives_a_line_for_each_row_and_a_page_for_each_sheet() -> None:
    pages = OfficeReader().read(document(workbook())).pages
    assert [page.text for page in pages] == ["Item Net Date\nSalt 1450.5 07/05/2026", "Second sheet"]
    head, row = pages[0].lines
    assert head.words[1].box.x0 == row.words[1].box.x0


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (ole(WordDocument=b"x" * 5000), UnreadableDocument, "PDF"),
        (ole(Workbook=b"x" * 5000), UnreadableDocument, "PDF"),
        (ole(EncryptedPackage=b"x" * 5000), LockedDocument, "password"),
        (archive(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<broken"}), UnreadableDocument, "damaged"),
        (archive(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b" " * 9_000_000}), LimitExceeded, "honest"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, error: type[Exception], words: str) -> None:
    reader = OfficeReader()
    assert reader.accepts(document(content))
    with pytest.raises(error, match=words):
        reader.read(document(content))
