"""What docs/exchange.md tells ICT to write is what the settings take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.exchange import ExchangeMailSettings, ExchangeSettings
from connectors.exchange.settings import ExchangeAccount

PAGE = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")
MODELS: dict[str, type[ExchangeAccount]] = {"exchange": ExchangeSettings, "exchange-mail": ExchangeMailSettings}
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ENTRIES = [
    entry for block in BLOCKS for group in YAML(typ="safe").load(block).values() for entry in group
]  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_each_example_is_valid(entry: dict[str, Any]) -> None:
    settings = MODELS[entry["kind"]](**entry | {"password": "canary"})
    assert settings.username.startswith(("COUNCIL\\svc", "svc"))
    assert set(entry["password"]) <= {"env", "file"}


def test_there_are_examples_of_both_kinds_and_both_ways() -> None:
    assert {entry["kind"] for entry in ENTRIES} == set(MODELS)
    assert {entry["access"] for entry in ENTRIES} == {"delegate", "impersonation"}


def test_names_and_limits_are_those_of_the_settings() -> None:
    fields = ExchangeSettings.model_fields
    for name in ("work_category", "done_category", "held_category", "done_folder", "held_folder"):
        assert f"`{fields[name].default}`" in PAGE
    for name in ("maximum_bytes", "scan_minutes", "outside_mailbox", "ca_file", "address", "auth_type"):
        assert name in fields
        assert f"`{name}" in PAGE


def test_the_dates_are_those_the_refusal_names() -> None:
    with pytest.raises(ValueError, match="kind: graph") as raised:
        ExchangeSettings(**ENTRIES[0] | {"password": "canary", "server": "outlook.office365.com"})
    for date in ("1 October 2026", "1 April 2027"):
        assert date in str(raised.value)
        assert date in PAGE
