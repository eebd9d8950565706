"""Where Microsoft's published schemas lie, if they are at hand: they are Microsoft's, and no part of this project."""

from __future__ import annotations

import os
from pathlib import Path

MISSING = "Microsoft's schemas are not at hand: name their folder in POSTROOM_SCHEMAS to hold the stand-ins to them."


def schemas_folder() -> Path | None:
    """Return the folder of the schemas: POSTROOM_SCHEMAS, or one beside the checkout."""
    named = os.environ.get("POSTROOM_SCHEMAS")
    folder = Path(named) if named else Path(__file__).parents[2].parent / "shared" / "schemas"
    return folder if (folder / "graph-v1.0-metadata.xml").is_file() else None
