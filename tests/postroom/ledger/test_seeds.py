"""Known errors are only ever shown: whatever reviewers do, what is keyed is what was read or what they typed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from postroom.errors import NotAllowed
from postroom.ledger import Ledger, Seed, SeedRate
from postroom.process import FieldSpec, Process
from tests.postroom.ledger.held import BINS, actions, held_as, hold, read, value
from tests.postroom.samples import PLANS, HandClock

DATED = BINS.model_copy(update={"fields": BINS.fields | {"collection_date": FieldSpec(type="date", title="Date")}})
TRUTH = "2026-09-11"


def _hold(ledger: Ledger, number: int = 1, protected: str = "") -> str:
    fields = (read("bin", "refuse", 0.4), read("collection_date", TRUTH))
    return hold(ledger, number, fields=fields, protected=protected)


def _plant(ledger: Ledger, item_id: str, share: float = 1.0, process: Process = DATED) -> Seed:
    seed = ledger.plant(item_id, share, process)
    assert seed is not None
    return seed


def test_a_known_error_is_shown_once_and_for_everybody(ledger: Ledger) -> None:
    item_id = _hold(ledger)
    seed = _plant(ledger, item_id)
    assert (seed.field, value(ledger, item_id, "collection_date")) == ("collection_date", TRUTH)
    assert seed.shown != TRUTH
    assert ledger.plant(item_id, 0.0, DATED) == seed == ledger.seed_of(item_id)
    assert seed.shown not in repr(seed)
    assert ledger.item(item_id).summary.version == 0, "nothing was changed"


def test_who_sees_it_has_caught_it(ledger: Ledger) -> None:
    item_id = _hold(ledger)
    seed = _plant(ledger, item_id)
    ledger.correct(item_id, "collection_date", TRUTH, "ann", expected=seed.shown, version=0)
    assert (ledger.plant(item_id, 1.0, DATED), value(ledger, item_id, "collection_date")) == (None, TRUTH)
    assert ledger.item(item_id).corrections == (), "the reader was right"
    assert actions(ledger.item(item_id)) == ["item-made", "accepted"]
    assert ledger.seed_rates() == {"ann": SeedRate(1, 0)}


def test_who_passes_it_has_missed_it_and_the_truth_is_keyed(ledger: Ledger) -> None:
    item_id = _hold(ledger)
    seed = _plant(ledger, item_id)
    ledger.correct(item_id, "bin", "food", "ann")
    ledger.accept(item_id, "collection_date", "ann", value=seed.shown)
    ledger.correct(item_id, "collection_date", seed.shown, "ann", expected=seed.shown)
    ledger.release(item_id, PLANS["missed-bin"], "ann", process=DATED)
    assert ledger.item(item_id).deliveries[0].fields["collection_date"] == TRUTH
    ended = ledger.seed_of(item_id)
    assert ended is not None
    assert (ended.caught, ended.person, ledger.seed_rates()) == (False, "ann", {"ann": SeedRate(0, 1)})
    assert ended.at is not None
    assert ledger.seed_rates(since=ended.at) == {"ann": SeedRate(0, 1)}
    assert ledger.seed_rates(until=ended.at) == {}


def test_another_decision_counts_neither_way(ledger: Ledger) -> None:
    for number, decide in enumerate(
        (
            lambda item_id: ledger.reject(item_id, "No.", "ann"),
            lambda item_id: ledger.change_process(item_id, "garden-waste", "ann"),
            lambda item_id: ledger.done_by_hand(item_id, "depot", "D-1", "ann"),
            lambda item_id: ledger.split(item_id, [held_as(1), held_as(2)], "ann"),
        ),
        start=1,
    ):
        item_id = _hold(ledger, number)
        _plant(ledger, item_id)
        decide(item_id)
        seed = ledger.seed_of(item_id)
        assert seed is not None
        assert (seed.active, seed.caught) == (False, None)
    assert ledger.seed_rates() == {}


def test_protected_and_touched_items_never_get_one(ledger: Ledger) -> None:
    protected, touched, other = _hold(ledger, 1, "a threat"), _hold(ledger, 2), _hold(ledger, 3)
    ledger.accept(touched, "bin", "ann")
    assert ledger.plant(protected, 1.0, DATED) is None
    assert ledger.plant(touched, 1.0, DATED) is None
    assert ledger.plant(other, 0.0, DATED) is None
    assert ledger.plant(other, 1.0, BINS.model_copy(update={"id": "another"})) is None
    ledger.no_action(other, "Done.", "ann")
    assert ledger.plant(other, 1.0, DATED) is None


def test_a_name_that_carries_the_error_on_is_not_taken_over(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=(read("full_name", "Femi Oduya"),))
    seed = _plant(ledger, item_id, process=BINS)
    for typed in (seed.shown, seed.shown.upper(), f"Mr {seed.shown}", seed.shown.replace(" ", " J. ")):
        ledger.correct(item_id, "full_name", typed, "ann")
        assert value(ledger, item_id, "full_name") == "Femi Oduya"
    ledger.correct(item_id, "full_name", "Femi J. Oduya", "ann")
    assert value(ledger, item_id, "full_name") == "Femi J. Oduya"
    assert ledger.seed_rates() == {"ann": SeedRate(1, 0)}


ACTS = st.lists(
    st.sampled_from(["correct-shown", "correct-truth", "correct-other", "accept", "accept-shown", "undo", "bin"]),
    max_size=6,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("seeds")
    made = Ledger(f"sqlite:///{folder / 'ledger.db'}", folder / "documents", HandClock())
    # No power is cut here, and waiting for the disk is most of the time this test takes.
    event.listen(made._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    made.migrate()
    return made


_numbers = iter(range(1, 10_000))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(acts=ACTS, end=st.sampled_from(["release", "hand-over", "undo-release"]))
def test_no_planted_value_ever_reaches_a_delivery(shared: Ledger, acts: list[str], end: str) -> None:
    item_id = _hold(shared, next(_numbers))
    seed = _plant(shared, item_id)
    typed = {TRUTH}
    for act in acts:
        shown = shared.seed_of(item_id)
        page = seed.shown if shown is not None and shown.active else value(shared, item_id, "collection_date")
        try:
            if act == "correct-shown":
                shared.correct(item_id, "collection_date", page, "ann", expected=page)
            elif act == "correct-truth":
                shared.correct(item_id, "collection_date", TRUTH, "ann", expected=page)
            elif act == "correct-other":
                shared.correct(item_id, "collection_date", "2026-01-02", "bob", expected=page)
                typed.add("2026-01-02")
            elif act == "accept":
                shared.accept(item_id, "collection_date", "ann")
            elif act == "accept-shown":
                shared.accept(item_id, "collection_date", "bob", value=page)
            elif act == "bin":
                shared.correct(item_id, "bin", "food", "ann")
            else:
                shared.undo(item_id, "ann")
        except NotAllowed:
            pass
        assert value(shared, item_id, "collection_date") in typed
    shared.release(item_id, PLANS["missed-bin"], "ann", process=DATED)
    if end == "undo-release":
        shared.undo(item_id, "ann")
        shared.release(item_id, PLANS["missed-bin"], "ann", process=DATED)
    assert {one.fields["collection_date"] for one in shared.item(item_id).deliveries} <= typed
    assert seed.shown not in typed
    assert all(seed.shown not in (one.before, one.after) for one in shared.item(item_id).corrections)


def test_one_page_too_old_cannot_bring_it_in(ledger: Ledger) -> None:
    item_id = _hold(ledger)
    seed = _plant(ledger, item_id)
    ledger.correct(item_id, "collection_date", TRUTH, "ann", expected=seed.shown)
    with pytest.raises(NotAllowed, match="changed meanwhile"):
        ledger.correct(item_id, "collection_date", seed.shown, "bob", expected=seed.shown)
    with pytest.raises(NotAllowed, match="changed item"):
        ledger.correct(item_id, "collection_date", seed.shown, "bob", version=0)
