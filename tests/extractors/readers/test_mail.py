from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from extractors.readers.forwarded import forwarded_envelopes, written_date
from extractors.readers.mail import read_body
from postroom.document import Document, Role
from postroom.text import Section, Text

BST = timezone(timedelta(hours=1))


def read(body: str, subject: str = "", media_type: str = "text/plain") -> Text:
    return read_body(Document("body", media_type, body.encode(), Role.BODY), subject)


def part(text: Text, section: Section) -> list[str]:
    return text.part(section).split("\n") if text.part(section) else []


@pytest.mark.parametrize(
    "intro",
    [
        "On Tue, 2 Jun 2026 at 10:00, Bins Desk <bins@council.example> wrote:",
        "On 2 Jun 2026, at 10:00, Bins Desk <bins@council.example>\nwrote:",
        "Ar Maw, 2 Meh 2026 am 10:00, ysgrifennodd Desg <desg@cyngor.example>:",
        "-----Original Message-----\nFrom: Bins Desk\nSent: 02 June 2026 10:00\nTo: Ann Hill\nSubject: Bins",
        "________________________________\nFrom: Desk <bins@council.example>\nSent: 02 June 2026\nTo: A\nSubject: Bins",
        "*From:* Bins Desk <bins@council.example>\n*Sent:* 02 June 2026\n*To:* Ann Hill\n*Subject:* Bins",
        "Oddi wrth: Desg <desg@cyngor.example>\nAnfonwyd: 2 Mehefin 2026\nAt: Ann\nPwnc: Biniau",
        "Bins Desk <bins@council.example> wrote:",
        "----- Reply message -----\nFrom: Bins Desk <bins@council.example>\nTo: Ann\nSubject: Bins\nDate: 2 Jun 2026",
    ],
)
def test_an_earlier_message_below_is_quoted(intro: str) -> None:
    text = read(f"It was the brown bin.\n\nAnn Hill\n\n{intro}\n\nWhich bin was it?\nThe desk", "Re: Bins")
    assert part(text, Section.NEW) == ["It was the brown bin.", "Ann Hill"]
    assert part(text, Section.QUOTED)[-2:] == ["Which bin was it?", "The desk"]


def test_a_short_answer_above_a_quotation_forwards_nothing() -> None:
    text = read("Yes please.\n\nOn Tue, 2 Jun 2026, Desk <d@council.example> wrote:\n> Shall we renew?", "Permit")
    assert part(text, Section.QUOTED)[-1] == "Shall we renew?"
    assert not part(text, Section.FORWARDED)


def test_answers_between_quoted_questions_are_new() -> None:
    text = read(
        "On Tue, 2 Jun 2026, Desk <d@council.example> wrote:\n> What is your account number?\n12345678\n"
        "> When did you move?\nOn 5 May.\n",
        "Re: Moving",
    )
    assert part(text, Section.NEW) == ["12345678", "On 5 May."]
    assert "When did you move?" in part(text, Section.QUOTED)


def test_an_outlook_header_block_without_a_rule_is_found_among_wrapped_recipients() -> None:
    text = read(
        "Agreed.\n\nFrom: Desk <d@council.example>\nSent: Tuesday, June 2, 2026 10:00 AM\nTo: Ann Hill <a@x.example>;\n"
        "Bob Hill <b@x.example>\nCc: Carol\nSubject: Permit\n\nDo you agree?",
        "RE: Permit",
    )
    assert part(text, Section.NEW) == ["Agreed."]


def test_own_words_like_a_header_are_not_a_boundary() -> None:
    letter = "Hire period\nFrom: 3 May 2026\nTo: 9 May 2026\nDate: 12 May\nOn Monday Al wrote to you:\nno answer."
    assert part(read(letter), Section.NEW) == letter.split("\n")


FORWARDED = (
    "---------- Forwarded message ---------\nFrom: Gwen Rees <Gwen@Rees.example>\nDate: Mon, 1 Jun 2026 at 17:20\n"
    "Subject: Missed bin\nTo: <old@council.example>\n\nThe bin was missed yesterday.\nGwen Rees"
)


def test_a_forwarded_mail_is_the_matter_itself_with_its_own_date() -> None:
    text = read(f"Sent to the wrong address, so again.\n\n{FORWARDED}", "Fwd: Missed bin")
    assert part(text, Section.FORWARDED) == ["The bin was missed yesterday.", "Gwen Rees"]
    (envelope,) = forwarded_envelopes(text, datetime(2026, 6, 3, tzinfo=BST))
    assert (envelope.sender_name, envelope.sender_address) == ("Gwen Rees", "gwen@rees.example")
    assert (envelope.subject, envelope.sent_at) == ("Missed bin", datetime(2026, 6, 1, 17, 20, tzinfo=BST))


@pytest.mark.parametrize(
    ("own", "subject", "section"),
    [
        ("One for you I think.", "FW: Parking", Section.FORWARDED),
        ("Please see below, came in to our inbox.", "Parking", Section.FORWARDED),
        ("", "Parking", Section.FORWARDED),
        ("", "Re: Parking", Section.QUOTED),
        ("I have paid this already, please cancel it.", "RE: Parking", Section.QUOTED),
    ],
)
def test_a_block_of_headers_is_a_reply_or_a_forwarding_by_what_stands_above(
    own: str, subject: str, section: Section
) -> None:
    block = "From: Ivor Bell <ivor@bell.example>\nSent: 01 June 2026 09:00\nTo: Desk\nSubject: Parking\n\nI appeal."
    assert "I appeal." in part(read(f"{own}\n\n{block}", subject), section)


def test_a_forwarding_of_a_reply_keeps_the_newest_and_quotes_the_rest() -> None:
    text = read(
        "FYI\n\nFrom: Ivor Bell <i@bell.example>\nSent: 01 June 2026 09:00\nTo: Desk\nSubject: RE: Parking\n\n"
        "I still appeal.\n\nFrom: Desk <d@council.example>\nSent: 30 May 2026\nTo: Al\nSubject: Parking\n\nWe refuse.",
        "FW: Parking",
    )
    assert part(text, Section.FORWARDED) == ["I still appeal."]
    assert part(text, Section.QUOTED)[-1] == "We refuse."


def test_apple_forwarding_inside_a_quotation() -> None:
    page = (
        "<div>See below<br><blockquote type=cite><div>Begin forwarded message:</div>"
        "<div><b>From:</b> Gwen &lt;g@r.example&gt;</div><div><b>Subject:</b> Bin</div>"
        "<div><b>Date:</b> 1 June 2026 at 17:20:00 BST</div>"
        "<div><b>To:</b> Desk</div><br><div>It was missed.</div></blockquote></div>"
    )
    text = read(page, "Fwd: Bin", "text/html")
    assert part(text, Section.FORWARDED) == ["It was missed."]
    assert forwarded_envelopes(text)[0].sent_at == datetime(2026, 6, 1, 17, 20, tzinfo=UTC)


def test_blockquotes_of_html_mail_are_quoted_and_mere_indents_are_not() -> None:
    page = (
        "<p>Yes.</p><blockquote style='margin:0 0 0 40px;border:none'>My address</blockquote>"
        "<blockquote class=gmail_quote>What is your address?</blockquote><p>Bye</p>"
    )
    text = read(page, media_type="text/html")
    assert part(text, Section.NEW) == ["Yes.", "My address", "Bye"]
    assert part(text, Section.QUOTED) == ["What is your address?"]


@pytest.mark.parametrize(
    "line", ["Sent from my iPhone", "Get Outlook for Android", "Anfonwyd o fy iPhone", "Sent via Mail"]
)
def test_lines_of_programs_are_no_letter(line: str) -> None:
    text = read(f"I moved.\nAnn\n\n{line}")
    assert part(text, Section.NEW) == ["I moved.", "Ann"]
    assert part(text, Section.SIGNATURE) == [line]


def test_the_name_below_the_closing_stays_and_the_firm_below_it_does_not() -> None:
    text = read(
        "Please pay.\n\nKind regards\n\nAnn Hill\nLettings Manager\nHill Homes Ltd\nT: 01632 960001\nwww.hill.example"
    )
    assert part(text, Section.NEW) == ["Please pay.", "Kind regards", "Ann Hill"]
    assert part(text, Section.SIGNATURE)[0] == "Lettings Manager"


def test_the_address_of_a_private_person_stays_part_of_the_letter() -> None:
    letter = "Please renew.\nYours sincerely\nAnn Hill\n4 High Street\nLlandudno LL30 1AB\n01632 960002"
    assert part(read(letter), Section.NEW) == letter.split("\n")


def test_the_mark_of_a_signature_ends_the_letter() -> None:
    text = read("Please renew.\n-- \nAnn Hill\nPoet")
    assert part(text, Section.NEW) == ["Please renew."]
    assert part(text, Section.SIGNATURE) == ["--", "Ann Hill", "Poet"]


@pytest.mark.parametrize(
    "small_print",
    [
        "This email and any files transmitted with it are confidential.",
        "If you have received this message in error please delete it.",
        "The information is intended only for the named\nrecipient and nobody else.",
        "CAUTION: This email originated from outside the organisation.",
        "[EXTERNAL]",
        "This message has been scanned for viruses by Gateway.",
        "Mae'r neges hon yn gyfrinachol ac at sylw'r sawl a enwir.",
        "***********\nVisit us on the web\nThis is confidential\n***********",
        "Please consider the environment before printing.",
    ],
)
def test_small_print_is_a_disclaimer_wherever_it_stands(small_print: str) -> None:
    for letter in (f"I moved on 5 May.\n\n{small_print}", f"{small_print}\n\nI moved on 5 May."):
        text = read(letter)
        assert part(text, Section.NEW) == ["I moved on 5 May."]
        assert part(text, Section.DISCLAIMER) == small_print.split("\n")


@pytest.mark.parametrize(
    "letter",
    [
        "My bin has been missed and I think this is in error.",
        "I received this letter in error, it is for the last tenant.",
        "The council sent confidential details to my neighbour.",
        "I would like to register a complaint about your office.",
        "Please do not click your pens at me, as your officer did.",
    ],
)
def test_a_citizen_who_uses_such_words_is_still_heard(letter: str) -> None:
    assert part(read(letter), Section.NEW) == [letter]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("24 June 2026 17:20", datetime(2026, 6, 24, 17, 20, tzinfo=BST)),
        ("Wed, 24 Jun 2026 at 5:20 PM", datetime(2026, 6, 24, 17, 20, tzinfo=BST)),
        ("Wednesday, June 24, 2026 12:05 AM", datetime(2026, 6, 24, 0, 5, tzinfo=BST)),
        ("07/06/2026 09:00", datetime(2026, 6, 7, 9, 0, tzinfo=BST)),
        ("2026-06-24T08:15", datetime(2026, 6, 24, 8, 15, tzinfo=BST)),
        ("Wed, 24 Jun 2026 17:20:00 +0000", datetime(2026, 6, 24, 17, 20, tzinfo=UTC)),
        ("24 Mehefin 2026 17:20", datetime(2026, 6, 24, 17, 20, tzinfo=BST)),
        ("31/02/2026", None),
        ("soon", None),
    ],
)
def test_dates_of_header_lines_inside_a_text(written: str, moment: datetime | None) -> None:
    assert written_date(written, datetime(2026, 7, 1, tzinfo=BST)) == moment
