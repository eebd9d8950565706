"""The log: JSON lines in the data folder, with listed keys only, so that nothing personal can slip in."""

from __future__ import annotations

import logging
import logging.handlers
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

ALLOWED = frozenset({
    "event", "level", "timestamp", "item", "items", "message", "messages", "delivery", "document", "documents",
    "stage", "state", "process", "inbox", "target", "connector", "kind", "hint", "error", "count", "counts", "seconds",
    "attempt", "page", "pages", "retry_after", "run",
})  # fmt: skip
"""Names of what may be logged: ids, stages, names from the configuration, kinds of error and counts."""

TEN_MEGABYTES = 10_000_000


def log_to(folder: Path) -> None:
    """Send the log to `postroom.log` in a folder of the data folder; five older files are kept."""
    handler = _handler(folder)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("postroom")
    for old in tuple(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: logger,
        cache_logger_on_first_use=False,
    )


def _handler(folder: Path) -> logging.Handler:
    try:
        for private in (folder.parent, folder):
            private.mkdir(parents=True, exist_ok=True, mode=0o700)
        return logging.handlers.RotatingFileHandler(
            folder / "postroom.log", maxBytes=TEN_MEGABYTES, backupCount=5, encoding="utf-8"
        )
    except OSError:
        # Reading a file needs no data folder; what is then worth saying goes where errors go.
        return logging.StreamHandler()


def keep_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every key that is not listed, and name what was dropped."""
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    dropped = sorted(set(event) - ALLOWED)
    return {**kept, "dropped": dropped} if dropped else kept
