"""What evidence and report mails rest on, on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from postroom.document import sha256
from postroom.errors import LeaseLost
from postroom.ledger import Ledger
from postroom.ledger.mailing import MailState, report_mail_key
from tests.postroom.samples import HandClock, itemise, open_ledger

FIRST = date(2026, 9, 14)


def test_each_link_is_proven_by_what_it_covers(ledger: Ledger) -> None:
    message_id, (item_id,) = itemise(ledger, 1)
    itemise(ledger, 2)
    ledger.note_evidence_taken(item_id, "robin", originals=True)
    links = ledger.links_of(item_id)
    assert [link.entry.action for link in links] == ["received", "read", "item-made", "evidence-taken"]
    assert {link.entry.message_id for link in links} == {message_id}
    assert all(link.follows and sha256(link.covers.encode()) == link.hash for link in links)
    stretch = ledger.stretch(links[0].entry.sequence, links[-1].entry.sequence)
    assert len(stretch.hashes) == len(ledger.history()) > len(links)
    assert stretch.hashes[-1][1] == ledger.history_head()[1]
    assert stretch.broken is None
    assert ledger.broken_history() is None
    digest = ledger.item(item_id).message.digest
    assert ledger.sizes(digest, "unknown") == {digest: len(ledger.documents.get(digest))}


def test_a_report_mail_is_one_row_and_one_turn(ledger_url: str, tmp_path: Path) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    key = report_mail_key("daily", FIRST, "Head@council.example")
    assert key == report_mail_key("daily", FIRST, "head@council.example")
    assert key != report_mail_key("weekly", FIRST, "head@council.example")
    mine = ledger.lease_report_mail(key, "one", 60)
    assert mine is not None
    assert ledger.lease_report_mail(key, "two", 60) is None
    ledger.note_report_mail(mine, "daily", FIRST, MailState.SENDING)
    assert ledger.lease_report_mail(key, "two", 60) is None
    clock.forward(61)
    theirs = ledger.lease_report_mail(key, "two", 60)
    assert theirs is not None
    with pytest.raises(LeaseLost):
        ledger.note_report_mail(mine, "daily", FIRST, MailState.SENT)
    ledger.note_report_mail(theirs, "daily", FIRST, MailState.UNSURE, "Nobody knows.")
    (record,) = ledger.report_mails()
    assert (record.key, record.kind, record.first, record.state) == (key, "daily", FIRST, MailState.UNSURE)
    assert ledger.lease_report_mail(key, "three", 60) is not None
    ledger.close()
