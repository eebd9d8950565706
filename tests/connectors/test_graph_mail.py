from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count as numbers
from typing import Any, ClassVar

import pytest

from connectors.graph.mail_target import KEY_PROPERTY, MailTarget, permissions
from connectors.graph.target_settings import MailSettings
from postroom.delivery import Target
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, SignInRefused, TransientError
from tests.connectors.graph_targets import (
    account,
    deliver_after_crashes,
    deliver_in_bad_weather,
    failing,
    graph_server,
)
from tests.contracts.target import TargetContract, TargetWorld, delivery
from tests.servers.graph import GraphServer

CREATE, SEND = r"/users/[^/]+/messages$", r"/send$"
PLAIN: Mapping[str, str] = {"email": "ada@example.org", "topic": "Your complaint", "full_name": "Ada Osei"}
NASTY: tuple[Mapping[str, str], ...] = (
    {**PLAIN, "topic": "=1+1 \u00a365 & <b>bold</b> \U0001f600"},
    {**PLAIN, "topic": "{{x}} ${y} 'z' \"w\" ; --", "email": "zo\u00eb.o'brien+tag@example.org"},
    {**PLAIN, "topic": "2026-09-14"},
)
ORIGINAL = b"""From: Ada Osei <ada@example.org>\r\nTo: post@northborough.gov.uk\r\nSubject: My bin\r
Message-ID: <original@example.org>\r\nDate: Mon, 14 Sep 2026 09:00:00 +0100\r\n\r\nIt was not collected.\r\n"""
_turn = numbers(1)


class MailWorld(TargetWorld):
    faults: ClassVar = {
        "too many requests": TransientError,
        "no right": SignInRefused,
        "error after the draft": DeliveryUncertain,
        "answer to the draft lost": DeliveryUncertain,
        "draft broken off": DeliveryUncertain,
        "a sign-in page": DeliveryUncertain,
        "draft refused": RefusedByTarget,
        "too many sent": TransientError,
        "may not send": SignInRefused,
        "error after sending": DeliveryUncertain,
        "error before sending": DeliveryUncertain,
        "answer to sending lost": DeliveryUncertain,
        "sending refused": RefusedByTarget,
        "sending in conflict": DeliveryUncertain,
    }
    ways: ClassVar = {
        "too many requests": (CREATE, "retry 7"),
        "no right": (CREATE, "status 403 ErrorAccessDenied"),
        "error after the draft": (CREATE, "status-after 500"),
        "answer to the draft lost": (CREATE, "reset-after"),
        "draft broken off": (CREATE, "truncated"),
        "a sign-in page": (CREATE, "page"),
        "draft refused": (CREATE, "status 400 ErrorInvalidRecipients"),
        "too many sent": (SEND, "retry 7"),
        "may not send": (SEND, "status 403 ErrorAccessDenied"),
        "error after sending": (SEND, "status-after 500"),
        "error before sending": (SEND, "status 504"),
        "answer to sending lost": (SEND, "reset-after"),
        "sending refused": (SEND, "status 400 ErrorInvalidRecipients"),
        "sending in conflict": (SEND, "status 409 ErrorIrresolvableConflict"),
    }

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.mailbox = f"post{next(_turn)}@northborough.gov.uk"
        with server.tenant.lock:
            server.tenant.mail.add_mailbox(self.mailbox)
        server.tenant.mail.send_delay = 0.0

    def target(self) -> Target:
        return self.open()

    def open(self, **more: Any) -> MailTarget:
        letter = {"subject": "{topic}", "body": "Dear {full_name},\n\nwe have your letter ({key}).\n"}
        settings = {
            "kind": "graph-mail",
            "name": "letters",
            "mailbox": self.mailbox,
            "letter": letter,
            "confirm_seconds": 0,
        }
        return MailTarget(MailSettings.model_validate({**settings, **account(self.server), **more}))

    def count(self, key: str) -> int:
        return sum(key in message.found["body"]["content"] for message in self.sent())

    def sent(self) -> list[Any]:
        return list(self.server.tenant.mail.sent(self.mailbox))

    def drafts(self) -> list[Any]:
        return list(self.server.tenant.mail.within(self.mailbox, "drafts"))

    def fault(self, name: str) -> AbstractContextManager[None]:
        pattern, way = self.ways[name]
        return failing(self.server, "POST", pattern, way)


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> MailWorld:
    return MailWorld(server)


class TestMailContract(TargetContract):
    kind = "graph-mail"
    plain = PLAIN
    nasty = NASTY


def test_in_bad_weather_every_record_arrives_once(world: MailWorld) -> None:
    made = (delivery(number, PLAIN) for number in range(10))
    deliver_in_bad_weather(world.server, world.target, made, world.count)


def test_an_answer_lost_after_any_request_sends_no_second_letter(world: MailWorld) -> None:
    made = (delivery(number, PLAIN) for number in numbers())
    requests = deliver_after_crashes(world.server, world.target, made, world.count)
    assert requests >= 4, "look, draft, send, confirm"
    assert len(world.sent()) == requests + 1
    assert world.drafts() == []


def test_a_draft_that_was_left_behind_is_sent_and_no_second_one_written(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "POST", SEND, "status 504"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    (draft,) = world.drafts()
    assert target.find(one.key) is None, "a draft is no letter"
    receipt = target.deliver(one)
    assert receipt.reference == draft.id
    assert world.drafts() == []
    assert world.count(one.key) == 1


def test_a_draft_that_somebody_changed_is_sent_with_our_words(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "POST", SEND, "status 504"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    (draft,) = world.drafts()
    with world.server.tenant.lock:
        world.server.tenant.mail.change(draft, subject="changed", toRecipients=[])
    assert target.read_back(target.deliver(one))["topic"] == PLAIN["topic"]


def test_a_letter_that_shows_late_is_uncertain_then_found_and_never_sent_twice(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    world.server.tenant.mail.send_delay = 1.0
    with pytest.raises(DeliveryUncertain):
        target.deliver(one)
    time.sleep(1.1)
    assert target.find(one.key) is not None
    assert world.count(one.key) == 1


def test_a_letter_that_stays_a_draft_is_uncertain_and_the_draft_is_sent_later(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open(confirm_seconds=1)
    violations = list(world.server.violations)
    with failing(world.server, "POST", SEND, "status 202"), pytest.raises(DeliveryUncertain, match="not in Sent Items"):
        target.deliver(one)
    # The fault answers an error's body with that status, which is no answer of Graph's.
    world.server.violations[:] = violations
    assert target.find(one.key) is None
    target.deliver(one)
    assert world.count(one.key) == 1
    assert world.drafts() == []


def test_a_letter_is_waited_for_as_long_as_the_settings_say(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open(confirm_seconds=10)
    world.server.tenant.mail.send_delay = 1.0
    assert target.deliver(one).reference
    assert world.count(one.key) == 1


def test_a_repeated_delivery_of_a_sent_letter_is_its_receipt(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    assert target.deliver(one).reference == target.deliver(one).reference
    assert world.count(one.key) == 1


def test_a_sent_letter_is_found_wherever_staff_moved_it(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    receipt = target.deliver(one)
    for folder in ("archive", "deleteditems"):
        world.server.tenant.mail.staff_move(receipt.reference, folder)
        found = target.find(one.key)
        assert found is not None
        assert found.reference == receipt.reference


def test_two_letters_with_one_key_go_to_a_person(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    (sent,) = world.sent()
    with world.server.tenant.lock:
        mailbox = world.server.tenant.mail.mailbox(world.mailbox)
        copy = world.server.tenant.mail.add(
            mailbox, sent.folder, {**sent.found, "internetMessageId": "<other@x>"}, None
        )
        copy.extended = dict(sent.extended)
    with pytest.raises(RefusedByTarget, match="2 letters"):
        target.find(one.key)


def test_a_failed_look_up_is_an_error_and_never_absent(world: MailWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    for way in ("status 500", "status 503", "retry 2", "status 400 ErrorInvalidUrlQueryFilter", "page", "truncated",
                "empty", "reset-before", "status 404 ErrorItemNotFound"):  # fmt: skip
        with failing(world.server, "GET", CREATE, way), pytest.raises(TransientError, match='Target "letters"'):
            world.open().find(one.key)
    assert target.find(one.key) is not None


def test_the_letter_has_the_words_of_the_settings_and_asks_for_no_automatic_answers(world: MailWorld) -> None:
    one = delivery(1, PLAIN)
    world.open().deliver(one)
    (sent,) = world.sent()
    assert sent.found["subject"] == "Your complaint"
    assert f"we have your letter ({one.key})" in sent.found["body"]["content"]
    assert [to["emailAddress"]["address"] for to in sent.found["toRecipients"]] == ["ada@example.org"]
    assert {"name": "X-Auto-Response-Suppress", "value": "All"} in sent.more_headers


def test_an_answer_stays_with_the_mail_it_answers(world: MailWorld) -> None:
    original = world.server.tenant.mail.put(world.mailbox, ORIGINAL)
    one = replace(delivery(1, PLAIN), source_key=original)
    world.open(reply=True).deliver(one)
    (sent,) = world.sent()
    assert {"name": "In-Reply-To", "value": "<original@example.org>"} in sent.more_headers
    assert sent.found["conversationId"] == world.server.tenant.mail.find(original).found["conversationId"]
    assert {"name": "X-Auto-Response-Suppress", "value": "All"} in sent.more_headers
    assert "It was not collected" not in sent.found["body"]["content"]
    assert world.count(one.key) == 1


def test_an_answer_lost_after_any_request_of_a_reply_sends_no_second_letter(world: MailWorld) -> None:
    original = world.server.tenant.mail.put(world.mailbox, ORIGINAL)
    made = (replace(delivery(number, PLAIN), source_key=original) for number in numbers())
    requests = deliver_after_crashes(world.server, lambda: world.open(reply=True), made, world.count)
    assert len(world.sent()) == requests + 1


@pytest.mark.parametrize("source_key", ["", "AAMkAGone"])
def test_where_there_is_nothing_to_answer_a_new_letter_is_written(world: MailWorld, source_key: str) -> None:
    one = replace(delivery(1, PLAIN), source_key=source_key)
    world.open(reply=True).deliver(one)
    assert world.count(one.key) == 1


@pytest.mark.parametrize("address", ["", "nobody", "two@example.org, three@example.org"])
def test_a_record_without_one_address_is_refused_before_anything_is_written(world: MailWorld, address: str) -> None:
    with pytest.raises(RefusedByTarget) as raised:
        world.open().deliver(delivery(1, {**PLAIN, "email": address}))
    assert not address or address not in str(raised.value)
    assert world.drafts() == []


def test_a_letter_that_somebody_deleted_for_good_cannot_be_read_back(world: MailWorld) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    world.server.tenant.mail.staff_delete(receipt.reference)
    with pytest.raises(RefusedByTarget, match="no longer"):
        target.read_back(receipt)


def test_check_opens_the_mailbox_and_says_what_to_grant(world: MailWorld) -> None:
    assert world.mailbox in world.open().check()[0]
    with pytest.raises(ConnectorDown):
        world.open(mailbox="nobody@northborough.gov.uk").check()
    known = world.server.tenant.sign_in
    known.register("narrow", "its secret", "Mail.ReadWrite", "Mail.Send", mailboxes={"other@northborough.gov.uk"})
    sign_in = {**account(world.server)["sign_in"], "client_id": "narrow", "client_secret": "its secret"}
    with pytest.raises(SignInRefused):
        world.open(sign_in=sign_in).check()
    assert {one.name for one in permissions(world.open()._settings)} == {
        "Application Mail.ReadWrite", "Application Mail.Send",
    }  # fmt: skip


def test_the_key_travels_in_a_property_that_nobody_sees(world: MailWorld) -> None:
    one = delivery(1, PLAIN)
    world.open(letter={"subject": "{topic}", "body": "No key in here."}).deliver(one)
    (sent,) = world.sent()
    assert one.key in str(sent.extended)
    assert KEY_PROPERTY.startswith("String {")
    assert world.open().find(one.key) is not None
