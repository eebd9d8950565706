"""Reading: a message is unpacked and every document in it becomes text, or a problem for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from extractors.limits import Limits
from extractors.readers import Reader, all_readers
from extractors.readers.forwarded import forwarded_envelopes
from extractors.readers.mail import read_body
from extractors.unpack import unpack
from postroom.document import Document, Role
from postroom.errors import BusinessError, PostroomError, UnreadableDocument
from postroom.message import Envelope, Message, Problem, ReadMessage, Unpacked
from postroom.text import Text

if TYPE_CHECKING:
    from extractors.ocr.settings import OcrSettings


def read_message(message: Message, limits: Limits, ocr: OcrSettings) -> ReadMessage:
    """Unpack a message and read every document that is meant to be read.

    Envelopes of mails passed on within the body follow those of mails enclosed as files.

    Args:
        message: A mail, an Outlook message, or one dropped file.
        limits: What is larger or deeper goes to a person.
        ocr: How pictures are read.

    Raises:
        ConfigError: Pictures are to be read and nothing is installed that can read them.
    """
    unpacked = unpack(message, limits)
    texts, problems = read_documents(unpacked, all_readers(ocr))
    unpacked = replace(unpacked, enclosed=unpacked.enclosed + _passed_on(unpacked, texts))
    told = (*message.problems, *unpacked.problems, *problems)
    return ReadMessage(unpacked, tuple(texts), told, message.received_at)


def read_documents(unpacked: Unpacked, readers: Sequence[Reader]) -> tuple[list[Text], list[Problem]]:
    """Return the texts of a message's documents, and why the others could not be read."""
    subject = unpacked.envelope.subject if unpacked.envelope else ""
    known = {problem.document for problem in unpacked.problems}
    texts: dict[str, Text] = {}
    problems: list[Problem] = []
    for document in unpacked.documents:
        if document.role is Role.INLINE or document.id in texts:
            continue
        try:
            text = _read(document, subject if document.role is Role.BODY else "", readers)
            texts[document.id] = text
            problems += [Problem(document.name, reason) for reason in text.unread]
        except BusinessError as error:
            if document.name not in known:
                problems.append(Problem(document.name, str(error)))
    return list(texts.values()), problems


def _read(document: Document, subject: str, readers: Sequence[Reader]) -> Text:
    if document.role is Role.BODY:
        return read_body(document, subject)
    reader = next((reader for reader in readers if reader.accepts(document)), None)
    if reader is None:
        raise UnreadableDocument(
            "This kind of file cannot be read.", hint="Open it and deal with it by hand, or ask for it as PDF."
        )
    try:
        return reader.read(document)
    except PostroomError:
        raise
    except Exception as error:
        # The wall around foreign parsers: one bad file costs its own text and nothing else.
        raise UnreadableDocument(
            f"This file could not be read ({type(error).__name__}).",
            hint="Open it by hand: if it is damaged, ask the sender for it again; if it opens well, tell ICT.",
        ) from error


def _passed_on(unpacked: Unpacked, texts: Sequence[Text]) -> tuple[Envelope, ...]:
    bodies = {document.id for document in unpacked.documents if document.role is Role.BODY}
    sent_at = unpacked.envelope.sent_at if unpacked.envelope else None
    return tuple(
        envelope for text in texts if text.document_id in bodies for envelope in forwarded_envelopes(text, sent_at)
    )
