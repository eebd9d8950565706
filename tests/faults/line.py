"""The whole line with a stub for a reader, run in a process of its own that can be killed at any point."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.memory import Journal, MemoryInbox, MemoryInboxSettings, MemoryTarget, MemoryTargetSettings
from postroom import failpoints
from postroom.deliver import deliver_one, recover
from postroom.delivery import TargetClass
from postroom.disposition import Disposition, Outcome
from postroom.document import Document, Role
from postroom.errors import LeaseLost
from postroom.fields import Field, Provenance
from postroom.intake import take_in
from postroom.ledger import Ledger, Stage, owner_name
from postroom.message import Message, ReadMessage, Unpacked
from postroom.process import DeliverTo
from postroom.settle import settle_done
from postroom.text import Section, Text, plain_page
from postroom.workitem import Extraction, Triage
from tests.faults.rest import at_rest
from tests.postroom.samples import NOON

TARGETS = ("depot", "crm")
PLANS = {"garden-waste": [DeliverTo(target=name) for name in TARGETS]}
_PATIENCE = 20.0


@dataclass(frozen=True)
class Line:
    """An inbox, a ledger and two targets."""

    url: str
    folder: Path
    kind: TargetClass = TargetClass.SEARCHABLE

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "world.db")

    def put(self, count: int) -> None:
        """Let some post arrive."""
        for number in range(count):
            self.journal.put("post", f"{number}.eml", f"{number} High Street".encode(), NOON)

    def ledger(self) -> Ledger:
        ledger = Ledger(self.url, self.folder / "documents")
        ledger.migrate()
        return ledger

    def targets(self) -> dict[str, MemoryTarget]:
        return {name: MemoryTarget(self._target_settings(name)) for name in TARGETS}

    def inbox(self) -> MemoryInbox:
        return MemoryInbox(MemoryInboxSettings(kind="memory", name="post", journal=self.folder / "world.db"))

    def _target_settings(self, name: str) -> MemoryTargetSettings:
        return MemoryTargetSettings(
            kind="memory", name=name, journal=self.folder / "world.db", target_class=self.kind, concurrency=4
        )


def work(line: Line) -> None:
    """Take everything as far as it goes, then return."""
    ledger, inbox, targets, owner = line.ledger(), line.inbox(), line.targets(), owner_name()
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        recover(ledger, targets, owner)
        take_in(ledger, inbox, 100)
        for stage, step in ((Stage.RECEIVED, read), (Stage.READ, itemise)):
            for message_id in ledger.messages_due(stage):
                step(ledger, message_id, owner)
        for delivery in ledger.deliveries_due():
            try:
                deliver_one(ledger, delivery.id, targets[delivery.target], owner)
            except LeaseLost:
                continue
        settle_done(ledger, inbox, owner)
        if finished(ledger, inbox):
            return
        time.sleep(0.01)
    raise TimeoutError("the line did not come to rest")


def finished(ledger: Ledger, inbox: MemoryInbox) -> bool:
    """Return whether nothing moves by itself any more."""
    return at_rest(ledger, ledger.accounts().received) and not inbox.fetch(1)


def read(ledger: Ledger, message_id: str, owner: str) -> None:
    """Read one message as a stub."""
    lease = ledger.lease_message(message_id, Stage.RECEIVED, owner)
    if lease is not None:
        ledger.save_reading(lease, reading(ledger.load_message(message_id)))
        ledger.release_message(lease)


def itemise(ledger: Ledger, message_id: str, owner: str) -> None:
    """Make one item of a message."""
    lease = ledger.lease_message(message_id, Stage.READ, owner)
    text = ledger.load_reading(message_id)
    if lease is not None and text is not None:
        ledger.save_items(lease, [extraction(text)], PLANS)


def reading(message: Message) -> ReadMessage:
    """Return a message's text."""
    body = Document("body", "text/plain", message.raw, Role.BODY)
    page = plain_page([(message.raw.decode(), Section.NEW)])
    return ReadMessage(Unpacked(None, (body,)), (Text(body.id, (page,)),), (), message.received_at)


def extraction(read: ReadMessage) -> Extraction:
    """Return the address, which is the whole text."""
    (text,) = read.texts
    place = Provenance(text.document_id, 1, None, text.text, "all")
    fields = (Field("address", text.text, 0.99, place), Field("bins", "1", 0.99, place))
    return Extraction(Triage("garden-waste", 0.99), fields, Disposition(Outcome.STRAIGHT_THROUGH))


def start(line: Line, armed: str = "", before: Callable[[], None] = lambda: None) -> int:
    """Start the line in a process of its own and return its number.

    Args:
        line: What to work on.
        armed: The failpoint to be killed at, if any.
        before: Done in that process first, such as taking a guard away.
    """
    child = os.fork()
    if child:
        return child
    try:
        before()
        failpoints.arm(armed)
        work(line)
    except BaseException as fault:
        os.write(2, f"{type(fault).__name__}: {fault}\n".encode())
        os._exit(1)
    os._exit(0)


def end_of(child: int) -> int:
    """Wait for a process and return its exit code; minus the signal if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
