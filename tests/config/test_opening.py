"""Opening the data folder and the ledger."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.opening import drop_folders, open_ledger
from config.settings import load_settings
from postroom.errors import ConfigError

MAIN = """\
council: Westmere Borough Council
inboxes:
  - {name: post, kind: folder, path: inbox}
  - {name: share, kind: folder, path: SHARE}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with an inbox folder among the data and one elsewhere."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "postroom.yaml").write_text(MAIN.replace("SHARE", str(tmp_path / "share")))
    return folder


def test_the_first_opening_makes_private_folders_and_leaves_shares_alone(folder: Path, tmp_path: Path) -> None:
    settings = load_settings(folder, tmp_path / "var")
    ledger = open_ledger(settings)
    assert ledger.accounts().received == 0
    ledger.close()
    assert drop_folders(settings) == (tmp_path / "var" / "inbox", tmp_path / "share")
    for made in (tmp_path / "var", tmp_path / "var" / "inbox"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert not (tmp_path / "share").exists()


def test_a_data_folder_that_cannot_be_made_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be made"):
        open_ledger(load_settings(folder, tmp_path / "var"))


@pytest.mark.parametrize("address", ["nonsense", "postgresql://robot:canary@127.0.0.1:1/post"])
def test_a_database_that_cannot_be_opened_is_told_without_its_password(
    folder: Path, tmp_path: Path, address: str
) -> None:
    main = folder / "postroom.yaml"
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "ledger-address").write_text(address)
    main.write_text(main.read_text() + "ledger: {file: ledger-address}\n")
    with pytest.raises(ConfigError, match="The ledger cannot be opened") as told:
        open_ledger(load_settings(folder, tmp_path / "var"))
    assert "canary" not in str(told.value)
