"""The protected lane."""

from __future__ import annotations

import pytest

from extractors.triage import Triager
from tests.extractors.triage.post import letter


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("The little boy next door has bruises and is left alone all night.", "safeguarding"),
        ("I have moved to 3 Elm Row. Please do not tell my ex husband the address, he hit me.", "domestic"),
        ("I can't pay the council tax and I don't want to live any more.", "harm themselves"),
        ("If your warden comes near my car again I will kill him.", "threat"),
        ("We are being evicted on Friday and have nowhere to go with the baby.", "home"),
        ("LETTER BEFORE CLAIM. We act for Mr Bold and will issue proceedings in the county court.", "legal"),
        ("Please send me copies of all the information you hold about me.", "own data"),
        ("I write on behalf of my constituent Mrs Teal about her bins.", "councillor"),
        ("The depot manager takes backhanders from the skip firm. Do not use my name.", "wrongdoing"),
    ],
)
def test_what_only_named_people_may_see(triager: Triager, body: str, word: str) -> None:
    found = triager.triage(letter(body))
    assert all(word in each.protected for each in found)


@pytest.mark.parametrize(
    "body",
    [
        "The abuse of parking in our road must stop.",
        "The bin men killed my roses. Please collect the garden waste.",
        "Please move my council tax, our solicitor says we complete on the sale on Friday 3 May.",
        "This file is corrupt, so I send the invoice again.",
        "I will appeal this ticket. You hit my car with a fine again.",
        "Please supply all the information you hold on street trees.",
        "I am moving to a flat at 3 High Court Road.",
    ],
)
def test_harmless_uses_of_the_same_words(triager: Triager, body: str) -> None:
    assert not any(each.protected for each in triager.triage(letter(body)))


def test_a_member_of_parliament_is_known_by_the_address(triager: Triager) -> None:
    (found,) = triager.triage(letter("Please look into the bins in Elm Row.", sender="office.hughes@parliament.uk"))
    assert found.protected


def test_danger_wins_over_thanks_and_junk(triager: Triager) -> None:
    (found,) = triager.triage(letter("Thank you for everything, I am going to end my life tonight."))
    assert found.process == "other"
    assert "harm themselves" in found.protected


def test_an_attachment_counts_and_an_earlier_mail_does_not(triager: Triager) -> None:
    danger = "Her partner beats her and the children are at risk."
    assert triager.triage(letter("See attached.", files=[("note.docx", danger)]))[0].protected
    assert not triager.triage(letter("Please renew my garden bin, one bin, 4 Elm Row.", quoted=danger))[0].protected
