"""What goes straight through, what goes to a person and why; and a process that nobody has seen before."""

from __future__ import annotations

from dataclasses import replace

from extractors.fields import extract
from postroom.disposition import Outcome
from postroom.doubt import threshold
from postroom.message import Problem
from postroom.process import Process
from postroom.text import Source
from postroom.workitem import Triage
from tests.extractors.fields.letters import LETTERS, Letter
from tests.extractors.fields.sources import mail, process, sure

CLEAR = Letter(
    "council-tax-move",
    "Full name: Ann Tidy\nCouncil tax reference: 40118823\nOld address: 3 Mill Road, Ely CB7 4AA\n"
    "New address: 9 Quay Street, Ely CB7 4BB\n"
    "Moving date: 02/03/2026\n\nYours faithfully\nAnn Tidy",
    {},
    sender="Ann Tidy <ann.tidy@mail.example>",
)


def test_a_clear_complete_request_goes_straight_through() -> None:
    found = extract(mail(CLEAR), sure("council-tax-move"), process("council-tax-move"))
    assert found.disposition.outcome is Outcome.STRAIGHT_THROUGH, found.disposition.reasons
    assert found.faults == ()


def test_what_is_missing_is_named() -> None:
    letter = replace(CLEAR, text=CLEAR.text.replace("Moving date: 02/03/2026\n", ""))
    found = extract(mail(letter), sure("council-tax-move"), process("council-tax-move"))
    assert found.disposition.outcome is Outcome.REVIEW
    assert "“Moving date” was not found." in found.disposition.reasons


def test_bank_details_that_cannot_belong_together_go_to_a_person() -> None:
    letter = Letter(
        "direct-debit",
        "Council tax reference: 40118823\nAccount holder: Ann Tidy\nSort code: 08-99-99\n"
        "Account number: 66374959\nPayment date: 1st",
        {},
        sender="Ann Tidy <ann.tidy@mail.example>",
    )
    found = extract(mail(letter), sure("direct-debit"), process("direct-debit"))
    assert "The sort code and account number do not belong together." in found.disposition.reasons


def test_a_sum_that_does_not_add_up_goes_to_a_person() -> None:
    letter = Letter(
        "supplier-invoice",
        "Supplier: Abel Ltd\nInvoice no: 77A\nDate: 01/02/2026\nNet 100.00\nVAT 20.00\nTotal 130.00",
        {},
    )
    found = extract(mail(letter), sure("supplier-invoice"), process("supplier-invoice"))
    assert "“Net” and “VAT” do not add up to “Total”." in found.disposition.reasons


def test_doubts_of_triage_and_reading_reach_the_person() -> None:
    read = mail(CLEAR)
    unread = replace(read, problems=(Problem("scan.pdf", "It is locked."),))
    found = extract(unread, Triage("council-tax-move", 0.4), process("council-tax-move"))
    assert found.disposition.outcome is Outcome.REVIEW
    assert any("scan.pdf: It is locked." in reason for reason in found.disposition.reasons)
    assert any("not sure that this is for" in reason for reason in found.disposition.reasons)


def test_protected_post_never_goes_straight_through() -> None:
    found = extract(
        mail(CLEAR),
        Triage("council-tax-move", 0.99, protected="violence at home"),
        process("council-tax-move"),
    )
    assert found.disposition.outcome is Outcome.REVIEW
    assert "violence at home" in found.disposition.reasons[0]


def test_no_action_and_other_post_has_no_fields() -> None:
    rules = process("council-tax-move")
    assert extract(mail(CLEAR), Triage("thanks", 0.9), rules).disposition.outcome is Outcome.NO_ACTION
    assert extract(mail(CLEAR), Triage("other", 0.9), rules).disposition.outcome is Outcome.REVIEW


def test_information_requests_are_due_in_twenty_working_days() -> None:
    letter = next(letter for letter in LETTERS if letter.process == "foi-request")
    assert extract(mail(letter), sure("foi-request"), process("foi-request")).due == "2026-03-11"


def test_a_new_process_needs_nothing_but_types_titles_and_a_few_labels() -> None:
    rules = Process.model_validate(
        {
            "id": "taxi-licence",
            "title": "Taxi licence renewal",
            "fields": {
                "driver": {"type": "name", "title": "Driver", "required": True, "fallback": "sender-name"},
                "badge": {"type": "reference", "title": "Badge number", "format": "TX####", "required": True},
                "plate": {"type": "vehicle-registration", "title": "Vehicle"},
                "expiry": {"type": "date", "title": "Expiry date", "labels": ["runs out on", "expires on"]},
                "fee": {"type": "money", "title": "Fee", "labels": ["paid"]},
                "mobile": {"type": "phone", "title": "Mobile"},
                "garaged_at": {"type": "address", "title": "Garaged at", "labels": ["kept at"]},
            },
        }
    )
    letter = Letter(
        "taxi-licence",
        "Hello, my badge TX4471 runs out on 28 February 2026. The car is HV19 OPS and it is kept at "
        "5 Dock Street, Hull HU1 3DZ. "
        "I have paid £84.00 already on 3 February. Ring 07700 900222.\n\nRegards\nSalim Noor",
        {},
        sender="Salim Noor <salim@mail.example>",
    )
    found = extract(mail(letter), sure(rules.id), rules)
    assert {field.name: field.value for field in found.fields} == {
        "driver": "Salim Noor",
        "badge": "TX4471",
        "plate": "HV19OPS",
        "expiry": "2026-02-28",
        "fee": "84.00",
        "mobile": "+447700900222",
        "garaged_at": "5 Dock Street, Hull, HU1 3DZ",
    }


def test_a_passed_modulus_check_does_not_vouch_for_a_sort_code_read_from_a_picture() -> None:
    """Many wrong sort codes pass it with the same account number, so the picture's own doubt must remain."""
    rules = process("direct-debit")
    letter = (
        "Instruction to your bank to pay by Direct Debit\nAccount holder: Ann Tidy\nSort code: 08-99-99\n"
        "Account number: 66374958\nCouncil tax reference: 40118823\nPayment date: 1st"
    )
    written = mail(Letter("direct-debit", letter, {}, sender="Ann Tidy <ann.tidy@mail.example>"))
    page = replace(written.texts[0].pages[0], source=Source.RAPIDOCR)
    pictured = replace(written, texts=(replace(written.texts[0], pages=(page,)),))
    found = {field.name: field.confidence for field in extract(pictured, sure("direct-debit"), rules).fields}
    assert found["sort_code"] < threshold(rules) <= found["account_number"]
