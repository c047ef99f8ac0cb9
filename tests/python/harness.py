"""Builds the project's own models on many small landing folders, quickly.

dbt compiles the models once per set of settings; their SQL then runs in a fresh in-memory DuckDB per stream of events,
in dbt's order, through the project's own landing step. One dbt process serves every stream.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import duckdb
from dbt.cli.main import dbtRunner

from warehouse.landing import inspect_folder, landing_statements, read_contract

PROJECT = Path(__file__).parents[2]
DATABASE = "streams"

Rows = Sequence[Mapping[str, str | None]]


@dataclass(frozen=True)
class Step:
    """One model or seed: how it is made, and under which name."""

    kind: str
    schema: str
    name: str
    sql: str


@cache
def compiled_steps(settings_json: str, marts: tuple[str, ...]) -> tuple[Step, ...]:
    """The steps that the marts need, in order, compiled with the dbt vars of settings_json."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(
        os.environ, {"WAREHOUSE_PATH": str(Path(folder) / f"{DATABASE}.duckdb"), "RAW_DATA_DIR": ""}
    ):
        arguments = ["--quiet", "--no-print", "compile", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        arguments += ["--target-path", folder, "--vars", settings_json]
        result = dbtRunner().invoke(arguments + ["--select", *(f"+{mart}" for mart in marts)])
        if not result.success:
            raise RuntimeError(f"dbt compile failed: {result.exception or result.result}")
        nodes = {item.node.unique_id: item.node for item in result.result.results if item.node.resource_type == "model"}
    ordered: list[str] = []

    def visit(unique_id: str) -> None:
        if unique_id in nodes and unique_id not in ordered:
            for parent in nodes[unique_id].depends_on.nodes:
                visit(parent)
            ordered.append(unique_id)

    # seeds are no part of what dbt compiles
    seeds = [
        Step("seed", "seeds", file.stem, f"select * from read_csv('{file}', nullstr = '')")
        for file in sorted((PROJECT / "seeds").glob("*.csv"))
    ]
    for unique_id in nodes:
        visit(unique_id)
    models = [
        Step(node.config.materialized, node.schema, node.name, node.compiled_code)
        for node in (nodes[unique_id] for unique_id in ordered)
    ]
    return (*seeds, *models)


def write_landing(folder: Path, tables: Mapping[str, Rows]) -> None:
    """Write each table as CSV with the contract's columns; a missing key and None are empty fields."""
    for table in read_contract():
        if table.name in tables:
            with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, table.columns, restval="", extrasaction="raise")
                writer.writeheader()
                writer.writerows(tables[table.name])


def build(tables: Mapping[str, Rows], marts: Sequence[str], **settings: object) -> dict[str, list[dict]]:
    """Build the marts from the tables and return their rows as dictionaries.

    Args:
        tables: raw rows as text by raw table; subscription_events and customers are required, as in the contract.
        marts: names of the marts to return.
        settings: dbt vars.
    """
    steps = compiled_steps(json.dumps(settings, sort_keys=True), tuple(marts))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        write_landing(Path(folder), tables)
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}; set TimeZone = 'UTC'; set threads = 1")
        for statement in landing_statements(inspect_folder(Path(folder))):
            connection.execute(statement)
        for schema in {step.schema for step in steps}:
            connection.execute(f"create schema if not exists {schema}")
        for step in steps:
            kind = "view" if step.kind == "view" else "table"
            try:
                connection.execute(f"create {kind} {step.schema}.{step.name} as {step.sql}")
            except duckdb.Error as error:
                raise RuntimeError(f"{step.name}: {error}") from error
        return {mart: _rows(connection, f"marts.{mart}") for mart in marts}


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[dict]:
    result = connection.execute(f"select * from {relation}")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
