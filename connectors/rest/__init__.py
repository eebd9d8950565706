"""A back-office system with a REST API, described in YAML."""

from connectors.rest.settings import RestSettings
from connectors.rest.target import RestTarget

__all__ = ["RestSettings", "RestTarget"]
