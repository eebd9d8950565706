"""The small configuration of the commands' tests serves the flows as well."""

from __future__ import annotations

from tests.desk.conftest import config, data, postroom

__all__ = ["config", "data", "postroom"]
