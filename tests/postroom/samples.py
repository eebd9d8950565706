"""Small made-up post, readings and extractions, and a clock that is set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from postroom.disposition import Disposition, Outcome
from postroom.document import Document, Role
from postroom.fields import Candidate, Fault, Field, Provenance
from postroom.ledger import Lease, Ledger, Stage
from postroom.message import Envelope, Message, Problem, ReadMessage, Unpacked
from postroom.process import DeliverTo
from postroom.text import Box, Section, Text, plain_page
from postroom.workitem import Extraction, Triage

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
OWNER = "test-worker"
PLANS = {
    "missed-bin": [DeliverTo(target="depot")],
    "garden-waste": [DeliverTo(target="depot"), DeliverTo(target="crm")],
}


class HandClock:
    """Returns the moment it was set to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def open_ledger(url: str, folder: Path, clock: HandClock) -> Ledger:
    """Return a ledger with a clock set by hand."""
    ledger = Ledger(url, folder / "documents", clock)
    ledger.migrate()
    return ledger


def message(number: int = 1, *, inbox: str = "post", raw: bytes | None = None) -> Message:
    """Return a made-up mail; each number is another."""
    body = raw if raw is not None else f"Subject: Bin {number}\r\n\r\nMy bin was missed.\r\n".encode()
    return Message(inbox, f"{number}.eml", f"{number}.eml", body, NOON + timedelta(minutes=number))


def reading(number: int = 1) -> ReadMessage:
    """Return what was read in a made-up mail, with something in every place of the type."""
    body = Document("body", "text/plain", f"My bin {number} was missed.".encode(), Role.BODY)
    photo = Document("bin.jpg", "image/jpeg", f"picture {number}".encode(), Role.ATTACHMENT, ("more.zip",))
    envelope = Envelope("Ann Other", "ann@example.org", ("bins@example.org",), "Bin", NOON, "<1@x>", (("x", "y"),))
    problem = Problem("scan.pdf", "It is protected by a password: ask the sender for another.")
    page = plain_page([("My bin was missed.", Section.NEW), ("Ann", Section.SIGNATURE)])
    return ReadMessage(
        Unpacked(envelope, (body, photo), (problem,), (Envelope(subject="Earlier"),)),
        (Text(body.id, (page,), ("page 2 is blank",)), Text(photo.id, ())),
        (problem,),
        NOON,
    )


def extraction(
    number: int = 1,
    *,
    process: str = "missed-bin",
    outcome: Outcome = Outcome.STRAIGHT_THROUGH,
) -> Extraction:
    """Return a made-up item; each number has another address."""
    document = reading(number).unpacked.documents[1].id
    place = Provenance(document, 1, Box(0.1, 0.2, 0.3, 0.4), "14 High Street", "label:address")
    other = Candidate("15 High Street", 0.2, Provenance(document, 1, None, "15", "pattern"))
    return Extraction(
        Triage(process, 0.97, ("the subject says so",), (document,), ((document, 1, 0, 2),)),
        (Field("address", f"{number} High Street", 0.99, place, (other,)), Field("bin", "refuse", 0.98, place)),
        Disposition(outcome),
        (Fault(("bin",), "The bin is not sure."),),
        "2026-09-15",
    )


def lease(ledger: Ledger, message_id: str, stage: Stage = Stage.RECEIVED) -> Lease:
    """Take a message that must be free."""
    taken = ledger.lease_message(message_id, stage, OWNER)
    assert taken is not None
    return taken


def itemise(ledger: Ledger, number: int = 1, *extractions: Extraction, inbox: str = "post") -> tuple[str, list[str]]:
    """Take one made-up message through to its items and return its id and theirs."""
    arrival = ledger.add_message(message(number, inbox=inbox))
    held = lease(ledger, arrival.message_id)
    ledger.save_reading(held, reading(number))
    return arrival.message_id, ledger.save_items(held, list(extractions) or [extraction(number)], PLANS)
