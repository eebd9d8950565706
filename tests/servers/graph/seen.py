"""What the stand-in was asked, and how much of it at once."""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import parse_qsl

MAILBOX = re.compile(r"^/v1\.0/users/([^/]+)", re.IGNORECASE)


@dataclass(slots=True)
class Seen:
    """One request and what became of it; a part of a batch is one too."""

    method: str
    path: str
    """Decoded, with /v1.0."""
    raw_query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    part_of_batch: bool = False
    status: int = 0
    """0 until answered, and for ever if the connection was reset."""
    mailbox: str = ""
    """Its address in lower case, or as the path names it if there is none such; empty for everything else."""
    app: str = ""
    """Who asked, by the token."""
    started: float = 0.0
    """Monotonic seconds, as `ended`."""
    ended: float = 0.0

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))


class Log:
    """Every request, and how many were under way at once."""

    def __init__(self, keep: int | None = None, canonical: Callable[[str], str] = str.lower) -> None:
        self._canonical = canonical
        self.requests: list[Seen] = []
        self.counts: Counter[tuple[str, int]] = Counter()
        """Requests by method and status."""
        self._keep = keep
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._most: dict[str, int] = defaultdict(int)

    def begin(self, seen: Seen) -> int:
        """Note a request and return how many are under way for its application and mailbox, with itself."""
        found = MAILBOX.match(seen.path)
        seen.mailbox = self._canonical(found[1]) if found else ""
        seen.started = monotonic()
        with self._lock:
            self.requests.append(seen)
            if self._keep and len(self.requests) > 2 * self._keep:
                del self.requests[: self._keep]
            if not seen.mailbox:
                return 0
            self._under_way[seen.mailbox] += 1
            self._under_way[f"{seen.app}\0{seen.mailbox}"] += 1
            self._most[seen.mailbox] = max(self._most[seen.mailbox], self._under_way[seen.mailbox])
            return self._under_way[f"{seen.app}\0{seen.mailbox}"]

    def end(self, seen: Seen, status: int) -> None:
        """Note how a request ended."""
        seen.status, seen.ended = status, monotonic()
        with self._lock:
            self.counts[seen.method, status] += 1
            if seen.mailbox:
                self._under_way[seen.mailbox] -= 1
                self._under_way[f"{seen.app}\0{seen.mailbox}"] -= 1

    def most_at_once(self, mailbox: str) -> int:
        """Return the most requests that were under way for a mailbox at one time."""
        return self._most[self._canonical(mailbox)]
