"""Nudges: what the receiver answers, and how subscriptions live at a Graph that keeps to Microsoft's rules."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from itertools import count as numbers
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from connectors import registry
from connectors.graph.inbox import GraphInbox
from connectors.graph.inbox_settings import GraphInboxSettings
from connectors.graph.nudge_receiver import (
    LARGEST_BYTES,
    MOST_NOTIFICATIONS,
    Notification,
    NudgeReceiver,
    listens,
    notifications,
)
from connectors.graph.subscription import LIFETIME, Subscriptions
from postroom.errors import ConnectorDown, PostroomError, SignInRefused, TransientError
from tests.connectors.graph_targets import account, failing, graph_server
from tests.servers.back_office import free_port
from tests.servers.graph import GraphServer

_turn = numbers(1)
SECRET = "Quillfeather"


class Ear:
    """A receiver and what it heard."""

    def __init__(self) -> None:
        self.port = free_port()
        self.heard: list[Notification] = []
        self.ways: list[Subscriptions] = []
        self.reasons: list[bool] = []
        self.receiver = NudgeReceiver(self.port, self._hear)
        self.body = b""
        """Of the last answer."""

    def _hear(self, notification: Notification) -> None:
        self.heard.append(notification)
        self.reasons += [one.hear(notification) for one in self.ways]

    def ask(self, body: Any = b"", query: str = "", method: str = "POST", host: str = "127.0.0.1") -> HTTPResponse:
        connection = HTTPConnection(host, self.port, timeout=10)
        connection.request(method, f"/any/path{query}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        self.body = answer.read()
        connection.close()
        return answer

    def wait_for(self, number: int) -> list[Notification]:
        wait_for(lambda: len(self.heard) >= number)
        return self.heard


def wait_for(what: Any, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.01)


def told(*notifications: Any) -> bytes:
    return json.dumps({"value": list(notifications)}).encode()


def change(state: str, number: int = 1) -> dict[str, str]:
    return {"subscriptionId": f"s{number}", "clientState": state, "resource": SECRET}


@pytest.fixture(scope="module")
def leaving() -> Iterator[Callable[[NudgeReceiver], None]]:
    """Close receivers aside: each needs a moment to end, for which the next test need not wait."""
    with ThreadPoolExecutor() as pool:
        ends: list[Future[None]] = []

        def leave(receiver: NudgeReceiver) -> None:
            ends.append(pool.submit(receiver.close))

        yield leave
        for end in ends:
            end.result()


@pytest.fixture
def ear(leaving: Callable[[NudgeReceiver], None]) -> Iterator[Ear]:
    ear = Ear()
    ear.receiver.open()
    yield ear
    leaving(ear.receiver)


def test_the_validation_token_is_echoed_as_plain_text_within_moments(ear: Ear) -> None:
    token = "Validation: <script>alert('ü')</script> + 100%"
    began = time.monotonic()
    answer = ear.ask(query="?" + urlencode({"validationToken": token}))
    assert time.monotonic() - began < 3
    assert (answer.status, ear.body) == (200, token.encode())
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ear.heard == []


def test_a_notification_is_answered_before_anything_is_done() -> None:
    ear, may_end = Ear(), threading.Event()
    receiver = NudgeReceiver(ear.port, lambda one: (may_end.wait(10), ear.heard.append(one)))
    receiver.open()
    try:
        assert ear.ask(told(change("a"))).status == 202
        assert ear.heard == []
        may_end.set()
        assert ear.wait_for(1) == [Notification("s1", "a", "")]
    finally:
        may_end.set()
        receiver.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"null",
        b"[]",
        b'{"value": 3}',
        b'{"value": {"a": 1}}',
        b'{"value": [1, null, "x", [], true]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_notification_is_answered_and_left(ear: Ear, body: bytes) -> None:
    assert not [one for one in notifications(body) if one.state]
    assert ear.ask(body).status == 202
    assert ear.ask(told(change("after"))).status == 202
    assert [one.state for one in ear.wait_for(1)] == ["after"]


def test_a_body_over_the_limit_is_refused_with_a_length_and_without(ear: Ear) -> None:
    fits = told(change("fits")).ljust(LARGEST_BYTES)
    assert ear.ask(fits).status == 202
    ear.wait_for(1)
    large = told(change("large")).ljust(LARGEST_BYTES + 1)
    assert ear.ask(large).status == 413
    assert ear.ask(iter([large[:600_000], large[600_000:]])).status == 413
    assert [one.state for one in ear.heard] == ["fits"]


def test_no_more_than_so_many_notifications_of_one_request_are_looked_at(ear: Ear) -> None:
    assert ear.ask(told(*(change("a", number) for number in range(MOST_NOTIFICATIONS + 50)))).status == 202
    assert ear.ask(told(change("last"))).status == 202
    wait_for(lambda: any(one.state == "last" for one in ear.heard))
    assert len(ear.heard) == MOST_NOTIFICATIONS + 1


def test_nothing_of_a_notification_is_kept_or_logged(
    ear: Ear, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    ear.ask(told({**change("a"), "resourceData": {"subject": SECRET}}))
    ear.ask(f'{{"value": [{SECRET}'.encode(), query=f"?x={SECRET}")
    assert SECRET not in repr(ear.wait_for(1))
    said = capfd.readouterr()
    assert SECRET not in caplog.text + said.out + said.err


def test_it_answers_posts_on_this_machine_alone(ear: Ear) -> None:
    assert ear.ask(method="GET").status == 405
    with pytest.raises(OSError, match="refused"):
        ear.ask(host="127.0.0.2")


def test_a_port_that_is_taken_is_told_with_the_remedy(ear: Ear) -> None:
    with pytest.raises(ConnectorDown, match=f"Port {ear.port} .*another `port` under `nudge`"):
        NudgeReceiver(ear.port, print).open()


def test_it_tells_whether_a_receiver_is_there(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listens(ear.port)
    assert not listens(free_port())
    monkeypatch.setattr("connectors.graph.nudge_receiver._ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert not listens(other.getsockname()[1])


class World:
    """A mailbox at Graph, a public address, and the receiver it leads to."""

    def __init__(self, server: GraphServer, ear: Ear) -> None:
        number = next(_turn)
        self.server, self.ear = server, ear
        self.own = server.tenant.subscriptions
        self.mailbox = f"post{number}@northborough.gov.uk"
        self.address = f"https://post.northborough.gov.uk/nudge{number}"
        server.tenant.mail.add_mailbox(self.mailbox)
        self.own.led[self.address] = f"http://127.0.0.1:{ear.port}/"
        self.asked_before = len(server.requests)

    def settings(self, **more: Any) -> GraphInboxSettings:
        nudge = {"address": self.address, "port": self.ear.port}
        own = {"kind": "graph", "name": "post", "mailbox": self.mailbox, "patience_seconds": 0, "nudge": nudge}
        return GraphInboxSettings.model_validate({**account(self.server), **own, **more})

    def subscriptions(self, lifetime: timedelta = LIFETIME, **more: Any) -> Subscriptions:
        settings = self.settings(**more)
        assert settings.nudge
        made = Subscriptions(settings, settings.nudge, lifetime)
        self.ear.ways.append(made)
        return made

    def alive(self) -> list[dict[str, Any]]:
        return self.own.alive(self.mailbox)

    def asked(self, method: str) -> list[Any]:
        """Return the bodies of requests for subscriptions since this world began."""
        seen = self.server.requests[self.asked_before :]
        return [json.loads(one.body or b"{}") for one in seen if one.method == method and "/subscriptions" in one.path]


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer, ear: Ear) -> Iterator[World]:
    own = server.tenant.subscriptions
    yield World(server, ear)
    own.subscriptions.clear()
    own.shortest, own.longest = 45, 10_080


def minutes(until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.now(UTC)).total_seconds() / 60


def test_each_folder_is_subscribed_to_for_new_mail_alone(world: World) -> None:
    world.server.tenant.mail.put(world.mailbox, b"Subject: x\r\n\r\nx", folder="Inbox/Forms")
    world.subscriptions(folders=["Inbox", "Inbox/Forms"]).keep()
    alive = world.alive()
    assert len({one["resource"] for one in alive}) == 2
    assert {one["changeType"] for one in alive} == {"created"}, "the robot's own changes must not nudge it"


def test_the_address_of_lifecycle_events_is_set_at_creation(world: World) -> None:
    world.subscriptions().keep()
    (body,) = world.asked("POST")
    assert body["lifecycleNotificationUrl"] == body["notificationUrl"] == world.address


def test_no_longer_life_is_asked_for_than_graph_ever_allowed(world: World) -> None:
    world.subscriptions().keep()
    (body,) = world.asked("POST")
    assert 0 < minutes(body["expirationDateTime"]) <= 1_440


@pytest.mark.parametrize(("shortest", "longest", "granted"), [(45, 50, 50), (45, 10_080, 45), (90, 10_080, 90)])
def test_the_life_that_graph_grants_is_what_counts(
    world: World, shortest: float, longest: float, granted: float
) -> None:
    world.own.shortest, world.own.longest = shortest, longest
    asked = timedelta(minutes=10) if longest > 50 else LIFETIME
    assert world.subscriptions(asked).keep() / 60 == pytest.approx(granted / 2, abs=0.5)


def test_a_subscription_is_renewed_when_half_of_its_life_is_over(world: World) -> None:
    world.own.shortest = world.own.longest = 0.04
    one = world.subscriptions()
    one.keep()
    before = dict(world.alive()[0])
    one.keep()
    assert world.asked("PATCH") == []
    time.sleep(1.3)
    one.keep()
    assert len(world.asked("PATCH")) == 1
    (after,) = world.alive()
    assert (after["id"], after["expirationDateTime"] > before["expirationDateTime"]) == (before["id"], True)


def test_a_clock_that_is_wrong_by_days_does_not_renew_without_end(world: World) -> None:
    world.own.shortest = world.own.longest = -2_000
    one = world.subscriptions()
    assert one.keep() >= 60
    assert one.keep() >= 60


def test_the_client_state_is_random_fits_and_is_compared_whatever_comes(world: World) -> None:
    first, second = world.subscriptions(), world.subscriptions()
    first.keep()
    (state,) = {one["clientState"] for one in world.alive()}
    assert 32 <= len(state) <= 128
    assert first.hear(Notification("", state))
    assert not second.hear(Notification("", state))
    for wrong in ("", state[:-1], state + "x", "ü", "\ud800", "\0"):
        assert not first.hear(Notification("", wrong))


def test_a_wrong_client_state_is_answered_and_ignored(world: World) -> None:
    one = world.subscriptions()
    one.keep()
    lie = {**change("guessed"), "lifecycleEvent": "subscriptionRemoved"}
    assert world.ear.ask(told(change("guessed"), lie)).status == 202
    world.ear.wait_for(2)
    assert world.ear.reasons == [False, False]
    assert not one.wanting


def test_new_mail_is_a_reason_to_run(world: World) -> None:
    world.subscriptions().keep()
    assert world.own.notify(world.mailbox) == 1
    world.ear.wait_for(1)
    assert world.ear.reasons == [True]


def lifecycle(world: World, event: str) -> Subscriptions:
    """Make a subscription, have Graph send an event, and return what heard it."""
    one = world.subscriptions()
    one.keep()
    assert world.own.notify_lifecycle(world.mailbox, event) == 1
    world.ear.wait_for(1)
    assert one.wanting
    one.keep()
    assert not one.wanting
    return one


def test_reauthorization_required_renews_and_is_no_reason_to_run(world: World) -> None:
    lifecycle(world, "reauthorizationRequired")
    assert (len(world.asked("PATCH")), len(world.asked("POST"))) == (1, 1)
    assert world.ear.reasons == [False]


def test_subscription_removed_makes_a_new_one_and_runs_for_what_came_meanwhile(world: World) -> None:
    lifecycle(world, "subscriptionRemoved")
    assert (len(world.asked("PATCH")), len(world.asked("POST"))) == (0, 2)
    assert len(world.alive()) == 1
    assert world.ear.reasons == [True]


def test_missed_is_a_nudge_and_changes_no_subscription(world: World) -> None:
    lifecycle(world, "missed")
    assert (len(world.asked("PATCH")), len(world.asked("POST"))) == (0, 1)
    assert world.ear.reasons == [True]


def test_a_subscription_that_is_gone_without_a_word_is_made_anew_when_renewed(world: World) -> None:
    one = world.subscriptions()
    one.keep()
    world.own.notify_lifecycle(world.mailbox, "reauthorizationRequired")
    world.ear.wait_for(1)
    world.own.subscriptions.clear()
    one.keep()
    assert len(world.alive()) == 1


def test_what_a_killed_process_left_is_removed_and_nobody_elses(world: World) -> None:
    world.subscriptions().keep()
    other = World(world.server, world.ear)
    other.subscriptions().keep()
    elsewhere = {"address": other.address, "port": world.ear.port}
    world.subscriptions(nudge=elsewhere).keep()
    left = {one["id"] for one in world.alive() if one["notificationUrl"] == world.address}
    kept = {one["id"] for one in (*world.alive(), *other.alive())} - left
    world.subscriptions().keep()
    now = {one["id"] for one in (*world.alive(), *other.alive())}
    assert (len(left), len(kept)) == (1, 2)
    assert not left & now
    assert kept < now
    assert len(now) == 3


def test_the_end_removes_the_subscriptions_and_is_quiet_if_graph_is_away(world: World) -> None:
    one, two = world.subscriptions(), world.subscriptions()
    one.keep()
    one.remove()
    assert world.alive() == []
    two.keep()
    with failing(world.server, "DELETE", "subscriptions", "status 503"):
        two.remove()
    assert len(world.alive()) == 1, "it ends by itself"


def test_an_address_that_leads_nowhere_is_told_with_the_remedy(world: World) -> None:
    world.own.led[world.address] = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(TransientError, match=rf'Inbox "post": .*{world.address} leads to .*runs on schedule'):
        world.subscriptions().keep()


@pytest.mark.parametrize(
    ("fault", "error"), [("status 403 ErrorAccessDenied", SignInRefused), ("reset-before", TransientError)]
)
def test_a_subscription_that_is_not_made_is_an_error_and_made_later(
    world: World, fault: str, error: type[PostroomError]
) -> None:
    one = world.subscriptions()
    with failing(world.server, "POST", "subscriptions", fault), pytest.raises(error):
        one.keep()
    one.keep()
    assert len(world.alive()) == 1


def checked(world: World) -> str:
    inbox = GraphInbox(world.settings())
    try:
        return inbox.check()[-1]
    finally:
        inbox.close()


def test_check_tells_how_it_stands_and_writes_nothing(world: World) -> None:
    assert f"0 of 1 folders: see that {world.address} leads to port {world.ear.port}" in checked(world)
    assert world.asked("POST") == world.asked("DELETE") == []
    world.subscriptions().keep()
    assert checked(world) == "Microsoft Graph nudges for 1 of 1 folders."
    world.ear.receiver.close()
    assert f"nothing hears it at port {world.ear.port}: `postroom serve` is not running" in checked(world)


def test_check_is_well_if_nudges_are_refused(world: World) -> None:
    with failing(world.server, "GET", "subscriptions", "status 403 ErrorAccessDenied"):
        assert "cannot be seen, and the line runs on schedule all the same" in checked(world)


def test_without_nudge_check_says_nothing_of_it(world: World) -> None:
    settings = world.settings(nudge=None)
    assert "nudge" not in " ".join(GraphInbox(settings).check())


def test_nudges_need_no_other_permission(world: World) -> None:
    needed = registry.permissions("inbox", world.settings())
    assert needed == registry.permissions("inbox", world.settings(nudge=None))
    assert {one.name for one in needed} <= {"Application Mail.ReadWrite"}


@pytest.mark.parametrize(
    "address", ["http://post.gov.uk", "post.gov.uk", "https://", "https://a.uk/?x", "https://a.uk/#x"]
)
def test_the_address_must_be_whole_and_encrypted(world: World, address: str) -> None:
    with pytest.raises(ValidationError, match="begins with https://"):
        world.settings(nudge={"address": address, "port": 8443})
