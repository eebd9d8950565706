"""What a look since a bookmark tells: new post once, post in hand that staff took back, and nothing wrong."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.exchange import ExchangeInbox
from connectors.exchange.bookmark import Bookmark
from postroom.message import Followed, Message
from tests.contracts.inbox import mail, settle
from tests.servers.exchange import Change
from tests.servers.exchange.council import IN_WORK, MAILBOX, Council, council


@pytest.fixture
def exchange() -> Iterator[Council]:
    with council() as found:
        yield found


class Line:
    """An inbox with what the ledger would keep for it: the bookmark, and what is in hand."""

    def __init__(self, exchange: Council, **settings: Any) -> None:
        self.exchange = exchange
        self.inbox: ExchangeInbox = exchange.inbox(**settings)
        self.bookmark = ""
        self.in_hand: set[str] = set()

    def look(self, limit: int = 100) -> Followed:
        """Look, claim and keep the bookmark, as intake does."""
        followed = self.inbox.follow(limit, self.bookmark, self.in_hand)
        self.inbox.claim_all(followed.messages)
        self.in_hand |= {message.source_key for message in followed.messages}
        self.in_hand -= set(followed.taken_back)
        self.bookmark = followed.bookmark
        return followed

    def settle(self, message: Message) -> None:
        settle(self.inbox, message)
        self.in_hand.discard(message.source_key)


def raws(followed: Followed) -> list[bytes]:
    return [message.raw for message in followed.messages]


def test_each_mail_comes_once_and_the_oldest_first(exchange: Council) -> None:
    line = Line(exchange)
    for number in (1, 2):
        exchange.put(mail(number))
    assert raws(line.look()) == [mail(1), mail(2)]
    assert line.look() == Followed([], line.bookmark)
    exchange.put(mail(3))
    assert raws(line.look()) == [mail(3)]
    assert len(line.in_hand) == 3


def test_a_quiet_mailbox_costs_one_request_a_folder(exchange: Council) -> None:
    exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    line.look()
    exchange.asked()
    line.look()
    assert exchange.asked() == ["SyncFolderItems"]


def test_twenty_mails_are_claimed_with_one_look_and_one_write(exchange: Council) -> None:
    for number in range(20):
        exchange.put(mail(number))
    inbox = exchange.inbox()
    messages = inbox.fetch(20)
    exchange.asked()
    inbox.claim_all(messages)
    assert exchange.asked() == ["GetItem", "UpdateItem"]
    assert all(item.categories == [IN_WORK] for item in exchange.items())


def test_one_conflict_among_many_is_looked_at_again_alone(exchange: Council) -> None:
    for number in range(5):
        exchange.put(mail(number))
    inbox = exchange.inbox()
    messages = inbox.fetch(5)
    answer, done = exchange.server.answer, list[bool]()

    def edited_first(user: str, header: Any, request: Any) -> bytes:
        if request.tag.endswith("}UpdateItem") and not done:
            done.append(True)
            exchange.store.staff_categories(messages[2].source_key, "Urgent")
            exchange.store.staff_delete(messages[4].source_key)
        return answer(user, header, request)

    exchange.server.answer = edited_first  # type: ignore[method-assign]
    inbox.claim_all(messages)
    expected = [[IN_WORK], [IN_WORK], ["Urgent", IN_WORK], [IN_WORK]]
    assert [item.categories for item in exchange.items()] == expected


def test_what_is_beyond_the_limit_comes_next_time_and_only_once(exchange: Council) -> None:
    for number in range(7):
        exchange.put(mail(number))
    line = Line(exchange)
    found = [raws(line.look(3)) for _ in range(4)]
    assert found == [[mail(0), mail(1), mail(2)], [mail(3), mail(4), mail(5)], [mail(6)], []]


def test_a_look_without_room_loses_nothing(exchange: Council) -> None:
    exchange.put(mail(1))
    line = Line(exchange)
    assert raws(line.look(0)) == []
    assert raws(line.look()) == [mail(1)]


def test_more_changes_than_one_answer_holds_are_all_followed(exchange: Council) -> None:
    for number in range(1100):
        exchange.put(mail(number % 60))
    line = Line(exchange)
    line.look(2)
    assert exchange.asked().count("SyncFolderItems") == 3
    line.look(2)
    assert exchange.asked().count("SyncFolderItems") == 1
    assert len(line.in_hand) == 4


def test_a_bookmark_that_was_never_kept_repeats_the_look(exchange: Council) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    first, second = inbox.follow(9, "", set()), inbox.follow(9, "", set())
    assert [m.id for m in first.messages] == [m.id for m in second.messages]
    assert len(first.messages) == 1


def test_mail_marked_by_a_run_that_was_cut_off_is_handed_over_again(exchange: Council) -> None:
    """The mark is on the mail, but the ledger never heard that it was written."""
    for number in range(3):
        exchange.put(mail(number))
    line = Line(exchange)
    lost = line.inbox.follow(9, "", set())
    line.inbox.claim_all(lost.messages)
    exchange.put(mail(7))
    assert [m.id for m in line.look(2).messages] == [m.id for m in lost.messages[:2]]
    assert raws(line.look(2)) == [mail(2), mail(7)]
    assert raws(line.look(2)) == []
    assert len(line.in_hand) == 4


def test_mail_that_came_in_hand_in_the_meantime_is_not_handed_over_again(exchange: Council) -> None:
    exchange.put(mail(1))
    line = Line(exchange)
    lost = line.inbox.follow(9, "", set())
    line.inbox.claim_all(lost.messages)
    assert line.look(0).messages == []
    line.in_hand = {message.source_key for message in lost.messages}
    assert line.look() == Followed([], line.bookmark)


def test_without_a_ledger_the_mark_alone_decides(exchange: Council) -> None:
    exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    assert line.inbox.follow(9, "", None).messages == line.inbox.fetch(9) == []


@pytest.mark.parametrize("act", ["move", "delete", "unmark"])
def test_mail_in_hand_that_staff_take_back_is_told_once(exchange: Council, act: str) -> None:
    mail_id = exchange.put(mail(1))
    exchange.put(mail(2))
    line = Line(exchange)
    line.look()
    if act == "move":
        exchange.store.staff_move(mail_id, "Team")
    elif act == "delete":
        exchange.store.staff_delete(mail_id)
    else:
        exchange.store.staff_categories(mail_id, "Mine")
    followed = line.look()
    assert followed.taken_back == (mail_id,)
    assert followed.messages == []
    assert line.look().taken_back == ()


def test_an_edit_by_staff_that_leaves_our_category_takes_nothing_back(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    exchange.store.staff_categories(mail_id, "Urgent", IN_WORK.upper())
    exchange.store.staff_read(mail_id)
    assert line.look().taken_back == ()


def test_reading_a_mail_takes_nothing_back_and_brings_nothing(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    line.look()
    exchange.store.staff_read(mail_id)
    exchange.asked()
    assert line.look() == Followed([], line.bookmark)
    assert exchange.asked() == ["SyncFolderItems"]


def test_old_news_of_a_mail_that_left_takes_nothing_back(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    exchange.store.replay(MAILBOX, "Inbox", Change("Delete", mail_id))
    exchange.asked()
    assert line.look().taken_back == ()
    assert "GetItem" in exchange.asked(), "it looked"


def test_old_news_of_a_mail_before_it_was_claimed_changes_nothing(exchange: Council) -> None:
    from copy import deepcopy

    mail_id = exchange.put(mail(1))
    before = deepcopy(exchange.store.item(mail_id))
    line = Line(exchange)
    line.look()
    exchange.store.replay(MAILBOX, "Inbox", Change("Create", mail_id, before), Change("Update", mail_id, before))
    assert line.look() == Followed([], line.bookmark)


def test_changes_told_in_another_order_and_twice_are_all_right(exchange: Council) -> None:
    exchange.store.mailboxes[MAILBOX].shuffled = True
    ids = [exchange.put(mail(number)) for number in range(4)]
    line = Line(exchange)
    assert raws(line.look()) == [mail(number) for number in range(4)]
    exchange.store.staff_delete(ids[0])
    exchange.store.replay(MAILBOX, "Inbox", Change("Delete", ids[0]), Change("Delete", ids[1]))
    assert line.look().taken_back == (ids[0],)


def test_the_robots_own_settling_takes_nothing_back(exchange: Council) -> None:
    """Another worker moved the mail to done, and the ledger has not heard of it yet."""
    exchange.put(mail(1))
    line = Line(exchange)
    (message,) = line.look().messages
    settle(exchange.inbox(), message)
    assert line.look().taken_back == ()


def test_a_settling_that_stopped_half_way_takes_nothing_back(exchange: Council) -> None:
    exchange.put(mail(1))
    line = Line(exchange)
    (message,) = line.look().messages
    exchange.server.faults.on("MoveItem", "code ErrorServerBusy", *["busy"] * 9)
    with pytest.raises(Exception, match="asks to wait"):
        settle(line.inbox, message)
    assert line.look().taken_back == ()
    exchange.server.faults.clear()
    line.settle(message)
    assert exchange.raws("Done") == [mail(1)]
    assert line.look() == Followed([], line.bookmark)


def test_mail_moved_out_and_back_stays_in_hand_until_it_is_moved_out_again(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    back = exchange.store.staff_move(exchange.store.staff_move(mail_id, "Team"), "Inbox")
    assert line.look() == Followed([], line.bookmark)
    exchange.store.staff_move(back, "Team")
    assert line.look().taken_back == (mail_id,)


def test_a_copy_by_staff_and_its_going_take_nothing_back(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    copy_id = exchange.store.staff_copy(mail_id, "Inbox")
    assert line.look() == Followed([], line.bookmark)
    exchange.store.staff_delete(copy_id)
    assert line.look() == Followed([], line.bookmark)


def test_a_state_that_exchange_forgot_brings_nothing_twice_and_loses_nothing(exchange: Council) -> None:
    first = exchange.put(mail(1))
    exchange.put(mail(2))
    line = Line(exchange)
    line.look()
    exchange.store.expire_states(MAILBOX)
    exchange.store.staff_move(first, "Team")
    exchange.put(mail(3))
    followed = line.look()
    assert raws(followed) == [mail(3)]
    assert followed.taken_back == (first,), "what went meanwhile is told by nobody and looked at"
    assert line.look() == Followed([], line.bookmark)


@pytest.mark.parametrize("broken", ["nonsense", "[]", '{"later": 1}', '{"searched_at": "soon"}'])
def test_a_bookmark_that_cannot_be_read_costs_a_full_look_and_no_more(exchange: Council, broken: str) -> None:
    exchange.put(mail(1))
    line = Line(exchange)
    line.look()
    line.bookmark = broken
    assert line.look().messages == []
    exchange.put(mail(2))
    assert raws(line.look()) == [mail(2)]


def test_a_folder_that_was_replaced_is_followed_anew(exchange: Council) -> None:
    box = exchange.store.mailboxes[MAILBOX]
    box.folder("Post")
    exchange.put(mail(1), "Post")
    line = Line(exchange, folders=("Post",))
    line.look()
    box.folder("Post").name = "Old post"
    box.folder("Post")
    exchange.put(mail(2), "Post")
    line.inbox = exchange.inbox(folders=("Post",))
    assert raws(line.look()) == [mail(2)]
    assert set(json.loads(line.bookmark)["states"]) == {box.folder("Post").id}


def test_once_an_hour_the_folder_is_searched_whatever_the_sync_says(exchange: Council) -> None:
    line = Line(exchange)
    line.look()
    mail_id = exchange.put(mail(1))
    del exchange.store.mailboxes[MAILBOX]._entries[mail_id]
    assert raws(line.look()) == [], "the sync says nothing of it"
    known = Bookmark.read(line.bookmark)
    known.searched_at = (datetime.now(UTC) - timedelta(minutes=61)).isoformat()
    exchange.store.mailboxes[MAILBOX]._entries.clear()
    followed = line.inbox.follow(9, str(known), line.in_hand)
    assert raws(followed) == [mail(1)]


def test_a_fault_in_the_middle_of_a_look_leaves_the_bookmark_good(exchange: Council) -> None:
    line = Line(exchange)
    line.look()
    exchange.put(mail(1))
    exchange.server.faults.on("GetItem", "reset-before", "reset-before")
    with pytest.raises(Exception, match="lost"):
        line.look()
    assert raws(line.look()) == [mail(1)]


def test_nothing_in_hand_is_asked_for_one_by_one_without_need(exchange: Council) -> None:
    for number in range(30):
        exchange.put(mail(number))
    line = Line(exchange)
    line.look()

    class Counted(Collection[str]):
        def __init__(self) -> None:
            self.asked = 0

        def __contains__(self, key: object) -> bool:
            self.asked += 1
            return key in line.in_hand

        def __iter__(self) -> Iterator[str]:
            raise AssertionError("only a look from the beginning goes through all")

        def __len__(self) -> int:
            raise AssertionError

    line.look()
    counted = Counted()
    exchange.put(mail(40))
    line.inbox.follow(9, line.bookmark, counted)
    assert counted.asked <= 1


def test_not_too_many_bytes_are_held_at_one_time_and_the_rest_comes_next(exchange: Council) -> None:
    from connectors.exchange.following import Look

    for number in range(5):
        exchange.put(mail(number, "x" * 1000))
    inbox = exchange.inbox()
    look = Look(inbox._open(), exchange.settings(), "", set(), bytes_at_once=2000)
    followed = look.follow(9)
    assert len(followed.messages) == 2
    inbox.claim_all(followed.messages)
    in_hand = {message.source_key for message in followed.messages}
    assert len(inbox.follow(9, followed.bookmark, in_hand).messages) == 3
