"""What `postroom check` finds out about a mailbox on Exchange, without changing anything."""

from __future__ import annotations

from connectors.exchange import calls
from connectors.exchange.errors import Refusal
from connectors.exchange.mailbox import Mailbox
from connectors.exchange.session import Session
from connectors.exchange.settings import ExchangeAccount, ExchangeSettings
from postroom.errors import ConnectorDown

_REFUSED = (
    "ErrorAccessDenied", "ErrorImpersonateUserDenied", "ErrorImpersonationDenied", "ErrorImpersonationFailed",
    "ErrorFolderNotFound", "ErrorItemNotFound",
)  # fmt: skip
_RIGHTS = {
    "delegate": "full access to the mailbox or rights on its folders",
    "impersonation": "application impersonation",
}


def check_inbox(mailbox: Mailbox, settings: ExchangeSettings, named: str) -> list[str]:
    """Try everything an inbox needs but writing.

    Raises:
        ConnectorDown: Something is missing, or the robot may do too much.
    """
    found = [sign_in_sentence(mailbox.session, settings)]
    for path in settings.folders:
        folder = mailbox.wanted_folder(path)
        _see_that_it_may_change(mailbox, path, named)
        found.append(f'Folder "{path}" can be opened; {mailbox.waiting(folder)} mails wait.')
    for path in filter(None, (settings.done_folder, settings.held_folder)):
        if not mailbox.folder(path):
            found.append(f'Folder "{path}" is made when it is first needed.')
            continue
        _see_that_it_may_change(mailbox, path, named)
        found.append(f'Folder "{path}" is there.')
    return found + outside_sentences(settings, named)


def sign_in_sentence(session: Session, settings: ExchangeAccount) -> str:
    """Open the mailbox's top folder and say as whom, and by which right."""
    session.one(calls.get_folder("inbox", session.mailbox))
    return (
        f"{settings.username} is signed in to Exchange {session.version} and opens {session.mailbox} "
        f"by {_RIGHTS[settings.access]}."
    )


def outside_sentences(settings: ExchangeAccount, named: str) -> list[str]:
    """See that a mailbox outside the robot's scope is refused.

    Raises:
        ConnectorDown: It can be opened, or there is no such mailbox and nothing was proved.
    """
    outside = settings.outside_mailbox
    if not outside:
        return ["No `outside_mailbox` is set, so nothing proves that the account cannot open others."]
    session = Session(settings, named, outside)
    try:
        session.one(calls.get_folder("inbox", outside), seen=(*_REFUSED, "ErrorNonExistentMailbox"))
    except Refusal as refusal:
        if refusal.code in _REFUSED:
            return [f"{outside} is refused, as it should be."]
        message = f"{named}: there is no mailbox {outside}, so nothing proves that others are refused."
        raise ConnectorDown(message, hint="Name a mailbox that exists as `outside_mailbox`.") from None
    finally:
        session.close()
    raise ConnectorDown(
        f"{named}: {settings.username} can open {outside}, which it must not.",
        hint="Narrow the management scope or take the full access away; docs/exchange.md says how.",
    )


def _see_that_it_may_change(mailbox: Mailbox, path: str, named: str) -> None:
    if not mailbox.may_change(path)[1]:
        raise ConnectorDown(
            f'{named}: the account may read folder "{path}" but not change it.',
            hint="Give it full access to the mailbox, not read access alone.",
        )
