"""Find the raw tables in a landing folder, check them against the input contract, and say how DuckDB reads them.

The contract is models/staging/raw_sources.yml: one place for people, for dbt and for this module. A table is, in this
order, a folder `<table>/` of Parquet parts, `<table>.parquet` or `<table>.csv`. Nothing is written here: the statements
that `landing_statements` returns are run by dbt (macros/landing/land_raw_tables.sql).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

CONTRACT_FILE = Path(__file__).parents[1] / "models" / "staging" / "raw_sources.yml"
RAW_SCHEMA = "raw"
# Lines of a CSV file that have the wrong number of fields, or bytes that are no text: kept whole, for the quarantine.
UNREADABLE_LINES = "unreadable_lines"
LONGEST_CSV_LINE_BYTES = 16 * 1024 * 1024


class LandingError(RuntimeError):
    """The landing folder cannot be built from. The message says what is missing and what to do."""


@dataclass(frozen=True)
class RawTable:
    """One table of the contract: its columns in the contract's order, and the ones it cannot do without."""

    name: str
    is_required: bool
    columns: tuple[str, ...]
    required_columns: tuple[str, ...]


@dataclass(frozen=True)
class LandedTable:
    """Where one raw table lies. `kind` is parquet, csv or absent; `columns` are the columns it has, in file order."""

    table: RawTable
    kind: str
    files: tuple[Path, ...] = ()
    columns: tuple[str, ...] = ()


def read_contract(contract_file: Path = CONTRACT_FILE) -> list[RawTable]:
    """Return the raw tables of the source YAML, in its order."""
    source = yaml.safe_load(contract_file.read_text(encoding="utf-8"))["sources"][0]

    def is_required(node: dict) -> bool:
        return bool(node.get("config", {}).get("meta", {}).get("required"))

    return [
        RawTable(
            name=table["name"],
            is_required=is_required(table),
            columns=tuple(column["name"] for column in table["columns"]),
            required_columns=tuple(column["name"] for column in table["columns"] if is_required(column)),
        )
        for table in source["tables"]
    ]


def inspect_folder(folder: Path, contract: list[RawTable] | None = None) -> list[LandedTable]:
    """Find every table of the contract in the folder.

    Raises:
        LandingError: the folder, a required table or a required column is missing, or a file cannot be read. One
            message names all that is wrong, so that it is mended in one go.
    """
    if not folder.is_dir():
        raise LandingError(
            f"The landing folder {folder} is not a folder. Set RAW_DATA_DIR to the folder that holds your raw tables, "
            "or unset it to build the demo business."
        )
    landed, problems = [], []
    for table in contract or read_contract():
        try:
            found = _find(folder, table)
        except LandingError as error:
            problems.append(str(error))
            continue
        if found.kind == "absent":
            if table.is_required:
                problems.append(
                    f"{table.name}: the table is missing (a folder {table.name}/ of Parquet parts, "
                    f"{table.name}.parquet or {table.name}.csv); it needs {', '.join(table.required_columns)}"
                )
        elif missing := [column for column in table.required_columns if column not in found.columns]:
            problems.append(f"{table.name}: missing required columns {', '.join(missing)}")
        landed.append(found)
    if problems:
        raise LandingError(
            f"The landing folder {folder} cannot be built from. Nothing was written. Please mend:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    return landed


def _find(folder: Path, table: RawTable) -> LandedTable:
    """Return the first of Parquet folder, Parquet file and CSV file that is there."""
    parts = tuple(sorted((folder / table.name).rglob("*.parquet"))) if (folder / table.name).is_dir() else ()
    if not parts and (folder / f"{table.name}.parquet").is_file():
        parts = (folder / f"{table.name}.parquet",)
    if parts:
        return LandedTable(table, "parquet", parts, _parquet_columns(parts))
    csv_file = folder / f"{table.name}.csv"
    if csv_file.is_file():
        return LandedTable(table, "csv", (csv_file,), _csv_columns(csv_file))
    return LandedTable(table, "absent")


def _parquet_columns(parts: tuple[Path, ...]) -> tuple[str, ...]:
    with duckdb.connect() as connection:
        try:
            return tuple(
                row[0] for row in connection.execute(f"describe select * from {_parquet_reader(parts)}").fetchall()
            )
        except duckdb.Error as error:
            raise LandingError(f"{parts[0].parent.name}/{parts[0].name}: not readable as Parquet ({error})") from error


def _csv_columns(file: Path) -> tuple[str, ...]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header = tuple(name.strip() for name in next(csv.reader(lines), []))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LandingError(f"{file.name}: its header is not readable as UTF-8 CSV ({error})") from error
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise LandingError(f"{file.name}: the header names {', '.join(twice)} more than once")
    return header


def landing_statements(landed: list[LandedTable]) -> list[str]:
    """Return the SQL that makes schema `raw`: a view over Parquet files, a table for a CSV file (its text is parsed
    once, and lines that are no CSV are kept in `raw.unreadable_lines`), an empty view for a table that is not there."""
    statements = [
        f"drop schema if exists {RAW_SCHEMA} cascade",
        f"create schema {RAW_SCHEMA}",
        f"create table {RAW_SCHEMA}.{UNREADABLE_LINES} "
        "(raw_table varchar, line_number bigint, problem varchar, line varchar)",
    ]
    for found in landed:
        if found.kind == "csv":
            statements += _land_csv(found)
        else:
            source = _parquet_reader(found.files) if found.kind == "parquet" else "(select 1) where false"
            statements.append(
                f"create view {RAW_SCHEMA}.{found.table.name} as select {_contract_columns(found)} from {source}"
            )
    return statements


def _land_csv(found: LandedTable) -> list[str]:
    name = found.table.name
    types = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in found.columns)
    reader = (
        f"read_csv({_text(str(found.files[0]))}, columns = {{{types}}}, auto_detect = false, header = true, "
        "delim = ',', quote = '\"', escape = '\"', nullstr = '', strict_mode = true, "
        f"max_line_size = {LONGEST_CSV_LINE_BYTES}, buffer_size = {2 * LONGEST_CSV_LINE_BYTES}, store_rejects = true, "
        f"rejects_table = 'rejects_{name}', rejects_scan = 'reject_scan_{name}')"
    )
    return [
        f"drop table if exists rejects_{name}",
        f"drop table if exists reject_scan_{name}",
        f"create table {RAW_SCHEMA}.{name} as select {_contract_columns(found)} from {reader}",
        f"insert into {RAW_SCHEMA}.{UNREADABLE_LINES} select '{name}', line, "
        "string_agg(distinct lower(cast(error_type as varchar)), ', '), any_value(csv_line) "
        f"from rejects_{name} group by line",
    ]


def _contract_columns(found: LandedTable) -> str:
    """The contract's columns in its order; one that the file does not have reads as null."""
    return ", ".join(
        f'"{column}"' if column in found.columns else f'cast(null as varchar) as "{column}"'
        for column in found.table.columns
    )


def _parquet_reader(parts: tuple[Path, ...]) -> str:
    return f"read_parquet([{', '.join(_text(str(part)) for part in parts)}], union_by_name = true)"


def _text(value: str) -> str:
    """An SQL text literal."""
    return "'" + value.replace("'", "''") + "'"
