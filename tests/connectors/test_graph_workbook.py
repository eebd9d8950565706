from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from itertools import count as numbers
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from connectors.graph.target_settings import WorkbookSettings
from connectors.graph.workbook_target import WorkbookTarget, permissions
from connectors.locks import one_holder
from postroom.delivery import Target
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, SignInRefused, TransientError
from tests.connectors.graph_targets import (
    account,
    deliver_after_crashes,
    deliver_in_bad_weather,
    failing,
    graph_server,
)
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery
from tests.servers.graph import GraphServer

ADD, SESSION = r"/rows/add$", r"/createSession$"
HEADINGS = "Postroom key", "Full name", "Summary"
_turn = numbers(1)


class WorkbookWorld(TargetWorld):
    faults: ClassVar = {
        "too many requests": TransientError,
        "locked": TransientError,
        "no right": SignInRefused,
        "error after": DeliveryUncertain,
        "gateway gave up after": DeliveryUncertain,
        "gateway gave up before": DeliveryUncertain,
        "answer lost": DeliveryUncertain,
        "answer broken off": DeliveryUncertain,
        "a sign-in page": DeliveryUncertain,
        "refused": RefusedByTarget,
        "session gone": TransientError,
    }
    ways: ClassVar = {
        "too many requests": "retry 7",
        "locked": "status 423 resourceLocked",
        "no right": "status 403 accessDenied",
        "error after": "status-after 500",
        "gateway gave up after": "status-after 504",
        "gateway gave up before": "status 504",
        "answer lost": "reset-after",
        "answer broken off": "truncated",
        "a sign-in page": "page",
        "refused": "status 400 InvalidArgument",
        "session gone": "status 404 InvalidSessionReCreatable",
    }

    def __init__(self, server: GraphServer, *more: str) -> None:
        self.server = server
        self.path = f"/sites/Books{next(_turn)}"
        site = server.tenant.lists.add_site(self.path)
        self.drive = server.tenant.drives.add_library(site, "Documents")
        self.table = server.tenant.workbooks.add(
            self.drive.id, "Registers/Register 2026.xlsx", "Register", *HEADINGS, *more
        )

    def target(self) -> Target:
        return self.open()

    def open(self, **more: Any) -> WorkbookTarget:
        settings = {
            "kind": "graph-workbook",
            "name": "register",
            "site": f"northborough.sharepoint.com:{self.path}",
            "path": "Registers/Register 2026.xlsx",
            "wait_seconds": 5,
        }
        return WorkbookTarget(WorkbookSettings.model_validate({**settings, **account(self.server), **more}))

    def count(self, key: str) -> int:
        return sum(row[0] == key for row in self.table.rows)

    def total(self) -> int:
        return sum(any(row) for row in self.table.rows)

    def fault(self, name: str) -> AbstractContextManager[None]:
        return failing(self.server, "POST", ADD, self.ways[name])

    def sessions(self) -> int:
        return len(self.server.tenant.workbooks.sessions)


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> Iterator[WorkbookWorld]:
    made = WorkbookWorld(server)
    server.tenant.workbooks.sessions.clear()
    yield made
    assert server.tenant.workbooks.without_session == 0


class TestWorkbookContract(TargetContract):
    kind = "graph-workbook"


def test_in_bad_weather_every_record_arrives_once(world: WorkbookWorld) -> None:
    made = (delivery(number, PLAIN) for number in range(10))
    deliver_in_bad_weather(world.server, world.target, made, world.count)


def test_an_answer_lost_after_any_request_adds_no_second_row(world: WorkbookWorld) -> None:
    made = (delivery(number, PLAIN) for number in numbers())
    requests = deliver_after_crashes(world.server, world.target, made, world.count)
    assert requests >= 7
    assert world.total() == requests + 1


@pytest.mark.parametrize(
    "value",
    ["=1+1", "00012345", "+44", "+44 20 7946 0000", "-2+3", "@SUM(A1)", "1/2", "14/09/2026", "2026-09-14", "1e5",
     "TRUE", "£65", "50%", "'quoted'", "''twice", " '", "12345678901234567890", "#NAME?", "first\nsecond", "NULL"],
)  # fmt: skip
def test_text_stays_text_whatever_excel_would_make_of_it(world: WorkbookWorld, value: str) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, {"full_name": value}))
    assert target.read_back(receipt)["full_name"] == value
    assert world.table.rows[-1][1] == value


def test_dates_money_and_numbers_are_real_ones_where_excel_holds_them_exactly(server: GraphServer) -> None:
    world = WorkbookWorld(server, "Moved on", "Net", "Bins")
    columns = [
        {"field": "moved", "title": "Moved on", "type": "date"},
        {"field": "net", "type": "money"},
        {"field": "bins", "type": "integer"},
    ]
    target = world.open(columns=columns)
    for number, fields in enumerate((
        {"moved": "2026-07-01", "net": "1234.50", "bins": "2"},
        {"moved": "1900-03-01", "net": "0.10", "bins": "0"},
        {"moved": "1899-12-31", "net": "12345678901234567.89", "bins": "0012"},
        {"moved": "unclear", "net": "=1", "bins": "12345678901234567890"},
        {"moved": "", "net": "", "bins": ""},
    )):  # fmt: skip
        held = target.read_back(target.deliver(delivery(number, fields)))
        assert {name: held[name] for name in fields} == fields
    assert world.table.rows[1][3:] == [46204, 1234.5, 2]
    assert world.table.rows[2][3] == 61


def test_a_repeated_delivery_is_the_row_that_is_there(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    assert target.deliver(one).reference == target.deliver(one).reference
    assert world.count(one.key) == 1


def test_what_people_sort_is_found_by_its_key(world: WorkbookWorld) -> None:
    target = world.open()
    one, two = delivery(1, {"full_name": "Zoë"}), delivery(2, {"full_name": "Ada"})
    receipts = target.deliver(one), target.deliver(two)
    world.table.rows.reverse()
    assert [target.read_back(receipt)["full_name"] for receipt in receipts] == ["Zoë", "Ada"]


def test_columns_may_stand_in_any_order_and_others_are_left_alone(server: GraphServer) -> None:
    world = WorkbookWorld(server, "Notes")
    world.table.headings[:] = ["Notes", "summary", "FULL  NAME", "Postroom Key"]
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    assert world.table.rows[-1][:3] == ["", PLAIN["summary"], PLAIN["full_name"]]


def test_every_session_ends_whatever_happens(world: WorkbookWorld) -> None:
    target = world.open()
    target.find(delivery(1, PLAIN).key)
    for way in ("well", "status 504", "status-after 500", "status 423", "reset-after"):
        with failing(world.server, "POST", ADD, way), suppress(DeliveryUncertain, TransientError):
            target.deliver(delivery(1, PLAIN))
        world.table.rows.clear()
    with failing(world.server, "GET", "/tables/", "status 500"), pytest.raises(TransientError):
        target.find(delivery(1, PLAIN).key)
    assert world.sessions() == 0


def test_a_session_that_ended_by_itself_is_tried_again(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    for pattern in ("/columns$", "/dataBodyRange"):
        with (
            failing(world.server, "GET", pattern, "status 404 InvalidSessionReCreatable"),
            pytest.raises(TransientError),
        ):
            target.deliver(one)
    assert world.total() == 0


def test_a_session_that_cannot_be_closed_takes_nothing_back(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "POST", "/closeSession$", "status 500"):
        target.deliver(one)
    assert world.count(one.key) == 1


@pytest.mark.parametrize(
    "way", ["status 504", "status 423 resourceLocked", "status 409 conflict", "status 503", "retry 3"]
)
def test_a_workbook_that_is_locked_or_busy_is_tried_again_and_nothing_was_sent(world: WorkbookWorld, way: str) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "POST", SESSION, way), pytest.raises(TransientError):
        target.deliver(one)
    assert world.count(one.key) == 0


def test_a_large_workbook_is_waited_for_while_it_opens(world: WorkbookWorld) -> None:
    one, target, books = delivery(1, PLAIN), world.open(), world.server.tenant.workbooks
    target.find(one.key)
    books.opens_after = 2
    try:
        target.deliver(one)
        assert world.count(one.key) == 1
        books.opens_after = -1
        with pytest.raises(TransientError, match="does not open"):
            target.find(one.key)
    finally:
        books.opens_after = 0
    assert len([seen for seen in world.server.requests if "/operations/" in seen.path]) >= 3
    assert world.sessions() == 0


def test_a_refusal_is_looked_up_and_a_row_that_came_all_the_same_is_a_receipt(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "POST", ADD, "status-after 400 InvalidArgument"):
        assert target.deliver(one).reference == one.key
    assert world.count(one.key) == 1


def test_a_refusal_that_cannot_be_looked_up_is_uncertain(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    world.server.faults.on("GET", "/dataBodyRange", "well", "status 500")
    with failing(world.server, "POST", ADD, "status 423 resourceLocked"), pytest.raises(DeliveryUncertain):
        target.deliver(one)


def test_a_failed_look_up_is_an_error_and_never_absent(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    for way in (
        "status 500",
        "retry 2",
        "truncated",
        "page",
        "reset-before",
        "status 404 ItemNotFound",
        "status 404 InvalidSessionX",
    ):
        with failing(world.server, "GET", "/dataBodyRange", way), pytest.raises((TransientError, ConnectorDown)):
            target.find(one.key)
    assert target.find(one.key) is not None


def test_one_worker_at_a_time_writes_to_a_workbook(world: WorkbookWorld) -> None:
    world.server.tenant.workbooks.most_sessions = 0
    world.server.tenant.takes = 0.01
    workers = [threading.Thread(target=world.open().deliver, args=(delivery(number, PLAIN),)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    world.server.tenant.takes = 0.0
    assert world.total() == 4
    assert world.server.tenant.workbooks.most_sessions == 1


def test_a_worker_that_waits_too_long_for_its_turn_says_so(world: WorkbookWorld) -> None:
    target = world.open(wait_seconds=0.1)
    target.check()
    with (
        one_holder(f"graph|workbook|{target._open().path}", 1),
        pytest.raises(TransientError, match='Target "register"'),
    ):
        target.deliver(delivery(1, PLAIN))
    assert world.total() == 0


def test_two_rows_with_one_key_go_to_a_person(world: WorkbookWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    receipt = target.deliver(one)
    world.table.rows.append(list(world.table.rows[-1]))
    for act in (lambda: target.find(one.key), lambda: target.deliver(one), lambda: target.read_back(receipt)):
        with pytest.raises(RefusedByTarget, match="2 rows"):
            act()


def test_a_row_that_somebody_deleted_cannot_be_read_back(world: WorkbookWorld) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    world.table.rows.clear()
    with pytest.raises(RefusedByTarget, match="no longer"):
        target.read_back(receipt)


@pytest.mark.parametrize(("value", "told"), [("x" * 32_768, "32,768 characters"), ("a\x07b", "cannot")])
def test_a_value_that_no_cell_holds_is_refused_before_it_is_sent(world: WorkbookWorld, value: str, told: str) -> None:
    with pytest.raises(RefusedByTarget, match=told) as raised:
        world.open().deliver(delivery(1, {"summary": value}))
    assert 'Target "register"' in str(raised.value)
    assert world.total() == 0


def test_check_tells_what_is_missing(world: WorkbookWorld) -> None:
    assert "opens" in world.open().check()[0]
    for more, told in (
        ({"path": "Nowhere.xlsx"}, "no workbook"),
        ({"table": "Nowhere"}, "no table"),
        ({"key_title": "Key"}, "no column"),
        ({"columns": [{"field": "net"}]}, "no column"),
        ({"library": "Papers"}, "Libraries there"),
    ):
        with pytest.raises(ConnectorDown, match=told):
            world.open(**more).check()
    world.server.tenant.drives.add_file(world.drive.id, "odd.xlsx", b"no workbook")
    with pytest.raises(ConnectorDown, match="cannot be opened"):
        world.open(path="odd.xlsx").check()


def test_a_workbook_in_a_persons_onedrive_is_found(server: GraphServer) -> None:
    world = WorkbookWorld(server)
    world.drive = server.tenant.drives.add_onedrive("ada@northborough.gov.uk")
    world.table = server.tenant.workbooks.add(world.drive.id, "Register.xlsx", "Register", *HEADINGS)
    target = world.open(site="", user="ada@northborough.gov.uk", path="Register.xlsx")
    target.deliver(delivery(1, PLAIN))
    assert world.total() == 1
    assert "Files.ReadWrite.All" in str(permissions(target._settings)[0])
    assert "Sites.Selected" in str(permissions(world.open()._settings)[0])


@pytest.mark.parametrize("wrong", [{"path": "Register.xls"}, {"site": ""}, {"user": "ada@northborough.gov.uk"}])
def test_settings_that_cannot_be_right_are_refused(world: WorkbookWorld, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        world.open(**wrong)
