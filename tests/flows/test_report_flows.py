"""The flows of the reports under Prefect: mails go out once, and the artifacts hold counts and nothing of anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from postroom.ledger import Ledger
from tests.flows.test_report_mail import ADDRESSES, PERSONAL, ROOT, post, server, write
from tests.flows.test_serve import MAIL
from tests.servers.smtp import MailServer

__all__ = ["post", "server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
_FLOWS = """
import asyncio, json, sys
from pathlib import Path
from config.settings import load_settings
from flows.choose_settings import choose_settings
choose_settings(load_settings().data)
from prefect.client.orchestration import get_client
from flows.report_weekly import report_weekly
from flows.run_line import run_line

async def main():
    moved = await run_line()
    sent = [await report_weekly(), await report_weekly()]
    async with get_client() as client:
        shown = [one.model_dump(mode="json") for one in await client.read_artifacts()]
    print(json.dumps({"moved": moved, "sent": sent, "shown": shown}))

asyncio.run(main())
"""


def test_prefect_shows_counts_and_nothing_of_anybody(config: Path, data: Path, post: MailServer) -> None:
    write(config, post)
    letter = data / "inbox" / "one.eml"
    letter.write_text(MAIL)
    last_week = time.time() - 7 * 24 * 3600
    os.utime(letter, (last_week, last_week))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    chosen = {"POSTROOM_CONFIG": str(config), "POSTROOM_DATA": str(data)}
    command = [sys.executable, "-c", _FLOWS]
    ran = subprocess.run(command, cwd=ROOT, env=kept | chosen, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["sent"] == [2, 0]
    assert sorted(str(one["To"]) for one in post.letters()) == sorted(ADDRESSES)
    shown = {one["key"]: one for one in told["shown"]}
    assert {"run-line", "report-weekly", "report-weekly-counts"} <= set(shown)
    words = json.dumps(told["shown"], ensure_ascii=False)
    assert "Missed bin" in words
    ledger = Ledger(f"sqlite:///{data / 'postroom.db'}", data / "documents")
    (summary,) = ledger.items()
    values = {field.value for field in ledger.item(summary.id).fields if len(field.value) > 6}
    assert [one for one in {*values, *PERSONAL, *ADDRESSES, summary.id} if one in words] == []
    ledger.close()
