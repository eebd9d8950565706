"""Which permissions of an application each address of Graph needs."""

from __future__ import annotations

import re

EVERYTHING = frozenset(
    {"Mail.ReadWrite", "Mail.Send", "MailboxSettings.ReadWrite", "Sites.ReadWrite.All", "Files.ReadWrite.All",
     "Tasks.ReadWrite.All"}
)  # fmt: skip

NEEDS = (
    (r"^/users/[^/]+/(sendMail|(.*/)?messages/[^/]+/send)$", "*", {"Mail.Send"}),
    (r"^/users/[^/]+/outlook/", "*", {"MailboxSettings.ReadWrite"}),
    (r"^/users/[^/]+/(mailFolders|messages)", "GET", {"Mail.Read", "Mail.ReadWrite"}),
    (r"^/users/[^/]+/(mailFolders|messages)", "*", {"Mail.ReadWrite"}),
    (r"^/subscriptions", "*", {"Mail.Read", "Mail.ReadWrite"}),
    (r"^/(sites|drives)/", "GET", {"Sites.Selected", "Sites.Read.All", "Sites.ReadWrite.All", "Files.ReadWrite.All"}),
    (r"^/(sites|drives)/", "*", {"Sites.Selected", "Sites.ReadWrite.All", "Files.ReadWrite.All"}),
    (r"^/planner/", "*", {"Tasks.ReadWrite.All"}),
)
"""Path below /v1.0, method, permissions of which one is needed."""


def needed(method: str, path: str) -> set[str]:
    """Return the permissions of which a request needs one; none for what is free."""
    fitting = (one for pattern, of, one in NEEDS if of in ("*", method) and re.search(pattern, path, re.IGNORECASE))
    return next(fitting, set())
