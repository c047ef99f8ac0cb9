"""Runs one SQL file over the events of a landing folder and prints what it took, as JSON.

A process of its own, so that its CPU and memory are its own; the clock starts after Python and DuckDB have.

Usage: python benchmarks/run_sql.py QUERY.sql LANDING [DATABASE]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

THREADS = 2  # as in profiles.yml


def run_sql(query: Path, landing: Path, database: str = ":memory:") -> dict:
    """Run the file's statements over views subscription_events and exchange_rates.

    Args:
        query: file of statements; the last one returns rows.
        landing: folder that `write_synthetic` wrote.
        database: DuckDB file for the tables that the statements make; without one they stay in memory.

    Returns:
        wall_seconds and cpu_seconds (user and system, all threads) of the statements, until the database is closed;
        rows: the last statement's, as lists.
    """
    connection = duckdb.connect(database, config={"threads": THREADS})
    for view, files in (
        ("subscription_events", "subscription_events/*.parquet"),
        ("exchange_rates", "exchange_rates.parquet"),
    ):
        connection.execute(f"create temp view {view} as from read_parquet('{landing}/{files}')")
    wall, cpu = time.perf_counter(), time.process_time()
    rows = connection.execute(query.read_text(encoding="utf-8")).fetchall()
    connection.close()  # what a build has stored is on the disk
    return {
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "rows": rows,
    }


if __name__ == "__main__":
    print(json.dumps(run_sql(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]), default=str))
