"""The configuration in force: the text of its files, and a version that changes whenever one of them does."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from config.crosschecks import entries_of
from config.yaml_file import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings
    from postroom.ledger import Ledger

# Addresses with a password are refused where they are known; a text that is kept for years is looked through once more.
_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*@")


def files_in_force(settings: Settings) -> dict[str, str]:
    """Return the text of every file of the configuration by its name; secrets are named in them, never written."""
    folder = settings.folder
    main = folder / "postroom.yaml"
    file, _ = read_yaml(main, main.name)
    entries = [entry for key in ("inboxes", "targets") for entry in entries_of(file, key)]
    described = {folder / str(entry["description"]) for entry in entries if entry.get("description")}
    paths = {main, folder / "triage.yaml", *(folder / "processes").glob("*.y*ml"), *described}
    return {_name(path, folder): _text(path) for path in sorted(paths) if path.is_file()}


def version_of(files: dict[str, str]) -> str:
    """Return the version of a configuration, 12 characters that no other configuration has."""
    return hashlib.sha256(json.dumps(sorted(files.items()), ensure_ascii=False).encode()).hexdigest()[:12]


def work_under(ledger: Ledger, settings: Settings) -> str:
    """Note in the ledger which configuration is in force, so that items carry it, and return its version."""
    files = files_in_force(settings)
    version = version_of(files)
    ledger.use_configuration(version, files)
    return version


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _text(path: Path) -> str:
    text = path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    return _PASSWORD.sub(r"\1:…@", text)
