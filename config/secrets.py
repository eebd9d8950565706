"""Secrets: the configuration says where they are, and they are fetched only when a connector opens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from config.explain import annotation_at, choices_of
from config.yaml_file import YamlPath
from postroom.errors import ConfigError
from postroom.process import Model

REFERENCE_HINT = (
    "Write {env: NAME}, {file: PATH} or {keyring: SERVICE/NAME}, and keep the secret itself out of the configuration."
)


class SecretReference(Model):
    """Where a secret is; with several given, the environment is asked first, then the file, then the keyring."""

    env: str = Field("", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$|^$", description="Name of an environment variable.")
    file: str = Field("", description="Path of a file that holds the secret and nothing else.")
    keyring: str = Field(
        "",
        pattern=r"^[^/]+/[^/]+$|^$",
        description="SERVICE/NAME of an entry in the operating system's keyring, asked last.",
    )


def secret_places(model: Any, data: Any) -> list[YamlPath]:
    """Return the places in a group of values where a settings model wants a secret."""
    return [path for path in _groups_and_leaves(data) if SecretStr in choices_of(annotation_at(model, data, path))]


def path_places(model: Any, data: Any) -> list[YamlPath]:
    """Return the places in a group of values where a settings model wants the path of a file or folder."""
    return [path for path in _groups_and_leaves(data) if Path in choices_of(annotation_at(model, data, path))]


def _groups_and_leaves(data: Any, path: YamlPath = ()) -> list[YamlPath]:
    found: list[YamlPath] = [path] if path else []
    entries = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        found += _groups_and_leaves(value, (*path, key))
    return found


def fetch_secret(reference: SecretReference, folder: Path, used_for: str) -> SecretStr:
    """Fetch a secret from the first place that has it.

    Args:
        reference: Where to look.
        folder: Where relative paths begin.
        used_for: What needs it, for the error, such as `target "council-tax", password`.

    Raises:
        ConfigError: No place has it; the message names every place that was tried.
    """
    tried = []
    if reference.env:
        if os.environ.get(reference.env):
            return SecretStr(os.environ[reference.env])
        tried.append(f"environment variable {reference.env} ({_state_of_variable(reference.env)})")
    if reference.file:
        path = folder / Path(reference.file).expanduser()
        content, state = _read_secret(path)
        if content:
            return SecretStr(content)
        tried.append(f"file {path} ({state})")
    if reference.keyring:
        content, state = _from_keyring(*reference.keyring.split("/"))
        if content:
            return SecretStr(content)
        tried.append(f"keyring entry {reference.keyring} ({state})")
    message = f"The secret for {used_for} was not found. Tried: {'; '.join(tried)}."
    raise ConfigError(message, hint="Put it in one of these places and start again.")


def _state_of_variable(name: str) -> str:
    return "empty" if name in os.environ else "not set"


def _from_keyring(service: str, name: str) -> tuple[str, str]:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(service, name) or "", "no such entry"
    except KeyringError as error:
        return "", f"no keyring can be used: {type(error).__name__}"


def _read_secret(path: Path) -> tuple[str, str]:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return "", "no such file"
    except UnicodeDecodeError:
        return "", "not text"
    except OSError as error:
        return "", f"cannot be read: {error.strerror}"
    return content, "empty"
