"""What a council says about the mail server that its letters go out through."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.letter import Letter
from postroom.process import Model

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SmtpSettings(Model):
    """Letters sent through a mail server."""

    kind: Literal["smtp"] = Field(description="Always `smtp`.")
    name: str = Field(description="The target's name in reports and in processes.")
    host: str = Field(min_length=1, description="The mail server, by the name in its certificate.")
    port: int | None = Field(
        None, gt=0, lt=65536, description="Its port; left out, 587, or 465 with `tls`, or 25 with `none`."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is protected; `none` works only to this very machine."
    )
    ca_file: Path | None = Field(None, description="Certificate authority to trust, where it is the council's own.")
    user: str = Field(
        "", description="The account; left out where the server takes letters from this machine as it is."
    )
    password: SecretStr | None = Field(None, description="Its password.")
    sender: str = Field(
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        description="Address the letters come from, and which answers and failure notices go to.",
    )
    sender_name: str = Field(
        "", pattern=r"^[^\x00-\x1f\x7f]{0,100}$", description="Name shown beside it, such as the council's."
    )
    letter: Letter = Field(description="What is written, and to whom.")
    attachments: bool = Field(
        False, description="Send the documents that the item was read from along; think whom the letter goes to."
    )
    timeout_seconds: float = Field(60.0, gt=0, description="How long to wait for each answer of the server.")

    @model_validator(mode="after")
    def _is_safe_and_complete(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise ValueError("give `user` and `password` together, or neither")
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("`security: none` sends the post in clear, so it works only to this very machine")
        return self

    @property
    def server_port(self) -> int:
        """The port to connect to."""
        return self.port or _PORTS[self.security]

    @property
    def domain(self) -> str:
        """The sender's domain, in which the letters are numbered."""
        return self.sender.rpartition("@")[2]
