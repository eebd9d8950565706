"""The browser: Playwright's own where it is installed, else Chrome, Edge or Chromium of the machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from postroom.errors import ConfigError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# The one made to have no windows comes first: it opens a page in a third of the processor's time.
_ON_PATH = (
    "chromium-headless-shell", "chrome-headless-shell",
    "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable", "chromium",
    "chromium-browser", "chrome", "msedge",
)  # fmt: skip
_LINUX = ("/usr/bin/chromium", "/snap/bin/chromium", "/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge")
_MAC = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Chromium.app/Contents/MacOS/Chromium",
)
_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "Chromium/Application/chrome.exe",
)

# The robot's browser speaks to the back office and to nobody else.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
)


def places(platform: str = sys.platform, home: Path | None = None) -> list[Path]:
    """Return where a browser may stand on this kind of machine, besides the PATH, best first."""
    home = home or Path.home()
    if platform == "darwin":
        roots = (Path("/Applications"), home / "Applications")
        return [root / name for name in _MAC for root in roots]
    if platform == "win32":
        folders = (Path("C:/Program Files"), Path("C:/Program Files (x86)"), home / "AppData" / "Local")
        return [folder / name for name in _WINDOWS for folder in folders]
    return [Path(place) for place in _LINUX]


def machine_browser() -> Path | None:
    """Return Chrome, Edge or Chromium as installed on this machine, if there is one."""
    found = (shutil.which(name) for name in _ON_PATH)
    on_path = next((Path(path) for path in found if path), None)
    return on_path or next((place for place in places() if place.is_file()), None)


def launch(playwright: Playwright, browser: Path | None = None) -> Browser:
    """Start a browser without windows.

    Args:
        playwright: The running Playwright.
        browser: The program to start; Playwright's own or the machine's when left out.

    Raises:
        ConfigError: There is none, or it does not start; the message says what to do.
    """
    from playwright.sync_api import Error

    own = Path(playwright.chromium.executable_path)
    program = browser or (None if own.is_file() else machine_browser())
    if program is None and not own.is_file():
        raise ConfigError(
            "There is no browser on this machine.",
            hint="Install Chrome, Edge or Chromium (Debian: apt install chromium-headless-shell), "
            "or run `playwright install chromium`.",
        )
    try:
        return playwright.chromium.launch(
            executable_path=str(program) if program else None,
            args=list(_QUIET),
            # Chromium's sandbox cannot be had by root.
            chromium_sandbox=not _is_root(),
            # Ctrl+C reaches the whole process group; the browser must outlive it until its work is put away.
            handle_sigint=False,
            handle_sigterm=False,
        )
    except Error:
        hint = "Start it once by hand to see why (in a container, user namespaces may be off), or name another."
        raise ConfigError(f"The browser {program or own} does not start.", hint=hint) from None


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
