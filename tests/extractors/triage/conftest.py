from __future__ import annotations

import pytest

from config.settings import Settings, load_settings
from extractors.triage import Triager


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="session")
def triager(settings: Settings) -> Triager:
    return Triager(settings.processes, settings.triage)
