"""What the configuration gives to reports."""

from __future__ import annotations

from config.settings import Settings
from postroom.report.figures import Basis


def basis_of(settings: Settings) -> Basis:
    """Return what reports are counted by."""
    desk = settings.desk
    return Basis(settings.council, settings.processes, desk.nation, desk.upkeep_hours_a_month)
