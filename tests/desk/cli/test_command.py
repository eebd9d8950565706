"""The command as a whole: help, exit codes, options that may stand anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desk.cli import main, to_the_front
from desk.cli.printing import plain
from tests.desk.conftest import Postroom

HEAVY = ("prefect", "sqlalchemy", "cv2", "sklearn", "playwright", "rapidocr", "openpyxl", "httpx", "ruamel", "numpy")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom desk.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "print('LOADED', *sorted(name.partition('.')[0] for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    loaded = set(done.stdout.partition("LOADED")[2].split())
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_help_names_every_subcommand(postroom: Postroom) -> None:
    said = postroom("--help")
    assert said.code == 0
    for name in ("demo", "check", "run", "serve", "read", "triage", "extract", "evaluate", "items", "show", "correct",
                 "enter", "change-process", "release", "no-action", "reject", "retry", "resolve", "done-by-hand",
                 "report"):  # fmt: skip
        assert f" {name} " in said.out


def test_help_shows_no_type_behind_a_switch(postroom: Postroom) -> None:
    for arguments in (("--help",), ("items", "--help"), ("demo", "--help")):
        said = postroom(*arguments)
        assert said.code == 0
        assert "<bool>" not in said.out
        assert "--help" in said.out


def test_wrong_use_exits_2(postroom: Postroom) -> None:
    said = postroom("chekc")
    assert said.code == 2
    assert "check" in said.err


def test_a_faulty_configuration_exits_2_without_a_trace(postroom: Postroom, config: Path) -> None:
    (config / "postroom.yaml").write_text("councl: Westmere\n")
    said = postroom("items")
    assert said.code == 2
    assert 'Did you mean "council"?' in said.err
    assert "Traceback" not in said.err


def test_failed_work_exits_1_and_tells_the_remedy(postroom: Postroom) -> None:
    said = postroom("show", "ABCDEFGH")
    assert said.code == 1
    assert "ABCDEFGH" in said.err
    assert "postroom items" in said.err
    assert "Traceback" not in said.err


def test_an_unforeseen_error_shows_its_type_and_none_of_its_words(
    postroom: Postroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("Mrs Ann Other, 14 High Street")

    monkeypatch.setattr("postroom.ledger.Ledger.items", fail)
    said = postroom("items")
    assert said.code == 1
    assert "ZeroDivisionError" in said.err
    assert "High Street" not in said.err + said.out


def test_verbose_shows_the_trace(postroom: Postroom) -> None:
    assert "Traceback" in postroom("show", "ABCDEFGH", "--verbose").err


def test_folders_may_be_chosen_before_and_after_the_command(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["--config", str(config), "--data", str(tmp_path / "kept"), "items"],
        ["items", f"--config={config}", "--data", str(tmp_path / "kept")],
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code
        assert "No post has been worked on yet" in capsys.readouterr().out
    assert (tmp_path / "kept" / "postroom.db").exists()


def test_options_after_two_dashes_stay_where_they_are() -> None:
    assert to_the_front(["read", "--", "--data", "x"]) == ["read", "--", "--data", "x"]
    assert to_the_front(["read", "x", "--data", "d", "--json"]) == ["--data", "d", "read", "x", "--json"]


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\rb\u202eevil", "bell\a", "\x9b2J"])
def test_words_from_the_post_cannot_steer_the_terminal(text: str) -> None:
    assert not set(plain(text)) & set("\x1b\r\u202e\a\x9b")
