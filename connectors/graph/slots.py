"""How many calls may be on their way at one time, for all workers of this machine together.

Microsoft lets one app have four calls at a mailbox; whether the four count for all mailboxes together is disputed
(microsoft-graph-docs issue 7478), so both limits are kept. Each place is a locked file: a killed worker gives it back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import IO, NamedTuple

from connectors.locks import lock_file, try_lock

_PAUSE_SECONDS = 0.01


class Limit(NamedTuple):
    """A number of places under one name."""

    name: str
    places: int


class Slots:
    """The right to one call, which must be given back."""

    def __init__(self) -> None:
        self._held: list[IO[bytes]] = []

    async def take(self, limits: Iterable[Limit]) -> None:
        """Wait for a place under each limit, in their order."""
        for limit in limits:
            while not self._take_one(limit):
                await asyncio.sleep(_PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311

    def give_back(self) -> None:
        """Give every place back; safe to repeat."""
        while self._held:
            self._held.pop().close()

    def _take_one(self, limit: Limit) -> bool:
        for place in range(limit.places):
            file = lock_file(f"{limit.name}|{place}").open("a+b")
            if try_lock(file):
                self._held.append(file)
                return True
            file.close()
        return False
