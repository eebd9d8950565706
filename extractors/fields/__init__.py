"""Fields: from the words of a request to values with provenance and confidence."""

from extractors.fields.extract import extract

__all__ = ["extract"]
