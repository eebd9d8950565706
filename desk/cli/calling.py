"""How the command is called again: words to copy from the screen that work where they are read."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.settings import Settings


def again(settings: Settings, *words: str) -> str:
    """Return a call of the command on the same folders, such as `.venv/bin/postroom --data var/demo desk`."""
    from config.settings import config_folder, data_folder

    folders: list[str] = []
    if settings.folder != config_folder(None):
        folders += ["--config", near(settings.folder)]
    if settings.data != data_folder(settings.folder, None, settings.main):
        folders += ["--data", near(settings.data)]
    return shlex.join([_program(), *folders, *words])


def first_account(settings: Settings) -> str:
    """Return the call that makes the first account at the desk."""
    return again(settings, "people", "add", "NAME", "--role", "ict")


def near(path: Path) -> str:
    """Return a path as it is typed from here: without the working folder where it lies in that."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


def _program() -> str:
    called, found = Path(sys.argv[0]), shutil.which("postroom")
    if called.stem != "postroom" or (found is not None and called.exists() and called.samefile(found)):
        return "postroom"
    return near(called.absolute())
