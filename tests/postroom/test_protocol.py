"""Every order of events that two workers, crashes, late requests and lost answers allow, tried one by one.

The model drives the real `decide`. Each mutant takes one guard away and must be caught doubling or losing the record:
a model that cannot fail would prove nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from postroom.delivery import Capabilities, Receipt, State, TargetClass
from postroom.protocol import GIVE_UP_AFTER, LONGEST_WAIT, Event, Happened, Move, Standing, decide
from tests.postroom.samples import NOON

RECEIPT = Receipt("R-1")
MAX_CRASHES = 3
MAX_FLYING = 3
Decide = Callable[[Standing, Event, Capabilities], Move]


NOBODY, THE_DEAD = -1, -2
"""Who holds the lease when neither worker does."""


@dataclass(frozen=True)
class World:
    state: State = State.READY
    sends: int = 0
    suspect: bool = False
    holder: int = NOBODY
    settled: bool = False
    phases: tuple[str, ...] = ("idle", "idle")
    """What each worker does next: look, note-found, note-absent, send, await, note-answered, note-lost, compare."""
    flying: int = 0
    """Requests that left and have neither landed nor vanished."""
    records: int = 0
    visible: bool = False
    """Whether the search shows what has landed."""
    crashes: int = 0


@dataclass(frozen=True)
class Rules:
    """The guards; each mutant drops one."""

    decide: Decide
    kind: TargetClass = TargetClass.SEARCHABLE
    looks: bool = True
    searchable: bool = True
    fenced: bool = True
    waits_to_settle: bool = True
    death_is_proven: bool = True


def real(standing: Standing, event: Event, target: Capabilities) -> Move:
    return decide(standing, event, target, NOON, lambda low, _high: low)


def instead(state: State, happened: Happened, after: State) -> Decide:
    """Return the real protocol but for one wrong step."""

    def mutated(standing: Standing, event: Event, target: Capabilities) -> Move:
        move = real(standing, event, target)
        wrong = standing.state is state and event.happened is happened
        return replace(move, state=after) if wrong else move

    return mutated


def successors(world: World, rules: Rules) -> Iterator[World]:
    """Return every world that can come next."""
    for number, phase in enumerate(world.phases):
        for next_world, next_phase in worker_steps(world, number, phase, rules):
            yield in_phase(next_world, number, next_phase)
        if phase != "idle" and world.crashes < MAX_CRASHES:
            holder = THE_DEAD if world.holder == number else world.holder
            yield in_phase(replace(world, crashes=world.crashes + 1, holder=holder), number, "idle")
    yield from recoveries(world, rules)
    if world.flying:
        yield replace(world, flying=world.flying - 1)
        yield landed(replace(world, flying=world.flying - 1), rules)
    if world.records and not world.visible:
        yield replace(world, visible=True)
    quiet = not world.flying and (world.visible or not world.records)
    if world.state is State.UNCERTAIN and not world.settled and (quiet or not rules.waits_to_settle):
        yield replace(world, settled=True)


def worker_steps(world: World, worker: int, phase: str, rules: Rules) -> Iterator[tuple[World, str]]:
    events = {
        "note-found": (Event(Happened.FOUND, RECEIPT),),
        "note-absent": (Event(Happened.ABSENT),),
        "send": (Event(Happened.NOT_SENT), Event(Happened.DOWN)),
        "note-answered": (Event(Happened.ANSWERED, RECEIPT),),
        "note-lost": (Event(Happened.LOST),),
        "compare": (Event(Happened.AGREES),),
    }
    for event in events.get(phase, ()):
        yield noted(world, worker, event, rules)
    if phase == "idle":
        yield from claims(world, worker)
    elif phase == "look":
        seen = rules.looks and rules.searchable and world.visible
        yield world, "note-found" if seen else "note-absent"
    elif phase == "send" and world.flying < MAX_FLYING:
        yield replace(world, flying=world.flying + 1), "await"
    elif phase == "await":
        if world.flying:
            yield landed(replace(world, flying=world.flying - 1), rules), "note-answered"
        yield world, "note-lost"


def claims(world: World, worker: int) -> Iterator[tuple[World, str]]:
    if world.holder != NOBODY:
        return
    taken = replace(world, holder=worker)
    if world.state in (State.READY, State.WAIT):
        yield replace(taken, state=State.CLAIMED), "look"
    elif world.state is State.UNCERTAIN and world.settled:
        yield taken, "look"
    elif world.state is State.ACKED:
        yield taken, "compare"


def noted(world: World, worker: int, event: Event, rules: Rules) -> tuple[World, str]:
    """Write what happened, if the worker still has its turn."""
    if rules.fenced and world.holder != worker:
        return world, "idle"
    try:
        after = written(world, event, rules)
    except ValueError:  # An unfenced worker meets states it did not expect, and gives up.
        return world, "idle"
    phase = {State.SENDING: "send", State.ACKED: "compare"}.get(after.state, "idle")
    return replace(after, holder=NOBODY if phase == "idle" else worker), phase


def written(world: World, event: Event, rules: Rules) -> World:
    standing = Standing(world.state, world.sends, suspect=world.suspect)
    move = rules.decide(standing, event, Capabilities(rules.kind))
    settled = rules.kind is TargetClass.KEYED
    return replace(world, state=move.state, sends=move.sends, suspect=move.suspect, settled=settled)


def recoveries(world: World, rules: Rules) -> Iterator[World]:
    """A sweeper takes over what a dead worker left, and what a slow one only claimed."""
    slow = world.holder >= 0 and (world.state is State.CLAIMED or not rules.death_is_proven)
    if world.holder != THE_DEAD and not slow:
        return
    freed = replace(world, holder=NOBODY)
    if world.state in (State.CLAIMED, State.SENDING):
        yield written(freed, Event(Happened.LOST), rules)
    else:
        yield freed


def landed(world: World, rules: Rules) -> World:
    """A request arrives; a target that takes our key keeps one record of it."""
    if rules.kind is TargetClass.KEYED:
        return replace(world, records=1, visible=True)
    return replace(world, records=world.records + 1, visible=world.visible)


def in_phase(world: World, worker: int, phase: str) -> World:
    phases = list(world.phases)
    phases[worker] = phase
    return replace(world, phases=tuple(phases))


def faults(rules: Rules) -> tuple[set[str], int]:
    """Visit every world, or all up to the first that is wrong; return what is wrong, and how many were seen."""
    start = World()
    seen, open_worlds, wrong = {start}, deque([start]), set()
    while open_worlds:
        world = open_worlds.popleft()
        if world.records > 1:
            return {"doubled"}, len(seen)
        if world.state is State.DONE and not world.records:
            return {"lost"}, len(seen)
        following = [later for later in successors(world, rules) if later != world]
        if not following and world.state not in (State.DONE, State.HUMAN):
            wrong.add("stuck")
        fresh = [later for later in set(following) if later not in seen]
        seen.update(fresh)
        open_worlds.extend(fresh)
        assert len(seen) < 100_000, "the model has run away"
    return wrong, len(seen)


@pytest.mark.parametrize("kind", TargetClass)
def test_nothing_is_doubled_lost_or_stuck(kind: TargetClass) -> None:
    wrong, worlds = faults(Rules(real, kind, searchable=kind is not TargetClass.BLIND))
    assert wrong == set()
    assert worlds > 100


MUTANTS = {
    "no intent before the send": Rules(instead(State.SENDING, Happened.LOST, State.READY)),
    "sent again within the attempt": Rules(instead(State.SENDING, Happened.LOST, State.SENDING)),
    "looked up before it has settled": Rules(real, waits_to_settle=False),
    "a lease that ran out taken for a death": Rules(real, death_is_proven=False, looks=False),
    "no fence": Rules(real, fenced=False),
    "never looked up": Rules(real, looks=False),
    "a blind target sent to again": Rules(real, searchable=False),
    "done before the send": Rules(instead(State.CLAIMED, Happened.ABSENT, State.DONE)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_each_guard_taken_away_is_caught(name: str) -> None:
    wrong, _ = faults(MUTANTS[name])
    assert wrong & {"doubled", "lost"}


@pytest.mark.parametrize(
    "state", [state for state in State if state not in ("claimed", "sending", "uncertain", "acked")]
)
def test_nothing_happens_to_a_delivery_nobody_works_on(state: State) -> None:
    with pytest.raises(ValueError, match="cannot happen"):
        real(Standing(state), Event(Happened.ANSWERED), Capabilities(TargetClass.KEYED))


@pytest.mark.parametrize("state", [State.CLAIMED, State.SENDING, State.UNCERTAIN, State.ACKED])
@pytest.mark.parametrize("happened", Happened)
@pytest.mark.parametrize("kind", TargetClass)
def test_every_event_is_either_decided_or_refused(state: State, happened: Happened, kind: TargetClass) -> None:
    possible = {
        State.CLAIMED: set(Happened) - {Happened.ANSWERED, Happened.AGREES, Happened.DIFFERS},
        State.SENDING: {Happened.ANSWERED, Happened.REFUSED, Happened.NOT_SENT, Happened.DOWN, Happened.LOST},
        State.UNCERTAIN: set(Happened) - {Happened.ANSWERED, Happened.AGREES, Happened.DIFFERS},
        State.ACKED: set(Happened) - {Happened.FOUND, Happened.ABSENT, Happened.ANSWERED},
    }
    event = Event(happened, RECEIPT)
    if happened in possible[state]:
        assert real(Standing(state), event, Capabilities(kind)).state in State
    else:
        with pytest.raises(ValueError, match="cannot happen"):
            real(Standing(state), event, Capabilities(kind))


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waited = [
        decide(Standing(State.CLAIMED, waits=waits), Event(Happened.NOT_SENT), Capabilities(TargetClass.KEYED), NOON,
               lambda _low, high: high).next_at - NOON
        for waits in (0, 1, 2, 8, 9, 500)
    ]  # fmt: skip
    assert [wait.total_seconds() for wait in waited] == [2, 4, 8, 512, LONGEST_WAIT, LONGEST_WAIT]


@pytest.mark.parametrize("state", [State.CLAIMED, State.UNCERTAIN])
def test_a_day_of_faults_is_told_to_a_person(state: State) -> None:
    standing = Standing(state, waits=3, waiting_since=NOON - GIVE_UP_AFTER, suspect=state is State.UNCERTAIN)
    move = real(standing, Event(Happened.NOT_SENT), Capabilities(TargetClass.SEARCHABLE))
    assert move.state is State.HUMAN
    assert move.suspect is (state is State.UNCERTAIN)
