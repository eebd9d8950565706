"""Configurations: each one that was ever in force, and which items were made under it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from postroom.errors import ItemNotFound
from postroom.ledger import schema
from postroom.ledger.desk_schema import configurations
from postroom.ledger.measuring import Measuring
from postroom.ledger.storage import change_one

_ITEMS = schema.items


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration without its files."""

    version: str
    since: datetime
    """When it was first in force."""
    seen_at: datetime
    """When it was last opened."""


class Configurations(Measuring):
    """Configurations that were in force."""

    def use_configuration(self, version: str, files: Mapping[str, str]) -> None:
        """Work under a configuration from now on: items made through this ledger carry its version.

        Args:
            version: At most 16 characters.
            files: The text of each file by its name; secrets are never among them.
        """
        now = self._clock()
        packed = zlib.compress(json.dumps(dict(files), ensure_ascii=False, sort_keys=True).encode())
        with self._writing() as connection:
            known = connection.scalar(select(configurations.c.since).where(configurations.c.version == version))
            if known is None:
                values = {"since": now, "seen_at": now, "files": packed}
                connection.execute(insert(configurations).values(version=version, **values))
                self._record(connection, "configuration-new", version=version)
            else:
                seen = update(configurations).where(configurations.c.version == version).values(seen_at=now)
                change_one(connection, seen)
        self._configuration = version

    @property
    def configuration_in_use(self) -> str:
        """The version that this process works under; empty if it never said."""
        return self._configuration

    def configurations(self) -> list[Configuration]:
        """Return every configuration that was in force, the last one opened first."""
        columns = (configurations.c.version, configurations.c.since, configurations.c.seen_at)
        chosen = select(*columns).order_by(configurations.c.seen_at.desc(), configurations.c.since.desc())
        with self._reading() as connection:
            return [Configuration(row.version, row.since, row.seen_at) for row in connection.execute(chosen)]

    def configuration(self, version: str) -> dict[str, str]:
        """Return the files of a configuration by name.

        Raises:
            ItemNotFound: It was never in force here.
        """
        chosen = select(configurations.c.files).where(configurations.c.version == version)
        with self._reading() as connection:
            packed = connection.scalar(chosen)
        if packed is None:
            raise ItemNotFound(f"There is no configuration {version[:16]} in the ledger.")
        files: dict[str, str] = json.loads(zlib.decompress(packed))
        return files

    def items_by_configuration(self) -> dict[str, int]:
        """Return how many items were made under each version; those of the time before versions under ``."""
        counted = select(_ITEMS.c.configuration, func.count()).group_by(_ITEMS.c.configuration)
        with self._reading() as connection:
            return dict(connection.execute(counted).tuples().all())

    def items_under(
        self, version: str, *, restricted: bool, limit: int = 50, after: str = ""
    ) -> list[tuple[str, str, str, datetime]]:
        """Return id, process, state and time of receipt of items made under a version, by id.

        Args:
            version: Of the configuration.
            restricted: Whether protected items are among them.
            limit: At most so many.
            after: Only ids after this one.
        """
        columns = (_ITEMS.c.id, _ITEMS.c.process, _ITEMS.c.state, _ITEMS.c.received_at)
        chosen = select(*columns).where(_ITEMS.c.configuration == version, _ITEMS.c.id > after)
        if not restricted:
            chosen = chosen.where(_ITEMS.c.protected == "")
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(_ITEMS.c.id).limit(limit))
            return [(row.id, row.process, row.state, row.received_at) for row in rows]
