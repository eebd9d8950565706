from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from connectors.exchange import ExchangeInbox
from postroom.errors import ConnectorDown, SignInRefused, TransientError
from postroom.message import FollowedInbox, Inbox
from tests.contracts.inbox import HELD as REJECTED
from tests.contracts.inbox import InboxContract, InboxWorld, claim, ids, mail, settle
from tests.servers.exchange.council import DONE, HELD, IN_WORK, MAILBOX, Council, council


@pytest.fixture
def exchange() -> Iterator[Council]:
    with council() as found:
        yield found


class ExchangeWorld(InboxWorld):
    faults: ClassVar = {
        "reset-before": TransientError,
        "busy": TransientError,
        "status 503": TransientError,
        "page 500": TransientError,
        "truncated": TransientError,
        "code ErrorInternalServerError": TransientError,
        "soap ErrorInternalServerTransientError": TransientError,
        "unauthorised": SignInRefused,
        "page 403": ConnectorDown,
        "code ErrorAccessDenied": ConnectorDown,
        "soap ErrorNonExistentMailbox": ConnectorDown,
    }

    def __init__(self, exchange: Council, **settings: Any) -> None:
        self.exchange, self.settings = exchange, settings
        self.folder = settings.get("folders", ("Inbox",))[0]

    def inbox(self) -> Inbox:
        return self.exchange.inbox(**self.settings)

    def put(self, raw: bytes) -> None:
        self.exchange.put(raw, self.folder)

    def take_away(self, raw: bytes) -> None:
        found = next(item for item in self.exchange.items(self.folder) if item.raw == raw)
        self.exchange.store.staff_delete(found.id)

    def everything(self) -> list[bytes]:
        return self.exchange.raws()

    def held(self) -> list[bytes]:
        return self.exchange.raws("Held")

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        self.exchange.server.faults.on("*", *[name] * 99)
        yield
        self.exchange.server.faults.clear()


class TestExchangeInbox(InboxContract):
    kind = "exchange"

    @pytest.fixture
    def world(self, exchange: Council) -> ExchangeWorld:
        return ExchangeWorld(exchange)


class TestExchangeInboxByImpersonationInAnotherFolder(InboxContract):
    kind = "exchange"

    @pytest.fixture
    def world(self, exchange: Council) -> ExchangeWorld:
        exchange.store.full_access.clear()
        exchange.store.mailboxes[MAILBOX].folder("Inbox/Post für Ämter & more")
        return ExchangeWorld(exchange, access="impersonation", folders=("Inbox/Post für Ämter & more",))


def test_it_is_an_inbox_that_follows_a_cursor(exchange: Council) -> None:
    assert isinstance(exchange.inbox(), FollowedInbox)


def test_a_claim_adds_our_category_and_keeps_those_of_staff(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    exchange.store.staff_categories(mail_id, "Team A", "Urgent")
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    claim(exchange.inbox(), message)
    assert exchange.store.item(mail_id).categories == ["Team A", "Urgent", IN_WORK]
    assert not exchange.store.item(mail_id).is_read


@pytest.mark.parametrize(("disposition", "folder", "category"), [(None, "Done", DONE), (REJECTED, "Held", HELD)])
def test_settling_replaces_our_category_and_moves(
    exchange: Council, disposition: Any, folder: str, category: str
) -> None:
    mail_id = exchange.put(mail(1))
    exchange.store.staff_categories(mail_id, "Team A")
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    settle(inbox, message, *([disposition] if disposition else []))
    (item,) = exchange.items(folder)
    assert item.categories == ["Team A", category]
    assert exchange.items("Inbox") == []
    assert not item.is_read


def test_names_of_folders_and_categories_are_the_councils(exchange: Council) -> None:
    names = {"done_folder": "Team/Robot/Finished", "done_category": "Fertig", "work_category": "Roboter"}
    mail_id = exchange.put(mail(1))
    inbox = exchange.inbox(**names)
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    assert exchange.store.item(mail_id).categories == ["Roboter"]
    settle(inbox, message)
    assert [item.categories for item in exchange.items("Team/Robot/Finished")] == [["Fertig"]]


def test_mail_that_staff_unmarked_is_left_alone(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    exchange.store.staff_categories(mail_id, "Mine")
    exchange.asked()
    settle(inbox, message)
    claim(inbox, message)
    assert {"UpdateItem", "MoveItem"} & set(exchange.asked()) == set()
    assert exchange.store.item(mail_id).categories == ["Mine"]
    assert inbox.fetch(9) == [], "and it is not new post either"


@pytest.mark.parametrize("folder", ["Team", "Done", "Deleted Items"])
def test_mail_that_staff_moved_is_left_where_it_is(exchange: Council, folder: str) -> None:
    mail_id = exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    exchange.store.staff_move(mail_id, folder)
    settle(inbox, message, REJECTED)
    assert [item.categories for item in exchange.items(folder)] == [[IN_WORK]]
    assert exchange.items("Held") == []


def test_mail_that_staff_moved_out_and_back_is_found_by_its_mark_and_settled(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    exchange.put(mail(1))
    inbox = exchange.inbox()
    first, second = inbox.fetch(9)
    claim(inbox, first)
    exchange.store.staff_move(exchange.store.staff_move(mail_id, "Team"), "Inbox")
    assert ids(inbox.fetch(9)) == [second.id], "it is no new post"
    settle(inbox, first)
    assert exchange.raws("Done") == [mail(1)]
    assert ids(inbox.fetch(9)) == [second.id], "its twin was not touched"


def test_a_copy_that_staff_made_is_no_new_post_and_is_not_settled(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    copy_id = exchange.store.staff_copy(mail_id, "Inbox")
    assert inbox.fetch(9) == []
    settle(inbox, message)
    settle(inbox, message)
    assert len(exchange.items("Done")) == 1
    assert exchange.store.item(copy_id).folder == exchange.store.mailboxes[MAILBOX].distinguished("inbox").id


def test_settled_mail_put_back_by_staff_goes_to_done_again(exchange: Council) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    settle(inbox, message)
    exchange.store.staff_move(exchange.items("Done")[0].id, "Inbox")
    assert inbox.fetch(9) == []
    settle(inbox, message)
    assert exchange.raws("Done") == [mail(1)]


@pytest.mark.parametrize("act", ["claim", "settle"])
def test_an_edit_in_between_is_seen_and_kept(exchange: Council, act: str) -> None:
    """Staff change the mail after the look and before the write: Exchange refuses, and we look again."""
    mail_id = exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    if act == "settle":
        claim(inbox, message)
    staff_edit_before_the_next_write(exchange, mail_id, *(["Urgent", IN_WORK] if act == "settle" else ["Urgent"]))
    exchange.asked()
    (claim if act == "claim" else settle)(inbox, message)
    assert exchange.asked().count("UpdateItem") == 2
    (item,) = exchange.items("Inbox" if act == "claim" else "Done")
    assert item.categories == ["Urgent", IN_WORK if act == "claim" else DONE]


def staff_edit_before_the_next_write(exchange: Council, mail_id: str, *categories: str) -> None:
    answer = exchange.server.answer
    done: list[bool] = []

    def edited_first(user: str, header: Any, request: Any) -> bytes:
        if request.tag.endswith("}UpdateItem") and not done:
            done.append(True)
            exchange.store.staff_categories(mail_id, *categories)
        return answer(user, header, request)

    exchange.server.answer = edited_first  # type: ignore[method-assign]


def test_a_mail_that_never_rests_is_tried_again_later(exchange: Council) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    exchange.server.faults.on("UpdateItem", *["code ErrorIrresolvableConflict"] * 99)
    with pytest.raises(TransientError, match="over and over"):
        claim(inbox, message)
    exchange.server.faults.clear()
    claim(inbox, message)
    assert exchange.items()[0].categories == [IN_WORK]


@pytest.mark.parametrize("operation", ["UpdateItem", "MoveItem", "CreateFolder"])
def test_a_lost_answer_to_a_write_is_made_good_by_the_next_attempt(exchange: Council, operation: str) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    exchange.server.faults.on(operation, "reset-after")
    with pytest.raises(TransientError, match="lost"):
        settle(inbox, message)
    settle(exchange.inbox(), message)
    settle(inbox, message)
    assert exchange.raws("Done") == exchange.raws() == [mail(1)]
    assert exchange.items("Done")[0].categories == [DONE]


def test_mail_taken_away_between_two_writes_is_let_go(exchange: Council) -> None:
    exchange.put(mail(1))
    inbox = exchange.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    exchange.server.faults.on("MoveItem", "code ErrorItemNotFound")
    settle(inbox, message)
    assert exchange.raws("Done") == [mail(1)], "it was there after all, and is moved on the second look"


def test_a_done_folder_that_staff_deleted_is_made_again(exchange: Council) -> None:
    for number in (1, 2):
        exchange.put(mail(number))
    inbox = exchange.inbox()
    first, second = inbox.fetch(9)
    settle(inbox, first)
    box = exchange.store.mailboxes[MAILBOX]
    del box.folders[box.folder("Done").id]
    settle(inbox, second)
    assert exchange.raws("Done") == [mail(2)]


def test_nothing_follows_a_done_folder_into_deleted_items(exchange: Council, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        exchange.put(mail(number))
    inbox = exchange.inbox()
    first, second = inbox.fetch(9)
    settle(inbox, first)
    exchange.store.staff_trash(MAILBOX, "Done")
    monkeypatch.setattr("connectors.exchange.mailbox.FOLDER_SECONDS", 0.0)
    inbox.close()
    settle(inbox, second)
    assert exchange.raws("Done") == [mail(2)]
    assert exchange.raws("Deleted Items/Done") == [mail(1)]


def test_a_folder_is_believed_to_be_where_it_was_for_a_minute_and_no_longer(
    exchange: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = exchange.inbox(folders=("Scans",))
    exchange.store.mailboxes[MAILBOX].folder("Scans")
    inbox.fetch(9)
    exchange.asked()
    inbox.fetch(9)
    assert "FindFolder" not in exchange.asked()
    now = time.monotonic()
    monkeypatch.setattr("connectors.exchange.mailbox.monotonic", lambda: now + 61)
    inbox.fetch(9)
    assert "FindFolder" in exchange.asked()


def test_a_folder_that_came_back_is_found_without_a_restart(exchange: Council) -> None:
    box = exchange.store.mailboxes[MAILBOX]
    gone = box.folder("Scans")
    inbox = exchange.inbox(folders=("Scans",))
    assert inbox.fetch(9) == []
    del box.folders[gone.id]
    with pytest.raises(ConnectorDown, match="folder"):
        inbox.fetch(9)
    exchange.put(mail(1), "Scans")
    assert [message.raw for message in inbox.fetch(9)] == [mail(1)]


def test_without_a_done_folder_mail_stays_where_it_is_and_is_done(exchange: Council) -> None:
    mail_id = exchange.put(mail(1))
    inbox = exchange.inbox(done_folder="", held_folder="")
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    settle(inbox, message)
    settle(inbox, message)
    assert exchange.store.item(mail_id).categories == [DONE]
    assert inbox.fetch(9) == []
    assert not any("is made when" in sentence for sentence in inbox.check())


def test_two_folders_are_read_as_one_the_oldest_first(exchange: Council) -> None:
    exchange.store.mailboxes[MAILBOX].folder("Scans")
    for number, folder in enumerate(["Scans", "Inbox", "Scans", "Inbox"]):
        exchange.put(mail(number), folder)
    inbox = exchange.inbox(folders=("Inbox", "scans"))
    assert [message.raw for message in inbox.fetch(3)] == [mail(0), mail(1), mail(2)]
    for message in inbox.fetch(9):
        claim(inbox, message)
        settle(inbox, message)
    assert len(exchange.items("Done")) == 4


def test_more_mails_than_one_page_holds_all_come(exchange: Council) -> None:
    for number in range(230):
        exchange.put(mail(number % 60) + str(number).encode())
    inbox = exchange.inbox()
    found = inbox.fetch(500)
    assert len({message.source_key for message in found}) == 230
    assert [m.received_at for m in found] == sorted(m.received_at for m in found)


def test_two_workers_at_once(exchange: Council) -> None:
    for number in range(12):
        exchange.put(mail(number))
    failures: list[BaseException] = []
    ready = threading.Barrier(2)

    def work(part: int) -> None:
        try:
            inbox = exchange.inbox()
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
    assert exchange.raws("Done") == sorted(mail(number) for number in range(12))
    assert all(item.categories == [DONE] for item in exchange.items("Done"))


def test_nothing_is_ever_deleted_or_sent_or_marked_as_read(exchange: Council) -> None:
    for number in range(4):
        exchange.put(mail(number))
    inbox = exchange.inbox()
    for message in inbox.fetch(9):
        claim(inbox, message)
        settle(inbox, message)
    allowed = {"GetFolder", "FindFolder", "CreateFolder", "FindItem", "GetItem", "UpdateItem", "MoveItem"}
    assert set(exchange.asked()) <= allowed
    assert not any(item.is_read for item in exchange.items())


def test_a_key_of_another_system_is_an_error_and_not_an_absent_mail(exchange: Council) -> None:
    inbox: ExchangeInbox = exchange.inbox()
    with pytest.raises(ConnectorDown, match="names no mail"):
        inbox.settle("id", "INBOX;1;2;", "digest", REJECTED)
