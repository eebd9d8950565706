"""Blind samples on both databases: chosen once for all, read by somebody without a hand in it, counted as found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from postroom.behind import PROCESS_ITSELF, Behind
from postroom.errors import ItemNotFound, NotAllowed
from postroom.ledger import Ledger
from postroom.ledger.desk_schema import seeds
from postroom.ledger.sampling import fields_to_read
from postroom.process import FieldSpec
from postroom.staff import EVERYTHING, Person, Role, Scope
from tests.postroom.ledger.delivered import straight_through
from tests.postroom.ledger.held import BINS, hold
from tests.postroom.samples import NOON, HandClock, extraction, open_ledger

ALL = frozenset({"missed-bin"})
ENTERED = {"address": "1 HIGH STREET", "bin": "refuse", "full_name": "", "account_number": ""}


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON + timedelta(days=1))


@pytest.fixture
def ledger(ledger_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Ledger]:
    opened = open_ledger(ledger_url, tmp_path, clock)
    yield opened
    opened.close()


def officer(ledger: Ledger, name: str) -> Person:
    teams = frozenset({"*"})
    return ledger.add_staff(Person("", name.lower(), f"{name} Other", frozenset({Role.OFFICER}), teams), "test")


def sampled(ledger: Ledger, number: int = 1) -> str:
    item_id = straight_through(ledger, number)
    ledger.choose_samples(1, ALL)
    return item_id


def accuracy(ledger: Ledger) -> dict[tuple[str, bool], int]:
    found = ledger.samples_behind(EVERYTHING, Behind())
    return {(field, right): count for (_, field, right), count in found.items()}


def test_a_share_is_chosen_once_for_all(ledger: Ledger, clock: HandClock) -> None:
    made = {straight_through(ledger, number) for number in range(1, 25)}
    hold(ledger, 70)
    chosen = ledger.choose_samples(0.5, ALL)
    assert 0 < chosen < 24
    first = {one.item_id for one in ledger.open_samples(EVERYTHING, officer(ledger, "Ann"))}
    assert len(first) == chosen
    assert first < made
    assert ledger.choose_samples(0.5, ALL) == 0
    assert ledger.choose_samples(0, ALL) == ledger.choose_samples(1, ()) == 0
    assert ledger.choose_samples(1, ALL) == 24 - chosen
    late = straight_through(ledger, 80)
    clock.forward(29 * 86400)
    assert ledger.choose_samples(1, ALL) == 0, "an old item is chosen no more"
    with pytest.raises(ItemNotFound, match="not chosen"):
        ledger.sample(late)


def test_only_what_went_straight_through_unprotected_is_a_sample(ledger: Ledger) -> None:
    threat = extraction(1)
    straight_through(ledger, 1, replace(threat, triage=replace(threat.triage, protected="A threat.")))
    worked_on = hold(ledger, 2)
    ledger.release(worked_on, BINS.deliver, "ann", process=None)
    assert ledger.choose_samples(1, ALL) == 0
    shown = sampled(ledger, 3)
    ann = officer(ledger, "Ann")
    assert [one.item_id for one in ledger.open_samples(EVERYTHING, ann)] == [shown]
    assert ledger.open_samples(Scope(frozenset({"garden-waste"})), ann) == []
    assert ledger.count_open_samples(EVERYTHING, ann) == 1
    assert ledger.count_open_samples(Scope(frozenset()), ann) == 0


def test_an_item_that_agrees_is_right_in_every_field(ledger: Ledger) -> None:
    item_id, ann = sampled(ledger), officer(ledger, "Ann")
    assert ledger.read_again(item_id, ENTERED, BINS, ann) is True
    sample = ledger.sample(item_id)
    assert (sample.right, sample.settled, sample.person) == (True, True, "ann")
    assert accuracy(ledger) == {
        ("", True): 1, (PROCESS_ITSELF, True): 1, ("address", True): 1, ("bin", True): 1, ("full_name", True): 1,
        ("account_number", True): 1,
    }  # fmt: skip
    assert ledger.open_samples(EVERYTHING, ann) == ledger.unsettled_samples(EVERYTHING) == []
    told = [(one.actor, one.action) for one in ledger.history() if one.item_id == item_id][-1]
    assert told == ("ann", "sample-read")
    assert ledger.broken_history() is None


def test_a_difference_counts_as_wrong_until_the_reader_says_otherwise(ledger: Ledger) -> None:
    item_id, ann, ben = sampled(ledger), officer(ledger, "Ann"), officer(ledger, "Ben")
    assert ledger.read_again(item_id, ENTERED | {"bin": "recycling", "full_name": "Ann Other"}, BINS, ann) is False
    assert accuracy(ledger)["", False] == 1
    (waiting,) = ledger.unsettled_samples(EVERYTHING)
    assert not waiting.settled
    with pytest.raises(NotAllowed, match="put right"):
        ledger.put_sample_right(item_id, ann)
    with pytest.raises(NotAllowed, match="not yours"):
        ledger.judge_sample(item_id, ["bin"], ben)
    assert ledger.judge_sample(item_id, ["bin", "full_name"], ann) is True
    assert ("", False) not in accuracy(ledger)
    kept = {one.field: (one.delivered, one.entered, one.right) for one in ledger.sample_fields(item_id)}
    assert kept["bin"] == ("refuse", "recycling", True)
    with pytest.raises(NotAllowed, match="nothing to settle"):
        ledger.judge_sample(item_id, [], ann)


def test_what_was_keyed_wrong_waits_until_somebody_puts_it_right(ledger: Ledger) -> None:
    item_id, ann, ben = sampled(ledger), officer(ledger, "Ann"), officer(ledger, "Ben")
    ledger.read_again(item_id, ENTERED | {"bin": "recycling", "full_name": "Ann Other"}, BINS, ann)
    assert ledger.judge_sample(item_id, ["full_name"], ann) is False
    assert accuracy(ledger)["bin", False] == 1
    assert accuracy(ledger)["full_name", True] == 1
    assert ledger.count_behind(EVERYTHING, Behind(rework=True)) == 1
    (waiting,) = ledger.unsettled_samples(EVERYTHING)
    assert waiting.settled
    ledger.put_sample_right(item_id, ben)
    assert ledger.unsettled_samples(EVERYTHING) == []
    assert accuracy(ledger)["", False] == 1, "it was keyed wrong all the same"
    with pytest.raises(NotAllowed):
        ledger.put_sample_right(item_id, ben)


def test_another_process_makes_the_item_wrong_and_says_nothing_of_fields(ledger: Ledger) -> None:
    item_id = sampled(ledger)
    assert ledger.read_again(item_id, None, BINS, officer(ledger, "Ann")) is False
    assert accuracy(ledger) == {("", False): 1, (PROCESS_ITSELF, False): 1}


def test_nobody_reads_what_they_had_a_hand_in_or_what_was_read_already(ledger: Ledger) -> None:
    item_id, ann, ben = sampled(ledger), officer(ledger, "Ann"), officer(ledger, "Ben")
    with ledger._writing() as connection:
        ledger._record(connection, "printed", actor="Ann", item_id=item_id)
    assert ledger.open_samples(EVERYTHING, ann) == []
    with pytest.raises(NotAllowed, match="cannot be read again by you"):
        ledger.read_again(item_id, ENTERED, BINS, ann)
    ledger.read_again(item_id, ENTERED, BINS, ben)
    with pytest.raises(NotAllowed, match="read meanwhile"):
        ledger.read_again(item_id, ENTERED | {"bin": "recycling"}, BINS, officer(ledger, "Cat"))
    assert ledger.sample(item_id).right is True


def test_samples_that_somebody_has_open_come_last(ledger: Ledger) -> None:
    first, second = sampled(ledger, 1), sampled(ledger, 2)
    ann, ben = officer(ledger, "Ann"), officer(ledger, "Ben")
    before = [one.item_id for one in ledger.open_samples(EVERYTHING, ben)]
    assert set(before) == {first, second}
    ledger.look(before[0], ann)
    assert [one.item_id for one in ledger.open_samples(EVERYTHING, ben)] == before[::-1]
    assert [one.item_id for one in ledger.open_samples(EVERYTHING, ann)] == before


def test_sentences_are_not_typed_again() -> None:
    told = FieldSpec(type="text", form="sentences")
    process = BINS.model_copy(update={"fields": {**BINS.fields, "words": told}})
    assert set(fields_to_read(process)) == set(BINS.fields)


def test_what_people_did_is_told_by_person_and_scope(ledger: Ledger) -> None:
    ann, since, until = officer(ledger, "Ann"), NOON, NOON + timedelta(days=2)
    for number, seconds in ((1, 60), (2, 120), (3, 600)):
        item_id = hold(ledger, number)
        ledger.note_spell(item_id, ann.id, seconds / 2, 1)
        ledger.note_spell(item_id, ann.id, seconds / 2, 1)
        row = {"item_id": item_id, "field": "bin", "shown": "x", "planted_at": NOON, "person": "ann"}
        with ledger._writing() as connection:
            connection.execute(insert(seeds).values(**row, caught=number == 1, at=NOON))
    (work,) = ledger.work_of_people(EVERYTHING, since, until)
    assert (work.name, work.items, work.median_minutes) == ("Ann Other", 3, 2)
    assert (work.seeds.caught, work.seeds.missed) == (1, 2)
    assert ledger.work_of_people(Scope(frozenset({"garden-waste"})), since, until) == []
    assert ledger.work_of_people(EVERYTHING, until, until + timedelta(days=1)) == []
