"""The Exchange inbox with a real ledger, and a real process that is killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.exchange import ExchangeInbox, ExchangeSettings
from postroom.disposition import Outcome
from postroom.failpoints import VARIABLE, Failpoint
from postroom.intake import take_in
from postroom.ledger import Ledger, Stage
from postroom.settle import settle_done
from tests.contracts.inbox import mail
from tests.postroom.samples import NOON, OWNER, PLANS, HandClock, extraction, open_ledger, reading
from tests.servers.exchange.council import DONE, IN_WORK, MAILBOX, PASSWORD, USER, Council, council

MAILS = 5


def settings(address: str) -> ExchangeSettings:
    given: dict[str, Any] = {"address": address, "mailbox": MAILBOX, "username": USER, "auth_type": "basic"}
    return ExchangeSettings(kind="exchange", name="post", password=SecretStr(PASSWORD), **given)


def run(address: str, folder: Path) -> Ledger:
    """Take in, find no action in anything, and settle: one run of the line, as far as an inbox is concerned."""
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", folder, HandClock(NOON))
    inbox = ExchangeInbox(settings(address))
    ledger.sweep()
    take_in(ledger, inbox)
    for message_id in ledger.messages_due(Stage.RECEIVED, 100):
        itemise(ledger, message_id)
    settle_done(ledger, inbox, OWNER)
    inbox.close()
    return ledger


def itemise(ledger: Ledger, message_id: str, outcome: Outcome = Outcome.NO_ACTION) -> None:
    lease = ledger.lease_message(message_id, Stage.RECEIVED, OWNER)
    if lease is not None:
        ledger.save_reading(lease, reading())
        ledger.save_items(lease, [extraction(outcome=outcome)], PLANS)


POINTS = (
    Failpoint.INTAKE_FETCHED,
    Failpoint.INTAKE_COMMITTED,
    Failpoint.INTAKE_CLAIMED,
    Failpoint.INTAKE_FOLLOWED,
    Failpoint.SETTLE_MOVED,
)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(point: Failpoint, tmp_path: Path) -> None:
    with council() as exchange:
        for number in range(MAILS):
            exchange.put(mail(number))
        program = "import sys; from pathlib import Path; from tests.connectors.test_exchange_line import run;"
        killed = subprocess.run(
            [sys.executable, "-c", f"{program} run(sys.argv[1], Path(sys.argv[2]))", exchange.server.url, tmp_path],
            cwd=Path(__file__).parents[2],
            env={**os.environ, VARIABLE: point},
            capture_output=True,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        for _ in range(2):
            ledger = run(exchange.server.url, tmp_path)
            received = ledger.accounts().received
            ledger.close()
        assert received == MAILS
        assert exchange.raws("Done") == exchange.raws() == sorted(mail(number) for number in range(MAILS))
        assert all(item.categories == [DONE] for item in exchange.items())


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, HandClock(NOON))


def test_what_staff_take_back_is_stopped_in_the_ledger_and_left_alone(ledger: Ledger) -> None:
    with council() as exchange:
        mine, theirs = exchange.put(mail(1)), exchange.put(mail(2))
        inbox = ExchangeInbox(settings(exchange.server.url))
        taken = take_in(ledger, inbox)
        for message_id in taken.new:
            itemise(ledger, message_id, Outcome.STRAIGHT_THROUGH)
        exchange.store.staff_categories(mine, "Mine")
        assert take_in(ledger, inbox).taken_back == 1
        assert take_in(ledger, inbox).taken_back == 0
        settle_done(ledger, inbox, OWNER)
        assert exchange.store.item(mine).categories == ["Mine"]
        assert exchange.store.item(theirs).categories == [IN_WORK]
        inbox.close()
    ledger.close()


def test_mail_that_staff_took_back_stays_theirs_when_they_put_it_back(ledger: Ledger) -> None:
    with council() as exchange:
        mail_id = exchange.put(mail(1))
        inbox = ExchangeInbox(settings(exchange.server.url))
        for message_id in take_in(ledger, inbox).new:
            itemise(ledger, message_id, Outcome.STRAIGHT_THROUGH)
        away = exchange.store.staff_move(mail_id, "Team")
        assert take_in(ledger, inbox).taken_back == 1
        settle_done(ledger, inbox, OWNER)
        exchange.store.staff_move(away, "Inbox")
        again = take_in(ledger, inbox)
        settle_done(ledger, inbox, OWNER)
        assert (again.new, again.known) == ((), 1)
        assert exchange.items("Done") == []
        assert [item.categories for item in exchange.items("Inbox")] == [[IN_WORK]]
        assert take_in(ledger, inbox).known == 0
        inbox.close()
    ledger.close()


def test_a_ledger_that_lost_its_bookmark_takes_nothing_in_twice(ledger: Ledger, exchange: Council) -> None:
    for number in range(MAILS):
        exchange.put(mail(number))
    inbox = exchange.inbox(name="post")
    assert len(take_in(ledger, inbox).new) == MAILS
    lease = ledger.lease_inbox("post", OWNER, 60)
    assert lease is not None
    ledger.save_bookmark(lease, "")
    ledger.let_go_of_inbox(lease)
    assert take_in(ledger, inbox).new == ()
    ledger.close()


@pytest.fixture
def exchange() -> Any:
    with council() as found:
        yield found
