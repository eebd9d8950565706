"""Evidence as pages show it: how much of it to whom, without tricks of letters, and what happened in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from desk.web.source.frames import seen
from postroom.evidence import evidence_of
from postroom.ledger.records import ItemState
from postroom.ledger.storage import ROBOT
from postroom.staff import May

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desk.web.office import Office
    from postroom.evidence_records import Event, Evidence, Sent
    from postroom.ledger import Item
    from postroom.staff import Person

ACTIONS: Mapping[str, str] = {
    "received": "The message arrived and was stored",
    "seen-again": "The same message was seen again",
    "read": "Its documents were read",
    "settled": "The message was filed in its inbox",
    "taken-back": "Staff took the message back in its inbox",
    "message-failed": "A step failed and was to be tried again",
    "quarantined": "A step failed three times, so it went to a person",
    "item-made": "The item was made",
    "item-with-person": "It went to a person",
    "item-in-flight": "It was on its way to its targets",
    "item-delivered": "It was delivered",
    "item-rejected": "It was rejected",
    "item-no-action": "It was filed without action",
    "accepted": "A value was found right",
    "corrected": "A value was corrected",
    "entered": "A value was entered unseen",
    "released": "The item was released",
    "retried": "Its deliveries were to be tried again",
    "done-by-hand": "It was keyed by hand",
    "sent-back": "It was sent back to the sender",
    "closed-rejected": "It was rejected",
    "closed-no-action": "It was closed without action",
    "split": "It was split",
    "merged": "It was merged into another item",
    "took-in": "Another item was merged into it",
    "undone": "The last act was taken back",
    "resolved-found": "The record was found in the target",
    "resolved-not-there": "The record was not in the target",
    "resolved-cancel": "The delivery was cancelled",
    "delivery-claimed": "A worker took the delivery",
    "delivery-sending": "The record was sent",
    "delivery-acked": "The target took the record",
    "delivery-done": "The delivery was done",
    "delivery-wait": "It could not be sent, and waited",
    "delivery-uncertain": "No answer came, so it was looked up",
    "delivery-human": "A person was to look into the delivery",
    "delivery-rejected": "The target refused the record",
    "delivery-cancelled": "The delivery was cancelled",
    "delivery-ready": "The delivery was made ready",
    "evidence-taken": "Its evidence was taken away",
}
"""What each action of the history was, in words."""
_STANDINGS = {"agreed": "They agree", "different": "They differ", "one": "One person so far", "none": "Nobody so far"}
_READ_BACK = {
    "done": "Arrived; what the system then held agreed, as far as it can be read back.",
    "acked": "Taken by the system; the read-back is still to come.",
    "uncertain": "Not known yet; it is looked up before anything else.",
    "human": "A person is to find out whether it is there.",
}


def evidence_for(office: Office, item: Item, person: Person | None) -> Evidence:
    """Return the evidence of an item as far as a person may have it; None stands for the machine's own account."""
    return evidence_of(
        office.ledger,
        item,
        office.process(item.summary.process),
        hidden=_hidden_from(office, item, person) if person else (),
        whole=person is None or person.restricted or not office.protected_beside(item),
    )


def cleaned(value: Any) -> Any:
    """Return the same value with every text in it as it may be shown."""
    if isinstance(value, str):
        return seen(value)
    if isinstance(value, tuple):
        return tuple(cleaned(one) for one in value)
    if isinstance(value, Mapping):
        return {name: cleaned(one) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: cleaned(getattr(value, one.name)) for one in fields(value)})
    return value


def happened(event: Event) -> str:
    """Return what an entry of the history tells."""
    words = ACTIONS.get(event.action, event.action.replace("-", " ").capitalize())
    told = [f"{name.replace('_', ' ')}: {value}" for name, value in event.detail.items() if value]
    return f"{words} ({', '.join(told)})" if told else words


def who(event: Event) -> str:
    """Return who did it: the robot, or a person by name."""
    return "The robot" if event.person == ROBOT else event.name


def entered(standing: str) -> str:
    """Return how the entries of a value stand."""
    return _STANDINGS[standing]


def proof_of(sent: Sent) -> str:
    """Return what is known of a record in its target."""
    for detail, words in (("keyed_by", "Keyed by hand by {}."), ("found_by", "Found there by {}.")):
        if sent.details.get(detail):
            return words.format(sent.details[detail])
    return _READ_BACK.get(sent.state, "")


def _hidden_from(office: Office, item: Item, person: Person) -> Sequence[str]:
    """Return the fields whose values a person is to enter without having seen them."""
    from postroom.second_entry import Standing, open_entries

    process = office.process(item.summary.process)
    if process is None or item.summary.state is not ItemState.WITH_PERSON or not person.may(May.DECIDE):
        return ()
    made, me = office.ledger.entries(item.summary.id), person.sign_in_name.casefold()
    return [
        name
        for name, standing in open_entries(process, item.fields, made).items()
        if standing is Standing.DIFFERENT
        or (standing is Standing.ONE and all(one.person.casefold() != me for one in made.get(name, ())))
    ]
