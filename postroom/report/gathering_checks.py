"""Checks: what blind samples, corrections and known errors say about how right the work is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from postroom.behind import PROCESS_ITSELF, Behind
from postroom.report.counted import Accuracy, CorrectedField, Counted, Seeds
from postroom.report.figures import Basis
from postroom.staff import Scope

if TYPE_CHECKING:
    from postroom.ledger import Ledger
    from postroom.ledger.measuring import Bucket
    from postroom.process import Process


def accuracy_of(
    counts: Mapping[tuple[str, str, bool], int], received: Behind, basis: Basis
) -> tuple[tuple[Accuracy, ...], tuple[Accuracy, ...]]:
    """Return how often sampled items were right, all and by process, and how often each field was."""
    known = {one.id: one for one in basis.processes}
    items: list[Accuracy] = []
    fields: list[Accuracy] = []
    for process, field in sorted({(process, field) for process, field, _ in counts}):
        title = known[process].title if process in known else process.replace("-", " ").capitalize()
        behind = received.but(process=process, field=field)
        right, wrong = counts.get((process, field, True), 0), counts.get((process, field, False), 0)
        made = _accuracy(process, title, field, field_title(known.get(process), field), behind, right, wrong)
        (fields if field else items).append(made)
    if items:
        right, wrong = (sum(getattr(one, name).items for one in items) for name in ("right", "wrong"))
        items.insert(0, _accuracy("", "All", "", "", received, right, wrong))
    return tuple(items), tuple(fields)


def corrected_of(
    ledger: Ledger, scope: Scope, received: Behind, basis: Basis, buckets: Sequence[Bucket]
) -> Iterator[CorrectedField]:
    """Return how often people corrected each field of the delivered items, of processes that delivered any."""
    delivered: Counter[str] = Counter()
    for one in buckets:
        delivered[one.process] += one.items if one.state == "delivered" else 0
    done = received.but(state="delivered")
    counts = ledger.corrections_behind(scope, done)
    for process in basis.processes:
        if not delivered[process.id]:
            continue
        behind = done.but(process=process.id)
        corrected = {field for name, field in counts if name == process.id}
        for field in (*process.fields, *sorted(corrected - set(process.fields))):
            found = Counted(counts.get((process.id, field), 0), behind.but(field=field))
            whole = Counted(delivered[process.id], behind)
            yield CorrectedField(process.id, process.title, field, field_title(process, field), whole, found)


def seeds_of(ledger: Ledger, scope: Scope, received: Behind) -> Seeds:
    """Return how many known errors reviewers caught and missed."""
    caught, missed = received.but(seed="caught"), received.but(seed="missed")
    return Seeds(
        Counted(ledger.count_behind(scope, caught), caught), Counted(ledger.count_behind(scope, missed), missed)
    )


def field_title(process: Process | None, field: str) -> str:
    """Return a field as people call it."""
    if field == PROCESS_ITSELF:
        return "The process itself"
    spec = process.fields.get(field) if process else None
    return spec.title if spec and spec.title else field.replace("_", " ").capitalize()


def _accuracy(
    process: str, title: str, field: str, field_words: str, behind: Behind, right: int, wrong: int
) -> Accuracy:
    good, bad = Counted(right, behind.but(sample="right")), Counted(wrong, behind.but(sample="wrong"))
    return Accuracy(process, title, field, field_words, good, bad)
