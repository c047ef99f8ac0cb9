"""`make build`: run dbt build, publish the marts when every model and test passed, and say what came of it.

Usage: python -m warehouse.build [arguments of dbt build]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from warehouse.dbt_plugin import landing_folder
from warehouse.publishing import publish_marts
from warehouse.quality import GateError, check_landing, stop_or_say
from warehouse.summary import summarise

PROJECT = Path(__file__).parents[1]


def main(arguments: list[str]) -> int:
    """Build, publish and report, from the project's root. Returns the exit code: 0 when all passed, else 1."""
    os.chdir(PROJECT)
    started = time.monotonic()
    warehouse = Path(os.environ.get("WAREHOUSE_PATH") or "warehouse.duckdb")
    target = Path(os.environ.get("DBT_TARGET_PATH") or "target")
    try:
        findings = check_landing(
            landing_folder(), warehouse.with_suffix(".landing_history.json"), target / "quality" / "landing"
        )
        warnings = stop_or_say(
            findings, "Nothing was built, and nothing was published: the raw tables are not plausible."
        )
    except GateError as error:
        print(error)
        return 1
    # a process of its own, so that it has let go of the warehouse when it ends
    if subprocess.run([sys.executable, "-m", "dbt.cli.main", "build", *arguments]).returncode != 0:
        print("\nNothing was published: the build did not pass. What failed is listed above; mend it and build again.")
        return 1
    published = Path(os.environ.get("PUBLISHED_PATH") or "published/marts.duckdb")
    try:
        warnings += publish_marts(warehouse, published)
    except GateError as error:
        print(f"\n{error}")
        return 1
    landing = os.environ.get("RAW_DATA_DIR") or "the demo business (simulated)"
    ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    tests = sum(result["unique_id"].startswith(("test.", "unit_test.")) for result in ran)
    print(
        f"\nBuilt {len(ran) - tests} models and seeds, passed {tests} tests, in {time.monotonic() - started:.0f} s.\n"
    )
    print(summarise(warehouse, landing))
    print(f"Published   {published}: open it read-only with any BI tool")
    print(f"Quality     {target}/quality: landing/index.html and marts/index.html say what was checked")
    print("".join(f"Warning     {warning}\n" for warning in warnings), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
