"""Misbehaviour on demand, by operation, one request after the other."""

from __future__ import annotations

import threading
from collections import defaultdict

Behaviour = str
"""`status 503` · `retry 7` (503 with Retry-After) · `throttled 7` (429) · `busy 1500` (SOAP, milliseconds) ·
`busy` · `unauthorised` · `page 500` (HTML) · `soap ErrorX` · `code ErrorX` · `reset-before` · `reset-after` ·
`status-after 500` · `code-after ErrorX` · `slow 3` · `late 3` (the effect first) · `truncated` · `well`."""


class Faults:
    """Queues of behaviours; a request takes the first of its operation's queue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, list[Behaviour]] = defaultdict(list)

    def on(self, operation: str, *behaviours: Behaviour) -> None:
        """Say how the next requests for an operation go; `*` stands for any."""
        with self._lock:
            self._queues[operation] = list(behaviours)

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._queues.clear()

    def next(self, operation: str) -> Behaviour:
        """Return how this request goes."""
        with self._lock:
            for name in (operation, "*"):
                if self._queues[name]:
                    return self._queues[name].pop(0)
            return "well"
