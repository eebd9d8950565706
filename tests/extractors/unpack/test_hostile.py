"""Hostile and damaged post: an answer in reasonable time, and never an error that is not ours."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.limits import Limits
from extractors.readers.forwarded import forwarded_envelopes
from extractors.readers.mail import MailReader, read_body
from extractors.readers.office import OfficeReader
from extractors.readers.plain import PlainReader
from extractors.reading import read_documents
from extractors.unpack import unpack
from postroom.document import Role
from postroom.errors import LimitExceeded
from tests.extractors.unpack.samples import PDF, archive, mail, message, outlook, picture, tnef

READERS = (MailReader(), OfficeReader(), PlainReader())
START = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x"
PAGE = START + b"\r\nContent-Type: text/html\r\n\r\n"


def _nested(depth: int) -> bytes:
    inner = b"hi"
    for level in range(depth):
        mark = b"b%d" % level
        inner = b"Content-Type: multipart/mixed; boundary=" + mark + b"\r\n\r\n--" + mark + b"\r\n" + inner
    return b"From: a@b.example\r\nSubject: x\r\n" + inner


HOSTILE = {
    "subject of 400 kB": START + b"=?utf-8?q?" + b"a" * 400_000 + b"?=\r\n\r\nhi",
    "subject of many words": START + b" =?utf-8?q?a?=" * 25_000 + b"\r\n\r\nhi",
    "endless recipients": START + b"\r\nCc: " + b"<a@b.example>, " * 30_000 + b"\r\n\r\nhi",
    "sender of brackets": b"From: " + b"(" * 15_000 + b"\r\nTo: a@b.example\r\nSubject: x\r\n\r\nhi",
    "content type of semicolons": START + b"\r\nContent-Type: text/plain" + b";" * 2_000_000 + b"\r\n\r\nhi",
    "parts within parts": _nested(300),
    "more parts than allowed": START
    + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\n\r\nx\r\n" * 9_000,
    "body of quotation marks": START + b"\r\n\r\n" + b">" * 1_000_000,
    "body of headers": START + b"\r\n\r\n" + b"From: a@b.example\r\n" * 8_000,
    "body of closings": START + b"\r\n\r\n" + b"Regards\r\n-- \r\n" * 5_000,
    "body of rules": START + b"\r\n\r\n" + b"*****\r\n\r\n" * 8_000,
    "body of forwardings": START + b"\r\n\r\n" + b"---- Forwarded message ----\r\n" * 10_000,
    "body of beginnings": START + b"\r\n\r\n" + b"begin 644 a\n" * 4_000 + b"\nend\n",
    "deep page": PAGE + b"<div>" * 100_000,
    "deep tables": PAGE + b"<table><tr><td>x" * 5_000,
    "page of comments": PAGE + b"<!---->" * 5_000 + b"<!--" * 5_000,
    "wide table": PAGE + b"<table><tr>" + b"<td>x</td>" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_answered_in_time(name: str) -> None:
    began = time.monotonic()
    unpacked = unpack(message(HOSTILE[name]), Limits())
    read_documents(unpacked, READERS)
    assert unpacked.documents or unpacked.problems
    assert time.monotonic() - began < 10


def test_a_body_longer_than_any_letter_goes_to_a_person() -> None:
    unpacked = unpack(message(START + b"\r\n\r\n" + b"word " * 300_000), Limits())
    texts, problems = read_documents(unpacked, READERS)
    assert not texts
    assert "too long" in problems[0].reason
    with pytest.raises(LimitExceeded):
        read_body(unpacked.documents[0])


def _sample() -> bytes:
    made = mail(
        "Dear team\n\nOn Mon, 1 Jun 2026, Desk <d@council.example> wrote:\n> When did you move?\nOn 5 May.\n-- \nAnn"
    )
    made.add_alternative(
        "<p>Dear team<table><tr><td>a</td><td>b</td></tr></table><blockquote>q</blockquote>", subtype="html"
    )
    made.add_attachment(PDF, "application", "pdf", filename="Siân.pdf")
    made.add_attachment(archive(a_dot_txt=b"note"), "application", "zip", filename="a.zip")
    made.add_attachment(tnef(b"hello", b_dot_txt=b"text"), "application", "ms-tnef", filename="winmail.dat")
    made.add_attachment(outlook("Old", "Older words"), "application", "octet-stream", filename="old.msg")
    made.add_attachment(picture(20, 20), "image", "png", filename="logo.png")
    made.add_attachment(mail("inner"))
    return made.as_bytes()


SAMPLE = _sample()


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SAMPLE) - 1), st.binary(min_size=0, max_size=12), st.integers(0, 40)), max_size=12
    )
)
def test_mutated_mail_never_breaks_the_line(changes: list[tuple[int, bytes, int]]) -> None:
    raw = SAMPLE
    for at, put, dropped in changes:
        raw = raw[:at] + put + raw[at + dropped :]
    unpacked = unpack(message(raw), Limits())
    texts, _ = read_documents(unpacked, READERS)
    for text in texts:
        forwarded_envelopes(text)
    assert unpacked.documents or unpacked.problems


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["x.eml", "x.msg", "x.zip", "x"]))
def test_any_bytes_are_at_least_a_document(raw: bytes, name: str) -> None:
    unpacked = unpack(message(raw, name), Limits())
    assert unpacked.envelope is not None or [document.role for document in unpacked.documents] == [Role.SCAN] or not raw
