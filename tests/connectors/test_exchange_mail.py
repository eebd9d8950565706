"""Letters through Exchange Server: each sent once, whatever answer is lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from connectors.exchange import ExchangeMailSettings
from connectors.letter import Letter
from postroom.delivery import Target
from postroom.errors import (
    ConnectorDown,
    DeliveryUncertain,
    PostroomError,
    RefusedByTarget,
    SignInRefused,
    TransientError,
)
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery
from tests.servers.exchange import Item
from tests.servers.exchange.council import LETTER, MAILBOX, OUTSIDE, USER, Council, council

KEY = ("5a0c2e4e-62b6-4f2f-9a0a-b1b5e9c46f6d", "PostroomKey")
HEADER = ("internetheaders", "X-Auto-Response-Suppress")


@pytest.fixture
def exchange() -> Iterator[Council]:
    with council() as found:
        yield found


def with_key(exchange: Council, folder: str, key: str) -> list[Item]:
    return [item for item in exchange.items(folder) if item.extended.get(KEY) == key]


class LetterWorld(TargetWorld):
    faults: ClassVar = {
        "CreateItem: busy 500": TransientError,
        "CreateItem: retry 7": TransientError,
        "CreateItem: throttled 7": TransientError,
        "CreateItem: unauthorised": SignInRefused,
        "CreateItem: code ErrorAccessDenied": ConnectorDown,
        "CreateItem: page 403": ConnectorDown,
        "CreateItem: reset-after": DeliveryUncertain,
        "CreateItem: reset-before": DeliveryUncertain,
        "CreateItem: page 500": DeliveryUncertain,
        "SendItem: busy": TransientError,
        "SendItem: code ErrorServerBusy": TransientError,
        "SendItem: code ErrorExceededConnectionCount": TransientError,
        "SendItem: code ErrorStaleObject": TransientError,
        "SendItem: code ErrorSendAsDenied": ConnectorDown,
        "SendItem: code ErrorInvalidRecipients": RefusedByTarget,
        "SendItem: code ErrorMessageSizeExceeded": RefusedByTarget,
        "SendItem: code ErrorItemNotFound": DeliveryUncertain,
        "SendItem: reset-after": DeliveryUncertain,
        "SendItem: reset-before": DeliveryUncertain,
        "SendItem: truncated": DeliveryUncertain,
        "SendItem: status 503": DeliveryUncertain,
        "SendItem: status-after 500": DeliveryUncertain,
        "SendItem: code-after ErrorInternalServerError": DeliveryUncertain,
        "SendItem: soap ErrorInternalServerTransientError": DeliveryUncertain,
        "SendItem: code ErrorTimeoutExpired": DeliveryUncertain,
        "SendItem: late 2": DeliveryUncertain,
        "FindItem: reset-before": TransientError,
        "FindItem: page 500": TransientError,
    }

    def __init__(self, exchange: Council, **settings: Any) -> None:
        self.exchange, self.settings = exchange, {"timeout_seconds": 1, **settings}

    def target(self) -> Target:
        return self.exchange.target(**self.settings)

    def count(self, key: str) -> int:
        return len(with_key(self.exchange, "Sent Items", key))

    def total(self) -> int:
        return len(self.exchange.items("Sent Items"))

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        operation, _, behaviour = name.partition(": ")
        self.exchange.server.faults.on(operation, behaviour)
        yield
        self.exchange.server.faults.clear()


class TestExchangeLetters(TargetContract):
    kind = "exchange-mail"

    @pytest.fixture
    def world(self, exchange: Council) -> LetterWorld:
        return LetterWorld(exchange)


class TestExchangeLettersByImpersonation(TargetContract):
    kind = "exchange-mail"

    @pytest.fixture
    def world(self, exchange: Council) -> LetterWorld:
        exchange.store.full_access.clear()
        return LetterWorld(exchange, access="impersonation")


@pytest.mark.parametrize("fault", sorted(LetterWorld.faults))
def test_after_any_fault_a_look_and_an_attempt_send_the_letter_once(exchange: Council, fault: str) -> None:
    """What the ledger does: after each error it looks, and delivers again only what is absent."""
    world, one = LetterWorld(exchange), delivery(1, PLAIN)
    with world.fault(fault), pytest.raises(PostroomError):
        world.target().deliver(one)
    found = world.target().find(one.key)
    receipt = found or world.target().deliver(one)
    assert receipt.reference == one.key
    assert world.count(one.key) == world.total() == 1
    assert with_key(exchange, "Drafts", one.key) == []


@pytest.mark.parametrize("stopped_after", ["CreateItem", "SendItem"])
def test_a_crash_after_any_write_is_looked_up_and_never_doubled(exchange: Council, stopped_after: str) -> None:
    world, one = LetterWorld(exchange), delivery(1, PLAIN)
    with world.fault(f"{stopped_after}: reset-after"), pytest.raises(DeliveryUncertain):
        world.target().deliver(one)
    assert (world.target().find(one.key) is not None) == (stopped_after == "SendItem")
    world.target().deliver(one)
    world.target().deliver(one)
    assert world.total() == 1


def test_a_draft_that_was_left_is_sent_and_not_made_again(exchange: Council) -> None:
    world, one = LetterWorld(exchange), delivery(1, PLAIN)
    with world.fault("SendItem: busy"), pytest.raises(TransientError):
        world.target().deliver(one)
    assert len(with_key(exchange, "Drafts", one.key)) == 1
    exchange.asked()
    world.target().deliver(one)
    assert "CreateItem" not in exchange.asked()
    assert world.total() == 1


def test_a_draft_that_was_left_is_sent_with_the_words_of_today(exchange: Council) -> None:
    world = LetterWorld(exchange)
    with world.fault("SendItem: code ErrorInvalidRecipients"), pytest.raises(RefusedByTarget):
        world.target().deliver(delivery(1, PLAIN))
    corrected = delivery(1, {**PLAIN, "summary": "Another matter."})
    world.target().deliver(corrected)
    (sent,) = with_key(exchange, "Sent Items", corrected.key)
    assert sent.letter["body"] == "Another matter."


def test_a_draft_that_somebody_edits_at_that_moment_is_left_for_the_next_attempt(exchange: Council) -> None:
    world, one = LetterWorld(exchange), delivery(1, PLAIN)
    with world.fault("SendItem: busy"), pytest.raises(TransientError):
        world.target().deliver(one)
    with world.fault("UpdateItem: code ErrorIrresolvableConflict"), pytest.raises(TransientError, match="changed"):
        world.target().deliver(one)
    world.target().deliver(one)
    assert world.total() == 1


def test_a_letter_that_exchange_holds_back_is_waited_for_and_never_sent_again(exchange: Council) -> None:
    """A mailbox that sends much has its letters wait in Drafts or the Outbox, accepted already."""
    exchange.store.slow_sending = True
    target, one = exchange.target(), delivery(1, PLAIN)
    receipt = target.deliver(one)
    with pytest.raises(TransientError, match="on its way"):
        target.find(one.key)
    with pytest.raises(DeliveryUncertain, match="on its way"):
        target.deliver(one)
    with pytest.raises(TransientError, match="not in Sent Items yet"):
        target.read_back(receipt)
    assert exchange.asked().count("SendItem") == 1
    exchange.store.finish_sending()
    assert target.read_back(receipt) == PLAIN
    assert target.find(one.key) == target.deliver(one) == receipt
    assert len(exchange.items("Sent Items")) == 1
    assert target.capabilities.settle_seconds == 120


def test_a_letter_in_the_outbox_is_on_its_way_too(exchange: Council) -> None:
    exchange.store.slow_sending = True
    target, one = exchange.target(), delivery(1, PLAIN)
    target.deliver(one)
    (item,) = exchange.items("Drafts")
    item.is_submitted = False
    exchange.store.staff_move(item.id, "Outbox")
    with pytest.raises(TransientError, match="on its way"):
        target.find(one.key)


def test_a_letter_bears_our_key_and_a_plea_to_robots_and_comes_from_the_mailbox(exchange: Council) -> None:
    letter = Letter(to="{email}", subject="Your request {key}", body="Dear {full_name},\n\n{summary}")
    target = exchange.target(letter=letter)
    one = delivery(1, {**PLAIN, "email": "ada@example.org"})
    receipt = target.deliver(one)
    (sent,) = exchange.items("Sent Items")
    assert sent.extended[KEY] == receipt.reference == one.key
    assert sent.extended[HEADER] == "All"
    assert sent.letter["subject"] == f"Your request {one.key}"
    assert sent.letter["to"] == "ada@example.org"
    assert MAILBOX in receipt.location
    create = next(seen.body for seen in exchange.server.requests if seen.operation == "CreateItem")
    assert create.findtext(".//{*}From/{*}Mailbox/{*}EmailAddress") == MAILBOX


def test_only_fields_that_stand_alone_are_read_back(exchange: Council) -> None:
    letter = Letter(to="{email}", subject="For {full_name}", body="{summary}")
    target = exchange.target(letter=letter)
    assert set(target.capabilities.reads_back or ()) == {"email", "summary"}
    one = delivery(1, {**PLAIN, "email": "ada@example.org"})
    assert target.read_back(target.deliver(one)) == {"email": "ada@example.org", "summary": PLAIN["summary"]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"email": "Ada"}, "single address"), ({"email": "a@b.org", "summary": "a\x07b"}, "character")],
)
def test_a_letter_that_cannot_be_written_is_refused_before_anything_is_sent(
    exchange: Council, fields: dict[str, str], words: str
) -> None:
    target = exchange.target(letter=Letter(to="{email}", subject="x", body="{summary}"))
    with pytest.raises(RefusedByTarget, match=words) as raised:
        target.deliver(delivery(1, fields))
    assert "Ada" not in str(raised.value)
    assert exchange.asked() == []


def test_an_address_that_exchange_refuses_is_the_records_fault(exchange: Council) -> None:
    target = exchange.target(letter=Letter(to="{email}", subject="x", body="y"))
    with pytest.raises(RefusedByTarget, match="ErrorInvalidRecipients") as raised:
        target.deliver(delivery(1, {"email": "ada@nowhere.invalid"}))
    assert "ada" not in str(raised.value)
    assert exchange.items("Sent Items") == []


def test_a_target_is_never_patient_by_itself(exchange: Council) -> None:
    world, one = LetterWorld(exchange), delivery(1, PLAIN)
    with world.fault("SendItem: retry 1"), pytest.raises(TransientError) as raised:
        world.target().deliver(one)
    assert raised.value.retry_after == 1
    assert exchange.asked().count("SendItem") == 1


def test_no_connection_means_that_nothing_was_sent(exchange: Council) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    target = exchange.target(address=f"http://127.0.0.1:{port}/EWS/Exchange.asmx")
    with pytest.raises(TransientError, match="cannot be reached"):
        target.deliver(delivery(1, PLAIN))
    with pytest.raises(TransientError):
        target.find("PR-X")


def test_a_look_that_fails_is_never_taken_for_absent(exchange: Council) -> None:
    target, one = exchange.target(timeout_seconds=1), delivery(1, PLAIN)
    target.deliver(one)
    for behaviour in ("reset-before", "page 500", "truncated", "slow 2", "busy", "code ErrorInternalServerError"):
        exchange.server.faults.on("FindItem", behaviour)
        with pytest.raises(TransientError):
            target.find(one.key)
    assert target.find(one.key) is not None


def test_a_wrong_password_is_told_as_such(exchange: Council) -> None:
    with pytest.raises(SignInRefused, match='Target "letters"'):
        exchange.target(password=SecretStr("wrong")).find("PR-X")


def test_check_opens_both_folders_and_proves_the_scope(exchange: Council) -> None:
    found = " ".join(exchange.target(outside_mailbox=OUTSIDE).check())
    assert "Drafts, Outbox and Sent Items can be opened." in found
    assert f"{OUTSIDE} is refused" in found
    exchange.store.full_access[USER].add(OUTSIDE)
    with pytest.raises(ConnectorDown, match="must not"):
        exchange.target(outside_mailbox=OUTSIDE).check()


def test_exchange_online_is_refused_for_letters_too() -> None:
    with pytest.raises(ValueError, match="kind: graph"):
        ExchangeMailSettings(
            kind="exchange-mail", name="letters", server="outlook.office365.com", mailbox=MAILBOX, username=USER,
            password=SecretStr("p"), letter=LETTER,
        )  # fmt: skip
