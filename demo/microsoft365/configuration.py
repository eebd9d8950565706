"""Writes the sample post room's configuration: the nine processes, delivering to Microsoft 365."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.settings import Settings, load_settings

_HERE = Path(__file__).parent
TARGETS = ("post-list", "post-files", "post-register")
SECRET_VARIABLE = "POSTROOM_SAMPLE_CLIENT_SECRET"


@dataclass(frozen=True, slots=True)
class SampleTenant:
    """Where the sample tenant is, and what the robot needs to know of it."""

    graph: str
    authority: str
    ca_file: Path
    tenant_id: str
    client_id: str
    plan: str
    bucket: str


def write_configuration(folder: Path, council: Settings, tenant: SampleTenant, **more: Any) -> None:
    """Write a configuration folder anew.

    Args:
        folder: Where to.
        council: The configuration whose processes and triage rules are taken.
        tenant: The tenant to deliver to.
        more: Settings of every process that are to be others, such as `accuracy`.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "processes").mkdir(parents=True)
    shutil.copy(council.folder / "triage.yaml", folder)
    main = (_HERE / "postroom.yaml").read_text(encoding="utf-8")
    (folder / "postroom.yaml").write_text(
        main.replace("PLAN", tenant.plan).replace("BUCKET", tenant.bucket), encoding="utf-8"
    )
    (folder / "account.yaml").write_text(_account(tenant), encoding="utf-8")
    for file in sorted((council.folder / "processes").glob("*.yaml")):
        process = yaml.load(file)
        process["deliver"] = [{"target": name} for name in TARGETS]
        process.update(more)
        with (folder / "processes" / file.name).open("w", encoding="utf-8") as written:
            yaml.dump(process, written)


def load_sample(folder: Path, data: Path) -> Settings:
    """Read the configuration that was written."""
    return load_settings(folder, data)


def _account(tenant: SampleTenant) -> str:
    # JSON is YAML, and quotes whatever stands in a path.
    return json.dumps(
        {
            "graph_address": tenant.graph,
            "sign_in_address": tenant.authority,
            "ca_file": str(tenant.ca_file),
            "sign_in": {
                "kind": "secret",
                "tenant_id": tenant.tenant_id,
                "client_id": tenant.client_id,
                "client_secret": {"env": SECRET_VARIABLE},
            },
        },
        indent=2,
    )
