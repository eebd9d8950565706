from __future__ import annotations

from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.reading import read_documents, read_message
from extractors.unpack import unpack
from postroom.document import Document, Role
from postroom.text import Section, Text
from tests.extractors.unpack.samples import ARRIVED, PDF, archive, mail, message, ole, picture


class _Broken:
    def accepts(self, document: Document) -> bool:
        return document.media_type == "application/pdf"

    def read(self, document: Document) -> Text:
        raise KeyError(document.name)


def test_body_and_attachments_become_texts_and_logos_do_not() -> None:
    made = mail()
    made.add_attachment(archive(note_dot_txt=b"A note."), "application", "zip", filename="a.zip")
    made.add_attachment(picture(20, 20), "image", "png", filename="logo.png")
    read = read_message(message(made.as_bytes()), Limits(), OcrSettings())
    assert [text.text.strip() for text in read.texts] == ["Please renew my permit.", "A note."]
    assert [document.role for document in read.unpacked.documents] == [Role.BODY, Role.ATTACHMENT, Role.INLINE]
    assert read.received_at == ARRIVED
    assert not read.problems


def test_envelopes_of_mails_passed_on_in_the_body_are_kept() -> None:
    made = mail(
        "See below\n\nFrom: Gwen <g@r.example>\nSent: 01 June 2026 09:00\nTo: Us\nSubject: Bin\n\nMissed.", "FW: Bin"
    )
    read = read_message(message(made.as_bytes()), Limits(), OcrSettings())
    assert [envelope.sender_address for envelope in read.unpacked.enclosed] == ["g@r.example"]
    assert read.texts[0].part(Section.FORWARDED) == "Missed."


def test_what_cannot_be_read_is_a_problem_with_a_remedy_and_the_rest_is_read() -> None:
    made = mail()
    made.add_attachment(ole(WordDocument=b"x" * 5000), "application", "msword", filename="old.doc")
    made.add_attachment(b"\x01\x02\0\xff" * 99, "application", "octet-stream", filename="odd.bin")
    read = read_message(message(made.as_bytes()), Limits(), OcrSettings())
    assert [problem.document for problem in read.problems] == ["old.doc", "odd.bin"]
    assert all("PDF" in problem.reason for problem in read.problems)
    assert len(read.texts) == 1


def test_a_reader_that_breaks_costs_its_own_document_only() -> None:
    made = mail()
    made.add_attachment(PDF, "application", "pdf", filename="private name.pdf")
    texts, problems = read_documents(unpack(message(made.as_bytes()), Limits()), (_Broken(),))
    assert len(texts) == 1
    assert "KeyError" in problems[0].reason
    assert "private" not in problems[0].reason


def test_one_file_twice_is_read_once() -> None:
    made = mail()
    for name in ("a.txt", "b.txt"):
        made.add_attachment(b"The same note.", "application", "octet-stream", filename=name)
    read = read_message(message(made.as_bytes()), Limits(), OcrSettings())
    assert len(read.unpacked.documents) == 3
    assert len(read.texts) == 2
    assert all(read.text_of(document) for document in read.unpacked.documents)
