"""`read`, `triage`, `extract` and `evaluate` on real files, without a ledger."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.desk.conftest import Postroom

MAIL = """\
From: Ann Other <ann@example.org>
To: waste@westmere.example
Date: Mon, 14 Sep 2026 09:30:00 +0100
Subject: Missed bin
Message-ID: <1@example.org>

Hello,

My bin was missed on Friday, the black bin was not collected.

Address: 14 High Street, Westmere, WM1 2AB

Ann Other
"""


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "missed.eml"
    path.write_text(MAIL)
    return path


def test_extract_prints_one_object_for_each_item_in_exactly_the_promised_shape(
    postroom: Postroom, mail: Path, data: Path
) -> None:
    said = postroom("extract", str(mail), "--json")
    assert said.code == 0
    (line,) = said.out.splitlines()
    row = json.loads(line)
    assert list(row) == [
        "file",
        "item",
        "process",
        "confidence",
        "disposition",
        "reasons",
        "fields",
        "pages",
        "seconds",
    ]
    assert (row["file"], row["item"], row["process"], row["pages"]) == (str(mail), 1, "missed-bin", 1)
    assert row["disposition"] in {"straight-through", "review", "no-action", "duplicate", "rejected"}
    address = row["fields"]["address"]
    assert set(address) == {"value", "confidence", "page", "box", "text", "rule"}
    assert address["value"] == "14 High Street, Westmere, WM1 2AB"
    assert len(address["box"]) == 4
    assert all(0 <= edge <= 1 for edge in address["box"])
    assert not (data / "postroom.db").exists()


def test_each_file_gets_its_own_line_in_the_order_given(postroom: Postroom, mail: Path, tmp_path: Path) -> None:
    other = tmp_path / "a-note.txt"
    other.write_text("Please renew my garden waste subscription for two bins.\n")
    rows = [json.loads(line) for line in postroom("extract", "--json", str(mail), str(other)).out.splitlines()]
    assert [row["file"] for row in rows] == [str(mail), str(other)]


def test_a_process_can_be_given_instead_of_triage(postroom: Postroom, mail: Path) -> None:
    row = json.loads(postroom("extract", "--json", "--process", "garden-waste", str(mail)).out)
    assert (row["process"], row["confidence"]) == ("garden-waste", 1.0)
    wrong = postroom("extract", "--process", "garden", str(mail))
    assert wrong.code == 2
    assert "garden-waste, missed-bin" in wrong.err


def test_triage_tells_the_process_and_why(postroom: Postroom, mail: Path) -> None:
    row = json.loads(postroom("triage", "--json", str(mail)).out)
    assert row["process"] == "missed-bin"
    assert row["reasons"]
    assert f"item 1: {row['process']}" in postroom("triage", str(mail)).out


def test_read_shows_the_text_of_each_page(postroom: Postroom, mail: Path) -> None:
    row = json.loads(postroom("read", "--json", str(mail)).out)
    assert "black bin was not collected" in row["documents"][0]["pages"][0]["text"]
    assert "black bin was not collected" in postroom("read", str(mail)).out


def test_every_missing_file_is_named_and_nothing_is_done(postroom: Postroom, mail: Path) -> None:
    said = postroom("extract", str(mail), "nowhere.eml", "neither.pdf")
    assert said.code == 2
    assert said.out == ""
    assert "nowhere.eml, neither.pdf" in said.err


def test_a_mail_cannot_steer_the_terminal(postroom: Postroom, tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b[2J.eml"
    path.write_bytes(MAIL.replace("Hello,", "Hello \x1b[2J\x1b]0;owned\x07,").encode())
    for command in ("read", "triage", "extract"):
        assert not re.search(r"[\x1b\x07]", postroom(command, str(path)).out)


def test_a_broken_file_is_work_for_a_person_and_no_trace(postroom: Postroom, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 4)
    said = postroom("extract", "--json", str(path))
    row = json.loads(said.out)
    assert row["disposition"] == "review"
    assert row["reasons"]
    assert "Traceback" not in said.err


def test_evaluate_measures_a_labelled_folder(postroom: Postroom, mail: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labelled"
    folder.mkdir()
    mail.rename(folder / "missed.eml")
    label = {
        "file": "missed.eml",
        "kind": "email",
        "process": "missed-bin",
        "fields": {"address": "14 High Street, Westmere, WM1 2AB", "bin": "recycling"},
    }
    (folder / "labels.jsonl").write_text(json.dumps(label) + "\n")
    report = json.loads(postroom("evaluate", str(folder), "--json", "--workers", "1").out)
    assert report["triage"] == {"part": 1, "whole": 1, "value": 1.0}
    assert [(one["field"], one["expected"], one["got"]) for one in report["wrong"]] == [("bin", "recycling", "refuse")]
    shown = postroom("evaluate", str(folder), "--workers", "1").out
    assert "recycling" in shown
    assert "missed-bin" in shown


def test_evaluate_without_labels_tells_what_is_wanted(postroom: Postroom, tmp_path: Path) -> None:
    said = postroom("evaluate", str(tmp_path))
    assert said.code == 2
    assert "labels.jsonl" in said.err
