from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest

from extractors.unpack import unpack
from postroom.document import Role
from tests.extractors.unpack.samples import LIMITS, PDF, body, mail, message, of_role, opened, picture


def test_envelope_holds_what_the_headers_say() -> None:
    envelope = opened(mail()).envelope
    assert envelope is not None
    assert (envelope.sender_name, envelope.sender_address) == ("Bronwen Pugh", "bronwen@pugh.example")
    assert envelope.recipients == ("desk@council.example",)
    assert envelope.sent_at == datetime(2026, 6, 2, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    assert envelope.header("content-type").startswith("text/plain")


def test_headers_that_tell_robots_are_kept() -> None:
    made = mail()
    made["Auto-Submitted"] = "auto-replied"
    made["List-Unsubscribe"] = "<https://lists.example>"
    made["X-Secret"] = "no"
    envelope = opened(made).envelope
    assert envelope is not None
    assert envelope.header("auto-submitted") == "auto-replied"
    assert envelope.header("list-unsubscribe")
    assert not envelope.header("x-secret")


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: =?utf-8?Q?Caf=C3=A9_?=\r\n =?utf-8?Q?permit?=", "Café permit"),
        ("Subject: Siân's bin".encode(), "Siân's bin"),
        ("Subject: Siân's bin".encode("cp1252"), "Siân's bin"),
        (b"Subject: =?no-such-set?Q?plain?=", "plain"),
        (b"Subject: =?utf-8?B?%%%?=", "=?utf-8?B?%%%?="),
        (b"Subject: a\r\n\tfolded one", "a folded one"),
        (b"Subject:", ""),
    ],
)
def test_subjects_are_decoded_whatever_their_state(header: bytes, subject: str) -> None:
    envelope = opened(header + b"\r\nFrom: a@b.example\r\nTo: c@d.example\r\n\r\nhello").envelope
    assert envelope is not None
    assert envelope.subject == subject


def test_empty_and_broken_headers_do_no_harm() -> None:
    raw = b'From: "Jones, Sam" <sam@x.example>\r\nReply-To: <>\r\nTo: ;,,<\r\nDate: yesterday\r\nSubject: x\r\n\r\nhi'
    envelope = opened(raw).envelope
    assert envelope is not None
    assert (envelope.sender_name, envelope.sender_address) == ("Jones, Sam", "sam@x.example")
    assert envelope.sent_at is None


def test_date_falls_back_to_the_last_server() -> None:
    raw = (
        b"Received: from b by c; Tue, 2 Jun 2026 10:05:00 +0100\r\nReceived: from a; Mon, 1 Jun 2026 01:00:00 +0000"
        b"\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nhi"
    )
    envelope = opened(raw).envelope
    assert envelope is not None
    assert envelope.sent_at == datetime(2026, 6, 2, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        (b"text/plain; charset=utf-8", "Rent £90".encode("cp1252"), "Rent £90"),
        (b"text/plain; charset=iso-8859-1", "Rent £90 – café".encode(), "Rent £90 – café"),
        (b"text/plain", "Rent £90".encode(), "Rent £90"),
        (b"text/plain; charset=nonsense", b"Rent", "Rent"),
        (b"text/plain; charset=zip", b"Rent", "Rent"),
        (b"text/plain; charset=utf-16", "Rent".encode("utf-16"), "Rent"),
    ],
)
def test_bodies_of_wrongly_named_character_sets(content_type: bytes, content: bytes, text: str) -> None:
    raw = b"From: a@b.example\r\nSubject: x\r\nContent-Transfer-Encoding: base64\r\nContent-Type: " + content_type
    assert body(opened(raw + b"\r\n\r\n" + base64.b64encode(content))) == text


def test_flowed_lines_are_joined_again() -> None:
    raw = b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; format=flowed\r\n\r\nI moved \r\nout.\r\nBye"
    assert body(opened(raw)) == "I moved out.\nBye"


def test_plain_text_serves_where_the_versions_agree() -> None:
    made = mail("My bin was not emptied.")
    made.add_alternative("<p>My bin was <b>not</b> emptied.</p>", subtype="html")
    assert [document.media_type for document in opened(made).documents] == ["text/plain"]


@pytest.mark.parametrize("plain", ["", "Please open this in an HTML mail program to view it.", "My"])
def test_html_serves_where_the_plain_text_is_a_stub(plain: str) -> None:
    made = mail(plain)
    made.add_alternative(f"<p>{'My garden bin was not emptied again. ' * 5}</p>", subtype="html")
    assert [document.media_type for document in opened(made).documents] == ["text/html"]


def test_html_serves_where_it_holds_a_table() -> None:
    made = mail("Name\n\nAnn Hill\n\nAccount\n\n123")
    made.add_alternative(
        "<table><tr><td>Name</td><td>Ann Hill</td></tr><tr><td>Account</td><td>123</td></tr></table>", subtype="html"
    )
    assert opened(made).documents[0].media_type == "text/html"


def test_text_before_and_after_a_file_is_one_body() -> None:
    made = mail("Before.")
    made.add_attachment(PDF, "application", "pdf", filename="form.pdf")
    made.add_attachment("After.", subtype="plain", disposition="inline")
    unpacked = opened(made)
    assert body(unpacked).split() == ["Before.", "After."]
    assert [document.name for document in of_role(unpacked, Role.ATTACHMENT)] == ["form.pdf"]


def test_a_pdf_sent_inline_is_a_document() -> None:
    made = mail()
    made.add_attachment(PDF, "application", "octet-stream", filename="form.bin", disposition="inline")
    found = of_role(opened(made), Role.ATTACHMENT)
    assert [(document.name, document.media_type) for document in found] == [("form.bin", "application/pdf")]


@pytest.mark.parametrize(
    ("size", "disposition", "tag", "role"),
    [
        ((1, 1), "attachment", "", Role.INLINE),
        ((180, 60), "inline", "<img src='cid:p1'>", Role.INLINE),
        ((180, 60), "attachment", "<img src='cid:p1'>", Role.INLINE),
        ((900, 600), "inline", "<img width=150 src='cid:p1'>", Role.INLINE),
        ((900, 600), "inline", "<img src='cid:p1'>", Role.ATTACHMENT),
        ((900, 600), "inline", "", Role.ATTACHMENT),
        ((200, 120), "attachment", "", Role.ATTACHMENT),
    ],
)
def test_logos_belong_to_the_layout_and_photos_are_read(
    size: tuple[int, int], disposition: str, tag: str, role: Role
) -> None:
    made = mail()
    made.add_alternative(f"<p>Please renew my permit.</p>{tag}", subtype="html")
    made.add_attachment(
        picture(*size), "image", "png", filename="DSC_1.png", disposition=disposition, cid="<p1>" if tag else None
    )
    assert of_role(opened(made), role)[-1].name == "DSC_1.png"


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        (b'filename="=?utf-8?B?U2nDom4ucGRm?="', "Siân.pdf"),
        (b"filename*=utf-8''Si%C3%A2n.pdf", "Siân.pdf"),
        (b"filename*=nonsense''Sian.pdf", "Sian.pdf"),
        (b'filename="../../etc/passwd"', "passwd"),
        ('filename="a\u202efdp.exe"'.encode(), "afdp.exe"),
        (b"", "document.pdf"),
    ],
)
def test_names_of_files(parameter: bytes, name: str) -> None:
    raw = (
        b"From: a@b.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: application/pdf\r\nContent-Disposition: attachment; "
        + parameter
        + b"\r\n\r\n"
        + PDF
        + b"\r\n--b--"
    )
    assert [document.name for document in opened(raw).documents] == [name]


def test_enclosed_mails_are_opened_at_any_depth() -> None:
    inner = mail("The oldest.", "One")
    inner.add_attachment(PDF, "application", "pdf", filename="one.pdf")
    middle = mail("The middle.", "Two")
    middle.add_attachment(inner)
    outer = mail("See attached.", "Three")
    outer.add_attachment(middle.as_bytes(), "application", "octet-stream", filename="old.dat")
    unpacked = opened(outer)
    assert [envelope.subject for envelope in unpacked.enclosed] == ["Two", "One"]
    assert [document.content.split()[-1] for document in of_role(unpacked, Role.ENCLOSED_BODY)] == [
        b"middle.",
        b"oldest.",
    ]
    assert of_role(unpacked, Role.ATTACHMENT)[0].inside[0] == "old.dat"


def test_a_bounce_keeps_its_report_and_the_returned_mail_apart() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\n\r\nCould not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: us@council.example\r\nSubject: Your bill\r\n\r\nHi\r\n--b--"
    )
    unpacked = opened(raw)
    assert body(unpacked).strip() == "Could not be delivered."
    assert b"Status: 5.1.1" in of_role(unpacked, Role.ATTACHMENT)[0].content
    assert [envelope.subject for envelope in unpacked.enclosed] == ["Your bill"]


def test_missing_boundary_and_missing_end() -> None:
    raw = b"From: a@b.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello there"
    assert body(opened(raw)) == "Hello there"


def test_an_empty_attachment_is_told() -> None:
    made = mail()
    made.add_attachment(b"", "application", "pdf", filename="form.pdf")
    assert [problem.document for problem in opened(made).problems] == ["form.pdf"]


def test_files_written_into_the_text_in_the_old_way() -> None:
    import binascii

    lines = b"".join(binascii.b2a_uu(PDF[at : at + 45]) for at in range(0, len(PDF), 45))
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\nHere it is.\nbegin 644 form.pdf\n" + lines + b"`\nend\nBye"
    unpacked = opened(raw)
    assert body(unpacked).split() == ["Here", "it", "is.", "Bye"]
    assert of_role(unpacked, Role.ATTACHMENT)[0].content == PDF


def test_a_dropped_file_is_a_scan() -> None:
    unpacked = unpack(message(PDF, "scan.jpg"), LIMITS)
    assert unpacked.envelope is None
    assert [(document.role, document.media_type) for document in unpacked.documents] == [(Role.SCAN, "application/pdf")]
