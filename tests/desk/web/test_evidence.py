"""Evidence: all of it on one page and in one pack, proven by hashes, for those who may have it and nobody else."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from config.settings import Settings
from desk.cli import main
from desk.web.evidence.view import evidence_for
from desk.web.office import Office
from postroom.document import sha256
from postroom.evidence import manifest
from postroom.ledger import ItemState, Ledger, Stage
from postroom.process import DeliverTo
from postroom.staff import Role
from tests.desk.web.conftest import ClientAs, SignedInPage, add_person
from tests.desk.web.held_items import ROOT, SENT, extraction_of, full_settings, held, put_in

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var")


@pytest.fixture
def invoice(office: Office) -> str:
    """An invoice that an officer put right."""
    item = put_in(office.ledger, office.settings, [held("invoice-wrong-total")])["invoice-wrong-total"]
    officer = add_person(office, Role.OFFICER, name="Olive Ferris")
    office.ledger.correct(item, "gross", "432.00", officer.sign_in_name)
    return item


def opened(content: bytes) -> ZipFile:
    return ZipFile(io.BytesIO(content))


def told(pack: ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pack.read("manifest.json"))
    return found


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_one_page_tells_everything(office: Office, client_as: ClientAs, invoice: str) -> None:
    page = client_as(Role.OFFICER).get(f"/items/{invoice}/evidence")
    words = plain(page.text)
    item = office.ledger.item(invoice)
    for expected in (
        "Accounts <accounts@larkfieldsigns.example>", "Invoice LS-4471", item.message.digest, "invoice.pdf",
        "application/pdf", *item.extraction.triage.document_ids, "Larkfield Signs Ltd", "label", "sure to 90%",
        "Olive Ferris", "Before: 482.00", "After: 432.00", "A value was corrected (field: gross)",
        office.ledger.history_head()[1],
    ):  # fmt: skip
        assert expected in words, expected
    assert f'src="/items/{invoice}/crops/net"' in page.text
    assert "Each is as it was written" in words
    assert "Take the post itself" not in words


def test_the_pack_proves_itself(office: Office, client_as: ClientAs, invoice: str) -> None:
    answer = client_as(Role.OFFICER).post(f"/items/{invoice}/evidence/pack", headers=FORM)
    assert answer.headers["content-disposition"] == f'attachment; filename="evidence-{invoice}.zip"'
    assert answer.headers["cache-control"] == "no-store"
    pack = opened(answer.content)
    said = told(pack)
    assert {one["path"] for one in said["files"]} == {*pack.namelist()} - {"manifest.json"}
    assert all(sha256(pack.read(one["path"])) == one["sha256"] for one in said["files"])
    assert all(sha256(one["covers"].encode()) == one["sha256"] for one in said["evidence"]["history"])
    hashes = {
        int(one["sequence"]): one["sha256"] for one in csv.DictReader(io.StringIO(pack.read("hashes.csv").decode()))
    }
    for one in said["evidence"]["history"]:
        assert hashes[one["sequence"]] == one["sha256"]
        before = json.loads(one["covers"])[0]
        assert before == hashes.get(one["sequence"] - 1, before)
    assert said["history"]["broken_at"] is None
    pages = [name for name in pack.namelist() if name.startswith("pages/")]
    assert pages
    assert all(pack.read(name)[8:12] == b"WEBP" for name in pages)
    assert not [name for name in pack.namelist() if name.startswith("originals/")]


def test_the_page_of_the_pack_stands_alone(client_as: ClientAs, invoice: str) -> None:
    html = opened(client_as(Role.OFFICER).post(f"/items/{invoice}/evidence/pack", headers=FORM).content)
    words = html.read("evidence.html").decode()
    assert "<script" not in words
    assert set(re.findall(r'(?:src|href)="([^":]*)', words)) == {"data"}
    assert words.count('src="data:image/webp;base64,') >= 6


def test_taking_is_an_act_with_a_person(office: Office, client_as: ClientAs, invoice: str) -> None:
    client = client_as(Role.AUDITOR)
    client.get(f"/items/{invoice}/evidence")
    before = office.ledger.item(invoice).history[-1]
    assert before.action != "evidence-taken"
    pack = opened(client.post(f"/items/{invoice}/evidence/pack", headers=FORM).content)
    last = office.ledger.item(invoice).history[-1]
    assert (last.actor, last.action, last.detail) == ("auditor", "evidence-taken", {"originals": "no"})
    assert told(pack)["evidence"]["history"][-1]["action"] == "evidence-taken"


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.AUDITOR])
def test_the_post_itself_is_a_second_act_and_cannot_open_by_itself(
    office: Office, client_as: ClientAs, invoice: str, role: Role
) -> None:
    client = client_as(role)
    assert "Take the post itself" in plain(client.get(f"/items/{invoice}/evidence").text)
    asked = client.get(f"/items/{invoice}/evidence/originals")
    assert "They may be harmful" in plain(asked.text)
    pack = opened(client.post(f"/items/{invoice}/evidence/originals", headers=FORM).content)
    names = [name for name in pack.namelist() if name.startswith("originals/")]
    message = office.ledger.item(invoice).message
    assert f"originals/{message.digest}.bin" in names
    assert len(names) == 1 + len(office.ledger.documents_of(message.id))
    assert all(re.fullmatch(r"originals/[0-9a-f]{64}\.bin", name) for name in names)
    assert all(sha256(pack.read(name)) == name[10:-4] for name in names)
    assert office.ledger.item(invoice).history[-1].detail == {"originals": "yes"}


def test_an_officer_cannot_take_the_post_itself(office: Office, client_as: ClientAs, invoice: str) -> None:
    client = client_as(Role.OFFICER)
    assert client.get(f"/items/{invoice}/evidence/originals").status_code == 403
    assert client.post(f"/items/{invoice}/evidence/originals", headers=FORM).status_code == 403
    assert office.ledger.item(invoice).history[-1].action != "evidence-taken"


def test_protected_evidence_is_for_those_who_are_named(office: Office, client_as: ClientAs) -> None:
    item = put_in(office.ledger, office.settings, [held("complaint-unsure", protected="It tells of abuse.")])
    address = f"/items/{item['complaint-unsure']}/evidence"
    auditor = client_as(Role.AUDITOR)
    answers = [auditor.get(address), auditor.get(f"{address}/originals")]
    answers += [auditor.post(f"{address}/{end}", headers=FORM) for end in ("pack", "originals")]
    assert [one.status_code for one in answers] == [404] * 4
    named = client_as(Role.OFFICER, name="Nadia", restricted=True)
    assert "Only people who are named may see this" in plain(named.get(address).text)


def two_in_one(office: Office) -> tuple[str, str]:
    """Put in one message with an invoice and, in its body, something protected; return both items' ids."""
    from extractors.limits import Limits
    from extractors.ocr.settings import OcrSettings
    from extractors.reading import read_message
    from postroom.message import Message

    one = held("invoice-wrong-total")
    message = Message("post", "held/two", "two.eml", one.raw, SENT)
    office.ledger.add_message(message)
    read = read_message(message, Limits(), OcrSettings())
    lease = office.ledger.lease_message(message.id, Stage.RECEIVED, "test", 60)
    assert lease is not None
    office.ledger.save_reading(lease, read)
    body, file = read.unpacked.documents[0].id, read.unpacked.documents[-1].id
    found = [extraction_of(one, read), extraction_of(held("invoice-wrong-total", protected="It tells of abuse."), read)]
    made = [_of(extraction, document) for extraction, document in zip(found, (file, body), strict=True)]
    free, protected = office.ledger.save_items(lease, made, {})
    return free, protected


def _of(extraction: Any, document: str) -> Any:
    from dataclasses import replace

    return replace(extraction, triage=replace(extraction.triage, document_ids=(document,)))


def test_protected_post_in_the_same_message_stays_out(office: Office, client_as: ClientAs) -> None:
    free, protected = two_in_one(office)
    body = office.ledger.item(protected).extraction.triage.document_ids[0]
    lead = client_as(Role.TEAM_LEAD)
    page = lead.get(f"/items/{free}/evidence")
    assert "which only named people may see" not in page.text
    assert "It is left out here" in plain(page.text)
    assert body not in page.text
    pack = opened(lead.post(f"/items/{free}/evidence/pack", headers=FORM).content)
    assert not [name for name in pack.namelist() if body[:16] in name]
    assert protected not in pack.read("manifest.json").decode()
    assert [one["sha256"] for one in told(pack)["evidence"]["files"]] != []
    assert lead.get(f"/items/{free}/evidence/originals").status_code == 409
    assert lead.post(f"/items/{free}/evidence/originals", headers=FORM).status_code == 409
    named = client_as(Role.TEAM_LEAD, name="Lena", restricted=True)
    assert body in named.get(f"/items/{free}/evidence").text


def test_a_value_to_be_entered_unseen_is_left_out_for_whoever_may_enter_it(office: Office, client_as: ClientAs) -> None:
    item = put_in(office.ledger, office.settings, [held("debit-unsure-holder")])["debit-unsure-holder"]
    first = client_as(Role.OFFICER, name="First One")
    office.ledger.enter(item, "sort_code", "112233", "first.one")
    second, auditor = client_as(Role.OFFICER, name="Second One"), client_as(Role.AUDITOR)
    address = f"/items/{item}/evidence"
    assert "112233" in first.get(address).text
    assert "112233" in auditor.get(address).text
    assert "112233" not in second.get(address).text
    assert "another person is to enter it without seeing it" in second.get(address).text
    pack = opened(second.post(f"{address}/pack", headers=FORM).content)
    assert not [name for name in ("manifest.json", "evidence.html") if "112233" in pack.read(name).decode()]


def test_a_changed_entry_of_the_history_is_told(office: Office, client_as: ClientAs, invoice: str) -> None:
    number = next(one.sequence for one in office.ledger.item(invoice).history if one.action == "corrected")
    changing = text("UPDATE history SET actor = 'somebody.else' WHERE sequence = :number")
    with office.ledger._writing() as connection:
        connection.execute(text("DROP TRIGGER history_append_only_update"))
        connection.execute(changing, {"number": number})
    client = client_as(Role.AUDITOR)
    assert "Not every entry is as it was written" in plain(client.get(f"/items/{invoice}/evidence").text)
    pack = opened(client.post(f"/items/{invoice}/evidence/pack", headers=FORM).content)
    assert told(pack)["history"]["broken_at"] == number
    assert not told(pack)["evidence"]["proven"]


def test_receipts_stand_beside_their_keys(office: Office, client_as: ClientAs, invoice: str) -> None:
    office.ledger.done_by_hand(
        invoice, "supplier-invoices", "INV-77", "olive.ferris", (DeliverTo(target="supplier-invoices"),)
    )
    assert office.ledger.item(invoice).summary.state is ItemState.DELIVERED
    words = plain(client_as(Role.AUDITOR).get(f"/items/{invoice}/evidence").text)
    key = office.ledger.item(invoice).deliveries[0].key
    assert f"Key {key} Reference there INV-77 Read-back Keyed by hand by olive.ferris." in words


def test_the_command_writes_the_same_for_the_owner_alone(office: Office, invoice: str, tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    command = ["evidence", invoice, "--out", str(out), "--as", "robin", "--originals"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--config", str(ROOT / "config"), "--data", str(office.settings.data)])
    assert not ended.value.code
    assert out.stat().st_mode & 0o777 == 0o600
    said = told(ZipFile(out))
    now = manifest(evidence_for(office, office.ledger.item(invoice), None))
    assert said["evidence"] == now
    assert said["taken_by"] == "robin"
    assert office.ledger.item(invoice).history[-1].detail == {"originals": "yes"}


def test_hashes_follow_on_both_sides_of_other_post(office: Office, invoice: str) -> None:
    put_in(office.ledger, office.settings, [held("thanks")])
    office.ledger.note_evidence_taken(invoice, "robin", originals=False)
    links = office.ledger.links_of(invoice)
    assert all(link.follows for link in links)
    first, last = links[0].entry.sequence, links[-1].entry.sequence
    stretch = office.ledger.stretch(first, last)
    assert [number for number, _ in stretch.hashes] == list(range(first, last + 1))
    assert len(stretch.hashes) > len(links)
    assert stretch.broken is None
    assert isinstance(office.ledger, Ledger)


def test_the_page_prints_without_its_buttons(page_as: SignedInPage, office: Office, invoice: str) -> None:
    page = page_as(add_person(office, Role.AUDITOR))
    page.goto(f"/items/{invoice}/evidence")
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Take the evidence pack").is_visible()
    assert page.get_by_role("heading", name="What arrived").is_visible()
