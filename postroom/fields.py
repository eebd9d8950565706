"""Fields: extracted values that never lose their provenance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from postroom.text import Box


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value was read."""

    document_id: str
    page: int
    box: Box | None
    """None where there is no place on a page: a header, a value worked out from others."""
    text: str
    """The words as they stand in the source."""
    rule: str
    """Which rule chose it, such as `label:moving date` or `sender`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that may be the field's, with its score (0..1, comparable within one field)."""

    value: str
    """In the normal form of its type."""
    score: float
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Field:
    """The chosen value of one field."""

    name: str
    value: str
    """In the normal form of its type."""
    confidence: float
    """Calibrated: 0.98 means right 98 times in 100."""
    provenance: Provenance
    others: tuple[Candidate, ...] = ()
    """What else it might have been, best first."""

    def with_confidence(self, confidence: float) -> Field:
        """Return the same field, believed as much as given."""
        return replace(self, confidence=confidence)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a field or a check between fields needs a person."""

    fields: tuple[str, ...]
    reason: str
    """In words an officer understands."""
