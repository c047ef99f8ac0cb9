"""A Postgres server: how it is reached, and how rows of DuckDB get there.

Both ways in share it: the landing (landing_postgres.py) and the published marts (publish_postgres.py). Rows go as CSV
by COPY, with what dbt-postgres needs anyway: DuckDB's own extension for Postgres would be one thing more to install,
and leaves types, and when rows can be seen, to itself.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.csv

ROWS_PER_BATCH = 100_000
OLDEST_VERSION = 160000  # pg_input_is_valid() came with PostgreSQL 16


class ServerError(RuntimeError):
    """The server cannot be used. The message says why and what to do."""


def connect() -> psycopg2.extensions.connection:
    """Connect to the database that PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE name.

    Raises:
        ServerError: a setting is missing, the server cannot be reached or is too old.
    """
    if missing := [name for name in ("PGUSER", "PGDATABASE") if not os.environ.get(name)]:
        raise ServerError(f"Set {' and '.join(missing)}: target postgres reads libpq's settings (docs/engines.md).")
    try:
        connection = psycopg2.connect(host=os.environ.get("PGHOST", "localhost"), client_encoding="utf8")
    except psycopg2.OperationalError as error:
        raise ServerError(f"The Postgres server cannot be reached: {error}") from error
    if (version := connection.server_version) < OLDEST_VERSION:
        connection.close()
        raise ServerError(f"The Postgres server is version {version // 10000}; 16 is the oldest that works.")
    return connection


def without_nul(column: str) -> str:
    """DuckDB's SQL for a column as text that Postgres takes: its text holds no NUL character."""
    return f"replace(cast(\"{column}\" as varchar), chr(0), '')"


def copy_table(
    rows: duckdb.DuckDBPyConnection,
    source: str,
    cursor: psycopg2.extensions.cursor,
    target: str,
    columns: Mapping[str, str],
    options: str = "format csv",
) -> None:
    """Create the table and fill it batch by batch; it is analyzed, or the first query plans for an empty one.

    Args:
        rows: connection to DuckDB that knows `source`, a table.
        target: the new table's name in SQL.
        columns: name and Postgres' type of each column; their texts are what DuckDB writes.
        options: those of COPY.
    """
    declared = ", ".join(f'"{name}" {data_type}' for name, data_type in columns.items())
    cursor.execute(f"create table {target} ({declared})")
    for batch in _csv_batches(rows.execute(f"select {', '.join(map(without_nul, columns))} from {source}")):
        cursor.copy_expert(f"copy {target} from stdin ({options})", batch)
    cursor.execute(f"analyze {target}")


def _csv_batches(result: duckdb.DuckDBPyConnection) -> Iterator[io.BytesIO]:
    """CSV as Postgres reads it: text quoted, null bare."""
    options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in result.fetch_record_batch(ROWS_PER_BATCH):
        written = io.BytesIO()
        pa.csv.write_csv(batch, written, options)
        written.seek(0)
        yield written
