"""The inboxes and targets of postroom.yaml, checked against the settings of their connectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from config.explain import validate, value_at, with_value
from config.mistakes import Mistake, suggest
from config.secrets import REFERENCE_HINT, SecretReference, fetch_secret, path_places, secret_places
from config.yaml_file import Below, LayeredPart, Part, YamlFile, YamlPath, dotted, read_yaml
from connectors import registry

Role = registry.Role
_STAND_IN = SecretStr("fetched when the connector opens")


@dataclass(frozen=True)
class Connection:
    """One configured inbox or target, its secrets not yet fetched."""

    role: Role
    name: str
    kind: str
    model: type[BaseModel]
    """The settings model of its connector."""
    values: Mapping[str, Any]
    secrets: Mapping[YamlPath, SecretReference] = field(default_factory=dict)
    folder: Path = Path()
    """Where relative paths begin."""

    def settings(self) -> BaseModel:
        """Fetch the secrets and return the connector's settings.

        Raises:
            ConfigError: A secret is in none of the places the configuration names.
        """
        values: Any = self.values
        for path, reference in self.secrets.items():
            used_for = f'{self.role} "{self.name}", {dotted(path)}'
            values = with_value(values, path, fetch_secret(reference, self.folder, used_for))
        return self.model.model_validate(values)

    def settings_without_secrets(self) -> BaseModel:
        """Return the connector's settings with stand-ins for the secrets, for what needs none."""
        values: Any = self.values
        for path in self.secrets:
            values = with_value(values, path, _STAND_IN)
        return self.model.model_validate(values)


def read_connection(
    role: Role, part: Part, entry: Mapping[str, Any], config_folder: Path, data_folder: Path
) -> tuple[Connection | None, list[Mistake]]:
    """Check one entry under `inboxes` or `targets`.

    Args:
        role: Which of the two.
        part: Where the entry stands.
        entry: Its keys; `description: FILE` puts the keys of another file beneath them.
        config_folder: Where the paths of such files begin.
        data_folder: Where every other relative path begins.
    """
    model, mistakes = _model_of(role, part, entry)
    own = {key: value for key, value in entry.items() if key != "description"}
    layers: Part = part
    if "description" in entry:
        beneath, more = _description(part, entry["description"], config_folder)
        mistakes += more
        layers = LayeredPart(part, frozenset(own), beneath)
        own = {**beneath.data, **own}
    if model is None or mistakes:
        return None, mistakes
    return _checked(role, model, layers, own, data_folder)


def _model_of(role: Role, part: Part, entry: Mapping[str, Any]) -> tuple[type[BaseModel] | None, list[Mistake]]:

    kind, known = str(entry.get("kind") or ""), sorted(registry.kinds(role))
    if kind in known:
        return registry.settings_model(role, kind), []
    message = f'"{kind}" is not a kind of {role}.' if kind else f"The {role} does not say which kind it is."
    return None, [part.mistake(("kind",), message, suggest(kind, known))]


def _description(part: Part, name: Any, config_folder: Path) -> tuple[YamlFile, list[Mistake]]:
    path = config_folder / str(name)
    if not path.is_file():
        siblings = [str(found.relative_to(config_folder)) for found in sorted(config_folder.rglob("*.yaml"))]
        mistake = part.mistake(("description",), f'There is no file "{name}".', suggest(str(name), siblings))
        return YamlFile(path, str(name), {}), [mistake]
    file, mistakes = read_yaml(path, str(name))
    if not isinstance(file.data, dict):
        mistakes.append(file.mistake((), "Expected a group of keys.", "Write one setting a line, as `key: value`."))
        return YamlFile(path, str(name), {}), mistakes
    return file, mistakes


def _checked(
    role: Role, model: type[BaseModel], part: Part, values: Mapping[str, Any], folder: Path
) -> tuple[Connection | None, list[Mistake]]:
    secrets, mistakes = _references(model, part, values)
    for path in path_places(model, values):
        if isinstance(value_at(values, path), str):
            values = with_value(values, path, str(folder / Path(str(value_at(values, path))).expanduser()))
    with_stand_ins: Any = values
    for path in secret_places(model, values):
        with_stand_ins = with_value(with_stand_ins, path, _STAND_IN)
    checked, more = validate(model, part, with_stand_ins)
    if checked is None or mistakes:
        return None, mistakes + more
    kept = checked.model_dump(by_alias=True, exclude_unset=True)
    name = str(values.get("name", ""))
    return Connection(role, name, str(values["kind"]), model, kept, secrets, folder), []


def _references(
    model: type[BaseModel], part: Part, values: Mapping[str, Any]
) -> tuple[dict[YamlPath, SecretReference], list[Mistake]]:
    found: dict[YamlPath, SecretReference] = {}
    mistakes: list[Mistake] = []
    for path in secret_places(model, values):
        value = value_at(values, path)
        if not isinstance(value, Mapping) or not value:
            mistakes.append(part.mistake(path, "A secret stands here in plain text.", REFERENCE_HINT))
            continue
        reference, more = validate(SecretReference, Below(part, path), value)
        mistakes += more
        if reference:
            found[path] = reference
    return found, mistakes
