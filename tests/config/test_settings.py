from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError

from config.mistakes import MistakesInConfig
from config.settings import load_settings
from connectors.excel.settings import ExcelSettings
from connectors.folder import FolderSettings
from connectors.rest.settings import ApiKeySignIn, RestSettings
from postroom.errors import ConfigError
from tests.config.conftest import MAIN, PROCESS, WriteConfig


def test_words_that_yaml_takes_for_truth_numbers_and_dates_stay_words(write_config: WriteConfig) -> None:
    choices = "{yes: [y, on, 1], no: [off, 2026-09-01, 012345], 10: [10, 1e3]}"
    process = PROCESS.replace("{yes: [on the road], no: [on the drive]}", choices)
    road = load_settings(write_config({"processes/skip-permit.yaml": process})).processes[0].fields["road"]
    assert road.choices == {
        "yes": ("y", "on", "1"),
        "no": ("off", "2026-09-01", "012345"),
        "10": ("10", "1e3"),
    }


def test_a_description_is_merged_under_the_entry(write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WESTMERE_KEY", "of the test")
    permits = load_settings(write_config()).targets[0].settings()
    assert isinstance(permits, RestSettings)
    assert permits.base_url == "https://office.example"
    assert permits.create.path == "/permits"


def test_a_secret_is_fetched_when_a_connector_opens_and_never_shown(
    write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(write_config())
    monkeypatch.setenv("WESTMERE_KEY", "of the test")
    permits = settings.targets[0].settings()
    assert isinstance(permits, RestSettings)
    assert isinstance(permits.authentication, ApiKeySignIn)
    assert permits.authentication.key.get_secret_value() == "of the test"
    assert "of the test" not in repr(settings) + repr(permits)


def test_an_absent_secret_names_every_place_that_was_tried(
    write_config: WriteConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WESTMERE_KEY", "")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "blank").write_text(" \n")
    main = MAIN.replace("{env: WESTMERE_KEY}", "{env: WESTMERE_KEY, file: blank}")
    settings = load_settings(write_config({"postroom.yaml": main}))
    with pytest.raises(ConfigError) as caught:
        settings.targets[0].settings()
    told = str(caught.value)
    assert 'target "permits", authentication.key' in told
    assert "WESTMERE_KEY (empty)" in told
    assert f"{tmp_path / 'var' / 'blank'} (empty)" in told


def test_a_secret_in_a_file_is_read_without_its_line_end(write_config: WriteConfig, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "key").write_text("from a file\n")
    main = MAIN.replace("{env: WESTMERE_KEY}", "{file: key}")
    permits = load_settings(write_config({"postroom.yaml": main})).targets[0].settings()
    assert isinstance(permits, RestSettings)
    assert isinstance(permits.authentication, ApiKeySignIn)
    assert permits.authentication.key.get_secret_value() == "from a file"


class Keyring(KeyringBackend):
    """A keyring as an operating system has one, kept in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, entries: dict[tuple[str, str], str] | None) -> None:
        super().__init__()
        self.entries = entries

    def get_password(self, service: str, username: str) -> str | None:
        if self.entries is None:
            raise InitError("locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise InitError("the post room writes nothing")


@pytest.fixture
def use_keyring() -> Iterator[Callable[[dict[tuple[str, str], str] | None], None]]:
    before = keyring.get_keyring()
    yield lambda entries: keyring.set_keyring(Keyring(entries))
    keyring.set_keyring(before)


def test_a_secret_is_fetched_from_the_keyring(
    write_config: WriteConfig, use_keyring: Callable[[dict[tuple[str, str], str]], None]
) -> None:
    use_keyring({("postroom", "permits"): "from the keyring"})
    main = MAIN.replace("{env: WESTMERE_KEY}", "{keyring: postroom/permits}")
    permits = load_settings(write_config({"postroom.yaml": main})).targets[0].settings()
    assert isinstance(permits, RestSettings)
    assert isinstance(permits.authentication, ApiKeySignIn)
    assert permits.authentication.key.get_secret_value() == "from the keyring"


@pytest.mark.parametrize(("entries", "told"), [({}, "no such entry"), (None, "no keyring can be used: InitError")])
def test_a_keyring_that_does_not_help_is_among_the_places_tried(
    write_config: WriteConfig,
    use_keyring: Callable[[dict[tuple[str, str], str] | None], None],
    entries: dict[tuple[str, str], str] | None,
    told: str,
) -> None:
    use_keyring(entries)
    main = MAIN.replace("{env: WESTMERE_KEY}", "{keyring: postroom/permits}")
    settings = load_settings(write_config({"postroom.yaml": main}))
    with pytest.raises(ConfigError) as caught:
        settings.targets[0].settings()
    assert f"keyring entry postroom/permits ({told})" in str(caught.value)


def test_relative_paths_begin_at_the_data_folder(write_config: WriteConfig, tmp_path: Path) -> None:
    settings = load_settings(write_config(), tmp_path / "elsewhere")
    inbox, register = settings.inboxes[0].settings(), settings.targets[1].settings()
    assert isinstance(inbox, FolderSettings)
    assert isinstance(register, ExcelSettings)
    assert inbox.path == tmp_path / "elsewhere" / "inbox"
    assert register.path == tmp_path / "elsewhere" / "permits.xlsx"
    assert settings.ledger_url == f"sqlite:///{tmp_path / 'elsewhere' / 'postroom.db'}"


def test_folders_come_from_the_environment_when_none_is_chosen(
    write_config: WriteConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROOM_CONFIG", str(write_config()))
    monkeypatch.setenv("POSTROOM_DATA", str(tmp_path / "kept"))
    settings = load_settings()
    assert settings.council == "Westmere Borough Council"
    assert settings.data == tmp_path / "kept"


def test_the_ledgers_address_can_be_kept_secret(write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WESTMERE_LEDGER", "postgresql://robot:x@db/post")
    main = MAIN + "ledger: {env: WESTMERE_LEDGER}\n"
    assert load_settings(write_config({"postroom.yaml": main})).ledger_url == "postgresql://robot:x@db/post"


def test_a_target_nobody_uses_is_a_warning(write_config: WriteConfig) -> None:
    settings = load_settings(
        write_config({"processes/skip-permit.yaml": PROCESS.replace("  - target: register\n", "")})
    )
    (warning,) = settings.warnings
    assert (warning.file, warning.line) == ("postroom.yaml", 13)
    assert '"register"' in warning.message


def test_an_unknown_configuration_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration folder"):
        load_settings(tmp_path / "nowhere")


def test_an_unknown_process_is_told_with_those_there_are(write_config: WriteConfig) -> None:
    with pytest.raises(ConfigError, match="skip-permit"):
        load_settings(write_config()).process("skip")


def test_the_configuration_that_comes_with_the_code_is_sound(tmp_path: Path) -> None:
    settings = load_settings(Path(__file__).parents[2] / "config", tmp_path)
    assert len(settings.processes) >= 9
    for connection in settings.targets:
        assert connection.name


def test_a_mistake_hides_no_other_connection(write_config: WriteConfig) -> None:
    main = MAIN.replace("kind: folder", "kind: foldr").replace("kind: excel", "kind: exel")
    with pytest.raises(MistakesInConfig) as caught:
        load_settings(write_config({"postroom.yaml": main}))
    assert {one.key for one in caught.value.mistakes} == {"inboxes[1].kind", "targets[2].kind"}
