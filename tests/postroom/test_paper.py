"""Pages of paper are counted by request: what was typed into a mail is none, and no page counts twice."""

from __future__ import annotations

from postroom.document import Document, Role
from postroom.paper import pages_of_paper
from postroom.text import Page, Text
from postroom.workitem import Triage

BODY = Document("body", "text/plain", b"Hello", Role.BODY)
FORM = Document("form.pdf", "application/pdf", b"form")
SCAN = Document("scan.tif", "image/tiff", b"scan", Role.SCAN)
LOGO = Document("logo.png", "image/png", b"logo", Role.INLINE)
LETTER = Document("letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"docx")
ALL = (BODY, FORM, SCAN, LOGO, LETTER)
TEXTS = tuple(Text(one.id, tuple(Page(number, ()) for number in range(1, 4))) for one in ALL)


def _pages(*documents: Document, lines: tuple[tuple[str, int, int, int], ...] = ()) -> int:
    return pages_of_paper(ALL, TEXTS, Triage("missed-bin", 1.0, (), tuple(one.id for one in documents), lines))


def test_papers_pictures_and_office_documents_count() -> None:
    assert (_pages(BODY), _pages(LOGO)) == (0, 0)
    assert (_pages(FORM), _pages(SCAN), _pages(LETTER)) == (3, 3, 3)
    assert _pages(BODY, FORM, SCAN) == 6
    assert _pages() == 9, "no document named means all of them"


def test_of_a_document_with_two_requests_each_has_its_own_pages() -> None:
    assert _pages(FORM, SCAN, lines=((FORM.id, 2, 0, 5), (FORM.id, 2, 7, 9), (FORM.id, 3, 0, 1))) == 5
