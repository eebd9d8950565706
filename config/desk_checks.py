"""What must hold between the desk's part of postroom.yaml and the targets: reports need one that writes to anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from config.crosschecks import entries_of
from config.mistakes import Mistake, suggest
from config.yaml_file import YamlFile, YamlPath
from connectors.templates import names_in

MAIL_KINDS = ("smtp", "graph-mail", "exchange-mail")
"""Kinds of targets that send letters."""
REPORT_FIELDS = ("to", "subject", "body", "key")
"""What the letter of a report is filled in with."""
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_REPORTS: YamlPath = ("desk", "reports")
_TEMPLATE_HINT = 'A target for reports has letter: {to: "{to}", subject: "{subject}", body: "{body}"}.'


def check_reports(main: YamlFile) -> Iterator[Mistake]:
    """Find addresses of reports that are none, and a target that cannot send reports."""
    reports = _group(_group(main.data).get("desk")).get("reports")
    addresses = [(kind, place, str(one)) for kind, place, one in _addresses(_group(reports))]
    for kind, place, address in addresses:
        if not _ADDRESS.fullmatch(address):
            yield main.mistake((*_REPORTS, kind, place), "This is no mail address.", "Write one such as name@example.")
    name = str(_group(reports).get("target") or "")
    if name:
        yield from _target(main, name)
    elif addresses:
        senders = [str(one.get("name")) for one in entries_of(main, "targets") if one.get("kind") in MAIL_KINDS]
        hint = suggest("", senders) or f"Add a target of kind {' or '.join(MAIL_KINDS)} and name it here."
        yield main.mistake(_REPORTS, "The reports have addresses and no `target` that sends them.", hint)


def _target(main: YamlFile, name: str) -> Iterator[Mistake]:
    path: YamlPath = (*_REPORTS, "target")
    targets = {str(one.get("name")): one for one in entries_of(main, "targets")}
    entry = targets.get(name)
    if entry is None:
        yield main.mistake(path, f'There is no target "{name}".', suggest(name, sorted(targets)))
    elif entry.get("kind") not in MAIL_KINDS:
        hint = f"Name one of kind {' or '.join(MAIL_KINDS)}."
        yield main.mistake(path, f'The target "{name}" sends no mail.', hint)
    else:
        yield from _letter(main, path, name, _group(entry.get("letter")))


def _letter(main: YamlFile, path: YamlPath, name: str, letter: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find what a report would leave empty, or an addressee other than the one the report is for."""
    used = {field for part in ("to", "subject", "body") for field in names_in(str(letter.get(part) or ""))}
    strange = sorted(used - set(REPORT_FIELDS))
    if strange:
        message = f'The letter of target "{name}" needs {", ".join(strange)}, which a report does not have.'
        yield main.mistake(path, message, _TEMPLATE_HINT)
    elif str(letter.get("to") or "").strip() != "{to}" or "body" not in used:
        yield main.mistake(path, f'The letter of target "{name}" would not be the report.', _TEMPLATE_HINT)


def _addresses(reports: Mapping[str, Any]) -> Iterator[tuple[str, int, Any]]:
    for kind in ("daily", "weekly"):
        named = reports.get(kind)
        yield from ((kind, place, one) for place, one in enumerate(named if isinstance(named, list) else []))


def _group(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
