from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count as numbers
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from connectors.graph.planner_target import LONGEST_TITLE, PlannerTarget, permissions
from connectors.graph.target_settings import PlannerSettings
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
from tests.servers.graph import GraphServer, planner

CREATE, DETAILS, TASKS = r"/planner/tasks$", r"/details$", r"/plans/[^/]+/tasks$"


class PlannerWorld(TargetWorld):
    faults: ClassVar = {
        "too many requests": TransientError,
        "no right": SignInRefused,
        "error after": DeliveryUncertain,
        "error before": DeliveryUncertain,
        "answer lost": DeliveryUncertain,
        "answer broken off": DeliveryUncertain,
        "answer empty": DeliveryUncertain,
        "a sign-in page": DeliveryUncertain,
        "refused": RefusedByTarget,
        "plan gone": ConnectorDown,
        "in conflict": DeliveryUncertain,
    }
    ways: ClassVar = {
        "too many requests": "retry 7",
        "no right": "status 403 AccessDenied",
        "error after": "status-after 500",
        "error before": "status 504",
        "answer lost": "reset-after",
        "answer broken off": "truncated",
        "answer empty": "empty",
        "a sign-in page": "page",
        "refused": "status 400",
        "plan gone": "status 404",
        "in conflict": "status 409",
    }

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.plan = server.tenant.planner.add_plan("in")

    def target(self) -> Target:
        return self.open()

    def open(self, **more: Any) -> PlannerTarget:
        settings = {"kind": "graph-planner", "name": "tasks", "plan_id": self.plan, "bucket_id": "in"}
        return PlannerTarget(PlannerSettings.model_validate({**settings, **account(self.server), **more}))

    def tasks(self) -> list[planner.TaskRecord]:
        return self.server.tenant.planner.of(self.plan)  # type: ignore[no-any-return]

    def count(self, key: str) -> int:
        return sum(key in task.title for task in self.tasks())

    def total(self) -> int:
        return len(self.tasks())

    def fault(self, name: str) -> AbstractContextManager[None]:
        return failing(self.server, "POST", CREATE, self.ways[name])


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> PlannerWorld:
    return PlannerWorld(server)


class TestPlannerContract(TargetContract):
    kind = "graph-planner"


def test_in_bad_weather_every_record_arrives_once(world: PlannerWorld) -> None:
    made = (delivery(number, PLAIN) for number in range(10))
    deliver_in_bad_weather(world.server, world.target, made, world.count)


def test_an_answer_lost_after_any_request_makes_no_second_task(world: PlannerWorld) -> None:
    made = (delivery(number, PLAIN) for number in numbers())
    requests = deliver_after_crashes(world.server, world.target, made, world.count)
    assert requests >= 4, "look, task, details, notes"
    assert world.total() == requests + 1
    assert all(task.notes for task in world.tasks())


def test_the_task_tells_of_the_item_and_nothing_of_the_letter(world: PlannerWorld) -> None:
    one = delivery(1, PLAIN)
    receipt = world.open().deliver(one)
    (task,) = world.tasks()
    assert task.title == f"complaint: an item needs a person [{one.key}]"
    assert task.notes == "Open item item-1 in the review desk."
    assert not any(value in task.title + task.notes for value in PLAIN.values())
    assert task.id in receipt.location
    assert task.bucket == "in"


def test_a_long_title_is_cut_before_the_key(world: PlannerWorld) -> None:
    one, target = delivery(1, {"summary": "word " * 100}), world.open(title="{summary}")
    target.deliver(one)
    (task,) = world.tasks()
    assert len(task.title) <= LONGEST_TITLE
    assert task.title.endswith(f" [{one.key}]")
    assert target.find(one.key) is not None


def test_a_task_is_found_on_any_page_of_the_plan(world: PlannerWorld) -> None:
    target, all_of_them = world.open(), [delivery(number, PLAIN) for number in range(planner.PAGE + 2)]
    receipts = [target.deliver(one) for one in all_of_them]
    for one, receipt in zip(all_of_them, receipts, strict=True):
        found = target.find(one.key)
        assert found is not None
        assert found.reference == receipt.reference


@pytest.mark.parametrize(
    ("method", "way"),
    [
        ("GET", "retry 3"),
        ("GET", "status 500"),
        ("GET", "status 404"),
        ("GET", "empty"),
        ("PATCH", "status 500"),
        ("PATCH", "retry 3"),
        ("PATCH", "status 404"),
        ("PATCH", "status 409"),
        ("PATCH", "status 400"),
    ],
)
def test_a_task_without_its_notes_is_not_delivered_and_gets_them_later(
    world: PlannerWorld, method: str, way: str
) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, method, DETAILS, way), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    assert world.count(one.key) == 1
    assert target.find(one.key) is None
    target.deliver(one)
    assert target.find(one.key) is not None
    (task,) = world.tasks()
    assert task.notes


def test_notes_that_somebody_else_has_just_changed_are_not_written_over(world: PlannerWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    with failing(world.server, "PATCH", DETAILS, "status 412"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    sent = [seen for seen in world.server.requests if seen.method == "PATCH"][-1]
    assert sent.headers["if-match"].startswith('W/"')


def test_without_a_description_the_task_alone_is_the_record(world: PlannerWorld) -> None:
    one, target = delivery(1, PLAIN), world.open(description="")
    target.deliver(one)
    assert target.find(one.key) is not None
    assert world.tasks()[0].notes == ""


def test_two_tasks_with_one_key_go_to_a_person(world: PlannerWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    world.server.tenant.planner.add(world.plan, "in", world.tasks()[0].title)
    with pytest.raises(RefusedByTarget, match="2 tasks"):
        target.find(one.key)


def test_a_failed_look_up_is_an_error_and_never_absent(world: PlannerWorld) -> None:
    one, target = delivery(1, PLAIN), world.open()
    target.deliver(one)
    for way in ("status 500", "retry 2", "status 400", "page", "truncated", "empty", "reset-before", "status 404"):
        with failing(world.server, "GET", TASKS, way), pytest.raises((TransientError, ConnectorDown)):
            target.find(one.key)
    assert target.find(one.key) is not None


def test_check_searches_the_plan_and_says_what_to_grant(world: PlannerWorld) -> None:
    assert world.plan in world.open().check()[0]
    with pytest.raises(ConnectorDown, match="no plan"):
        world.open(plan_id="nowhere").check()
    assert "Tasks.ReadWrite.All" in str(permissions(world.open()._settings)[0])


def test_a_task_that_somebody_deleted_cannot_be_read_back(world: PlannerWorld) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    world.server.tenant.planner.tasks.clear()
    with pytest.raises(RefusedByTarget, match="no longer"):
        target.read_back(receipt)


def test_a_title_that_is_no_template_is_refused(world: PlannerWorld) -> None:
    with pytest.raises(ValidationError):
        world.open(title="{process")
