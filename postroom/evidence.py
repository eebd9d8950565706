"""Evidence: everything that is known of one item, put together for people and programs alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from postroom.evidence_records import Arrived, Change, Event, Evidence, File, SecondEntry, Sent, Value
from postroom.second_entry import standing

if TYPE_CHECKING:
    from postroom.ledger import Item, ItemField, Ledger
    from postroom.ledger.evidencing import Link
    from postroom.process import Process

_TWO = 2


def evidence_of(
    ledger: Ledger, item: Item, process: Process | None, *, hidden: Sequence[str] = (), whole: bool = True
) -> Evidence:
    """Return everything that is known of an item.

    Args:
        ledger: Where it is kept.
        item: The item.
        process: Its process, for the titles of fields.
        hidden: Fields whose values whoever asks may not see yet.
        whole: Whether they may know of everything in the message.
    """
    names = {one.person.sign_in_name: one.person.name for one in ledger.staff()}
    titles = {name: spec.title for name, spec in process.fields.items() if spec.title} if process else {}
    triage, summary = item.extraction.triage, item.summary
    files = tuple(one for one in _files(ledger, item) if whole or one.own)
    told = _Told(item, names, titles, frozenset(hidden), {one.sha256: one.name for one in files})
    return Evidence(
        item=summary.id,
        process=summary.process,
        title=process.title if process else summary.process.replace("-", " ").capitalize(),
        state=summary.state,
        protected=summary.protected,
        due=summary.due,
        configuration=summary.configuration,
        sorted_as=triage.process,
        sorted_surely=triage.confidence,
        sorted_because=triage.reasons,
        reasons=item.disposition.reasons,
        arrived=_arrived(ledger, item),
        files=files,
        values=tuple(told.value(one) for one in item.fields),
        changes=tuple(told.changes()),
        second_entries=tuple(told.second_entries(ledger)),
        deliveries=tuple(told.deliveries()),
        history=tuple(told.event(link) for link in ledger.links_of(summary.id)),
        whole=whole,
    )


def manifest(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence as plain values that JSON can hold."""
    plain: dict[str, Any] = _plain({**asdict(evidence), "proven": evidence.proven})
    return plain


class _Told:
    """An item told with people's names and the titles of fields, but for what is hidden."""

    def __init__(
        self,
        item: Item,
        names: Mapping[str, str],
        titles: Mapping[str, str],
        hidden: frozenset[str],
        documents: Mapping[str, str],
    ) -> None:
        self._item, self._names, self._titles, self._hidden, self._documents = item, names, titles, hidden, documents

    def value(self, one: ItemField) -> Value:
        title = self._title(one.name)
        if one.name in self._hidden:
            return Value(one.name, title, "", "", "", "", "", 0, None, None, "", hidden=True)
        if one.read is None:
            return Value(one.name, title, one.value, "", "", "", "", 0, None, None, "")
        place, box = one.read.provenance, one.read.provenance.box
        return Value(
            one.name, title, one.value, one.read.value, place.text, place.document_id,
            self._documents.get(place.document_id, ""), place.page,
            (box.x0, box.y0, box.x1, box.y1) if box else None, one.read.confidence, place.rule,
            tuple((other.value, other.score) for other in one.read.others),
        )  # fmt: skip

    def changes(self) -> Iterator[Change]:
        for one in self._item.corrections:
            before, after = ("", "") if one.field in self._hidden else (one.before, one.after)
            title = self._title(one.field) if one.field else "Process"
            yield Change(one.field, title, before, after, one.person, self._name(one.person), one.at, one.undone)

    def second_entries(self, ledger: Ledger) -> Iterator[SecondEntry]:
        values = {one.name: one.value for one in self._item.fields}
        for name, entries in ledger.entries(self._item.summary.id).items():
            if len(entries) >= _TWO or name in self._hidden:
                people = tuple((one.person, self._name(one.person), one.at) for one in entries)
                yield SecondEntry(name, self._title(name), people, standing(entries, values.get(name, "")))

    def deliveries(self) -> Iterator[Sent]:
        for one in self._item.deliveries:
            receipt = one.receipt
            yield Sent(
                one.id, one.target, one.key, one.generation, one.letter, one.state,
                {} if self._hidden else dict(one.fields), receipt.reference if receipt else "",
                receipt.location if receipt else "", dict(receipt.details) if receipt else {}, one.reason, one.sends,
                one.created_at, one.changed_at,
            )  # fmt: skip

    def event(self, link: Link) -> Event:
        entry = link.entry
        name = self._name(entry.actor)
        return Event(
            entry.sequence, entry.at, entry.actor, name, entry.action, dict(entry.detail), entry.delivery_id,
            link.covers, link.hash, link.follows,
        )  # fmt: skip

    def _title(self, name: str) -> str:
        return self._titles.get(name) or name.replace("_", " ").capitalize()

    def _name(self, person: str) -> str:
        return self._names.get(person, person)


def _arrived(ledger: Ledger, item: Item) -> Arrived:
    message, envelope = item.message, item.envelope
    sender = f"{envelope.sender_name} <{envelope.sender_address}>".strip() if envelope else ""
    size = ledger.sizes(message.digest).get(message.digest, 0)
    return Arrived(
        message.id, message.inbox, message.name, message.received_at, message.digest, size, message.duplicate_of,
        sender, envelope.subject if envelope else "", envelope.sent_at if envelope else None,
        envelope.message_id if envelope else "",
    )  # fmt: skip


def _files(ledger: Ledger, item: Item) -> Iterator[File]:
    own = item.extraction.triage.document_ids
    for one in ledger.documents_of(item.summary.message_id):
        is_own = one.id in own or not own
        yield File(one.id, one.name, one.media_type, one.role, one.inside, one.size, is_own)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value
