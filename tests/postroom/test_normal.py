"""Normal forms: what people type becomes the one form the line compares and delivers."""

from __future__ import annotations

import pytest

from postroom.normal import normalise, same
from postroom.process import FieldSpec, FieldType


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "3/4/26", "2026-04-03"),
        ("date", "Friday 17th July 2026", "2026-07-17"),
        ("date", "2 Medi 2026", "2026-09-02"),
        ("date", "04/13/2026", None),
        ("date", "31/02/2026", None),
        ("money", "£1,234.5", "1234.50"),
        ("money", "12", "12.00"),
        ("money", "twelve pounds", None),
        ("phone", "(01632) 960 114", "+441632960114"),
        ("phone", "+44 (0)7700 900442", "+447700900442"),
        ("phone", "12345", None),
        ("postcode", "ls16ab", "LS1 6AB"),
        ("postcode", "Leeds", None),
        ("national-insurance-number", "jg 10 37 59 a", "JG103759A"),
        ("national-insurance-number", "BG103759A", None),
        ("vehicle-registration", "ab12 cde", "AB12CDE"),
        ("sort-code", "08-99-99", "089999"),
        ("account-number", "6637 4958", "66374958"),
        ("account-number", "663749", None),
        ("vat-number", "980 7806 84", "GB980780684"),
        ("vat-number", "980 7806 85", None),
        ("email", "Someone@Mail.Example", "someone@mail.example"),
        ("integer", "three", "3"),
        ("boolean", "Yes", "yes"),
        ("address", "Flat 2,\n3 High Street, Leeds LS1 6AB", "Flat 2, 3 High Street, Leeds, LS1 6AB"),
    ],
)
def test_a_value_takes_its_normal_form_or_none(kind: FieldType, text: str, value: str | None) -> None:
    assert normalise(kind, text) == value


def test_a_reference_keeps_to_its_shape() -> None:
    spec = FieldSpec(type="reference", format="HB#######")
    assert normalise("reference", "hb 1234567", spec) == "HB1234567"
    assert normalise("reference", "1234567", spec) == "HB1234567"
    assert normalise("reference", "123456", spec) is None


def test_an_integer_keeps_to_its_limits() -> None:
    spec = FieldSpec(type="integer", minimum=1, maximum=5)
    assert normalise("integer", "5", spec) == "5"
    assert normalise("integer", "6", spec) is None


def test_a_choice_is_one_of_its_values() -> None:
    spec = FieldSpec(type="choice", choices={"food": ("caddy",)})
    assert normalise("choice", "Caddy", spec) == "food"
    assert normalise("choice", "garden", spec) is None


def test_names_compare_without_title_and_points() -> None:
    assert same("name", "Mr A. B. Jones", "a b JONES")
    assert not same("name", "A B Jones", "A C Jones")
    assert same("address", "Flat 2, 3 High Street", "Flat 2 3 High Street.")
    assert not same("date", "2026-01-02", "2026-02-01")
