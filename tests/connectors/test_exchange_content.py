"""What a mail brings along, what cannot come along, and what waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from postroom.errors import TransientError
from tests.contracts.inbox import claim, ids, mail, settle
from tests.servers.exchange.council import IN_WORK, MAILBOX, Council, council


@pytest.fixture
def exchange() -> Iterator[Council]:
    with council() as found:
        yield found


def with_attachments(number: int = 1) -> bytes:
    inner = EmailMessage()
    inner["Subject"] = "The mail before"
    inner.set_content("Earlier words.")
    letter = EmailMessage(policy=policy.SMTP)
    letter["From"] = "Ada Osei <ada@example.org>"
    letter["To"] = "post@council.example"
    letter["Subject"] = f"Form {number}"
    letter["Message-ID"] = f"<form{number}@example.org>"
    letter.set_content("See the form.")
    letter.add_attachment(b"%PDF-1.4 form", maintype="application", subtype="pdf", filename="form.pdf")
    letter.add_attachment(inner)
    return letter.as_bytes()


def parts(raw: bytes) -> list[tuple[str, str | None, bytes | None]]:
    return [
        (
            part.get_content_type(),
            part.get_filename(),
            part.get_payload(decode=True) if not part.is_multipart() else b"",
        )
        for part in message_from_bytes(raw).walk()
    ]


def test_a_mail_written_anew_each_time_is_one_message(exchange: Council) -> None:
    """Exchange keeps no MIME: the boundaries differ at each request, so the bytes are no identity."""
    exchange.put(with_attachments())
    inbox = exchange.inbox()
    (first,), (second,) = inbox.fetch(9), inbox.fetch(9)
    assert first.raw != second.raw
    assert first.id == second.id
    assert parts(first.raw) == parts(second.raw) == parts(with_attachments())
    assert first.lasting
    assert first.problems == ()


def test_one_request_reads_a_mail_with_all_its_attachments(exchange: Council) -> None:
    exchange.put(with_attachments())
    inbox = exchange.inbox()
    inbox.fetch(9)
    exchange.asked()
    inbox.fetch(9)
    assert exchange.asked() == ["FindItem", "GetItem"]


def test_the_time_of_arrival_is_the_servers_and_the_name_says_nothing_of_the_sender(exchange: Council) -> None:
    arrived = datetime(2026, 9, 5, 22, 30, tzinfo=UTC)
    exchange.put(mail(1), received=arrived)
    (message,) = exchange.inbox().fetch(9)
    assert message.received_at == arrived
    assert message.name.startswith("mail-")
    assert message.name.endswith(".eml")


def test_a_link_to_a_cloud_file_sends_the_mail_to_a_person(exchange: Council) -> None:
    exchange.put(with_attachments(), links=("Plan.docx",))
    (message,) = exchange.inbox().fetch(9)
    (problem,) = message.problems
    assert problem.document == "Plan.docx"
    assert "link to a cloud file" in problem.reason


def test_an_attachment_that_exchange_keeps_back_sends_the_mail_to_a_person(exchange: Council) -> None:
    answer = exchange.server.answer

    def without_attachments(user: str, header: object, request: object) -> bytes:
        found = answer(user, header, request)
        start, end = found.find(b"<t:Attachments>"), found.find(b"</t:Attachments>")
        return found[:start] + found[end + len(b"</t:Attachments>") :] if start >= 0 else found

    exchange.put(with_attachments())
    exchange.server.answer = without_attachments  # type: ignore[method-assign, assignment]
    (message,) = exchange.inbox().fetch(9)
    assert [problem.document for problem in message.problems] == ["attachment"]


def test_a_mail_being_scanned_waits_untouched_until_its_files_are_there(exchange: Council) -> None:
    mail_id = exchange.put(with_attachments(), scanning=True, received=datetime.now(UTC))
    exchange.put(mail(2))
    inbox = exchange.inbox()
    followed = inbox.follow(9, "", set())
    inbox.claim_all(followed.messages)
    in_hand = {message.source_key for message in followed.messages}
    assert [message.raw for message in followed.messages] == [mail(2)]
    later = inbox.follow(9, followed.bookmark, in_hand)
    assert later.messages == []
    assert exchange.store.item(mail_id).change == 1, "nothing was written on it and it was not moved"
    exchange.store.finish_scan(mail_id)
    (message,) = inbox.follow(9, later.bookmark, in_hand).messages
    assert parts(message.raw) == parts(with_attachments())
    assert message.problems == ()


def test_a_scan_that_ends_unannounced_is_noticed(exchange: Council) -> None:
    """The bookmark remembers that a mail waits, so it is looked at even if the sync tells of no change."""
    mail_id = exchange.put(with_attachments(), scanning=True, received=datetime.now(UTC))
    inbox = exchange.inbox()
    bookmark = inbox.follow(9, "", set()).bookmark
    bookmark = inbox.follow(9, bookmark, set()).bookmark
    exchange.store.item(mail_id).scanning = False
    assert len(inbox.follow(9, bookmark, set()).messages) == 1


def test_a_scan_that_never_ends_goes_to_a_person(exchange: Council) -> None:
    exchange.put(with_attachments(), scanning=True, received=datetime.now(UTC) - timedelta(minutes=31))
    exchange.put(with_attachments(2), scanning=True, received=datetime.now(UTC) - timedelta(minutes=29))
    (message,) = exchange.inbox().fetch(9)
    assert "scan has not ended" in message.problems[0].reason
    assert len(exchange.inbox(scan_minutes=10).fetch(9)) == 2


def test_a_large_mail_arrives_whole_and_soon(exchange: Council) -> None:
    raw = mail(1, "\r\n".join(["A" * 76] * 260_000))
    assert len(raw) > 20_000_000
    exchange.put(raw)
    started = time.process_time()
    (message,) = exchange.inbox().fetch(9)
    assert message.raw == raw
    assert time.process_time() - started < 4, "read byte by byte, as exchangelib would, it takes ten seconds"


def test_too_large_a_mail_is_not_read_and_goes_to_a_person_and_is_settled_whole(exchange: Council) -> None:
    raw = mail(1, "line\r\n" * 500)
    exchange.put(raw)
    inbox = exchange.inbox(maximum_bytes=1000)
    (message,) = inbox.fetch(9)
    assert b"A person must open it in the mailbox" in message.raw
    assert b"\r\nSubject: Garden waste 1\r\n" in message.raw
    assert b"resident1@example.org" in message.raw
    assert b"Message-ID: <1@example.org>" in message.raw
    assert b"line\r\nline" not in message.raw
    assert ids(inbox.fetch(9)) == [message.id]
    assert not any(b"IncludeMimeContent" in body for body in bodies(exchange))
    claim(inbox, message)
    settle(inbox, message)
    assert exchange.raws("Done") == [raw]


def bodies(exchange: Council) -> list[bytes]:
    from lxml import etree

    return [etree.tostring(seen.body) for seen in exchange.server.requests]


def test_a_mail_that_grows_when_it_is_written_out_is_measured_again(exchange: Council) -> None:
    exchange.put(with_attachments())
    size = len(with_attachments())
    answer = exchange.server.answer

    def smaller(user: str, header: object, request: object) -> bytes:
        return answer(user, header, request).replace(f"<t:Size>{size}<".encode(), b"<t:Size>1<")

    exchange.server.answer = smaller  # type: ignore[method-assign, assignment]
    (message,) = exchange.inbox(maximum_bytes=size - 200).fetch(9)
    assert any(b"IncludeMimeContent" in body for body in bodies(exchange)), "it was small enough to be read"
    assert b"A person must open it in the mailbox" in message.raw
    assert b"Subject: Form 1\r\n" in message.raw


def test_a_mail_that_exchange_cannot_write_out_holds_up_nobody(exchange: Council) -> None:
    exchange.put(mail(1))
    exchange.put(mail(2))
    inbox = exchange.inbox()
    exchange.server.faults.on("GetItem", "code ErrorMimeContentConversionFailed")
    first, second = inbox.fetch(9)
    assert b"Subject: Garden waste 1\r\n" in first.raw
    assert "cannot write this mail out" in first.problems[0].reason
    assert second.raw == mail(2)


def test_a_mail_that_can_never_be_read_holds_up_nobody_and_goes_to_a_person(exchange: Council) -> None:
    """Say, a mail so large that its answer always times out, while the mailbox works well."""
    bad = exchange.put(mail(1))
    exchange.put(mail(2))
    answer = exchange.server.answer

    def failing(user: str, header: object, request: object) -> bytes:
        found = answer(user, header, request)
        if b"<t:MimeContent" in found and bad.encode() in found:
            return b"<?xml version='1.0'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>"
        return found

    exchange.server.answer = failing  # type: ignore[method-assign, assignment]
    inbox = exchange.inbox()
    bookmark, in_hand, seen = "", set[str](), list[list[bytes]]()
    for _ in range(6):
        followed = inbox.follow(9, bookmark, in_hand)
        inbox.claim_all(followed.messages)
        in_hand |= {message.source_key for message in followed.messages}
        bookmark = followed.bookmark
        seen.append([message.raw for message in followed.messages])
    assert seen[0] == [mail(2)]
    assert seen[1:4] == [[], [], []]
    assert b"Subject: Garden waste 1\r\n" in seen[4][0]
    assert seen[5] == []


def test_a_mailbox_that_gives_nothing_at_all_is_an_error_and_no_bad_mail(exchange: Council) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    exchange.server.faults.on("GetItem", *["page 500"] * 9)
    with pytest.raises(TransientError, match="500"):
        inbox.follow(9, "", set())


@pytest.mark.parametrize("kind", ["MeetingRequest", "MeetingCancellation", "PostItem", "Item"])
def test_other_kinds_of_mail_are_post_too(exchange: Council, kind: str) -> None:
    mail_id = exchange.put(mail(1), kind=kind)
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    assert message.raw == mail(1)
    claim(inbox, message)
    assert exchange.store.item(mail_id).categories == [IN_WORK]
    settle(inbox, message)
    assert exchange.raws("Done") == [mail(1)]


@pytest.mark.parametrize("kind", ["Contact", "Task", "CalendarItem", "DistributionList"])
def test_what_is_no_mail_stays_where_it_is(exchange: Council, kind: str) -> None:
    exchange.put(mail(1), kind=kind)
    assert exchange.inbox().follow(9, "", set()).messages == []
    assert exchange.items("Inbox")[0].change == 1


ODD = {
    "no header": b"\r\njust a body\r\n",
    "no body": b"Subject: x\r\n\r\n",
    "raw bytes in headers": b"Subject: \xff\xfe\r\nMessage-ID: <\xe9@x>\r\n\r\nbody\r\n",
    "no sender": b"Subject: x\r\nTo: undisclosed-recipients:;\r\n\r\nbody\r\n",
    "control characters": b"Subject: a\x01b\r\nFrom: =?utf-8?q?a=01b?= <a@x.org>\r\n\r\nbo\x00dy\r\n",
    "the same id twice": b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\nbody\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_mails_go_through_whole_or_as_a_stand_in(exchange: Council, name: str) -> None:
    exchange.put(mail(1))
    exchange.put(ODD[name])
    inbox = exchange.inbox()
    _, message = inbox.fetch(9)
    assert message.raw == ODD[name]
    assert len(exchange.inbox(maximum_bytes=1).fetch(9)) == 2
    settle(inbox, message)
    assert exchange.raws("Done") == [ODD[name]]


def test_a_mail_deleted_between_listing_and_reading_is_passed_over(exchange: Council) -> None:
    exchange.put(mail(1))
    exchange.put(mail(2))
    exchange.server.faults.on("GetItem", "code ErrorItemNotFound")
    assert [message.raw for message in exchange.inbox().fetch(9)] == [mail(2)]
    assert len(exchange.store.items(MAILBOX)) == 2
