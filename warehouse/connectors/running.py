"""Run a connector: its SQL on the system's tables, and the landing folder that it gives, whole or as it was."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connectors import definition
from warehouse.connectors.definition import Connector, ConnectorError, Way, read_connector
from warehouse.connectors.parts import bring_in, write_new_part
from warehouse.connectors.source import Source, account_for, find_source, read_source, stale_tables
from warehouse.disk import memory_limit, one_at_a_time
from warehouse.file_formats import sql_text
from warehouse.landing import RawTable, read_contract
from warehouse.scratch import is_scratch, scratch

MARKER = ".connector"  # in a landing folder that a connector wrote, and may write again
WARNINGS = "warnings"  # the step whose rows are sentences (says)
ACCOUNT = ("source_tables", "set_aside_rows")  # of the input contract: what became of every row
STALE_DAYS = 3
REASONS_NAMED = 12


@dataclass(frozen=True)
class Report:
    """What became of the source: its rows read, used and set aside by table, each counted by itself; the rows made by
    landed table, and what the reader should know."""

    title: str
    read: dict[str, int]
    used: dict[str, int]
    set_aside: dict[tuple[str, str], int]
    made: dict[str, int]
    reports: list[str]
    warnings: list[str]
    cannot_know: tuple[str, ...]
    folder: Path

    def lines(self) -> list[str]:
        """The report as people read it."""
        aside = {table: 0 for table in self.read}
        for (table, _), rows in self.set_aside.items():
            aside[table] += rows
        lines = [f"Connector   {self.title}"]
        lines += [
            f"  {table}: {rows:,} rows = {self.used[table]:,} used + {aside[table]:,} set aside"
            for table, rows in self.read.items()
        ]
        reasons = [f"  set aside: {table}, {reason} ({rows:,})" for (table, reason), rows in self.set_aside.items()]
        lines += reasons[:REASONS_NAMED]
        if reasons[REASONS_NAMED:]:
            lines.append(f"  and {len(reasons) - REASONS_NAMED} reasons more")
        lines.append("  landed: " + ", ".join(f"{table} {rows:,}" for table, rows in self.made.items()))
        lines += [f"  beside them: {file}" for file in self.reports]
        lines += [f"  warning: {warning}" for warning in self.warnings]
        lines += [f"  not known this way: {sentence}" for sentence in self.cannot_know]
        return lines if is_scratch(self.folder) else [*lines, f"  written to {self.folder}"]


def write_landing(name: str, source_name: str, folder: Path, reporting_currency: str) -> Report:
    """Write what the system's tables say as a landing folder.

    Args:
        name: of the connector.
        source_name: folder or address of the system's tables.
        folder: landing folder.
        reporting_currency: currency of the warehouse, to which exchange rates lead.

    Raises:
        ConnectorError: the source cannot be read, or the folder not be written. The landing folder is then as it was.
        LandingError: what has an address cannot be fetched.
    """
    source = find_source(read_connector(name), source_name)
    way = source.choose_way()
    source.check(way)
    make_folder(folder)
    with one_at_a_time(folder), tempfile.TemporaryDirectory(prefix=".draft-", dir=folder) as draft:
        with connected(source, folder) as connection:
            prepare(connection, source, way, reporting_currency)
            made, kept = make_tables(connection, source, way, folder, Path(draft))
            account_for(connection, source, way)
            for table in ACCOUNT:
                kept |= write_new_part(connection, table, folder, Path(draft))
            report = _report(connection, source, way, folder, made)
        bring_in(Path(draft), folder, kept)
    return report


def make_folder(folder: Path) -> None:
    """Make a landing folder that a connector may write.

    Raises:
        ConnectorError: it cannot be made, or holds what no connector wrote.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # customers' addresses
        names = os.listdir(folder)
    except OSError as error:
        raise ConnectorError(f"The landing folder {folder} cannot be made ({error.strerror})") from error
    if names and MARKER not in names:
        raise ConnectorError(
            f"{folder} holds files that no connector wrote: name an empty folder in CONNECTOR_LANDING_DIR"
        )
    if MARKER not in names:
        (folder / MARKER).touch()


@contextlib.contextmanager
def connected(source: Source, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory whose SQL reads the source and the connector, writes the folder, and opens nothing else."""
    with duckdb.connect(config={"memory_limit": memory_limit(), "threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = {sql_text(str(scratch()))}")
        folders = {definition.CONNECTORS, source.connector.folder, folder, scratch()}
        folders |= {path.parent for found in source.landed.values() for files in found.sources for path in files.paths}
        listed = ", ".join(sql_text(str(place)) for place in sorted(folders))
        connection.execute(f"set allowed_directories = [{listed}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


def prepare(connection: duckdb.DuckDBPyConnection, source: Source, way: Way, reporting_currency: str) -> None:
    """Make what the SQL of a way finds: lists of codes, helpers, and the source's tables."""
    connection.execute("set variable reporting_currency = $1", [reporting_currency.upper()])
    for file in (*sorted(definition.CONNECTORS.glob("*.csv")), *sorted(source.connector.folder.glob("*.csv"))):
        rows = f"read_csv({sql_text(str(file))}, nullstr = '', header = true)"
        connection.execute(f"create or replace table {file.stem} as from {rows}")
    connection.execute((definition.CONNECTORS / "helpers.sql").read_text(encoding="utf-8"))
    read_source(connection, source, way)


def make_tables(
    connection: duckdb.DuckDBPyConnection, source: Source, way: Way, folder: Path, draft: Path
) -> tuple[dict[str, int], set[Path]]:
    """Run the steps of a way, and write the tables of the input contract among them, and its reports.

    Returns:
        The rows of each such table, and the parts of the landing folder that stay.
    """
    made, kept = {}, set()
    contract = {table.name: table for table in read_contract()}
    for step in way.steps:
        _make(connection, source.connector, step)
        if table := contract.get(step.stem):
            _check_columns(connection, source.connector, step, table)
            kept |= write_new_part(connection, table.name, folder, draft)
            (made[table.name],) = connection.execute(f"select count(*) from {table.name}").fetchone()
    for report in way.reports:
        _make(connection, source.connector, report)
        file = sql_text(str(draft / f"{report.stem}.csv"))
        connection.execute(f"copy (from {report.stem} order by all) to {file} (format csv, header true)")
    return made, kept


def _report(
    connection: duckdb.DuckDBPyConnection, source: Source, way: Way, folder: Path, made: dict[str, int]
) -> Report:
    """Say what became of all."""
    table = "split_part(source_table, '.', 2)"
    counted = connection.execute(
        f"select {table}, reason, count(*) from set_aside_rows group by all order by 1, 3 desc, 2"
    ).fetchall()
    rows = connection.execute(f"select {table}, rows_read, rows_used from source_tables").fetchall()
    said = (
        f"select says from {WARNINGS}" if any(step.stem == WARNINGS for step in way.steps) else "select '' where false"
    )
    warnings = [says for (says,) in connection.execute(said).fetchall()]
    return Report(
        title=f"{source.connector.title}: {way.title}, from {source.name}",
        read={name: read for name, read, _ in rows},
        used={name: used for name, _, used in rows},
        set_aside={(table, reason): rows for table, reason, rows in counted},
        made=made,
        reports=[f"{report.stem}.csv" for report in way.reports],
        warnings=[*warnings, *stale_tables(connection, source, way, STALE_DAYS)],
        cannot_know=way.cannot_know,
        folder=folder,
    )


def _make(connection: duckdb.DuckDBPyConnection, connector: Connector, step: Path) -> None:
    try:
        connection.execute(f"create table {step.stem} as {step.read_text(encoding='utf-8')}")
    except duckdb.Error as error:
        raise ConnectorError(f"{step.relative_to(connector.folder.parent)} fails: {error}") from error


def _check_columns(connection: duckdb.DuckDBPyConnection, connector: Connector, step: Path, table: RawTable) -> None:
    made = [name for name, *_ in connection.execute(f"describe {step.stem}").fetchall()]
    wrong = [f"has {name}, which the table does not" for name in made if name not in table.columns]
    wrong += [f"lacks {name}" for name in table.required_columns if name not in made]
    if wrong:
        raise ConnectorError(f"{step.relative_to(connector.folder.parent)} {', '.join(wrong)}: see docs/raw_tables.md")
