from __future__ import annotations

import pytest

from extractors import sniff
from extractors.readers.plain import PlainReader
from postroom.document import Document


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("Dear team\r\n\r\n  I moved – £5".encode("cp1252"), ["Dear team", "I moved – £5"]),
        (
            rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Dear \b Si\'e2n\b0\par I owe \'a35 \u8211? really\par}",
            ["Dear Siân", "I owe £5 – really"],
        ),
        (b"<html><body><p>Hello</p><p>you</p>", ["Hello", "you"]),
        (b"name,qty,price\nsalt,2,9.50\nsand,1,4.00\n", ["name qty price", "salt 2 9.50", "sand 1 4.00"]),
        (
            b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann Hill\nTEL;TYPE=cell:07700\n 900001\nEND:VCARD",
            ["Fn: Ann Hill", "Tel: 07700900001"],
        ),
        (
            b"BEGIN:VCALENDAR\nSUMMARY:Visit\\, 2 pm\nDTSTART:20260505T140000\nEND:VCALENDAR",
            ["Summary: Visit, 2 pm", "Dtstart: 20260505T140000"],
        ),
    ],
)
def test_files_of_characters_read_as_lines(content: bytes, lines: list[str]) -> None:
    document = Document("file", sniff.sniff(content), content)
    reader = PlainReader()
    assert reader.accepts(document)
    assert reader.read(document).text.split("\n") == lines


@pytest.mark.parametrize(
    "source",
    [b"{\\rtf1", b"{\\rtf1 }}}}x", b"{\\rtf1 \\u-1? \\u55555555555? \\'zz \\", b"{\\rtf1 {\\*\\x hidden} seen}"],
)
def test_broken_rich_text_does_not_break_the_reader(source: bytes) -> None:
    text = PlainReader().read(Document("file", sniff.RTF, source)).text
    assert "hidden" not in text
