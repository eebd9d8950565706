from __future__ import annotations

import io
import zipfile

import pytest

from extractors import sniff
from tests.extractors.unpack.samples import PDF, archive, mail, ole, outlook, picture, tnef


def _opendocument() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        made.writestr("content.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "photo.jpg", sniff.PDF),
        (b"\r\n\x00junk before" + PDF, "x.txt", sniff.PDF),
        (picture(5, 5), "x.pdf", "image/png"),
        (picture(5, 5, "JPEG"), "", "image/jpeg"),
        (picture(5, 5, "TIFF"), "", "image/tiff"),
        (picture(5, 5, "WEBP"), "", "image/webp"),
        (picture(5, 5, "BMP"), "", "image/bmp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "x.mp4", "image/heic"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "x.heic", "video/mp4"),
        (archive(**{"[Content_Types].xml": b"", "word/document.xml": b""}), "x.zip", sniff.DOCX),
        (archive(**{"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "", sniff.XLSX),
        (archive(**{"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), "", sniff.PPTX),
        (archive(a_dot_txt=b"x"), "x.docx", sniff.ZIP),
        (_opendocument(), "", "application/vnd.oasis.opendocument.text"),
        (tnef(b"x"), "winmail.dat", sniff.TNEF),
        (outlook("x", "y"), "x.doc", sniff.OUTLOOK),
        (ole(WordDocument=b"x" * 5000), "x.msg", sniff.DOC),
        (ole(Workbook=b"x" * 5000), "", sniff.XLS),
        (ole(EncryptedPackage=b"x" * 5000), "x.docx", sniff.LOCKED_OFFICE),
        (ole(Other=b"x"), "", "application/x-ole-storage"),
        (mail().as_bytes(), "x.pdf", sniff.MAIL),
        (b"From someone Tue Jun 2 2026\nFrom: a@b.example\nSubject: x\n\nhi", "", sniff.MAIL),
        (b"Dear team,\nSubject: bins\n\nThey were missed.", "", sniff.PLAIN),
        (b"From: Ann\nTo: The council\n\nMy letter as a text file.", "letter.txt", sniff.PLAIN),
        (b"X-Odd: 1\n\nhello", "x.eml", sniff.MAIL),
        (b"<!-- c --><!DOCTYPE html><p>x", "x.txt", sniff.HTML),
        (b"{\\rtf1 x}", "x.doc", sniff.RTF),
        (b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", "", sniff.CSV),
        (b"One, two, three\nand so on", "x.csv", sniff.CSV),
        (b"I came, saw,\nand went away, as one does, at last\nbye", "", sniff.PLAIN),
        (b"BEGIN:VCARD\nFN:x", "", sniff.CARD),
        (b"BEGIN:VCALENDAR\n", "", sniff.CALENDAR),
        (b"\x01\x02\x00\xff" * 50, "x.txt", sniff.UNKNOWN),
        (b"", "", sniff.PLAIN),
        ("Siân".encode("utf-16"), "", sniff.PLAIN),
    ],
)
def test_the_bytes_decide_and_a_name_only_breaks_ties(content: bytes, name: str, kind: str) -> None:
    assert sniff.sniff(content, name) == kind
