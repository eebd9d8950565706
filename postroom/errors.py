"""Every error of the project, typed by what happens next.

A class docstring is its default message. A message names the item, file or connector; a hint tells the remedy.
Neither ever holds content of the post: a letter's words stay in the ledger.
"""

from __future__ import annotations

import inspect


class PostroomError(Exception):
    """Something went wrong in the post room."""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        self.message = message or inspect.getdoc(type(self)) or type(self).__name__
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(PostroomError):
    """The configuration has mistakes, so nothing starts."""


class BusinessError(PostroomError):
    """The item has wrong or missing data; it goes to the exception queue and is never retried."""


class UnreadableDocument(BusinessError):
    """The document cannot be read."""


class LockedDocument(UnreadableDocument):
    """The document is protected by a password."""


class LimitExceeded(UnreadableDocument):
    """The document is larger or deeper than the limits allow."""


class RefusedByTarget(BusinessError):
    """The back-office system refused the record."""


class ItemNotFound(BusinessError):
    """There is no such item in the ledger."""


class NotAllowed(BusinessError):
    """The item is not in a state in which this can be done."""


class TransientError(PostroomError):
    """A technical fault before anything was sent; tried again with back-off, then the exception queue."""

    def __init__(self, message: str = "", *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        """Seconds the other side asked us to wait, if it did."""


class DeliveryUncertain(PostroomError):
    """The record was sent and no clear answer came back; it is looked up before anything else."""


class ConnectorDown(PostroomError):
    """The connector cannot work; it stops, its items wait untouched, and ICT is told."""


class SignInRefused(ConnectorDown):
    """The system refused the robot's sign-in."""


class ScreenChanged(ConnectorDown):
    """The screen does not look as its description says."""


class LeaseLost(PostroomError):
    """Another worker has taken this piece of work over; this worker's result is discarded."""


class StepFault(PostroomError):
    """A step of the line did not work; what it worked on waits."""
