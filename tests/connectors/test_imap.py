from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from connectors.imap import ImapInbox, ImapSettings, OAuthClient
from connectors.imap.inbox import Place
from postroom.errors import ConnectorDown, SignInRefused, TransientError
from postroom.message import Inbox
from tests.contracts.inbox import HELD, InboxContract, InboxWorld, claim, ids, mail, settle
from tests.servers import dovecot
from tests.servers.dovecot import PASSWORD, Dovecot, Mailbox
from tests.servers.proxy import Wire, wire

FOLDER = "Post für Ämter & more"
ENCODED = "Post f&APw-r &AMQ-mter &- more"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.running() as started:
        yield started


class ImapWorld(InboxWorld):
    folder, encoded = "INBOX", "INBOX"

    def __init__(self, mailbox: Mailbox, line: Wire) -> None:
        self.mailbox, self.wire = mailbox, line
        self.opened: list[ImapInbox] = []

    def inbox(self) -> Inbox:
        return self.open()

    def open(self, **more: Any) -> ImapInbox:
        given: dict[str, Any] = {
            "kind": "imap", "name": "mailroom", "host": "127.0.0.1", "port": self.wire.port, "security": "none",
            "user": self.mailbox.user, "password": SecretStr(PASSWORD), "folder": self.folder, "timeout_seconds": 20,
        }  # fmt: skip
        self.opened.append(ImapInbox(ImapSettings(**(given | more))))
        return self.opened[-1]

    def put(self, raw: bytes) -> None:
        self.mailbox.put(raw, self.encoded)

    def take_away(self, raw: bytes) -> None:
        number = self.mailbox.mails(self.encoded).index(raw) + 1
        client = self.mailbox.staff(self.encoded)
        client.store(str(number), "+FLAGS", r"(\Deleted)")
        client.expunge()

    def everything(self) -> list[bytes]:
        return sorted(raw for folder in self.mailbox.folders() for raw in self.mailbox.mails(folder))

    def held(self) -> list[bytes]:
        return sorted(self.mailbox.mails("Held"))


@contextmanager
def opened(server: Dovecot, kind: type[ImapWorld]) -> Iterator[ImapWorld]:
    with server.mailbox() as mailbox, wire(server.port) as line:
        world = kind(mailbox, line)
        yield world
        for inbox in world.opened:
            inbox.close()


@pytest.fixture
def world(server: Dovecot) -> Iterator[ImapWorld]:
    with opened(server, ImapWorld) as world:
        yield world


class ImapFaults(ImapWorld):
    """Each fault comes upon an inbox that is already signed in, and goes again."""

    faults: ClassVar = {"refused": ConnectorDown, "cut": TransientError}

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        if name == "refused":
            self.wire.refuse = True
            self.wire.cut()
        else:
            self.wire.cut_when = lambda data: b"SELECT" in data
        try:
            yield
        finally:
            self.wire.refuse = False
            self.wire.cut_when = lambda data: False


class TestImapInbox(InboxContract):
    kind = "imap"

    @pytest.fixture
    def world(self, server: Dovecot) -> Iterator[ImapWorld]:
        with opened(server, ImapFaults) as world:
            yield world


class TestImapInboxInAnotherFolder(InboxContract):
    kind = "imap"

    @pytest.fixture
    def world(self, server: Dovecot) -> Iterator[ImapWorld]:
        with opened(server, ImapWorld) as world:
            world.folder, world.encoded = FOLDER, ENCODED
            world.mailbox.staff(ENCODED)
            yield world


class ImapPoor(ImapWorld):
    """A server without keywords, MOVE and UIDPLUS."""

    def __init__(self, mailbox: Mailbox, line: Wire) -> None:
        super().__init__(mailbox, line)
        line.replies = poorer

    def everything(self) -> list[bytes]:
        # Without UIDPLUS a moved mail stays behind, marked as deleted, until staff empty the folder.
        for folder in self.mailbox.folders():
            self.mailbox.staff(folder).expunge()
        return super().everything()


def poorer(data: bytes) -> bytes:
    for gone in (rb" \*", b" $PostroomClaimed", b" MOVE", b" UIDPLUS"):
        data = data.replace(gone, b"")
    return data


class TestImapInboxOfAPoorServer(InboxContract):
    kind = "imap"

    @pytest.fixture
    def world(self, server: Dovecot) -> Iterator[ImapWorld]:
        with opened(server, ImapPoor) as world:
            yield world


def test_a_poor_server_gets_no_expunge_and_no_keyword(server: Dovecot) -> None:
    with opened(server, ImapPoor) as world:
        world.put(mail(1))
        inbox = world.inbox()
        (message,) = inbox.fetch(9)
        claim(inbox, message)
        assert world.mailbox.mails("Claimed") == [mail(1)]
        settle(inbox, message)
        assert world.mailbox.mails("Done") == [mail(1)]
        assert b"EXPUNGE" not in world.wire.requests
        assert b"KEYWORD" not in world.wire.requests
        assert b"STORE" in world.wire.requests


def test_nothing_is_marked_as_read_and_the_claim_is_a_keyword(world: ImapWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    assert world.mailbox.flags() == [""]
    claim(inbox, message)
    assert world.mailbox.flags() == ["$PostroomClaimed"]
    settle(inbox, message)
    assert world.mailbox.folders() == ["Done", "INBOX"]


def test_what_staff_marked_as_deleted_is_neither_fetched_nor_purged(world: ImapWorld) -> None:
    world.mailbox.put(mail(1), flags=r"(\Deleted)")
    world.put(mail(2))
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    settle(inbox, message)
    assert world.everything() == sorted([mail(1), mail(2)])


def test_the_time_of_arrival_is_the_servers(world: ImapWorld) -> None:
    world.mailbox.put(mail(1), arrived='" 5-Sep-2026 23:30:00 +0100"')
    assert world.inbox().fetch(9)[0].received_at == datetime(2026, 9, 5, 22, 30, tzinfo=UTC)


def number_anew(world: ImapWorld) -> None:
    """Give the folder's mails new numbers under a new UIDVALIDITY, as a move to another server does."""
    client = world.mailbox.staff("Anew")
    client.select(world.encoded)
    client.uid("MOVE", "1:*", "Anew")
    client.select("INBOX")
    client.delete(world.encoded)
    client.rename("Anew", world.encoded)


@pytest.fixture
def post(world: ImapWorld) -> ImapWorld:
    world.folder = world.encoded = "Post"
    return world


def test_claimed_mail_is_found_under_new_numbers(post: ImapWorld) -> None:
    for number in (1, 2, 3):
        post.put(mail(number))
    inbox = post.inbox()
    first, second, _ = inbox.fetch(9)
    claim(inbox, first)
    claim(inbox, second)
    number_anew(post)
    settle(inbox, second, HELD)
    settle(inbox, second, HELD)
    settle(post.inbox(), first)
    settle(post.inbox(), first)
    assert post.held() == [mail(2)]
    assert post.mailbox.mails("Done") == [mail(1)]
    assert post.mailbox.mails("Post") == [mail(3)]


def test_unclaimed_mail_is_claimed_and_settled_under_new_numbers(post: ImapWorld) -> None:
    post.put(mail(1))
    post.put(mail(2))
    inbox = post.inbox()
    first, second = inbox.fetch(9)
    number_anew(post)
    claim(inbox, first)
    assert [message.raw for message in inbox.fetch(9)] == [mail(2)]
    settle(inbox, first)
    settle(inbox, second)
    assert post.mailbox.mails("Done") == [mail(1), mail(2)]


def test_a_twin_not_yet_taken_in_is_left_under_new_numbers(post: ImapWorld) -> None:
    post.put(mail(1))
    inbox = post.inbox()
    (first,) = inbox.fetch(9)
    claim(inbox, first)
    settle(inbox, first)
    post.put(mail(1))
    number_anew(post)
    settle(inbox, first)
    assert [message.raw for message in inbox.fetch(9)] == [mail(1)]


def test_a_mail_of_the_same_id_but_other_bytes_is_another(post: ImapWorld) -> None:
    post.put(mail(1, "The first."))
    inbox = post.inbox()
    (first,) = inbox.fetch(9)
    post.take_away(first.raw)
    post.put(mail(1, "Another with the id of the first."))
    number_anew(post)
    claim(inbox, first)
    settle(inbox, first)
    assert len(inbox.fetch(9)) == 1


def test_mail_that_staff_moved_out_and_back_is_still_settled(world: ImapWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    client = world.mailbox.staff("Team")
    client.select("INBOX")
    client.uid("MOVE", "1:*", "Team")
    client.select("Team")
    client.uid("MOVE", "1:*", "INBOX")
    assert inbox.fetch(9) == []
    settle(inbox, message)
    assert world.mailbox.mails("Done") == [mail(1)]


def test_two_workers_at_once(world: ImapWorld) -> None:
    for number in range(12):
        world.put(mail(number))
    failures: list[BaseException] = []
    ready = threading.Barrier(2)

    def work(part: int) -> None:
        try:
            inbox = world.inbox()
            messages = inbox.fetch(12)
            ready.wait()
            for message in messages:
                claim(inbox, message)
            # The ledger's lease gives each message to one worker; claims alone may meet.
            for message in messages[part::2]:
                settle(inbox, message)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(part,)) for part in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert world.everything() == sorted(mail(number) for number in range(12))
    assert len(world.mailbox.mails("Done")) == 12


def test_a_large_mail_arrives_whole(world: ImapWorld) -> None:
    raw = mail(1, "\r\n".join(["A" * 76] * 260_000))
    assert len(raw) > 20_000_000
    world.put(raw)
    started = time.monotonic()
    (message,) = world.inbox().fetch(9)
    assert message.raw == raw
    assert time.monotonic() - started < 10


def test_too_large_a_mail_goes_to_a_person_and_is_settled_whole(world: ImapWorld) -> None:
    raw = mail(1, "line\r\n" * 500)
    world.put(raw)
    inbox = world.open(maximum_bytes=1000)
    (message,) = inbox.fetch(9)
    assert b"A person must open it in the mailbox" in message.raw
    assert b"Subject: Garden waste 1\r\n" in message.raw
    assert b"not-taken-in.bin" in message.raw
    assert b"line\r\nline" not in message.raw
    assert ids(inbox.fetch(9)) == [message.id]
    claim(inbox, message)
    settle(inbox, message)
    assert world.mailbox.mails("Done") == [raw]


ODD = {
    "no header": b"\r\njust a body\r\n",
    "no body": b"Subject: x\r\n\r\n",
    "no id": b"From: a@example.org\r\nSubject: x\r\n\r\nbody\r\n",
    "raw bytes in headers": b"Subject: \xff\xfe\r\nMessage-ID: <\xe9@x>\r\n\r\nbody\r\n",
    "quotes in the id": b'Message-ID: <a"b\\c; d@x>\r\n\r\nbody\r\n',
    "semicolons in the id": b"Message-ID: <a;<b;1;2@x>\r\n\r\nbody\r\n",
    "a very long id": b"Message-ID: <" + b"a" * 5000 + b"@x>\r\n\r\nbody\r\n",
    "a folded id": b"Message-ID:\r\n <folded@x>\r\n\r\nbody\r\n",
    "two ids": b"Message-ID: <one@x>\r\nMessage-ID: <two@x>\r\n\r\nbody\r\n",
    "an empty return path": b"Return-Path: <>\r\nReply-To: <>\r\n\r\nbody\r\n",
    "literal-like text": b"Subject: {12}\r\n\r\n* OK\r\nA001 BAD )\r\n{5}\r\n",
    "bare line ends": b"Subject: x\r\n\r\n" + b"\r\n" * 50,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_mails_go_through_and_are_found_again(post: ImapWorld, name: str) -> None:
    post.put(ODD[name])
    inbox = post.inbox()
    (message,) = inbox.fetch(9)
    assert message.raw == ODD[name]
    claim(inbox, message)
    number_anew(post)
    settle(inbox, message)
    assert post.mailbox.mails("Done") == [ODD[name]]


def test_places_read_back_as_written() -> None:
    for place in (Place("INBOX", 1, 2, "<a@x>"), Place("A;B;1", 1, 2, ""), Place("A", 1, 2, "<a;<b;1;2@x>")):
        assert Place.parse(str(place)) == place
    with pytest.raises(ConnectorDown, match="names no mail"):
        Place.parse("scan.pdf#0123")


def test_a_connection_the_server_closed_is_opened_again(world: ImapWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    world.wire.cut()
    claim(inbox, message)
    world.wire.cut()
    settle(inbox, message)
    assert world.mailbox.mails("Done") == [mail(1)]


def test_a_server_that_falls_silent_is_tried_again_later(world: ImapWorld) -> None:
    inbox = world.open(timeout_seconds=0.5)
    world.wire.replies = lambda data: b"" if b"[READ-WRITE]" in data else data
    with pytest.raises(TransientError, match="no answer in time"):
        inbox.fetch(9)
    world.wire.replies = lambda data: data
    world.put(mail(1))
    assert len(inbox.fetch(9)) == 1


def test_a_wrong_password_is_refused_and_not_shown(world: ImapWorld) -> None:
    with pytest.raises(SignInRefused, match="mailroom") as raised:
        world.open(password=SecretStr("wrong-canary")).fetch(9)
    assert "canary" not in str(raised.value)


def test_an_absent_folder_is_told(world: ImapWorld) -> None:
    with pytest.raises(ConnectorDown, match="folder cannot be opened"):
        world.open(folder="Absent").fetch(9)


def test_a_server_that_is_not_there(world: ImapWorld) -> None:
    world.wire.close()
    with pytest.raises(ConnectorDown, match="cannot be reached"):
        world.inbox().check()


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_encrypted_with_the_councils_own_authority(server: Dovecot, security: Any) -> None:
    where = {"host": "localhost", "port": server.tls_port if security == "ssl" else server.port, "security": security}
    given: dict[str, Any] = {"kind": "imap", "name": "mailroom", "password": SecretStr(PASSWORD), **where}
    with server.mailbox() as mailbox:
        mailbox.put(mail(1))
        given["user"] = mailbox.user
    inbox = ImapInbox(ImapSettings(**given, ca_file=server.base / "server.pem"))
    assert len(inbox.fetch(9)) == 1
    inbox.close()
    with pytest.raises(ConnectorDown, match="certificate"):
        ImapInbox(ImapSettings(**given)).fetch(9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"security": "none", "host": "mail.council.example"}, "in clear"),
        ({"password": None}, "either"),
        ({"done_folder": "INBOX"}, "different"),
    ],
)
def test_settings_that_would_do_harm_are_refused(change: dict[str, Any], message: str) -> None:
    given = {"kind": "imap", "name": "m", "host": "localhost", "user": "u", "password": SecretStr("p")}
    with pytest.raises(ValueError, match=message):
        ImapSettings(**(given | change))


class Tokens(BaseHTTPRequestHandler):
    """Gives out tokens, and tells Dovecot which are good."""

    given: ClassVar[list[str]] = []
    user: ClassVar[str]

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "client_secret=right" in form:
            self.given.append(f"token-{len(self.given)}")
            self.answer(200, {"access_token": self.given[-1], "expires_in": 3600})
        else:
            self.answer(401, {"error": "invalid_client"})

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "").split()[-1]
        self.answer(200, {"active": "true" if token in self.given else "false", "username": self.user})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return


def test_signing_in_with_oauth(tmp_path: Path) -> None:
    tokens = HTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=tokens.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{tokens.server_port}/token"
    introspection = (
        f"introspection_mode = auth\nintrospection_url = {address}\nusername_attribute = username\n"
        "active_attribute = active\nactive_value = true\n"
    )
    passdb = "passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {base}/oauth2.ext\n}\n"
    with dovecot.running(passdb, " xoauth2", {"oauth2.ext": introspection}) as server:
        with server.mailbox() as mailbox:
            Tokens.user = mailbox.user
            mailbox.put(mail(1))

        def inbox(secret: str) -> ImapInbox:
            client = OAuthClient(token_url=address, client_id="postroom", client_secret=SecretStr(secret))
            where = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": Tokens.user}
            return ImapInbox(ImapSettings(kind="imap", name="mailroom", **where, oauth=client))

        opened = inbox("right")
        assert len(opened.fetch(9)) == 1
        opened.close()
        assert len(opened.fetch(9)) == 1
        assert len(Tokens.given) == 1, "a token is used until it expires"
        opened.close()
        with pytest.raises(SignInRefused, match="refuses app registration"):
            inbox("wrong").fetch(9)
        Tokens.given.clear()
        with pytest.raises(SignInRefused):
            ImapInbox(opened._settings, lambda: "stale").fetch(9)
    tokens.shutdown()
