"""Which process a message belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from config.settings import Settings
from extractors.triage import Triager, TriageRules
from postroom.process import Process, Recognise
from tests.extractors.triage.post import letter, scan

LETTERS: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("letters.yaml"))
LEAST_RIGHT = 0.95


def test_letters_nobody_wrote_for_the_configuration_find_their_process(triager: Triager) -> None:
    wrong = []
    for each in LETTERS:
        found = [triage.process for triage in triager.triage(letter(each["body"], each["subject"]))]
        if sorted(found) != sorted(each["want"]):
            wrong.append((each["subject"], each["want"], found))
    assert 1 - len(wrong) / len(LETTERS) >= LEAST_RIGHT, wrong


def test_no_genuine_letter_is_filed_unread(triager: Triager) -> None:
    idle = {"spam", "thanks", "auto-reply", "bounce"}
    genuine = [each for each in LETTERS if not idle & set(each["want"])]
    filed = [each["subject"] for each in genuine if idle & {t.process for t in triager.triage(letter(each["body"]))}]
    assert not filed


def test_triage_is_the_same_every_time(settings: Settings, triager: Triager) -> None:
    again = Triager(settings.processes, settings.triage)
    for each in LETTERS[:20]:
        read = letter(each["body"], each["subject"])
        assert triager.triage(read) == again.triage(read)


def test_doubt_goes_to_a_person_with_the_best_guesses(triager: Triager) -> None:
    (found,) = triager.triage(letter("Hello, about the thing we discussed on the phone. Regards, Sam"))
    assert found.process == "other"
    assert found.reasons


def test_a_misread_heading_is_still_known(triager: Triager) -> None:
    (found,) = triager.triage(
        scan("lnstruction to your Bank or Bui1ding Society\nNarne of account ho1der\nMrs A Pugh\n12 34 56")
    )
    assert found.process == "direct-debit"


def test_a_scanned_payslip_is_benefit_evidence(triager: Triager) -> None:
    text = "ACME BAKERY\nPAYSLIP\nEmployee name Rhys Puw\nTax code 1257L\nNI number AB123456C\nNet pay 812.44"
    (found,) = triager.triage(scan(text))
    assert found.process == "benefit-evidence"
    assert found.confidence > 0.9
    assert found.document_ids


def test_an_answer_is_understood_from_the_mail_it_answers(triager: Triager) -> None:
    quoted = "Your garden waste subscription ends on 31 March. To renew it answer this mail."
    (found,) = triager.triage(letter("Yes, once more please. E. Hopkin, 4 Lon Las", "Re: Garden waste", quoted=quoted))
    assert found.process == "garden-waste"


def test_a_covering_line_belongs_to_the_mail_passed_on(triager: Triager) -> None:
    forwarded = (
        "From: Ann Wood\nOur recycling was not collected on Monday at 3 Pear Tree Lane. Please come back for it."
    )
    (found,) = triager.triage(letter("One for your team I think. D.", "FW: missed", forwarded=forwarded))
    assert found.process == "missed-bin"


def test_an_empty_message_goes_to_a_person(triager: Triager) -> None:
    (found,) = triager.triage(scan(""))
    assert found.process == "other"


def test_a_new_process_needs_yaml_alone(settings: Settings) -> None:
    taxi = Process(
        id="taxi-licence",
        title="Taxi licence renewal",
        recognise=Recognise(
            phrases=("taxi licen*", "hackney carriage", "private hire ... licen*|driver", "badge ... expire*|renew*"),
            headings=("application to renew a taxi licence",),
            examples=(
                "I want to renew my taxi licence, badge number 4471, it runs out next month.",
                "Please send me what I need to renew my private hire driver licence.",
                "my hackney badge is up in june how do i renew",
            ),
        ),
        fields={},
    )
    triager = Triager((*settings.processes, taxi), settings.triage)
    (found,) = triager.triage(
        letter("My private hire licence ends on 4 May. I would like to renew it for three years.")
    )
    assert found.process == "taxi-licence"
    (bin_,) = triager.triage(letter("The blue bin at 3 Elm Row was not emptied yesterday."))
    assert bin_.process == "missed-bin"


def test_a_process_without_examples_is_known_by_its_phrases() -> None:
    fines = Process(
        id="library-fine",
        title="Library fine",
        recognise=Recognise(phrases=("library fine*", "overdue book*")),
        fields={},
    )
    found = Triager((fines,), TriageRules()).triage(letter("I cannot pay the library fine for the overdue books."))
    assert [each.process for each in found] == ["library-fine"]


@pytest.mark.parametrize("processes", [0, 1])
def test_triage_works_with_next_to_no_configuration(settings: Settings, processes: int) -> None:
    triager = Triager(settings.processes[:processes], TriageRules())
    assert triager.triage(letter("Good morning, where is the town hall?"))[0].process == "other"
