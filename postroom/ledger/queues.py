"""Queues: items in the order in which they need somebody, as far as a person may know of them."""

from __future__ import annotations

from postroom.ledger.accounting import Accounting


class Queues(Accounting):
    """Items in the order in which they need somebody, as far as a person may know of them."""
