"""A target's own message, quoted without the personal data that was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 200


def quote(message: str, sent: Iterable[str]) -> str:
    """Return a system's message with every sent value, and telling parts of it, blotted out.

    A target may repeat what it refuses; a message of ours reaches logs. Whole values go, and of each value the
    words that have a capital or a digit, which is what names, addresses and numbers are made of.

    Args:
        message: The system's words.
        sent: Every value that was sent, as it was written.
    """
    values = sorted({value.strip() for value in sent if len(value.strip()) > 1}, key=len, reverse=True)
    words = {word for value in values for word in re.findall(r"\w[\w'’-]+", value) if re.search(r"[A-Z\d]", word)}
    blotted = " ".join(message.split())
    for value in (*values, *sorted(words, key=len, reverse=True)):
        blotted = re.sub(rf"(?<!\w){re.escape(' '.join(value.split()))}(?!\w)", "…", blotted, flags=re.IGNORECASE)
    # Numbers that were not sent can still be somebody's: of another record, another account.
    blotted = re.sub(r"\d{4,}", "…", blotted)
    return blotted[:_LONGEST]
