"""Names of files in a library: told by our key, safe for SharePoint and for every computer that opens them.

Rules: support.microsoft.com, "Restrictions and limitations in OneDrive and SharePoint".
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 100
"""Characters kept of the sender's own name; a whole path may have 400."""

_FORBIDDEN = re.compile(r'["*:<>?/\\|#%~&{}]')
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories nobody sees, among them the marks that turn the reading direction to fake an extension."""
_LONGEST_SUFFIX = 10


def file_name(key: str, number: int, given: str) -> str:
    """Return the one name of a file: our key, its number among the record's files, and the sender's name made safe."""
    return f"{key}-{number} {_safe(given)}"


def _safe(given: str) -> str:
    seen = "".join(one for one in unicodedata.normalize("NFC", given) if unicodedata.category(one) not in _HIDDEN)
    last = re.split(r"[/\\]", seen)[-1]
    # SharePoint keeps names with `_vti_` for itself.
    plain = re.sub("_vti_", "_vti-", " ".join(_FORBIDDEN.sub("_", last).split()), flags=re.IGNORECASE).strip(" .")
    suffix = PurePosixPath(plain).suffix
    if len(suffix) > _LONGEST_SUFFIX or suffix == plain:
        suffix = ""
    stem = plain.removesuffix(suffix)[: LONGEST - len(suffix)].strip(" .")
    return (stem or "file") + suffix
