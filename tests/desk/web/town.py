"""A small town's desk: two teams, and items of every kind of secrecy, each with words of its own to be looked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from config.settings import load_settings
from desk.web.office import Office
from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.reading import read_message
from postroom.disposition import Disposition, Outcome
from postroom.fields import Candidate, Field, Provenance
from postroom.ledger import Ledger, Stage
from postroom.message import Message
from postroom.text import Box
from postroom.workitem import Extraction, Triage
from tests.desk.conftest import GARDEN_WASTE, MAIN, MISSED_BIN

GRIEVANCE = """\
id: grievance
title: Grievance
team: Complaints
fields:
  address: {type: address, required: true}
  account_number: {type: account-number}
deliver:
  - target: depot
"""
LETTERS = (
    "  - {name: letters, kind: smtp, host: localhost, security: none, sender: post@westmere.example,\n"
    "     letter: {to: '{to}', subject: '{subject}', body: '{body}'}}\n"
)
SENT = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
UNSURE = "“Address” is not sure enough (40%)."


@dataclass
class Town:
    """The office with its items by name."""

    office: Office
    items: dict[str, str] = field(default_factory=dict)

    def marks(self, name: str) -> tuple[str, str]:
        """Return what tells of an item: its id, and the word that stands in everything that was read of it."""
        return self.items[name], mark(name)


def mark(name: str) -> str:
    """Return the word by which an item's content is known again."""
    return f"zebra{name}"


def opened(folder: Path, url: str = "", *, desk: str = "seeded_errors: 0, letters: letters") -> Town:
    """Return the town's office on an empty ledger."""
    processes = folder / "config" / "processes"
    processes.mkdir(parents=True, exist_ok=True)
    (folder / "config" / "postroom.yaml").write_text(MAIN + LETTERS + f"desk: {{{desk}}}\n")
    waste = {"missed-bin": MISSED_BIN, "garden-waste": GARDEN_WASTE}
    texts = {name: text.replace("title:", "team: Waste\ntitle:", 1) for name, text in waste.items()}
    for name, text in {**texts, "grievance": GRIEVANCE}.items():
        (processes / f"{name}.yaml").write_text(text)
    settings = load_settings(folder / "config", folder / "var")
    ledger = Ledger(url or settings.ledger_url, settings.documents)
    ledger.migrate()
    return Town(Office(settings, ledger))


def put_in(
    town: Town,
    *names: str,
    process: str = "missed-bin",
    protected: str = "",
    outcome: Outcome = Outcome.REVIEW,
    account: str = "",
    each_protected: tuple[str, ...] = (),
) -> None:
    """Put one message in, with an item for each name, read in an attachment of its own."""
    ledger, number = town.office.ledger, len(town.items)
    message = Message("post", f"town/{number}", f"{mark(names[0])}.eml", _mail(names), SENT)
    ledger.add_message(message)
    read = read_message(message, Limits(), OcrSettings())
    lease = ledger.lease_message(message.id, Stage.RECEIVED, "test", 60)
    assert lease is not None
    ledger.save_reading(lease, read)
    documents = {one.name: one.id for one in read.unpacked.documents}
    made = [_item(name, documents, process, protected, outcome, account) for name in names]
    made = [
        replace(one, triage=replace(one.triage, protected="a threat")) if name in each_protected else one
        for name, one in zip(names, made, strict=True)
    ]
    plans = {one.id: one.deliver for one in town.office.settings.processes}
    town.items.update(zip(names, ledger.save_items(lease, made, plans), strict=True))


def _mail(names: tuple[str, ...]) -> bytes:
    parts = [f"--b0\r\nContent-Type: text/plain\r\n\r\nGood afternoon {' '.join(map(mark, names[:1]))}\r\n"]
    parts += [
        f"--b0\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename={mark(name)}.txt\r\n\r\n"
        f"My house {mark(name)} was left out on Monday.\r\n"
        for name in names
    ]
    head = [
        f"From: {mark(names[0])} <{mark(names[0])}@example.org>", "To: post@westmere.example",
        f"Subject: About {mark(names[0])}", f"Message-ID: <{names[0]}@example.org>", "MIME-Version: 1.0",
        "Date: Mon, 09 Nov 2026 09:00:00 +0000", 'Content-Type: multipart/mixed; boundary="b0"',
    ]  # fmt: skip
    return "\r\n".join([*head, "", *parts, "--b0--", ""]).encode()


def _item(
    name: str, documents: dict[str, str], process: str, protected: str, outcome: Outcome, account: str
) -> Extraction:
    own = documents[f"{mark(name)}.txt"]
    place = Provenance(own, 1, Box(0.1, 0.1, 0.6, 0.2), mark(name), "label:house")
    address = Field("address", f"1 {mark(name)} Row", 0.4, place, (Candidate(f"2 {mark(name)} Row", 0.3, place),))
    more = (Field("account_number", account, 0.99, place),) if account else ()
    triage = Triage(process, 0.9, ("The subject says so.",), (own,), protected=protected)
    reasons = (UNSURE,) if outcome is Outcome.REVIEW else ()
    return Extraction(triage, (address, *more), Disposition(outcome, reasons), (), "2026-11-20")
