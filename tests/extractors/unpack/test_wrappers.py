"""Files that hold others: archives, Outlook's own formats, signed mail."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from extractors.limits import Limits
from extractors.unpack import unpack
from postroom.document import Role
from tests.extractors.unpack.samples import (
    LIMITS,
    PDF,
    archive,
    body,
    mail,
    message,
    of_role,
    ole,
    opened,
    outlook,
    tnef,
)


def test_a_zip_is_opened_where_it_stands() -> None:
    made = mail()
    made.add_attachment(archive(a_dot_pdf=PDF, b_dot_txt=b"note"), "application", "zip", filename="scans.zip")
    found = of_role(opened(made), Role.ATTACHMENT)
    assert [(document.name, document.inside) for document in found] == [
        ("a.pdf", ("scans.zip",)),
        ("b.txt", ("scans.zip",)),
    ]


def _locked() -> bytes:
    content = bytearray(archive(a_dot_pdf=PDF))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _overlapping() -> bytes:
    content = archive(a=b"x" * 3000, b=b"y" * 3000)
    entry = content.rindex(b"PK\x01\x02")
    return content[: entry + 42] + b"\0\0\0\0" + content[entry + 46 :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_locked(), "password"),
        (_overlapping(), "overlap"),
        (archive(a=b"\0" * 8_000_000), "honest"),
        (archive(a=archive(b=archive(c=b"deep"))), "too deep"),
        (archive(**{f"f{number}": b"x" for number in range(501)}), "more than 500"),
        (archive(a_dot_pdf=PDF)[:60], "damaged"),
        (b"Rar!\x1a\x07\x01\x00rest", "zip or PDF"),
        (b"7z\xbc\xaf\x27\x1crest", "zip or PDF"),
    ],
    # A zip holds the time it was made: as a name it would differ from one test process to the next.
    ids=["locked", "overlapping", "bomb", "deep", "many", "cut", "rar", "7z"],
)
def test_archives_that_go_to_a_person(content: bytes, words: str) -> None:
    made = mail("Scans attached.")
    made.add_attachment(content, "application", "zip", filename="scans.zip")
    unpacked = opened(made)
    assert [problem for problem in unpacked.problems if words in problem.reason]
    assert body(unpacked).strip() == "Scans attached."


def test_too_many_files_or_parts_or_levels_are_told_and_the_rest_is_read() -> None:
    made = mail("Scans attached.")
    for number in range(6):
        made.add_attachment(PDF, "application", "pdf", filename=f"{number}.pdf")
    for limits, words in [
        (Limits(documents=4), "more than 4 files"),
        (Limits(parts=5), "more than 5 parts"),
        (Limits(message_bytes=100), "larger than"),
        (Limits(header_block_bytes=20), "unusually large"),
    ]:
        unpacked = opened(made, limits)
        assert [problem for problem in unpacked.problems if words in problem.reason], words
    assert len(of_role(opened(made, Limits(documents=8)), Role.ATTACHMENT)) == 6


def test_exactly_at_the_limit_nothing_is_told() -> None:
    made = mail()
    made.add_attachment(PDF, "application", "pdf", filename="1.pdf")
    assert not opened(made, Limits(documents=2, parts=3, message_bytes=len(made.as_bytes()))).problems


def test_winmail_gives_its_files_and_its_text_where_the_mail_has_none() -> None:
    wrapped = tnef(b"My bin was missed.", form_dot_pdf=PDF)
    alone = EmailMessage()
    alone["From"], alone["Subject"] = "a@b.example", "x"
    alone.add_attachment(wrapped, "application", "ms-tnef", filename="winmail.dat")
    with_text = mail("The same in plain.")
    with_text.add_attachment(wrapped, "application", "octet-stream", filename="winmail.dat")
    for made, words in [(alone, "My bin was missed."), (with_text, "The same in plain.")]:
        unpacked = opened(made)
        assert body(unpacked).strip() == words
        assert [document.name for document in of_role(unpacked, Role.ATTACHMENT)] == ["form.pdf"]


def test_a_damaged_winmail_is_told_and_kept() -> None:
    made = mail()
    made.add_attachment(tnef(form_dot_pdf=PDF * 9)[:60], "application", "ms-tnef", filename="winmail.dat")
    unpacked = opened(made)
    assert body(unpacked).strip() == "Please renew my permit."
    assert [problem.document for problem in unpacked.problems] == ["winmail.dat"]


def test_outlook_messages_by_themselves_and_enclosed() -> None:
    raw = outlook("Bins", "My bin was missed.", "From: Al <al@x.example>\r\nDate: Tue, 02 Jun 2026 09:30:00 +0100\r\n")
    alone = unpack(message(raw, "post.msg"), LIMITS)
    assert alone.envelope is not None
    assert (alone.envelope.subject, alone.envelope.sender_address) == ("Bins", "al@x.example")
    assert body(alone) == "My bin was missed."
    made = mail("See attached.")
    made.add_attachment(raw, "application", "octet-stream", filename="bins.msg")
    enclosed = opened(made)
    assert [envelope.subject for envelope in enclosed.enclosed] == ["Bins"]
    assert of_role(enclosed, Role.ENCLOSED_BODY)[0].inside == ("bins.msg",)


def test_a_damaged_outlook_message_is_told() -> None:
    raw = ole(**{"__properties_version1.0": b"\xff" * 70})
    unpacked = unpack(message(raw, "post.msg"), LIMITS)
    assert "damaged" in unpacked.problems[0].reason


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _cms(kind: int, *members: bytes) -> bytes:
    oid = _der(6, bytes.fromhex("2a864886f70d0107") + bytes([kind]))
    return _der(0x30, oid + _der(0xA0, _der(0x30, b"".join(members))))


def test_a_signed_mail_is_lifted_out_of_its_signature() -> None:
    inner = b"Content-Type: text/plain\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nSigned words"
    pieces = _der(0x24, _der(4, inner[:30]) + _der(4, inner[30:]))
    data = _der(0x30, _der(6, bytes.fromhex("2a864886f70d010701")) + _der(0xA0, pieces))
    signed = _cms(2, _der(2, b"\1"), _der(0x31, b""), data)
    made = mail("")
    made.add_attachment(signed, "application", "pkcs7-mime", filename="smime.p7m")
    assert [d.content for d in of_role(opened(made), Role.ENCLOSED_BODY)] == [b"Signed words"]


def test_an_encrypted_mail_is_told() -> None:
    made = mail("")
    made.add_attachment(_cms(3, _der(2, b"\0")), "application", "pkcs7-mime", filename="smime.p7m")
    assert "encrypted" in opened(made).problems[0].reason
