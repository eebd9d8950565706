from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.memory import (
    Journal,
    MemoryInbox,
    MemoryInboxSettings,
    MemoryTarget,
    MemoryTargetSettings,
    Misbehaviour,
)
from postroom.delivery import Target
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, TransientError
from postroom.message import Inbox
from tests.contracts.inbox import InboxContract, InboxWorld
from tests.contracts.target import TargetContract, TargetWorld

BEGIN = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


class MemoryInboxWorld(InboxWorld):
    def __init__(self, path: Path) -> None:
        self.path, self.journal, self.count = path, Journal(path), 0

    def inbox(self) -> Inbox:
        return MemoryInbox(MemoryInboxSettings(kind="memory", name="post", journal=self.path))

    def put(self, raw: bytes) -> None:
        self.count += 1
        self.journal.put("post", f"post {self.count}", raw, BEGIN + timedelta(minutes=self.count))

    def take_away(self, raw: bytes) -> None:
        with self.journal.open() as connection:
            connection.execute("DELETE FROM post WHERE raw = ?", (raw,))

    def everything(self) -> list[bytes]:
        return self.where("1")

    def held(self) -> list[bytes]:
        return self.where("place = 'held'")

    def where(self, condition: str) -> list[bytes]:
        with self.journal.open() as connection:
            return sorted(raw for (raw,) in connection.execute(f"SELECT raw FROM post WHERE {condition}"))  # noqa: S608


class TestMemoryInbox(InboxContract):
    kind = "memory"

    @pytest.fixture
    def world(self, tmp_path: Path) -> InboxWorld:
        return MemoryInboxWorld(tmp_path / "journal.db")


class MemoryTargetWorld(TargetWorld):
    faults: ClassVar = {
        "refuse": RefusedByTarget,
        "transient": TransientError,
        "down": ConnectorDown,
        "uncertain-before": DeliveryUncertain,
        "uncertain-after": DeliveryUncertain,
    }

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[MemoryTarget] = []

    def target(self) -> Target:
        self.opened.append(MemoryTarget(MemoryTargetSettings(kind="memory", name="register", journal=self.path)))
        return self.opened[-1]

    def count(self, key: str) -> int:
        return sum(found == key for found, _ in Journal(self.path).records("register"))

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        # The journal counts the sends, so the fault is put at the turn that comes next.
        turn = len(Journal(self.path).sends("register"))
        for target in self.opened:
            target._misbehaviour = (*(Misbehaviour.NONE,) * turn, Misbehaviour(name))
        yield


class TestMemoryTarget(TargetContract):
    kind = "memory"

    @pytest.fixture
    def world(self, tmp_path: Path) -> TargetWorld:
        return MemoryTargetWorld(tmp_path / "journal.db")
