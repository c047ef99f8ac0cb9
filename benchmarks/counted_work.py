"""`make bench-check`: the work of a build, counted, against what was committed (benchmarks/expected_work.json).

Seconds depend on the machine's mood, counts do not: rows scanned, sorted (windows and orders), aggregated, joined and
stored, per model, from DuckDB's own profiler, on small synthetic data with one customer who has most of the events.
A plan that compares all rows with all, a second scan of the events, one more sort: each shows here at a small size.

A change for better or worse is written down with its reason:

    make bench-check REASON="why the counts change"
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "python"), str(PROJECT / "benchmarks")]

import harness  # noqa: E402 - of the tests, which are no package
from synthetic import write_synthetic  # noqa: E402 - the same

from warehouse.landing import inspect_folder, landing_statements  # noqa: E402 - after the paths

EXPECTED = PROJECT / "benchmarks" / "expected_work.json"
CUSTOMERS, EVENTS_OF_ONE = 1_000, 20_000
# Plans may differ a little from machine to machine; what matters is many times as much.
TOLERANCE, FEW_ROWS = 0.02, 500

Work = dict[str, dict[str, int]]


def _operators(node: dict) -> Iterator[dict]:
    yield node
    for child in node.get("children", []):
        yield from _operators(child)


def counted(profile: dict) -> dict[str, int]:
    """Rows by kind of work in one profile of DuckDB (JSON of EXPLAIN ANALYZE)."""
    work = dict.fromkeys(("scanned", "sorted", "aggregated", "joined"), 0)
    for operator in _operators(profile):
        name, rows = operator.get("operator_name", "").strip(), operator.get("operator_cardinality", 0)
        inputs = sum(child.get("operator_cardinality", 0) for child in operator.get("children", []))
        if name in ("SEQ_SCAN", "TABLE_SCAN", "READ_PARQUET", "COLUMN_DATA_SCAN"):
            work["scanned"] += rows
        elif name in ("WINDOW", "ORDER_BY", "TOP_N"):
            work["sorted"] += inputs
        elif name.endswith("GROUP_BY"):
            work["aggregated"] += inputs
        elif name.endswith("JOIN") or name == "CROSS_PRODUCT":
            work["joined"] += inputs + rows
    return work


def count_work(folder: Path) -> Work:
    """Build every model on a landing folder, in memory and by one thread, and count the work of each table.

    Returns:
        By model: rows scanned, sorted, aggregated, joined (in and out) and stored.
    """
    work = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {harness.DATABASE}; use {harness.DATABASE}")
        connection.execute("set TimeZone = 'UTC'; set threads = 1")
        for statement in landing_statements(inspect_folder(folder)):
            connection.execute(statement)
        for step in harness.compiled_steps("{}"):
            connection.execute(f"create schema if not exists {step.schema}")
            if step.kind == "view":
                connection.execute(f"create view {step.relation} as {step.code}")
                continue
            if step.kind == "python":
                harness.make_python_model(connection, step)
                work[step.name] = {}  # DuckDB sees what it stores only
            else:
                plan = connection.execute(f"explain (analyze, format json) create table {step.relation} as {step.code}")
                work[step.name] = counted(json.loads(plan.fetchone()[1]))
            work[step.name]["stored"] = connection.execute(f"select count(*) from {step.relation}").fetchone()[0]
    return work


def changes(expected: Work, found: Work) -> list[str]:
    """What differs by more than the tolerance, one line each, the largest growth first."""
    lines = []
    for model in sorted(expected.keys() | found.keys()):
        before, now = expected.get(model), found.get(model)
        if before is None or now is None:
            lines.append((0.0, f"{model}: {'new' if before is None else 'gone'}"))
            continue
        for kind, rows in now.items():
            if abs(rows - before[kind]) > max(TOLERANCE * before[kind], FEW_ROWS):
                lines.append((rows / max(before[kind], 1), f"{model}: {kind} {before[kind]:,} -> {rows:,} rows"))
    return [line for _, line in sorted(lines, reverse=True)]


def count_synthetic() -> Work:
    """The work of a build of the small synthetic business."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "landing"
        write_synthetic(folder, CUSTOMERS, events_of_one=EVENTS_OF_ONE)
        return count_work(folder)


def main() -> int:
    """Compare, or write the counts down anew with a reason. 1 when they differ without one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reason", default="", help="why the counts change: writes them down anew")
    reason = parser.parse_args().reason
    saved = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {"reasons": [], "work": {}}
    found = count_synthetic()
    differing = changes(saved["work"], found)
    if not differing:
        print(f"The work of {len(found)} tables is what was expected.")
        return 0
    print("\n".join(differing))
    if not reason:
        print('\nThe work changed. If that is meant: make bench-check REASON="why the counts change"')
        return 1
    result = {"reasons": [*saved["reasons"], reason], "work": dict(sorted(found.items()))}
    EXPECTED.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten down: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
