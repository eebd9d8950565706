"""Reviewing: what people do at the desk beside deciding: look, undo, split, merge, enter a second time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, select

from postroom.fields import Field
from postroom.ledger import schema
from postroom.ledger.codec import from_json
from postroom.ledger.desk_records import Taught
from postroom.ledger.undoing import Undoing

_ITEMS = schema.items
_FIELDS = schema.fields
_TABLE = schema.corrections


class Reviewing(Undoing):
    """What people do at the desk beside deciding: look, undo, split, merge, enter a second time."""

    def corrections(self, since: datetime | None = None, limit: int = 10_000) -> list[Taught]:
        """Return what people corrected and did not take back, each with what was read, oldest first."""
        read = and_(_FIELDS.c.item_id == _TABLE.c.item_id, _FIELDS.c.name == _TABLE.c.field)
        joined = _TABLE.join(_ITEMS, _ITEMS.c.id == _TABLE.c.item_id).outerjoin(_FIELDS, read)
        columns = (_ITEMS.c.message_id, _ITEMS.c.process, _FIELDS.c.read)
        where = [_TABLE.c.undone.is_(False), *([_TABLE.c.at >= since] if since is not None else [])]
        chosen = select(_TABLE, *columns).select_from(joined).where(*where).order_by(_TABLE.c.id).limit(limit)
        with self._reading() as connection:
            return [
                Taught(
                    row.id, row.item_id, row.message_id, row.process, row.field, row.before, row.after,
                    from_json(Field, row.read) if row.read else None, row.person, row.at,
                )
                for row in connection.execute(chosen)
            ]  # fmt: skip
