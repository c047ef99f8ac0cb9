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

from warehouse.publishing import publish_marts
from warehouse.summary import summarise

PROJECT = Path(__file__).parents[1]


def main(arguments: list[str]) -> int:
    """Build, publish and report, from the project's root. Returns the exit code: 0 when all passed, else 1."""
    os.chdir(PROJECT)
    started = time.monotonic()
    # a process of its own, so that it has let go of the warehouse when it ends
    if subprocess.run([sys.executable, "-m", "dbt.cli.main", "build", *arguments]).returncode != 0:
        print("\nNothing was published: the build did not pass. What failed is listed above; mend it and build again.")
        return 1
    warehouse = Path(os.environ.get("WAREHOUSE_PATH") or "warehouse.duckdb")
    published = Path(os.environ.get("PUBLISHED_PATH") or "published/marts.duckdb")
    publish_marts(warehouse, published)
    landing = os.environ.get("RAW_DATA_DIR") or "the demo business (simulated)"
    ran = json.loads(
        (Path(os.environ.get("DBT_TARGET_PATH") or "target") / "run_results.json").read_text(encoding="utf-8")
    )["results"]
    tests = sum(result["unique_id"].startswith(("test.", "unit_test.")) for result in ran)
    print(
        f"\nBuilt {len(ran) - tests} models and seeds, passed {tests} tests, in {time.monotonic() - started:.0f} s.\n"
    )
    print(summarise(warehouse, landing))
    print(f"Published   {published}: open it read-only with any BI tool")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
