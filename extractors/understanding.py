"""Understanding one message: read, triaged and extracted, with a second, stronger reading where that may help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors.fields import extract_all
from extractors.second_look import look_again
from postroom.disposition import Outcome
from postroom.message import ReadMessage
from postroom.process import Process
from postroom.workitem import Extraction

if TYPE_CHECKING:
    from extractors.ocr.settings import OcrSettings
    from extractors.triage import Triager


@dataclass(frozen=True, slots=True)
class Understood:
    """A message as it was read in the end, and what was found in it."""

    read: ReadMessage
    extractions: tuple[Extraction, ...]


def understand(read: ReadMessage, triager: Triager, processes: Sequence[Process], ocr: OcrSettings) -> Understood:
    """Find the requests of a message and their fields; where a required field is missing, read its scans again.

    The second reading stands if it leaves fewer faults than the first.
    """
    first = Understood(read, extract_all(read, triager.triage(read), processes))
    if not _faults(first):
        return first
    again = look_again(read, ocr)
    if again is read:
        return first
    second = Understood(again, extract_all(again, triager.triage(again), processes))
    return min(first, second, key=_faults)


def _faults(understood: Understood) -> int:
    """Count missing fields, failed checks, and requests that nobody knew."""
    return sum(
        len(extraction.faults) or (extraction.disposition.outcome is Outcome.REVIEW and not extraction.fields)
        for extraction in understood.extractions
    )
