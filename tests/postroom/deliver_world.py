"""A ledger, a file that is the outside world, and a clock, to deliver in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from connectors.memory import Journal, MemoryTarget, MemoryTargetSettings, Misbehaviour
from postroom.deliver import deliver_one, recover
from postroom.delivery import State, Target, TargetClass
from postroom.ledger import DeliveryRecord, Ledger
from tests.postroom.samples import OWNER, HandClock, itemise, open_ledger


@dataclass
class World:
    """One ledger with one item on its way to the target `depot`."""

    url: str
    folder: Path
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.ledger: Ledger = open_ledger(self.url, self.folder, self.clock)
        self.journal = Journal(self.folder / "world.db")

    def target(
        self, *misbehaviour: Misbehaviour, kind: TargetClass = TargetClass.SEARCHABLE, settle: float = 60.0
    ) -> MemoryTarget:
        return MemoryTarget(
            MemoryTargetSettings(
                kind="memory",
                name="depot",
                journal=self.folder / "world.db",
                target_class=kind,
                settle_seconds=settle,
                misbehaviour=misbehaviour,
            )
        )

    def item(self, number: int = 1) -> DeliveryRecord:
        _, (item_id,) = itemise(self.ledger, number)
        (delivery,) = self.ledger.item(item_id).deliveries
        return delivery

    def deliver(self, delivery: DeliveryRecord, target: Target) -> State:
        return deliver_one(self.ledger, delivery.id, target, OWNER, clock=self.clock, jitter=lambda _low, high: high)

    def recover(self, *targets: Target) -> int:
        return recover(
            self.ledger,
            {target.name: target for target in targets},
            "recoverer",
            clock=self.clock,
            jitter=lambda _low, high: high,
        )

    def now(self, delivery: DeliveryRecord) -> DeliveryRecord:
        return self.ledger.delivery(delivery.id)
