"""Twenty held items: post as people write it, what a reader made of it, and what a careful person would key.

The post goes through the real unpacking and reading; only what was extracted is set down, in held_items.yaml, so that
each item is held for reasons of its own and the same items can be cleared at the desk and keyed by hand elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from config.desk import DeskSettings
from config.settings import Settings, load_settings
from demo.post import paper
from demo.post.compose import Attachment, at, mail
from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.reading import read_message
from postroom.disposition import Disposition, Outcome
from postroom.fields import Candidate, Fault, Field, Provenance
from postroom.ledger import Ledger, Stage
from postroom.message import Message, ReadMessage
from postroom.text import Box, Line
from postroom.workitem import Extraction, Triage

ROOT = Path(__file__).parents[3]
FILE = Path(__file__).with_suffix(".yaml")
SURE = 0.97
SENT = at(11, 9)


@dataclass(frozen=True)
class HeldItem:
    """One item, and how it ends when it is dealt with properly."""

    given: Mapping[str, Any]
    """As the file has it."""

    @property
    def name(self) -> str:
        return str(self.given["name"])

    @property
    def process(self) -> str:
        """What it belongs to, whatever it was taken for."""
        return str(self.given.get("belongs_to", self.given["process"]))

    @property
    def truth(self) -> Mapping[str, str]:
        """What a careful person keys, in normal form; empty where nothing is keyed."""
        return self.given.get("truth", {})

    @property
    def ending(self) -> str:
        """`released`, `no-action`, `rejected` or `by-hand`."""
        return str(self.given.get("ending", "released"))

    @cached_property
    def raw(self) -> bytes:
        """The mail as it arrives."""
        one = self.given
        return mail(one["sender"], one["subject"], one["body"], sent=SENT, attachments=self._files, number=900)

    @property
    def _files(self) -> list[Attachment]:
        if "invoice" in self.given:
            return [(self.given.get("file", "invoice.pdf"), "application/pdf", _invoice(*self.given["invoice"]))]
        if "payslip" in self.given:
            return [("payslip.pdf", "application/pdf", _payslip(*self.given["payslip"]))]
        return []


def full_settings(data: Path, **desk: object) -> Settings:
    """Return the configuration that comes with the code, without known errors unless asked for: they come by chance."""
    loaded = _configuration()
    chosen = DeskSettings.model_validate({"seeded_errors": 0, **desk})
    return replace(loaded, data=data, main=loaded.main.model_copy(update={"desk": chosen}))


@cache
def _configuration() -> Settings:
    """Read the files once: that takes seconds."""
    return load_settings(ROOT / "config", ROOT / "var")


def held_items() -> list[HeldItem]:
    """Return the twenty, in no order that matters."""
    return [HeldItem(one) for one in YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))]


def held(name: str, /, **changed: object) -> HeldItem:
    """Return one of them by its name, changed where a test needs it."""
    given = next(item.given for item in held_items() if item.name == name)
    return HeldItem({**given, **changed})


def put_in(ledger: Ledger, settings: Settings, items: Sequence[HeldItem]) -> dict[str, str]:
    """Put items into a ledger as the line would, and return the id of each by its name."""
    plans = {process.id: process.deliver for process in settings.processes}
    made = {}
    for item in items:
        message = Message("post", f"held/{item.name}", f"{item.name}.eml", item.raw, SENT)
        ledger.add_message(message)
        read = read_message(message, Limits(), OcrSettings())
        lease = ledger.lease_message(message.id, Stage.RECEIVED, "test", 60)
        assert lease is not None
        ledger.save_reading(lease, read)
        (made[item.name],) = ledger.save_items(lease, [extraction_of(item, read)], plans)
    return made


def extraction_of(item: HeldItem, read: ReadMessage) -> Extraction:
    """Return what was extracted from an item, each value with its place in what was read."""
    given = item.given
    fields = tuple(_field(name, read, *values) for name, values in given.get("read", {}).items())
    documents = tuple(document.id for document in read.unpacked.documents)
    triage = Triage(given["process"], 0.9, ("The subject says so.",), documents, protected=given.get("protected", ""))
    faults = (Fault(tuple(given["failed"]), given["reasons"][0]),) if "failed" in given else ()
    return Extraction(
        triage, fields, Disposition(Outcome.REVIEW, tuple(given["reasons"])), faults, given.get("due", "")
    )


def _field(
    name: str, read: ReadMessage, value: str, words: str, sure: float = SURE, others: Sequence[str] = ()
) -> Field:
    nowhere = Provenance(read.unpacked.documents[0].id, 1, None, words, "sender")
    place = next(_places(words, read), nowhere)
    return Field(name, value, sure, place, tuple(Candidate(other, 0.4, place) for other in others))


def _places(words: str, read: ReadMessage) -> Iterator[Provenance]:
    for text in read.texts:
        for page in text.pages:
            for line in page.lines:
                box = _box(line, words.split())
                if box is not None:
                    yield Provenance(text.document_id, page.number, box, words, "label")


def _box(line: Line, wanted: Sequence[str]) -> Box | None:
    for start in range(len(line.words) - len(wanted) + 1 if wanted else 0):
        run = line.words[start : start + len(wanted)]
        if [word.text.strip(".,;") for word in run] == [word.strip(".,;") for word in wanted]:
            box = run[0].box
            for word in run[1:]:
                box = box.around(word.box)
            return box
    return None


def _invoice(number: str, order: str, day: str, net: str, vat: str, gross: str) -> bytes:
    return paper.typed_pdf(
        [
            (60, 780, 20, "Larkfield Signs Ltd"),
            (60, 720, 16, "INVOICE"),
            (60, 696, 11, f"Invoice No: {number}"),
            (60, 680, 11, f"Date: {day}"),
            (60, 664, 11, f"Purchase order: {order}"),
            (60, 600, 11, "Two street name plates, supplied and fixed"),
            (380, 560, 11, "Subtotal"),
            (480, 560, 11, f"£{net}"),
            (380, 544, 11, "VAT 20%"),
            (480, 544, 11, f"£{vat}"),
            (380, 528, 11, "Total"),
            (480, 528, 11, f"£{gross}"),
        ]
    )


def _payslip(name: str, number: str, day: str, net: str) -> bytes:
    return paper.typed_pdf(
        [
            (60, 780, 18, "PAYSLIP"),
            (60, 740, 11, f"Employee: {name}"),
            (60, 722, 11, f"NI number: {number}"),
            (60, 704, 11, f"Pay date: {day}"),
            (60, 660, 12, f"Net pay: {net}"),
        ]
    )
