"""How many requests a message holds, and which documents belong to each."""

from __future__ import annotations

import pytest

from extractors.triage import Triager
from postroom.message import ReadMessage
from postroom.workitem import Triage
from tests.extractors.triage.post import letter, scan

INVOICE = (
    "Harbour Paper Ltd\nINVOICE\nInvoice number {0}\nInvoice date 3 June 2026\nYour order PO44{0}\nNet {1}.00\n"
    "VAT 20% 20.00\nTotal due 120.00\nVAT reg no 123 4567 82"
)
PAYSLIP = "Coast Cafe\nPAYSLIP\nEmployee name Ana Lopes\nTax code 1257L\nPay date {0}\nNet pay {1}.10"
STATEMENT = (
    "Bay Bank\nBank statement\nStatement period May 2026\nOpening balance 10.00\nPaid in\nPaid out\n"
    "Closing balance 812.20"
)
MANDATE = (
    "Instruction to your bank or building society to pay by Direct Debit\nName of account holder\nA Pugh\n"
    "Sort code 11-22-33"
)
MOVE = (
    "COUNCIL TAX CHANGE OF ADDRESS FORM\nAddress you are leaving\n4 Elm Row\nNew address\n9 Oak Way\n"
    "Council tax account 44556677"
)


def _processes(found: tuple[Triage, ...]) -> list[str]:
    return sorted(each.process for each in found)


def test_a_mail_that_only_brings_its_attachment_is_one_item(triager: Triager) -> None:
    read = letter("Please find attached.", "Document", files=[("scan01.pdf", INVOICE.format("1001", "100"))])
    (found,) = triager.triage(read)
    assert found.process == "supplier-invoice"
    assert set(found.document_ids) == {document.id for document in read.unpacked.documents}


def test_two_invoices_are_two_items(triager: Triager) -> None:
    files = [("a.pdf", INVOICE.format("1001", "100")), ("b.pdf", INVOICE.format("2087", "340"))]
    found = triager.triage(letter("Two invoices attached for payment.", "Invoices", files=files))
    assert _processes(found) == ["supplier-invoice", "supplier-invoice"]
    assert found[0].document_ids[0] != found[1].document_ids[0]


def test_the_same_invoice_twice_is_one_item(triager: Triager) -> None:
    files = [("a.pdf", INVOICE.format("1001", "100")), ("copy of a.pdf", INVOICE.format("1001", "100"))]
    assert len(triager.triage(letter("Invoice attached.", "Invoice", files=files))) == 1


def test_a_payslip_and_a_statement_are_two_pieces_of_evidence(triager: Triager) -> None:
    files = [("slip.jpg", PAYSLIP.format("30 June 2026", "812")), ("bank.pdf", STATEMENT)]
    found = triager.triage(letter("Here are the things you asked for, claim HB1234567. Ana", "evidence", files=files))
    assert _processes(found) == ["benefit-evidence", "benefit-evidence"]


def test_forms_of_two_processes_are_two_items(triager: Triager) -> None:
    files = [("move.pdf", MOVE), ("dd.pdf", MANDATE)]
    found = triager.triage(letter("Both forms attached. A Pugh", "forms", files=files))
    assert _processes(found) == ["council-tax-move", "direct-debit"]


def test_a_document_that_supports_the_letter_stays_with_it(triager: Triager) -> None:
    body = (
        "I appeal against penalty charge notice MD12345678 on my car AB12 CDE. It had broken down in Mill Street "
        "on 3 May and I waited for the garage. Their bill is attached as proof. Joan Tarr"
    )
    read = letter(body, "PCN appeal", files=[("garage.pdf", INVOICE.format("77", "90"))])
    (found,) = triager.triage(read)
    assert found.process == "parking-appeal"
    assert set(found.document_ids) == {document.id for document in read.unpacked.documents}
    assert any("garage.pdf" in reason for reason in found.reasons)


def test_a_picture_without_text_stays_with_the_letter(triager: Triager) -> None:
    read = letter(
        "The blue bin at 3 Elm Row was not emptied on Monday, photo attached.", "bin", files=[("IMG_1.jpg", "")]
    )
    (found,) = triager.triage(read)
    assert found.process == "missed-bin"
    assert len(found.document_ids) == 2


def test_a_batch_scan_is_cut_where_another_letter_begins(triager: Triager) -> None:
    found = triager.triage(scan("\f".join([MOVE, MANDATE, INVOICE.format("1001", "100")])))
    assert _processes(found) == ["council-tax-move", "direct-debit", "supplier-invoice"]
    assert [each.lines[0][1] for each in found] == [1, 2, 3]


def test_a_second_page_stays_with_its_letter(triager: Triager) -> None:
    pages = [
        INVOICE.format("1001", "100") + "\nPage 1 of 2",
        "INVOICE\nInvoice number 1001\nTotal due 120.00\nPage 2 of 2",
    ]
    assert len(triager.triage(scan("\f".join(pages)))) == 1


TWO = (
    "Hello\n1. We moved from 5 Ash Close to 19 Birch Road on 2 June, council tax account 44332211.\n"
    "2. Please renew our garden waste subscription, one bin.\nRegards\nMeg Ellis"
)


def test_each_of_two_requests_has_its_own_lines_and_what_belongs_to_both(triager: Triager) -> None:
    found = triager.triage(letter(TWO, "Two things"))
    assert _processes(found) == ["council-tax-move", "garden-waste"]
    lines = {each.process: {n for _, _, first, last in each.lines for n in range(first, last)} for each in found}
    assert 1 in lines["council-tax-move"]
    assert 2 not in lines["council-tax-move"]
    assert 2 in lines["garden-waste"]
    assert 1 not in lines["garden-waste"]
    assert {0, 4} <= lines["council-tax-move"] & lines["garden-waste"]


@pytest.mark.parametrize(
    "read",
    [
        letter("I moved to 4 Elm Row on 3 May, account 44556677.\n\nAlso please confirm that you got this.", "moving"),
        letter("The food bin was missed on Monday at 4 Elm Row.\n\nAlso the glass was left. Please come back.", "bins"),
        letter(
            "I have a complaint.\n\n1. My bin was missed three times.\n2. Your staff were rude.\n3. Nobody rang back.",
            "complaint",
        ),
        letter(
            "Under the FOI Act please state:\n1. How many parking tickets were issued?\n2. How many bins were missed?",
            "FOI",
        ),
    ],
)
def test_one_matter_is_not_split(triager: Triager, read: ReadMessage) -> None:
    assert len(triager.triage(read)) == 1
