"""What docs/microsoft-365.md tells a council to write, grant and expect is what the connectors take, need and say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from config.connections import Connection
from config.settings import Settings, load_settings
from connectors import registry
from connectors.graph.inbox_settings import GraphInboxSettings
from connectors.graph.settings import GraphAccount

ROOT = Path(__file__).parents[1]
GRAPH = ROOT / "connectors" / "graph"
PAGE = (ROOT / "docs" / "microsoft-365.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(GRAPH.glob("*.py")))
KINDS = {kind for kind in (*registry.INBOXES, *registry.TARGETS) if kind.startswith("graph")}
CODES = set(re.findall(r'"(AADSTS\d+)":', SOURCE))


def pieces(name: str) -> str:
    """Return a file that the page shows piece by piece."""
    return "".join(content for file, content in BLOCKS if file == name)


def section(title: str) -> str:
    found = re.search(rf"^(#+) {re.escape(title)}$(.*?)(?=^#{{2,3}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[2]


def rows(text: str) -> Iterator[list[str]]:
    for line in re.findall(r"^\| (.+) \|$", text, re.MULTILINE):
        yield [cell.strip() for cell in line.split("|")]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The page's configuration, with the process that comes with Postroom and the deliveries of the page."""
    folder = tmp_path_factory.mktemp("council")
    (folder / "processes").mkdir()
    (folder / "postroom.yaml").write_text(pieces("postroom.yaml"), encoding="utf-8")
    yaml = YAML(typ="safe")
    shipped = yaml.load((ROOT / "config" / "processes" / "complaint.yaml").read_text(encoding="utf-8"))
    process = shipped | yaml.load(pieces("processes/complaint.yaml"))
    with (folder / "processes" / "complaint.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(process, file)
    return load_settings(folder, folder / "var")


def connections(settings: Settings) -> list[Connection]:
    return [*settings.inboxes, *settings.targets]


def test_each_yaml_block_names_its_file() -> None:
    assert len(BLOCKS) == len(re.findall(r"^ *```yaml", PAGE, re.MULTILINE))
    assert {name for name, _ in BLOCKS} == {"postroom.yaml", "processes/complaint.yaml"}


def test_the_configuration_of_the_page_is_sound_and_has_every_kind(settings: Settings) -> None:
    assert {one.kind for one in connections(settings)} == KINDS
    assert not settings.warnings


def test_paths_in_the_sign_in_begin_at_the_data_folder_as_the_page_says(settings: Settings) -> None:
    for one in connections(settings):
        account = one.settings()
        assert isinstance(account, GraphAccount)
        assert getattr(account.sign_in, "certificate", None) == settings.data / "secrets" / "postroom.pem"


def needed(settings: Settings) -> Iterator[tuple[str, Any]]:
    for one in connections(settings):
        for permission in registry.permissions(one.role, one.settings()):
            yield one.kind, permission


def test_every_permission_of_the_configuration_is_granted_in_the_table_for_its_kind(settings: Settings) -> None:
    table = list(rows(section("3. Permissions")))
    for kind, permission in needed(settings):
        assert any(
            row[0] == permission.name and permission.where.partition(" (")[0] in row[1] and f"`{kind}`" in row[3]
            for row in table
        ), (kind, permission)


def test_every_permission_a_connector_can_declare_has_its_row_and_no_row_is_idle() -> None:
    declared = set(re.findall(r'Permission\(\s*"([^"]+)"', SOURCE))
    assert len(declared) > 3
    assert {row[0] for row in rows(section("3. Permissions"))} - {"permission", "---"} == declared


def test_every_code_of_entra_has_its_row_with_a_remedy() -> None:
    table = {row[0]: row[2] for row in rows(section("When something is wrong"))}
    assert len(CODES) > 5
    for code in CODES:
        assert len(table[f"`{code}`"]) > 10, code
    assert {name for name in table if name.startswith("`AADSTS")} == {f"`{code}`" for code in CODES}


def test_every_message_in_the_table_is_one_that_a_connector_gives() -> None:
    told = [words for row in rows(section("When something is wrong")) for words in re.findall(r"`([^`]+)`", row[0])]
    assert len(told) > 15
    for words in told:
        assert words in SOURCE, words


@pytest.mark.parametrize("model", [GraphAccount, GraphInboxSettings])
def test_every_setting_of_the_mailbox_is_told(model: type[BaseModel]) -> None:
    told = section("5. postroom.yaml")
    for name in model.model_fields:
        assert f"`{name}`" in told, name


@pytest.mark.parametrize("name", ["done_folder", "held_folder", "work_category", "done_category", "held_category"])
def test_names_in_the_mailbox_are_those_of_the_settings(name: str) -> None:
    assert f"`{GraphInboxSettings.model_fields[name].default}`" in PAGE


@pytest.mark.parametrize("name", ["scan_minutes", "maximum_bytes", "patience_seconds", "timeout_seconds"])
def test_numbers_are_those_of_the_settings(name: str) -> None:
    table = {row[0]: row[1] for row in rows(section("5. postroom.yaml"))}
    assert table[f"`{name}`"] == f"{GraphInboxSettings.model_fields[name].default:,.0f}"


def test_every_way_to_sign_in_is_told_with_its_keys() -> None:
    table = {row[0]: row[2] for row in rows(section("2. How it signs in"))}
    ways = GraphAccount.model_json_schema()["$defs"].values()
    for way in ways:
        told = table[f"`{way['properties']['kind']['const']}`"]
        assert set(re.findall(r"`(\w+)`", told)) == set(way["properties"]) - {"kind"}


def test_sources_are_microsofts_own() -> None:
    outside = re.findall(r"\]\((https?://[^)]+)\)", PAGE)
    assert outside
    assert all(link.startswith("https://learn.microsoft.com/") for link in outside)
