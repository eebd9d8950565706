"""Sampling: items that went straight through are read again by a person who does not see the values."""

from __future__ import annotations

from postroom.ledger.reviewing import Reviewing


class Sampling(Reviewing):
    """Items that went straight through are read again by a person who does not see the values."""
