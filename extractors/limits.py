"""Limits: how large and how deep post may be before it goes to a person instead of a parser."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """Bounds of unpacking; whatever is over one becomes a problem for a person, is never cut short and never lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message_bytes: int = Field(60_000_000, gt=0, description="Size of one message as it arrived, in bytes.")
    header_block_bytes: int = Field(64_000, gt=0, description="Size of all headers of one mail together, in bytes.")
    header_bytes: int = Field(16_000, gt=0, description="Size of one header, in bytes.")
    depth: int = Field(20, gt=0, description="How deep parts, mails and archives may stand inside each other.")
    parts: int = Field(500, gt=0, description="Parts of one message, enclosed mails included.")
    documents: int = Field(100, gt=0, description="Files that one message may hold.")
    archive_depth: int = Field(2, gt=0, description="How deep zip archives may stand inside each other.")
    archive_entries: int = Field(500, gt=0, description="Files in one zip archive.")
    archive_bytes: int = Field(200_000_000, gt=0, description="Unpacked size of all archives of a message, in bytes.")
    archive_ratio: float = Field(100.0, gt=1, description="Unpacked size of an archive over its packed size.")
