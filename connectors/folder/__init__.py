"""A folder as an inbox: saved mails, and scans as the multifunction printer drops them."""

from connectors.folder.inbox import FolderInbox
from connectors.folder.settings import FolderSettings

__all__ = ["FolderInbox", "FolderSettings"]
