"""Every request of a message: its fields where it has a process, its reasons where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractors.fields.extract import extract
from extractors.fields.judge import settled_by_triage, unread
from postroom.disposition import Disposition, Outcome
from postroom.message import ReadMessage
from postroom.process import Process
from postroom.workitem import Extraction, Triage


def extract_all(read: ReadMessage, triages: Sequence[Triage], processes: Sequence[Process]) -> tuple[Extraction, ...]:
    """Read the fields of every request of a message.

    Args:
        read: The message with the text of its documents.
        triages: The requests found in it.
        processes: The configured processes; a request of any other goes to a person.
    """
    by_id = {process.id: process for process in processes}
    return tuple(_extract_one(read, triage, by_id.get(triage.process)) for triage in triages)


def _extract_one(read: ReadMessage, triage: Triage, process: Process | None) -> Extraction:
    if process is not None:
        return extract(read, triage, process)
    settled = settled_by_triage(triage) or Disposition(Outcome.REVIEW, ("Its process is not configured.",))
    unreadable = tuple(unread(problem) for problem in read.problems)
    if settled.outcome is Outcome.REVIEW and unreadable:
        settled = replace(settled, reasons=(*settled.reasons, *unreadable))
    return Extraction(triage, (), settled)
