"""Every reason an item is held for has a kind people can filter by, and its general words give nobody away."""

from __future__ import annotations

import pytest

from postroom.reasons import TITLES, Kind, in_general, kind_of, kinds_in, kinds_of

SAID = {
    "Only named people may see this: it speaks of harm to a child.": Kind.PROTECTED,
    "“Moving date” was not found.": Kind.MISSING,
    "“Moving date” is not sure enough (83%).": Kind.UNSURE,
    "“Net” and “VAT” do not add up to “Total”.": Kind.CHECK,
    "The sort code and account number do not belong together.": Kind.CHECK,
    "scan.pdf: It is protected by a password: ask the sender for another.": Kind.UNREADABLE,
    "This post could not be read in 3 attempts (a fault). Please handle it by hand.": Kind.UNREADABLE,
    "No configured process fits this post.": Kind.UNSORTED,
    "no process is sure enough; the best guesses are foi-request (13%), complaint (10%)": Kind.UNSORTED,
    "it asks something else besides; a person decides what becomes of it": Kind.UNSORTED,
    "photo.jpg: No text could be read in it: look at it yourself.": Kind.UNREADABLE,
    "Pages 3-9 were not read: reading took longer than 60 seconds.": Kind.UNREADABLE,
    "Item VYDP7QKQ of the last 14 days holds all the same values: is this the same?": Kind.REPEATED,
    "depot: the record was refused.": Kind.REFUSED,
    "It is still to be keyed into depot.": Kind.REFUSED,
    "A member of staff took this post back in its inbox, so the robot leaves it to them.": Kind.TAKEN_BACK,
    "Sent back to the sender: needs a signature.": Kind.ANSWERED,
    "The letter to the sender was not sent: the address does not exist.": Kind.ANSWERED,
    "It is not sure that the letter to the sender was sent: no answer came.": Kind.ANSWERED,
    "Something else.": Kind.OTHER,
}


@pytest.mark.parametrize(("reason", "kind"), SAID.items())
def test_a_reason_has_its_kind(reason: str, kind: Kind) -> None:
    assert kind_of(reason) is kind


def test_kinds_are_kept_in_one_order_and_come_back() -> None:
    reasons = list(SAID)
    assert kinds_of(reasons) == kinds_of(reversed(reasons))
    assert set(kinds_in(kinds_of(reasons))) == set(SAID.values())
    assert kinds_in(kinds_of([])) == ()
    assert set(TITLES) == set(Kind)


@pytest.mark.parametrize(
    ("reason", "general"),
    [
        ("“Moving date” is not sure enough (83%).", "“Moving date” is not sure enough."),
        (
            "Item VYDP7QKQ of the last 14 days holds all the same values: is this the same?",
            "Another item of the last days holds all the same values: is this the same?",
        ),
        ("Smith divorce.pdf: It is protected by a password.", "A file: It is protected by a password."),
    ],
)
def test_general_words_hold_no_number_and_no_name(reason: str, general: str) -> None:
    assert in_general(reason) == general
