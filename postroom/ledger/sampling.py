"""Sampling: items that went straight through are read again by a person who does not see the values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update

from postroom.behind import PROCESS_ITSELF
from postroom.disposition import Outcome
from postroom.errors import ItemNotFound, NotAllowed
from postroom.ledger import schema
from postroom.ledger.colleagues import Colleagues
from postroom.ledger.creating import item_id_as_typed
from postroom.ledger.desk_schema import sample_fields, samples
from postroom.ledger.items import item_fields, item_row
from postroom.ledger.planting import ledger_secret
from postroom.ledger.queues import within
from postroom.ledger.records import ItemState
from postroom.ledger.storage import execute
from postroom.normal import same
from postroom.process import FieldSpec, Process
from postroom.seeding import is_chosen
from postroom.staff import Person, Scope

RECENT: Final = timedelta(days=28)
"""Older items are not chosen any more: a value that was keyed wrong is worth finding while it does little harm."""
_ITEMS = schema.items
_HISTORY = schema.history
_READ, _JUDGED, _PUT_RIGHT = "sample-read", "sample-judged", "sample-put-right"


@dataclass(frozen=True, slots=True)
class Sample:
    """An item that was chosen to be read again."""

    item_id: str
    process: str
    received_at: datetime
    chosen_at: datetime
    checked_at: datetime | None
    """None until it was read again."""
    person: str
    """Who read it, by sign-in name."""
    right: bool | None
    """Whether everything was keyed right; a difference counts as wrong until it is settled who was right."""
    settled: bool
    """Whether nothing is left to say: both agreed, or the reader said who was right."""
    put_right: bool
    """Whether a person has put right in the target what was keyed wrong."""


@dataclass(frozen=True, slots=True)
class ReadField:
    """One value of a sample: as it was keyed and as a person read it."""

    field: str
    """`*` stands for the process."""
    delivered: str = part(repr=False)
    entered: str = part(repr=False)
    right: bool


def fields_to_read(process: Process) -> Mapping[str, FieldSpec]:
    """Return the fields that are read again: all but those that are copied from the post as they stand."""
    copied = ("sentences", "topic")
    return {name: spec for name, spec in process.fields.items() if spec.type != "text" or spec.form not in copied}


class Sampling(Colleagues):
    """Blind samples. A protected item is never one, nor one that a person had a hand in."""

    def choose_samples(self, share: float, processes: Collection[str]) -> int:
        """Choose among the items that went straight through of late, and return how many are new.

        The same items are chosen for ever, by the ledger's secret; asked again, only items since then are added.

        Args:
            share: From 0 to 1.
            processes: The configured ones; an item of another cannot be read again.
        """
        now = self._clock()
        with self._reading() as connection:
            new = _chosen(connection, share, processes, now)
        if not new:
            return 0
        with self._writing() as connection:
            # Another page may have chosen them meanwhile.
            rows = [
                {"item_id": item_id, "process": process, "chosen_at": now, "person": ""}
                for item_id, process in _chosen(connection, share, processes, now)
            ]
            if rows:
                connection.execute(insert(samples).values(rows))
            return len(rows)

    def open_samples(self, scope: Scope, person: Person, limit: int = 100) -> list[Sample]:
        """Return the samples that a person may read, the first chosen first, those that nobody else has open before.

        Args:
            scope: What the person may know of.
            person: Who asks; what they had a hand in is left out.
            limit: How many at most.
        """
        looked_at = self._looked_at(person.id)
        chosen = _samples().where(*_open_to(person), *within(scope))
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(looked_at, samples.c.chosen_at, samples.c.item_id).limit(limit))
            return [_sample(row) for row in rows]

    def count_open_samples(self, scope: Scope, person: Person) -> int:
        """Return how many samples a person may read."""
        counted = select(func.count()).select_from(samples.join(_ITEMS, _ITEMS.c.id == samples.c.item_id))
        with self._reading() as connection:
            return connection.scalar(counted.where(*_open_to(person), *within(scope))) or 0

    def unsettled_samples(self, scope: Scope) -> list[Sample]:
        """Return the samples with a difference of which it is not said who was right, or that are to be put right."""
        where = (samples.c.right.is_(False), ~_told(_PUT_RIGHT), *within(scope))
        with self._reading() as connection:
            rows = connection.execute(_samples().where(*where).order_by(samples.c.checked_at, samples.c.item_id))
            return [_sample(row) for row in rows]

    def sample(self, item_id: str) -> Sample:
        """Return a sample.

        Raises:
            ItemNotFound: The item is none.
        """
        with self._reading() as connection:
            return _sample(_row(connection, item_id))

    def sample_fields(self, item_id: str) -> list[ReadField]:
        """Return what was read again of an item."""
        table = sample_fields
        chosen = select(table).where(table.c.item_id == item_id_as_typed(item_id)).order_by(table.c.field)
        with self._reading() as connection:
            rows = connection.execute(chosen)
            return [ReadField(row.field, row.delivered, row.entered, row.right) for row in rows]

    def read_again(self, item_id: str, entered: Mapping[str, str] | None, process: Process, person: Person) -> bool:
        """Keep what a person read who did not see the values, and return whether all of it agrees.

        Args:
            item_id: The sample.
            entered: The value of each field in normal form, empty where the post holds none; None if the post is not
                about the process at all.
            process: The item's process.
            person: Who read it.

        Raises:
            NotAllowed: It was read by somebody else meanwhile, a person had a hand in it, or it changed since.
        """
        with self._writing() as connection:
            row = _row(connection, item_id)
            free = select(samples.c.item_id).join(_ITEMS, _ITEMS.c.id == samples.c.item_id)
            if connection.scalar(free.where(samples.c.item_id == row.item_id, *_open_to(person))) is None:
                hint = "Take the next one."
                raise NotAllowed(f"Item {row.item_id} cannot be read again by you, or was read meanwhile.", hint=hint)
            rows = list(_compared(connection, row.item_id, entered, process))
            connection.execute(insert(sample_fields).values([{"item_id": row.item_id, **one} for one in rows]))
            agrees = all(one["right"] for one in rows)
            self._settle(connection, row, agrees, checked_at=self._clock(), person=person.sign_in_name)
            self._note_sample(connection, row, _READ, person, fields=str(len(rows)), agrees="yes" if agrees else "no")
            return agrees

    def judge_sample(self, item_id: str, keyed_right: Collection[str], person: Person) -> bool:
        """Say of each difference who was right, and return whether everything was keyed right after all.

        Args:
            item_id: The sample.
            keyed_right: Names of fields that differ and were keyed right.
            person: Who says so: the person who read it.

        Raises:
            NotAllowed: They did not read it, or it was said already.
        """
        with self._writing() as connection:
            row = _row(connection, item_id)
            if row.right is not False or row.judged or row.person != person.sign_in_name:
                raise NotAllowed(f"There is nothing to settle about item {row.item_id}, or it is not yours to settle.")
            where = (sample_fields.c.item_id == row.item_id, sample_fields.c.field.in_(sorted(keyed_right)))
            execute(connection, update(sample_fields).where(*where).values(right=True))
            wrong = (sample_fields.c.item_id == row.item_id, sample_fields.c.right.is_(False))
            left = connection.scalar(select(func.count()).select_from(sample_fields).where(*wrong)) or 0
            self._settle(connection, row, not left)
            self._note_sample(connection, row, _JUDGED, person, wrong=str(left))
            return not left

    def put_sample_right(self, item_id: str, person: Person) -> None:
        """Record that a person put right in the target what was keyed wrong.

        The robot does not do it: it only ever adds records, and a second one would be worse than a wrong one.

        Raises:
            NotAllowed: Nothing was keyed wrong, or it was put right already.
        """
        with self._writing() as connection:
            row = _row(connection, item_id)
            if row.right is not False or not row.judged or row.put_right:
                raise NotAllowed(f"Nothing of item {row.item_id} is to be put right.")
            self._note_sample(connection, row, _PUT_RIGHT, person)

    def _settle(self, connection: Connection, row: Row[Any], right: bool, **more: object) -> None:
        execute(connection, update(samples).where(samples.c.item_id == row.item_id).values(right=right, **more))

    def _note_sample(self, connection: Connection, row: Row[Any], action: str, person: Person, **detail: str) -> None:
        self._record_person(connection, item_row(connection, row.item_id), action, person.sign_in_name, **detail)


def _chosen(connection: Connection, share: float, processes: Collection[str], now: datetime) -> list[tuple[str, str]]:
    """Return the items that are to be samples and are none yet, with their processes."""
    if not share or not processes:
        return []
    where = (
        _ITEMS.c.received_at >= now - RECENT,
        _ITEMS.c.process.in_(sorted(processes)),
        *_went_straight_through(),
        ~select(samples.c.item_id).where(samples.c.item_id == _ITEMS.c.id).exists(),
    )
    secret = ledger_secret(connection)
    found = connection.execute(select(_ITEMS.c.id, _ITEMS.c.process).where(*where)).tuples()
    # Another name than that of known errors, so that one choice tells nothing of the other.
    return [(item_id, process) for item_id, process in found if is_chosen(secret, f"sample {item_id}", share)]


def _went_straight_through() -> tuple[ColumnElement[bool], ...]:
    return (
        _ITEMS.c.state == ItemState.DELIVERED,
        _ITEMS.c.outcome == Outcome.STRAIGHT_THROUGH,
        _ITEMS.c.touched.is_(False),
        _ITEMS.c.protected == "",
    )


def _open_to(person: Person) -> tuple[ColumnElement[bool], ...]:
    mine = func.lower(_HISTORY.c.actor) == person.sign_in_name.lower()
    had_a_hand = select(_HISTORY.c.sequence).where(_HISTORY.c.item_id == _ITEMS.c.id, mine).exists()
    return (samples.c.checked_at.is_(None), *_went_straight_through(), ~had_a_hand)


def _compared(
    connection: Connection, item_id: str, entered: Mapping[str, str] | None, process: Process
) -> list[dict[str, object]]:
    belongs = entered is not None
    itself = {"field": PROCESS_ITSELF, "delivered": process.id, "entered": process.id if belongs else ""}
    rows: list[dict[str, object]] = [{**itself, "right": belongs}]
    held = {field.name: field.value for field in item_fields(connection, item_id)}
    for name, spec in fields_to_read(process).items() if entered is not None else ():
        delivered, read = held.get(name, ""), (entered or {}).get(name, "")
        right = same(spec.type, delivered, read) if delivered and read else delivered == read
        rows.append({"field": name, "delivered": delivered, "entered": read, "right": right})
    return rows


def _samples() -> Select[Any]:
    told = (_told(_JUDGED).label("judged"), _told(_PUT_RIGHT).label("put_right"))
    joined = samples.join(_ITEMS, _ITEMS.c.id == samples.c.item_id)
    return select(samples, _ITEMS.c.received_at, *told).select_from(joined)


def _told(action: str) -> ColumnElement[bool]:
    where = (_HISTORY.c.item_id == samples.c.item_id, _HISTORY.c.action == action)
    return select(_HISTORY.c.sequence).where(*where).exists()


def _row(connection: Connection, item_id: str) -> Row[Any]:
    asked = item_id_as_typed(item_id)
    row = connection.execute(_samples().where(samples.c.item_id == asked)).one_or_none()
    if row is None:
        raise ItemNotFound(f"Item {asked} was not chosen to be read again.")
    return row


def _sample(row: Row[Any]) -> Sample:
    return Sample(
        row.item_id, row.process, row.received_at, row.chosen_at, row.checked_at, row.person, row.right,
        settled=bool(row.right or row.judged), put_right=bool(row.put_right),
    )  # fmt: skip
