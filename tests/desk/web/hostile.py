"""Post from somebody who wants to run a script at the desk, put in by the doors that all post comes through."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from demo.post.paper import typed_pdf
from desk.web.office import Office
from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.reading import read_message
from postroom.deliver import deliver_one
from postroom.delivery import Receipt
from postroom.disposition import Disposition, Outcome
from postroom.errors import DeliveryUncertain, RefusedByTarget
from postroom.fields import Candidate, Fault, Field, Provenance
from postroom.ledger import Stage
from postroom.message import Message, ReadMessage
from postroom.text import Box
from postroom.workitem import Extraction, Triage
from tests.desk.web.answering import Answering
from tests.desk.web.vectors import VECTORS

ITEMS = 6
"""Among which the vectors are shared out: each item carries its share in every place."""
PROCESS = """\
id: grievance
title: Grievance
fields:
  story: {type: text, form: sentences, required: true, title: What happened}
  person: {type: text, title: Who it is about}
  house: {type: address, title: House}
  day: {type: date, title: Day}
deliver:
  - target: depot
"""
SENT = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)


def share(number: int) -> list[str]:
    """Return the vectors of one item; they are the same in each of its places."""
    return [vector.text for vector in VECTORS[number::ITEMS]]


def words(number: int, most: int = 100_000) -> str:
    """Return the share of an item in one piece, cut where a place takes no more."""
    return "\n".join(share(number))[:most]


def letter(number: int) -> bytes:
    """Return a mail as it arrives: vectors in its subject, sender, both bodies, names and contents of attachments."""
    texts = share(number)
    both = [_part(f"text/{kind}; charset=utf-8", words(number).encode()) for kind in ("plain", "html")]
    parts = [
        "\r\n".join(
            ['Content-Type: multipart/alternative; boundary="b1"', "", *(f"--b1\r\n{one}" for one in both), "--b1--"]
        ),
        *(_attachment(f"text/plain; name*=utf-8''{quote(text, safe='')}", text, text.encode()) for text in texts),
    ]
    if number == 0:
        parts.append(_attachment("application/pdf", "scan.pdf" + texts[0], _scan(texts)))
    head = [
        f"From: {_encoded(words(number))} <sender{number}@example.org>",
        "To: post@westmere.example",
        f"Subject: {_encoded(words(number))}",
        f"Date: Mon, 09 Nov 2026 09:00:0{number % 10} +0000",
        f"Message-ID: <hostile-{number}@example.org>",
        'Content-Type: multipart/mixed; boundary="b0"',
        "MIME-Version: 1.0",
    ]
    return "\r\n".join([*head, "", *(f"--b0\r\n{part}" for part in parts), "--b0--", ""]).encode()


def _encoded(text: str) -> str:
    pieces = [text[start : start + 10] for start in range(0, len(text), 10)]
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece.encode()).decode()}?=" for piece in pieces)


def _part(kind: str, content: bytes, *more: str) -> str:
    lines = [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *more]
    return "\r\n".join([*lines, "", b64encode(content).decode()])


def _attachment(kind: str, name: str, content: bytes) -> str:
    return _part(kind, content, f"Content-Disposition: attachment; filename*=utf-8''{quote(name, safe='')}")


def _scan(texts: Sequence[str]) -> bytes:
    """Return a document whose text layer the reader believes, vectors among ordinary words."""
    told = [" ".join(text.encode("latin-1", "ignore").decode("latin-1").split()) for text in texts[:4]]
    lines = [line for text in told for line in (*["The bins in our street were left full on Monday again."] * 4, text)]
    return typed_pdf([(60, 780 - 20 * place, 11, line) for place, line in enumerate(lines)])


def put_in(office: Office) -> list[str]:
    """Put every item in, each with its share in all that was read of it, and return their ids."""
    return [_one(office, number) for number in range(ITEMS)]


def _one(office: Office, number: int) -> str:
    ledger = office.ledger
    message = Message("post", f"hostile/{number}", share(number)[0], letter(number), SENT)
    ledger.add_message(message)
    read = read_message(message, Limits(), OcrSettings())
    lease = ledger.lease_message(message.id, Stage.RECEIVED, "test", 60)
    assert lease is not None
    ledger.save_reading(lease, read)
    plans = {process.id: process.deliver for process in office.settings.processes}
    (made,) = ledger.save_items(lease, [_extraction(number, read)], plans)
    return made


def _extraction(number: int, read: ReadMessage) -> Extraction:
    documents = tuple(document.id for document in read.unpacked.documents)
    told = words(number)
    scanned = next((one.id for one in read.unpacked.documents if one.media_type == "application/pdf"), documents[0])
    place = Provenance(scanned, 1, Box(0.05, 0.03, 0.9, 0.2), told, f"label:{told}")
    fields = tuple(
        Field(name, told, 0.4, place, tuple(Candidate(text, 0.3, place) for text in share(number)[:3]))
        for name in ("story", "person", "house", "once_known")
    )
    reasons = (f"“{told}” is not sure enough (40%).", *share(number)[:2])
    triage = Triage("grievance", 0.9, (told,), documents)
    faults = (Fault(("story", "person"), told),)
    return Extraction(triage, fields, Disposition(Outcome.REVIEW, reasons), faults, "2026-11-20")


def key_in(office: Office, item_id: str, number: int) -> None:
    """Key a released item into targets that answer with vectors: arrived, refused, or nobody knows."""
    told = words(number)
    answers = (
        Receipt(told, told, {"keyed_by": told, "found_by": told, "page": told}),
        RefusedByTarget(told),
        DeliveryUncertain(told),
    )
    for delivery in office.ledger.item(item_id).deliveries:
        target = Answering(delivery.target, answers[number % 3])
        deliver_one(office.ledger, delivery.id, target, "test")  # type: ignore[arg-type]


def break_down(office: Office) -> None:
    """Leave vectors in what the line tells of itself: faults, answers of connections, runs."""
    ledger = office.ledger
    message = Message("post", "hostile/broken", "broken.eml", b"Subject: x\n\nnothing", SENT)
    ledger.add_message(message)
    lease = ledger.lease_message(message.id, Stage.RECEIVED, "test", 60)
    assert lease is not None
    ledger.fail_message(lease, words(0))
    ledger.end_run(ledger.begin_run(words(1), words(1)), {"received": 1}, tuple(share(2)))
    ledger.note_answer("target", "depot", False, words(3))
    ledger.target_failed("crm", words(4), down=True)
    ledger.pause("target", "depot", "ict", words(5, 500))
    ledger.pause("process", "grievance", "ict", words(0, 500))
    files = {f"processes/{share(1)[0]}.yaml": words(2), "postroom.yaml": words(0)}
    ledger.use_configuration("1" * 40, files)
    ledger.use_configuration("2" * 40, files | {"postroom.yaml": words(1)})


def typed_names() -> Iterator[str]:
    """Yield the vectors as names of people, which are at most 200 letters long."""
    for number in range(ITEMS):
        yield words(number, 190).strip() or "x"
