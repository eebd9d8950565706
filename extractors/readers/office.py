"""Office files: Word documents and Excel workbooks; their older formats go to a person."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from extractors import sniff
from extractors.readers.grid import set_in_columns
from postroom.document import Document
from postroom.errors import LimitExceeded, LockedDocument, UnreadableDocument
from postroom.text import Page, Section, Text, plain_page

_ODT = "application/vnd.oasis.opendocument.text"
_OLD = frozenset({sniff.DOC, sniff.XLS, sniff.PPT, "application/x-ole-storage"})
_AS_PDF = "Ask the sender for it as a PDF file, or save it as PDF and add it."
_LARGEST = 200_000_000
_SMALL = 5_000_000
_HIGHEST_RATIO = 200
_MOST_ROWS = 5_000
_MOST_CELLS = 200


class OfficeReader:
    """Reads files of office programs."""

    def accepts(self, document: Document) -> bool:
        """Tell whether a document is of an office program, of whatever age."""
        return document.media_type in _READ or document.media_type in _OLD or document.media_type == sniff.LOCKED_OFFICE

    def read(self, document: Document) -> Text:
        """Return paragraphs and tables of a document, rows of a workbook, or texts of slides.

        Raises:
            LockedDocument: It needs a password.
            UnreadableDocument: It is of an older format, or damaged.
            LimitExceeded: It unpacks to more than an honest one does.
        """
        if document.media_type == sniff.LOCKED_OFFICE:
            raise LockedDocument(hint="Ask the sender for it without a password.")
        if document.media_type in _OLD:
            raise UnreadableDocument("This file is damaged, or in an old office format that is not read.", hint=_AS_PDF)
        try:
            _check_size(document.content)
            return Text(document.id, tuple(_READ[document.media_type](document.content)))
        except UnreadableDocument:
            raise
        except Exception as error:
            # The wall around foreign parsers, which fail on damaged files in ways of their own.
            raise UnreadableDocument("This office document is damaged.", hint=_AS_PDF) from error


def _check_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _LARGEST or (unpacked > _SMALL and unpacked > _HIGHEST_RATIO * len(content)):
        raise LimitExceeded("This office document unpacks to far more than an honest one does.", hint=_AS_PDF)


def _page(lines: list[str], number: int = 1) -> Page:
    return plain_page([(part, Section.NEW) for line in lines for part in line.split("\n")], number)


def _word(content: bytes) -> Iterator[Page]:
    import docx

    document = docx.Document(io.BytesIO(content))
    section = document.sections[0] if len(document.sections) else None
    lines = list(_word_lines(section.header)) if section is not None else []
    lines += _word_lines(document)
    lines += _word_lines(section.footer) if section is not None else ()
    yield _page(lines)


def _word_lines(holder: Any) -> Iterator[str]:
    for block in holder.iter_inner_content():
        if not hasattr(block, "rows"):
            yield _with_boxes(block)
            continue
        grid = [_cells(row) for row in block.rows]
        if all(len(row) <= 2 for row in grid):
            yield from (" ".join(cell for cell in row if cell) for row in grid)
        else:
            yield from set_in_columns(grid)


def _cells(row: Any) -> list[str]:
    cells = []
    last = None
    for cell in row.cells:
        # A merged cell is met once for each column it spans.
        if cell._tc is not last:
            cells.append(" ".join(_with_boxes(paragraph) for paragraph in cell.paragraphs).strip())
        last = cell._tc
    return cells


def _with_boxes(paragraph: Any) -> str:
    """Return a paragraph with its tick boxes and content controls, which the library leaves out of its text."""
    words = []
    for element in paragraph._p.iter():
        name = element.tag.rpartition("}")[2]
        if name == "t":
            words.append(element.text or "")
        elif name in ("tab", "br", "cr"):
            words.append("\t" if name == "tab" else "\n")
        elif name == "checkBox":
            ticked = [child for child in element if child.tag.endswith(("}checked", "}default"))]
            is_on = any((next(iter(child.attrib.values()), "1")) not in ("0", "false") for child in ticked)
            words.append("☒ " if is_on else "☐ ")
    return "".join(words).expandtabs(4)


def _workbook(content: bytes) -> Iterator[Page]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for number, sheet in enumerate(book.worksheets, 1):
            rows = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_CELLS, values_only=True)
            grid = [[_shown(value) for value in row] for row in rows]
            yield _page(set_in_columns([_trimmed(row) for row in grid]), number)
    finally:
        book.close()


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, datetime.date):
        return value.strftime("%d/%m/%Y %H:%M" if isinstance(value, datetime.datetime) else "%d/%m/%Y")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    return " ".join(str(value).split())


def _slides(content: bytes) -> Iterator[Page]:
    return _xml_texts(content, "ppt/slides/slide", "p")


def _open_document(content: bytes) -> Iterator[Page]:
    return _xml_texts(content, "content.xml", "p")


def _xml_texts(content: bytes, start: str, paragraph: str) -> Iterator[Page]:
    from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.startswith(start) and name.endswith(".xml")]
        for number, name in enumerate(sorted(names, key=lambda name: (len(name), name)), 1):
            root = fromstring(archive.read(name))
            blocks = [element for element in root.iter() if element.tag.endswith("}" + paragraph)]
            yield _page(["".join(block.itertext()) for block in blocks], number)


_READ: dict[str, Callable[[bytes], Iterator[Page]]] = {
    sniff.DOCX: _word,
    sniff.XLSX: _workbook,
    sniff.PPTX: _slides,
    _ODT: _open_document,
}
