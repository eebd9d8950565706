"""A part of an item is read from its own pages alone, and another process's fields from what was read already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.read_anew import count_pages, read_anew, read_part
from postroom.disposition import Outcome
from postroom.document import Document, Role
from postroom.ledger import Item, Ledger
from postroom.message import ReadMessage, Unpacked
from postroom.process import FieldSpec, Process
from postroom.text import Section, Text, plain_page
from tests.postroom.samples import PLANS, HandClock, extraction, lease, message, open_ledger

MOVES = Process(
    id="moves",
    title="Moves",
    fields={"moving_date": FieldSpec(type="date", required=True, title="Moving date", labels=("moving date",))},
)
DAYS = ("14 September 2026", "2 October 2026")
SCAN = Document("scan.pdf", "application/pdf", b"scan", Role.SCAN)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, HandClock())
    yield opened
    opened.close()


@pytest.fixture
def item(ledger: Ledger) -> Item:
    """An item that was read from a scan of two pages, each with a date of its own."""
    from dataclasses import replace

    pages = [
        replace(plain_page([(f"Moving date: {day}", Section.NEW)]), number=number) for number, day in enumerate(DAYS, 1)
    ]
    held = lease(ledger, ledger.add_message(message()).message_id)
    ledger.save_reading(held, ReadMessage(Unpacked(None, (SCAN,)), (Text(SCAN.id, tuple(pages)),)))
    made = extraction(outcome=Outcome.REVIEW)
    whole = replace(made, triage=replace(made.triage, document_ids=(SCAN.id,), lines=(), protected="a threat"))
    (item_id,) = ledger.save_items(held, [whole], PLANS, [2])
    return ledger.item(item_id)


@pytest.mark.parametrize(("page", "day"), [(1, "2026-09-14"), (2, "2026-10-02")])
def test_a_part_is_read_from_its_own_pages(ledger: Ledger, item: Item, page: int, day: str) -> None:
    part = read_part(ledger, item, MOVES, {SCAN.id: [page]})
    assert part is not None
    assert part.value("moving_date") == day
    assert all(other.value == day for field in part.fields for other in field.others)
    assert part.fields[0].provenance.page == page
    assert (part.triage.process, part.triage.lines, part.triage.protected) == (
        "moves",
        ((SCAN.id, page, 0, 1),),
        "a threat",
    )
    assert count_pages(ledger, item, part) == 1


def test_a_whole_document_belongs_to_a_part_with_all_its_pages(ledger: Ledger, item: Item) -> None:
    part = read_part(ledger, item, MOVES, {SCAN.id: []})
    assert part is not None
    assert (part.triage.document_ids, part.triage.lines, count_pages(ledger, item, part)) == ((SCAN.id,), (), 2)


def test_another_process_is_read_from_what_was_read(ledger: Ledger, item: Item) -> None:
    found = read_anew(ledger, item, MOVES)
    assert found is not None
    assert (found.triage.process, found.triage.confidence) == ("moves", 1.0)
    assert found.value("moving_date")
