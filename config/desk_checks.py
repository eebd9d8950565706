"""What must hold between the desk's part of postroom.yaml and the targets: reports and letters need one that writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.crosschecks import entries_of
from config.mistakes import Mistake, suggest
from config.yaml_file import YamlFile, YamlPath
from connectors.templates import names_in

MAIL_KINDS = ("smtp", "graph-mail", "exchange-mail")
"""Kinds of targets that send letters."""
REPORT_FIELDS = ("to", "subject", "body", "key")
"""What the letter of a report is filled in with, and that to a sender too."""
LETTER_FIELDS = (*REPORT_FIELDS, "in_reply_to")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_REPORTS: YamlPath = ("desk", "reports")
_LETTERS: YamlPath = ("desk", "letters")
_TEMPLATE_HINT = 'A target for them has letter: {to: "{to}", subject: "{subject}", body: "{body}"}.'


def check_reports(main: YamlFile) -> Iterator[Mistake]:
    """Find addresses of reports that are none, and a target that cannot send reports."""
    reports = _group(_group(main.data).get("desk")).get("reports")
    addresses = [(kind, place, str(one)) for kind, place, one in _addresses(_group(reports))]
    for kind, place, address in addresses:
        if not _ADDRESS.fullmatch(address):
            yield main.mistake((*_REPORTS, kind, place), "This is no mail address.", "Write one such as name@example.")
    name = str(_group(reports).get("target") or "")
    if name:
        yield from _target(main, (*_REPORTS, "target"), name, "report", REPORT_FIELDS)
    elif addresses:
        senders = [str(one.get("name")) for one in entries_of(main, "targets") if one.get("kind") in MAIL_KINDS]
        hint = suggest("", senders) or f"Add a target of kind {' or '.join(MAIL_KINDS)} and name it here."
        yield main.mistake(_REPORTS, "The reports have addresses and no `target` that sends them.", hint)


def check_letters(main: YamlFile) -> Iterator[Mistake]:
    """Find a target for letters to senders that cannot send them."""
    name = str(_group(_group(main.data).get("desk")).get("letters") or "")
    if name:
        yield from _target(main, _LETTERS, name, "letter to a sender", LETTER_FIELDS)


def _target(main: YamlFile, path: YamlPath, name: str, what: str, fields: Sequence[str]) -> Iterator[Mistake]:
    targets = {str(one.get("name")): one for one in entries_of(main, "targets")}
    entry = targets.get(name)
    if entry is None:
        yield main.mistake(path, f'There is no target "{name}".', suggest(name, sorted(targets)))
    elif entry.get("kind") not in MAIL_KINDS:
        hint = f"Name one of kind {' or '.join(MAIL_KINDS)}."
        yield main.mistake(path, f'The target "{name}" sends no mail.', hint)
    else:
        yield from _template(main, path, f'The letter of target "{name}"', _group(entry.get("letter")), what, fields)


def _template(
    main: YamlFile, path: YamlPath, subject: str, letter: Mapping[str, Any], what: str, fields: Sequence[str]
) -> Iterator[Mistake]:
    """Find what a mail would leave empty, or an addressee other than the one it is for."""
    used = {field for part in ("to", "subject", "body") for field in names_in(str(letter.get(part) or ""))}
    strange = sorted(used - set(fields))
    if strange:
        message = f"{subject} needs {', '.join(strange)}, which a {what} does not have."
        yield main.mistake(path, message, _TEMPLATE_HINT)
    elif str(letter.get("to") or "").strip() != "{to}" or "body" not in used:
        yield main.mistake(path, f"{subject} would not be the {what}.", _TEMPLATE_HINT)


def _addresses(reports: Mapping[str, Any]) -> Iterator[tuple[str, int, Any]]:
    for kind in ("daily", "weekly"):
        named = reports.get(kind)
        yield from ((kind, place, one) for place, one in enumerate(named if isinstance(named, list) else []))


def _group(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
