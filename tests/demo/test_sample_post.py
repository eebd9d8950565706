"""The sample post: triage finds each of its requests, and what it extracts is what a careful person would key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import pytest

from config.settings import Settings, load_settings
from demo.post import mails_no_action, mails_revenues, mails_services, scans
from demo.post.sample import Sample
from extractors.fields import extract_all
from extractors.reading import read_message
from extractors.triage import Triager
from postroom.comparing import same_value
from postroom.message import Message
from postroom.workitem import Extraction

MAILS = [*mails_revenues.samples(), *mails_services.samples(), *mails_no_action.samples()]
SCANS = [scans.move_form(), scans.move_photo_on_its_side(), scans.debit_form(), scans.garden_form()]
NOT_FOLLOWED = {
    "mail-17-two-requests.eml": "garden-waste.address: '7 Bellfield Gardens, Northborough, LE11 8NA', read ''"
}
"""“At the new address” points into the other request; a person is asked for it."""
MISREAD = 2
"""Fields of a drawn scan that may be misread; a mail's may not."""


@cache
def settings() -> Settings:
    return load_settings()


@cache
def triager() -> Triager:
    return Triager(settings().processes, settings().triage)


def found_in(sample: Sample) -> Sequence[Extraction]:
    message = Message("sample", sample.name, sample.name, sample.content, datetime(2026, 11, 10, tzinfo=UTC))
    read = read_message(message, settings().limits, settings().ocr)
    return extract_all(read, triager().triage(read), settings().processes)


def wrong_fields(sample: Sample, found: Sequence[Extraction]) -> list[str]:
    """Return the fields of a sample that were not read as labelled."""
    by_process = {extraction.triage.process: extraction for extraction in found}
    wrong = []
    for request in sample.requests:
        specs = {process.id: process for process in settings().processes}.get(request.process)
        for name, value in request.fields.items():
            got = by_process[request.process].value(name)
            if specs and not same_value(specs.fields[name].type, value, got):
                wrong.append(f"{request.process}.{name}: {value!r}, read {got!r}")
    return wrong


@pytest.mark.parametrize("sample", MAILS, ids=lambda sample: sample.name)
def test_every_mail_is_understood(sample: Sample) -> None:
    found = found_in(sample)
    assert sorted(e.triage.process for e in found) == sorted(request.process for request in sample.requests)
    if not sample.name.startswith("mail-15"):
        assert set(wrong_fields(sample, found)) <= {NOT_FOLLOWED.get(sample.name)}


@pytest.mark.parametrize("sample", SCANS, ids=lambda sample: sample.name)
def test_forms_are_understood(sample: Sample) -> None:
    found = found_in(sample)
    assert [e.triage.process for e in found] == [request.process for request in sample.requests]
    assert len(wrong_fields(sample, found)) <= MISREAD


def test_every_kind_of_post_is_there() -> None:
    labelled = {request.process for sample in [*MAILS, *SCANS] for request in sample.requests}
    assert labelled >= {process.id for process in settings().processes}
    assert labelled >= {"auto-reply", "bounce", "spam", "thanks", "other"}


def test_the_protected_mail_is_held_for_named_people() -> None:
    (found,) = found_in(mails_services.protected_mail())
    assert found.triage.protected
    assert found.disposition.outcome == "review"
