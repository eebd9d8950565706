"""What every connector to Microsoft 365 is told: whose robot it is, and where Microsoft is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from postroom.process import Model

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TENANT = Field(min_length=1, description="Directory (tenant) ID, as the app registration's overview shows it.")
_CLIENT = Field(min_length=1, description="Application (client) ID of the app registration.")


class SecretSignIn(Model):
    """A client secret of the app registration."""

    kind: Literal["secret"] = Field(description="Sign in with a client secret.")
    tenant_id: str = _TENANT
    client_id: str = _CLIENT
    client_secret: SecretStr = Field(description="The secret's value, not its ID.")


class CertificateSignIn(Model):
    """A certificate of the app registration."""

    kind: Literal["certificate"] = Field(description="Sign in with a certificate, which Microsoft recommends.")
    tenant_id: str = _TENANT
    client_id: str = _CLIENT
    certificate: Path = Field(description="File with the certificate and its private key, as .pem or .pfx.")
    password: SecretStr | None = Field(None, description="Password of the private key, if it has one.")


class ManagedIdentitySignIn(Model):
    """The identity that Azure gives the machine the post room runs on; there is no secret to keep."""

    kind: Literal["managed-identity"] = Field(description="Sign in as the Azure machine's own managed identity.")
    client_id: str = Field("", description="Client ID of a user-assigned identity; left out, the machine's own.")


class DeviceCodeSignIn(Model):
    """A person signs in with a code at a web page, for trying the post room out."""

    kind: Literal["device-code"] = Field(description="A person signs in at a web page; for trying out.")
    tenant_id: str = _TENANT
    client_id: str = _CLIENT


SignIn = Annotated[
    SecretSignIn | CertificateSignIn | ManagedIdentitySignIn | DeviceCodeSignIn, Field(discriminator="kind")
]


class GraphAccount(Model):
    """The robot's account and the way to Microsoft Graph."""

    sign_in: SignIn = Field(description="How the post room proves who it is.")
    graph_address: str = Field(
        "https://graph.microsoft.com/v1.0", description="Address of Microsoft Graph; other clouds have others."
    )
    sign_in_address: str = Field(
        "https://login.microsoftonline.com", description="Address that gives out tokens; other clouds have others."
    )
    ca_file: Path | None = Field(
        None, description="Certificate authority to trust, where the council's firewall opens encrypted traffic."
    )
    proxy: str = Field("", description="Address of a proxy, if the machine has no other way out.")
    timeout_seconds: float = Field(60.0, gt=0, description="How long to wait for an answer.")
    calls_at_once: int = Field(
        4, ge=1, le=4, description="Calls to one mailbox at one time; Microsoft refuses more than 4 of one app."
    )
    app_calls_at_once: int = Field(
        4, ge=1, le=64, description="Calls to all mailboxes together at one time, from this machine."
    )

    @field_validator("graph_address", "sign_in_address")
    @classmethod
    def _ends_in_no_slash(cls, address: str) -> str:
        return address.rstrip("/")

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        for name in ("graph_address", "sign_in_address"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError(f"`{name}` must begin with https://")
        return self

    @property
    def app(self) -> str:
        """What tells this app from another, for turns and messages."""
        return getattr(self.sign_in, "client_id", "") or "managed-identity"
