from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr

from connectors import registry
from connectors.folder import FolderInbox
from connectors.registry import Role
from postroom.errors import ConfigError
from tests.contracts.inbox import InboxContract
from tests.contracts.target import TargetContract

ROLES: tuple[Role, Role] = ("inbox", "target")
ENTRIES: list[tuple[Role, str]] = [(role, kind) for role in ROLES for kind in registry.kinds(role)]
HEAVY = {"openpyxl", "imap_tools", "playwright", "httpx", "msgraph", "kiota_abstractions", "azure", "exchangelib"}


def proven(contract: type[Any]) -> set[str]:
    for module in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.connectors.{module.stem}")
    return {test.kind for test in contract.__subclasses__()}


def test_every_connector_is_held_to_its_contract() -> None:
    assert set(registry.INBOXES) <= proven(InboxContract)
    assert set(registry.TARGETS) <= proven(TargetContract)


@pytest.mark.parametrize(("role", "kind"), ENTRIES)
def test_settings_name_their_kind_and_describe_themselves(role: Role, kind: str) -> None:
    model = registry.settings_model(role, kind)
    assert {"kind", "name"} <= set(model.model_fields)
    assert get_origin(model.model_fields["kind"].annotation) is Literal
    assert get_args(model.model_fields["kind"].annotation) == (kind,)
    for nested in (model, *models_in(model)):
        assert nested.model_config.get("frozen"), nested
        assert nested.model_config.get("extra") == "forbid", nested
        for name, field in nested.model_fields.items():
            assert (field.description or "").endswith("."), f"{nested.__name__}.{name} needs a sentence"


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting: list[Any] = [field.annotation for field in model.model_fields.values()]
    while waiting:
        annotation = waiting.pop()
        waiting += get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in found:
            found.add(annotation)
            waiting += [field.annotation for field in annotation.model_fields.values()]
    return found


@pytest.mark.parametrize(("role", "kind"), ENTRIES)
def test_no_secret_is_a_plain_string(role: Role, kind: str) -> None:
    model = registry.settings_model(role, kind)
    for nested in (model, *models_in(model)):
        for name, field in nested.model_fields.items():
            if any(word in name for word in ("password", "secret")):
                assert SecretStr in (field.annotation, *get_args(field.annotation)), f"{nested.__name__}.{name}"


def test_opening_gives_the_connector_of_the_kind(tmp_path: Path) -> None:
    settings = registry.settings_model("inbox", "folder")(kind="folder", name="drop", path=tmp_path)
    assert isinstance(registry.open_inbox(settings), FolderInbox)


def test_an_unknown_kind_lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match=f"Choose one of: {', '.join(sorted(registry.INBOXES))}"):
        registry.settings_model("inbox", "pigeon")


def test_asking_for_kinds_imports_no_connector() -> None:
    program = (
        "import sys; from connectors import registry; registry.kinds('target');"
        f"heavy = {HEAVY | {'connectors.excel'}} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize(("role", "kind"), ENTRIES)
def test_settings_are_read_without_heavy_imports(role: Role, kind: str) -> None:
    program = (
        f"import sys; from connectors import registry; registry.settings_model({role!r}, {kind!r});"
        f"heavy = {HEAVY} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
