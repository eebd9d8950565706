"""Figures: what an evaluation comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """How well fields were found: right ones, found but wrong, expected but not found right."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of the found values that are right."""
        return share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Share of the expected values that were found."""
        return share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return share(2 * self.right, 2 * self.right + self.wrong + self.missed)

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share, 0 of nothing."""
        return share(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that was not as labelled. It quotes the post, so it belongs on the screen and never into a log."""

    file: str
    process: str
    field: str
    """Empty where the process itself is wrong."""
    expected: str
    got: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Values of about the same stated confidence: how many, what was stated, what was right."""

    low: float
    high: float
    count: int
    stated: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether 0.98 means right 98 times in 100."""

    bins: tuple[Bin, ...]
    error: float
    """Expected calibration error: the mean distance of stated and right, weighted by count."""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one process and kind of post."""

    process: str
    kind: str
    triage: Share
    fields: Score


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Every figure of one evaluation."""

    files: int
    labels: int
    triage: Share
    triage_by_kind: Mapping[str, Share]
    superfluous: int
    """Items found that no label and no further matter accounts for."""
    fields: Score
    fields_by_kind: Mapping[str, Score]
    fields_by_process: Mapping[str, Score]
    fields_by_name: Mapping[str, Score]
    """By `process.field`."""
    rows: tuple[Row, ...]
    straight_through: Share
    """Of the labelled items that belong to a process."""
    straight_through_right: Share
    """Of the straight-through items, those with the right process and every field right."""
    coverage_when_strict: Share
    """Items that could go straight through, surest first, while 99.5 % of them are right."""
    triage_calibration: Calibration
    field_calibration: Calibration
    wrong: tuple[Wrong, ...]
    failed: Mapping[str, str]
    """Files that could not be read at all, and why."""
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain values for JSON, shares and scores with their figures worked out."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def share(part: float, whole: float) -> float:
    """Return the share, 0 of nothing."""
    return part / whole if whole else 0.0


def _plain(value: object) -> object:
    if isinstance(value, Score):
        return asdict(value) | {"precision": value.precision, "recall": value.recall, "f1": value.f1}
    if isinstance(value, Share):
        return asdict(value) | {"value": value.value}
    if isinstance(value, Row):
        return {name: _plain(getattr(value, name)) for name in ("process", "kind", "triage", "fields")}
    if isinstance(value, Calibration | Wrong | Bin):
        return asdict(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
