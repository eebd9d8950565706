"""The version of a configuration changes with every file in force, and keeps no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import load_settings
from config.version import files_in_force, version_of, work_under
from postroom.ledger import Ledger
from tests.desk.conftest import MAIN, MISSED_BIN

API = "create: {path: /x, reference: id}\nfind: {path: '/x/{key}', key: key, reference: id}\n\
read: {path: '/x/{reference}'}\nfields: {address: {path: address}}\nkey: {path: key}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with a file of each sort, and one that is not in force."""
    made = tmp_path / "config"
    (made / "processes").mkdir(parents=True)
    (made / "apis").mkdir()
    api = "  - {name: api, kind: rest, description: apis/api.yaml, base_url: 'http://127.0.0.1:1'}\n"
    (made / "postroom.yaml").write_text(MAIN.replace("targets:\n", f"targets:\n{api}"))
    (made / "processes" / "missed-bin.yaml").write_text(MISSED_BIN)
    (made / "triage.yaml").write_text("protected: []\n")
    (made / "apis" / "api.yaml").write_text(API)
    (made / "apis" / "unused.yaml").write_text(API)
    return made


def _files(folder: Path, tmp_path: Path) -> dict[str, str]:
    return files_in_force(load_settings(folder, tmp_path / "var"))


def test_every_file_in_force_counts_and_no_other(folder: Path, tmp_path: Path) -> None:
    before = _files(folder, tmp_path)
    assert set(before) == {"postroom.yaml", "triage.yaml", "processes/missed-bin.yaml", "apis/api.yaml"}
    for name in before:
        path = folder / name
        text = path.read_text()
        path.write_text(f"# Another word.\n{text}")
        assert version_of(_files(folder, tmp_path)) != version_of(before), name
        path.write_text(text)
    (folder / "apis" / "unused.yaml").write_text("nothing: at all\n")
    assert version_of(_files(folder, tmp_path)) == version_of(before)


def test_a_password_in_an_address_is_not_kept(folder: Path, tmp_path: Path) -> None:
    path = folder / "apis" / "api.yaml"
    path.write_text(f"# Formerly https://robot:canary@depot.example/api\n{API}")
    kept = _files(folder, tmp_path)["apis/api.yaml"]
    assert "canary" not in kept
    assert "https://robot:…@depot.example" in kept


def test_working_under_a_configuration_keeps_it_once(folder: Path, tmp_path: Path) -> None:
    settings = load_settings(folder, tmp_path / "var")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "documents")
    ledger.migrate()
    version = work_under(ledger, settings)
    assert work_under(ledger, settings) == version
    assert ledger.configuration(version) == files_in_force(settings)
    assert len(ledger.configurations()) == 1
    ledger.close()
