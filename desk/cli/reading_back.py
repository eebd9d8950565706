"""Reading back: every target is asked what it holds under each key, as an auditor would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.cli.printing import aside
from postroom.delivery import State

if TYPE_CHECKING:
    from flows.open_line import Line
    from postroom.ledger import DeliveryRecord

Wrong = tuple[str, str, str]
"""Item, target and what is wrong there: a field, or that the record is not there."""


def read_everything_back(line: Line) -> tuple[list[DeliveryRecord], list[Wrong]]:
    """Return the deliveries that are done, and what the targets hold otherwise than it was sent."""
    from rich.progress import track

    done = line.ledger.deliveries(states=(State.DONE,))
    wrong: list[Wrong] = []
    for delivery in track(done, "Reading back", console=aside(), transient=True):
        wrong += _differences(line, delivery)
    return done, wrong


def _differences(line: Line, delivery: DeliveryRecord) -> list[Wrong]:
    target = line.target(delivery.target)
    receipt = target.find(delivery.key)
    held = target.read_back(receipt) if receipt else {}
    shown = target.capabilities.reads_back
    return [
        (delivery.item_id, delivery.target, name if receipt else "not there")
        for name, value in delivery.fields.items()
        if (shown is None or name in shown) and held.get(name, "") != value
    ]
