"""Notices: people are told, where they work, that an item waits for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, select

from postroom.ledger import schema
from postroom.ledger.answering import Answering
from postroom.ledger.creating import insert_deliveries
from postroom.ledger.records import ItemState
from postroom.notice import Notice, Notices
from postroom.process import DeliverTo

_ITEMS = schema.items
_DELIVERIES = schema.deliveries


class Telling(Answering):
    """Notices of items that wait for a person."""

    def tell_people(self, notices: Notices, limit: int = 500) -> int:
        """Make the notices of items that wait and that nobody was told of, and return how many.

        A notice holds nothing of the post. Protected items are told to nobody: their very existence is confidential.
        """
        if not any(notice.targets for notice in notices.values()):
            return 0
        told = exists().where(_DELIVERIES.c.item_id == _ITEMS.c.id, _DELIVERIES.c.notice)
        where = (_ITEMS.c.state == ItemState.WITH_PERSON, _ITEMS.c.protected == "", _somebody(notices), ~told)
        chosen = select(_ITEMS).where(*where).order_by(_ITEMS.c.created_at, _ITEMS.c.id).limit(limit)
        with self._writing() as connection:
            rows = connection.execute(chosen).all()
            return sum(self._tell(connection, row, notices) for row in rows)

    def _tell(self, connection: Connection, row: Row[Any], notices: Notices) -> int:
        notice = notices.get(row.process) or notices.get("", Notice((), ""))
        values = {"process": notice.process, "team": notice.team, "item": str(row.id), "due": str(row.due)}
        plan = [DeliverTo(target=target) for target in notice.targets]
        return len(insert_deliveries(connection, row.id, values, plan, self._clock(), notice=True))


def _somebody(notices: Notices) -> ColumnElement[bool]:
    """Return the condition that somebody is to be told of an item; others would fill the limit for ever."""
    told = {process for process, notice in notices.items() if notice.targets}
    if "" in told:
        return _ITEMS.c.process.not_in([process for process in notices if process not in told])
    return _ITEMS.c.process.in_(told)
