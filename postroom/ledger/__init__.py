"""The ledger: the one door to storage, and the system of record."""

from __future__ import annotations

from postroom.ledger.accounting import Progress, Stuck
from postroom.ledger.deliveries import Claim
from postroom.ledger.desk_records import (
    Batch,
    DocumentRecord,
    Entry,
    Looker,
    QueueCounts,
    QueueItem,
    Seed,
    SeedRate,
    Taught,
    Undone,
    Wanted,
)
from postroom.ledger.items import Plans
from postroom.ledger.migrate import is_current, upgrade
from postroom.ledger.owners import owner_name
from postroom.ledger.records import (
    FINAL,
    Accounts,
    Arrival,
    Breaker,
    Correction,
    DeliveryRecord,
    HistoryEntry,
    Item,
    ItemField,
    ItemState,
    ItemSummary,
    Lease,
    MessageRecord,
    Stage,
    Verdict,
)
from postroom.ledger.sign_ins import SignIn, SignIns, StaffRecord

__all__ = [
    "FINAL",
    "Accounts",
    "Arrival",
    "Batch",
    "Breaker",
    "Claim",
    "Correction",
    "DeliveryRecord",
    "DocumentRecord",
    "Entry",
    "HistoryEntry",
    "Item",
    "ItemField",
    "ItemState",
    "ItemSummary",
    "Lease",
    "Ledger",
    "Looker",
    "MessageRecord",
    "Plans",
    "Progress",
    "QueueCounts",
    "QueueItem",
    "Seed",
    "SeedRate",
    "SignIn",
    "StaffRecord",
    "Stage",
    "Stuck",
    "Taught",
    "Undone",
    "Verdict",
    "Wanted",
    "owner_name",
]


class Ledger(SignIns):
    """Messages, their documents and texts, items, deliveries and the history, durable at every return.

    Each method is one transaction. A class below each adds a part: storage, leases, messages, bookmarks, readings,
    items, deliveries, acts, people, resolving, answering, notices, taking back, accounting, queues, alike, looking,
    entering, planting, parting, undoing, reviewing, sampling, measuring, configurations, running, auditing, mailing,
    evidencing, operating, sign-ins.
    """

    def migrate(self) -> None:
        """Make or update the tables; quick when there is nothing to do.

        Raises:
            ConfigError: The ledger was written by a newer version.
        """
        if is_current(self._engine):
            return
        with self._writing() as connection:
            upgrade(connection)
