"""How the connector signs in, waits, names faults, checks rights, and keeps quiet about the post."""

from __future__ import annotations

import io
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.exchange import ExchangeSettings
from postroom.errors import ConnectorDown, SignInRefused, TransientError
from tests.contracts.inbox import claim, mail, settle
from tests.servers.exchange.council import MAILBOX, OUTSIDE, PASSWORD, USER, Council, council

ROOT = Path(__file__).parents[2]


@pytest.fixture
def exchange() -> Iterator[Council]:
    with council() as found:
        yield found


def test_ntlm_signs_in_and_keeps_its_connection(exchange: Council) -> None:
    exchange.put(mail(1))
    with exchange.server.ntlm.offering():
        inbox = exchange.inbox(auth_type="ntlm")
        (message,) = inbox.fetch(9)
        claim(inbox, message)
        settle(inbox, message)
        assert {seen.user for seen in exchange.server.requests} == {USER}
        with pytest.raises(SignInRefused, match="mailroom") as raised:
            exchange.inbox(auth_type="ntlm", password=SecretStr("wrong-canary")).fetch(9)
    assert "canary" not in str(raised.value)
    assert exchange.raws("Done") == [mail(1)]


def test_a_wrong_password_is_refused_and_not_shown(exchange: Council) -> None:
    with pytest.raises(SignInRefused, match="refused the sign-in") as raised:
        exchange.inbox(password=SecretStr("wrong-canary")).fetch(9)
    assert "canary" not in str(raised.value)
    assert "auth_type" in raised.value.hint


def test_every_request_says_for_whom_by_impersonation_and_none_by_delegate_access(exchange: Council) -> None:
    exchange.inbox(access="impersonation").fetch(9)
    assert all(impersonates(seen.header) for seen in exchange.server.requests)
    exchange.server.requests.clear()
    exchange.inbox().fetch(9)
    assert not any(impersonates(seen.header) for seen in exchange.server.requests)


def impersonates(header: Any) -> bool:
    found = header.findtext(".//{*}ExchangeImpersonation/{*}ConnectingSID/{*}PrimarySmtpAddress")
    return bool(found == MAILBOX)


@pytest.mark.parametrize(
    ("access", "hint"), [("delegate", "full access"), ("impersonation", "ApplicationImpersonation role")]
)
def test_missing_rights_are_told_with_the_one_to_give(exchange: Council, access: str, hint: str) -> None:
    exchange.store.full_access.clear()
    exchange.store.may_impersonate.clear()
    with pytest.raises(ConnectorDown, match=MAILBOX) as raised:
        exchange.inbox(access=access).check()
    assert hint in raised.value.hint


def test_a_mailbox_that_is_not_there_is_told(exchange: Council) -> None:
    with pytest.raises(ConnectorDown, match="ErrorNonExistentMailbox"):
        exchange.inbox(mailbox="absent@council.example").check()


def test_an_absent_folder_is_told(exchange: Council) -> None:
    with pytest.raises(ConnectorDown, match='no folder "Inbox/Absent"'):
        exchange.inbox(folders=("Inbox/Absent",)).fetch(9)
    assert "CreateFolder" not in exchange.asked()


def test_check_says_who_what_and_by_which_right(exchange: Council) -> None:
    exchange.put(mail(1))
    found = " ".join(exchange.inbox(outside_mailbox=OUTSIDE).check())
    assert f"{USER} is signed in to Exchange 15.1" in found
    assert "full access" in found
    assert '"Inbox" can be opened; 1 mails wait.' in found
    assert '"Done" is made when it is first needed' in found
    assert f"{OUTSIDE} is refused, as it should be." in found
    assert {"CreateFolder", "UpdateItem", "MoveItem"}.isdisjoint(exchange.asked())


@pytest.mark.parametrize("access", ["delegate", "impersonation"])
def test_check_fails_if_a_mailbox_outside_can_be_opened(exchange: Council, access: str) -> None:
    assert exchange.inbox(access=access, outside_mailbox=OUTSIDE).check()
    exchange.store.full_access[USER].add(OUTSIDE)
    exchange.store.may_impersonate[USER].add(OUTSIDE)
    with pytest.raises(ConnectorDown, match=f"can open {OUTSIDE}, which it must not"):
        exchange.inbox(access=access, outside_mailbox=OUTSIDE).check()


def test_check_does_not_take_an_absent_mailbox_for_a_refused_one(exchange: Council) -> None:
    with pytest.raises(ConnectorDown, match="nothing proves"):
        exchange.inbox(outside_mailbox="absent@council.example").check()


def test_check_fails_if_the_account_may_only_read(exchange: Council) -> None:
    exchange.store.read_only[USER] = {MAILBOX}
    with pytest.raises(ConnectorDown, match="may read folder"):
        exchange.inbox().check()


@pytest.mark.parametrize(
    ("behaviour", "at_least"),
    [("busy 300", 0.3), ("retry 1", 1.0), ("throttled 1", 1.0), ("code ErrorServerBusy", 0.0), ("busy", 0.0)],
)
def test_a_server_that_asks_to_wait_is_asked_again_after_that(
    exchange: Council, behaviour: str, at_least: float
) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    inbox.fetch(9)
    exchange.server.faults.on("FindItem", behaviour)
    started = time.monotonic()
    if at_least:
        assert len(inbox.fetch(9)) == 1
        assert at_least <= time.monotonic() - started < at_least + 2
    else:
        with pytest.raises(TransientError, match="asks to wait") as raised:
            inbox.fetch(9)
        assert raised.value.retry_after is None, "no time to wait is made up"


def test_it_waits_a_few_times_and_no_more_and_tells_how_long(exchange: Council) -> None:
    inbox = exchange.inbox()
    inbox.fetch(9)
    exchange.asked()
    exchange.server.faults.on("FindItem", *["busy 20"] * 99)
    with pytest.raises(TransientError, match="throttling policy") as raised:
        inbox.fetch(9)
    assert raised.value.retry_after == 0.02
    assert exchange.asked() == ["FindItem"] * 4


def test_a_long_wait_is_left_to_the_schedule(exchange: Council) -> None:
    inbox = exchange.inbox()
    inbox.fetch(9)
    exchange.server.faults.on("FindItem", "retry 600")
    started = time.monotonic()
    with pytest.raises(TransientError) as raised:
        inbox.fetch(9)
    assert raised.value.retry_after == 600
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "behaviour", ["reset-before", "status 503", "soap ErrorInternalServerTransientError", "code ErrorTimeoutExpired"]
)
def test_nothing_else_is_repeated_by_the_library(exchange: Council, behaviour: str) -> None:
    inbox = exchange.inbox()
    inbox.fetch(9)
    exchange.asked()
    exchange.server.faults.on("FindItem", behaviour)
    with pytest.raises(TransientError):
        inbox.fetch(9)
    assert exchange.asked() == ["FindItem"]
    assert inbox.fetch(9) == []


def test_a_server_that_falls_silent_is_tried_again_later(exchange: Council) -> None:
    inbox = exchange.inbox(timeout_seconds=1)
    inbox.fetch(9)
    exchange.server.faults.on("FindItem", "slow 3")
    with pytest.raises(TransientError, match="no answer in time"):
        inbox.fetch(9)
    assert inbox.fetch(9) == []


def test_a_server_that_is_not_there(exchange: Council) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectorDown, match="cannot be reached"):
        exchange.inbox(address=f"http://127.0.0.1:{port}/EWS/Exchange.asmx").check()


def test_requests_of_one_connector_go_one_after_the_other(exchange: Council) -> None:
    inbox = exchange.inbox()
    inbox.fetch(9)
    exchange.server.faults.on("FindItem", *["slow 0.05"] * 8)
    workers = [threading.Thread(target=inbox.fetch, args=(9,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert exchange.server.most_at_once() == 1


def test_no_word_of_the_post_is_logged_or_told(exchange: Council) -> None:
    """exchangelib logs whole requests at a fault, and every answer when it debugs."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    canary = b"From: Canary Bird <canary@example.org>\r\nSubject: canary words\r\n\r\nThe canary sings.\r\n"
    try:
        exchange.put(canary)
        inbox = exchange.inbox()
        (message,) = inbox.fetch(9)
        for behaviour in ("reset-before", "page 500", "truncated", "soap ErrorInternalServerError", "unauthorised"):
            exchange.server.faults.on("*", *[behaviour] * 9)
            for act in (lambda: inbox.fetch(9), lambda: settle(inbox, message)):
                with pytest.raises((TransientError, ConnectorDown)) as raised:
                    act()
                said.write(f"{raised.value} {raised.value.__cause__} {raised.value.hint}\n")
            exchange.server.faults.clear()
        settle(inbox, message)
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    told = said.getvalue()
    assert "asks to wait" in told or "was lost" in told
    assert "canary" not in told.lower().replace(PASSWORD, "!")
    assert PASSWORD not in told
    assert "Smith" not in told, "nor what an error page quotes"


def given(**more: Any) -> dict[str, Any]:
    return {
        "kind": "exchange", "name": "m", "server": "mail.council.example", "mailbox": MAILBOX, "username": USER,
        "password": SecretStr("p"),
    } | more  # fmt: skip


@pytest.mark.parametrize(
    "host",
    ["outlook.office365.com", "OUTLOOK.Office365.com.", "outlook.office365.us", "eu-prod.outlook.com",
     "outlook.office.com", "partner.outlook.cn", "webmail.apps.mil"],
)  # fmt: skip
def test_exchange_online_is_refused_with_the_reason_and_the_way_out(host: str) -> None:
    for where in ({"server": host}, {"server": "", "address": f"https://{host}/EWS/Exchange.asmx"}):
        with pytest.raises(ValueError, match="kind: graph") as raised:
            ExchangeSettings(**given(**where))
        assert "1 October 2026" in str(raised.value)
        assert "1 April 2027" in str(raised.value)


def test_a_name_that_only_looks_like_exchange_online_is_allowed() -> None:
    assert ExchangeSettings(**given(server="notoutlook.com")).endpoint == "https://notoutlook.com/EWS/Exchange.asmx"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"server": "", "address": "http://mail.council.example/EWS/Exchange.asmx"}, "in clear"),
        ({"address": "https://x/EWS/Exchange.asmx"}, "either"),
        ({"server": ""}, "either"),
        ({"server": "", "address": "ftp://x/"}, "begins with https"),
        ({"mailbox": "postroom"}, "pattern"),
        ({"folders": ()}, "at least 1"),
        ({"done_folder": "inbox/"}, "different"),
        ({"folders": ("Inbox", "inbox")}, "different"),
        ({"done_category": "postroom: IN WORK"}, "different"),
        ({"work_category": "a, b"}, "comma"),
        ({"outside_mailbox": MAILBOX.upper()}, "another"),
    ],
)
def test_settings_that_would_do_harm_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExchangeSettings(**given(**change))


def test_settings_are_read_without_exchangelib() -> None:
    program = (
        "import sys; from connectors.exchange import ExchangeSettings, ExchangeInbox, ExchangeMailTarget;"
        "heavy = {'exchangelib', 'lxml', 'requests', 'httpx'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_encrypted_with_the_councils_own_authority(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with council(certificate) as exchange:
        exchange.put(mail(1))
        assert exchange.server.url.startswith("https://")
        assert len(exchange.inbox(ca_file=certificate).fetch(9)) == 1
        with pytest.raises(ConnectorDown, match="certificate") as raised:
            exchange.inbox().fetch(9)
        assert "ca_file" in raised.value.hint


def self_signed(folder: Path) -> Path:
    made = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", made, "-out", folder / "only.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_bytes(made.read_bytes() + (folder / "only.pem").read_bytes())
    return made
