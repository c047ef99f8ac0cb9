"""The next dbt (requirements-next.lock) reads the project as dbt 1 does, and has nothing to say about it."""

from __future__ import annotations

import json
import os
import subprocess
from types import SimpleNamespace

import harness
import pytest
import shared

DBT = shared.PROJECT / ".venv" / "next" / "bin" / "dbt"
NOT_THERE = "THE NEXT DBT IS NOT INSTALLED, so nothing was read with it: make setup-next"
KINDS = ("nodes", "unit_tests", "sources", "exposures", "groups")

pytestmark = pytest.mark.skipif(not DBT.exists(), reason=NOT_THERE)


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    project = shared.copy_project(tmp_path_factory.mktemp("next") / "project")  # it adds to .gitignore
    places = {"WAREHOUSE_PATH": str(project / shared.WAREHOUSE), "DBT_TARGET_PATH": "target"}
    # a service would look at the semantic layer
    places["DBT_ENGINE_NO_WARN_SEMANTIC_MANIFEST_VALIDATION"] = "true"
    run = subprocess.run([DBT, "parse"], cwd=project, env={**os.environ, **places}, capture_output=True, text=True)
    return SimpleNamespace(run=run, target=project / "target", said=run.stdout + run.stderr)


def ids(manifest: dict) -> set[str]:
    """What both name alike: all but generic tests, whose names end in a hash."""
    found = {name for kind in KINDS for name in manifest[kind]}
    return {name for name in found if not name.startswith("test.") or name.count(".") == 2}


def test_it_parses_without_a_word_of_complaint(parsed: SimpleNamespace) -> None:
    assert parsed.run.returncode == 0, parsed.said
    assert "[error]" not in parsed.said and "[warning]" not in parsed.said, parsed.said


def test_it_reads_what_dbt_1_reads(parsed: SimpleNamespace) -> None:
    read = json.loads((parsed.target / "manifest.json").read_text(encoding="utf-8"))
    assert ids(read) == ids(harness.manifest())
    assert len(read["nodes"]) == len(harness.manifest()["nodes"])
