"""Make what the site shows beside its pages, in target/catalogs: dbt's own documentation, the lineage of columns and
the data dictionary in three languages.

Usage: python docs/catalogs.py (after `make build`: types and the lineage of columns come from the warehouse)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]  # the package warehouse

from dictionary import dictionary_pages  # noqa: E402 - after the path

PROJECT = Path(__file__).parents[1]
TARGET = PROJECT / "target"
CATALOGS = TARGET / "catalogs"
WORK = TARGET / "docs"


def main() -> int:
    """Make all three. Returns the exit code."""
    for folder in (CATALOGS, WORK):  # what an earlier run left must not decide what this one can do
        shutil.rmtree(folder, ignore_errors=True)
    WORK.mkdir(parents=True)
    parsed = TARGET / "partial_parse.msgpack"
    if parsed.exists():  # saves dbt half of its time
        shutil.copy(parsed, WORK)
    warehouse = Path(os.environ.get("WAREHOUSE_PATH") or PROJECT / "warehouse.duckdb")
    known = []
    if not warehouse.exists():  # nothing to connect to; without compiling, dbt reads the manifest that is there
        _run("dbt", "--quiet", "parse", "--target-path", str(WORK))
        known = ["--empty-catalog", "--no-compile"]
    _run("dbt", "--quiet", "docs", "generate", "--static", "--target-path", str(WORK), *known)
    _keep(WORK / "static_index.html", "dbt")
    if warehouse.exists():
        files = ["--manifest", str(WORK / "manifest.json"), "--catalog", str(WORK / "catalog.json")]
        _run("colibri", "generate", "--light", "--disable-telemetry", "--output-dir", str(WORK / "colibri"), *files)
        _keep(WORK / "colibri" / "index.html", "lineage")
    else:
        print("Without a warehouse there is no lineage of columns: make build, then make docs")
    manifest = json.loads((WORK / "manifest.json").read_text(encoding="utf-8"))
    for language, page in dictionary_pages(manifest).items():
        (CATALOGS / "dictionary").mkdir(parents=True, exist_ok=True)
        (CATALOGS / "dictionary" / f"{language}.html").write_text(page, encoding="utf-8")
    return 0


def _run(program: str, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"{program} failed:\n{run.stdout[-3000:]}{run.stderr[-3000:]}")


def _keep(page: Path, name: str) -> None:
    (CATALOGS / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(page, CATALOGS / name / "index.html")


if __name__ == "__main__":
    sys.exit(main())
