from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count as numbers
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from connectors.graph.list_target import ListTarget, permissions
from connectors.graph.target_settings import ListSettings
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
from tests.servers.graph import sharepoint_columns as columns

ITEMS = r"/lists/[^/]+/items"
_turn = numbers(1)


class ListWorld(TargetWorld):
    faults: ClassVar = {
        "too many requests": TransientError,
        "no list": ConnectorDown,
        "no right": SignInRefused,
        "error after": DeliveryUncertain,
        "error before": DeliveryUncertain,
        "answer lost": DeliveryUncertain,
        "answer broken off": DeliveryUncertain,
        "answer empty": DeliveryUncertain,
        "a sign-in page": DeliveryUncertain,
        "refused": RefusedByTarget,
        "full": ConnectorDown,
        "save conflict": TransientError,
    }
    ways: ClassVar = {
        "too many requests": "retry 7",
        "no list": "status 404 itemNotFound",
        "no right": "status 403 accessDenied",
        "error after": "status-after 500",
        "error before": "status 504",
        "answer lost": "reset-after",
        "answer broken off": "truncated",
        "answer empty": "empty",
        "a sign-in page": "page",
        "refused": "status 400 invalidRequest",
        "full": "status 507",
        "save conflict": "status 409 conflict",
    }

    def __init__(self, server: GraphServer, *more: dict[str, Any], **key: bool) -> None:
        self.server = server
        self.path = f"/sites/Revenues{next(_turn)}"
        site = server.tenant.lists.add_site(self.path)
        plain = columns.text("full_name"), columns.text("summary", lines=True)
        self.list = server.tenant.lists.add_list(site, "Register", columns.key(**key), *plain, *more)

    def target(self) -> Target:
        return self.open()

    def open(self, **more: Any) -> ListTarget:
        settings = {"kind": "graph-list", "name": "register", "list": "Register", **account(self.server), **more}
        site = {"site": f"northborough.sharepoint.com:{self.path}"}
        return ListTarget(ListSettings.model_validate({**site, **settings}))

    def count(self, key: str) -> int:
        return self.server.tenant.lists.count(self.list, key)

    def total(self) -> int:
        return len(self.list.items)

    def fault(self, name: str) -> AbstractContextManager[None]:
        return failing(self.server, "POST", ITEMS, self.ways[name])


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> ListWorld:
    return ListWorld(server)


class TestListContract(TargetContract):
    kind = "graph-list"


def test_in_bad_weather_every_record_arrives_once(world: ListWorld) -> None:
    made = (delivery(number, PLAIN) for number in range(10))
    deliver_in_bad_weather(world.server, world.target, made, world.count)


def test_an_answer_lost_after_any_request_makes_no_second_item(world: ListWorld) -> None:
    made = (delivery(number, PLAIN) for number in numbers())
    requests = deliver_after_crashes(world.server, world.target, made, world.count)
    assert requests >= 3, "site, list and item"
    assert world.total() == requests + 1


def test_a_key_that_the_list_refuses_is_looked_up_and_gives_a_receipt(world: ListWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "POST", ITEMS, "status-after 500"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    assert target.deliver(one).reference == "1"
    assert [seen.status for seen in world.server.requests if seen.method == "POST" and "items" in seen.path][-1] == 400


def test_a_failed_look_up_is_an_error_and_never_absent(world: ListWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    for way in ("status 500", "status 503", "retry 2", "status 400 invalidRequest", "status 422 notSupported", "page",
                "truncated", "empty", "reset-before", "status 404 itemNotFound"):  # fmt: skip
        with failing(world.server, "GET", ITEMS, way), pytest.raises((TransientError, ConnectorDown)):
            target.find(one.key)
    assert target.find(one.key) is not None


def test_a_column_that_lost_its_index_in_a_long_list_is_never_read_as_absent(world: ListWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    next(column for column in world.list.columns if column["name"] == "SourceKey")["indexed"] = False
    world.list.padding = 6_000
    with pytest.raises(TransientError):
        target.find(one.key)


@pytest.mark.parametrize("key", [{"unique": False}, {"indexed": False}, {"unique": False, "indexed": False}])
def test_a_list_that_would_take_a_key_twice_is_not_worked_with(server: GraphServer, key: dict[str, bool]) -> None:
    world = ListWorld(server, **key)
    for act in (lambda: world.open().check(), lambda: world.open().deliver(delivery(1, PLAIN))):
        with pytest.raises(ConnectorDown, match="Enforce unique values"):
            act()
    assert world.total() == 0


def test_an_empty_page_is_not_the_end_of_a_look_up(world: ListWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    world.list.empty_pages = 2
    assert target.find(one.key) is not None
    assert world.list.empty_pages == 0


def test_two_items_with_one_key_go_to_a_person(world: ListWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    world.list.items[2] = {**world.list.items[1], "number": 2}
    with pytest.raises(RefusedByTarget, match="2 items"):
        target.find(one.key)


def test_a_key_in_other_letters_is_another_key(world: ListWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    world.list.items[1]["fields"]["SourceKey"] = one.key.lower()
    assert target.find(one.key) is None


def test_a_day_stays_the_same_in_summer_and_in_winter(server: GraphServer) -> None:
    world = ListWorld(server, columns.day("moved"), columns.day("seen", with_time=True), columns.text("born"))
    target = world.open(columns={name: {"type": "date"} for name in ("moved", "seen", "born")})
    for number, day in enumerate(("2026-07-01", "2026-01-31", "2026-03-29", "2026-10-25", "1950-02-28")):
        fields = {"moved": day, "seen": day, "born": day}
        receipt = target.deliver(delivery(number, fields))
        held = target.read_back(receipt)
        assert {name: held[name] for name in fields} == fields
    assert world.list.items[1]["fields"]["moved"] == "2026-06-30T23:00:00Z", "as SharePoint keeps a day in summer"
    assert world.list.items[1]["fields"]["born"] == "2026-07-01"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Paris", "UTC"])
def test_a_day_is_right_where_the_site_keeps_another_time(server: GraphServer, zone: str) -> None:
    world = ListWorld(server, columns.day("moved"))
    server.tenant.lists.sites[world.list.site].zone = zone
    target = world.open(columns={"moved": {"type": "date"}}, time_zone=zone)
    for number, day in enumerate(("2026-07-01", "2026-01-31")):
        assert target.read_back(target.deliver(delivery(number, {"moved": day})))["moved"] == day


def test_numbers_choices_and_yes_no_come_back_in_normal_form(server: GraphServer) -> None:
    more = (
        columns.number("net"),
        columns.number("bins"),
        columns.choice("kind", "Late", "Lost"),
        columns.yes_no("urgent"),
    )
    world = ListWorld(server, *more)
    shapes = {"net": {"type": "decimal"}, "bins": {"type": "integer"}, "urgent": {"type": "boolean"},
              "reason": {"column": "kind", "values": {"late": "Late", "lost": "Lost"}}}  # fmt: skip
    target = world.open(columns=shapes)
    fields = {"net": "1234.50", "bins": "2", "urgent": "no", "reason": "lost"}
    held = target.read_back(target.deliver(delivery(1, fields)))
    assert {name: held[name] for name in fields} == fields
    assert world.list.items[1]["fields"]["net"] == 1234.5
    assert world.list.items[1]["fields"]["kind"] == "Lost"


def test_text_that_looks_like_something_else_stays_as_it_was(world: ListWorld) -> None:
    target = world.open()
    for number, value in enumerate(("2026-09-14", "2026-09-14T09:00:00Z", "00012345", "=1+1", "1e5", "true",
                                    "550e8400-e29b-41d4-a716-446655440000")):  # fmt: skip
        assert target.read_back(target.deliver(delivery(number, {"full_name": value})))["full_name"] == value


def test_an_empty_field_leaves_its_column_empty(world: ListWorld) -> None:
    target = world.open()
    held = target.read_back(target.deliver(delivery(1, {"full_name": "Ada", "summary": ""})))
    assert held.get("summary", "") == ""


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("full_name", "x" * 256, "256 characters"),
        ("full_name", "two\nlines", "several lines"),
        ("moved", "soon", "no date"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused_before_it_is_sent(
    server: GraphServer, field: str, value: str, told: str
) -> None:
    world = ListWorld(server, columns.day("moved"))
    target = world.open(columns={"moved": {"type": "date"}})
    with pytest.raises(RefusedByTarget, match=told) as raised:
        target.deliver(delivery(1, {field: value}))
    assert value not in str(raised.value)
    assert field in str(raised.value)
    assert world.total() == 0
    assert not [seen for seen in server.requests if seen.method == "POST" and world.list.id in seen.path]


@pytest.mark.parametrize(
    ("more", "shapes", "told"),
    [
        ((), {"moved": {"column": "Moved on"}}, "no column"),
        ((columns.number("net"),), {"net": {}}, "decimal"),
        ((columns.day("moved"),), {"moved": {}}, "date"),
        ((columns.lookup("ward"),), {"ward": {}}, "cannot be written"),
        ((columns.text("notes", lines=True, rich=True),), {"notes": {}}, "rich text"),
    ],
)
def test_check_tells_a_column_that_is_missing_or_of_another_kind(
    server: GraphServer, more: tuple[dict[str, Any], ...], shapes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConnectorDown, match=told):
        ListWorld(server, *more).open(columns=shapes).check()


def test_a_column_is_found_by_its_title_too(server: GraphServer) -> None:
    world = ListWorld(server, columns.text("field_1", "Moving from"))
    target = world.open(columns={"old_address": {"column": "Moving from"}})
    held = target.read_back(target.deliver(delivery(1, {"old_address": "1 High Street"})))
    assert held["old_address"] == "1 High Street"
    assert world.list.items[1]["fields"]["field_1"] == "1 High Street"


def test_check_after_a_change_of_the_list_sees_it(world: ListWorld) -> None:
    target = world.open()
    target.check()
    next(column for column in world.list.columns if column["name"] == "SourceKey")["enforceUniqueValues"] = False
    with pytest.raises(ConnectorDown):
        target.check()


def test_an_item_that_somebody_deleted_cannot_be_read_back(world: ListWorld) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    world.list.items.clear()
    with pytest.raises(RefusedByTarget, match="no longer"):
        target.read_back(receipt)


def test_a_person_finds_the_item_at_its_place(world: ListWorld) -> None:
    receipt = world.target().deliver(delivery(1, PLAIN))
    assert receipt.location == f"https://northborough.sharepoint.com{world.path}/Lists/Register/DispForm.aspx?ID=1"


@pytest.mark.parametrize("more", [{"site": "northborough.sharepoint.com:/sites/Nowhere"}, {"list": "Nowhere"}])
def test_a_site_or_list_that_is_not_there_stops_the_connector(world: ListWorld, more: dict[str, str]) -> None:
    with pytest.raises(ConnectorDown, match=r"no (site|list)"):
        world.open(**more).check()


@pytest.mark.parametrize(
    "given",
    [
        "https://northborough.sharepoint.com/sites/Revenues/Lists/Register/AllItems.aspx",
        "northborough.sharepoint.com:/sites/Revenues",
        "northborough.sharepoint.com/sites/Revenues/",
    ],
)
def test_a_site_is_taken_as_the_address_bar_shows_it(server: GraphServer, given: str) -> None:
    settings = ListSettings.model_validate(
        {"kind": "graph-list", "name": "register", "list": "Register", **account(server), "site": given}
    )
    assert settings.site == "northborough.sharepoint.com:/sites/Revenues"
    (needed,) = permissions(settings)
    assert "Sites.Selected" in str(needed)


@pytest.mark.parametrize(
    "wrong", [{"site": "Revenues"}, {"time_zone": "London"}, {"columns": {"a": {"type": "lookup"}}}]
)
def test_settings_that_cannot_be_right_are_refused(server: GraphServer, wrong: dict[str, Any]) -> None:
    settings = {"kind": "graph-list", "name": "register", "site": "a.sharepoint.com", "list": "Register"}
    with pytest.raises(ValidationError):
        ListSettings.model_validate({**settings, **account(server), **wrong})


def test_a_listing_is_not_followed_to_another_host(world: ListWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    world.list.empty_pages = 1
    monkeypatch.setattr(world.server.tenant, "url", "https://elsewhere.example/v1.0")
    with pytest.raises(ConnectorDown, match="elsewhere"):
        target.find(one.key)
