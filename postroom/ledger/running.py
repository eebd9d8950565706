"""Running: the runs of the line, and what each inbox and target last answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from postroom.ledger.configurations import Configurations
from postroom.ledger.desk_schema import health, runs
from postroom.ledger.owners import surely_gone
from postroom.ledger.storage import execute

KEPT = timedelta(days=90)
"""How long runs are listed; the history holds what they did for good."""
_ANSWER_EVERY = timedelta(minutes=1)
"""How often an answer like the one before is noted."""
_LONGEST_SAID = 500


class Ending(StrEnum):
    """How a run ended."""

    AT_WORK = "at-work"
    DONE = "done"
    FAULTS = "faults"
    BROKEN_OFF = "broken-off"
    """Its process is gone without a word; what it had in hand was taken up by a later run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the line."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    ending: Ending
    prefect_id: str
    """Its id in Prefect; empty if it is not known there."""
    counts: Mapping[str, int]
    """How many things moved, by step; without those that did not."""
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an inbox or target last answered."""

    role: str
    name: str
    worked_at: datetime | None
    failed_at: datetime | None
    said: str

    @property
    def works(self) -> bool:
        """Whether the last answer was a good one."""
        return self.worked_at is not None and (self.failed_at is None or self.worked_at >= self.failed_at)

    @property
    def at(self) -> datetime | None:
        """When it last answered at all."""
        return max((moment for moment in (self.worked_at, self.failed_at) if moment), default=None)


class Running(Configurations):
    """Runs of the line, and answers of what it is connected to."""

    def begin_run(self, owner: str, prefect_id: str = "") -> int:
        """Note that a run of the line begins and return its number."""
        now = self._clock()
        with self._writing() as connection:
            execute(connection, delete(runs).where(runs.c.started_at < now - KEPT))
            values = {"started_at": now, "owner": owner, "prefect_id": prefect_id, "counts": "{}", "faults": "[]"}
            return int(connection.execute(insert(runs).values(**values).returning(runs.c.id)).scalar_one())

    def end_run(self, run_id: int, counts: Mapping[str, int], faults: Sequence[str] = ()) -> None:
        """Note how a run ended; faults are words of our own errors, which hold nothing of the post."""
        moved = {name: count for name, count in counts.items() if count}
        values = {"counts": json.dumps(moved), "faults": json.dumps(list(faults), ensure_ascii=False)}
        with self._writing() as connection:
            execute(connection, update(runs).where(runs.c.id == run_id).values(ended_at=self._clock(), **values))

    def runs(self, limit: int = 50, before: int = 0, *, idle: bool = True) -> list[Run]:
        """Return runs, newest first.

        Args:
            limit: At most so many.
            before: Only runs with a lower number, if given.
            idle: Whether runs in which nothing moved and nothing failed are among them.
        """
        chosen = select(runs).order_by(runs.c.id.desc()).limit(limit)
        if before:
            chosen = chosen.where(runs.c.id < before)
        if not idle:
            chosen = chosen.where(or_(runs.c.counts != "{}", runs.c.faults != "[]", runs.c.ended_at.is_(None)))
        with self._reading() as connection:
            return [_run(row) for row in connection.execute(chosen)]

    def note_answer(self, role: str, name: str, worked: bool, said: str = "") -> None:
        """Note what an inbox or target answered; one like the answer before is noted once a minute.

        Args:
            role: `inbox` or `target`.
            name: As configured.
            worked: Whether it could be used.
            said: Words of our own, which hold nothing of the post; left out, those of the last answer alike stay.
        """
        now, said = self._clock(), said[:_LONGEST_SAID]
        where = (health.c.role == role, health.c.name == name)
        with self._reading() as connection:
            row = connection.execute(select(health).where(*where)).one_or_none()
        before = _answer(row) if row is not None else None
        alike = before is not None and before.works == worked
        said = before.said if before is not None and alike and not said else said
        if before is not None and alike and said == before.said and before.at and now - before.at < _ANSWER_EVERY:
            return
        values = {"worked_at" if worked else "failed_at": now, "said": said}
        with self._writing() as connection:
            if execute(connection, update(health).where(*where).values(**values)).rowcount == 0:
                connection.execute(insert(health).values(role=role, name=name, **values))

    def answers(self) -> list[Answer]:
        """Return what each inbox and target last answered."""
        with self._reading() as connection:
            return [_answer(row) for row in connection.execute(select(health).order_by(health.c.role, health.c.name))]


def _run(row: Row[Any]) -> Run:
    faults = tuple(json.loads(row.faults))
    if row.ended_at is None:
        ending = Ending.BROKEN_OFF if surely_gone(row.owner) else Ending.AT_WORK
    else:
        ending = Ending.FAULTS if faults else Ending.DONE
    return Run(row.id, row.started_at, row.ended_at, ending, row.prefect_id, json.loads(row.counts), faults)


def _answer(row: Row[Any]) -> Answer:
    return Answer(row.role, row.name, row.worked_at, row.failed_at, row.said)
