"""Forms and scanned papers: labels beside, above and in tables, letter boxes, tick boxes."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from extractors.fields import extract
from tests.extractors.fields.sources import paper, process, sure


def fields(name: str, read: object) -> dict[str, str]:
    """Return what is read for a process."""
    found = extract(read, sure(name), process(name))  # type: ignore[arg-type]
    return {field.name: field.value for field in found.fields}


def test_a_form_with_labels_at_the_left_in_the_middle_of_tall_cells() -> None:
    read = paper(
        [
            (0.1, 0.10, "Change of address"),
            (0.1, 0.20, "Full name"), (0.4, 0.20, "Mrs Ada Quill"),
            (0.1, 0.24, "Council Tax account number"), (0.4, 0.24, "4 1 2 3 4 5 6 7"),
            (0.4, 0.280, "7 Pond Lane"), (0.1, 0.296, "Address you are leaving"),
            (0.4, 0.296, "Ripon"), (0.4, 0.312, "HG4 1AA"),
            (0.4, 0.360, "Flat 2, Elm House"), (0.1, 0.376, "Address you are moving to"),
            (0.4, 0.376, "Thirsk"), (0.4, 0.392, "YO7 2BB"),
            (0.1, 0.44, "Date of move"), (0.4, 0.44, "03/02/2026"),
            (0.1, 0.60, "Signed"), (0.4, 0.60, "A Quill"), (0.6, 0.60, "Date"), (0.7, 0.60, "09/02/2026"),
        ]
    )  # fmt: skip
    assert fields("council-tax-move", read) == {
        "full_name": "Mrs Ada Quill",
        "council_tax_reference": "41234567",
        "old_address": "7 Pond Lane, Ripon, HG4 1AA",
        "new_address": "Flat 2, Elm House, Thirsk, YO7 2BB",
        "moving_date": "2026-02-03",
    }


def test_a_form_in_two_columns_with_surname_and_postcode_in_boxes_of_their_own() -> None:
    read = paper(
        [
            (0.1, 0.15, "Account reference"), (0.3, 0.15, "5 5 0 0 1 1 2 2"),
            (0.1, 0.19, "Surname"), (0.3, 0.19, "O K A F O R"),
            (0.1, 0.23, "First name(s)"), (0.3, 0.23, "C H I D I"),
            (0.1, 0.28, "NEW address"), (0.55, 0.28, "OLD address"),
            (0.1, 0.30, "12 Weir Row, Goole"), (0.55, 0.30, "3 Mill View, Selby"),
            (0.1, 0.34, "Postcode"), (0.2, 0.34, "D N 1 4 5 A A"),
            (0.55, 0.34, "Postcode"), (0.65, 0.34, "Y O 8 4 B B"),
            (0.1, 0.40, "Moving date (DDMMYY)"), (0.35, 0.40, "0 1 0 3 2 6"),
        ]
    )  # fmt: skip
    got = fields("council-tax-move", read)
    assert got["full_name"] == "CHIDI OKAFOR"
    assert got["council_tax_reference"] == "55001122"
    assert got["new_address"] == "12 Weir Row, Goole, DN14 5AA"
    assert got["old_address"] == "3 Mill View, Selby, YO8 4BB"
    assert got["moving_date"] == "2026-03-01"


def test_an_instruction_with_labels_above_and_another_number_beside() -> None:
    read = paper(
        [
            (0.1, 0.10, "Instruction to your bank"),
            (0.1, 0.20, "Name of account holder"), (0.55, 0.20, "Service user number"),
            (0.1, 0.22, "Mr P Lowe"), (0.55, 0.22, "9 4 0 1 1 3"),
            (0.1, 0.28, "Bank account number"), (0.55, 0.28, "Reference"),
            (0.1, 0.30, "6 6 3 7 4 9 5 8"), (0.55, 0.30, "4 4 0 0 9 9 1 1"),
            (0.1, 0.36, "Branch sort code"),
            (0.1, 0.38, "0 8 9 9 9 9"),
        ]
    )  # fmt: skip
    got = fields("direct-debit", read)
    assert got["account_number"] == "66374958"
    assert got["sort_code"] == "089999"
    assert got["council_tax_reference"] == "44009911"
    assert got["account_holder"] == "Mr P Lowe"


def test_the_net_pay_of_a_payslip_is_not_its_gross() -> None:
    read = paper(
        [
            (0.1, 0.10, "Employee"), (0.5, 0.10, "Pay date"),
            (0.1, 0.12, "Mr Ian Frost"), (0.5, 0.12, "30/01/2026"),
            (0.1, 0.20, "Basic pay"), (0.5, 0.20, "1,400.00"),
            (0.1, 0.23, "PAYE tax"), (0.5, 0.23, "120.40"),
            (0.1, 0.26, "Total deductions"), (0.5, 0.26, "210.10"),
            (0.1, 0.29, "Net pay"), (0.5, 0.29, "1,189.90"),
            (0.1, 0.34, "Tax code 1257L"),
        ]
    )  # fmt: skip
    got = fields("benefit-evidence", read)
    assert (got["document_type"], got["amount"], got["document_date"]) == ("payslip", "1189.90", "2026-01-30")
    assert got["full_name"] == "Mr Ian Frost"


@pytest.mark.parametrize(("ticked", "value"), [(0, "new"), (1, "renew"), (2, "cancel")])
def test_the_ticked_box_decides_between_printed_options(ticked: int, value: str) -> None:
    options = [(0.15, "start a new subscription"), (0.45, "renew my subscription"), (0.73, "stop my subscription")]
    picture = Image.new("L", (1600, 2263), 255)
    draw = ImageDraw.Draw(picture)
    for number, (x, _) in enumerate(options):
        left, top = int(x * 1600) - 42, int(0.2 * 2263) - 2
        draw.rectangle((left, top, left + 34, top + 34), outline=0, width=3)
        if number == ticked:
            draw.line((left + 8, top + 18, left + 15, top + 27, left + 28, top + 7), fill=0, width=4)
    written = io.BytesIO()
    picture.save(written, format="PNG")
    rows = [
        (0.1, 0.1, "Garden waste"),
        *((x, 0.2, text) for x, text in options),
        (0.1, 0.3, "Name"),
        (0.3, 0.3, "Jo Pugh"),
    ]
    assert fields("garden-waste", paper(rows, written.getvalue())).get("request") == value


def test_printed_options_without_a_mark_say_nothing() -> None:
    rows = [
        (0.15, 0.2, "start a new subscription"),
        (0.45, 0.2, "renew my subscription"),
        (0.73, 0.2, "stop my subscription"),
    ]
    written = io.BytesIO()
    Image.new("L", (1600, 2263), 255).save(written, format="PNG")
    assert "request" not in fields("garden-waste", paper(rows, written.getvalue()))
