"""Reading anew: the fields of an item for another process, or of a part of it, from what was read already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroom.ledger import Item, Ledger
    from postroom.message import ReadMessage
    from postroom.process import Process
    from postroom.text import Text
    from postroom.workitem import Extraction, Triage


def read_anew(ledger: Ledger, item: Item, process: Process) -> Extraction | None:
    """Return the fields of an item for a process that a person chose; None where its message could not be read."""
    read = ledger.load_reading(item.summary.message_id)
    return None if read is None else _extract(read, item.extraction.triage, process)


def read_part(ledger: Ledger, item: Item, process: Process, places: Mapping[str, Sequence[int]]) -> Extraction | None:
    """Return the fields of a part of an item; None where its message could not be read.

    Args:
        ledger: Where the reading is kept.
        item: The item that is split.
        process: The process of the part.
        places: The documents that belong to the part, most telling first, each with its pages; no pages mean all of it.
    """
    read = ledger.load_reading(item.summary.message_id)
    if read is None:
        return None
    texts = tuple(_only(text, places.get(text.document_id, ())) for text in read.texts)
    lines = tuple(
        (text.document_id, page.number, 0, len(page.lines))
        for text in texts
        if places.get(text.document_id)
        for page in text.pages
    )
    triage = replace(item.extraction.triage, document_ids=tuple(places), lines=lines)
    return _extract(replace(read, texts=texts), triage, process)


def count_pages(ledger: Ledger, item: Item, extraction: Extraction) -> int:
    """Return how many pages of paper or scan a part of an item has."""
    from postroom.paper import pages_of_paper

    message_id = item.summary.message_id
    return pages_of_paper(ledger.documents_of(message_id), ledger.texts(message_id), extraction.triage)


def _extract(read: ReadMessage, triage: Triage, process: Process) -> Extraction:
    from extractors.fields import extract

    reasons = ("A person chose the process.",)
    return extract(read, replace(triage, process=process.id, confidence=1.0, reasons=reasons), process)


def _only(text: Text, pages: Sequence[int]) -> Text:
    """Return a text with the chosen pages alone, so that nothing of another part is read; all of them for none."""
    return replace(text, pages=tuple(page for page in text.pages if page.number in pages)) if pages else text
