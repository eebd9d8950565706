from __future__ import annotations

import email
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count as numbers
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from connectors import registry
from connectors.graph.batch import in_turn
from connectors.graph.bookmark import Bookmark
from connectors.graph.client import GraphClient
from connectors.graph.inbox import GraphInbox
from connectors.graph.inbox_settings import GraphInboxSettings
from postroom.disposition import Outcome
from postroom.errors import ConnectorDown, SignInRefused, TransientError
from postroom.intake import take_in
from postroom.ledger import Ledger, Stage
from postroom.settle import settle_done
from tests.connectors.graph_targets import account, graph_server
from tests.contracts.inbox import DONE, HELD, InboxContract, InboxWorld, claim, mail, settle
from tests.postroom.samples import OWNER, PLANS, extraction, lease, reading
from tests.servers.graph import GraphServer
from tests.servers.graph.seen import Seen

_turn = numbers(1)
WORK, FINISHED, ASIDE = "Postroom: in work", "Postroom: done", "Postroom: needs a person"


class Hand(frozenset[str]):
    """What the ledger knows of an inbox's post."""

    def __new__(cls, *keys: str, over: tuple[str, ...] = ()) -> Hand:
        made = super().__new__(cls, keys)
        made.over = over
        return made

    over: tuple[str, ...]

    def is_over(self, source_key: str) -> bool:
        return source_key in self.over


class GraphWorld(InboxWorld):
    faults: ClassVar = {
        "unavailable": TransientError,
        "hangs up": TransientError,
        "a sign-in page": TransientError,
        "no right": SignInRefused,
    }
    ways: ClassVar = {
        "unavailable": "status 503",
        "hangs up": "reset-before",
        "a sign-in page": "page",
        "no right": "status 403 ErrorAccessDenied",
    }

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.mail = server.tenant.mail
        self.address = f"post{next(_turn)}@northborough.gov.uk"
        self.mail.add_mailbox(self.address)

    def settings(self, **more: Any) -> dict[str, Any]:
        own = {"kind": "graph", "name": "post", "mailbox": self.address, "patience_seconds": 0}
        return {**account(self.server), **own, **more}

    def inbox(self, **more: Any) -> GraphInbox:
        return GraphInbox(GraphInboxSettings.model_validate(self.settings(**more)))

    def put(self, raw: bytes, **how: Any) -> str:
        # Graph knows the time of receipt to the second.
        received = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=next(_turn))
        return str(self.mail.put(self.address, raw, **{"received": received, **how}))

    def take_away(self, raw: bytes) -> None:
        for item in self.mail.within(self.address, "Inbox"):
            if self.mail.raw(item) == raw:
                self.mail.staff_delete(item.id)
                return

    def everything(self) -> list[bytes]:
        folders = self.mail.numbers_of(self.address)
        return sorted(self.mail.raw(item) for path in folders for item in self.mail.within(self.address, path))

    def held(self) -> list[bytes]:
        return sorted(self.mail.raw(item) for item in self.mail.within(self.address, "Held"))

    def categories(self, key: str) -> list[str]:
        return list(self.mail.find(key).found["categories"])

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        self.server.faults.on("*", self.address, *[self.ways[name]] * 50)
        self.server.faults.on("POST", r"batch$", *[self.ways[name]] * 50)
        try:
            yield
        finally:
            self.server.faults.clear()


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> GraphWorld:
    return GraphWorld(server)


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the growing pause begin small, for tests that ask what is repeated and not when."""
    monkeypatch.setattr("connectors.waiting._FIRST_SECONDS", 0.05)


class TestGraphContract(InboxContract):
    kind = "graph"
    settles_unclaimed = False


def files(number: int, *names: str, size: int = 20) -> bytes:
    """Return a mail with files; its boundary is written anew by the server each time."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "resident@example.org", "post@council.example", f"Papers {number}"
    letter["Date"], letter["Message-ID"] = "Mon, 14 Sep 2026 09:00:00 +0100", f"<files{number}@example.org>"
    letter.set_content("Please find the papers enclosed.")
    for name in names:
        letter.add_attachment(b"%PDF-1.4 " + b"x" * size, maintype="application", subtype="pdf", filename=name)
    return letter.as_bytes(policy=SMTP)


def asked(world: GraphWorld, method: str = "", part: str = "") -> list[Seen]:
    """Return the requests to this world's mailbox, parts of batches included."""
    return [
        seen
        for seen in world.server.requests
        if seen.mailbox == world.address and method in ("", seen.method) and part in seen.path
    ]


def test_immutable_ids_are_asked_for_in_every_call(world: GraphWorld) -> None:
    world.put(files(1, "a.pdf"))
    inbox = world.inbox()
    (message,) = inbox.fetch(10)
    claim(inbox, message)
    settle(inbox, message)
    inbox.check()
    calls = asked(world)
    assert {"GET", "PATCH", "POST"} <= {seen.method for seen in calls}
    assert [seen.path for seen in calls if 'IdType="ImmutableId"' not in seen.headers.get("prefer", "")] == []


def test_a_mail_is_the_same_mail_after_staff_moved_it_there_and_back(world: GraphWorld) -> None:
    key = world.put(mail(1))
    (first,) = world.inbox().fetch(10)
    world.mail.staff_move(key, "Somewhere")
    world.mail.staff_move(key, "Inbox")
    (second,) = world.inbox().fetch(10)
    assert (second.id, second.source_key) == (first.id, first.source_key)


def test_mime_that_is_written_anew_each_time_is_one_message(world: GraphWorld) -> None:
    world.put(files(1, "a.pdf", "b.pdf"))
    (first,), (second,) = world.inbox().fetch(10), world.inbox().fetch(10)
    assert first.raw != second.raw, "as the server does, or this test shows nothing"
    assert first.id == second.id


@pytest.mark.parametrize("message_id", ["", "<same@example.org>"])
def test_message_id_headers_that_are_missing_or_repeated_join_nothing(world: GraphWorld, message_id: str) -> None:
    for number in (1, 2):
        head = f"Message-ID: {message_id}\r\n" if message_id else ""
        world.put(f"From: a@example.org\r\nSubject: {number}\r\n{head}\r\nLetter {number}.\r\n".encode())
    first, second = world.inbox().fetch(10)
    assert first.id != second.id


def test_changes_are_asked_for_by_folder_page_and_what_graph_allows(world: GraphWorld) -> None:
    for number in range(3):
        world.put(mail(number))
    world.inbox().fetch(2)
    first, *_ = asked(world, "GET", "/messages/")
    assert "/mailFolders/" in first.path
    assert set(first.query) == {"$select"}
    assert "odata.maxpagesize=10" in first.headers["prefer"]


def test_several_folders_are_followed_and_a_sub_folder_by_its_path(world: GraphWorld) -> None:
    world.put(mail(1))
    world.put(mail(2), folder="Inbox/Scans")
    world.put(mail(3), folder="Elsewhere")
    inbox = world.inbox(folders=["Inbox", "Inbox/Scans"])
    assert [message.raw for message in inbox.fetch(10)] == [mail(1), mail(2)]
    assert len(inbox.fetch(1)) == 1


def test_a_page_that_was_used_in_part_is_neither_lost_nor_repeated(world: GraphWorld) -> None:
    keys = [world.put(mail(number)) for number in range(25)]
    inbox, bookmark, got = world.inbox(), "", []
    for _ in range(12):
        followed = inbox.follow(4, bookmark, Hand())
        got += [message.source_key for message in followed.messages]
        bookmark = followed.bookmark
    assert sorted(got) == sorted(keys)
    assert len(got) == 25


def test_the_bookmark_goes_on_where_the_last_look_ended(world: GraphWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox()
    first = inbox.follow(10, "", Hand())
    new = world.put(mail(2))
    second = world.inbox().follow(10, first.bookmark, Hand())
    assert [message.source_key for message in second.messages] == [new]
    assert world.inbox().follow(10, second.bookmark, Hand()).messages == []


@pytest.mark.parametrize("bookmark", ["no json", '{"folders": 1}', '{"folders": {"x": {"y": 1}}, "waiting": {}}'])
def test_a_bookmark_that_cannot_be_read_costs_a_look_at_everything(world: GraphWorld, bookmark: str) -> None:
    world.put(mail(1))
    assert len(world.inbox().follow(10, bookmark, Hand()).messages) == 1


def test_replays_bring_nothing_twice_and_take_nothing_back(world: GraphWorld) -> None:
    keys = [world.put(mail(number)) for number in range(3)]
    inbox = world.inbox()
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all(followed.messages)
    world.mail.replay(world.address, stale=True)
    again = inbox.follow(10, followed.bookmark, Hand(*keys))
    assert asked(world, "GET", "/messages/"), "the replay shows the mails as they were before they were claimed"
    assert (again.messages, again.taken_back) == ([], ())


def test_a_mail_that_is_told_of_late_and_twice_comes_once(world: GraphWorld) -> None:
    inbox = world.inbox()
    bookmark = inbox.follow(10, "", Hand()).bookmark
    key = world.put(mail(1), appears_in=0.3)
    assert inbox.follow(10, bookmark, Hand()).messages == []
    time.sleep(0.4)
    world.mail.replay(world.address, ids=[key], stale=False)
    assert [message.source_key for message in inbox.follow(10, bookmark, Hand()).messages] == [key]


def test_a_change_told_with_what_changed_alone_is_looked_at_whole(world: GraphWorld) -> None:
    done, work, new = world.put(mail(1)), world.put(mail(2)), world.put(mail(3))
    inbox = world.inbox(done_folder="", held_folder="")
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all([message for message in followed.messages if message.source_key != new])
    settle(inbox, next(message for message in followed.messages if message.source_key == done))
    bookmark = inbox.follow(10, followed.bookmark, Hand(work, new)).bookmark
    world.mail.sparse = True
    for key in (done, work, new):
        world.mail.staff_read(key)
    again = inbox.follow(10, bookmark, Hand(work))
    world.mail.sparse = False
    assert [message.source_key for message in again.messages] == [new]
    assert again.taken_back == ()


def test_mail_of_before_the_first_day_is_left_alone(world: GraphWorld) -> None:
    world.put(mail(1), received=datetime(2026, 9, 13, 23, 59, tzinfo=UTC))
    new = world.put(mail(2), received=datetime(2026, 9, 14, 0, 0, tzinfo=UTC))
    assert [message.source_key for message in world.inbox(since="2026-09-14").fetch(10)] == [new]


def test_410_means_everything_again_and_the_ledger_decides_what_is_new(world: GraphWorld) -> None:
    keys = [world.put(mail(number)) for number in range(3)]
    inbox = world.inbox()
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all(followed.messages)
    new = world.put(mail(4))
    world.mail.staff_move(keys[1], "Elsewhere")
    world.mail.expire_tokens()
    again = inbox.follow(10, followed.bookmark, Hand(*keys))
    assert [message.source_key for message in again.messages] == [new]
    assert again.taken_back == (keys[1],), "what was moved away while the place was lost is not told by anybody"


@pytest.mark.parametrize("answer", ["status 400 SyncStateInvalid", "status 404 syncStateNotFound", "gone"])
def test_a_bookmark_that_graph_has_forgotten_means_everything_again(world: GraphWorld, answer: str) -> None:
    inbox = world.inbox()
    bookmark = inbox.follow(10, "", Hand()).bookmark
    key = world.put(mail(1))
    world.server.faults.on("GET", rf"{world.address}.*delta", answer)
    assert [message.source_key for message in inbox.follow(10, bookmark, Hand()).messages] == [key]


def test_a_folder_that_lost_its_mails_is_no_forgotten_bookmark(world: GraphWorld) -> None:
    inbox = world.inbox()
    bookmark = inbox.follow(10, "", Hand()).bookmark
    world.server.faults.on("GET", rf"{world.address}.*delta", "status 404")
    with pytest.raises(TransientError, match="404"):
        inbox.follow(10, bookmark, Hand())


@pytest.mark.parametrize("bookmark", ["", "no json"])
def test_what_staff_took_back_is_found_out_although_no_bookmark_was_kept(world: GraphWorld, bookmark: str) -> None:
    kept, moved, scan = world.put(mail(1)), world.put(mail(2)), world.put(mail(3), folder="Inbox/Scans")
    inbox = world.inbox(folders=["Inbox", "Inbox/Scans"])
    inbox.claim_all(inbox.follow(10, "", Hand()).messages)
    world.mail.staff_move(moved, "Elsewhere")
    again = inbox.follow(10, bookmark, Hand(kept, moved, scan))
    assert (again.messages, again.taken_back) == ([], (moved,))


@pytest.mark.parametrize("act", ["move", "delete", "uncategorise"])
def test_staff_take_a_mail_back_by_moving_deleting_or_uncategorising_it(world: GraphWorld, act: str) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all(followed.messages)
    bookmark = inbox.follow(10, followed.bookmark, Hand(key)).bookmark
    staff = {
        "move": lambda: world.mail.staff_move(key, "Deleted Items"),
        "delete": lambda: world.mail.staff_delete(key),
        "uncategorise": lambda: world.mail.staff_uncategorise(key, WORK),
    }
    staff[act]()
    assert inbox.follow(10, bookmark, Hand(key)).taken_back == (key,)
    settle(inbox, followed.messages[0])
    assert FINISHED not in (world.categories(key) if act != "delete" else [])
    assert "Done" not in world.mail.numbers_of(world.address)


def test_what_the_robot_itself_settles_is_not_taken_back(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all(followed.messages)
    settle(inbox, followed.messages[0])
    assert inbox.follow(10, followed.bookmark, Hand(key)).taken_back == (), "the ledger may not have heard of it yet"


def test_a_mail_marked_by_a_run_that_was_cut_off_is_handed_over_again(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(10)
    claim(inbox, message)
    assert inbox.fetch(10) == [], "without a ledger the mark alone decides"
    assert [one.source_key for one in inbox.follow(10, "", Hand()).messages] == [key]


def test_a_mail_the_ledger_is_through_with_is_staffs_wherever_they_put_it(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all(followed.messages)
    settle(inbox, followed.messages[0])
    world.mail.staff_move(key, "Inbox")
    world.mail.staff_uncategorise(key)
    asked_before = len(asked(world, "GET", "$value"))
    again = inbox.follow(10, followed.bookmark, Hand(over=(key,)))
    assert (again.messages, again.taken_back) == ([], ())
    assert len(asked(world, "GET", "$value")) == asked_before, "nor is its content asked for"


def test_staffs_own_categories_stay_and_settling_shows(world: GraphWorld) -> None:
    kept = world.put(mail(1), categories=["Red"])
    held = world.put(mail(2))
    inbox = world.inbox()
    one, two = inbox.fetch(10)
    inbox.claim_all([one, two])
    assert world.categories(kept) == ["Red", WORK]
    world.mail.staff_categorise(kept, "Ask Pat")
    settle(inbox, one, DONE)
    settle(inbox, two, HELD)
    assert (world.categories(kept), world.mail.where(kept)) == (["Red", "Ask Pat", FINISHED], "Done")
    assert (world.categories(held), world.mail.where(held)) == ([ASIDE], "Held")
    assert not world.mail.find(kept).found["isRead"], "nothing is marked as read"


def test_post_that_could_not_be_marked_when_it_came_is_settled_all_the_same(world: GraphWorld, tmp_path: Path) -> None:
    key, moved = world.put(mail(1)), world.put(mail(2))
    inbox, ledger = world.inbox(), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "documents")
    ledger.migrate()
    world.server.faults.on("PATCH", world.address, "status 400", "status 400")
    with pytest.raises(TransientError):
        take_in(ledger, inbox)
    world.server.faults.clear()
    world.mail.staff_move(moved, "Elsewhere")
    for number, message_id in enumerate(ledger.messages_due(Stage.RECEIVED)):
        held = lease(ledger, message_id)
        ledger.save_reading(held, reading(number))
        ledger.save_items(held, [extraction(number, outcome=Outcome.NO_ACTION)], PLANS)
    assert settle_done(ledger, inbox, OWNER) == 2
    ledger.close()
    assert (world.mail.where(key), world.categories(key)) == ("Done", [FINISHED]), "no mark is not staff's doing here"
    assert (world.mail.where(moved), world.categories(moved)) == ("Elsewhere", [])


def test_post_may_stay_where_it_is_and_only_its_category_change(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox(done_folder="", held_folder="")
    (message,) = inbox.fetch(10)
    claim(inbox, message)
    settle(inbox, message)
    assert (world.categories(key), world.mail.where(key)) == ([FINISHED], "Inbox")
    assert inbox.follow(10, "", Hand()).messages == []


def test_post_goes_to_a_folder_that_is_made_anew_after_somebody_deleted_it(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(10)
    claim(inbox, message)
    world.server.faults.on("POST", "/move$", "status 404")
    settle(inbox, message)
    assert (world.categories(key), world.mail.where(key)) == ([FINISHED], "Done")
    looked_up = [seen for seen in asked(world, "GET") if "displayName" in seen.raw_query]
    assert len(looked_up) == 2, "the folder is looked for again"


def test_a_change_meanwhile_is_read_again_and_never_written_over(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(10)
    world.mail.staff_categorise(key, "Urgent")
    claim(inbox, message)
    assert world.categories(key) == ["Urgent", WORK]
    assert 412 in [seen.status for seen in asked(world, "PATCH")]


def test_a_mail_that_changes_again_and_again_waits(world: GraphWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox()
    (message,) = inbox.fetch(10)
    world.server.faults.on("PATCH", world.address, *["status 412"] * 9)
    with pytest.raises(TransientError, match="again and again"):
        claim(inbox, message)
    world.server.faults.clear()


def test_an_attachment_that_is_scanned_is_waited_for_and_the_mail_not_touched(world: GraphWorld) -> None:
    key = world.put(files(1, "form.pdf"), scanning_for=600, received=datetime.now(UTC))
    other = world.put(mail(2))
    inbox = world.inbox()
    followed = inbox.follow(10, "", Hand())
    assert [message.source_key for message in followed.messages] == [other], "it holds up nobody else"
    inbox.claim_all(followed.messages)
    again = inbox.follow(10, followed.bookmark, Hand(other))
    assert again.messages == []
    assert world.categories(key) == []
    assert world.mail.where(key) == "Inbox"
    world.mail.finish_scan(key)
    (message,) = inbox.follow(10, again.bookmark, Hand(other)).messages
    assert (message.source_key, message.problems) == (key, ())
    assert b"form.pdf" in message.raw


def test_a_scan_without_end_goes_to_a_person(world: GraphWorld) -> None:
    world.put(files(1, "form.pdf"), scanning_for=6000, received=datetime.now(UTC) - timedelta(minutes=31))
    (message,) = world.inbox().follow(10, "", Hand()).messages
    assert "still being scanned" in message.problems[0].reason


def test_a_mail_that_waits_and_is_moved_by_staff_is_forgotten(world: GraphWorld) -> None:
    key = world.put(files(1, "form.pdf"), scanning_for=600, received=datetime.now(UTC))
    inbox = world.inbox()
    bookmark = inbox.follow(10, "", Hand()).bookmark
    assert key in bookmark
    world.mail.staff_move(key, "Elsewhere")
    followed = inbox.follow(10, bookmark, Hand())
    assert (followed.messages, key in followed.bookmark) == ([], False)


def test_a_mail_that_waits_is_not_lost_when_it_is_moved_to_another_followed_folder(world: GraphWorld) -> None:
    world.put(mail(2), folder="Inbox/Scans")
    key = world.put(files(1, "form.pdf"), scanning_for=600, received=datetime.now(UTC))
    inbox = world.inbox(folders=["Inbox/Scans", "Inbox"])
    bookmark = inbox.follow(10, "", Hand()).bookmark
    world.mail.staff_move(key, "Inbox/Scans")
    bookmark = inbox.follow(10, bookmark, Hand()).bookmark
    later = world.inbox(folders=["Inbox/Scans", "Inbox"], scan_minutes=0)
    assert [message.source_key for message in later.follow(10, bookmark, Hand()).messages] == [key]


def test_mails_that_wait_do_not_become_more_and_more(world: GraphWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.graph.inbox._MOST_WAITING", 100)
    keys = [world.put(mail(number)) for number in range(110)]
    waiting = Bookmark(waiting=dict.fromkeys(keys[:105], 0))
    followed = world.inbox().follow(10, str(waiting), Hand())
    assert {message.source_key for message in followed.messages} <= set(keys[:105])
    assert len(Bookmark.parse(followed.bookmark).waiting) == 95


def test_attached_mails_come_along_and_links_to_the_cloud_are_told(world: GraphWorld) -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "resident@example.org", "Forwarded"
    outer.set_content("See the mail enclosed.")
    outer.add_attachment(email.message_from_bytes(mail(7), policy=SMTP))
    world.put(outer.as_bytes(policy=SMTP), links=["plan.docx"])
    (message,) = world.inbox().fetch(10)
    assert b"Subject: Garden waste 7" in message.raw
    assert [problem.document for problem in message.problems] == ["plan.docx"]
    assert "cloud" in message.problems[0].reason


def test_a_large_mail_is_not_read_and_a_person_is_told(world: GraphWorld) -> None:
    world.put(files(1, "huge.pdf", size=300_000))
    (message,) = world.inbox(maximum_bytes=100_000).fetch(10)
    assert len(message.raw) < 5_000
    assert b"Subject: Papers 1" in message.raw
    assert asked(world, "GET", "$value") == [], "what is known to be too large is not even asked for"


def test_a_large_body_stops_at_the_limit(world: GraphWorld) -> None:
    world.put(mail(1, "x" * 70 + "\r\n" * 300_000))
    (message,) = world.inbox(maximum_bytes=100_000).fetch(10)
    assert len(message.raw) < 5_000
    assert b"Subject: Garden waste 1" in message.raw


def test_a_download_that_times_out_for_ever_goes_to_a_person_and_holds_nobody_up(world: GraphWorld) -> None:
    bad, good = world.put(mail(1)), world.put(mail(2))
    inbox, bookmark, got = world.inbox(), "", []
    for _ in range(6):
        world.server.faults.on("GET", rf"{re.escape(bad)}/\$value", "status 504")
        followed = inbox.follow(10, bookmark, Hand())
        got += followed.messages
        bookmark = followed.bookmark
        world.server.faults.clear()
    assert [message.source_key for message in got] == [good, bad]
    assert b"Subject: Garden waste 1" in got[1].raw
    assert b"was not read" in got[1].raw


@pytest.mark.usefixtures("brisk")
def test_a_mail_that_is_broken_through_and_through_holds_nobody_up(world: GraphWorld) -> None:
    bad, good = world.put(files(1, "a.pdf")), world.put(files(2, "b.pdf"))
    inbox, bookmark, got = world.inbox(patience_seconds=60), "", []
    looks = 0
    while len(got) < 2 and looks < 8:
        world.server.faults.on("*", re.escape(bad), *["status 500"] * 200)
        followed = inbox.follow(10, bookmark, Hand(*[message.source_key for message in got]))
        world.server.faults.clear()
        inbox.claim_all(followed.messages)
        got += followed.messages
        bookmark, looks = followed.bookmark, looks + 1
        if looks == 1:
            assert [message.source_key for message in got] == [good], "the good one is there at once"
    assert [message.source_key for message in got] == [good, bad]
    assert b"does not give" in got[1].raw
    assert world.categories(bad) == [WORK]


@pytest.mark.usefixtures("brisk")
def test_a_mail_in_hand_that_cannot_be_looked_at_is_doubted_until_it_can(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox(patience_seconds=60)
    followed = inbox.follow(10, "", Hand())
    inbox.claim_all(followed.messages)
    bookmark = inbox.follow(10, followed.bookmark, Hand(key)).bookmark
    world.mail.staff_uncategorise(key)
    world.server.faults.on("GET", re.escape(key), *["status 500"] * 9)
    doubted = inbox.follow(10, bookmark, Hand(key))
    world.server.faults.clear()
    assert doubted.taken_back == ()
    assert inbox.follow(10, doubted.bookmark, Hand(key)).taken_back == (key,)


def test_a_mailbox_that_is_away_loses_nothing_and_makes_no_stand_ins(world: GraphWorld) -> None:
    key = world.put(mail(1))
    inbox = world.inbox()
    for _ in range(8):
        world.server.faults.on("GET", r"\$value|headers|messages/", *["status 503"] * 9)
        with pytest.raises(TransientError):
            inbox.follow(10, "", Hand())
        world.server.faults.clear()
    (message,) = inbox.follow(10, "", Hand()).messages
    assert (message.source_key, message.raw) == (key, mail(1))


@pytest.mark.parametrize("asked_for", ["2", "date", "nonsense", "none"])
def test_429_is_waited_out_as_it_asks_and_never_less_than_a_growing_pause(world: GraphWorld, asked_for: str) -> None:
    world.put(mail(1))
    inbox = world.inbox(patience_seconds=60)
    inbox.fetch(0)
    world.server.faults.on("GET", rf"{world.address}.*delta", f"retry {asked_for}")
    began = time.monotonic()
    assert len(inbox.fetch(10)) == 1
    assert time.monotonic() - began >= (1.9 if asked_for in ("2", "date") else 0.4)


def test_a_mailbox_is_left_alone_however_its_address_is_written(world: GraphWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox(mailbox=world.address.upper(), patience_seconds=5)
    (message,) = inbox.fetch(10)
    world.server.faults.on("POST", r"batch$", "retry 900")
    with pytest.raises(TransientError):
        claim(inbox, message)
    with pytest.raises(TransientError, match="left alone"):
        inbox.fetch(10)


def test_a_wait_longer_than_our_patience_ends_the_look_and_is_told(world: GraphWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox(patience_seconds=5)
    world.server.faults.on("GET", rf"{world.address}.*delta", "retry 900")
    began = time.monotonic()
    with pytest.raises(TransientError) as raised:
        inbox.fetch(10)
    assert raised.value.retry_after == 900
    with pytest.raises(TransientError, match="left alone"):
        inbox.fetch(10)
    assert time.monotonic() - began < 2
    assert len([seen for seen in asked(world, "GET") if "delta" in seen.path]) == 1, "nor is it asked in the meantime"


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_passing_faults_of_looks_are_repeated_by_the_transport(world: GraphWorld, status: int) -> None:
    world.put(mail(1))
    world.server.faults.on("GET", rf"{world.address}.*delta", f"status {status}", f"status {status}")
    assert len(world.inbox(patience_seconds=60).fetch(10)) == 1


@pytest.mark.usefixtures("brisk")
def test_a_batch_has_twenty_parts_at_most_and_each_part_is_judged_by_itself(world: GraphWorld) -> None:
    keys = [world.put(mail(number)) for number in range(45)]
    inbox = world.inbox()
    messages = inbox.fetch(100)
    world.mail.staff_delete(keys[7])
    world.server.faults.on("PATCH", re.escape(keys[3]), "status 429", "status 429")
    inbox.claim_all(messages)
    marked = [key for key in keys if key != keys[7]]
    assert all(world.categories(key) == [WORK] for key in marked)
    batches = [json.loads(seen.body) for seen in world.server.requests if seen.path.endswith("$batch")]
    assert max(len(batch["requests"]) for batch in batches) == 20
    chained = [part for batch in batches for part in batch["requests"][1:]]
    assert all(len(part["dependsOn"]) == 1 for part in chained), "fully one after the other, which takes one place"


def test_a_batch_that_gets_on_is_not_given_up_however_long_it_takes(
    world: GraphWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each of the four pauses is shorter than the patience, and all of them together are longer.
    monkeypatch.setattr("connectors.waiting._FIRST_SECONDS", 0.2)
    keys = [world.put(mail(number)) for number in range(6)]
    for key in keys[1:5]:
        world.server.faults.on("GET", f"{re.escape(key)}$", "status 429")
    client = GraphClient(GraphInboxSettings.model_validate(world.settings()), "Inbox")

    def build(graph: Any) -> list[Any]:
        messages = graph.users.by_user_id(world.address).messages
        return [messages.by_message_id(key).to_get_request_information() for key in keys]

    answers = in_turn(client, "Inbox", world.address, build, patience_seconds=0.3)
    client.close()
    assert [answer.json()["id"] for answer in answers] == keys


def test_a_token_that_runs_out_in_mid_batch_is_renewed(world: GraphWorld) -> None:
    keys = [world.put(mail(number)) for number in range(5)]
    inbox = world.inbox()
    messages = inbox.fetch(10)
    world.server.faults.on("PATCH", re.escape(keys[2]), "unauthorised")
    world.server.tenant.sign_in.expire_tokens()
    inbox.claim_all(messages)
    assert all(world.categories(key) == [WORK] for key in keys)


@pytest.mark.parametrize(("app", "most"), [(64, 4), (2, 2)])
def test_never_more_calls_at_one_time_than_a_mailbox_and_the_app_may_have(
    world: GraphWorld, app: int, most: int
) -> None:
    for number in range(12):
        world.put(mail(number))
    world.server.tenant.takes = 0.02
    with ThreadPoolExecutor(6) as workers:
        got = list(workers.map(lambda _: len(world.inbox(app_calls_at_once=app).fetch(12)), range(6)))
    world.server.tenant.takes = 0.0
    assert got == [12] * 6
    assert world.server.most_at_once(world.address) == most
    assert not [seen for seen in asked(world) if seen.status == 429]


def test_the_scope_is_proven_by_a_mailbox_that_must_be_refused(world: GraphWorld) -> None:
    signing = world.server.tenant.sign_in
    world.mail.add_mailbox("chief@northborough.gov.uk")
    signing.register("scoped", "secret", "Mail.ReadWrite", mailboxes={world.address})
    sign_in = {**world.settings()["sign_in"], "client_id": "scoped", "client_secret": "secret"}
    found = world.inbox(outside_mailbox="chief@northborough.gov.uk", sign_in=sign_in).check()
    assert any("is refused, as it must be" in sentence for sentence in found)
    with pytest.raises(ConnectorDown, match="outside its scope"):
        world.inbox(outside_mailbox="chief@northborough.gov.uk").check()
    assert any("not proven" in sentence for sentence in world.inbox().check())


def test_check_says_what_to_grant_and_what_is_missing(world: GraphWorld) -> None:
    (needed,) = registry.permissions("inbox", GraphInboxSettings.model_validate(world.settings()))
    assert needed.name == "Application Mail.ReadWrite"
    assert world.address in needed.scope
    told = " ".join(world.inbox().check())
    assert '"Done" is made when it is first needed' in told
    with pytest.raises(ConnectorDown, match='no folder "Post/2026"'):
        world.inbox(folders=["Post/2026"]).check()
    with pytest.raises(ConnectorDown, match=r"no mailbox nobody@northborough\.gov\.uk"):
        world.inbox(mailbox="nobody@northborough.gov.uk").check()


def test_addresses_with_a_slash_too_many_and_names_with_signs_lead_to_the_mailbox(world: GraphWorld) -> None:
    world.address = f"o'neill#{next(_turn)}+scans@northborough.gov.uk"
    world.mail.add_mailbox(world.address)
    key = world.put(files(1, "a.pdf"))
    inbox = world.inbox(graph_address=world.server.url + "/", done_folder="Pat's / Done#1")
    (message,) = inbox.fetch(10)
    claim(inbox, message)
    settle(inbox, message)
    assert (world.categories(key), world.mail.where(key)) == ([FINISHED], "Pat's/Done#1")
    assert [seen.path for seen in world.server.requests if "//" in seen.path] == []


def test_a_link_to_another_host_gets_no_token(world: GraphWorld) -> None:
    world.put(mail(1))
    inbox = world.inbox()
    bookmark = inbox.follow(10, "", Hand()).bookmark.replace("127.0.0.1", "graph.example")
    with pytest.raises(ConnectorDown, match="another host"):
        inbox.follow(10, bookmark, Hand())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"done_category": "postroom: IN WORK"}, "categories must be different"),
        ({"done_folder": "inbox"}, "must all be different"),
        ({"done_folder": " Inbox/"}, "must all be different"),
        ({"folders": ["/"]}, "needs a name"),
        ({"graph_address": "http://graph.example/v1.0"}, "must begin with https"),
        ({"calls_at_once": 5}, "less than or equal to 4"),
    ],
)
def test_settings_that_cannot_work_are_refused(world: GraphWorld, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        world.inbox(**wrong)
