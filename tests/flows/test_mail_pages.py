"""The mail as it looked is found in every mail that has HTML, and never taken from a mail inside it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from extractors.limits import Limits
from extractors.unpack import unpack
from flows.mail_pages import html_of, html_of_mail
from postroom.document import Document, Role
from postroom.message import Message


def message(raw: bytes, name: str = "post.eml") -> Message:
    return Message("post", "1", name, raw, datetime(2026, 11, 2, tzinfo=UTC))


def mail(plain: str = "", html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@sender.example", "post@council.example", "Bins"
    if plain:
        made.set_content(plain)
    if html:
        (made.add_alternative if plain else made.set_content)(html, subtype="html")
    return made


def test_html_is_found_though_the_plain_version_was_read() -> None:
    both = message(mail("My bin was missed.", "<p>My bin was <b>missed</b>.</p>").as_bytes())
    (body,) = unpack(both, Limits()).documents
    assert (body.role, html_of(body)) == (Role.BODY, "")
    assert "<b>missed</b>" in html_of_mail(both, Limits())


def test_html_alone_is_the_body_itself() -> None:
    only = message(mail(html="<p>My bin was <b>missed</b>, naïvely.</p>").as_bytes())
    (body,) = unpack(only, Limits()).documents
    assert "<b>missed</b>, naïvely" in html_of(body)
    assert "<b>missed</b>, naïvely" in html_of_mail(only, Limits())


def test_a_mail_inside_lends_no_html() -> None:
    outer = mail("See below.")
    outer.add_attachment(mail(html="<p>inner</p>"))
    assert html_of_mail(message(outer.as_bytes()), Limits()) == ""


@pytest.mark.parametrize("raw", [b"%PDF-1.7", b"", mail("Plain.").as_bytes(), b"Content-Type: text/html;" * 900])
def test_where_there_is_none_nothing_is_made_up(raw: bytes) -> None:
    assert html_of_mail(message(raw, "post.bin"), Limits()) == ""


def test_what_is_over_a_limit_is_not_taken_apart() -> None:
    raw = mail("Plain.", "<p>HTML</p>").as_bytes()
    assert html_of_mail(message(raw), Limits(message_bytes=10)) == ""
    assert html_of_mail(message(raw), Limits(parts=1)) == ""


def test_a_picture_has_no_html() -> None:
    assert html_of(Document("a.png", "image/png", b"<p>")) == ""
