"""Passwords of the desk's own accounts: how they are kept, which are taken, and how wrong ones make people wait."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST, LONGEST = 12, 256
"""In characters; the National Cyber Security Centre asks for length, and for no mixture of kinds."""
LONGEST_WAIT_SECONDS = 900
ADVICE = "Take three words that have nothing to do with each other, or let your password manager make one."

# Argon2id with 64 MiB, 3 passes and 4 lanes: the second recommended option of RFC 9106, section 4.
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 64 MiB for a tenth of a second: a flood of sign-ins may not take all memory."""
# The hash of random characters that nobody kept.
_OF_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$1NDzKNauRQ4uEWW8ucakSA$6UZ6qiPXkRZD0b38+A5GUQdfhJaEvdbNBtajbZkeDXY"
_TRIES_WITHOUT_WAIT = 3
_FIRST_WAIT_SECONDS = 5

_LEAST_REST = 6
"""Characters that must be left of a password when everything in it that is guessed first is taken out."""
_MOST_GUESSED = """
    password passwort passw0rd passphrase secret letmein welcome changeme default admin administrator login access
    master superuser service account computer internet google facebook microsoft office windows iloveyou sunshine
    princess football liverpool arsenal chelsea manchester united everton rangers celtic tottenham newcastle england
    scotland wales ireland london britain charlie monkey dragon superman batman pokemon starwars trustno1 whatever
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december spring summer autumn winter christmas holiday qwerty azerty asdfgh zxcvbn test testing
    temp temporary guest user council borough district county city postroom post room hello please thankyou
"""
_GUESSED = frozenset(_MOST_GUESSED.split())
"""Words that stand in most lists of what people take."""
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t6y7u8i9o0p",
)  # fmt: skip
"""Runs of three and more along these, in either direction, add nothing."""
_FOR_LETTERS = str.maketrans("013457@$!", "oleastasi")
"""What people write in the place of letters."""


def hash_password(password: str) -> str:
    """Return what is kept of a password, from which it cannot be worked out."""
    with _AT_ONCE:
        return _HASHER.hash(_one_spelling(password))


def verify(kept: str, password: str) -> bool:
    """Tell whether a password is the right one.

    Args:
        kept: What `hash_password` returned; empty where there is no such account, which takes as long.
        password: What was typed.
    """
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _OF_NOBODY, _one_spelling(password)) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(kept: str) -> bool:
    """Tell whether a password was kept in a weaker way than today's, so that it is kept anew at the next sign-in."""
    return _HASHER.check_needs_rehash(kept)


def password_problem(password: str, *, council: str = "", names: Iterable[str] = ()) -> str:
    """Return what is wrong with a new password, in a sentence for the person; empty if it may be taken.

    Args:
        password: What was typed.
        council: The council's name, which is guessed first.
        names: The person's name and sign-in name, which are guessed next.
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. {ADVICE}"
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    words = {word for name in (council, *names) for word in re.findall(r"[^\W\d_]{3,}", name.casefold())}
    if min(len(_rest(spelt, words | _GUESSED)) for spelt in _spellings(password)) < _LEAST_REST:
        return f"This password is among the first that others would guess. {ADVICE}"
    return ""


def wait_after(failures: int) -> int:
    """Return for how many seconds an account takes no password after so many wrong ones in a row; never for good."""
    if failures <= _TRIES_WITHOUT_WAIT:
        return 0
    doublings = min(failures - _TRIES_WITHOUT_WAIT - 1, 10)
    return min(_FIRST_WAIT_SECONDS << doublings, LONGEST_WAIT_SECONDS)


def _one_spelling(password: str) -> str:
    """Return one form for letters that keyboards write in several, such as those with accents."""
    return unicodedata.normalize("NFKC", password)


def _spellings(password: str) -> tuple[str, str]:
    plain = _one_spelling(password).casefold()
    return plain, plain.translate(_FOR_LETTERS)


def _rest(password: str, words: Iterable[str]) -> str:
    """Return what is left without known words, years, runs along the keyboard and repetitions."""
    for word in sorted(words, key=len, reverse=True):
        password = password.replace(word, " ")
    password = re.sub(r"(19|20)\d\d", " ", password)
    password = re.sub(r"(.{1,4}?)\1{2,}", " ", password)
    for row in _ROWS:
        for way in (row, row[::-1]):
            for length in range(len(way), 2, -1):
                for start in range(len(way) - length + 1):
                    password = password.replace(way[start : start + length], " ")
    return re.sub(r"\W|_", "", password)
