"""Builds a landing folder on an engine as its user does, in processes of their own, and reads the marts of DuckDB."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import commands
import comparison
import duckdb
import harness
from landings import Landing

# dbt's tests run once on every engine; elsewhere the comparison itself is the test.
MODELS_ONLY = ("--exclude-resource-types", "test", "unit_test")


def build(target: str, folder: Path, landing: Landing, target_folder: Path, environment: dict[str, str],
          *arguments: str) -> None:  # fmt: skip
    """Land and `dbt build`; raises with dbt's own words when it fails."""
    variables = {**os.environ, "RAW_DATA_DIR": str(folder), **environment}
    run(["warehouse.land", target], variables)
    command = [commands.DBT, "--quiet", "--no-use-colors", "build", "--target", target]
    run([*command, "--target-path", str(target_folder), "--vars", json.dumps(landing.settings), *arguments], variables)


def run(command: list[str], variables: dict[str, str]) -> None:
    done = commands.run(*command, env=variables)
    assert done.returncode == 0, f"{' '.join(command)}\n{without_java(done.stdout)[-8000:]}{done.stderr[-2000:]}"


def without_java(words: str) -> str:
    """Without the lines of Java's stacks: a hundred of them hide which model it was."""
    return re.sub(r"(?m)^\s*(at .*|\.\.\. \d+ more)\n", "", words)


@contextlib.contextmanager
def duckdb_marts(folder: Path, landing: Landing) -> Iterator[comparison.ReadMart]:
    """Every mart as DuckDB builds it from the folder, in this process: a function from its name to its rows.

    Other engines run no Python models; without them here too, what is read from them has one right value.
    """
    marts = [step.name for step in harness.compiled_steps("{}") if step.schema == "marts"]
    with duckdb.connect() as connection:
        harness.build_on(connection, folder, marts, landing.settings, is_python_run=False)
        yield lambda mart: harness.rows(connection, f"marts.{mart}")


def cursor_rows(cursor: object) -> list[comparison.Row]:
    """The rows of any DB-API cursor as dictionaries."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
