"""The modulus check: whether a sort code and an account number belong together.

The rules are Pay.UK's "Validating account numbers: UK modulus checking"; its weight table (valacdos) and its table of
sort code substitutions (scsubtab) lie beside this module, as published, and are replaced when a new version appears.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_EXCEPTION_2_WEIGHTS = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
_EXCEPTION_2_G9_WEIGHTS = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)
_EITHER = {(2, 9), (10, 11), (12, 13)}
"""Pairs of exceptions where one check passed is enough."""


@dataclass(frozen=True, slots=True)
class _Row:
    start: int
    end: int
    method: str
    """`MOD10`, `MOD11` or `DBLAL`."""
    weights: tuple[int, ...]
    exception: int


def belong_together(sort_code: str, account_number: str) -> bool:
    """Tell whether the account can exist under the sort code; true where the table has no rule for it.

    Args:
        sort_code: Six digits.
        account_number: Eight digits.
    """
    rows = [row for row in _table() if row.start <= int(sort_code) <= row.end]
    if not rows:
        return True
    exceptions = tuple(row.exception for row in rows)
    if 6 in exceptions and account_number[0] in "45678" and account_number[6] == account_number[7]:
        return True
    first = _passes(rows[0], sort_code, account_number)
    if len(rows) == 1:
        return first
    if exceptions in _EITHER:
        return first or _passes(rows[1], sort_code, account_number)
    if rows[1].exception == 3 and account_number[2] in "69":
        return first
    return first and _passes(rows[1], sort_code, account_number)


def _passes(row: _Row, sort_code: str, account: str) -> bool:
    if row.exception == 5:
        sort_code = _substitutions().get(sort_code, sort_code)
    elif row.exception == 8:
        sort_code = "090126"
    elif row.exception == 9:
        sort_code = "309634"
    remainder = _remainder(row, _weights(row, account), sort_code + account)
    if row.exception == 4:
        return remainder == int(account[6:])
    if row.exception == 5:
        return _check_digit_holds(row, remainder, account)
    if row.exception == 14 and remainder:
        return account[7] in "019" and _remainder(row, row.weights, sort_code + "0" + account[:7]) == 0
    return remainder == 0


def _weights(row: _Row, account: str) -> tuple[int, ...]:
    if row.exception == 2 and account[0] != "0":
        return _EXCEPTION_2_G9_WEIGHTS if account[6] == "9" else _EXCEPTION_2_WEIGHTS
    ninth = account[6] == "9"
    if ninth and (row.exception == 7 or (row.exception == 10 and account[:2] in ("09", "99"))):
        return (0,) * 8 + row.weights[8:]
    return row.weights


def _remainder(row: _Row, weights: tuple[int, ...], digits: str) -> int:
    products = [int(digit) * weight for digit, weight in zip(digits, weights, strict=True)]
    if row.method == "DBLAL":
        total = sum(int(figure) for product in products for figure in str(product))
        return (total + (27 if row.exception == 1 else 0)) % 10
    return sum(products) % (11 if row.method == "MOD11" else 10)


def _check_digit_holds(row: _Row, remainder: int, account: str) -> bool:
    if row.method == "DBLAL":
        return (10 - remainder) % 10 == int(account[7])
    return remainder != 1 and (11 - remainder) % 11 == int(account[6])


@cache
def _table() -> tuple[_Row, ...]:
    rows = []
    for line in _lines("weights.txt"):
        start, end, method, *numbers = line.split()
        figures = [int(number) for number in numbers]
        rows.append(_Row(int(start), int(end), method, tuple(figures[:14]), figures[14] if len(figures) > 14 else 0))
    return tuple(rows)


@cache
def _substitutions() -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in _lines("substitutions.txt")}


def _lines(name: str) -> list[str]:
    text = files("extractors.values").joinpath("modulus_data", name).read_text(encoding="ascii")
    return [line for line in text.splitlines() if line.strip()]
