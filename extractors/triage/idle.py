"""Idle post: spam, and thanks that ask for nothing; in doubt neither, so that no genuine letter is filed unread."""

from __future__ import annotations

import re

from extractors.triage.parts import Parts
from extractors.triage.phrases import SENTENCE_END, fold, found, phrase
from extractors.triage.rules import TriageRules
from postroom.message import Envelope
from postroom.normal import POSTCODE

_ENOUGH_SPAM = 3.0
_THANKS_WORDS = 60
_AUTHORITY = (
    "gov uk", "hmrc", "hm revenue", "council tax refund", "tax refund", "dvla", "hm council", "council tax department",
    "government", "refund dep*", "tax office|service|team",
)  # fmt: skip
_LINK = re.compile(r"https?://|www\.|\bhere\b", re.I)


def spam_reasons(
    envelope: Envelope, parts: Parts, rules: TriageRules, likeness: float, genuine: float
) -> tuple[str, ...]:
    """Return why a mail is spam, or nothing.

    Args:
        envelope: Whose headers a spam filter may have marked.
        parts: What the mail says.
        rules: Where the words of spam stand.
        likeness: How much it resembles the examples of spam (0..1).
        genuine: How much evidence the likeliest process has; that much more spam is needed.
    """
    folded = fold(f"{parts.subject}.\n{parts.body.text}")
    strong, weak = found(rules.spam.strong, folded), found(rules.spam.phrases, folded)
    score = 2.0 * len(strong) + 0.8 * len(weak) + 1.5 * likeness
    score += 3.0 if _marked(envelope) else 0.0
    score += 1.5 if _poses_as_government(envelope, folded) else 0.0
    score -= 2.0 * len(found(rules.spam.against, folded))
    score -= 1.5 if POSTCODE.search(parts.body.text.upper()) and len(parts.body.text) < 3000 else 0.0
    score -= 0.35 * max(genuine, 0.0)
    if score < _ENOUGH_SPAM or not (strong or weak):
        return ()
    words = ", ".join(f"“{each.as_said(folded)}”" for each in (strong + weak)[:3])
    return (f"it has the marks of junk or fraud: {words}",)


def thanks_reasons(parts: Parts, rules: TriageRules) -> tuple[str, ...]:
    """Return why a mail only says thanks, or nothing: short, grateful, no question, request, figures or files."""
    text = parts.body.text
    folded = parts.body.folded
    if parts.documents or parts.blank or not text.strip() or parts.body.words > _THANKS_WORDS:
        return ()
    if "?" in text or POSTCODE.search(text.upper()) or re.search(r"(?<![\d ])\d{5,}", text):
        return ()
    for written in rules.thanks.harmless:
        folded = phrase(written).pattern.sub(SENTENCE_END, folded)
    if found(rules.thanks.against, folded) or not found(rules.thanks.strong, folded):
        return ()
    if parts.body.words > 30 and len(found(rules.thanks.strong + rules.thanks.phrases, folded)) < 2:
        return ()
    return ("it only says thanks",)


def _marked(envelope: Envelope) -> bool:
    flagged = envelope.header("x-spam-flag") + envelope.header("x-spam-status")
    return flagged.strip().lower().startswith("yes")


def _poses_as_government(envelope: Envelope, folded: str) -> bool:
    if re.search(r"\.gov\.(uk|wales|scot)$", envelope.sender_address) or not envelope.sender_address:
        return False
    claimed = found(_AUTHORITY, f"{fold(envelope.sender_name)} {folded}")
    return bool(claimed) and bool(_LINK.search(folded))
