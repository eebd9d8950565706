"""Kinds of reasons: why items wait for people, in few enough kinds to filter and count by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """Why an item waits for a person."""

    PROTECTED = "protected"
    MISSING = "missing"
    UNSURE = "unsure"
    CHECK = "check"
    UNREADABLE = "unreadable"
    UNSORTED = "unsorted"
    REPEATED = "repeated"
    REFUSED = "refused"
    TAKEN_BACK = "taken-back"
    ANSWERED = "answered"
    OTHER = "other"


TITLES: Mapping[Kind, str] = {
    Kind.PROTECTED: "Protected",
    Kind.MISSING: "Something is missing",
    Kind.UNSURE: "A value is not sure",
    Kind.CHECK: "Values do not agree",
    Kind.UNREADABLE: "Part could not be read",
    Kind.UNSORTED: "No process, or not sure which",
    Kind.REPEATED: "Looks like a repetition",
    Kind.REFUSED: "A system did not take it",
    Kind.TAKEN_BACK: "Staff took it back",
    Kind.ANSWERED: "A letter could not be sent",
    Kind.OTHER: "Another reason",
}
_SIGNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (Kind.PROTECTED, r"^Only named people may see this"),
        (Kind.ANSWERED, r"^Sent back to the sender|letter to the sender"),
        (Kind.TAKEN_BACK, r"took this post back|was keyed or may have been keyed"),
        (Kind.REPEATED, r"holds all the same values|same post is already there"),
        (Kind.MISSING, r"was not found\.$"),
        (Kind.UNSURE, r"is not sure enough"),
        (Kind.CHECK, r"do not add up|do not belong together|are the same\.$"),
        (
            Kind.UNSORTED,
            r"No configured process|(?i:no process is sure)|It is not sure that this is for|No piece of work was found|"
            r"No target|asks something else besides",
        ),
        (
            Kind.UNREADABLE,
            r"(?i)not be (read|sorted|unpacked|opened)|(was|were) not read|password|cannot be|no text could|damaged|"
            r"encrypted|too (large|many|deep|long|big)|larger than|more than",
        ),
        (Kind.REFUSED, r"^[\w.-]+: |still to be keyed|every delivery was cancelled"),
    )
)


_ITEM_ID = re.compile(r"\bItem [A-Z2-7]{8}\b")
_FILE = re.compile(r"^[^:“”]*\.\w{2,5}: ")
_NUMBER = re.compile(r"\s*\([^()]*\d[^()]*\)|\b\d[\d,.]*\b%?")


def kind_of(reason: str) -> Kind:
    """Return the kind of one reason, told by its words."""
    return next((kind for kind, sign in _SIGNS if sign.search(reason)), Kind.OTHER)


def kinds_of(reasons: Iterable[str]) -> str:
    """Return the kinds of several reasons as the ledger keeps them: each between commas, in a fixed order."""
    found = {kind_of(reason) for reason in reasons}
    return "".join(f",{kind}" for kind in Kind if kind in found) + "," if found else ""


def kinds_in(kept: str) -> tuple[Kind, ...]:
    """Return kinds from the form in which the ledger keeps them."""
    return tuple(Kind(kind) for kind in kept.split(",") if kind)


def in_general(reason: str) -> str:
    """Return a reason without what is one item's alone: numbers, ids and names of files."""
    general = _ITEM_ID.sub("Another item", reason)
    general = _FILE.sub("A file: ", general)
    general = _NUMBER.sub("", general)
    return " ".join(general.split()).replace(" .", ".")
