"""Exchange Server on a council's own machines (EWS): a mailbox as an inbox, and letters as a target."""

from connectors.exchange.inbox import ExchangeInbox
from connectors.exchange.mail_target import ExchangeMailTarget
from connectors.exchange.settings import ExchangeMailSettings, ExchangeSettings

__all__ = ["ExchangeInbox", "ExchangeMailSettings", "ExchangeMailTarget", "ExchangeSettings"]
