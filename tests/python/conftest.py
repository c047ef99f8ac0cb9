"""What tests share: one build of the demo business, and how hard the property tests look."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

PROJECT = Path(__file__).parents[2]

# The same streams at every run; new ones with --hypothesis-profile=explore.

settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    max_examples=50,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("explore", parent=settings.get_profile("default"), derandomize=False, max_examples=1000)
settings.load_profile("default")


@pytest.fixture(scope="session")
def demo_build(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """`make build`'s command on the demo business: its output, the warehouse and the published file."""
    folder = tmp_path_factory.mktemp("demo")
    warehouse, published = folder / "warehouse.duckdb", folder / "published" / "marts.duckdb"
    places = {"WAREHOUSE_PATH": warehouse, "PUBLISHED_PATH": published, "DBT_TARGET_PATH": folder / "target"}
    environment = {**os.environ, "RAW_DATA_DIR": "", **{name: str(place) for name, place in places.items()}}
    command = [sys.executable, "-m", "warehouse.build"]
    run = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return SimpleNamespace(output=run.stdout, warehouse=warehouse, published=published, manifest=manifest)
