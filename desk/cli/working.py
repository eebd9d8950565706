"""One run of the line from the command, under progress bars."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from desk.cli.printing import aside
from postroom.errors import StepFault

if TYPE_CHECKING:
    from flows.open_line import Line


def work(line: Line) -> list[str]:
    """Run the line once under progress bars and return what did not work, a line each."""
    import asyncio

    from desk.cli.progress import show_progress
    from flows.choose_settings import choose_settings

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    choose_settings(line.settings.data)
    with show_progress(line.ledger, aside()):
        from flows.run_line import run_line

        try:
            asyncio.run(run_line())
        except StepFault as fault:
            return fault.message.splitlines()
    return []
