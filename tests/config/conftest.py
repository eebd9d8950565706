from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MAIN = """\
council: Westmere Borough Council
domains: [westmere.example]
inboxes:
  - name: letters
    kind: folder
    path: inbox
targets:
  - name: permits
    kind: rest
    description: apis/permits.yaml
    base_url: https://office.example
    authentication: {kind: api-key, key: {env: WESTMERE_KEY}}
  - name: register
    kind: excel
    path: permits.xlsx
schedule:
  intake_seconds: 60
"""

PROCESS = """\
id: skip-permit
title: Skip permit
fields:
  full_name:
    type: name
    required: true
  placed_on:
    type: date
    labels: [from, placed on]
  permit:
    type: reference
    patterns: ['SK-\\d{4}']
  road:
    type: choice
    choices: {yes: [on the road], no: [on the drive]}
checks:
  - kind: different
    fields: [full_name, road]
deliver:
  - target: permits
    fields: {full_name: applicant}
  - target: register
"""

API = """\
key: {header: Idempotency-Key}
create: {path: /permits, reference: id}
find: {path: "/permits/{key}", key: key, reference: id}
read: {path: "/permits/{reference}"}
fields:
  applicant: {path: name}
"""

TRIAGE = """\
thanks:
  phrases: [thank you]
"""

FILES = {
    "postroom.yaml": MAIN,
    "processes/skip-permit.yaml": PROCESS,
    "apis/permits.yaml": API,
    "triage.yaml": TRIAGE,
}

WriteConfig = Callable[..., Path]


@pytest.fixture
def write_config(tmp_path: Path) -> WriteConfig:
    """Write a sound configuration with some of its files replaced, and return its folder."""

    def write(files: dict[str, str | bytes] | None = None) -> Path:
        folder = tmp_path / "config"
        for name, content in {**FILES, **(files or {})}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write
