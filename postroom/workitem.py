"""A work item: one piece of work found in a message, for one process."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.disposition import Disposition
from postroom.fields import Fault, Field


@dataclass(frozen=True, slots=True)
class Triage:
    """One request found in a message: which process it belongs to, and why."""

    process: str
    """A process id, a kind of no action (`auto-reply`, `bounce`, `spam`, `thanks`), or `other`."""
    confidence: float
    reasons: tuple[str, ...] = ()
    """What decided, in words: "subject and form heading say Direct Debit"."""
    document_ids: tuple[str, ...] = ()
    """The documents that belong to this request, most telling first; the body among them where it speaks of it."""
    lines: tuple[tuple[str, int, int, int], ...] = ()
    """Parts of a document that belong to it: document id, page, first line, last line + 1; empty means all of it."""
    protected: str = ""
    """Why only named people may see it (safeguarding, a threat, a legal notice…); empty otherwise."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read for one request."""

    triage: Triage
    fields: tuple[Field, ...]
    disposition: Disposition
    faults: tuple[Fault, ...] = ()
    due: str = ""
    """ISO date by which the law or the service standard wants an answer; empty where none is set."""

    def value(self, name: str) -> str:
        """Return a field's value, or an empty string."""
        return next((field.value for field in self.fields if field.name == name), "")
