"""Reviewing: what people do at the desk beside deciding: look, undo, split, merge, enter a second time."""

from __future__ import annotations

from postroom.ledger.queues import Queues


class Reviewing(Queues):
    """What people do at the desk beside deciding: look, undo, split, merge, enter a second time."""
