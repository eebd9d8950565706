"""The stand-in itself: what it says is what Exchange would say, as far as Microsoft's schemas can tell."""

from __future__ import annotations

import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from connectors.exchange import ExchangeInbox, ExchangeSettings, calls
from connectors.exchange.errors import Refusal
from tests.contracts.inbox import mail
from tests.servers.exchange.council import MAILBOX, PASSWORD, USER, Council, council
from tests.servers.exchange.mime import attached, written_anew
from tests.servers.exchange.schema import schema
from tests.servers.exchange.xml import MESSAGES, TYPES, M, T
from tests.servers.schemas import MISSING

SCHEMA = schema()
with_schema = pytest.mark.skipif(SCHEMA is None, reason=MISSING)


@pytest.fixture
def exchange() -> Iterator[Council]:
    with council() as found:
        yield found


@with_schema
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (f'<m:GetItem xmlns:m="{MESSAGES}"/>', "Missing child"),
        (f'<m:GetItm xmlns:m="{MESSAGES}"/>', "No matching global"),
        (
            f'<m:FindItem xmlns:m="{MESSAGES}" xmlns:t="{TYPES}" Traversal="Wide"><m:ItemShape><t:BaseShape>IdOnly'
            '</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:FolderId Id="x"/></m:ParentFolderIds></m:FindItem>',
            "Traversal",
        ),
        (
            f'<m:SendItem xmlns:m="{MESSAGES}" xmlns:t="{TYPES}" SaveItemToFolder="true"><m:SavedItemFolderId>'
            '<t:FolderId Id="x"/></m:SavedItemFolderId><m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:SendItem>',
            "not expected",
        ),
    ],
)
def test_a_wrong_request_does_not_pass_the_schema(wrong: str, words: str) -> None:
    assert SCHEMA is not None
    assert words in " ".join(SCHEMA.violations(etree.fromstring(wrong)))


@with_schema
def test_a_wrong_word_over_the_wire_is_noted_for_the_test_to_fail(exchange: Council) -> None:
    session = exchange.inbox()._open().session
    request = calls.get_folder("inbox", MAILBOX)
    request.append(etree.Element(f"{{{MESSAGES}}}Invented"))
    session.one(request)
    assert any("Invented" in one for one in exchange.server.violations)
    exchange.server.violations.clear()


@with_schema
def test_the_headers_of_requests_are_judged_too(exchange: Council) -> None:
    exchange.inbox(access="impersonation").fetch(1)
    names = {etree.QName(part).localname for seen in exchange.server.requests for part in seen.header}
    assert {"RequestServerVersion", "ExchangeImpersonation", "TimeZoneContext"} <= names


def test_boundaries_differ_at_each_request_and_the_parts_do_not() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="a-b"\r\n\r\n--a-b\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
        b"--a-b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\nPDF\r\n"
        b"--a-b--\r\n"
    )
    assert written_anew(raw) != written_anew(raw) != raw
    assert attached(written_anew(raw)) == attached(raw)
    assert [one.name for one in attached(raw)] == ["x.pdf"]


def test_an_id_is_gone_for_good_once_its_mail_moved(exchange: Council) -> None:
    first = exchange.put(mail(1))
    second = exchange.store.staff_move(first, "Team")
    third = exchange.store.staff_move(second, "Inbox")
    assert len({first, second, third}) == 3
    box = exchange.inbox()._open()
    assert list(box.look([first, second, third])) == [third]


def test_attachments_are_handed_out_one_by_one(exchange: Council) -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="a-b"\r\n\r\n--a-b\r\nContent-Type: application/pdf\r\n'
        b"Content-Disposition: attachment; filename=x.pdf\r\n\r\nPDF\r\n--a-b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Subject: Inside\r\n\r\nwords\r\n--a-b--\r\n"
    )
    session, mail_id = exchange.inbox()._open().session, exchange.put(raw)
    item = session.one(calls.get_item(mail_id, "item:Attachments"))
    ids = [one.get("Id") for one in calls.every(item, "m:Items/*/t:Attachments/*/t:AttachmentId")]
    request = M.GetAttachment(M.AttachmentIds(*(T.AttachmentId(Id=one) for one in ids)))
    file, inner = session.ask(request)
    assert b64decode(calls.text_at(file, "m:Attachments/t:FileAttachment/t:Content")) == b"PDF"
    assert b"Subject: Inside" in b64decode(
        calls.text_at(inner, "m:Attachments/t:ItemAttachment/t:Message/t:MimeContent")
    )


def test_mails_are_found_by_their_message_id(exchange: Council) -> None:
    for number in (1, 2, 2):
        exchange.put(mail(number))
    box = exchange.inbox()._open()
    wanted = T.FieldURIOrConstant(T.Constant(Value="<2@example.org>"))
    condition = T.IsEqualTo(T.FieldURI(FieldURI="message:InternetMessageId"), wanted)
    answer = box.session.one(calls.find_items([box.folder("Inbox")], 0, 9, condition))
    assert len(calls.every(answer, "m:RootFolder/t:Items/*")) == 2


def test_a_listing_does_not_give_what_exchange_gives_only_at_a_look(exchange: Council) -> None:
    box = exchange.inbox()._open()
    request = calls.find_items([box.folder("Inbox")], 0, 9)
    calls.every(request, "m:ItemShape/t:AdditionalProperties")[0].append(T.FieldURI(FieldURI="item:Body"))
    with pytest.raises(Refusal, match="ErrorInvalidPropertyRequest"):
        box.session.one(request, seen=("ErrorInvalidPropertyRequest",))


def test_a_change_key_is_good_for_one_state(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    before = exchange.store.item(mail_id).change_key
    exchange.store.staff_read(mail_id)
    assert exchange.store.item(mail_id).change_key != before


def test_it_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(mail(1))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.servers.exchange", "--port", str(port), "--mails", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as program:
        assert program.stdout is not None
        address, mailbox, user, password = program.stdout.readline().split()
        settings = {"kind": "exchange", "name": "m", "address": address, "mailbox": mailbox, "username": user}
        inbox = ExchangeInbox(ExchangeSettings(**settings, password=password, auth_type="basic"))
        try:
            assert [message.raw for message in inbox.fetch(9)] == [mail(1)]
            assert password != PASSWORD
            assert user == USER
        finally:
            inbox.close()
            program.terminate()
