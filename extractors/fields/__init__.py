"""Fields: from the words of a request to values with provenance and confidence."""

from extractors.fields.extract import extract
from extractors.fields.requests import extract_all

__all__ = ["extract", "extract_all"]
