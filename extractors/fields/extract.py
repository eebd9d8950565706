"""Extraction: from a read message and one request in it to fields, faults and a disposition."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.fields.addresses import POSTCODE_OWNER, address_options
from extractors.fields.certainty import confidence
from extractors.fields.choices import choice_options, choice_phrases
from extractors.fields.choose import LEAST_EVIDENCE, Chosen, choose, holds
from extractors.fields.item import Item, gather
from extractors.fields.judge import faults_of, judge, settled_by_triage
from extractors.fields.labels import AVOID, LabelHit, find_labels
from extractors.fields.matter import TOPIC_OWNER, line_options, sentence_options, topic_options
from extractors.fields.options import Option, strongest, typed_options
from extractors.fields.organisations import organisation_options
from extractors.fields.people import PART_OWNERS, name_options
from extractors.fields.signatures import writer_names
from extractors.fields.ticks import ticked_integers
from extractors.fields.vocabulary import OTHER_LABELS, POSTCODE_LABELS, TYPE_LABELS
from extractors.values.names import compatible, looks_like_name
from postroom.clock import add_working_days
from postroom.fields import Field
from postroom.message import ReadMessage
from postroom.normal import normalise
from postroom.process import DifferentCheck, FieldSpec, ModulusCheck, Process, SumCheck
from postroom.text import Section
from postroom.workitem import Extraction, Triage

_OTHERS = 5
"""How many other values a person is offered."""


def extract(read: ReadMessage, triage: Triage, process: Process) -> Extraction:
    """Read the fields of one request.

    Args:
        read: The message with the text of its documents.
        triage: The request: its process, and the documents and lines that belong to it.
        process: The process the triage names.
    """
    settled = settled_by_triage(triage)
    if settled is not None:
        return Extraction(triage, (), settled)
    item = gather(read, triage, process)
    options = all_options(item)
    fields = _fields(item, choose(process, options), options)
    faults = faults_of(process, fields)
    return Extraction(triage, fields, judge(item, fields, faults), faults, _due(item))


def all_options(item: Item) -> dict[str, list[Option]]:
    """Return for each field what it may be, best first; choices come first, since other fields' labels go by them."""
    labels = find_labels(item.all_sheets, _phrases(item.process))
    options: dict[str, list[Option]] = {}
    for name, spec in item.process.fields.items():
        if spec.type == "choice":
            options[name] = _options(item, name, spec, labels)
    for name, spec in item.process.fields.items():
        if spec.type != "choice":
            options[name] = _options(item, name, spec, _for_case(name, spec, labels, options))
    for name, spec in item.process.fields.items():
        options[name] = _Fallback(item, spec, options)(options[name])
    return options


def _options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    if spec.type == "choice":
        return choice_options(item, name, spec, labels)
    if spec.type == "name":
        return name_options(item, name, spec, labels)
    if spec.type == "address":
        return address_options(item, name, spec, labels)
    if spec.type == "integer":
        ticked = ticked_integers(item, name, spec, labels)
        printed = typed_options(item, name, spec, labels)
        return strongest([*ticked, *(option.stronger(-2.5) if ticked else option for option in printed)])
    if spec.type == "text" and spec.form != "code":
        return _text_options(item, name, spec, labels)
    if spec.type == "boolean":
        return [option for option in line_options(item, name, labels) if normalise("boolean", option.value)]
    return typed_options(item, name, spec, labels)


def _text_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    if spec.form == "sentences":
        return sentence_options(item, name, spec, labels)
    if spec.form == "topic":
        return topic_options(item, name, spec, labels)
    if spec.form == "organisation":
        return organisation_options(item, name, labels)
    return line_options(item, name, labels)


def _phrases(process: Process) -> dict[str, tuple[str, ...]]:
    """Return every label to look for, by the owner it speaks for."""
    phrases: dict[str, tuple[str, ...]] = {"": OTHER_LABELS, POSTCODE_OWNER: POSTCODE_LABELS, **PART_OWNERS}
    alone = [spec.type for spec in process.fields.values()]
    for name, spec in process.fields.items():
        own = (spec.title, *spec.labels, *_cased(spec))
        if alone.count(spec.type) == 1 or spec.type in ("phone", "email"):
            own += TYPE_LABELS[spec.type]
        phrases[name] = own
        phrases[AVOID + name] = spec.avoid
        if spec.topics:
            phrases[TOPIC_OWNER + name] = spec.topics
        if spec.type == "choice":
            phrases |= choice_phrases(name, spec)
    return phrases


def _cased(spec: FieldSpec) -> tuple[str, ...]:
    return tuple(f"{label}" for labels in spec.labels_for.values() for label in labels)


def _for_case(
    name: str, spec: FieldSpec, labels: Sequence[LabelHit], options: dict[str, list[Option]]
) -> list[LabelHit]:
    """Leave out the labels that count only for another value of the field this one depends on."""
    if not spec.depends_on or not options.get(spec.depends_on):
        return list(labels)
    value = options[spec.depends_on][0].value
    # Where the case has labels of its own, the field's general title ("Amount") would only lead astray.
    own = spec.labels_for.get(value, ())
    valid = {label.casefold() for label in (*spec.labels, *own)} | (set() if own else {spec.title.casefold()})
    cased = {label.casefold() for label in (spec.title, *_cased(spec))}
    return [
        label
        for label in labels
        if name not in label.owners or label.phrase.casefold() in valid or label.phrase.casefold() not in cased
    ]


def _with_fallback(item: Item, spec: FieldSpec, options: dict[str, list[Option]]) -> _Fallback:
    return _Fallback(item, spec, options)


class _Fallback:
    """What the mail's headers add, and take away where the writer is not the person concerned."""

    def __init__(self, item: Item, spec: FieldSpec, options: dict[str, list[Option]]) -> None:
        self._item = item
        self._spec = spec
        self._options = options

    def __call__(self, found: list[Option]) -> list[Option]:
        spec, item = self._spec, self._item
        if spec.fallback == "sent-date" and item.sent_on:
            arrived = item.arrived_on
            added = [Option(item.sent_on.isoformat(), 2.2, "sent-date")]
            if arrived and arrived != item.sent_on:
                added.append(Option(arrived.isoformat(), 1.2, "arrival"))
            return sorted([*added, *(option.stronger(-1.0) for option in found)], key=lambda option: -option.evidence)
        if spec.type not in ("email", "phone"):
            return found
        by_other = self._written_by_another()
        if by_other:
            found = [option.stronger(-2.2) if self._of_writer(option) else option for option in found]
        writer = item.writer
        if (
            spec.fallback == "sender-address"
            and writer
            and writer.sender_address
            and not item.is_council(writer.sender_address)
        ):
            found = [option.stronger(1.0) if option.value == writer.sender_address else option for option in found]
            if writer.sender_address not in [option.value for option in found] and not by_other:
                found = [*found, Option(writer.sender_address, 1.5, "sender")]
        return sorted(found, key=lambda option: -option.evidence)

    def _written_by_another(self) -> bool:
        people = [name for name, spec in self._item.process.fields.items() if spec.type == "name"]
        concerned = next((self._options[name][0].value for name in people if self._options.get(name)), "")
        writers = [name for name in writer_names(self._item) if looks_like_name(name)]
        if not concerned or not writers:
            return False
        surnames = {word.casefold() for word in concerned.split()}
        shares_household = any(writer.split()[-1].casefold() in surnames for writer in writers)
        return not shares_household and not any(compatible(concerned, writer) for writer in writers)

    def _of_writer(self, option: Option) -> bool:
        writer = self._item.writer
        own_address = writer is not None and option.value == writer.sender_address
        signed = option.span is not None and option.span.block.section is Section.SIGNATURE
        return own_address or signed or not option.rule.startswith("label")


def _fields(item: Item, chosen: Chosen, options: dict[str, list[Option]]) -> tuple[Field, ...]:
    values = {name: option.value for name, option in chosen.items() if option is not None}
    outcomes: dict[str, bool] = {}
    for check in item.process.checks:
        outcome = holds(check, values)
        if outcome is not None and not isinstance(check, DifferentCheck):
            for name in _checked_fields(check, outcome):
                outcomes[name] = outcomes.get(name, True) and outcome
    fields = []
    for name in item.process.fields:
        option = chosen.get(name)
        if option is None or option.evidence < LEAST_EVIDENCE:
            continue
        others = [other for other in options[name] if other.value != option.value]
        sure = confidence(option, others, outcomes.get(name), item.process.fields[name].type)
        offered = tuple(other.candidate(item) for other in others[:_OTHERS])
        fields.append(Field(name, option.value, round(sure, 4), option.provenance(item), offered))
    return tuple(fields)


def _checked_fields(check: SumCheck | ModulusCheck, outcome: bool) -> tuple[str, ...]:
    """Return the fields of which a check's outcome says something."""
    if isinstance(check, SumCheck):
        return (*check.parts, check.total)
    # A wrong figure in the account number fails the modulus check; most wrong figures in the sort code pass it, since
    # neighbouring sort codes share their rule and many rules give its figures no weight.
    return (check.account_number,) if outcome else (check.sort_code, check.account_number)


def _due(item: Item) -> str:
    days = item.process.due_working_days
    if days is None or item.arrived_on is None:
        return ""
    received = item.sent_on if any(spec.fallback == "sent-date" for spec in item.process.fields.values()) else None
    return add_working_days(received or item.arrived_on, days, item.process.holidays or "england-and-wales").isoformat()
