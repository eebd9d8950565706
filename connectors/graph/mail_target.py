"""Letters from a mailbox in Microsoft 365: a draft with our key in it, sent once, and confirmed in Sent Items.

One draft is one letter: sending it again is refused by Exchange, so a repeated attempt looks for the draft first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from connectors.graph.opening import Connection
from connectors.graph.target_settings import MailSettings
from connectors.permissions import Permission
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import ConnectorDown, PostroomError, RefusedByTarget, TransientError

if TYPE_CHECKING:
    from msgraph.generated.models.message import Message
    from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

    from connectors.graph.errors import GraphRefusal
    from connectors.letter import Filled

KEY_PROPERTY = "String {6f2a9c3b-4a57-4d5e-9a35-e7b64c2f0d1a} Name PostroomKey"
"""Where our key travels: a property of the mail that nobody sees and every mailbox can be searched by."""
_SHOWN = ["id", "isDraft", "internetMessageId", "webLink", "createdDateTime"]
_NO_KEY = "PR-CHECK"
_PAUSE_SECONDS = 0.5
_REFUSED = (400, 413)


class MailTarget:
    """Sends one letter a record."""

    def __init__(self, settings: MailSettings) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(
            TargetClass.SEARCHABLE, settings.settle_seconds, reads_back=tuple(settings.letter.readable)
        )
        self._settings = settings
        self._connection = Connection(settings, settings.name)

    def find(self, key: str) -> Receipt | None:
        """Look in the whole mailbox for a letter with this key that was sent; a draft of it was not.

        Raises:
            RefusedByTarget: Two letters were sent.
        """
        sent = [message for message in self._held(key) if not message.is_draft]
        # A letter to the mailbox itself is there twice, with one internet message id.
        if len({message.internet_message_id for message in sent}) > 1:
            raise RefusedByTarget(
                f'Target "{self.name}": {len(sent)} letters with the key {key} were sent.',
                hint="Compare them in Sent Items, and write to the addressee if need be.",
            )
        return _receipt(sent[0]) if sent else None

    def deliver(self, delivery: Delivery) -> Receipt:
        """Send the letter, or the draft of it that an earlier attempt left behind."""
        letter = self._letter(delivery)
        held = self._held(delivery.key)
        sent = [message for message in held if not message.is_draft]
        if sent:
            return _receipt(sent[0])
        draft = self._rewrite(str(held[0].id), letter) if held else self._write(delivery, letter)
        return self._send(draft)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return the fields that stand alone in a part of the letter, as it was sent.

        Raises:
            RefusedByTarget: The letter is gone.
        """
        from connectors.graph.errors import NOT_FOUND, GraphRefusal

        try:
            message = self._get(receipt.reference, ["subject", "body", "toRecipients"])
        except GraphRefusal as refusal:
            if refusal.status != NOT_FOUND:
                raise self._connection.calls().failed_look(refusal) from None
            raise RefusedByTarget(
                f'Target "{self.name}": the letter is no longer in the mailbox.',
                hint="Ask who deleted it, then mark it done by hand.",
            ) from None
        parts = _parts(message)
        return {field: parts[part] for field, part in self._settings.letter.readable.items()}

    def check(self) -> list[str]:
        """Open Sent Items and search the mailbox for a key that cannot be there."""
        from connectors.graph.errors import GraphRefusal

        mailbox = self._settings.mailbox
        try:
            self._connection.calls().client.run(
                lambda graph: graph.users.by_user_id(mailbox).mail_folders.by_mail_folder_id("sentitems").get()
            )
        except GraphRefusal as refusal:
            raise ConnectorDown(
                f'Target "{self.name}": the mailbox {mailbox} cannot be opened ({refusal}).',
                hint="Check its address, and that it is in Exchange Online.",
            ) from None
        self._held(_NO_KEY)
        return [f"The mailbox {mailbox} opens, and its letters can be searched by our key."]

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        self._connection.close()

    def _letter(self, delivery: Delivery) -> Filled:
        try:
            return self._settings.letter.fill(delivery.fields, delivery.key)
        except ValueError as error:
            raise RefusedByTarget(
                f'Target "{self.name}" cannot write the letter: {error}.', hint="Correct it."
            ) from None

    def _held(self, key: str) -> list[Message]:
        """Return every mail with this key, the oldest first."""
        from connectors.graph.errors import GraphRefusal

        calls = self._connection.calls()
        try:
            found = calls.client.run(lambda graph: _search(self._messages(graph), key, calls.named))
        except GraphRefusal as refusal:
            raise calls.failed_look(refusal) from None
        return sorted(found, key=lambda message: str(message.created_date_time))

    def _messages(self, graph: GraphServiceClient) -> MessagesRequestBuilder:
        return graph.users.by_user_id(self._settings.mailbox).messages

    def _write(self, delivery: Delivery, letter: Filled) -> str:
        """Write the draft with our key in it, as an answer to the mail the record came in where that is wanted."""
        from connectors.graph.errors import NOT_FOUND, GraphRefusal

        words = _draft(letter, delivery.key)
        if self._settings.reply and delivery.source_key:
            try:
                return self._made(lambda graph: _reply(self._messages(graph), delivery.source_key, words))
            except GraphRefusal as refusal:
                # The mail is in another mailbox, or somebody deleted it: the letter is written all the same.
                if refusal.status != NOT_FOUND:
                    raise self._refused(refusal) from None
        try:
            return self._made(lambda graph: self._messages(graph).post(words))
        except GraphRefusal as refusal:
            raise self._refused(refusal) from None

    def _made(self, write: Any) -> str:
        calls = self._connection.calls()
        message: Message | None = calls.client.run(write, writes=True)
        if message is None or not message.id:
            raise calls.uncertain("its answer names no draft")
        return message.id

    def _rewrite(self, draft: str, letter: Filled) -> str:
        """Give a draft the words of this attempt: somebody may have changed it meanwhile."""
        from connectors.graph.errors import GraphRefusal

        words = _words(letter)
        try:
            self._connection.calls().client.run(
                lambda graph: self._messages(graph).by_message_id(draft).patch(words), writes=True
            )
        except GraphRefusal as refusal:
            raise self._refused(refusal) from None
        return draft

    def _send(self, draft: str) -> Receipt:
        from connectors.graph.errors import NOT_FOUND, GraphRefusal

        calls = self._connection.calls()
        try:
            calls.client.run(lambda graph: self._messages(graph).by_message_id(draft).send.post(), writes=True)
        except GraphRefusal as refusal:
            # A draft that is gone may have been sent by an attempt whose answer was lost.
            if refusal.status != NOT_FOUND:
                raise self._refused(refusal) from None
        return self._confirmed(draft)

    def _confirmed(self, draft: str) -> Receipt:
        """Return the receipt once the letter is a draft no longer; its id stays the same."""
        from connectors.graph.errors import GraphRefusal

        until = time.monotonic() + self._settings.confirm_seconds
        while True:
            try:
                message = self._get(draft, _SHOWN)
            except (GraphRefusal, TransientError):
                message = None
            if message is not None and message.is_draft is False:
                return _receipt(message)
            if time.monotonic() > until:
                raise self._connection.calls().uncertain("the letter is not in Sent Items yet")
            time.sleep(_PAUSE_SECONDS)

    def _get(self, message: str, shown: list[str]) -> Message:
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.users.item.messages.item.message_item_request_builder import (
            MessageItemRequestBuilder as Builder,
        )

        wanted = Builder.MessageItemRequestBuilderGetQueryParameters(select=shown)
        how = RequestConfiguration(query_parameters=wanted)
        how.headers.add("Prefer", 'outlook.body-content-type="text"')
        calls = self._connection.calls()
        found = calls.client.run(lambda graph: self._messages(graph).by_message_id(message).get(how))
        if found is None:
            raise TransientError(f"{calls.named}: Microsoft Graph gave no mail.", hint="It is asked again.")
        return found

    def _refused(self, refusal: GraphRefusal) -> Exception:
        if refusal.status in _REFUSED:
            return RefusedByTarget(
                f'Target "{self.name}" refused the letter ({refusal}).', hint="Check the address it is sent to."
            )
        told = self._connection.calls().not_taken(refusal)
        return told if isinstance(told, PostroomError) else self._connection.calls().uncertain(f"it answered {refusal}")


async def _search(messages: MessagesRequestBuilder, key: str, named: str) -> list[Message]:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder as Builder

    condition = f"singleValueExtendedProperties/any(ep:ep/id eq '{KEY_PROPERTY}' and ep/value eq '{key}')"
    wanted = Builder.MessagesRequestBuilderGetQueryParameters(filter=condition, select=_SHOWN)
    page = await messages.get(RequestConfiguration(query_parameters=wanted))
    found: list[Message] = []
    while page is not None and page.value is not None:
        found += page.value
        if not page.odata_next_link:
            return found
        page = await messages.with_url(page.odata_next_link).get()
    raise TransientError(f"{named}: Microsoft Graph gave no list of mails.", hint="It is asked again.")


async def _reply(messages: MessagesRequestBuilder, original: str, words: Message) -> Message | None:
    from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
        CreateReplyPostRequestBody,
    )

    return await messages.by_message_id(original).create_reply.post(CreateReplyPostRequestBody(message=words))


def _words(letter: Filled) -> Message:
    from msgraph.generated.models.body_type import BodyType
    from msgraph.generated.models.email_address import EmailAddress
    from msgraph.generated.models.item_body import ItemBody
    from msgraph.generated.models.message import Message
    from msgraph.generated.models.recipient import Recipient

    return Message(
        subject=letter.subject,
        body=ItemBody(content_type=BodyType.Text, content=letter.body),
        to_recipients=[Recipient(email_address=EmailAddress(address=letter.to))],
    )


def _draft(letter: Filled, key: str) -> Message:
    from msgraph.generated.models.internet_message_header import InternetMessageHeader
    from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty

    message = _words(letter)
    message.single_value_extended_properties = [SingleValueLegacyExtendedProperty(id=KEY_PROPERTY, value=key)]
    # No out-of-office notes in return, which would come in as post.
    message.internet_message_headers = [InternetMessageHeader(name="X-Auto-Response-Suppress", value="All")]
    return message


def _parts(message: Message) -> dict[str, str]:
    to = [one.email_address.address or "" for one in message.to_recipients or [] if one.email_address]
    body = (message.body.content if message.body else "") or ""
    return {
        "to": to[0] if len(to) == 1 else "",
        "subject": message.subject or "",
        "body": body.replace("\r\n", "\n").rstrip("\n"),
    }


def _receipt(message: Message) -> Receipt:
    return Receipt(str(message.id), message.web_link or "")


def permissions(settings: MailSettings) -> tuple[Permission, ...]:
    """Return what the robot's account needs to send letters."""
    where, scope = "Exchange Online (RBAC for Applications)", f"mailbox {settings.mailbox} alone"
    drafts = Permission("Application Mail.ReadWrite", where, scope, "to write drafts and look letters up")
    return drafts, Permission("Application Mail.Send", where, scope, "to send letters")
