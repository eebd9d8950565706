"""A budget of time for one document, so that no document holds up the post."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise


class Budget:
    """The time that OCR may spend on one document, counted from when it is made; its first page is always read."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._unread: list[int] = []
        self._begun = False

    def allows(self, page_number: int) -> bool:
        """Say whether a page may still be begun; one that may not is remembered as not read."""
        if not self._begun or time.monotonic() < self._end:
            self._begun = True
            return True
        self._unread.append(page_number)
        return False

    def unread(self) -> tuple[str, ...]:
        """Tell which pages were not read, in words an officer understands; nothing if all were."""
        if not self._unread:
            return ()
        pages = "Page" if len(self._unread) == 1 else "Pages"
        were = "was" if len(self._unread) == 1 else "were"
        return (
            f"{pages} {_ranges(self._unread)} {were} not read: reading took longer than {self._seconds:g} seconds. "
            "Read the rest by hand, or raise `document_seconds`.",
        )


def _ranges(numbers: Iterable[int]) -> str:
    ordered = sorted(numbers)
    starts = ordered[:1] + [after for before, after in pairwise(ordered) if after != before + 1]
    ends = [before for before, after in pairwise(ordered) if after != before + 1] + ordered[-1:]
    return ", ".join(f"{start}" if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True))
