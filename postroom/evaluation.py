"""Evaluation: what was found in labelled post against its labels, as figures that people can act on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, permutations

from postroom.comparing import same_value
from postroom.disposition import NO_ACTION_KINDS, OTHER, Outcome
from postroom.figures import Bin, Calibration, EvaluationReport, Row, Score, Share, Wrong, share
from postroom.labels import Label
from postroom.process import FieldType, Process
from postroom.workitem import Extraction

STRICT = 0.995
"""The share of right items at which coverage is stated."""
_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
_MOST_ORDERS = 7
"""With more items than this in a file, the first fitting order is taken instead of the best of all."""


def evaluate_results(
    labels: Sequence[Label],
    found: Mapping[str, Sequence[Extraction]],
    processes: Sequence[Process],
    *,
    failed: Mapping[str, str] | None = None,
    seconds: float = 0.0,
) -> EvaluationReport:
    """Compare what was found with the labels.

    Args:
        labels: Of every file.
        found: The requests found in each file, by the file's name in the labels.
        processes: Whose fields tell how values are compared.
        failed: Files that could not be read, with reasons.
        seconds: How long finding took.
    """
    kinds = {(p.id, name): spec.type for p in processes for name, spec in p.fields.items()}
    by_file: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        by_file[label.file].append(label)
    tally = _Tally(kinds)
    for file, theirs in by_file.items():
        tally.take(theirs, list(found.get(file, ())))
    return tally.report(len(by_file), failed or {}, seconds)


class _Tally:
    def __init__(self, kinds: Mapping[tuple[str, str], FieldType]) -> None:
        self._kinds = kinds
        self._pairs: list[tuple[Label, Extraction | None]] = []
        self._superfluous: list[tuple[Label, Extraction]] = []

    def take(self, labels: Sequence[Label], found: list[Extraction]) -> None:
        """Match the items of one file with its labels."""
        pairs = self._matched(labels, found)
        self._pairs += pairs
        used = {id(extraction) for _, extraction in pairs}
        expected = [name for label in labels for name in label.also]
        for extraction in found:
            if id(extraction) not in used:
                if extraction.triage.process in expected:
                    expected.remove(extraction.triage.process)
                elif not (expected and extraction.triage.process == OTHER):
                    self._superfluous.append((labels[0], extraction))

    def _matched(self, labels: Sequence[Label], found: list[Extraction]) -> list[tuple[Label, Extraction | None]]:
        padded: list[Extraction | None] = [*found, *([None] * max(0, len(labels) - len(found)))]
        if len(padded) > _MOST_ORDERS:
            padded.sort(key=lambda each: each is None or each.triage.process not in {label.process for label in labels})
            return list(zip(labels, padded, strict=False))
        orders = permutations(padded, len(labels))
        best = max(orders, key=lambda order: sum(self._fit(*pair) for pair in zip(labels, order, strict=True)))
        return list(zip(labels, best, strict=True))

    def _fit(self, label: Label, extraction: Extraction | None) -> float:
        if extraction is None:
            return -1.0
        if extraction.triage.process != label.process:
            return 0.0
        return 100.0 + self._score(label, extraction).right

    def _score(self, label: Label, extraction: Extraction | None) -> Score:
        verdicts = self._verdicts(label, extraction)
        right = sum(1 for _, _, good in verdicts if good)
        return Score(right, len(verdicts) - right, max(0, len(label.fields) - right))

    def _verdicts(self, label: Label, extraction: Extraction | None) -> list[tuple[str, float, bool]]:
        """Return name, confidence and rightness of every value found."""
        if extraction is None:
            return []
        fits = extraction.triage.process == label.process
        return [
            (field.name, field.confidence, fits and self._right(label, field.name, field.value))
            for field in extraction.fields
            if field.value
        ]

    def _right(self, label: Label, name: str, value: str) -> bool:
        kind = self._kinds.get((label.process, name), "text")
        return any(same_value(kind, expected, value) for expected in label.right_values(name))

    def report(self, files: int, failed: Mapping[str, str], seconds: float) -> EvaluationReport:
        """Work every figure out."""
        scored = [(label, extraction, self._score(label, extraction)) for label, extraction in self._pairs]
        extra = sum((self._score(Label("", "", ""), each) for _, each in self._superfluous), Score())
        straight = [
            (extraction, self._all_right(label, extraction))
            for label, extraction in self._pairs
            if extraction is not None and extraction.disposition.outcome is Outcome.STRAIGHT_THROUGH
        ]
        wanted = [(label, each) for label, each in self._pairs if _is_work(label)]
        return EvaluationReport(
            files=files,
            labels=len(self._pairs),
            triage=_triageshare(self._pairs),
            triage_by_kind={kind: _triageshare(pairs) for kind, pairs in _grouped(self._pairs, "kind").items()},
            superfluous=len(self._superfluous),
            fields=sum((score for _, _, score in scored), extra),
            fields_by_kind=_scores((label.kind, score) for label, _, score in scored),
            fields_by_process=_scores((label.process, score) for label, _, score in scored if _is_work(label)),
            fields_by_name=_scores(self._named()),
            rows=_rows(scored),
            straight_through=Share(sum(1 for _, each in wanted if _is_straight(each)), len(wanted)),
            straight_through_right=Share(sum(1 for _, right in straight if right), len(straight)),
            coverage_when_strict=_coverage(
                [(_surety(e), self._all_right(lb, e)) for lb, e in wanted if e], len(wanted)
            ),
            triage_calibration=_calibration(
                [(each.triage.confidence, each.triage.process == label.process) for label, each in self._pairs if each]
            ),
            field_calibration=_calibration(
                [(sure, right) for pair in self._pairs for _, sure, right in self._verdicts(*pair)]
            ),
            wrong=tuple(self._wrong()),
            failed=dict(failed),
            seconds=seconds,
        )

    def _all_right(self, label: Label, extraction: Extraction) -> bool:
        score = self._score(label, extraction)
        return extraction.triage.process == label.process and score.wrong == 0 and score.missed == 0

    def _named(self) -> Iterable[tuple[str, Score]]:
        for label, extraction in self._pairs:
            verdicts = {name: good for name, _, good in self._verdicts(label, extraction)}
            for name in {**label.fields, **verdicts}:
                good = verdicts.get(name, False)
                expected = name in label.fields
                yield (
                    f"{label.process}.{name}",
                    Score(int(good), int(name in verdicts and not good), int(expected and not good)),
                )

    def _wrong(self) -> Iterable[Wrong]:
        for label, extraction in self._pairs:
            process = extraction.triage.process if extraction else "nothing"
            if process != label.process:
                yield Wrong(label.file, label.process, "", label.process, process, _confidence(extraction))
                continue
            verdicts = {name: (sure, good) for name, sure, good in self._verdicts(label, extraction)}
            for name in {**label.fields, **verdicts}:
                sure, good = verdicts.get(name, (0.0, False))
                if not good and (name in label.fields or name in verdicts):
                    got = extraction.value(name) if extraction else ""
                    yield Wrong(label.file, label.process, name, label.fields.get(name, ""), got, sure)
        for label, extraction in self._superfluous:
            yield Wrong(label.file, label.process, "", "", extraction.triage.process, extraction.triage.confidence)


def _rows(scored: Iterable[tuple[Label, Extraction | None, Score]]) -> tuple[Row, ...]:
    groups: dict[tuple[str, str], list[tuple[Label, Extraction | None, Score]]] = defaultdict(list)
    for each in scored:
        groups[each[0].process, each[0].kind].append(each)
    return tuple(
        Row(
            process,
            kind,
            _triageshare([(label, extraction) for label, extraction, _ in group]),
            sum((score for _, _, score in group), Score()),
        )
        for (process, kind), group in sorted(groups.items())
    )


def _scores(named: Iterable[tuple[str, Score]]) -> dict[str, Score]:
    totals: dict[str, Score] = defaultdict(Score)
    for name, score in named:
        totals[name] += score
    return dict(sorted(totals.items()))


def _grouped(
    pairs: Sequence[tuple[Label, Extraction | None]], by: str
) -> dict[str, list[tuple[Label, Extraction | None]]]:
    groups: dict[str, list[tuple[Label, Extraction | None]]] = defaultdict(list)
    for pair in pairs:
        groups[getattr(pair[0], by)].append(pair)
    return dict(sorted(groups.items()))


def _triageshare(pairs: Sequence[tuple[Label, Extraction | None]]) -> Share:
    return Share(sum(1 for label, each in pairs if each and each.triage.process == label.process), len(pairs))


def _coverage(items: Sequence[tuple[float, bool]], whole: int) -> Share:
    best = right = 0
    for count, (_, good) in enumerate(sorted(items, key=lambda item: -item[0]), start=1):
        right += good
        if right / count >= STRICT:
            best = count
    return Share(best, whole)


def _calibration(values: Sequence[tuple[float, bool]]) -> Calibration:
    bins = []
    for low, high in pairwise(_BINS):
        inside = [(c, good) for c, good in values if low <= c < high or (high == 1.0 and c >= 1.0)]
        if inside:
            stated = sum(c for c, _ in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), stated, share(sum(good for _, good in inside), len(inside))))
    error = share(sum(each.count * abs(each.stated - each.right) for each in bins), len(values))
    return Calibration(tuple(bins), error)


def _surety(extraction: Extraction) -> float:
    return min([extraction.triage.confidence, *(field.confidence for field in extraction.fields if field.value)])


def _confidence(extraction: Extraction | None) -> float:
    return extraction.triage.confidence if extraction else 0.0


def _is_work(label: Label) -> bool:
    return label.process != OTHER and label.process not in NO_ACTION_KINDS


def _is_straight(extraction: Extraction | None) -> bool:
    return extraction is not None and extraction.disposition.outcome is Outcome.STRAIGHT_THROUGH
