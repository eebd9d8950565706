"""Robots: mail that machines send back, bounces and automatic replies, told by headers first and words second."""

from __future__ import annotations

from collections.abc import Iterable

from extractors.triage.parts import Parts
from extractors.triage.phrases import fold, found, phrase
from extractors.triage.rules import KindRules, TriageRules
from postroom.message import Envelope
from postroom.normal import POSTCODE

_DAEMONS = ("mailer-daemon", "mailerdaemon", "postmaster", "mail-daemon", "mmdf", "mdaemon", "smtp-daemon")
_REPLY_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-vacation",
    "x-mail-autoreply",
)
_LONG = 150
"""Words; an automatic reply told by its words alone is shorter than this."""


def bounce_reasons(envelope: Envelope, parts: Parts, rules: TriageRules) -> tuple[str, ...]:
    """Return why a mail is a bounce, or nothing."""
    content_type = envelope.header("content-type").lower()
    if "multipart/report" in content_type and ("delivery-status" in content_type or "feedback-report" in content_type):
        return ("its headers say it is a delivery report",)
    if envelope.header("x-failed-recipients"):
        return ("its headers name recipients that failed",)
    words = _score(rules.bounce, fold(f"{parts.body.text}\n{parts.quoted.text}"))
    subject = _opens(parts.subject, rules.bounce.subjects)
    if _from_daemon(envelope) and (subject or words >= 2):
        return ("a mail server sent it to say that a mail was not delivered",)
    robot = not envelope.sender_address or envelope.header("auto-submitted").lower().startswith("auto-")
    if robot and (subject and words >= 1):
        return ("it has the shape of a delivery report",)
    return ("its subject and text are those of a delivery report",) if subject and words >= 4 else ()


def auto_reply_reasons(envelope: Envelope, parts: Parts, rules: TriageRules) -> tuple[str, ...]:
    """Return why a mail is an automatic reply, or nothing; a mail that brings documents never is one by words alone."""
    submitted = envelope.header("auto-submitted").lower()
    if submitted.startswith("auto-replied"):
        return ("its headers say it is an automatic reply",)
    if any(envelope.header(name) for name in _REPLY_HEADERS) or _precedence(envelope) == "auto_reply":
        return ("its headers say it is an automatic reply",)
    if "disposition-notification" in envelope.header("content-type").lower():
        return ("it is a read receipt",)
    if parts.documents:
        return ()
    folded = parts.body.folded
    words = _score(rules.auto_reply, folded)
    if _opens(parts.subject, rules.auto_reply.subjects) and words >= 0:
        return ("its subject and text are those of an automatic reply",)
    if submitted.startswith("auto-") and words >= 2:
        return ("its headers and text are those of an automatic reply",)
    genuine = found(rules.auto_reply.against, folded) or POSTCODE.search(parts.body.text.upper())
    if words >= 3 and parts.body.words <= _LONG and not genuine:
        return ("its text is that of an automatic reply",)
    return ()


def _score(rules: KindRules, folded: str) -> int:
    return 2 * len(found(rules.strong, folded)) + len(found(rules.phrases, folded)) - len(found(rules.against, folded))


def _opens(subject: str, starts: Iterable[str]) -> bool:
    return any(phrase(start).opens(fold(subject)) for start in starts)


def _from_daemon(envelope: Envelope) -> bool:
    sender = envelope.sender_address.partition("@")[0]
    name = envelope.sender_name.lower()
    return (
        any(sender.startswith(daemon) for daemon in _DAEMONS)
        or envelope.header("return-path").strip() == "<>"
        or "mail delivery" in name
        or "mailer-daemon" in name
    )


def _precedence(envelope: Envelope) -> str:
    return envelope.header("precedence").strip().lower().replace("-", "_")
