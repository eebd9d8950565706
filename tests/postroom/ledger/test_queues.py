"""Queues show what waits, in the order in which it needs somebody, and never what a person may not know of."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import event

from postroom.ledger import ItemState, Ledger, Wanted
from postroom.reasons import Kind
from postroom.staff import EVERYTHING, Person, Scope
from tests.postroom.ledger.held import BINS, MISSING, UNSURE, held_as, hold, officer
from tests.postroom.samples import PLANS, HandClock, open_ledger

OFFICERS = Scope(frozenset(), but=True)
ALL = Wanted()


def _ids(
    ledger: Ledger, scope: Scope = EVERYTHING, wanted: Wanted = ALL, limit: int = 50, after: str = ""
) -> list[str]:
    return [one.id for one in ledger.queue(scope, wanted, limit, after)]


def test_protected_first_then_what_is_due_soonest_then_the_oldest(ledger: Ledger) -> None:
    late = hold(ledger, 1, due="")
    second = hold(ledger, 3, due="2026-09-20")
    first = hold(ledger, 2, due="2026-09-20")
    soon = hold(ledger, 4, due="2026-09-16")
    danger = hold(ledger, 5, due="", protected="a threat")
    assert _ids(ledger) == [danger, soon, first, second, late]
    assert ledger.queue_size(EVERYTHING, ALL) == 5


def test_a_scope_bounds_every_question(ledger: Ledger) -> None:
    bins, garden = hold(ledger, 1), hold(ledger, 2, process="garden-waste")
    hold(ledger, 3, protected="a threat")
    only = Scope(frozenset({"garden-waste"}))
    for scope, expected in ((OFFICERS, [bins, garden]), (only, [garden]), (Scope(frozenset()), [])):
        assert _ids(ledger, scope) == expected
        assert ledger.queue_size(scope, ALL) == ledger.queue_counts(scope).total == len(expected)
        assert ledger.next_waiting(scope, ALL, "", "") == (expected[0] if expected else None)
    assert _ids(ledger, Scope(frozenset({"garden-waste"}), but=True)) == [bins]


def test_items_are_asked_for_by_process_kind_and_team(ledger: Ledger) -> None:
    unsure, both = hold(ledger, 1, UNSURE), hold(ledger, 2, MISSING, UNSURE)
    garden = hold(ledger, 3, MISSING, process="garden-waste")
    assert _ids(ledger, wanted=Wanted(kind=Kind.UNSURE)) == [unsure, both]
    assert _ids(ledger, wanted=Wanted(process="garden-waste")) == [garden]
    assert _ids(ledger, wanted=Wanted(processes=frozenset({"missed-bin"}), kind=Kind.MISSING)) == [both]
    counts = ledger.queue_counts(EVERYTHING)
    assert counts.by_process == {"missed-bin": 2, "garden-waste": 1}
    assert counts.by_kind == {Kind.MISSING: 2, Kind.UNSURE: 2}
    assert ledger.queue(EVERYTHING, Wanted(kind=Kind.MISSING))[0].doubtful == 2


def test_pages_follow_each_other_though_items_are_decided_meanwhile(ledger: Ledger) -> None:
    ids = [hold(ledger, number) for number in range(1, 8)]
    assert _ids(ledger, limit=3) == ids[:3]
    ledger.no_action(ids[2], "It asks for nothing.", "ann")
    assert _ids(ledger, limit=3, after=ids[2]) == ids[3:6]
    assert _ids(ledger, limit=3, after=ids[5]) == ids[6:]
    assert ledger.next_waiting(EVERYTHING, ALL, ids[2], "") == ids[3]
    assert ledger.next_waiting(EVERYTHING, ALL, ids[6], "") is None


def test_the_next_item_is_one_that_nobody_else_has_open(ledger_url: str, tmp_path: Path) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    first, second = hold(ledger, 1), hold(ledger, 2)
    ann, bob = officer(ledger, "Ann"), officer(ledger, "Bob")
    ledger.look(first, ann)
    assert ledger.next_waiting(EVERYTHING, ALL, "", bob.id) == second
    assert ledger.next_waiting(EVERYTHING, ALL, "", ann.id) == first
    assert [one.looked_at_by for one in ledger.queue(EVERYTHING, ALL, person_id=bob.id)] == ["Ann Other", ""]
    assert [one.name for one in ledger.lookers(first, bob.id)] == ["Ann Other"]
    assert ledger.lookers(first, ann.id) == []
    clock.forward(119)
    ledger.look(second, bob)
    assert ledger.lookers(first, bob.id)
    clock.forward(2)
    assert ledger.lookers(first, bob.id) == [], "her page has not spoken up for two minutes"
    ledger.look(first, ann)
    ledger.leave(first, ann)
    assert ledger.lookers(first, bob.id) == []
    ledger.close()


def test_spells_are_kept_and_capped(ledger: Ledger) -> None:
    item_id, ann = hold(ledger), officer(ledger, "Ann")
    ledger.note_spell(item_id, ann.id, 90, 7)
    ledger.note_spell(item_id, ann.id, 5 * 3600, 1)
    ledger.note_spell(item_id, ann.id, -5, -1)
    assert ledger.minutes_spent(item_id) == 31.5


def test_alike_items_form_batches(ledger: Ledger) -> None:
    alike = [hold(ledger, number, f"“Bin” is not sure enough ({number + 70}%).") for number in (1, 2, 3)]
    hold(ledger, 4, MISSING)
    hold(ledger, 5, protected="a threat")
    hold(ledger, 6, process="garden-waste")
    (batch,) = ledger.alike(OFFICERS)
    assert (batch.process, batch.kinds, batch.items) == ("missed-bin", (Kind.UNSURE,), 3)
    assert batch.reasons == ("“Bin” is not sure enough.",)
    assert [one.id for one in ledger.batch_items(OFFICERS, batch.key)] == alike
    assert ledger.batch_items(Scope(frozenset({"garden-waste"})), batch.key) == []
    for wrong in ("", "missed-bin", "missed-bin.missing.unsure", "..", "'"):
        assert ledger.batch_items(OFFICERS, wrong) == []
    ledger.no_action(alike[0], "Done.", "ann")
    ledger.no_action(alike[1], "Done.", "ann")
    assert ledger.alike(OFFICERS) == [], "one alone is no batch"


def test_what_follows_from_an_item_stays_true(ledger_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(ledger_url, tmp_path, HandClock())
    item_id = hold(ledger, 1, UNSURE)
    made = ledger.item(item_id).summary
    assert (made.kinds, made.version, made.closed_at) == ((Kind.UNSURE,), 0, None)
    ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS)
    assert ledger.item(item_id).summary.closed_at is None
    ledger.take_back("post", "1.eml")
    closed = ledger.item(item_id).summary
    assert (closed.state, closed.kinds) == (ItemState.NO_ACTION, (Kind.UNSURE, Kind.TAKEN_BACK))
    assert closed.closed_at is not None
    assert closed.version > made.version
    ledger.close()


def test_an_item_moves_up_when_its_answer_is_due_sooner(ledger: Ledger) -> None:
    first, second = hold(ledger, 1, due="2026-09-20"), hold(ledger, 2, due="2026-10-20")
    ledger.change_process(second, "garden-waste", "ann", held_as(2, process="garden-waste", due="2026-09-16"))
    assert _ids(ledger) == [second, first]
    ledger.undo(second, "ann")
    assert _ids(ledger) == [first, second]


def test_a_full_queue_is_read_by_its_index_and_in_order(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, HandClock())
    first = hold(ledger)
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(ledger._engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    for wanted in (ALL, Wanted(process="missed-bin"), Wanted(kind=Kind.UNSURE)):
        ledger.queue(OFFICERS, wanted, 50, first)
        ledger.next_waiting(OFFICERS, wanted, first, "")
    ledger.queue_counts(OFFICERS)
    about_items = [one for one in asked if "items.state" in one[0]]
    assert len(about_items) == 7
    with ledger._reading() as connection:
        for statement, values in about_items:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = " ".join(row[3] for row in rows)
            assert re.search(r"USING (COVERING )?INDEX ix_items_state", plan)
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan
    ledger.close()


def test_people_who_go_on_at_the_same_moment_get_different_items(ledger: Ledger) -> None:
    ids = [hold(ledger, number) for number in range(1, 9)]
    people = [officer(ledger, f"Officer{number}") for number in range(8)]
    together = threading.Barrier(len(people))

    def next_of(person: Person) -> str | None:
        together.wait()
        return ledger.look_at_next(EVERYTHING, ALL, "", person)

    with ThreadPoolExecutor(len(people)) as pool:
        led = list(pool.map(next_of, people))
    assert sorted(one for one in led if one) == sorted(ids)
    assert ledger.look_at_next(EVERYTHING, ALL, "", officer(ledger, "Late")) is None
