"""ICT stops and resumes, runs and answers are noted, and configurations are kept, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.errors import ItemNotFound, NotAllowed
from postroom.ledger import Ledger, owner_name
from postroom.ledger.auditing import Sought
from postroom.ledger.running import Ending
from postroom.notice import Notice
from postroom.protocol import Move
from tests.postroom.samples import HandClock, extraction, itemise

GONE = owner_name().replace("|", "|1", 1)


def _due(ledger: Ledger) -> set[tuple[str, str]]:
    return {(one.item_id, one.target) for one in ledger.deliveries_due()}


def test_a_paused_target_takes_nothing_and_goes_on_when_resumed(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    deliveries = {one.target: one.id for one in ledger.item(item_id).deliveries}
    ledger.pause("target", "depot", "ict.one", "The depot moves to another server.")
    assert _due(ledger) == {(item_id, "crm")}
    assert ledger.claim_delivery(deliveries["depot"], "worker") is None
    assert ledger.claim_delivery(deliveries["crm"], "worker") is not None
    assert ledger.delivery(deliveries["depot"]).state is State.READY
    assert ledger.accounts().in_flight == 1
    ledger.resume("target", "depot", "ict.one")
    assert ledger.claim_delivery(deliveries["depot"], "worker") is not None


def test_a_paused_process_is_not_keyed_but_its_notices_go_out(ledger: Ledger) -> None:
    _, (bin_item,) = itemise(ledger, 1)
    _, (held,) = itemise(ledger, 2, extraction(2, outcome=Outcome.REVIEW))
    _, (garden,) = itemise(ledger, 3, extraction(3, process="garden-waste"))
    ledger.tell_people({"missed-bin": Notice(("board",), "Missed bin")})
    ledger.pause("process", "missed-bin", "ict.one", "")
    assert _due(ledger) == {(held, "board"), (garden, "depot"), (garden, "crm")}
    assert ledger.resting_by_process() == {"missed-bin": 1}
    assert {name: (one.open, one.resting) for name, one in ledger.held_deliveries().items()} == {
        "depot": (2, 1),
        "crm": (1, 0),
        "board": (1, 0),
    }
    ledger.resume("process", "missed-bin", "ict.one")
    assert (bin_item, "depot") in _due(ledger)


def test_pausing_stands_in_the_history_and_cannot_be_done_twice(ledger: Ledger) -> None:
    ledger.pause("target", "depot", "ict.one", " A new server. ")
    with pytest.raises(NotAllowed, match=r"paused already, by ict\.one"):
        ledger.pause("target", "depot", "ict.two", "")
    (pause,) = ledger.pauses()
    assert (pause.kind, pause.subject, pause.person, pause.reason) == ("target", "depot", "ict.one", "A new server.")
    ledger.resume("target", "depot", "ict.two")
    with pytest.raises(NotAllowed, match="not paused"):
        ledger.resume("target", "depot", "ict.two")
    told = [(one.actor, one.action, one.detail["subject"]) for one in ledger.history()]
    assert told == [("ict.one", "paused", "depot"), ("ict.two", "resumed", "depot")]
    assert ledger.broken_history() is None


def test_what_failed_comes_with_its_evidence(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger)
    (delivery,) = ledger.item(item_id).deliveries
    claim = ledger.claim_delivery(delivery.id, "worker")
    assert claim is not None
    refused = Move(State.REJECTED, 1, 0, None, delivery.next_at, False, reason="The depot refused it: error 422.")
    ledger.move_delivery(claim.lease, State.CLAIMED, refused, last=True)
    (failed,) = ledger.failed_deliveries()
    assert (failed.delivery.id, failed.delivery.key, failed.process) == (delivery.id, delivery.key, "missed-bin")
    assert failed.delivery.reason == "The depot refused it: error 422."
    assert not failed.paused
    ledger.pause("target", "depot", "ict.one", "")
    assert ledger.failed_deliveries(target="depot")[0].paused
    assert ledger.failed_deliveries(target="crm") == []
    assert ledger.failed_deliveries(state=State.HUMAN) == []
    assert ledger.failed_deliveries(after=delivery.id) == []


def test_a_run_says_what_moved_and_one_that_was_killed_is_broken_off(ledger: Ledger) -> None:
    done, idle = ledger.begin_run(owner_name(), "prefect-1"), ledger.begin_run(owner_name())
    ledger.end_run(done, {"received": 3, "read": 0}, ["inbox post: The mailbox is down."])
    ledger.end_run(idle, {"received": 0})
    at_work, broken = ledger.begin_run(owner_name()), ledger.begin_run(GONE)
    assert [(one.id, one.ending) for one in ledger.runs()] == [
        (broken, Ending.BROKEN_OFF),
        (at_work, Ending.AT_WORK),
        (idle, Ending.DONE),
        (done, Ending.FAULTS),
    ]
    assert [one.id for one in ledger.runs(idle=False)] == [broken, at_work, done]
    (first,) = ledger.runs(before=idle)
    assert (first.counts, first.faults) == ({"received": 3}, ("inbox post: The mailbox is down.",))
    assert first.prefect_id == "prefect-1"


def test_answers_are_noted_once_a_minute_and_at_every_change(ledger: Ledger) -> None:
    ledger._clock = clock = HandClock()
    begun = clock.now
    ledger.note_answer("target", "depot", True)
    clock.forward(59)
    ledger.note_answer("target", "depot", True)
    assert ledger.answers()[0].at == begun, "nothing changed, and it is under a minute"
    ledger.note_answer("target", "depot", False, "The depot is down.")
    (answer,) = ledger.answers()
    assert (answer.works, answer.said, answer.at) == (False, "The depot is down.", clock.now)
    clock.forward(61)
    ledger.note_answer("target", "depot", False)
    (answer,) = ledger.answers()
    assert (answer.said, answer.failed_at) == ("The depot is down.", clock.now)
    ledger.note_answer("target", "depot", True)
    (answer,) = ledger.answers()
    assert (answer.works, answer.said) == (True, "")


def test_items_carry_the_version_they_were_made_under(ledger: Ledger) -> None:
    ledger._clock = clock = HandClock()
    itemise(ledger, 1)
    ledger.use_configuration("first", {"postroom.yaml": "council: Westmere"})
    _, (under_first,) = itemise(ledger, 2)
    clock.forward(60)
    ledger.use_configuration("second", {"postroom.yaml": "council: Eastmere"})
    protected = replace(extraction(3), triage=replace(extraction(3).triage, protected="It tells of abuse."))
    _, (under_second,) = itemise(ledger, 3, protected)
    clock.forward(60)
    ledger.use_configuration("first", {"postroom.yaml": "council: Westmere"})
    assert ledger.items_by_configuration() == {"": 1, "first": 1, "second": 1}
    assert [one[0] for one in ledger.items_under("first", restricted=False)] == [under_first]
    assert ledger.items_under("second", restricted=False) == []
    assert [one[0] for one in ledger.items_under("second", restricted=True)] == [under_second]
    assert [one.version for one in ledger.configurations()] == ["first", "second"]
    assert ledger.configuration("second") == {"postroom.yaml": "council: Eastmere"}
    assert [one.action for one in ledger.history()].count("configuration-new") == 2
    with pytest.raises(ItemNotFound, match="no configuration"):
        ledger.configuration("third")


def test_the_history_is_searched_by_person_action_item_and_day(ledger: Ledger) -> None:
    ledger._clock = clock = HandClock()
    _, (item_id,) = itemise(ledger, 1, extraction(1, outcome=Outcome.REVIEW))
    clock.forward(86_400)
    ledger.correct(item_id, "bin", "recycling", "ann")
    noon, last = clock.now, len(ledger.history())
    assert [one.action for one in ledger.search_history(Sought(actor="ann"))] == ["corrected"]
    assert [one.action for one in ledger.search_history(Sought(people_only=True))] == ["corrected"]
    assert len(ledger.search_history(Sought(item_id=item_id))) == 2
    assert [one.sequence for one in ledger.search_history(Sought(since=noon))] == [last]
    assert [one.sequence for one in ledger.search_history(Sought(until=noon))] == list(range(last - 1, 0, -1))
    assert [one.sequence for one in ledger.search_history(Sought(), limit=2, before=last)] == [last - 1, last - 2]
    clock.forward(60)
    assert ledger.search_history(Sought(since=clock.now)) == []
    assert ledger.search_history(Sought(action="corrected", until=clock.now), before=last) == []
    assert ledger.actors() == ["ann", "postroom"]


def test_entries_of_protected_items_are_known(ledger: Ledger) -> None:
    protected = replace(extraction(1), triage=replace(extraction(1).triage, protected="It tells of abuse."))
    itemise(ledger, 1, protected)
    before = len(ledger.history())
    itemise(ledger, 2)
    hidden = ledger.protected_among(ledger.history())
    assert hidden == {one.sequence for one in ledger.history()[:before]}
