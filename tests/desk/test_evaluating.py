"""A folder of labelled post through the whole reading line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.settings import load_settings
from desk.evaluating import LABELS, evaluate
from postroom.errors import ConfigError

MOVE = """From: Ann Lee <ann.lee@post.example>
To: council@town.example
Subject: Change of address
Date: Wed, 10 Jun 2026 09:00:00 +0100
Message-ID: <1@post.example>

Please note my change of address. We moved from 4 Elm Row, Cardiff, CF10 1AA to
9 Oak Way, Cardiff, CF11 9BB on 1 June 2026. Council tax reference 44556677.

Ann Lee
"""
THANKS = """From: Ann Lee <ann.lee@post.example>
To: council@town.example
Subject: Re: bins
Date: Wed, 10 Jun 2026 09:00:00 +0100
Message-ID: <2@post.example>

Thank you very much, that is lovely.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "post").mkdir()
    (tmp_path / "post" / "move.eml").write_text(MOVE, encoding="utf-8")
    (tmp_path / "post" / "thanks.eml").write_text(THANKS, encoding="utf-8")
    labels = [
        {
            "file": "post/move.eml", "kind": "email", "process": "council-tax-move",
            "fields": {"council_tax_reference": "44556677", "moving_date": "2026-06-01"},
        },
        {"file": "post/thanks.eml", "kind": "email", "process": "thanks"},
    ]  # fmt: skip
    (tmp_path / LABELS).write_text("\n".join(json.dumps(label) for label in labels), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_is_measured(folder: Path, workers: int) -> None:
    told: list[tuple[int, int]] = []
    report = evaluate(folder, load_settings(), lambda done, of: told.append((done, of)), workers)
    assert report.triage.value == 1.0
    assert report.fields_by_name["council-tax-move.council_tax_reference"].right == 1
    assert told == [(1, 2), (2, 2)]
    assert report.seconds > 0


def test_a_folder_without_labels_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        evaluate(tmp_path, load_settings())


def test_a_labelled_file_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "post" / "thanks.eml").unlink()
    with pytest.raises(ConfigError, match="line 2"):
        evaluate(folder, load_settings())
