"""Letters by SMTP against a real mail server: each sent once, or told truthfully that nobody knows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML

from connectors.letter import Letter
from connectors.smtp import SmtpSettings, SmtpTarget
from postroom.deliver import deliver_one, recover
from postroom.delivery import Attachment, State
from postroom.errors import (
    ConnectorDown,
    DeliveryUncertain,
    PostroomError,
    RefusedByTarget,
    SignInRefused,
    TransientError,
)
from postroom.ledger import owner_name
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery
from tests.postroom.samples import NOON, HandClock, extraction, itemise, open_ledger
from tests.servers.graph.certificate import certificate
from tests.servers.proxy import wire
from tests.servers.smtp import LARGEST, PASSWORD, USER, MailServer, running

SENDER = "post@council.example"
LETTER = Letter(to="office@council.example", subject="{full_name}", body="{summary}")


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with running(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture
def server(one_server: MailServer) -> MailServer:
    one_server.clear()
    return one_server


def settings(server: MailServer, **more: Any) -> SmtpSettings:
    given = {
        "kind": "smtp", "name": "letters", "host": "localhost", "port": server.starttls, "ca_file": server.ca_file,
        "user": USER, "password": SecretStr(PASSWORD), "sender": SENDER, "letter": LETTER, "timeout_seconds": 10,
    }  # fmt: skip
    return SmtpSettings(**(given | more))


def target(server: MailServer, **more: Any) -> SmtpTarget:
    return SmtpTarget(settings(server, **more))


def plain(server: MailServer) -> dict[str, Any]:
    return {"security": "none", "port": server.plain, "user": "", "password": None}


LOST: dict[str, type[PostroomError]] = {
    f"{stage} {how}": TransientError
    for how, stages in {
        "cut": ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"),
        "cut-after": ("EHLO", "AUTH", "MAIL", "RCPT"),
        "kill": ("CONNECT", "DATA"),
    }.items()
    for stage in stages
}
UNKNOWN: dict[str, type[PostroomError]] = {
    f"END {how}": DeliveryUncertain
    for how in (
        "cut", "cut-after", "kill", "kill-after", "reply hello", "reply 354 go on", "reply 999 what",
        f"reply {'5' * 9000}", f"reply 550 {'x' * 9000}",
    )
}  # fmt: skip
SILENT: dict[str, type[PostroomError]] = {
    f"{stage} silent": TransientError for stage in ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA")
} | {f"END {how}": DeliveryUncertain for how in ("silent", "silent-after", "reply 250-2.0.0 half an answer")}
ANSWERED: dict[str, type[PostroomError]] = {
    "CONNECT reply 421 4.3.2 Later": TransientError,
    "CONNECT reply 554 5.7.1 Not you": ConnectorDown,
    "CONNECT reply hello": TransientError,
    "STARTTLS reply 454 4.7.0 No": TransientError,
    "STARTTLS reply 502 5.5.1 No": ConnectorDown,
    "AUTH reply 454 4.7.0 Later": TransientError,
    "AUTH reply 535 5.7.8 No": SignInRefused,
    "MAIL reply 450 4.7.1 Later": TransientError,
    "MAIL reply 530 5.7.0 Sign in": SignInRefused,
    "MAIL reply 550 5.7.60 Not as this sender": ConnectorDown,
    "MAIL reply 552 5.3.4 Too large": RefusedByTarget,
    "RCPT reply 450 4.2.1 Greylisted": TransientError,
    "RCPT reply 421 4.3.2 Later": TransientError,
    "RCPT reply 550 5.1.1 Nobody": RefusedByTarget,
    "RCPT reply 551 5.1.6 Ada Osei <office@council.example> has moved": RefusedByTarget,
    "RCPT reply 552 5.2.2 Full": RefusedByTarget,
    "RCPT reply hello": TransientError,
    "DATA reply 451 4.3.0 Later": TransientError,
    "DATA reply 554 5.5.1 No": RefusedByTarget,
    "DATA reply 250 2.0.0 Ok": TransientError,
    "END reply 451 4.3.0 Later": TransientError,
    "END reply 421 4.3.2 Later": TransientError,
    "END reply 554 5.6.0 Not this": RefusedByTarget,
    "END reply 552 5.3.4 Too large": RefusedByTarget,
}


def text_of(letter: EmailMessage) -> str:
    """Return the text of a letter; the line end before the end of the mail is the mail's."""
    return str(letter.get_content()).replace("\r\n", "\n").removesuffix("\n")


class LetterWorld(TargetWorld):
    faults: ClassVar = LOST | UNKNOWN | ANSWERED

    def __init__(self, server: MailServer, **more: Any) -> None:
        self.server, self.more = server, more

    def target(self) -> SmtpTarget:
        return target(self.server, **self.more)

    def count(self, key: str) -> int:
        return sum(f"<{key}@council.example>" == letter["Message-ID"] for letter in self.server.letters())

    def total(self) -> int:
        return len(self.server.raws())

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        self.server.fault(name)
        yield
        self.server.fault("")
        if " kill" in name:
            self.server.start_again()


class TestSmtp(TargetContract):
    kind = "smtp"

    @pytest.fixture
    def world(self, server: MailServer) -> LetterWorld:
        return LetterWorld(server)


class TestSmtpWithoutProtection(TargetContract):
    kind = "smtp"

    @pytest.fixture
    def world(self, server: MailServer) -> LetterWorld:
        world = LetterWorld(server, **plain(server))
        world.faults = {}  # type: ignore[misc]
        return world


@pytest.mark.parametrize("fault", sorted(SILENT))
def test_a_server_that_says_nothing_more_is_waited_for_and_then_told_as_what_it_is(
    server: MailServer, fault: str
) -> None:
    world = LetterWorld(server, timeout_seconds=0.2 if SILENT[fault] is TransientError else 1.0)
    with world.fault(fault), pytest.raises(SILENT[fault]):
        world.target().deliver(delivery(1, PLAIN))
    assert world.total() == (fault in ("END silent-after",))


@pytest.mark.parametrize("fault", ["BODY cut", "BODY silent", "BODY kill"])
def test_a_connection_that_breaks_in_the_midst_of_a_letter_has_sent_none(server: MailServer, fault: str) -> None:
    """More than fits into the buffers on the way, so that the end of the letter has not left this machine."""
    world = LetterWorld(server, **plain(server), attachments=True, timeout_seconds=1)
    files = (Attachment("a.bin", "application/octet-stream", bytes(15_000_000)),)
    with world.fault(fault), pytest.raises(TransientError, match="before the letter was sent"):
        world.target().deliver(replace(delivery(1, PLAIN), attachments=files))
    assert world.total() == 0


@pytest.mark.parametrize("fault", ["QUIT cut", "QUIT cut-after", "QUIT reply 421 4.3.2 No", "QUIT reply hello"])
def test_a_letter_that_was_answered_for_is_sent_whatever_becomes_of_the_farewell(
    server: MailServer, fault: str
) -> None:
    world = LetterWorld(server)
    with world.fault(fault):
        world.target().deliver(delivery(1, PLAIN))
    assert world.total() == 1


def test_a_letter_bears_our_key_and_a_plea_to_robots_and_comes_from_the_sender(server: MailServer) -> None:
    letter = Letter(to="{email}", subject="Your request {key}", body="Dear {full_name},\n\n{summary}\n")
    one = delivery(1, {"full_name": "Zoë", "summary": "It costs £5.", "email": "ada@example.org"})
    receipt = target(server, letter=letter, sender_name="Northborough Borough Council").deliver(one)
    (sent,) = server.letters()
    assert sent["Message-ID"] == receipt.reference == f"<{one.key}@council.example>"
    assert (sent["X-From"], sent["X-To"]) == (SENDER, "ada@example.org")
    assert sent["From"] == f"Northborough Borough Council <{SENDER}>"
    assert (sent["To"], sent["Subject"]) == ("ada@example.org", f"Your request {one.key}")
    assert (sent["Auto-Submitted"], sent["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert sent["Date"].datetime.tzinfo is not None
    assert text_of(sent).rstrip() == "Dear Zoë,\n\nIt costs £5."
    assert "localhost" in receipt.location


def test_a_letter_sent_again_bears_the_same_id(server: MailServer) -> None:
    world, one = LetterWorld(server), delivery(1, PLAIN)
    with world.fault("END cut-after"), pytest.raises(DeliveryUncertain, match="Message-ID"):
        world.target().deliver(one)
    world.target().deliver(one)
    assert world.count(one.key) == 2


BODIES = [
    ".",
    "..\n.\nend",
    "one\r\n.\r\ntwo",
    "From here on\n",
    "x" * 5000,
    "é" * 3000,
    "a\rb",
    "end \t\n",
    "a\u2028b",
    "",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_every_text_arrives_as_it_was_and_no_line_is_too_long(server: MailServer, body: str) -> None:
    target(server, **plain(server)).deliver(delivery(1, {"full_name": "x", "summary": body}))
    (sent,) = server.letters()
    assert text_of(sent).rstrip("\n") == re.sub("\r\n?", "\n", body).rstrip("\n")
    (raw,) = server.raws()
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(b"\r" in line or b"\n" in line for line in lines)


SUBJECTS = [
    "x\r\nBcc: eve@example.net", "x\n\nA second body", "=?utf-8?q?x=0d=0aBcc=3a_eve=40example.net?=",
    "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLm5ldA==?=", "y" * 3000, "é" * 900, "one; two, " * 200, "\u2028Bcc: z", "",
]  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
def test_no_subject_begins_another_header(server: MailServer, subject: str) -> None:
    target(server, **plain(server)).deliver(delivery(1, {"full_name": subject, "summary": "body"}))
    (sent,), (raw,) = server.letters(), server.raws()
    assert sorted(name.lower() for name in sent) == sorted((
        "x-from", "x-to", "content-type", "mime-version", "content-transfer-encoding", "from", "to", "subject", "date",
        "message-id", "auto-submitted", "x-auto-response-suppress",
    ))  # fmt: skip
    assert sent["X-To"] == "office@council.example"
    assert text_of(sent) == "body"
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    if "=?" not in subject:
        assert sent["Subject"] == " ".join(subject.split())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "Ada"}, "single address"),
        ({"email": "a@b.org\r\nRCPT TO:<eve@example.net>"}, "single address"),
        ({"email": "a@b.org>\r\nBcc:eve@example.net"}, "single address"),
        ({"email": "zoë@example.org"}, "no address that every mail server takes"),
        ({"email": "ada@exämple.org"}, "no address that every mail server takes"),
        ({"email": "a(b)@example.org"}, "no address that every mail server takes"),
        ({"email": '"a@b"@example.org'}, "no address that every mail server takes"),
        ({"email": "a@b@example.org"}, "no address that every mail server takes"),
        ({"email": f"a@{'b' * 250}.org"}, "no address that every mail server takes"),
        ({"email": "a@b.org", "summary": "a\x07b"}, "`body` holds a character"),
        ({"email": "a@b.org", "summary": "a\ud800b"}, "`body` holds a character"),
        ({"email": "a@b.org", "topic": "a\x00b"}, "`subject` holds a character"),
    ],
)
def test_a_letter_that_cannot_be_written_is_refused_before_anything_is_sent(
    server: MailServer, fields: dict[str, str], words: str
) -> None:
    letters = target(server, letter=Letter(to="{email}", subject="{topic}", body="{summary}"), port=1)
    with pytest.raises(RefusedByTarget, match=words) as raised:
        letters.deliver(delivery(1, fields))
    assert fields["email"] not in str(raised.value)


def test_files_are_sent_along_where_the_settings_say_so_and_else_not(server: MailServer) -> None:
    files = (
        Attachment("Zoë's bill\r\nBcc: eve@example.net.pdf", "application/pdf", bytes(range(256)) * 9),
        Attachment("../../etc/passwd", "text/plain; charset=x\r\nX: y", b".\r\n.\n"),
        Attachment("n" * 300 + ".eml", "message/rfc822", b"From: eve\n\n."),
        Attachment("", "image/png", b""),
    )
    one = replace(delivery(1, PLAIN), attachments=files)
    target(server, attachments=True).deliver(one)
    target(server).deliver(replace(one, key="PR-OTHER"))
    with_files, without = server.letters()
    assert [part.get_content() for part in with_files.iter_attachments()] == [
        files[0].content, files[1].content, files[2].content, files[3].content,
    ]  # fmt: skip
    assert [part.get_filename() for part in with_files.iter_attachments()] == [
        "Zoë's bill Bcc: eve@example.net.pdf", "passwd", "n" * 56 + ".eml", "document",
    ]  # fmt: skip
    assert [part.get_content_type() for part in with_files.iter_attachments()] == [
        "application/pdf", "application/octet-stream", "application/octet-stream", "image/png",
    ]  # fmt: skip
    assert "Bcc" not in with_files
    assert not without.is_multipart()
    assert max(len(line) for line in server.raws()[0].split(b"\r\n")) <= 998


def test_a_letter_larger_than_the_server_says_is_refused_before_it_is_sent(server: MailServer) -> None:
    server.fault("MAIL cut")
    one = replace(delivery(1, PLAIN), attachments=(Attachment("a.pdf", "application/pdf", b"x" * LARGEST),))
    with pytest.raises(RefusedByTarget, match=r"the letter has 0\.4 MB.* takes 0\.3 MB.*without its files"):
        target(server, attachments=True).deliver(one)


@pytest.mark.parametrize(
    ("given", "is_set"),
    [
        ("<CAF=x+1.y@mail.example.org>", True),
        (" <LO2P265MB1234C0A@LO2P265MB1234.GBRP265.PROD.OUTLOOK.COM>\n", True),
        ("<a@[127.0.0.1]>", True),
        ("", False),
        ("a@example.org", False),
        ("<a b@example.org>", False),
        ("<a@example.org> <b@example.org>", False),
        ("<a@example.org>\r\nBcc: eve@example.net", False),
        ("<a,b@example.org>", False),
        ("<é@example.org>", False),
        (f"<{'a' * 300}@example.org>", False),
        ("<@>", False),
    ],
)
def test_an_answer_says_which_mail_it_answers_if_that_is_an_id(server: MailServer, given: str, is_set: bool) -> None:
    letter = Letter(to="{to}", subject="{subject}", body="{body}")
    fields = {"to": "ada@example.org", "subject": "We need your proof", "body": "Please send it.", "in_reply_to": given}
    target(server, **plain(server), letter=letter).deliver(delivery(1, fields))
    (sent,) = server.letters()
    expected = given.strip() if is_set else None
    assert sent["In-Reply-To"] == sent["References"] == expected
    assert sent["Auto-Submitted"] == ("auto-replied" if is_set else "auto-generated")
    assert "Bcc" not in sent


def test_a_certificate_that_nobody_vouches_for_is_refused(server: MailServer, tmp_path: Path) -> None:
    other, _ = certificate(tmp_path / "other.pem")
    for more in ({}, {"security": "tls", "port": server.tls}):
        for ca_file in (None, other):
            with pytest.raises(ConnectorDown, match=r"certificate .* is not trusted"):
                target(server, ca_file=ca_file, **more).deliver(delivery(1, PLAIN))
    assert server.raws() == []


def test_a_certificate_in_another_name_is_refused(server: MailServer) -> None:
    for more in ({}, {"security": "tls", "port": server.tls}):
        with pytest.raises(ConnectorDown, match=r"certificate .* is not trusted"):
            target(server, host="127.1", **more).check()


def test_tls_from_the_first_byte(server: MailServer) -> None:
    letters = target(server, security="tls", port=server.tls)
    letters.deliver(delivery(1, PLAIN))
    assert len(server.raws()) == 1
    assert "TLSv1." in letters.check()[0]


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"ca_file": Path("nowhere.pem")}, ConnectorDown, "Correct `ca_file`"),
        ({"password": SecretStr("wrong")}, SignInRefused, "refused the sign-in .535"),
        ({"user": "", "password": None}, SignInRefused, "refused the sign-in .530"),
        ({"host": "nowhere.invalid"}, TransientError, "cannot be reached"),
        ({"port": 1}, TransientError, "cannot be reached"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told_with_its_remedy(
    server: MailServer, more: dict[str, Any], error: type[PostroomError], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        target(server, **more).deliver(delivery(1, PLAIN))
    assert PASSWORD not in str(raised.value)
    assert "Ada" not in str(raised.value)
    assert server.raws() == []


def test_a_server_without_starttls_gets_neither_password_nor_letter(server: MailServer) -> None:
    with wire(server.plain) as seen:
        letters = target(server, port=seen.port)
        with pytest.raises(ConnectorDown, match="does not offer") as raised:
            letters.deliver(delivery(1, PLAIN))
    assert "STARTTLS" in str(raised.value)
    assert seen.requests.split()[0] == b"ehlo"
    assert b"AUTH" not in seen.requests.upper()
    assert b"MAIL" not in seen.requests.upper()


def test_a_starttls_that_somebody_takes_out_on_the_way_is_not_done_without(server: MailServer) -> None:
    with wire(server.starttls) as seen:
        seen.replies = lambda data: data.replace(b"250-STARTTLS\r\n", b"")
        letters = target(server, port=seen.port)
        with pytest.raises(ConnectorDown, match="STARTTLS"):
            letters.deliver(delivery(1, PLAIN))
    assert b"AUTH" not in seen.requests.upper()


def test_tls_where_none_is_spoken_is_told_as_a_wrong_setting(server: MailServer) -> None:
    with pytest.raises(ConnectorDown, match="does not speak TLS"):
        target(server, security="tls", port=server.starttls).check()


@pytest.mark.parametrize("offered", [b"LOGIN", b"PLAIN"])
def test_the_password_is_tried_once(server: MailServer, offered: bytes) -> None:
    """Three methods tried with one wrong password can lock an account."""
    more = {"security": "none", "password": SecretStr("wrong")}
    with wire(server.plain) as seen:
        seen.replies = lambda data: data.replace(b"AUTH LOGIN PLAIN", b"AUTH CRAM-MD5 " + offered)
        with pytest.raises(SignInRefused):
            target(server, **more | {"port": seen.port}).check()
    assert seen.requests.upper().count(b"AUTH ") == 1


def test_check_connects_and_signs_in_and_sends_nothing(server: MailServer) -> None:
    found = target(server).check()
    assert re.search(r"localhost:\d+ answers with TLSv1\.\d; no letter was sent\.", found[0])
    assert found[1:] == [f"{USER} can sign in.", "Letters may have up to 0.3 MB with their files."]
    assert target(server, **plain(server)).check()[0].endswith("answers with no TLS; no letter was sent.")
    server.fault("NOOP reply 421 4.3.2 Later")
    with pytest.raises(TransientError, match=r"421 4\.3\.2"):
        target(server).check()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"security": "none", "host": "mail.council.example"}, "only to this very machine"),
        ({"password": None}, "together"),
        ({"user": ""}, "together"),
        ({"sender": "post@council.example\r\nBcc: x"}, "sender"),
        ({"sender": "Post <post@council.example>"}, "sender"),
        ({"sender_name": "x\r\nBcc: eve@example.net"}, "sender_name"),
    ],
)
def test_unsafe_settings_are_refused(server: MailServer, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings(server, **more)


def test_ports_go_by_the_protection(server: MailServer) -> None:
    ports = {way: settings(server, security=way, port=None).server_port for way in ("starttls", "tls", "none")}
    assert ports == {"starttls": 587, "tls": 465, "none": 25}


def test_the_examples_in_the_documents_are_sound() -> None:
    page = (Path(__file__).parents[2] / "docs" / "letters.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    entries = [entry for block in blocks for entry in YAML(typ="safe").load(block).get("targets", ())]
    assert len(entries) > 1
    for entry in entries:
        assert SmtpSettings(**entry | {"password": "canary"}).server_port == 587


def deliver_from(folder: Path, port: int) -> None:
    """What a worker does with the one delivery of a ledger."""
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", folder, HandClock(NOON))
    (one,) = ledger.deliveries()
    given = {"kind": "smtp", "name": one.target, "host": "localhost", "port": port, "security": "none"}
    deliver_one(ledger, one.id, SmtpTarget(SmtpSettings(**given, sender=SENDER, letter=CONSTANT)), owner_name())
    ledger.close()


CONSTANT = Letter(to="office@council.example", subject="A letter", body="Its words.")


@pytest.mark.parametrize(("stage", "kept"), [("END silent", 0), ("END silent-after", 1)])
def test_a_worker_that_is_killed_while_the_answer_is_out_leaves_a_question_to_a_person(
    server: MailServer, tmp_path: Path, stage: str, kept: int
) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, HandClock(NOON))
    itemise(ledger, 1, extraction())
    program = "import sys; from pathlib import Path; from tests.connectors.test_smtp import deliver_from;"
    command = [sys.executable, "-c", f"{program} deliver_from(Path(sys.argv[1]), int(sys.argv[2]))"]
    server.fault(stage)
    with wire(server.plain) as seen:
        worker = subprocess.Popen([*command, str(tmp_path), str(seen.port)], cwd=Path(__file__).parents[2])
        until = time.monotonic() + 30
        while not seen.requests.endswith(b"\r\n.\r\n") and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.2)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    server.fault("")
    target_again = target(server, **plain(server), letter=CONSTANT)
    (one,) = ledger.deliveries()
    assert recover(ledger, {one.target: target_again}, owner_name()) == 1
    assert deliver_one(ledger, one.id, target_again, owner_name()) is State.HUMAN
    assert len(server.raws()) == kept
    ledger.close()
