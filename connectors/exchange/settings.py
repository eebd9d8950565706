"""What a council says about its Exchange Server: where it is, who the robot is, and whose mailbox it opens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from connectors.letter import Letter
from connectors.oversize import MAXIMUM_BYTES
from postroom.process import Model

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ONLINE = re.compile(r"(^|\.)(office365\.(com|us)|outlook\.(com|cn)|office\.(com|de)|apps\.mil)$")
NOT_ONLINE = (
    "this is Exchange Online, where Microsoft is switching EWS off: in phases from 1 October 2026, for good on "
    "1 April 2027; use `kind: graph` instead, see docs/microsoft-365.md"
)


class ExchangeAccount(Model):
    """The robot's account and the way to Exchange Server."""

    server: str = Field("", description="Name of the Exchange server, such as `mail.council.gov.uk`.")
    address: str = Field("", description="The whole address of its web services, where it is not the usual one.")
    mailbox: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Primary e-mail address of the mailbox to open.")
    access: Literal["delegate", "impersonation"] = Field(
        "delegate",
        description="How the robot may open it: by full access to the mailbox, or by application impersonation.",
    )
    username: str = Field(min_length=1, description="The robot's account, as `DOMAIN\\name` or `name@council.gov.uk`.")
    password: SecretStr = Field(description="Its password.")
    auth_type: Literal["ntlm", "basic"] = Field("ntlm", description="How it signs in; `basic` needs https.")
    ca_file: Path | None = Field(None, description="Certificate authority to trust, where it is the council's own.")
    timeout_seconds: float = Field(60.0, gt=0, description="How long to wait for the server.")
    outside_mailbox: str = Field(
        "", description="A mailbox the robot must not be able to open; `postroom check` tries it and wants a refusal."
    )

    @model_validator(mode="after")
    def _is_on_premises_and_encrypted(self) -> Self:
        if bool(self.server) == bool(self.address):
            raise ValueError("give either `server` or `address`")
        parts = urlsplit(self.endpoint)
        host = (parts.hostname or "").rstrip(".").lower()
        if _ONLINE.search(host):
            raise ValueError(NOT_ONLINE)
        if not host or parts.scheme not in ("https", "http"):
            raise ValueError("`server` is a host name, and `address` begins with https://")
        if parts.scheme == "http" and host not in _LOOPBACK:
            raise ValueError("plain http sends the post in clear, so it works only to this very machine")
        if self.outside_mailbox.lower() == self.mailbox.lower():
            raise ValueError("`outside_mailbox` must be another than `mailbox`")
        return self

    @property
    def endpoint(self) -> str:
        """The address of the web services."""
        return self.address or f"https://{self.server}/EWS/Exchange.asmx"


class ExchangeSettings(ExchangeAccount):
    """A mailbox on Exchange Server."""

    kind: Literal["exchange"] = Field(description="Always `exchange`.")
    name: str = Field(description="The inbox's name in reports and commands.")
    folders: tuple[str, ...] = Field(
        ("Inbox",), min_length=1, description="The folders post arrives in, such as `Inbox` or `Inbox/Forms`."
    )
    done_folder: str = Field(
        "Done", description="Where post goes when all its items are done; left empty, it stays where it is."
    )
    held_folder: str = Field("Held", description="Where post goes that was rejected; left empty, it stays where it is.")
    work_category: str = Field(
        "Postroom: in work", min_length=1, description="Category of mail that the robot has taken."
    )
    done_category: str = Field("Postroom: done", min_length=1, description="Category of mail that is done.")
    held_category: str = Field(
        "Postroom: needs a person", min_length=1, description="Category of mail that was put aside for a person."
    )
    scan_minutes: float = Field(
        30.0, ge=0, description="How long after its arrival a mail may wait for the scan of its attachments."
    )
    maximum_bytes: int = Field(
        MAXIMUM_BYTES, gt=0, description="A larger mail is not read; a person is told of it instead."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        ends = [path for path in (self.done_folder, self.held_folder) if path]
        folders = [plain_path(path) for path in (*self.folders, *ends)]
        if len(set(folders)) < len(folders) or "" in folders:
            raise ValueError("the folders post arrives in and those for done and held post must all be different")
        categories = {name.casefold() for name in (self.work_category, self.done_category, self.held_category)}
        if len(categories) < 3 or any("," in name or ";" in name for name in categories):
            raise ValueError("the three categories must be different and hold no comma or semicolon")
        return self


class ExchangeMailSettings(ExchangeAccount):
    """Letters sent from a mailbox on Exchange Server."""

    kind: Literal["exchange-mail"] = Field(description="Always `exchange-mail`.")
    name: str = Field(description="The target's name in reports and in processes.")
    letter: Letter = Field(description="What is written, and to whom.")
    settle_seconds: float = Field(
        120.0, ge=0, description="How long after a lost answer a letter may still appear in Sent Items."
    )


def plain_path(path: str) -> str:
    """Return a folder's path in the one way it is compared: lower case, no empty parts."""
    return "/".join(part.strip().lower() for part in path.split("/") if part.strip())
