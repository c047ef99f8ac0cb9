"""Builds a landing folder on an engine as its user does, in processes of their own, and reads the marts of DuckDB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
from comparison import Row
from harness import PROJECT
from landings import Landing

# The tests of the demo business run on every engine; elsewhere the comparison itself is the test.
MODELS_ONLY = ("--exclude-resource-types", "test", "unit_test")


def build(target: str, folder: Path, landing: Landing, target_folder: Path, environment: dict[str, str],
          *arguments: str) -> None:  # fmt: skip
    """Land and `dbt build`; raises with dbt's own words when it fails."""
    variables = {**os.environ, "RAW_DATA_DIR": str(folder), **environment}
    run([sys.executable, "-m", "warehouse.land", target], variables)
    command = [Path(sys.executable).parent / "dbt", "--quiet", "--no-use-colors", "build", "--target", target]
    command += ["--target-path", target_folder, "--vars", json.dumps(landing.settings), *arguments]
    run(command, variables)


def run(command: list, variables: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=PROJECT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-8000:]}"


def duckdb_rows(warehouse: Path, mart: str) -> list[Row]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return cursor_rows(connection.execute(f"select * from marts.{mart}"))


def cursor_rows(cursor: object) -> list[Row]:
    """The rows of any DB-API cursor as dictionaries."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
