"""Land the raw tables in schema `raw` of Spark: views over Parquet files, which Spark reads distributed.

Parquet of the landing folder is read where it lies. CSV is read by DuckDB, as it does when it builds itself
(warehouse/landing.py), and written as Parquet to SPARK_LANDING_DIR: what is a readable line is decided in one place.
Where somebody was erased, Parquet goes the same way.
Both folders must be seen by every worker. All columns are text, in the words that DuckDB has for typed values.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

from warehouse.file_formats import sql_text
from warehouse.landing import (
    RAW_SCHEMA,
    UNREADABLE_LINES,
    LandedTable,
    LandingError,
    landing_statements,
    server_schema,
)
from warehouse.places import PROJECT, home
from warehouse.scratch import scratch_folder

# Parquet types whose text is the same on Spark; a table with another one (double, nanoseconds) is converted like CSV.
SPARK_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
}


def land(landed: list[LandedTable], target: str) -> None:
    """Replace the views of schema `raw`, once all the files that they need are there.

    Raises:
        LandingError: Spark cannot be reached, or refuses a view.
    """
    folder = Path(os.environ.get("SPARK_LANDING_DIR") or home() / "spark-landing").absolute() / server_schema()
    generation = folder / uuid.uuid4().hex
    generation.mkdir(parents=True)
    try:
        statements = [f"create schema if not exists {server_schema()}"]
        for name, select in _write_files(landed, generation).items():
            statements.append(f"create or replace view {server_schema()}.{name} as {select}")
        _run(statements, target)
    except BaseException:
        shutil.rmtree(generation, ignore_errors=True)
        raise
    for older in folder.iterdir():
        if older != generation:
            shutil.rmtree(older, ignore_errors=True)


def _run(statements: list[str], target: str) -> None:
    """On dbt's connection, so that the settings are those of profiles.yml."""
    arguments = ["--quiet", "run-operation", "run_statements", "--target", target, "--project-dir", str(PROJECT)]
    arguments += ["--profiles-dir", str(PROJECT), "--args", json.dumps({"statements": statements})]
    result = dbtRunner().invoke(arguments)
    if not result.success:
        raise LandingError(f"Spark did not take the raw tables; the target is {target}. {result.exception or ''}")


def _write_files(landed: list[LandedTable], generation: Path) -> dict[str, str]:
    """Convert what Spark does not read as DuckDB does, and return the select of every view."""
    selects = {}
    with scratch_folder() as folder, duckdb.connect(str(folder / "landing.duckdb")) as files:
        files.execute("set TimeZone = 'UTC'")
        for statement in landing_statements(landed):
            files.execute(statement)
        for found in landed:
            name = found.table.name
            types = _types(files, f"{RAW_SCHEMA}.{name}")
            is_read_alike = found.kind == "parquet" and all(_spark_type(data_type) for data_type in types.values())
            if is_read_alike and not found.may_hold_erased:
                selects[name] = _select_from_parquet(files, found, types)
            else:
                columns = ", ".join(f'cast("{column}" as varchar) as "{column}"' for column in types)
                selects[name] = _convert(files, name, columns, generation)
        selects[UNREADABLE_LINES] = _convert(files, UNREADABLE_LINES, "*", generation)
    return selects


def _types(files: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in files.execute(f"describe select * from {relation}").fetchall()}


def _spark_type(data_type: str) -> str | None:
    return data_type.lower() if data_type.startswith("DECIMAL(") else SPARK_TYPES.get(data_type)


def _select_from_parquet(files: duckdb.DuckDBPyConnection, found: LandedTable, types: dict[str, str]) -> str:
    """One select for all parts of the same columns and types: Spark has no union by name over unlike files."""
    alike: dict[tuple, list[Path]] = {}
    for part in (path for source in found.sources for path in source.paths):
        columns = _types(files, f"read_parquet({sql_text(str(part))}, hive_partitioning = false)")
        alike.setdefault(tuple(sorted((name.lower(), kind) for name, kind in columns.items())), []).append(part)
    selects = []
    for kind, parts in alike.items():
        columns = ", ".join(
            f"{_as_text(column, types[column]) if column in dict(kind) else 'cast(null as string)'} as `{column}`"
            for column in found.table.columns
        )
        selects.append(f"select {columns} from parquet.`{_glob(parts)}`")
    return " union all ".join(selects)


def _as_text(column: str, data_type: str) -> str:
    """The value as DuckDB writes it."""
    text = f"cast(cast(`{column}` as {_spark_type(data_type)}) as string)"
    return f"{text} || '+00'" if data_type == "TIMESTAMP WITH TIME ZONE" else text


def _convert(files: duckdb.DuckDBPyConnection, name: str, columns: str, generation: Path) -> str:
    file = generation / f"{name}.parquet"
    files.execute(f"copy (select {columns} from {RAW_SCHEMA}.{name}) to {sql_text(str(file))} (format parquet)")
    return f"select * from parquet.`{_glob([file])}`"


def _glob(files: list[Path]) -> str:
    """One path that names exactly these files: a pattern to Spark, with a list in braces below their common folder."""
    folder = Path(os.path.commonpath([file.parent for file in files]))
    names = [_literal(str(file.relative_to(folder))) for file in files]
    return f"{_literal(str(folder))}/{names[0] if len(names) == 1 else '{' + ','.join(names) + '}'}"


def _literal(path: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\{}[]*?,`" else letter for letter in path)
