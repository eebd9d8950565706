"""Alike: waiting items that a person can decide together."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from postroom.ledger import schema
from postroom.ledger.codec import from_json
from postroom.ledger.desk_records import Batch, QueueItem
from postroom.ledger.queues import Queues, waiting_in
from postroom.ledger.schema import Moment
from postroom.reasons import in_general, kinds_in
from postroom.staff import Scope

_ITEMS = schema.items
_BETWEEN = "."
"""Between the parts of a batch's key; no process and no kind holds it."""
_LEAST = 2
_MOST = 500
"""Items of a batch at one time."""
_LOOKED_AT = 50
"""Items of a batch whose reasons are compared."""


class Alike(Queues):
    """Batches of waiting items of one process with the same kinds of reasons.

    Protected items are never part of one: each is decided by itself.
    """

    def alike(self, scope: Scope, limit: int = 20) -> list[Batch]:
        """Return batches, the largest first."""
        columns = (_ITEMS.c.process, _ITEMS.c.kinds)
        number, oldest = func.count(), func.min(_ITEMS.c.received_at, type_=Moment())
        where = (*waiting_in(scope), _ITEMS.c.protected == "", _ITEMS.c.kinds != "")
        grouped = select(*columns, number, oldest).where(*where).group_by(*columns).having(number >= _LEAST)
        with self._reading() as connection:
            rows = connection.execute(grouped.order_by(number.desc(), *columns).limit(limit)).all()
            return [
                Batch(_key(process, kinds), process, kinds_in(kinds), _shared(connection, process, kinds), count, since)
                for process, kinds, count, since in rows
            ]

    def batch_items(self, scope: Scope, key: str, *, person_id: str = "") -> list[QueueItem]:
        """Return the items of a batch that wait now, in order; none if there is no such batch.

        Args:
            scope: What the person may know of.
            key: The batch's key.
            person_id: Who asks: only others count as looking at an item.
        """
        process, *kinds = key.split(_BETWEEN)
        kept = f",{','.join(kinds)},"
        where = [*waiting_in(scope), _ITEMS.c.process == process, _ITEMS.c.kinds == kept, _ITEMS.c.protected == ""]
        return self._listed(where, _MOST, "", person_id)


def _key(process: str, kinds: str) -> str:
    return _BETWEEN.join((process, *kinds_in(kinds)))


def _shared(connection: Connection, process: str, kinds: str) -> tuple[str, ...]:
    """Return the reasons that the items of a batch have in common, in general words, going by the first of them."""
    where = (*waiting_in(Scope(frozenset({process}))), _ITEMS.c.kinds == kinds)
    first = select(_ITEMS.c.reasons).where(*where).limit(_LOOKED_AT)
    each = [
        dict.fromkeys(in_general(reason) for reason in from_json(tuple[str, ...], reasons))
        for reasons in set(connection.scalars(first))
    ]
    return tuple(reason for reason in each[0] if all(reason in other for other in each[1:])) if each else ()
