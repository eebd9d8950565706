"""References, registrations and bank numbers, also boxed, spaced and misread."""

from __future__ import annotations

import pytest

from extractors.values.amounts import find_amounts, find_integers
from extractors.values.codes import (
    find_codes,
    find_ninos,
    find_references,
    find_registrations,
    find_sort_codes,
    find_vat_numbers,
)
from extractors.values.contacts import find_emails, find_phones


@pytest.mark.parametrize(
    ("text", "shape", "value"),
    [
        ("number is 5412 8830", "########", "54128830"),
        ("no. 541 288 30", "########", "54128830"),
        ("|5|4|1|2|8|8|3|0|", "########", "54128830"),
        ("54l2883O", "########", "54128830"),
        ("pcn md1122 3344", "MD########", "MD11223344"),
        ("M D 1 1 2 2 3 3 4 4", "MD########", "MD11223344"),
        ("MD1l223344", "MD########", "MD11223344"),
        ("hb-1234567", "HB#######", "HB1234567"),
    ],
)
def test_a_reference_of_its_shape_is_found(text: str, shape: str, value: str) -> None:
    best = max(find_references(text, shape), key=lambda found: found.score)
    assert best.value == value


def test_repairs_cost_score() -> None:
    clean = next(find_references("MD11223344", "MD########"))
    mended = next(find_references("MD1l22334A".replace("A", "4"), "MD########"))
    assert mended.score < clean.score


@pytest.mark.parametrize("text", ["ring 01632 960 114", "on 06-07-2026", "case 2026-0419-3380"])
def test_phones_dates_and_longer_numbers_are_no_references(text: str) -> None:
    assert list(find_references(text, "########")) == []


def test_national_insurance_numbers_keep_the_rules() -> None:
    assert [found.value for found in find_ninos("J G 1 0 3 7 5 9 A")] == ["JG103759A"]
    assert [found.value for found in find_ninos("JG1O3759A")] == ["JG103759A"]
    assert list(find_ninos("BG103759A")) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my car YF68 KLM was", "YF68KLM"),
        ("van lr70zzt", "LR70ZZT"),
        ("car P123 XYA", "P123XYA"),
        ("K P 7 2 Y G M", "KP72YGM"),
    ],
)
def test_a_registration_is_found(text: str, value: str) -> None:
    best = max(find_registrations(text), key=lambda found: found.score)
    assert best.value == value


def test_years_are_no_registrations() -> None:
    assert all(found.score == 0 for found in find_registrations("on 1 April 2026 in town"))


def test_sort_codes_and_vat_numbers() -> None:
    assert [found.value for found in find_sort_codes("53 25 52")] == ["532552"]
    assert [found.value for found in find_sort_codes("pay 60-38-77 15197468 please")] == ["603877"]
    assert [found.value for found in find_vat_numbers("VAT no 980 7806 84")] == ["GB980780684"]
    assert list(find_vat_numbers("VAT no 980 7806 85")) == []


def test_codes_have_a_figure_and_are_no_dates() -> None:
    assert [found.value for found in find_codes("Invoice No.0871 of 02/02/2026 HR-3391")] == ["0871", "HR-3391"]


@pytest.mark.parametrize(
    ("text", "value"), [("£1,974.60", "1974.60"), ("1,2l4.36", "1214.36"), ("£  180.00", "180.00"), ("£70", "70.00")]
)
def test_money(text: str, value: str) -> None:
    assert [found.value for found in find_amounts(text)] == [value]


def test_percentages_are_no_money() -> None:
    assert list(find_amounts("VAT 20%")) == []


def test_numbers_in_words() -> None:
    assert [found.value for found in find_integers("three bins and 2 caddies")] == ["2", "3"][::-1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("07700 900 318", "+447700900318"),
        ("(01632) 960 114", "+441632960114"),
        ("0 7 7 0 0 9 0 0 8 6 0", "+447700900860"),
        ("+44 (0)7700 900 442", "+447700900442"),
    ],
)
def test_phones(text: str, value: str) -> None:
    assert [found.value for found in find_phones(text)] == [value]


def test_emails_with_stray_spaces() -> None:
    assert [found.value for found in find_emails("a.b @ mail.example. Thanks")] == ["a.b@mail.example"]


def test_six_figures_alone_are_hardly_a_sort_code() -> None:
    (customer,) = find_sort_codes("Your order for the depot, customer 771204, is on its way")
    (paired,) = find_sort_codes("take it from 771204 / 11223344 each month")
    assert customer.score < paired.score


def test_letters_of_another_number_are_no_reference_without_its_prefix() -> None:
    assert not list(find_references("Our ref PB 72 04 16 D", "HB#######"))
    assert [found.value for found in find_references("claim 7204160", "HB#######")] == ["HB7204160"]
