from __future__ import annotations

import json
from pathlib import Path

import structlog

from config.logs import log_to


def test_only_listed_keys_reach_the_log(tmp_path: Path) -> None:
    log_to(tmp_path)
    structlog.get_logger("line").warning(
        "Delivery refused.", item="ABCD", subject="From Mrs Ann Other", stage="deliver"
    )
    text = (tmp_path / "postroom.log").read_text(encoding="utf-8")
    entry = json.loads(text)
    assert (entry["event"], entry["item"], entry["stage"]) == ("Delivery refused.", "ABCD", "deliver")
    assert entry["dropped"] == ["subject"]
    assert "Ann" not in text


def test_logging_again_writes_each_line_once(tmp_path: Path) -> None:
    log_to(tmp_path)
    log_to(tmp_path)
    structlog.get_logger().info("Read.", count=1)
    assert len((tmp_path / "postroom.log").read_text(encoding="utf-8").splitlines()) == 1
