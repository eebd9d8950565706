"""What a recogniser returns, and the repair of characters that OCR confuses."""

from __future__ import annotations

from dataclasses import dataclass

TO_DIGIT = str.maketrans("OoQDIl!iSsBZzGbgq", "00001111558226699")
"""Letters that OCR puts for digits."""
TO_LETTER = str.maketrans("015826!", "OISBZGI")
"""Digits that OCR puts for letters."""
DIGITLIKE = r"[0-9OoQDIl!SsBZzGg]"
"""A digit, or what OCR may have made of one."""
REPAIR_COST = 0.12
"""What each repaired character takes from a score."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value and where it stands in the text that was searched."""

    value: str
    """In the normal form of its type."""
    start: int
    end: int
    score: float
    """How surely the characters are such a value, by shape alone (0..1)."""
    rule: str = ""


def repair(text: str, shape: str) -> tuple[str, int]:
    """Turn each character into the kind its place wants and count the changes.

    Args:
        text: Characters without spaces, as many as the shape has.
        shape: `#` for a digit, `@` for a letter; any other mark must stand there itself.
    """
    fixed = []
    changes = 0
    for mark, wanted in zip(text, shape, strict=True):
        if wanted == "#":
            new = mark.translate(TO_DIGIT)
        elif wanted == "@":
            new = mark.upper().translate(TO_LETTER)
        else:
            new = wanted if mark.upper() == wanted or mark.upper().translate(TO_LETTER) == wanted else mark.upper()
        changes += new != mark.upper()
        fixed.append(new)
    return "".join(fixed), changes
