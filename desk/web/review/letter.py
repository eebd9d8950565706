"""Sending back: a letter to the sender that asks for what is missing, proposed by rule and edited by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from desk.web.office import item_in_scope, office_of, person_of
from desk.web.pages import FormError, render
from desk.web.phrasing import day
from desk.web.queue.page import filter_of
from desk.web.review.acts import Deciding, Sight, decided, not_allowed
from desk.web.review.page import acts_allowed, doubtful_of, show
from desk.web.review.values import title_of
from desk.web.routing import DeskRouter
from postroom.errors import NotAllowed
from postroom.staff import May

if TYPE_CHECKING:
    from postroom.ledger import Item

router = DeskRouter()
_LONGEST_SUBJECT = 200
_LONGEST_BODY = 20_000


@router.page("/items/{item_id}/send-back", May.DECIDE)
def ask(request: Request, item_id: str) -> Response:
    """Show a letter to the sender, ready to be changed and sent."""
    item = item_in_scope(request, item_id)
    if not acts_allowed(request, item):
        return show(request, item)
    return _page(request, item, _subject(item), _body(request, item), [])


@router.action("/items/{item_id}/send-back", May.DECIDE)
def send(
    request: Request,
    item_id: str,
    sight: Deciding,
    subject: Annotated[str, Form()] = "",
    body: Annotated[str, Form()] = "",
) -> Response:
    """Send the letter; the item is closed once it is on its way."""
    item = item_in_scope(request, item_id)
    target, address = _way(request, item)
    line, text = " ".join(subject.split())[:_LONGEST_SUBJECT], body.replace("\r\n", "\n").strip()[:_LONGEST_BODY]
    errors = [FormError("Enter a subject.", "letter-subject")] if not line else []
    errors += [FormError("Write what the sender is to do.", "letter-body")] if not text else []
    if errors:
        return _page(request, item, subject, body, errors)
    fields = {"to": address, "subject": line, "body": text}
    if item.envelope and item.envelope.message_id:
        fields["in_reply_to"] = item.envelope.message_id

    def refuse(error: NotAllowed) -> Response:
        """Show the letter again, for it took somebody time to write, unless nobody can send it any more."""
        now = item_in_scope(request, item_id)
        if not acts_allowed(request, now):
            return not_allowed(request, item_id, sight, {}, error)
        return _page(request, now, subject, body, [FormError(str(error))], 409)

    return decided(request, item, sight, "sent-back", lambda: _send(request, item, sight, target, fields), refuse)


def _send(request: Request, item: Item, sight: Sight, target: str, fields: dict[str, str]) -> None:
    person = person_of(request).sign_in_name
    needed = _needed(request, item)
    office_of(request).ledger.send_back(item.summary.id, person, target, fields, needed, version=sight.version)


def _way(request: Request, item: Item) -> tuple[str, str]:
    """Return the target that sends letters, and the sender's address.

    Raises:
        NotAllowed: The configuration names no such target, or nobody knows where to send it.
    """
    target = office_of(request).settings.desk.letters
    address = item.envelope.sender_address if item.envelope else ""
    if not target:
        raise NotAllowed("No letters are sent from here.", hint="ICT can name a target for them in postroom.yaml.")
    if not address:
        raise NotAllowed(f"Item {item.summary.id} came without a sender's address.", hint="Write by post instead.")
    return target, address


def _page(
    request: Request, item: Item, subject: str, body: str, errors: list[FormError], status: int = 400
) -> Response:
    _target, address = _way(request, item)
    return render(
        request,
        "review/letter.html",
        status=status if errors else 200,
        errors=errors,
        item=item.summary.id,
        version=item.summary.version,
        seen=item.history[-1].sequence if item.history else 0,
        address=address,
        subject=subject,
        body=body,
        query=filter_of(request).query,
    )


def _needed(request: Request, item: Item) -> list[str]:
    """Return the titles of what the sender is asked for."""
    process = office_of(request).process(item.summary.process)
    names = doubtful_of(office_of(request), item)
    return [title_of(name, process.fields.get(name)) for name in names] if process else []


def _subject(item: Item) -> str:
    theirs = item.envelope.subject if item.envelope else ""
    line = " ".join(theirs.split())[:_LONGEST_SUBJECT]
    return line if line.lower().startswith("re:") else f"Re: {line or 'your message'}"


def _body(request: Request, item: Item) -> str:
    office = office_of(request)
    name = item.envelope.sender_name.strip() if item.envelope else ""
    needed = _needed(request, item)
    asked = "\n".join(f"- {title[0].lower()}{title[1:]}" for title in needed)
    about = office.process_title(item.summary.process).lower() if office.process(item.summary.process) else "message"
    wanted = f"please tell us:\n\n{asked}" if asked else "please tell us more."
    return (
        f"Dear {name or 'Sir or Madam'},\n\n"
        f"Thank you for your message of {day(item.summary.received_at)} about your {about}. "
        f"Before we can deal with it, {wanted}\n\n"
        f"Please answer this message, and leave its subject as it is.\n\n"
        f"Yours sincerely,\n{person_of(request).name}\n{office.settings.council}\n"
    )
