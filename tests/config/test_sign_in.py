from __future__ import annotations

from pathlib import Path

import pytest

from config.mistakes import Mistake, MistakesInConfig
from config.settings import load_settings
from config.sign_in import AccountsSignIn, OpenIdSignIn, client_secret, is_safe
from postroom.errors import ConfigError
from postroom.staff import Role
from tests.config.conftest import MAIN, PROCESS, WriteConfig

TENANT = "8d2c7c0e-35f5-4a3e-9a3c-0f7e1f4d2b61"
SOUND = {
    "kind": "openid",
    "tenant": TENANT,
    "client_id": "1b6a3f5e-0f5c-4b0e-8b4c-6a0f6f1c2d3e",
    "client_secret": "{env: WESTMERE_DESK}",
    "address": "https://desk.westmere.example",
    "roles": "{PostRoom.Officer: officer}",
}
HIGHWAYS = PROCESS.replace("title: Skip permit\n", "title: Skip permit\nteam: Highways\n")


def written(**changes: str | None) -> dict[str, str]:
    """postroom.yaml with a sign-in that is sound but for the changes; None leaves a key out."""
    keys = {key: value for key, value in (SOUND | changes).items() if value is not None}
    group = "".join(f"  {key}: {value}\n" for key, value in keys.items())
    return {"postroom.yaml": f"{MAIN}sign_in:\n{group}", "processes/skip-permit.yaml": HIGHWAYS}


def mistake_in(folder: Path) -> Mistake:
    with pytest.raises(MistakesInConfig) as caught:
        load_settings(folder)
    (mistake,) = caught.value.mistakes
    return mistake


def test_without_a_word_of_it_the_desk_has_accounts_of_its_own(write_config: WriteConfig) -> None:
    found = load_settings(write_config()).sign_in
    assert isinstance(found, AccountsSignIn)
    assert (found.session_minutes, found.session_hours) == (60, 10)


def test_a_tenant_says_where_entra_id_is(write_config: WriteConfig) -> None:
    found = load_settings(write_config(written(tenant=TENANT.upper()))).sign_in
    assert isinstance(found, OpenIdSignIn)
    assert found.provider == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert found.return_address == "https://desk.westmere.example/sign-in/return"
    assert found.roles == {"PostRoom.Officer": Role.OFFICER}


def test_another_provider_is_taken_by_its_issuer(write_config: WriteConfig) -> None:
    files = written(tenant=None, issuer="https://login.westmere.example/realms/staff")
    found = load_settings(write_config(files)).sign_in
    assert isinstance(found, OpenIdSignIn)
    assert found.provider == "https://login.westmere.example/realms/staff"


@pytest.mark.parametrize(
    ("changes", "key", "told"),
    [
        ({"tenant": "common"}, "sign_in.tenant", "people of other organisations"),
        ({"tenant": "Organizations"}, "sign_in.tenant", "people of other organisations"),
        ({"tenant": "westmere.onmicrosoft.com"}, "sign_in.tenant", "Directory (tenant) ID".lower()),
        ({"tenant": None}, "sign_in", "neither"),
        ({"roles": "{PostRoom.Officer: oficer}"}, "sign_in.roles.PostRoom.Officer", 'did you mean "officer"?'),
        ({"roles": "{}"}, "sign_in.roles", "at least 1"),
        ({"client_secret": "x7.kQ~hunter2"}, "sign_in.client_secret", "plain text"),
        ({"address": "http://desk.westmere.example"}, "sign_in.address", "https://"),
        ({"address": "https://desk.westmere.example/?a=b"}, "sign_in.address", "https://"),
        ({"issuer": "http://login.westmere.example"}, "sign_in.issuer", "https://"),
        ({"restricted": "[olu.brandt@westmere.example]"}, "sign_in.restricted", "object id"),
        ({"kind": "open-id"}, "sign_in", 'did you mean "openid"?'),
        ({"session_hours": "100"}, "sign_in.session_hours", "at most 24"),
        ({"tennant": TENANT}, "sign_in.tennant", 'did you mean "tenant"?'),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_do(
    write_config: WriteConfig, changes: dict[str, str | None], key: str, told: str
) -> None:
    mistake = mistake_in(write_config(written(**changes)))
    assert mistake.key == key or mistake.key.startswith(f"{key}.")
    assert told in f"{mistake.message} {mistake.hint}".lower()
    assert "hunter2" not in str(mistake)


def test_a_team_that_no_process_has_is_a_warning_with_the_nearest_name(write_config: WriteConfig) -> None:
    files = written(teams="{PostRoom.Highways: Hihgways, PostRoom.All: '*', PostRoom.Post: Post room}")
    (warning,) = load_settings(write_config(files)).warnings
    assert warning.key == "sign_in.teams.PostRoom.Highways"
    assert 'Did you mean "Highways"?' in warning.hint


def test_the_secret_is_fetched_last_and_its_absence_told(
    write_config: WriteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(write_config(written()))
    assert isinstance(settings.sign_in, OpenIdSignIn)
    with pytest.raises(ConfigError, match="sign_in, client_secret"):
        client_secret(settings.sign_in, settings.data)
    monkeypatch.setenv("WESTMERE_DESK", "of the test")
    assert client_secret(settings.sign_in, settings.data).get_secret_value() == "of the test"


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.westmere.example/x", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:1", True),
        ("http://login.westmere.example", False),
        ("http://127.0.0.1.elsewhere.example", False),
        ("http://localhost@elsewhere.example", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_a_sign_in_goes_by_https_or_stays_on_the_machine(address: str, safe: bool) -> None:
    assert is_safe(address) is safe
