"""What a killed process of the real line does; importing it does all that is slow, and trains triage."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

import tests.faults.graph_imports  # noqa: F401
from config.settings import load_settings
from connectors.graph import workbook
from demo.microsoft365.rounds import one_round
from extractors.reading import read_message
from extractors.triage import Triager
from extractors.understanding import understand
from flows.open_line import Line
from postroom import failpoints
from postroom.errors import NotAllowed
from postroom.ledger import ItemState
from postroom.message import Message
from tests.faults.rest import at_rest

OFFICER = "Pat"
_REST_SECONDS = 1.5
"""After which a line that does nothing ends, at rest or not."""
_MAIN = load_settings()
_TRIAGER = Triager(_MAIN.processes, _MAIN.triage)
_MAIL = Message("post", "1", "1.eml", b"Subject: Bins\r\n\r\nPlease collect.\r\n", datetime(2026, 9, 14, tzinfo=UTC))
_READ = understand(read_message(_MAIL, _MAIN.limits, _MAIN.ocr), _TRIAGER, _MAIN.processes, _MAIN.ocr)
"""Reading once fills what is kept between readings."""


def work(config: Path, data: Path, armed: str, rest_after: int, looks_first: bool, environment: dict[str, str]) -> None:
    """Take every step again and again; an officer sends on what waits for a person."""
    os.environ.update(environment)
    if not looks_first:
        workbook.Table.rows = lambda self, key: []  # type: ignore[method-assign]
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=_Silent)
    line = Line(load_settings(config, data))
    vars(line)["triager"] = _TRIAGER
    failpoints.arm(armed)
    quiet_since = time.monotonic()
    while not rest_after or time.monotonic() - quiet_since < _REST_SECONDS:
        if one_round(line) + clear_queue(line):
            quiet_since = time.monotonic()
        elif rest_after and at_rest(line.ledger, rest_after):
            break
        time.sleep(0.01)
    line.close()


def clear_queue(line: Line) -> int:
    """Release every item of a process that waits for a person, as an officer does who finds it right."""
    plans = {process.id: process.deliver for process in line.settings.processes}
    cleared = 0
    for item in line.ledger.items(state=ItemState.WITH_PERSON, limit=1000):
        plan = plans.get(item.process)
        if plan and not item.protected and not _tried(line, item.id):
            try:
                line.ledger.release(item.id, plan, OFFICER, process=None)
                cleared += 1
            except NotAllowed:
                continue
    return cleared


def _tried(line: Line, item_id: str) -> bool:
    """Whether a delivery of the item was made already; one that needs a person is left to the test to find."""
    return any(delivery.target != "waiting" for delivery in line.ledger.item(item_id).deliveries)


class _Silent(structlog.PrintLogger):
    def __init__(self, *_: object) -> None:
        super().__init__(sys.stderr if os.environ.get("POSTROOM_LOUD") else Path(os.devnull).open("w"))  # noqa: SIM115
