"""Letters sent through any mail server (SMTP), as a target."""

from connectors.smtp.settings import SmtpSettings
from connectors.smtp.target import SmtpTarget

__all__ = ["SmtpSettings", "SmtpTarget"]
