"""Operating: pauses, runs, what connectors last answered, and configurations that were in force."""

from __future__ import annotations

from postroom.ledger.measuring import Measuring


class Operating(Measuring):
    """Pauses, runs, what connectors last answered, and configurations that were in force."""
