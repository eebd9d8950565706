"""A parcel: what has been found in one message so far, and how much more it may hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from extractors.limits import Limits
from postroom.document import Document, Role
from postroom.errors import LimitExceeded
from postroom.message import Envelope, Problem


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the message a file stands."""

    role: Role
    """What a file found here is, unless it turns out to be something else."""
    inside: tuple[str, ...] = ()
    """Names of the files around it, outermost first."""
    depth: int = 0
    archive_depth: int = 0

    def within(self, name: str, *, archive: bool = False) -> Place:
        """Return the place of what is inside a file that stands here."""
        role = Role.SCAN if self.role is Role.SCAN else Role.ATTACHMENT
        return Place(role, (*self.inside, name), self.depth + 1, self.archive_depth + archive)


@dataclass(slots=True)
class Parcel:
    """Collects the documents, problems and enclosed envelopes of one message, within its limits."""

    limits: Limits
    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    enclosed: list[Envelope] = field(default_factory=list)
    parts: int = 0
    archive_bytes: int = 0

    def add(self, document: Document) -> None:
        """Take a document in; the first one over the limit becomes a problem, with all that follow."""
        if len(self.documents) < self.limits.documents:
            self.documents.append(document)
            return
        reason = f"The message holds more than {self.limits.documents} files. Open it and deal with the rest by hand."
        if all(problem.reason != reason for problem in self.problems):
            self.problem(document.name, reason)

    def count_part(self) -> None:
        """Count one more part of the message; raises LimitExceeded."""
        self.parts += 1
        if self.parts > self.limits.parts:
            raise LimitExceeded(
                f"The message is made of more than {self.limits.parts} parts.", hint="Open it in your mail program."
            )

    def check_depth(self, place: Place) -> None:
        """Raise LimitExceeded where mails and archives stand too deep inside each other."""
        if place.depth > self.limits.depth:
            raise LimitExceeded(
                f"Mails or files stand more than {self.limits.depth} deep inside each other.",
                hint="Open the message in your mail program.",
            )

    def problem(self, name: str, reason: object) -> None:
        """Note what could not be read and what to do."""
        self.problems.append(Problem(name, str(reason)))

    def relabel(self, start: int, role: Role) -> None:
        """Give every document taken in from `start` on another role."""
        self.documents[start:] = [replace(document, role=role) for document in self.documents[start:]]
