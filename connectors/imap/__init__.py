"""A mailbox over IMAP as an inbox, with a password or with OAuth 2."""

from connectors.imap.inbox import ImapInbox
from connectors.imap.settings import ImapSettings, OAuthClient

__all__ = ["ImapInbox", "ImapSettings", "OAuthClient"]
