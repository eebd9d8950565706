"""Workers that share one mailbox in Microsoft 365 and one ledger, with a stub for a reader and a target in a file."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import structlog

from connectors.graph.inbox import GraphInbox
from connectors.graph.inbox_settings import GraphInboxSettings
from connectors.memory import MemoryTarget, MemoryTargetSettings
from postroom import intake
from postroom.deliver import deliver_one, recover
from postroom.delivery import TargetClass
from postroom.disposition import Disposition, Outcome
from postroom.document import Document, Role
from postroom.errors import PostroomError
from postroom.intake import take_in
from postroom.ledger import Ledger, Stage, owner_name
from postroom.message import ReadMessage, Unpacked
from postroom.process import DeliverTo
from postroom.settle import settle_done
from postroom.workitem import Extraction, Triage
from tests.faults.forking import fork

TARGET = "depot"
TURN_SECONDS = 3.0
"""How long a worker may sleep before another takes its turn; zombies sleep longer."""
_PLANS = {"garden-waste": [DeliverTo(target=TARGET)]}


def open_ledger(folder: Path) -> Ledger:
    """Return the ledger all workers share."""
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", folder / "documents")
    ledger.migrate()
    return ledger


def start(folder: Path, settings: Mapping[str, Any], seed: int) -> BaseProcess:
    """Start a worker, which works until it finds the file `stop`."""
    return fork(work, folder, dict(settings), seed)


def work(folder: Path, settings: dict[str, Any], seed: int) -> None:
    """Take every step that is due, again and again."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    intake.TURN_SECONDS = TURN_SECONDS
    chance, ledger, owner = random.Random(seed), open_ledger(folder), owner_name()
    inbox = GraphInbox(GraphInboxSettings.model_validate(settings))
    journal = folder / "world.db"
    kept = MemoryTargetSettings(
        kind="memory", name=TARGET, journal=journal, target_class=TargetClass.KEYED, concurrency=8
    )
    target = MemoryTarget(kept)
    while not (folder / "stop").exists():
        for step in (
            lambda: recover(ledger, {TARGET: target}, owner),
            lambda: take_in(ledger, inbox, 100, owner),
            lambda: [_itemise(ledger, one, owner) for one in ledger.messages_due(Stage.RECEIVED, 20)],
            lambda: [deliver_one(ledger, one.id, target, owner) for one in ledger.deliveries_due(20, TARGET)],
            lambda: settle_done(ledger, inbox, owner, 20),
        ):
            try:
                step()
            except PostroomError:
                # As the line does it: this step is tried again in the next round.
                continue
        time.sleep(chance.uniform(0.5, 1.5))


def _itemise(ledger: Ledger, message_id: str, owner: str) -> None:
    lease = ledger.lease_message(message_id, Stage.RECEIVED, owner, TURN_SECONDS)
    if lease is None:
        return
    raw = ledger.load_message(message_id).raw
    body = Document("body", "text/plain", raw, Role.BODY)
    ledger.save_reading(lease, ReadMessage(Unpacked(None, (body,)), (), (), None))
    keyed = "bin" in raw.decode("utf-8", "replace")
    process, outcome = ("garden-waste", Outcome.STRAIGHT_THROUGH) if keyed else ("thanks", Outcome.NO_ACTION)
    ledger.save_items(lease, [Extraction(Triage(process, 0.99), (), Disposition(outcome))], _PLANS)
