"""Parting: one item becomes several, or two of one message become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from postroom.delivery import State
from postroom.disposition import Disposition, Outcome
from postroom.errors import BusinessError, NotAllowed
from postroom.ledger import schema
from postroom.ledger.acts import Before, keep, refuse_unresolved
from postroom.ledger.changing import all_reasons, change_item
from postroom.ledger.codec import from_json, to_json
from postroom.ledger.creating import insert_fields, insert_item, likeness
from postroom.ledger.entries import drop_entries
from postroom.ledger.items import item_deliveries, item_row
from postroom.ledger.planting import Planting
from postroom.ledger.records import ItemState
from postroom.ledger.seeds import end_seed
from postroom.ledger.storage import execute
from postroom.workitem import Extraction, Triage

_ITEMS = schema.items


class Parting(Planting):
    """Splitting and merging; what a message holds is accounted for before and after."""

    def split(
        self,
        item_id: str,
        parts: Sequence[Extraction],
        person: str,
        version: int | None = None,
        *,
        pages: Sequence[int] = (),
    ) -> list[str]:
        """Make several items of one that waits for a person, and return their ids; the first part keeps the id.

        Args:
            item_id: The item.
            parts: What was read for each part, two at least.
            person: Who says so.
            version: The item's version that the person saw.
            pages: How many pages of paper each part has; left out, the first keeps all of them.

        Raises:
            NotAllowed: The item does not wait for a person, or was keyed into a target.
        """
        if len(parts) < 2:
            raise BusinessError("A split needs two parts at least.", hint="Choose what the new item is to hold.")
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            _refuse_keyed(connection, row)
            kept = keep(connection, row, None, extraction=True)
            stopped = self._stop_unsent(connection, row)
            drop_entries(connection, row.id)
            end_seed(connection, row.id, person, self._clock(), caught=None)
            numbers = [*pages, *[0] * len(parts)] if pages else [row.pages, *[0] * len(parts)]
            self._become(connection, row, parts[0], numbers[0])
            made = [
                self._add_part(connection, row, part, number, person)
                for part, number in zip(parts[1:], numbers[1:], strict=False)
            ]
            self._record_person(connection, row, "split", person, into=" ".join(made))
            self._keep_act(connection, Before(kept, made=tuple(made), stopped=stopped), person, "split")
            return [row.id, *made]

    def merge(self, item_id: str, into: str, person: str, version: int | None = None) -> None:
        """Close an item that waits for a person and give its documents to another item of the same message.

        Args:
            item_id: The item that is closed.
            into: The item that goes on, with the fields it has.
            person: Who says so.
            version: The version of the closed item that the person saw.

        Raises:
            NotAllowed: They are of two messages, one does not wait, or the closed one was keyed into a target.
        """
        with self._writing() as connection:
            row, other = self._waiting(connection, item_id, version), self._waiting(connection, into)
            if row.message_id != other.message_id or row.id == other.id:
                hint = "Only items that came in one message can be merged."
                raise NotAllowed(f"Item {row.id} cannot be merged into item {other.id}.", hint=hint)
            _refuse_keyed(connection, row)
            before = Before(keep(connection, row), keep(connection, other, extraction=True))
            stopped = self._stop_unsent(connection, row)
            end_seed(connection, row.id, person, self._clock(), caught=None)
            other_version = self._take_documents(connection, other, row)
            reasons = all_reasons(from_json(tuple[str, ...], row.reasons), f"Merged into {other.id}.")
            self._touch(connection, row, outcome=Outcome.DUPLICATE, state=ItemState.NO_ACTION, reasons=reasons)
            self._record_person(connection, row, "merged", person, into=other.id)
            self._record_person(connection, other, "took-in", person, item=row.id)
            before = replace(before, other_version=other_version, stopped=stopped)
            self._keep_act(connection, before, person, "merged")

    def _become(self, connection: Connection, row: Row[Any], part: Extraction, pages: int) -> None:
        """Put what was read for the first part in the place of the whole."""
        execute(connection, delete(schema.fields).where(schema.fields.c.item_id == row.id))
        insert_fields(connection, row.id, part)
        process = part.triage.process
        values = {field.name: field.value for field in part.fields}
        self._touch(
            connection, row, process=process, extraction=to_json(part), due=part.due, pages=pages,
            reasons=_reasons(part, "A person split this post."), likeness=likeness(process, values),
            protected=row.protected or part.triage.protected,
        )  # fmt: skip

    def _add_part(self, connection: Connection, row: Row[Any], part: Extraction, pages: int, person: str) -> str:
        last = select(func.max(_ITEMS.c.position)).where(_ITEMS.c.message_id == row.message_id)
        position = (connection.scalar(last) or 0) + 1
        if row.protected and not part.triage.protected:
            part = replace(part, triage=replace(part.triage, protected=row.protected))
        disposition = Disposition(Outcome.REVIEW, _reasons(part, f"A person split this from item {row.id}."))
        made = insert_item(
            connection, row.message_id, position, part, disposition, self._clock(),
            pages=pages, configuration=self._configuration,
        )  # fmt: skip
        change_item(connection, item_row(connection, made), self._clock(), touched=True)
        new = item_row(connection, made)
        self._record_person(connection, new, "item-made", person, process=new.process, outcome=new.outcome)
        return made

    def _take_documents(self, connection: Connection, row: Row[Any], other: Row[Any]) -> int:
        """Give an item the documents of another, and return its version."""
        extraction = from_json(Extraction, row.extraction)
        triage = joined(extraction.triage, from_json(Extraction, other.extraction).triage)
        protected = row.protected or other.protected
        changed = to_json(replace(extraction, triage=replace(triage, protected=protected)))
        return self._touch(connection, row, extraction=changed, protected=protected, pages=row.pages + other.pages)


def _reasons(part: Extraction, otherwise: str) -> tuple[str, ...]:
    return part.disposition.reasons or (otherwise,)


def joined(one: Triage, other: Triage) -> Triage:
    """Return a triage with the documents of both; no document named means all, and no line of one all of it."""
    if not one.document_ids or not other.document_ids:
        return replace(one, document_ids=(), lines=())
    documents = tuple(dict.fromkeys((*one.document_ids, *other.document_ids)))
    whole = {
        document for each in (one, other) for document in each.document_ids
        if all(line[0] != document for line in each.lines)
    }  # fmt: skip
    lines = tuple(line for line in dict.fromkeys((*one.lines, *other.lines)) if line[0] not in whole)
    return replace(one, document_ids=documents, lines=lines)


def _refuse_keyed(connection: Connection, row: Row[Any]) -> None:
    refuse_unresolved(connection, row)
    keyed = [one.target for one in item_deliveries(connection, row.id) if one.state is State.DONE]
    if keyed:
        hint = "Put it right there, or close the item as it is."
        raise NotAllowed(f"Item {row.id} was keyed into {', '.join(keyed)} as a whole.", hint=hint)
