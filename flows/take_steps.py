"""The steps of the line, one at a time, free of Prefect: each leases one thing, does one step and saves it.

A fault of one thing is that thing's alone. What is caught here and what happens next is this module's whole point:
a connector that is down stops its inbox or target, a document that cannot be handled goes to a person after its third
attempt, and the words of an unexpected error never leave, because they might hold the words of a letter.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from flows.open_line import Line
from postroom.deliver import deliver_one, recover
from postroom.delivery import State, Target
from postroom.errors import ConfigError, ConnectorDown, LeaseLost, PostroomError, StepFault, TransientError
from postroom.intake import take_in
from postroom.ledger.keeping import kept
from postroom.ledger.records import Lease, Stage
from postroom.paper import pages_of_paper
from postroom.settle import settle_done

LEASE_SECONDS = 120.0
_log = structlog.get_logger("line")


def take_in_post(line: Line, inbox: str, limit: int) -> int:
    """Take up to `limit` messages of an inbox into the ledger and return how many were new.

    Raises:
        StepFault: The inbox cannot be used now; its post waits there untouched.
    """
    with _answering(line, "inbox", inbox):
        return len(take_in(line.ledger, line.inbox(inbox), limit, line.owner).new)


def read_one(line: Line, message_id: str) -> bool:
    """Read one message, twice where that helps its fields; False if another worker has it or it has moved on."""
    from extractors.reading import read_message
    from extractors.understanding import understand

    lease = line.ledger.lease_message(message_id, Stage.RECEIVED, line.owner, LEASE_SECONDS)
    if lease is None:
        return False
    with _message_faults(line, lease), kept(line.ledger, lease, LEASE_SECONDS):
        settings = line.settings
        read = read_message(line.ledger.load_message(message_id), settings.limits, settings.ocr)
        understood = understand(read, line.triager, settings.processes, settings.ocr)
        line.ledger.save_reading(lease, understood.read)
    line.ledger.release_message(lease)
    return True


def itemise_one(line: Line, message_id: str) -> bool:
    """Find the requests of one message and extract their fields; False if another worker has it."""
    from extractors.fields import extract_all

    lease = line.ledger.lease_message(message_id, Stage.READ, line.owner, LEASE_SECONDS)
    if lease is None:
        return False
    with _message_faults(line, lease), kept(line.ledger, lease, LEASE_SECONDS):
        read = line.ledger.load_reading(message_id)
        if read is None:
            raise StepFault(f"message {message_id}: its reading is not in the ledger")
        triages = line.triager.triage(read)
        extractions = extract_all(read, triages, line.settings.processes)
        plans = {process.id: process.deliver for process in line.settings.processes}
        unpacked, texts = read.unpacked.documents, read.texts
        pages = [pages_of_paper(unpacked, texts, extraction.triage) for extraction in extractions]
        line.ledger.save_items(lease, extractions, plans, pages)
    return True


def deliver_due(line: Line, target: str) -> Iterator[str]:
    """Yield the ids of deliveries that a target can take now, until none is left."""
    seen: set[str] = set()
    while fresh := [due.id for due in line.ledger.deliveries_due(target=target) if due.id not in seen]:
        seen.update(fresh)
        yield from fresh


def deliver_to(line: Line, delivery_id: str, target: str) -> str:
    """Take one delivery as far as it goes now and return the state it is in.

    Raises:
        StepFault: The target's connector cannot work; its deliveries wait untouched.
    """
    with _answering(line, "target", target):
        state = deliver_one(line.ledger, delivery_id, line.target(target), line.owner)
    if state is not State.DONE:
        _log.warning("delivery not done", delivery=delivery_id, target=target, state=state)
    return state


def tell_people(line: Line) -> int:
    """Make the notices of items that wait for a person and that nobody was told of, and return how many."""
    with _faults("notices"):
        return line.ledger.tell_people(line.settings.notices)


def recover_abandoned(line: Line) -> int:
    """Give back what dead workers held, find out what became of their deliveries, and return how many there were.

    A target that cannot be opened now counts as one that cannot be searched.
    """
    with _faults("recovery"):
        return recover(line.ledger, _openable(line), line.owner)


def _openable(line: Line) -> dict[str, Target]:
    targets = {}
    for connection in line.settings.targets:
        with suppress(ConfigError):
            targets[connection.name] = line.target(connection.name)
    return targets


def settle_inbox(line: Line, inbox: str) -> int:
    """Move an inbox's messages whose items are all final to done or held, and return how many.

    Raises:
        StepFault: The inbox cannot be used now; its messages wait there.
    """
    with _faults(f"inbox {inbox}"):
        return settle_done(line.ledger, line.inbox(inbox), line.owner)


@contextmanager
def _answering(line: Line, role: str, name: str) -> Iterator[None]:
    """Note what an inbox or target answered, for ICT's page of connectors."""
    try:
        with _faults(f"{role} {name}"):
            yield
    except StepFault as fault:
        line.ledger.note_answer(role, name, False, fault.message.partition(": ")[2])
        raise
    # A delivery that could not be sent waits without a fault of the step; the target's breaker has counted it.
    broken = next((one.reason for one in line.ledger.breakers() if one.target == name and one.failures), None)
    failed = role == "target" and broken is not None
    line.ledger.note_answer(role, name, not failed, broken or "" if failed else "")


@contextmanager
def _faults(subject: str) -> Iterator[None]:
    try:
        yield
    except PostroomError as error:
        _log.warning("step failed", stage=subject, hint=str(error))
        raise StepFault(f"{subject}: {error}") from None
    except Exception as error:
        raise _unexpected(subject, error) from None


@contextmanager
def _message_faults(line: Line, lease: Lease) -> Iterator[None]:
    """Count a fault against the message, which waits for its next attempt or goes to a person."""
    subject = f"message {lease.subject}"
    try:
        yield
    except LeaseLost:
        _log.info("another worker took over", stage=subject)
    except (ConnectorDown, TransientError) as error:
        line.ledger.fail_message(lease, str(error))
        raise StepFault(f"{subject}: {error}") from None
    except Exception as error:
        fault = _unexpected(subject, error)
        line.ledger.fail_message(lease, fault.message)
        raise fault from None


def _unexpected(subject: str, error: Exception) -> StepFault:
    """Return a fault that names the place in the code and the kind of error, but not its words."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    reason = f"unexpected {type(error).__name__} in {frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})"
    _log.error("unexpected error", stage=subject, hint=reason)
    return StepFault(f"{subject}: {reason}")
