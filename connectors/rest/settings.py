"""How a REST API is described: where it is, how to sign in, and what goes where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.rest.json_path import JsonPath
from connectors.shapes import Shape
from connectors.templates import Template
from postroom.delivery import TargetClass
from postroom.process import Model


class NoSignIn(Model):
    """The API asks for nothing."""

    kind: Literal["none"] = Field("none", description="No sign-in.")


class BasicSignIn(Model):
    """A user name and password with every request."""

    kind: Literal["basic"] = Field(description="User name and password with every request.")
    username: str = Field(description="The robot's account.")
    password: SecretStr = Field(description="Its password.")


class BearerSignIn(Model):
    """A token that does not change."""

    kind: Literal["bearer"] = Field(description="A token in the Authorization header.")
    token: SecretStr = Field(description="The token.")


class ApiKeySignIn(Model):
    """A key in a header of its own."""

    kind: Literal["api-key"] = Field(description="A key in a header of its own.")
    header: str = Field("X-API-Key", description="Name of that header.")
    key: SecretStr = Field(description="The key.")


class ClientCredentialsSignIn(Model):
    """OAuth 2.0 client credentials."""

    kind: Literal["oauth2"] = Field(description="OAuth 2.0 client credentials.")
    token_url: str = Field(description="Where tokens are given out; a path of this API or a whole address.")
    client_id: str = Field(description="The robot's client id.")
    client_secret: SecretStr = Field(description="Its secret.")
    scope: str = Field("", description="The scope to ask for, if the system wants one.")
    credentials_in: Literal["header", "body"] = Field("header", description="Where the token request carries them.")


SignIn = Annotated[
    NoSignIn | BasicSignIn | BearerSignIn | ApiKeySignIn | ClientCredentialsSignIn, Field(discriminator="kind")
]


class KeyPlaces(Model):
    """Where our key travels: any of these, so that a repeat is recognised and the record can be found."""

    header: str = Field("", description="Name of a request header, such as Idempotency-Key.")
    path: JsonPath = Field("", description="Place in the body, such as externalReference.")
    query: str = Field("", description="Name of a query parameter.")


class Attachments(Model):
    """How files go with the record, in the same request."""

    style: Literal["multipart", "base64"] = Field(description="As parts beside the JSON, or inside it.")
    path: JsonPath = Field("attachments", description="For base64: place of the list in the body.")
    name_key: str = Field("name", description="For base64: key of the file name.")
    type_key: str = Field("mediaType", description="For base64: key of the media type.")
    content_key: str = Field("content", description="For base64: key of the content.")
    part: str = Field("files", description="For multipart: name of each file's part.")
    record_part: str = Field("record", description="For multipart: name of the part that holds the JSON.")


class Create(Model):
    """The one request that makes a record."""

    method: Literal["POST", "PUT", "PATCH"] = Field("POST", description="The HTTP method.")
    path: Template = Field(description="Its path; {key} stands for our key.")
    constants: dict[JsonPath, str | int | float | bool] = Field(
        default_factory=dict, description="Values that are the same in every record, by place in the body."
    )
    composed: dict[JsonPath, Template] = Field(
        default_factory=dict, description="Values put together from fields, such as `{full_name|surname}`, by place."
    )
    success: tuple[int, ...] = Field((200, 201), description="Statuses that mean the record was made.")
    refused: tuple[int, ...] = Field((400, 413, 422), description="Statuses that refuse the record for its data.")
    conflict: tuple[int, ...] = Field((409,), description="Statuses that say the key is already there.")
    reference: JsonPath = Field(description="Place of the system's reference in the answer.")
    message: JsonPath = Field("message", description="Place of the system's message in a refusal.")
    errors: JsonPath = Field("", description="Place of the list of faulty fields in a refusal.")
    error_field: JsonPath = Field("field", description="In each of those, the place in the body it is about.")
    error_message: JsonPath = Field("message", description="In each of those, what is wrong.")


class Find(Model):
    """How a record is found by our key."""

    path: Template = Field(description="Path of the search; {key} stands for our key.")
    query: dict[str, Template] = Field(default_factory=dict, description="Query parameters; {key} stands for our key.")
    records: JsonPath = Field("", description="Place of the list of records; empty where the answer is the record.")
    key: JsonPath = Field(description="Place of our key in each record; others are passed over.")
    reference: JsonPath = Field(description="Place of the system's reference in each record.")
    absent: tuple[int, ...] = Field((), description="Statuses that mean there is no such record, such as 404.")


class Read(Model):
    """How a record is read by the system's reference."""

    path: Template = Field(description="Its path; {reference} stands for the system's reference.")
    query: dict[str, Template] = Field(default_factory=dict, description="Query parameters; {reference} as above.")
    record: JsonPath = Field("", description="Place of the record in the answer; empty where it is the answer.")


class MappedField(Shape):
    """Where one field goes, and how it is written there."""

    path: JsonPath = Field(description="Its place in the body, such as customer.fullName.")
    read_path: JsonPath = Field("", description="Its place in the record when read, if that is another.")
    write_only: bool = Field(False, description="The system does not give it back.")


class RestSettings(Model):
    """A REST API as a target."""

    kind: Literal["rest"] = Field(description="Says that this target is a REST API.")
    name: str = Field(min_length=1, description="The name by which processes deliver to it.")
    base_url: str = Field(pattern=r"^https?://[^/\s]+", description="Where the API is, such as https://host/path.")
    authentication: SignIn = Field(default_factory=NoSignIn, description="How the robot signs in.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers sent with every request.")
    target_class: TargetClass = Field(
        TargetClass.SEARCHABLE, description="What it offers after a lost answer: A, B, C or D (docs/glossary)."
    )
    settle_seconds: float = Field(120.0, ge=0, description="How long after a lost answer a record may still appear.")
    concurrency: int = Field(1, ge=1, le=16, description="How many records may be sent at one time.")
    connect_seconds: float = Field(5.0, gt=0, description="How long to wait for a connection.")
    answer_seconds: float = Field(30.0, gt=0, description="How long to wait for a whole answer.")
    max_answer_bytes: int = Field(2_000_000, gt=0, description="Answers longer than this are not read to the end.")
    proxy: str = Field("", description="Address of the proxy that leads there, if one is needed.")
    ca_file: Path | None = Field(None, description="Certificates to trust instead of the public ones.")
    busy_is_not_sent: bool = Field(
        False, description="Its 503 is proven to come before anything is done, so it may be sent again."
    )
    key: KeyPlaces = Field(description="Where our key travels.")
    create: Create = Field(description="The request that makes a record.")
    find: Find | None = Field(None, description="How a record is found by our key; needed but for class D.")
    read: Read = Field(description="How a record is read back.")
    fields: dict[str, MappedField] = Field(description="Where each field goes.")
    attachments: Attachments | None = Field(None, description="How files go with it; left out, none are sent.")
    record_url: Template = Field("", description="Where a person sees the record; {reference} stands for its number.")

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, given: str) -> str:
        return given.rstrip("/")

    @model_validator(mode="after")
    def _can_be_found(self) -> RestSettings:
        if self.target_class is not TargetClass.BLIND:
            if self.find is None:
                raise ValueError("Without `find` the target must be of class D.")
            if not (self.key.header or self.key.path or self.key.query or "{key}" in self.create.path):
                raise ValueError("The key must travel with the record: give `key` a header, path or query.")
        return self
