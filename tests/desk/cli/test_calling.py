"""The words that the command prints for the next step work where they are printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from config.settings import load_settings
from desk.cli.calling import again, first_account


def test_a_call_names_the_folders_that_would_not_be_found_by_themselves(
    config: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    beside = load_settings(config, data)
    assert again(beside, "show", "AAAA") == "postroom --config config show AAAA"
    data = data.rename(data.with_name("kept"))
    settings = load_settings(config, data)
    assert again(settings, "show", "AAAA") == "postroom --config config --data kept show AAAA"
    monkeypatch.setenv("POSTROOM_CONFIG", str(config))
    assert again(settings, "desk") == "postroom --data kept desk"
    monkeypatch.setenv("POSTROOM_DATA", str(data))
    assert first_account(settings) == "postroom people add NAME --role ict"
    monkeypatch.chdir(config)
    monkeypatch.delenv("POSTROOM_DATA")
    assert again(settings, "desk") == f"postroom --data {data} desk"


def test_a_call_names_the_program_by_its_place_unless_it_is_on_the_path(
    config: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROOM_CONFIG", str(config))
    monkeypatch.setenv("POSTROOM_DATA", str(data))
    settings = load_settings(config, data)
    program = data / "my programs" / "postroom"
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.chdir(data)
    monkeypatch.setattr(sys, "argv", ["my programs/postroom", "demo"])
    assert again(settings, "desk") == "'my programs/postroom' desk"
    monkeypatch.setenv("PATH", str(program.parent))
    assert again(settings, "desk") == "postroom desk"
