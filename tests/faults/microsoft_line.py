"""The real line from a mailbox to a list, a library and a workbook, in processes that can be killed at any moment.

The processes are forked from one that has done the slow imports and trained triage, and that has no threads.
"""

from __future__ import annotations

import os
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.faults.forking import fork


def start(config: Path, data: Path, armed: str = "", *, rest_after: int = 0, looks_first: bool = True) -> BaseProcess:
    """Start the line in a process of its own.

    Args:
        config: The configuration folder.
        data: The data folder.
        armed: The failpoint to be killed at, if any.
        rest_after: Messages after which it ends, once nothing of them moves any more; 0 works until it is killed.
        looks_first: Whether the workbook is looked into before a row is added; without, the guard is broken.
    """
    return fork(_work, config, data, armed, rest_after, looks_first, dict(os.environ))


def _work(*given: Any) -> None:
    """Import what is slow in the process itself, where it is there already, and not in the one that runs the tests."""
    from tests.faults.microsoft_work import work

    work(*given)
