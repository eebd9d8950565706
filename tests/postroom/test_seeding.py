"""Known errors are chosen by rule, look right, and are surely wrong."""

from __future__ import annotations

import pytest

from postroom.ledger import ItemField
from postroom.normal import normalise, same
from postroom.process import DifferentCheck, FieldSpec
from postroom.seeding import carries, choose, is_chosen, wrong_value
from tests.postroom.ledger.held import BINS, read

VALUES = {
    "date": ("2026-09-11", "2028-02-29", "2026-12-31"),
    "money": ("1234.50", "10.00", "7.99", "100.00"),
    "reference": ("MD12345678", "A1"),
    "account-number": ("12345678", "11111111"),
    "phone": ("+441632960123",),
    "name": ("Femi Oduya", "Ann O'Brien-Smith"),
}
CASES = [(kind, value) for kind, values in VALUES.items() for value in values]


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_a_wrong_value_is_wrong_and_in_normal_form(kind: str, value: str) -> None:
    spec = FieldSpec.model_validate({"type": kind})
    found = {wrong_value(spec, value, turn) for turn in range(12)}
    assert found
    for wrong in found:
        assert wrong is not None
        assert normalise(spec.type, wrong, spec) == wrong
        assert not same(spec.type, value, wrong)
        assert wrong_value(spec, value, 5) == wrong_value(spec, value, 5)


def test_where_nothing_looks_right_nothing_is_shown() -> None:
    assert wrong_value(FieldSpec(type="text"), "My bin was missed.", 1) is None
    assert wrong_value(FieldSpec(type="name"), "Al Ng", 1) is None
    assert wrong_value(FieldSpec(type="reference", format="AB"), "AB", 1) is None


def test_the_share_is_met_and_an_item_keeps_its_lot() -> None:
    chosen = [number for number in range(20_000) if is_chosen("secret", f"ITEM{number}", 0.02)]
    assert 300 < len(chosen) < 500
    assert chosen == [number for number in range(20_000) if is_chosen("secret", f"ITEM{number}", 0.02)]
    assert chosen != [number for number in range(20_000) if is_chosen("another", f"ITEM{number}", 0.02)]
    assert not any(is_chosen("secret", f"ITEM{number}", 0.0) for number in range(1000))
    assert all(is_chosen("secret", f"ITEM{number}", 1.0) for number in range(1000))


def _field(name: str, value: str, confidence: float = 0.97) -> ItemField:
    return ItemField(name, value, read(name, value, confidence), confidence)


def test_only_values_that_were_read_surely_and_that_no_check_betrays_are_shown_wrong() -> None:
    name, number = _field("full_name", "Femi Oduya"), _field("account_number", "12345678")
    assert choose("secret", "ITEM", BINS, [name]) is not None
    assert choose("secret", "ITEM", BINS, [_field("full_name", "Femi Oduya", 0.85)]) is None
    assert choose("secret", "ITEM", BINS, [ItemField("full_name", "Femi Oduya", None, 1.0)]) is None
    checked = BINS.model_copy(update={"checks": (DifferentCheck(kind="different", fields=("full_name", "bin")),)})
    assert choose("secret", "ITEM", checked, [name]) is None
    blind = FieldSpec(type="account-number", second_entry=True)
    asked = BINS.model_copy(update={"fields": BINS.fields | {"account_number": blind}})
    assert choose("secret", "ITEM", asked, [number]) is None
    assert choose("secret", "ITEM", BINS, [number]) is not None


def test_what_still_holds_the_error_is_told() -> None:
    assert carries("Femi Odoya", "Femi Oduya", "mr femi odoya")
    assert carries("Femi Odoya", "Femi Oduya", "Femi J Odoya")
    assert not carries("Femi Odoya", "Femi Oduya", "Femi Oduya")
    assert carries("2026-09-12", "2026-09-11", "2026-09-12")
    assert not carries("2026-09-12", "2026-09-11", "2026-10-12")
