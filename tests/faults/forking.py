"""Processes forked from one that has imported everything slow, so that a test can start and kill many of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path

_CONTEXT = get_context("forkserver")
# A process that runs tests has one server of forks, whichever file's tests come first.
_CONTEXT.set_forkserver_preload(["tests.faults.microsoft_work", "tests.faults.mailbox_line"])


def fork(work: Callable[..., None], *given: object) -> BaseProcess:
    """Start work in a process of its own; it is a function of a module, which the server of forks can import."""
    # Python 3.11 does not tell the process that forks where modules lie.
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    ensure_running()
    process = _CONTEXT.Process(target=work, args=given)
    process.start()
    return process
