"""Spark against DuckDB: the same models on a real cluster give the same marts, also after a worker died."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import comparison
import duckdb
import pytest
from engine_build import MODELS_ONLY, build, cursor_rows, duckdb_marts
from harness import PROJECT
from landings import LANDINGS
from spark_cluster import Cluster, running_cluster

TARGET = "spark_cluster"
MODELS_BEFORE_THE_KILL = 8
# what a worker dies in: the way of an event to the rates, whose tables are the largest
STREET = ("fct_churn_events", "fct_segment_periods", "rpt_churn_rates")
STREET_ONLY = (*MODELS_ONLY, "--select", *(f"+{mart}" for mart in STREET))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as started:
        yield started


def spark_rows(cluster: Cluster, mart: str) -> list[comparison.Row]:
    """Read as any tool reads them: the Parquet files of the table."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        files = cluster.home / "warehouse" / "marts.db" / mart / "*.parquet"
        return cursor_rows(connection.execute(f"select * from read_parquet('{files}')"))


def assert_same_marts(
    cluster: Cluster, duckdb_rows: comparison.ReadMart, target_folder: Path, only: tuple[str, ...] = ()
) -> None:
    marts = [mart for mart in comparison.marts(target_folder) if not only or mart.name in only]
    assert len(marts) >= len(only)
    found = comparison.differences(marts, duckdb_rows, lambda mart: spark_rows(cluster, mart))
    assert not found, "DuckDB and Spark differ:\n" + "\n".join(found)


def test_every_mart_is_the_one_that_duckdb_builds(cluster: Cluster, tmp_path: Path) -> None:
    landing, folder = LANDINGS["everything_berlin"], tmp_path / "landing"
    folder.mkdir()
    landing.write(folder)
    with ThreadPoolExecutor() as pool:
        theirs = pool.submit(build, TARGET, folder, landing, tmp_path / "spark", cluster.environment())
        with duckdb_marts(folder, landing) as duckdb_rows:
            theirs.result()
            assert_same_marts(cluster, duckdb_rows, tmp_path / "spark")


def test_a_build_that_loses_a_worker_ends_right_or_fails_and_the_next_one_is_right(
    cluster: Cluster, tmp_path: Path
) -> None:
    landing, folder = LANDINGS["golden_month"], tmp_path / "landing"
    folder.mkdir()
    landing.write(folder)
    variables = {**os.environ, "RAW_DATA_DIR": str(folder), **cluster.environment()}
    subprocess.run([sys.executable, "-m", "warehouse.land", TARGET], cwd=PROJECT, env=variables, check=True)
    command = [Path(sys.executable).parent / "dbt", "--no-use-colors", "build", "--target", TARGET]
    command += ["--target-path", tmp_path / "spark", "--vars", json.dumps(landing.settings), *STREET_ONLY]
    with (tmp_path / "output").open("wb") as output:
        running = subprocess.Popen(command, cwd=PROJECT, env=variables, stdout=output, stderr=output)
    try:
        while running.poll() is None and (tmp_path / "output").read_text().count("OK created") < MODELS_BEFORE_THE_KILL:
            time.sleep(0.5)
        assert running.poll() is None, (tmp_path / "output").read_text()
        cluster.kill("worker-1")
        outcome = running.wait(timeout=900)
    finally:
        running.kill()
    words = (tmp_path / "output").read_text()
    with duckdb_marts(folder, landing) as duckdb_rows:
        if outcome == 0:
            assert_same_marts(cluster, duckdb_rows, tmp_path / "spark", STREET)
        else:
            assert "ERROR" in words and "Traceback" not in words, words
        cluster.start_worker("worker-3")
        build(TARGET, folder, landing, tmp_path / "spark", cluster.environment(), *STREET_ONLY)
        assert_same_marts(cluster, duckdb_rows, tmp_path / "spark", STREET)
