from __future__ import annotations

import statistics
import time

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from desk.web.sign_in import passwords
from desk.web.sign_in.passwords import (
    ADVICE,
    LONGEST_WAIT_SECONDS,
    hash_password,
    needs_rehash,
    password_problem,
    verify,
    wait_after,
)

GOOD = "tractor velvet mushroom"
COUNCIL, NAMES = "Westmere Borough Council", ("Olu Brandt", "olu.brandt")


@pytest.fixture(scope="module")
def kept() -> str:
    return hash_password(GOOD)


def test_the_right_password_is_known_and_no_other(kept: str) -> None:
    assert verify(kept, GOOD)
    assert not verify(kept, GOOD.upper())
    assert not verify(kept, f"{GOOD} ")
    assert not verify(kept, "")


def test_what_is_kept_is_argon2id_as_rfc_9106_recommends_second(kept: str) -> None:
    found = extract_parameters(kept)
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 65536, 3, 4)
    assert GOOD not in kept
    assert hash_password(GOOD) != kept


def test_no_password_is_right_where_there_is_no_account() -> None:
    assert not verify("", GOOD)
    assert not verify("no hash at all", GOOD)


def test_a_wrong_name_takes_as_long_as_a_wrong_password(kept: str) -> None:
    def took(stored: str) -> float:
        began = time.perf_counter()
        verify(stored, "of nobody at all")
        return time.perf_counter() - began

    took(kept)
    pairs = [(took(kept), took("")) for _ in range(5)]
    known, unknown = (statistics.median(one) for one in zip(*pairs, strict=True))
    assert 0.5 < unknown / known < 2


def test_the_stand_in_for_a_wrong_name_costs_what_a_hash_of_today_costs() -> None:
    assert not needs_rehash(passwords._OF_NOBODY)


def test_a_password_kept_in_a_weaker_way_is_kept_anew(kept: str) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    assert verify(weaker, GOOD)
    assert needs_rehash(weaker)
    assert not needs_rehash(kept)


def test_letters_with_accents_are_the_same_however_a_keyboard_writes_them() -> None:
    assert verify(hash_password("caf\u00e9 tractor velvet"), "cafe\u0301 tractor velvet")


@pytest.mark.parametrize(
    "password",
    [GOOD, "correcthorsebattery", "Zebra-Kettle-Orbit", "aQ8#vLr2!zXw", "tischlampe regenbogen", "зебра чайник орбита"],
)
def test_a_long_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert password_problem(password, council=COUNCIL, names=NAMES) == ""


@pytest.mark.parametrize(
    "password",
    [
        "Password1234", "P@ssw0rd12345", "passwordpassword", "Welcome2026!!", "Summer2026Summer", "qwertyuiop123",
        "1234567890123", "aaaaaaaaaaaa", "abababababab", "abcdefghijkl", "1q2w3e4r5t6y", "Westmere2026!",
        "Olu.Brandt.1990", "BoroughCouncil1", "iloveyou123456", "LetMeIn!LetMeIn!", "zxcvbnm987654",
        " " * 12, "!!!!!!!!!!!!",
    ],
)  # fmt: skip
def test_what_others_guess_first_is_refused_with_a_better_way(password: str) -> None:
    told = password_problem(password, council=COUNCIL, names=NAMES)
    assert told.startswith("This password is among the first")
    assert told.endswith(ADVICE)
    assert password not in told


@pytest.mark.parametrize(("password", "told"), [("x7#kQ", "at least 12"), ("k" * 257, "at most 256")])
def test_a_password_has_twelve_to_256_characters(password: str, told: str) -> None:
    assert told in password_problem(password)


@given(st.text(max_size=300))
def test_no_text_of_another_length_is_taken(password: str) -> None:
    taken = password_problem(password, council=COUNCIL, names=NAMES) == ""
    assert not taken or 12 <= len(password) <= 256


def test_three_slips_cost_nothing_and_then_the_wait_doubles() -> None:
    assert [wait_after(failures) for failures in range(14)] == [
        0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900,
    ]  # fmt: skip


@given(st.integers(min_value=0, max_value=10**9))
def test_no_account_is_locked_for_good(failures: int) -> None:
    assert 0 <= wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT_SECONDS
