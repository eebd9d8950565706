from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from connectors import browser
from postroom.errors import ConfigError


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def test_every_system_has_places_to_look(tmp_path: Path) -> None:
    assert Path("/usr/bin/chromium") in browser.places("linux")
    mac = browser.places("darwin", tmp_path)
    assert Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome") in mac
    assert tmp_path / "Applications/Chromium.app/Contents/MacOS/Chromium" in mac
    windows = browser.places("win32", tmp_path)
    assert Path("C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe") in windows
    assert tmp_path / "AppData/Local/Google/Chrome/Application/chrome.exe" in windows


def test_the_path_is_asked_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chrome = tmp_path / "microsoft-edge"
    chrome.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.machine_browser() == chrome
    shell = tmp_path / "chromium-headless-shell"
    shell.touch(0o755)
    assert browser.machine_browser() == shell


def test_without_any_browser_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, playwright: Playwright, tmp_path: Path
) -> None:
    class Bare:
        executable_path = str(tmp_path / "absent")

    class Machine:
        chromium = Bare()

    monkeypatch.setattr(browser, "machine_browser", lambda: None)
    with pytest.raises(ConfigError, match="apt install chromium-headless-shell"):
        browser.launch(Machine())  # type: ignore[arg-type]


def test_a_program_that_is_no_browser_is_explained(playwright: Playwright) -> None:
    with pytest.raises(ConfigError, match="does not start"):
        browser.launch(playwright, Path("/bin/false"))


def test_the_sandbox_is_off_for_root_alone(monkeypatch: pytest.MonkeyPatch, playwright: Playwright) -> None:
    asked: dict[str, object] = {}

    class Chromium:
        executable_path = playwright.chromium.executable_path

        def launch(self, **options: object) -> None:
            asked.update(options)

    class Machine:
        chromium = Chromium()

    monkeypatch.setattr(browser, "machine_browser", lambda: Path("/usr/bin/chromium"))
    for root in (True, False):
        monkeypatch.setattr(browser, "_is_root", lambda root=root: root)
        browser.launch(Machine())  # type: ignore[arg-type]
        assert asked["chromium_sandbox"] is not root
        assert "--disable-background-networking" in asked["args"]  # type: ignore[operator]


def test_the_machines_browser_starts(playwright: Playwright) -> None:
    started = browser.launch(playwright)
    page = started.new_page()
    page.set_content("<h1>Post</h1>")
    assert page.inner_text("h1") == "Post"
    started.close()
