"""Processes killed at every failpoint and at random; the targets' own journal tells what really arrived."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from connectors.memory import MemoryTarget
from postroom.delivery import State, TargetClass
from postroom.failpoints import VARIABLE, Failpoint
from postroom.ledger import Stage
from tests.faults.line import TARGETS, Line, end_of, start
from tests.servers.postgres import PostgresServer

MESSAGES = 2
DELIVERING = [point for point in Failpoint if point.startswith("deliver.")]
SHORT_ROUND = (
    Failpoint.INTAKE_COMMITTED,
    Failpoint.READING_SAVING,
    Failpoint.ITEMS_SAVING,
    Failpoint.DELIVER_SENDING,
    Failpoint.DELIVER_ANSWERED,
    Failpoint.SETTLE_MOVED,
)
BETWEEN_SEND_AND_ANSWER = (Failpoint.DELIVER_SENDING, Failpoint.DELIVER_ANSWERED)


def doubled(line: Line) -> list[str]:
    """Return the keys that arrived more than once."""
    keys = Counter(key for name in TARGETS for key, _ in line.journal.records(name))
    return [key for key, count in keys.items() if count > 1]


def check_all_arrived(line: Line, count: int) -> None:
    """Nothing is lost, nothing is doubled, everything is accounted for."""
    assert doubled(line) == []
    for name in TARGETS:
        assert sorted(fields["address"] for _, fields in line.journal.records(name)) == sorted(
            f"{number} High Street" for number in range(count)
        )
    ledger = line.ledger()
    accounts = ledger.accounts()
    assert (accounts.received, accounts.delivered, accounts.balanced) == (count, count, True)
    assert set(line.journal.places("post").values()) == {"done"}
    assert ledger.broken_history() is None
    ledger.close()


@pytest.mark.parametrize("point", [point for point in Failpoint if point is not Failpoint.INTAKE_FOLLOWED])
def test_killed_at_every_point(tmp_path: Path, point: Failpoint) -> None:
    line = Line(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    line.put(MESSAGES)
    turn = 2 if point in DELIVERING else 1
    assert end_of(start(line, f"{point}:{turn}")) == -signal.SIGKILL
    assert doubled(line) == []
    assert end_of(start(line)) == 0
    check_all_arrived(line, MESSAGES)


@pytest.mark.parametrize("point", DELIVERING)
def test_killed_while_a_target_that_takes_our_key_is_used(tmp_path: Path, point: Failpoint) -> None:
    line = Line(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, TargetClass.KEYED)
    line.put(1)
    assert end_of(start(line, point)) == -signal.SIGKILL
    assert end_of(start(line)) == 0
    check_all_arrived(line, 1)


@pytest.mark.postgres
@pytest.mark.parametrize("point", SHORT_ROUND)
def test_killed_with_the_ledger_on_postgres(postgres: PostgresServer, tmp_path: Path, point: Failpoint) -> None:
    line = Line(postgres.new_database(f"kills_{uuid.uuid4().hex[:12]}"), tmp_path)
    line.put(1)
    assert end_of(start(line, point)) == -signal.SIGKILL
    assert end_of(start(line)) == 0
    check_all_arrived(line, 1)


@pytest.mark.parametrize("point", DELIVERING)
def test_blind_target_gives_a_person_exactly_the_unknown(tmp_path: Path, point: Failpoint) -> None:
    line = Line(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, TargetClass.BLIND)
    line.put(1)
    assert end_of(start(line, point)) == -signal.SIGKILL
    assert end_of(start(line)) == 0
    assert doubled(line) == []
    with_people = [one for one in line.ledger().deliveries() if one.state is State.HUMAN]
    assert len(with_people) == (1 if point in BETWEEN_SEND_AND_ANSWER else 0)
    accounts = line.ledger().accounts()
    assert accounts.balanced
    assert accounts.with_person == len(with_people)


def test_killed_again_and_again_at_the_worst_moment(tmp_path: Path) -> None:
    line = Line(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    line.put(2)
    kills = 0
    while end_of(start(line, Failpoint.DELIVER_ANSWERED)) == -signal.SIGKILL:
        kills += 1
        assert kills < 50
    assert kills == 2 * len(TARGETS)
    check_all_arrived(line, 2)


def test_two_workers_killed_at_random(tmp_path: Path) -> None:
    chance, count = random.Random(7), 8
    line = Line(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    line.ledger().close()
    line.put(count)
    for _ in range(8):
        workers = [start(line), start(line)]
        time.sleep(chance.uniform(0.01, 0.25))
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        for worker in workers:
            end_of(worker)
        assert doubled(line) == []
    assert end_of(start(line)) == 0
    check_all_arrived_or_told(line, count)


def check_all_arrived_or_told(line: Line, count: int) -> None:
    """As `check_all_arrived`, but post whose reading was broken off three times may wait for a person."""
    assert doubled(line) == []
    ledger = line.ledger()
    accounts = ledger.accounts()
    assert accounts.balanced
    assert accounts.received == accounts.delivered + accounts.with_person == count
    assert len(line.journal.records("depot")) == len(line.journal.records("crm")) == accounts.delivered
    assert ledger.messages_due(Stage.ITEMISED) == []


def _never_look() -> None:
    MemoryTarget.find = lambda self, key: None  # type: ignore[method-assign]


def test_the_journal_catches_a_robot_that_does_not_look_first(tmp_path: Path) -> None:
    """The control: without the look-up the same kill doubles a record, and this test sees it."""
    line = Line(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    line.put(MESSAGES)
    assert end_of(start(line, Failpoint.DELIVER_ANSWERED, _never_look)) == -signal.SIGKILL
    assert end_of(start(line, "", _never_look)) == 0
    assert len(doubled(line)) == 1


def test_failpoint_is_armed_from_outside() -> None:
    program = (
        "from postroom.failpoints import *; [failpoint(Failpoint.ITEMS_SAVED) or print(turn) for turn in (1, 2, 3)]"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, VARIABLE: "items.saved:3", "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    assert run.stdout.split() == ["1", "2"]
