"""Acts: what a person does to an item, checked against what they saw, kept so that it can be taken back, and told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from postroom.delivery import TERMINAL, Receipt, State
from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.changing import change_item, refuse_other_version
from postroom.ledger.codec import pack, to_json
from postroom.ledger.creating import item_id_as_typed, likeness
from postroom.ledger.deliveries import Deliveries
from postroom.ledger.desk_schema import acts, entries
from postroom.ledger.items import item_deliveries, item_fields, item_row
from postroom.ledger.records import DeliveryRecord, ItemState
from postroom.ledger.storage import execute

_DELIVERIES = schema.deliveries
NOT_SENT = (State.READY, State.WAIT)
"""States from which a person may stop a delivery: nothing has been sent."""
_COLUMNS = ("process", "outcome", "state", "reasons", "kinds", "protected", "due", "likeness", "pages")
_MOST_ACTS = 20
"""How many acts on one item can be taken back."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as it stood before an act."""

    item_id: str
    version: int
    columns: dict[str, str | int]
    fields: tuple[dict[str, str | int | float], ...] = ()
    entries: tuple[dict[str, str | int], ...] = ()
    names: tuple[str, ...] | None = None
    """Which fields were kept; None for all of them."""


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood before an act, and what it made."""

    kept: Kept
    other: Kept | None = None
    """The item that another was merged into."""
    other_version: int = 0
    made: tuple[str, ...] = ()
    """Deliveries, or items, that the act made."""
    stopped: tuple[str, ...] = ()
    """Deliveries that it stopped."""
    correction: int = 0


class Acts(Deliveries):
    """What every decision of a person has in common."""

    def _waiting(self, connection: Connection, item_id: str, version: int | None = None) -> Row[Any]:
        row = item_row(connection, item_id_as_typed(item_id))
        refuse_other_version(connection, row, version)
        if row.state != ItemState.WITH_PERSON:
            raise NotAllowed(f"Item {row.id} does not wait for a person: it is {row.state}.")
        return row

    def _touch(self, connection: Connection, row: Row[Any], **values: object) -> int:
        return change_item(connection, row, self._clock(), decided=True, touched=True, **values)

    def _keep_act(self, connection: Connection, before: Before, person: str, what: str, field: str = "") -> None:
        """Keep how an item stood, so that the person can take the act back; to be called when all else is done."""
        item_id = before.kept.item_id
        version = connection.scalar(select(schema.items.c.version).where(schema.items.c.id == item_id))
        values = {"item_id": item_id, "person": person, "what": what, "field": field, "version": version}
        values |= {"before": pack(before), "at": self._clock(), "undone": False}
        connection.execute(insert(acts).values(**values))
        newest = select(acts.c.id).where(acts.c.item_id == item_id).order_by(acts.c.id.desc()).limit(_MOST_ACTS)
        oldest = connection.scalar(select(func.min(newest.subquery().c.id)))
        execute(connection, acts.delete().where(acts.c.item_id == item_id, acts.c.id < oldest))

    def _decide(
        self,
        connection: Connection,
        delivery: DeliveryRecord,
        state: State,
        reason: str,
        receipt: Receipt | None = None,
        only: State | None = None,
    ) -> None:
        """Set a delivery that no worker has to the state a person decided."""
        before = only or delivery.state
        now = self._clock()
        values = {"state": state, "suspect": False, "sends": 0, "waits": 0, "waiting_since": None, "next_at": now}
        if receipt is not None:
            values["receipt"] = to_json(receipt)
        where = (_DELIVERIES.c.id == delivery.id, _DELIVERIES.c.state == before)
        changed = update(_DELIVERIES).where(*where).values(**values, reason=reason, changed_at=now)
        if execute(connection, changed).rowcount != 1:
            raise NotAllowed(f"Delivery {delivery.id} is not {before}.", hint="Load the item again.")

    def _stop_unsent(self, connection: Connection, row: Row[Any], reason: str = "") -> tuple[str, ...]:
        """Cancel the deliveries of an item of which nothing was sent, and return their ids."""
        unsent = [one for one in item_deliveries(connection, row.id) if one.state in NOT_SENT]
        for delivery in unsent:
            self._decide(connection, delivery, State.CANCELLED, reason)
        return tuple(one.id for one in unsent)

    def _likeness(self, connection: Connection, item_id: str, process: str) -> str:
        return likeness(process, {field.name: field.value for field in item_fields(connection, item_id)})

    def _record_person(self, connection: Connection, row: Row[Any], action: str, person: str, **detail: str) -> None:
        self._record(connection, action, actor=person, message_id=row.message_id, item_id=row.id, **detail)


def keep(
    connection: Connection, row: Row[Any], names: Collection[str] | None = (), *, extraction: bool = False
) -> Kept:
    """Return an item as it stands.

    Args:
        connection: The transaction to be part of.
        row: The item.
        names: Which of its fields to keep; None for all of them.
        extraction: Whether the act changes what was read.
    """
    columns = {name: getattr(row, name) for name in _COLUMNS}
    if extraction:
        columns["extraction"] = row.extraction
    chosen = () if names is None else tuple(names)
    kept = [_rows(connection, table, row.id, None if names is None else chosen) for table in (schema.fields, entries)]
    return Kept(row.id, row.version, columns, kept[0], kept[1], None if names is None else chosen)


def refuse_unresolved(connection: Connection, row: Row[Any]) -> None:
    """Refuse while a record of the item may be under way or may have arrived unproven."""
    for delivery in item_deliveries(connection, row.id):
        if delivery.state not in (*TERMINAL, *NOT_SENT):
            hint = f"Resolve delivery {delivery.id} first: look whether the record is there."
            raise NotAllowed(f"Item {row.id} may have been keyed into {delivery.target} already.", hint=hint)


def _rows(connection: Connection, table: Any, item_id: str, names: Sequence[str] | None) -> tuple[dict[str, Any], ...]:
    if names == ():
        return ()
    column = table.c.name if "name" in table.c else table.c.field
    where = [table.c.item_id == item_id, *([] if names is None else [column.in_(names)])]
    found = connection.execute(select(table).where(*where))
    return tuple({name: _plain(value) for name, value in row._asdict().items() if name != "item_id"} for row in found)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else value.isoformat()
