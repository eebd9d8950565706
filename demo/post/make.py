"""Write the sample post into a folder, with its labels: `python -m demo.post.make FOLDER`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from demo.post import mails_no_action, mails_revenues, mails_services, scans, scans_evidence
from demo.post.sample import Sample


def all_samples() -> list[Sample]:
    """Return every piece of the sample post, mails first."""
    return [
        *mails_revenues.samples(),
        *mails_services.samples(),
        *mails_no_action.samples(),
        *scans.samples(),
        *scans_evidence.samples(),
    ]


def labels(samples: list[Sample]) -> Iterator[dict[str, object]]:
    """Return one label for each request, in the form `postroom evaluate` reads."""
    for sample in samples:
        for request in sample.requests:
            yield {
                "file": sample.name,
                "kind": sample.kind,
                "process": request.process,
                "fields": dict(request.fields),
                "notes": sample.shows,
            }


def write_post(folder: Path) -> list[Sample]:
    """Write each piece into a folder that appears whole or not at all."""
    samples = all_samples()
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for sample in samples:
        (unfinished / sample.name).write_bytes(sample.content)
    unfinished.rename(folder)
    return samples


def drop_post(kept: Path, inbox: Path) -> int:
    """Copy the pieces into a watched folder, each as if it had come a minute ago, and return how many."""
    inbox.mkdir(parents=True, exist_ok=True)
    arrived = time.time() - 60
    pieces = sorted(kept.iterdir())
    for piece in pieces:
        unfinished = inbox / f"{piece.name}.part"
        shutil.copyfile(piece, unfinished)
        os.utime(unfinished, (arrived, arrived))
        unfinished.replace(inbox / piece.name)
    return len(pieces)


def main(folder: str) -> None:
    """Write the post and its labels.jsonl into a new folder."""
    if Path(folder).exists():
        raise SystemExit(f"{folder} is there already: name a folder that is not.")
    samples = write_post(Path(folder))
    lines = [json.dumps(label, ensure_ascii=False) for label in labels(samples)]
    (Path(folder) / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
