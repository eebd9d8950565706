from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.quoting import quote
from connectors.shapes import Shape, Written
from connectors.templates import checked, fill_in, names_in


@pytest.mark.parametrize(
    ("shape", "value", "written"),
    [
        ({"type": "date", "format": "DD/MM/YYYY"}, "2026-09-04", "04/09/2026"),
        ({"type": "date", "format": "MM-DD-YYYY"}, "2026-09-04", "09-04-2026"),
        ({"type": "integer"}, "3", 3),
        ({"type": "decimal"}, "1234.50", 1234.5),
        ({"type": "pence"}, "1234.05", 123405),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "no", False),
        ({"values": {"new": "NEW"}}, "new", "NEW"),
        ({}, "00012345", "00012345"),
    ],
)
def test_a_value_is_written_and_read_back(shape: dict[str, object], value: str, written: Written) -> None:
    described = Shape.model_validate(shape)
    assert described.written(value) == written
    assert described.normal(written) == value


@given(st.dates(min_value=date(1900, 1, 1)))
def test_every_date_comes_back(day: date) -> None:
    shape = Shape(type="date", format="DD/MM/YYYY")
    assert shape.normal(shape.written(day.isoformat())) == day.isoformat()


@given(st.decimals(min_value=0, max_value=Decimal("9999999.99"), places=2))
def test_every_amount_comes_back_as_pence(amount: Decimal) -> None:
    shape = Shape(type="pence")
    assert shape.normal(shape.written(f"{amount:.2f}")) == f"{amount:.2f}"


def test_what_a_screen_shows_as_money_is_read() -> None:
    assert Shape(type="money").normal("£1,234.50") == "1234.50"
    assert Shape(type="money").normal("") == ""


def test_what_has_another_shape_is_kept_so_that_a_comparison_fails() -> None:
    assert Shape(type="date").normal("soon") == "soon"
    assert Shape(type="pence").normal("a lot") == "a lot"
    assert Shape().normal(None) == ""


@pytest.mark.parametrize(
    "shape", [{"type": "integer"}, {"type": "date"}, {"type": "pence"}, {"values": {"new": "NEW"}}]
)
def test_what_cannot_be_written_is_said_without_the_value(shape: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="it ") as raised:
        Shape.model_validate(shape).written("Ada Osei")
    assert "Ada" not in str(raised.value)


def test_a_date_format_needs_every_part() -> None:
    for form in ("DD/MM", "DD/MM/YY", "YYYY-MM-DD-DD"):
        with pytest.raises(ValidationError, match="DD, MM and YYYY"):
            Shape(format=form)


def test_templates() -> None:
    values = {"full_name": "Ada Mary Osei", "moved": "2026-09-04", "address": "4 Mill Lane, Northborough, nb12cd"}
    assert fill_in("{full_name|surname}, {full_name|first_names}", values) == "Osei, Ada Mary"
    assert fill_in("{moved|day}.{moved|month}.{moved|year}", values) == "04.09.2026"
    assert fill_in("{moved|date:DD/MM/YYYY}", values) == "04/09/2026"
    assert fill_in("{address|postcode}", values) == "NB1 2CD"
    assert fill_in("{address|without_postcode|upper}", values) == "4 MILL LANE, NORTHBOROUGH"
    assert fill_in("{absent}{absent|day}{absent|postcode}", values) == ""
    assert fill_in("{full_name}", {"full_name": "{moved}"}) == "{moved}", "a value is never a template"
    assert names_in("{a|day} {b}") == {"a", "b"}
    for wrong in ("{full_name", "{Full Name}", "{full_name|uper}", "{}"):
        with pytest.raises(ValueError, match=r"known|braces"):
            checked(wrong)
    with pytest.raises(ValueError, match="full_name") as raised:
        fill_in("{full_name|date:DD/MM/YYYY}", values)
    assert "Ada" not in str(raised.value)


def test_a_quoted_message_holds_nothing_that_was_sent() -> None:
    said = quote(
        "Ada Osei (ada osei) of Mill lane: account 12345678 is in arrears since 4 May", ["Ada Osei", "4 Mill Lane"]
    )
    assert said == "… (…) of … …: account … is in arrears since 4 May"
    assert len(quote("x " * 900, [])) <= 200
