"""Found values against labels."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from postroom.comparing import same_value
from postroom.disposition import Disposition, Outcome
from postroom.errors import ConfigError
from postroom.evaluation import evaluate_results
from postroom.fields import Field, Provenance
from postroom.labels import Label, parse_labels
from postroom.process import FieldSpec, FieldType, Process
from postroom.workitem import Extraction, Triage

NOWHERE = Provenance("", 1, None, "", "test")
MOVE = Process(
    id="move",
    title="Move",
    fields={
        "full_name": FieldSpec(type="name"),
        "new_address": FieldSpec(type="address"),
        "moving_date": FieldSpec(type="date"),
        "notes": FieldSpec(type="text"),
    },
)
BIN = Process(id="bin", title="Bin", fields={"address": FieldSpec(type="address")})


def found(
    process: str, values: Mapping[str, str], outcome: Outcome = Outcome.REVIEW, confidence: float = 0.9
) -> Extraction:
    fields = tuple(Field(name, value, confidence, NOWHERE) for name, value in values.items())
    return Extraction(Triage(process, confidence), fields, Disposition(outcome))


@pytest.mark.parametrize(
    ("kind", "expected", "got", "same"),
    [
        ("name", "Mr. J. Smith", "j smith", True),
        ("name", "J Smith", "J Smythe", False),
        ("address", "Flat 4, Elm Court, CF10 1AA", "flat 4 Elm Court CF10 1AA", True),
        ("address", "4 Elm Court, CF10 1AA", "14 Elm Court, CF10 1AA", False),
        ("text", "the crew left my bin in the road again", "The crew left my bin in the road.", True),
        ("text", "the crew left my bin in the road again", "I am writing to complain about something", False),
        ("text", "INV-7", "inv-7", True),
        ("text", "INV-7", "INV-8", False),
        ("reference", "MD12345678", "MD12345679", False),
        ("date", "2026-05-01", "2026-05-01", True),
    ],
)
def test_values_are_compared_by_their_type(kind: FieldType, expected: str, got: str, same: bool) -> None:
    assert same_value(kind, expected, got) is same


def test_every_figure_of_a_small_set() -> None:
    labels = (
        Label("a.eml", "email", "move", {"full_name": "Ann Lee", "moving_date": "2026-05-01"}),
        Label("b.pdf", "scan", "move", {"full_name": "Bob Ray", "moving_date": "2026-06-01"}),
        Label("c.eml", "email", "spam"),
    )
    report = evaluate_results(
        labels,
        {
            "a.eml": [
                found("move", {"full_name": "Ms Ann Lee", "moving_date": "2026-05-01"}, Outcome.STRAIGHT_THROUGH)
            ],
            "b.pdf": [found("move", {"full_name": "Rob Ray", "notes": "late"}, Outcome.STRAIGHT_THROUGH, 0.6)],
            "c.eml": [found("other", {})],
        },
        (MOVE, BIN),
    )
    assert (report.triage.part, report.triage.whole) == (2, 3)
    assert report.triage_by_kind["scan"].value == 1.0
    assert (report.fields.right, report.fields.wrong, report.fields.missed) == (2, 2, 2)
    assert report.fields_by_kind["email"].f1 == 1.0
    assert report.fields_by_name["move.full_name"].right == 1
    assert report.straight_through.value == 1.0
    assert report.straight_through_right.value == 0.5
    assert report.coverage_when_strict.part == 1
    assert {(w.file, w.field) for w in report.wrong} == {
        ("b.pdf", "full_name"), ("b.pdf", "moving_date"), ("b.pdf", "notes"), ("c.eml", ""),
    }  # fmt: skip


def test_calibration_states_what_was_right() -> None:
    labels = tuple(Label(f"{n}.eml", "email", "move", {"moving_date": "2026-05-01"}) for n in range(10))
    values = {
        f"{n}.eml": [found("move", {"moving_date": f"2026-05-0{1 if n < 7 else 2}"}, confidence=0.95)]
        for n in range(10)
    }
    report = evaluate_results(labels, values, (MOVE,))
    (only,) = report.field_calibration.bins
    assert (only.count, only.stated, only.right) == (10, pytest.approx(0.95), 0.7)
    assert report.field_calibration.error == pytest.approx(0.25)


def test_other_accepted_values_count() -> None:
    label = Label("a", "email", "move", {"full_name": "A Lee"}, {"full_name": ("Ann Lee",)})
    report = evaluate_results((label,), {"a": [found("move", {"full_name": "Ann Lee"})]}, (MOVE,))
    assert report.fields.f1 == 1.0


def test_items_are_matched_with_labels_by_what_fits_best() -> None:
    labels = (
        Label("a", "email", "bin", {"address": "1 Elm Row"}),
        Label("a", "email", "bin", {"address": "2 Oak Way"}),
        Label("a", "email", "move", {"full_name": "Ann Lee"}),
    )
    items = [
        found("move", {"full_name": "Ann Lee"}),
        found("bin", {"address": "2 Oak Way"}),
        found("bin", {"address": "1 Elm Row"}),
    ]
    report = evaluate_results(labels, {"a": items}, (MOVE, BIN))
    assert report.triage.value == 1.0
    assert report.fields.f1 == 1.0


def test_a_further_matter_is_allowed_and_any_other_item_is_superfluous() -> None:
    label = Label("a", "email", "move", {"full_name": "Ann Lee"}, also=("other",))
    items = [found("move", {"full_name": "Ann Lee"}), found("other", {})]
    assert evaluate_results((label,), {"a": items}, (MOVE,)).superfluous == 0
    report = evaluate_results((label,), {"a": [*items, found("bin", {"address": "1 Elm Row"})]}, (MOVE, BIN))
    assert report.superfluous == 1
    assert report.fields.wrong == 1


def test_a_wrong_process_makes_its_fields_wrong_and_the_expected_ones_missed() -> None:
    label = Label("a", "email", "bin", {"address": "1 Elm Row"})
    report = evaluate_results((label,), {"a": [found("move", {"full_name": "Ann Lee"})]}, (MOVE, BIN))
    assert (report.fields.right, report.fields.wrong, report.fields.missed) == (0, 1, 1)


def test_a_file_nothing_was_found_in_counts_as_missed() -> None:
    label = Label("a", "scan", "bin", {"address": "1 Elm Row"})
    report = evaluate_results((label,), {}, (BIN,), failed={"a": "It is locked."})
    assert report.triage.value == 0.0
    assert report.fields.missed == 1
    assert report.failed == {"a": "It is locked."}


def test_a_report_becomes_json() -> None:
    label = Label("a", "email", "bin", {"address": "1 Elm Row"})
    report = evaluate_results((label,), {"a": [found("bin", {"address": "1 Elm Row"})]}, (BIN,))
    data = json.loads(json.dumps(report.as_dict()))
    assert data["triage"] == {"part": 1, "whole": 1, "value": 1.0}
    assert data["fields"]["f1"] == 1.0
    assert data["rows"][0]["process"] == "bin"


def test_labels_are_read() -> None:
    line = {
        "file": "a.eml",
        "kind": "email",
        "process": "move",
        "fields": {"x": "1"},
        "accept": {"x": ["2"]},
        "also": ["other"],
    }
    (label,) = parse_labels(json.dumps(line) + "\n\n", "labels.jsonl", {"a.eml"})
    assert label.right_values("x") == ("1", "2")
    assert label.also == ("other",)
    assert label.line == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "not a JSON object"),
        ('{"file": "a.eml", "kind": "email"}', "“process”"),
        ('{"file": "a.eml", "kind": "fax", "process": "move"}', "“email” nor “scan”"),
        ('{"file": "gone.eml", "kind": "email", "process": "move"}', "not in the folder"),
        ('{"file": "a.eml", "kind": "email", "process": "move", "fields": {"x": 1}}', "“x”"),
        ('{"file": "a.eml", "kind": "email", "process": "move", "accept": {"x": "y"}}', "not a list"),
    ],
)
def test_a_faulty_line_is_named_with_what_is_wrong(line: str, said: str) -> None:
    good = '{"file": "a.eml", "kind": "email", "process": "move"}'
    with pytest.raises(ConfigError, match="line 2") as caught:
        parse_labels(f"{good}\n{line}\n", "labels.jsonl", {"a.eml"})
    assert said in str(caught.value)


def test_all_faulty_lines_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_labels("{\n[]\n", "labels.jsonl")
    assert "line 1" in str(caught.value)
    assert "line 2" in str(caught.value)
