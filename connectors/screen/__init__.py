"""A back-office system without an API, keyed through its own screens, described in YAML."""

from connectors.screen.settings import ScreenSettings
from connectors.screen.target import ScreenTarget

__all__ = ["ScreenSettings", "ScreenTarget"]
