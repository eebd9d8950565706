"""What the configuration gives to reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings import Settings
from postroom.clock import utc_now
from postroom.period import day_of
from postroom.report.figures import Basis, Compared

if TYPE_CHECKING:
    from postroom.ledger import Ledger


def basis_of(settings: Settings) -> Basis:
    """Return what reports are counted by."""
    desk = settings.desk
    return Basis(settings.council, settings.processes, desk.nation, desk.upkeep_hours_a_month)


def latest_report(ledger: Ledger, settings: Settings) -> Compared:
    """Return the report of the last four weeks beside the four before, as of now."""
    from postroom.report.files import period_of
    from postroom.report.gathering import compare

    now = utc_now()
    period = period_of(None, None, day_of(now))
    return compare(ledger, basis_of(settings), period, period.before(), made_at=now)
