"""`make bench-tables`: what `make build` costs where every table lands, in full and when the next day brings parts.

    fixed cost   the same two builds of a hundred customers: dbt, Great Expectations, the tests' and the reports' rows
    full build   all that `make build` does: the gates, dbt build with its data tests, publishing
    next day     the same again, after one more part of every table with 0.1% new rows

Engine CPU is CPU without the fixed cost. Targets at 200,000 customers: 120 CPU seconds for the full build, the next day
at most 0.15 of it, 1.5 GB.

Usage: make bench-tables [SIZE=200000]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]  # the scripts here are no package

from bench import (  # noqa: E402 - after the path
    BENCHMARKS,
    PROJECT,
    RESULTS,
    TINY_CUSTOMERS,
    machine,
    ratio,
    run,
    save,
    say,
)

CUSTOMERS = 200_000


def build(landing: Path, folder: Path) -> dict[str, float]:
    """`make build` into a folder, in which a warehouse may be. Returns what bench.run measures."""
    measured, _ = run(
        "-m", "warehouse.build", RAW_DATA_DIR=landing, WAREHOUSE_PATH=folder / "warehouse.duckdb",
        PUBLISHED_PATH=folder / "published" / "marts.duckdb", DBT_TARGET_PATH=folder / "target",
        DBT_LOG_PATH=folder / "logs",
    )  # fmt: skip
    return measured


def write(landing: Path, *arguments: object) -> dict[str, int]:
    """Run synthetic_tables.py. Returns the rows that it wrote, by table."""
    _, printed = run(BENCHMARKS / "synthetic_tables.py", landing, *arguments)
    lines = (line.split() for line in printed.splitlines())
    return {table: int(rows.replace(",", "")) for rows, table in lines}


def seconds_by_folder(target: Path, results: Path) -> dict[str, float]:
    """Seconds that a build's models and their tests ran, by folder of the model ("marts/health"), the longest first.

    Two run at a time, so the sum is longer than the build; a share of it is a share of the work.
    """
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    seconds: Counter[str] = Counter()
    for ran in json.loads(results.read_text(encoding="utf-8"))["results"]:
        node = nodes.get(ran["unique_id"], {})
        model = nodes.get(node.get("attached_node") or ran["unique_id"], {})
        of_models = model.get("resource_type") == "model"
        seconds["/".join(model["fqn"][1:3]) if of_models else "other"] += ran["execution_time"]
    return {folder: round(spent, 1) for folder, spent in seconds.most_common()}


def measure(customers: int, scratch: Path) -> dict[str, object]:
    """The builds of one size, once each.

    Returns:
        customers; rows and next_day_rows by table; builds: what bench.run measures of each; engine_cpu_seconds of the
        full build and the next day; next_day_ratio of these two; peak_memory_bytes; warehouse_bytes after both;
        seconds_by_folder of the full build and the next day.
    """
    landing, tiny, next_day = scratch / "landing", scratch / "tiny", scratch / "next_day"
    say(f"{customers:,} customers: writing landing data")
    rows, _ = write(landing, "--customers", customers), write(tiny, "--customers", TINY_CUSTOMERS)
    next_day_rows = write(landing, "--next-day", next_day)
    builds = {}
    for step in ("full", "next_day"):
        say(f"{step.replace('_', ' ')}: fixed cost, {customers:,} customers")
        builds[f"fixed_{step}"] = build(tiny, scratch / "of_tiny")
        builds[step] = build(landing, scratch / "of_all")
        shutil.copy(scratch / "of_all" / "target" / "run_results.json", scratch / f"{step}.json")
        for part in next_day.iterdir() if step == "full" else ():
            shutil.copy(part, landing / part.stem / "part-next-day.parquet")
    engine = {
        step: builds[step]["cpu_seconds"] - builds[f"fixed_{step}"]["cpu_seconds"] for step in ("full", "next_day")
    }
    return {
        "customers": customers,
        "rows": rows,
        "next_day_rows": next_day_rows,
        "builds": builds,
        "engine_cpu_seconds": engine,
        "next_day_ratio": ratio(engine["next_day"], engine["full"]),
        "peak_memory_bytes": max(builds[step]["peak_memory_bytes"] for step in engine),
        "warehouse_bytes": (scratch / "of_all" / "warehouse.duckdb").stat().st_size,
        "seconds_by_folder": {
            step: seconds_by_folder(scratch / "of_all" / "target", scratch / f"{step}.json") for step in engine
        },
    }


def table(measured: dict) -> str:
    """What was measured, as lines of text."""
    lines = [f"{measured['customers']:,} customers, {sum(measured['rows'].values()):,} rows", ""]
    lines.append(f"{'':<10}{'CPU s':>8}{'fixed':>8}{'engine':>8}{'wall s':>8}{'peak MB':>9}")
    for step, engine in measured["engine_cpu_seconds"].items():
        built, fixed = measured["builds"][step], measured["builds"][f"fixed_{step}"]
        lines.append(
            f"{step.replace('_', ' '):<10}{built['cpu_seconds']:>8.1f}{fixed['cpu_seconds']:>8.1f}{engine:>8.1f}"
            f"{built['wall_seconds']:>8.0f}{built['peak_memory_bytes'] / 1e6:>9,.0f}"
        )
    lines += ["", "share of the models' and their tests' time"]
    for folder in measured["seconds_by_folder"]["full"]:
        shares = (
            measured["seconds_by_folder"][step].get(folder, 0.0) / sum(measured["seconds_by_folder"][step].values())
            for step in measured["engine_cpu_seconds"]
        )
        lines.append(f"{folder:<30}" + "".join(f"{share:>10.1%}" for share in shares))
    next_day_ratio = measured["next_day_ratio"]
    lines += ["", f"next day / full build: {'none' if next_day_ratio is None else f'{next_day_ratio:.2f}'}"]
    return "\n".join(lines)


def main() -> None:
    """Measure, save benchmarks/results/tables_<customers>.json, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    named = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-tables-") as scratch:
        measured = measure(named.customers, Path(scratch))
    file = RESULTS / f"tables_{named.customers}.json"
    save(file, {"measured_on": date.today().isoformat(), "machine": machine()} | measured)
    print(f"\n{table(measured)}\n\nSaved in {file.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
