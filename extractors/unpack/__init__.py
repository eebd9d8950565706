"""Unpacking: a message is taken apart into its envelope and documents, whatever it is wrapped in."""

from __future__ import annotations

from extractors import sniff
from extractors.limits import Limits
from extractors.unpack.dispatch import take
from extractors.unpack.parcel import Parcel, Place
from postroom.document import Role
from postroom.errors import BusinessError
from postroom.message import Envelope, Message, Unpacked

__all__ = ["unpack"]


def unpack(message: Message, limits: Limits) -> Unpacked:
    """Return a message taken apart; what could not be opened is a problem, and all the rest is there.

    Args:
        message: A whole mail, an Outlook message, or one dropped file.
        limits: What is larger or deeper goes to a person.
    """
    parcel = Parcel(limits)
    envelope = None
    if len(message.raw) > limits.message_bytes:
        size = limits.message_bytes // 1_000_000
        parcel.problem(message.name, f"The message is larger than {size} MB. Open it by hand, or ask for it in parts.")
    else:
        envelope = _open(parcel, message)
    return Unpacked(envelope, tuple(parcel.documents), tuple(parcel.problems), tuple(parcel.enclosed))


def _open(parcel: Parcel, message: Message) -> Envelope | None:
    media_type = sniff.sniff(message.raw, message.name)
    if media_type not in (sniff.MAIL, sniff.OUTLOOK):
        take(parcel, message.name, message.raw, Place(Role.SCAN))
        return None
    from extractors.unpack.mail import open_mail
    from extractors.unpack.outlook import open_outlook

    opener = open_mail if media_type == sniff.MAIL else open_outlook
    try:
        return opener(parcel, message.raw, Place(Role.BODY))
    except BusinessError as error:
        parcel.problem(message.name, error)
    except Exception as error:
        # The wall around the mail parsers: a message that breaks one still reaches a person.
        reason = f"This mail is damaged and could not be opened ({type(error).__name__}). Open it in your mail program."
        parcel.problem(message.name, reason)
    return None
