"""Evaluating: a folder of labelled post read, triaged and extracted, and compared with its labels; no ledger."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from postroom.errors import ConfigError, PostroomError

if TYPE_CHECKING:
    from config.settings import Settings
    from extractors.limits import Limits
    from extractors.ocr.settings import OcrSettings
    from extractors.triage import Triager, TriageRules
    from postroom.figures import EvaluationReport
    from postroom.process import Process
    from postroom.workitem import Extraction

LABELS = "labels.jsonl"
Progress = Callable[[int, int], None]
"""Told after each file how many are done, of how many."""


@dataclass(frozen=True)
class Line:
    """What a worker process needs to take a file through the line."""

    processes: tuple[Process, ...]
    rules: TriageRules
    limits: Limits
    ocr: OcrSettings

    @cached_property
    def triager(self) -> Triager:
        """Learned once for each worker."""
        from extractors.triage import Triager

        return Triager(self.processes, self.rules)

    def take(self, path: Path, name: str) -> tuple[Extraction, ...]:
        """Return the requests found in one file."""
        from extractors.fields import extract_all
        from extractors.reading import read_message
        from postroom.clock import utc_now
        from postroom.message import Message

        message = Message("evaluation", name, path.name, path.read_bytes(), utc_now())
        read = read_message(message, self.limits, self.ocr)
        return tuple(extract_all(read, self.triager.triage(read), self.processes))


@dataclass(frozen=True)
class _Outcome:
    name: str
    found: tuple[Extraction, ...] = ()
    failure: str = ""


def evaluate(folder: Path, settings: Settings, progress: Progress | None = None, workers: int = 0) -> EvaluationReport:
    """Measure the line on a folder of labelled post.

    Args:
        folder: Holds labels.jsonl and the files it names.
        settings: Whose processes and rules are measured.
        progress: Told after each file.
        workers: How many processes read at one time; 0 for one a core.

    Raises:
        ConfigError: There is no labels file, or it has mistakes.
    """
    from postroom.evaluation import evaluate_results
    from postroom.labels import parse_labels

    labels = parse_labels(_labels_text(folder), LABELS, _files(folder))
    names = list(dict.fromkeys(label.file for label in labels))
    line = Line(settings.processes, settings.triage, settings.limits, settings.ocr)
    started = time.monotonic()
    outcomes = []
    for outcome in _outcomes(line, folder, names, workers or os.cpu_count() or 1):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(names))
    return evaluate_results(
        labels,
        {outcome.name: outcome.found for outcome in outcomes},
        settings.processes,
        failed={outcome.name: outcome.failure for outcome in outcomes if outcome.failure},
        seconds=time.monotonic() - started,
    )


def _labels_text(folder: Path) -> str:
    try:
        return (folder / LABELS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{folder / LABELS} cannot be read ({type(error).__name__}).",
            hint="Name a folder that holds labels.jsonl, in UTF-8, beside the post it labels.",
        ) from error


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _outcomes(line: Line, folder: Path, names: Sequence[str], workers: int) -> Iterator[_Outcome]:
    if workers == 1 or len(names) < 2:
        yield from (_taken(line, folder, name) for name in names)
        return
    # Spawned, not forked: a fork of a process with threads (progress bars, OCR) can hang in the child.
    pool = ProcessPoolExecutor(min(workers, len(names)), get_context("spawn"), _keep_line, (line,))
    with pool:
        waiting = [pool.submit(_taken_by_worker, folder, name) for name in names]
        yield from (done.result() for done in as_completed(waiting))


def _taken(line: Line, folder: Path, name: str) -> _Outcome:
    try:
        return _Outcome(name, line.take(folder / name, name))
    except PostroomError as error:
        return _Outcome(name, failure=str(error))


_worker_line: list[Line] = []
"""The line of this worker process, set once when it starts."""


def _keep_line(line: Line) -> None:
    _worker_line[:] = [line]


def _taken_by_worker(folder: Path, name: str) -> _Outcome:
    return _taken(_worker_line[0], folder, name)
