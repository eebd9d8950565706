"""Planting: known errors are shown to reviewers now and then, and it is counted who saw them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select

from postroom import seeding
from postroom.ledger import schema
from postroom.ledger.desk_records import Seed, SeedRate
from postroom.ledger.desk_schema import entries, seeds
from postroom.ledger.entering import Entering
from postroom.ledger.items import item_fields, item_row
from postroom.ledger.records import ItemState
from postroom.ledger.seeds import seed_of
from postroom.process import Process


class Planting(Entering):
    """Seeds: the item itself always holds the value that was read, and that is what is keyed."""

    def plant(self, item_id: str, share: float, process: Process) -> Seed | None:
        """Return the known error to show of an item, and plant it at its first opening if the item is to have one.

        A protected item never gets one, nor one that a person worked on already.

        Args:
            item_id: The item.
            share: The share of items that get one, from 0 to 1.
            process: The item's process.
        """
        with self._reading() as connection:
            seed = seed_of(connection, item_id)
            if seed is not None or not self._may_have_seed(connection, item_id, share, process):
                return seed if seed is not None and seed.active else None
        with self._writing() as connection:
            # Another person may have opened or decided it meanwhile.
            seed = seed_of(connection, item_id)
            if seed is not None or not self._may_have_seed(connection, item_id, share, process):
                return seed if seed is not None and seed.active else None
            found = seeding.choose(ledger_secret(connection), item_id, process, item_fields(connection, item_id))
            if found is None:
                return None
            values = {"item_id": item_id, "field": found[0], "shown": found[1], "planted_at": self._clock()}
            connection.execute(insert(seeds).values(**values, person="", caught=None, at=None))
            return seed_of(connection, item_id)

    def seed_of(self, item_id: str) -> Seed | None:
        """Return the known error that is or was shown of an item."""
        with self._reading() as connection:
            return seed_of(connection, item_id)

    def seed_rates(self, since: datetime | None = None, until: datetime | None = None) -> dict[str, SeedRate]:
        """Return by sign-in name how many known errors people caught and missed.

        Args:
            since: Leave out what was decided earlier.
            until: Leave out what was decided at this moment or later.
        """
        where: list[ColumnElement[bool]] = [seeds.c.caught.is_not(None)]
        where += [seeds.c.at >= since] if since is not None else []
        where += [seeds.c.at < until] if until is not None else []
        chosen = select(seeds.c.person, seeds.c.caught, func.count()).where(*where)
        found: dict[str, SeedRate] = {}
        with self._reading() as connection:
            for person, caught, number in connection.execute(chosen.group_by(seeds.c.person, seeds.c.caught)):
                had = found.get(person, SeedRate(0, 0))
                found[person] = SeedRate(number, had.missed) if caught else SeedRate(had.caught, number)
        return found

    def _may_have_seed(self, connection: Connection, item_id: str, share: float, process: Process) -> bool:
        row = item_row(connection, item_id)
        fresh = row.state == ItemState.WITH_PERSON and not row.touched and row.process == process.id
        if not fresh or row.protected or not seeding.is_chosen(ledger_secret(connection), item_id, share):
            return False
        return connection.scalar(select(entries.c.field).where(entries.c.item_id == item_id).limit(1)) is None


def ledger_secret(connection: Connection) -> str:
    """Return what only the ledger knows: the hash of its first entry."""
    table = schema.history
    return connection.scalar(select(table.c.hash).order_by(table.c.sequence).limit(1)) or ""
