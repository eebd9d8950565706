"""Measuring: the managers' figures, counted in the database."""

from __future__ import annotations

from postroom.ledger.sampling import Sampling


class Measuring(Sampling):
    """The managers' figures, counted in the database."""
