"""Every deployment of prefect.yaml loads for real: `prefect deploy` itself reports success on a broken import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DEPLOYMENTS = YAML(typ="safe").load(ROOT / "prefect.yaml")["deployments"]

_LOAD = """
import json, sys
from pathlib import Path
from flows.choose_settings import choose_settings
choose_settings(Path(sys.argv[1]))
from prefect.flows import load_flow_from_entrypoint
print(json.dumps({entry: load_flow_from_entrypoint(entry, use_placeholder_flow=False).name for entry in sys.argv[2:]}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    entries = [deployment["entrypoint"] for deployment in DEPLOYMENTS]
    command = [sys.executable, "-c", _LOAD, str(tmp_path_factory.mktemp("data")), *entries]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    names: dict[str, str] = json.loads(found.stdout)
    return names


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["entrypoint"])
def test_entrypoint_loads(deployment: dict[str, str], loaded: dict[str, str]) -> None:
    function = deployment["entrypoint"].rpartition(":")[2]
    assert loaded[deployment["entrypoint"]] == function.replace("_", "-")


def test_every_flow_is_deployed() -> None:
    flows = {path.name for path in (ROOT / "flows").glob("*.py") if "@flow(" in path.read_text()}
    assert {Path(deployment["entrypoint"].rpartition(":")[0]).name for deployment in DEPLOYMENTS} == flows


def test_no_flow_file_hides_a_module() -> None:
    """Prefect puts flows/ first on sys.path: a file named like another module would be imported in its place."""
    stems = {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"}
    code = "import importlib.util, sys; print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n)])"
    command = [sys.executable, "-I", "-c", code, *stems]
    found = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_settings_are_chosen_before_prefect(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from flows.choose_settings import choose_settings;"
        "choose_settings(Path(sys.argv[1])); assert 'prefect' not in sys.modules;"
        "from prefect.settings import get_current_settings as now; s = now();"
        "print(s.server.analytics_enabled, s.results.default_serializer,"
        " s.server.services.task_run_recorder.batch_size, s.home)"
    )
    chosen = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT")}
    command = [sys.executable, "-c", code, str(tmp_path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=chosen)
    assert found.stdout.split() == ["False", "json", "100", str(tmp_path / "prefect")]
