"""Run a connector: its SQL on the system's tables, and the landing folder that it gives, whole or as it was."""

from __future__ import annotations

import contextlib
import filecmp
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connectors import definition
from warehouse.connectors.definition import Connector, ConnectorError, Way, read_connector
from warehouse.connectors.source import Source, find_source, read_source, set_aside_rows, stale_tables
from warehouse.disk import memory_limit, one_at_a_time
from warehouse.file_formats import sql_text
from warehouse.landing import read_contract
from warehouse.scratch import is_scratch, scratch

MARKER = ".connector"  # in a landing folder that a connector wrote, and may write again
WARNINGS = "warnings"  # the step whose rows are sentences (says)
STALE_DAYS = 3
REASONS_NAMED = 12


@dataclass(frozen=True)
class Report:
    """What became of the source: its rows read and set aside by table, the rows made by landed table, and what the
    reader should know."""

    title: str
    read: dict[str, int]
    set_aside: dict[tuple[str, str], int]
    made: dict[str, int]
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
            f"  {table}: {rows:,} rows = {rows - aside[table]:,} used + {aside[table]:,} set aside"
            for table, rows in self.read.items()
        ]
        reasons = [f"  set aside: {table}, {reason} ({rows:,})" for (table, reason), rows in self.set_aside.items()]
        lines += reasons[:REASONS_NAMED]
        if reasons[REASONS_NAMED:]:
            lines.append(f"  and {len(reasons) - REASONS_NAMED} reasons more")
        lines.append("  landed: " + ", ".join(f"{table} {rows:,}" for table, rows in self.made.items()))
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
    _make_folder(folder)
    with one_at_a_time(folder), tempfile.TemporaryDirectory(prefix=".draft-", dir=folder) as draft:
        with _connected(source, Path(draft)) as connection:
            report = _run(connection, source, way, reporting_currency, Path(draft), folder)
        _replace(Path(draft), folder)
    return report


def _make_folder(folder: Path) -> None:
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
def _connected(source: Source, draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory whose SQL reads the source and the connector, writes the draft, and reaches nothing else."""
    with duckdb.connect(config={"memory_limit": memory_limit(), "threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = {sql_text(str(draft))}")
        folders = {definition.CONNECTORS, source.connector.folder, draft, scratch()}
        folders |= {path.parent for found in source.landed.values() for files in found.sources for path in files.paths}
        listed = ", ".join(sql_text(str(folder)) for folder in sorted(folders))
        connection.execute(f"set allowed_directories = [{listed}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


def _run(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    way: Way,
    reporting_currency: str,
    draft: Path,
    folder: Path,
) -> Report:
    connector = source.connector
    connection.execute("set variable reporting_currency = $1", [reporting_currency.upper()])
    for file in (*sorted(definition.CONNECTORS.glob("*.csv")), *sorted(connector.folder.glob("*.csv"))):
        connection.execute(
            f"create or replace table {file.stem} as from read_csv({sql_text(str(file))}, nullstr = '', header = true)"
        )
    connection.execute((definition.CONNECTORS / "helpers.sql").read_text(encoding="utf-8"))
    read_source(connection, source, way)
    made, warnings = {}, []
    contract = {table.name: table for table in read_contract()}
    for step in way.steps:
        _make(connection, connector, step)
        if step.stem == WARNINGS:
            warnings += [says for (says,) in connection.execute(f"select says from {WARNINGS}").fetchall()]
        if step.stem in contract:
            _check_columns(
                connection, connector, step, contract[step.stem].columns, contract[step.stem].required_columns
            )
            file = sql_text(str(draft / f"{step.stem}.parquet"))
            (made[step.stem],) = connection.execute(
                f"copy (from {step.stem} order by all) to {file} (format parquet)"
            ).fetchone()
    aside = sql_text(str(draft / ".set_aside.parquet"))
    connection.execute(
        f"copy (from ({set_aside_rows(connection, source, way)}) order by all) to {aside} (format parquet)"
    )
    counted = connection.execute(
        f"select source_table, reason, count(*) from {aside} group by all order by 1, 3 desc, 2"
    ).fetchall()
    return Report(
        title=f"{connector.title}: {way.title}, from {source.name}",
        read=_rows_read(connection, source, way),
        set_aside={(table, reason): rows for table, reason, rows in counted},
        made=made,
        warnings=[*warnings, *stale_tables(connection, source, way, STALE_DAYS)],
        cannot_know=way.cannot_know,
        folder=folder,
    )


def _make(connection: duckdb.DuckDBPyConnection, connector: Connector, step: Path) -> None:
    try:
        connection.execute(f"create table {step.stem} as {step.read_text(encoding='utf-8')}")
    except duckdb.Error as error:
        raise ConnectorError(f"{step.relative_to(connector.folder.parent)} fails: {error}") from error


def _check_columns(
    connection: duckdb.DuckDBPyConnection,
    connector: Connector,
    step: Path,
    known: tuple[str, ...],
    required: tuple[str, ...],
) -> None:
    made = [name for name, *_ in connection.execute(f"describe {step.stem}").fetchall()]
    wrong = [f"has {name}, which the table does not" for name in made if name not in known]
    wrong += [f"lacks {name}" for name in required if name not in made]
    if wrong:
        raise ConnectorError(f"{step.relative_to(connector.folder.parent)} {', '.join(wrong)}: see docs/raw_tables.md")


def _rows_read(connection: duckdb.DuckDBPyConnection, source: Source, way: Way) -> dict[str, int]:
    """The rows of each source table as they were landed, lines that are no row included."""
    rows = {}
    for table in source.connector.tables_of(way):
        if found := source.landed.get(table.name):
            (rows[table.name],) = connection.execute(
                f"select (select count(*) from raw.{found.table.name}) + "
                f"(select count(*) from raw.unreadable_lines where raw_table = '{found.table.name}')"
            ).fetchone()
    return rows


def _replace(draft: Path, folder: Path) -> None:
    """Bring every table of the draft into the folder; one with the same bytes stays, so that a build sees no change."""
    kept = {MARKER}
    for file in sorted(draft.iterdir()):
        place = folder / file.name
        kept.add(file.name)
        if not (place.is_file() and filecmp.cmp(file, place, shallow=False)):
            os.replace(file, place)
    for place in folder.iterdir():
        if place.name not in kept and place.is_file():
            place.unlink()
