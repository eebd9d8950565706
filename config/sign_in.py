"""How people sign in at the desk: with accounts of the desk's own, or through the council's OpenID Connect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from config.desk import DeskSettings
from config.mistakes import Mistake, suggest
from config.secrets import REFERENCE_HINT, SecretReference, fetch_secret
from config.yaml_file import YamlFile
from postroom.process import Model
from postroom.staff import EVERY_TEAM, Role

ENTRA_ID = "https://login.microsoftonline.com/{tenant}/v2.0"
RETURN_PATH = "/sign-in/return"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MANY_TENANTS = frozenset({"common", "organizations", "consumers"})


class _Sessions(Model):
    """How long people stay signed in."""

    session_minutes: int = Field(
        60, ge=5, le=720, description="Minutes without a click after which a person is signed out."
    )
    session_hours: int = Field(10, ge=1, le=24, description="Hours after which a person is signed out, however busy.")


class AccountsSignIn(_Sessions):
    """People sign in with a password of the desk's own, which ICT's page of people gives them."""

    kind: Literal["accounts"] = Field(description="Always `accounts`.")


class OpenIdSignIn(_Sessions):
    """People sign in at the council's Microsoft Entra ID, or another provider of OpenID Connect."""

    kind: Literal["openid"] = Field(description="Always `openid`.")
    tenant: str = Field("", description="The council's directory (tenant) ID; with `issuer` it may be left out.")
    issuer: str = Field("", description="The provider's issuer address, exactly; left out, Entra ID of the tenant.")
    client_id: str = Field(min_length=1, description="The application (client) ID of the app registration.")
    client_secret: SecretReference = Field(description="The app registration's secret.")
    address: str = Field(
        description="The desk's own address as browsers know it; its redirect URI is this and `/sign-in/return`."
    )
    roles: dict[str, Role] = Field(
        min_length=1, description="What each app role, or object ID of a group, makes a person at the desk."
    )
    teams: dict[str, str] = Field(
        default_factory=dict,
        description="Whose post each app role, or object ID of a group, lets a person see: a team, or `*` for all; "
        "left out, everybody sees every team's.",
    )
    restricted: tuple[str, ...] = Field(
        (), description="Who may see protected items: object IDs of people, app roles, or object IDs of groups."
    )

    @property
    def provider(self) -> str:
        """The issuer address, given or derived from the tenant."""
        return self.issuer or ENTRA_ID.format(tenant=self.tenant)

    @property
    def return_address(self) -> str:
        """Where the provider sends people back to."""
        return self.address + RETURN_PATH

    @field_validator("tenant")
    @classmethod
    def _one_tenant(cls, tenant: str) -> str:
        if tenant.lower() in _MANY_TENANTS:
            raise ValueError(
                f'"{tenant}" lets people of other organisations sign in. Give the directory (tenant) ID of the council.'
            )
        if tenant and not _GUID.fullmatch(tenant.lower()):
            raise ValueError(
                "The tenant is not an ID such as 8d2c7c0e-35f5-4a3e-9a3c-0f7e1f4d2b61. "
                "Copy the directory (tenant) ID from the app registration's overview."
            )
        return tenant.lower()

    @field_validator("issuer")
    @classmethod
    def _safe_issuer(cls, issuer: str) -> str:
        return _safe("issuer", issuer) if issuer else issuer

    @field_validator("address")
    @classmethod
    def _safe_address(cls, address: str) -> str:
        return _safe("address", address.rstrip("/"))

    @field_validator("client_secret", mode="before")
    @classmethod
    def _no_plain_secret(cls, given: Any) -> Any:
        # The usual words about a wrong type would show the secret.
        if isinstance(given, str):
            raise ValueError(f"A secret stands here in plain text. {REFERENCE_HINT}")
        return given

    @field_validator("restricted")
    @classmethod
    def _lasting_ids(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        if any("@" in one for one in named):
            raise ValueError(
                "A user name can pass to somebody else. Name the person by the object ID on their page in Entra ID."
            )
        return named

    @model_validator(mode="after")
    def _a_provider(self) -> Self:
        if not self.tenant and not self.issuer:
            raise ValueError(
                'Neither "tenant" nor "issuer" is given. For Entra ID give the directory (tenant) ID of the council.'
            )
        return self


SignIn = Annotated[AccountsSignIn | OpenIdSignIn, Field(discriminator="kind")]


def is_safe(address: str) -> bool:
    """Tell whether an address may carry a sign-in: https, or this very machine."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        )
    except ValueError:
        return False


def client_secret(settings: OpenIdSignIn, data: Path) -> SecretStr:
    """Fetch the secret with which the desk shows the provider who it is.

    Raises:
        ConfigError: It is in none of the places the configuration names.
    """
    return fetch_secret(settings.client_secret, data, "sign_in, client_secret")


def check_sign_in(main: YamlFile, files: Sequence[YamlFile]) -> Iterator[Mistake]:
    """Find teams that sign-in gives people and that have no process: such people would see an empty queue.

    Args:
        main: postroom.yaml.
        files: The files of all processes.
    """
    group = main.data.get("sign_in")
    given = group.get("teams") if isinstance(group, Mapping) else None
    desk = main.data.get("desk")
    post_room = desk.get("team") if isinstance(desk, Mapping) else None
    named = {str(file.data["team"]) for file in files if file.data.get("team")}
    known = sorted({*named, str(post_room or DeskSettings().team)})
    for key, team in given.items() if isinstance(given, Mapping) else ():
        if str(team) not in {*known, EVERY_TEAM}:
            message = f'No process belongs to a team "{team}".'
            yield main.mistake(("sign_in", "teams", str(key)), message, suggest(str(team), known))


def _safe(key: str, address: str) -> str:
    if not is_safe(address) or set(address) & set("?# ") or "@" in urlsplit(address).netloc:
        raise ValueError(f"The {key} must begin with https:// and hold no user, no question and no mark such as #.")
    return address
