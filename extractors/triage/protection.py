"""The protected lane: post that only named people may see, looked for before anything is read out of it."""

from __future__ import annotations

import re

from extractors.triage.parts import Parts
from extractors.triage.phrases import fold, found, phrase
from extractors.triage.rules import ProtectedRule, TriageRules
from postroom.message import Unpacked

_READ_CHARACTERS = 60_000
"""A longer document is a report or a register; whoever is in danger says so before this."""


def protected_reason(unpacked: Unpacked, parts: Parts, rules: TriageRules) -> str:
    """Return why a message must be protected, or an empty string; several reasons are joined.

    It looks at everything but earlier mails quoted below, and would rather protect once too often.
    """
    texts = [parts.subject, parts.body.text, *(part.text for part in parts.documents)]
    folded = fold("\n.\n".join(texts)[:_READ_CHARACTERS])
    senders = _senders(unpacked)
    return " ".join(rule.reason for rule in rules.protected if _applies(rule, folded, senders))


def _applies(rule: ProtectedRule, folded: str, senders: tuple[str, ...]) -> bool:
    if any(sender.endswith(end) for sender in senders for end in rule.senders):
        return True
    for written in rule.against:
        folded = re.sub(phrase(written).pattern, "¶", folded)
    return bool(found(rule.phrases, folded))


def _senders(unpacked: Unpacked) -> tuple[str, ...]:
    envelopes = [*([unpacked.envelope] if unpacked.envelope else []), *unpacked.enclosed]
    return tuple(envelope.sender_address for envelope in envelopes)
