"""Progress bars that look at the ledger, so that they tell what is stored and not what somebody intended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from postroom.ledger import Ledger, Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

_LOOK_SECONDS = 0.4
_STEPS = ("Taken in", "Read", "Sorted", "Delivered")


@contextmanager
def show_progress(ledger: Ledger, console: Console) -> Iterator[None]:
    """Show one bar for each step while the line works."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    before = ledger.progress()
    over = Event()
    with Bars(*columns, console=console, transient=not console.is_terminal) as bars:
        for step in _STEPS:
            bars.add_task(step, total=None)

        def watch() -> None:
            while not over.wait(_LOOK_SECONDS):
                _show(bars, before, ledger.progress())

        watcher = Thread(target=watch, name="progress", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            _show(bars, before, ledger.progress())


def _show(bars: Bars, before: Progress, now: Progress) -> None:
    """Show what moved since the start, of all that was or came to be there to move."""
    done = (
        (now.received - before.received, now.received - before.received),
        (now.read - before.read, now.received - before.read),
        (now.itemised - before.itemised, now.received - before.itemised),
        (now.deliveries_done - before.deliveries_done, now.deliveries - before.deliveries_done),
    )
    for task, (completed, of) in zip(bars.tasks, done, strict=True):
        bars.update(task.id, completed=completed, total=of)
