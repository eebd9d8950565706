"""Keeping a lease alive while a long step works; a process that sleeps or dies lets it run out all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from postroom.errors import LeaseLost

if TYPE_CHECKING:
    from postroom.ledger import Lease, Ledger


@contextmanager
def kept(ledger: Ledger, lease: Lease, seconds: float) -> Iterator[None]:
    """Renew a lease four times within its length for as long as the block runs.

    A step that lost it all the same notices when it saves.
    """
    done = Event()

    def keep() -> None:
        while not done.wait(seconds / 4):
            try:
                ledger.renew(lease, seconds)
            except LeaseLost:
                return

    keeper = Thread(target=keep, name=f"lease-{lease.subject}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
