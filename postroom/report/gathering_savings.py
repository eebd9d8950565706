"""Savings of a report: what each process saved, from what the ledger counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from postroom.behind import Behind
from postroom.period import Period
from postroom.report.counted import Accuracy
from postroom.report.figures import Basis, Part
from postroom.savings import Saving, Savings, standing_of, upkeep_minutes

if TYPE_CHECKING:
    from postroom.ledger import Ledger
    from postroom.ledger.measuring import Bucket


def savings_of(
    ledger: Ledger,
    part: Part,
    basis: Basis,
    period: Period,
    received: Behind,
    today: date,
    accuracy: Sequence[Accuracy],
    buckets: Sequence[Bucket],
) -> Savings:
    """Work out what each configured process that delivered anything saved."""
    days = max(0, (min(period.last, today) - period.first).days + 1)
    each = tuple(_each(ledger, part, basis, received, today, accuracy, buckets))
    return Savings(each, upkeep_minutes(basis.upkeep_hours, days) if part.whole else None, days)


def _each(
    ledger: Ledger,
    part: Part,
    basis: Basis,
    received: Behind,
    today: date,
    accuracy: Sequence[Accuracy],
    buckets: Sequence[Bucket],
) -> Iterator[Saving]:
    untouched: Counter[str] = Counter()
    touched: Counter[str] = Counter()
    for one in buckets:
        if one.state == "delivered":
            (touched if one.touched else untouched)[one.process] += one.items
    delivered = received.but(state="delivered")
    timed = ledger.processes_behind(part.scope, delivered.but(touched=True, timed=True))
    minutes = ledger.minutes_behind(part.scope, received)
    rework = ledger.processes_behind(part.scope, delivered.but(rework=True))
    samples = {one.process: one for one in accuracy if one.process}
    for process in basis.processes:
        sample = samples.get(process.id)
        if untouched[process.id] or touched[process.id] or process.id in minutes:
            yield Saving(
                process=process.id,
                title=process.title,
                baseline=process.baseline,
                standing=standing_of(process.baseline, today),
                straight_through=untouched[process.id],
                reviewed=timed.get(process.id, 0),
                unmeasured=touched[process.id] - timed.get(process.id, 0),
                review_minutes=minutes.get(process.id, 0.0),
                rework=rework.get(process.id, 0),
                samples=sample.sampled if sample else 0,
                wrong_at_most=1 - sample.interval.low if sample and sample.interval else None,
            )
