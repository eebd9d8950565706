"""Letters of many tones and layouts: what is read, and how well."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from extractors.fields import extract
from postroom.normal import same
from postroom.process import FieldSpec
from tests.extractors.fields.letters import LETTERS, Letter
from tests.extractors.fields.sources import mail, process, sure

LEAST_RIGHT = 0.97


def right(spec: FieldSpec, got: str, expected: str) -> bool:
    """Compare as an officer would: free text by its words, all else by its normal form."""
    if spec.type != "text" or spec.form == "code":
        return same(spec.type, got, expected)
    ours, theirs = (Counter(re.findall(r"\w+", text.casefold())) for text in (got, expected))
    return 2 * (ours & theirs).total() / max(1, ours.total() + theirs.total()) >= 0.6


def test_nearly_every_field_of_every_letter_is_read() -> None:
    wrong = []
    total = 0
    for number, letter in enumerate(LETTERS):
        rules = process(letter.process)
        found = extract(mail(letter), sure(rules.id), rules)
        for name, expected in letter.fields.items():
            total += 1
            if not right(rules.fields[name], found.value(name), expected):
                wrong.append((number, name, expected, found.value(name)))
    assert total > 200
    assert 1 - len(wrong) / total >= LEAST_RIGHT, wrong


@pytest.mark.parametrize("letter", [letter for letter in LETTERS if letter.absent])
def test_what_belongs_to_an_agent_is_not_the_residents(letter: Letter) -> None:
    rules = process(letter.process)
    found = extract(mail(letter), sure(rules.id), rules)
    assert {name: found.value(name) for name in letter.absent} == dict.fromkeys(letter.absent, "")


def test_every_field_says_where_it_was_read() -> None:
    letter = next(letter for letter in LETTERS if "Council Tax Ref: 90817263" in letter.text)
    found = extract(mail(letter), sure(letter.process), process(letter.process))
    reference = next(field for field in found.fields if field.name == "council_tax_reference")
    assert reference.provenance.text == "90817263"
    assert reference.provenance.box is not None
    assert reference.provenance.rule.startswith("label:")
    assert 0.9 < reference.confidence < 1


def test_a_house_and_flat_number_is_no_date() -> None:
    (letter,) = (letter for letter in LETTERS if "11/2 Gorse Wynd" in letter.text)
    rules = process(letter.process)
    found = extract(mail(letter), sure(rules.id), rules)
    assert not found.value("moving_date").endswith("-02-11")
