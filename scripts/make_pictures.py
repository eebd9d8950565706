"""Makes docs/pictures anew: runs the demonstration, then takes pictures of what people see.

usage: python -m scripts.make_pictures [DATA]    with DATA the folder of a demonstration that has run before
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.terminal import as_html, show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from postroom.ledger import DeliveryRecord, Ledger

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
PORT = 8699
LARGEST = 300_000
"""Bytes of one picture."""
COMMAND = str(Path(sys.executable).with_name("postroom"))

SHEET = """
body { margin: 0; background: #fff; } table { border-collapse: collapse; font: 13px "Liberation Sans", sans-serif; }
td, th { border: 1px solid #d4d4d4; padding: 3px 7px; text-align: left; max-width: 230px; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; font-weight: 400; }
th { background: #eee; color: #555; text-align: center; } tr.head td { background: #1f5c99; color: #fff; }
"""


def main(data: str = "") -> None:
    """Make every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _pictures(Path(data or folder).resolve())


def _pictures(data: Path) -> None:
    from playwright.sync_api import sync_playwright

    from connectors.browser import launch
    from desk.cli.demonstration import sample_back_office

    demo = show([COMMAND, "--data", str(data), "demo", "--port", str(PORT)], {})
    with sample_back_office(data, PORT), sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1000, "height": 700}, device_scale_factor=1.5)
        _terminals(page, data, demo)
        _back_office(page, data)
        _report(page, data)
        _register(page, data / "registers" / "complaints.xlsx")
        _post(page)
        _microsoft(page, data.with_name(f"{data.name}-microsoft"))
        browser.close()


def _terminals(page: Page, data: Path, demo: list[str]) -> None:
    _terminal(page, "demo", "make demo", _shortened([_as_at_home(line, data) for line in demo]))
    ledger = _ledger(data)
    item = _one_item(ledger)
    ledger.close()
    lines = show([COMMAND, "--data", str(data), "show", item], {})
    _terminal(page, "item", f"postroom --data var/demo show {item}", lines)


def _microsoft(page: Page, data: Path) -> None:
    lines = show([COMMAND, "--data", str(data), "demo", "--microsoft", "--port", str(PORT + 1)], {})
    at_home = [_as_at_home(line, data, "var/demo-microsoft") for line in lines]
    _terminal(page, "demo-microsoft", "make demo-microsoft", _shortened(at_home))


def _as_at_home(line: str, data: Path, home: str = "var/demo") -> str:
    """Return a line as the reader's own demonstration prints it, with its folder and port."""
    return re.sub(rf"127\.0\.0\.1:({PORT}|{PORT + 1})", "127.0.0.1:8600", line.replace(str(data), home))


def _shortened(lines: list[str], rows: int = 16) -> list[str]:
    """Leave out the lower part of the list of what waits for a person."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in lines]
    if "With a person" not in plain:
        return lines
    first = plain.index("With a person")
    last = next(number for number, line in enumerate(plain) if line.startswith("One of them in full"))
    return lines if last - first <= rows else [*lines[: first + rows], "  …", "", *lines[last:]]


def _one_item(ledger: Ledger) -> str:
    """Return an item that waits for a person, with doubts about a field or two: what an officer sees most."""
    from postroom.ledger import ItemState

    waiting = ledger.items(state=ItemState.WITH_PERSON)
    with_process = [item for item in waiting if item.process != "other" and not item.protected]
    return min(with_process or waiting, key=lambda item: (len(item.reasons), item.id)).id


def _terminal(page: Page, name: str, command: str, lines: Sequence[str]) -> None:
    page.set_content(as_html(command, lines))
    _keep(name, page.locator("main").screenshot())


def _back_office(page: Page, data: Path) -> None:
    from demo.backoffice.accounts import PASSWORD, USER

    ledger = _ledger(data)
    keyed = _keyed(ledger, "screen")
    ledger.close()
    address = f"http://127.0.0.1:{PORT}"
    page.set_viewport_size({"width": 900, "height": 560})
    page.goto(f"{address}/screens/signin")
    page.get_by_label("User ID").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Complaint").click()
    _keep("screen", page.screenshot())
    page.goto(f"{address}/keyed/{keyed.receipt.reference if keyed.receipt else ''}")
    _keep("record", page.screenshot(full_page=True))


def _keyed(ledger: Ledger, kind: str) -> DeliveryRecord:
    """Return a record that the robot keyed into a target of a kind."""
    from config.settings import load_settings
    from postroom.delivery import State

    targets = {target.name for target in load_settings().targets if target.kind == kind}
    return next(one for one in ledger.deliveries(states=(State.DONE,)) if one.target in targets)


def _report(page: Page, data: Path) -> None:
    page.set_viewport_size({"width": 1000, "height": 1000})
    page.goto((data / "report.html").as_uri())
    next_part = page.get_by_role("heading", name="What came in, by day").bounding_box()
    height = next_part["y"] - 10 if next_part else 1000
    _keep("report", page.screenshot(clip={"x": 0, "y": 0, "width": 1000, "height": height}, full_page=True))


def _register(page: Page, workbook: Path) -> None:
    """Draw the register as a spreadsheet program shows it; such a program is not at hand everywhere."""
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    rows: list[tuple[Any, ...]] = list(load_workbook(workbook).worksheets[0].iter_rows(values_only=True))
    letters = "".join(f"<th>{get_column_letter(number)}</th>" for number in range(1, len(rows[0]) + 1))
    body = ""
    for number, row in enumerate(rows[:12], 1):
        cells = "".join(f"<td>{escape(str(value or ''))}</td>" for value in row)
        body += f'<tr class="{"head" if number == 1 else ""}"><th>{number}</th>{cells}</tr>'
    page.set_viewport_size({"width": 1200, "height": 500})
    page.set_content(f"<style>{SHEET}</style><table><tr><th></th>{letters}</tr>{body}</table>")
    _keep("register", page.locator("table").screenshot())


def _post(page: Page) -> None:
    """Show one piece of the sample post: a form photographed as it lay there."""
    from base64 import b64encode

    from demo.post.scans import samples

    photo = next(sample for sample in samples() if sample.name.endswith((".jpg", ".jpeg")))
    page.set_content(f'<img width="420" src="data:image/jpeg;base64,{b64encode(photo.content).decode()}">')
    _keep("post", page.locator("img").screenshot())


def _ledger(data: Path) -> Ledger:
    from postroom.ledger import Ledger

    return Ledger(f"sqlite:///{data / 'postroom.db'}", data / "documents")


def _keep(name: str, png: bytes) -> None:
    """Write a picture with as many colours as fit into the space it may take."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        small = io.BytesIO()
        picture.quantize(colours).save(small, "PNG", optimize=True)
        if small.tell() <= LARGEST:
            break
    (PICTURES / f"{name}.png").write_bytes(small.getvalue())


if __name__ == "__main__":
    main(*sys.argv[1:])
