"""Addresses and names, in forms, letters and hasty typing."""

from __future__ import annotations

import pytest

from extractors.values.modulus import belong_together
from extractors.values.names import compatible, find_names, looks_like_name, name_at_start, unglued
from extractors.values.places import find_addresses, find_postcodes, unglued_address


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("moved out of 44 mill lane wetherby ls22 6pq we", "44 mill lane wetherby, LS22 6PQ"),
        ("From 3 Oast Row, Lees Road, Ely CB7 4AA to", "3 Oast Row, Lees Road, Ely, CB7 4AA"),
        ("to The Old Forge, The Street, Boxted, CO4 5SU.", "The Old Forge, The Street, Boxted, CO4 5SU"),
        ("live on Orchard View\n112 Long Road\nBath\nBA2 3AP", "Orchard View, 112 Long Road, Bath, BA2 3AP"),
        ("Flat 2, Elm House\nBow Mount\nYork\nYO1 8AT\nand I", "Flat 2, Elm House, Bow Mount, York, YO1 8AT"),
        ("at Rose Cottage, The Green, Ripon, HG4 4DL. All", "Rose Cottage, The Green, Ripon, HG4 4DL"),
        ("Stan Webb, 4 Quarry Cottages, Otley, LS21 4JF", "4 Quarry Cottages, Otley, LS21 4JF"),
        ("Flat 3/1, 24 Great Western Road, Glasgow G12 8QW", "Flat 3/1, 24 Great Western Road, Glasgow, G12 8QW"),
        ("Ty Gwyn, Heol y Bryn, Llandaf, Cardiff CF5 2AB", "Ty Gwyn, Heol y Bryn, Llandaf, Cardiff, CF5 2AB"),
    ],
)
def test_an_address_is_taken_from_its_beginning_to_its_postcode(text: str, value: str) -> None:
    assert [found.value for found in find_addresses(text)] == [value]


@pytest.mark.parametrize(
    ("text", "value"), [("LSI 6AB", "LS1 6AB"), ("T N 2 7 9 N D", "TN27 9ND"), ("ME16 OSB", "ME16 0SB")]
)
def test_a_misread_or_boxed_postcode_is_mended(text: str, value: str) -> None:
    assert [found.value for found in find_postcodes(text)] == [value]


def test_words_are_no_postcodes() -> None:
    assert list(find_postcodes("112 Loose Road, to flat 2 also")) == []


def test_what_a_reader_ran_together_is_parted() -> None:
    assert unglued_address("50ROUNDEL Way, 9I High St") == "50 ROUNDEL Way, 91 High St"
    assert unglued("DoreenSelmes") == "Doreen Selmes"
    assert unglued("Fiona McDonald") == "Fiona McDonald"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my name is Nurjahan Begum. i moved", "Nurjahan Begum"),
        ("Our tenant Miss Ioana Petrescu at 27", "Miss Ioana Petrescu"),
        ("Mr G R Tilley and Mrs A Tilley", "Mr G R Tilley and Mrs A Tilley"),
        ("by Lt Col (Retd) H. St J. Farquhar", "Lt Col (Retd) H. St J. Farquhar"),
    ],
)
def test_a_name_is_given_away_by_title_or_introduction(text: str, name: str) -> None:
    assert name in [found.value for found in find_names(text)]


def test_a_name_behind_a_label_ends_where_the_name_ends() -> None:
    assert [found.value for found in [name_at_start("kev tomkins. do i get money back")] if found] == ["kev tomkins"]
    assert [found.value for found in [name_at_start("Julian Frayne RIBA")] if found] == ["Julian Frayne"]
    assert name_at_start("Please use black ink") is None


def test_names_and_their_short_forms() -> None:
    assert compatible("P. Goodhew", "Philippa Goodhew")
    assert not compatible("Kelly Brandreth", "Temitope Adeyemi")
    assert looks_like_name("Zoë O'Brien-Łukasz")
    assert not looks_like_name("Direct Debit")


@pytest.mark.parametrize(
    ("sort_code", "account", "valid"),
    [
        ("089999", "66374958", True),
        ("107999", "88837491", True),
        ("202959", "63748472", True),
        ("871427", "46238510", True),
        ("118765", "64371389", True),
        ("938611", "07806039", True),
        ("772798", "99345694", True),
        ("309070", "12345668", True),
        ("180002", "00000190", True),
        ("089999", "66374959", False),
        ("203099", "66831036", False),
        ("118765", "64371388", False),
        ("938063", "15764273", False),
    ],
)
def test_the_published_cases_of_the_modulus_check(sort_code: str, account: str, valid: bool) -> None:
    assert belong_together(sort_code, account) is valid


@pytest.mark.parametrize("code", ["S60 2LT", "B63 1AA", "S80 1AB", "SG1 2LT"])
def test_a_postcode_is_not_repaired_into_another(code: str) -> None:
    assert [found.value for found in find_postcodes(f"12 Mill Lane, {code}")] == [code]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I am eighty-two and I cannot wait", []),
        ("i am owain bright and i live here", ["owain bright"]),
        ("our tenant Miss Ida Lomax vacated the flat", ["Miss Ida Lomax"]),
    ],
)
def test_a_name_ends_where_the_sentence_goes_on(text: str, names: list[str]) -> None:
    assert [found.value for found in find_names(text)] == names
