"""What a council says about a mailbox."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.oversize import MAXIMUM_BYTES
from postroom.process import Model

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"ssl": 993, "starttls": 143, "none": 143}


class OAuthClient(Model):
    """An app registration that may open the mailbox (client credentials, RFC 6749 section 4.4)."""

    token_url: str = Field(pattern=r"^https?://", description="Address that gives out tokens.")
    client_id: str = Field(description="Identity of the app registration.")
    client_secret: SecretStr = Field(description="Its secret.")
    scope: str = Field("", description="Scope to ask for, as the mail provider's manual gives it.")


class ImapSettings(Model):
    """A mailbox that is read over IMAP."""

    kind: Literal["imap"] = Field(description="Always `imap`.")
    name: str = Field(description="The inbox's name in reports and commands.")
    host: str = Field(min_length=1, description="The mail server.")
    port: int | None = Field(None, gt=0, lt=65536, description="Its port; left out, 993, or 143 without `ssl`.")
    security: Literal["ssl", "starttls", "none"] = Field(
        "ssl", description="How the connection is protected; `none` works only to this very machine."
    )
    ca_file: Path | None = Field(None, description="Certificate authority to trust, where it is the council's own.")
    user: str = Field(min_length=1, description="The account, for a shared mailbox as the server wants it.")
    password: SecretStr | None = Field(None, description="Its password, unless `oauth` is given.")
    oauth: OAuthClient | None = Field(None, description="Sign in with OAuth 2 (XOAUTH2) instead of a password.")
    folder: str = Field("INBOX", min_length=1, description="The folder post arrives in.")
    claimed_folder: str = Field(
        "Claimed",
        min_length=1,
        description="Where post in work waits, if the server keeps no keywords.",
    )
    done_folder: str = Field("Done", min_length=1, description="Where post goes when all its items are done.")
    held_folder: str = Field("Held", min_length=1, description="Where post goes that was rejected.")
    timeout_seconds: float = Field(30.0, gt=0, description="How long to wait for the server.")
    maximum_bytes: int = Field(
        MAXIMUM_BYTES, gt=0, description="A larger mail is not read; a person is told of it instead."
    )

    @model_validator(mode="after")
    def _is_safe_and_complete(self) -> Self:
        if (self.password is None) == (self.oauth is None):
            raise ValueError("give either `password` or `oauth`")
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("`security: none` sends the password in clear, so it works only to this very machine")
        if len({self.folder, self.claimed_folder, self.done_folder, self.held_folder}) < len(_FOLDERS):
            raise ValueError("the four folders must be different")
        return self

    @property
    def server_port(self) -> int:
        """The port to connect to."""
        return self.port or _PORTS[self.security]


_FOLDERS = ("folder", "claimed_folder", "done_folder", "held_folder")
