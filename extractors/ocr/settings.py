"""What a council may choose about the reading of scans."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class OcrSettings(BaseModel):
    """How scans and pictures are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tesseract: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether Tesseract reads first: `auto` uses it where it is installed, `on` insists, `off` never.",
    )
    tesseract_path: str = Field(
        default="tesseract", min_length=1, description="The program to start: a name on the path or a full path."
    )
    languages: tuple[str, ...] = Field(
        default=("eng",), min_length=1, description="Tesseract's languages, each of which must be installed."
    )
    rapidocr: bool = Field(
        default=True, description="Whether RapidOCR reads what Tesseract is unsure of (slower, stronger)."
    )
    unsure_below: float = Field(
        default=0.965,
        ge=0,
        le=1,
        description="A page whose words Tesseract reads with less mean confidence is read again by RapidOCR.",
    )
    threads: int = Field(default=1, ge=1, le=64, description="Processor threads for one page in RapidOCR.")
    dpi: int = Field(default=200, ge=72, le=600, description="Dots an inch at which PDF pages are drawn for OCR.")
    page_seconds: float = Field(default=45, gt=0, description="Longest time Tesseract may take for one page.")
    document_seconds: float = Field(
        default=180,
        gt=0,
        description="Time after which no further page of a document is read by OCR; a person is told which were not.",
    )
    max_pages: int = Field(default=300, ge=1, description="A document with more pages is refused.")
    max_pixels: int = Field(
        default=150_000_000, ge=1, description="A picture with more pixels is refused before it is decoded."
    )
    max_page_points: float = Field(
        default=14_400, gt=0, description="A PDF page longer than this on one side is refused, in points (1/72 inch)."
    )
