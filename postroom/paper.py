"""Paper: how many pages somebody would have had in hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from postroom.document import Role
from postroom.text import Text
from postroom.workitem import Triage

_NOT_PAPER = ("text/", "message/", "application/zip", "application/octet-stream")


class Filed(Protocol):
    """A document, with or without its bytes."""

    @property
    def id(self) -> str:
        """SHA-256 of its bytes."""

    @property
    def media_type(self) -> str:
        """What it is."""

    @property
    def role(self) -> Role:
        """What part it plays in its message."""


def pages_of_paper(documents: Iterable[Filed], texts: Iterable[Text], triage: Triage) -> int:
    """Return how many pages of documents, pictures and scans belong to a request; what was typed into a mail is none.

    Args:
        documents: Those of the message.
        texts: What was read in them.
        triage: The request, which names the documents and pages that belong to it; all of them where it names none.
    """
    wanted = triage.document_ids
    paper = {one.id for one in documents if (not wanted or one.id in wanted) and _is_paper(one)}
    named = {(document_id, page) for document_id, page, _, _ in triage.lines}
    whole = paper - {document_id for document_id, _ in named}
    pages = {(text.document_id, page.number) for text in texts for page in text.pages}
    return sum(
        document_id in whole or (document_id, page) in named for document_id, page in pages if document_id in paper
    )


def _is_paper(document: Filed) -> bool:
    return document.role in (Role.ATTACHMENT, Role.SCAN) and not document.media_type.startswith(_NOT_PAPER)
