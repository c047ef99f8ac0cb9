"""`make publish-postgres`: the published marts in schema `marts` of a Postgres database, whole or not at all.

    draft schema beside the old one -> rows -> compared with the file -> keys, comments, rights -> swap -> commit

All of it is one transaction: what fails or is killed anywhere leaves the schema as it was, and readers see the old
tables until the commit and the new ones after it.

Usage: python -m warehouse.publish_postgres
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg2
from psycopg2.extensions import cursor as Cursor

from warehouse import postgres, postgres_reader, postgres_swap
from warehouse.catalog import Mart, read_marts
from warehouse.dbt_run import MARTS
from warehouse.disk import first_line, memory_limit
from warehouse.landing import server_schema
from warehouse.postgres import ServerError
from warehouse.publishing import published_build
from warehouse.settings import SettingsError, read_environment

# Types that marts have, as Postgres calls them. Decimals keep their digits: DECIMAL(38,6) is numeric(38,6).
TYPES = {
    "VARCHAR": "text", "BIGINT": "bigint", "INTEGER": "integer", "DOUBLE": "double precision", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp",
}  # fmt: skip
# Rows are frozen as they come: a transaction that began before the publish and reads a new table then finds its rows,
# not an empty table.
COPY = "format csv, freeze"
# What the server's own settings must not decide: how values are read and written, and when to give up.
SETTINGS = (
    "search_path = pg_catalog", "timezone = 'UTC'", "datestyle = 'ISO'", "statement_timeout = 0",
    "idle_in_transaction_session_timeout = 0", "lock_timeout = 0",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """What was published: the schema's name, rows by table, and the views of others that now read the new tables."""

    schema: str
    rows: Mapping[str, int]
    views: tuple[str, ...]


def publish(published: Path, reader: str = "") -> Published:
    """Replace the marts on the server by those of the published file.

    Args:
        published: DuckDB file with the marts; opened read-only.
        reader: role that may read the marts and nothing else; made where it is missing. '' = none.

    Raises:
        ServerError: the server has what it had before.
    """
    if not published.exists():
        raise ServerError(f"{published} is not there: make build publishes it, PUBLISHED_PATH names it.")
    if not (build := published_build(published)):
        raise ServerError(f"{published} does not say which build it is: make build publishes it anew.")
    connection = postgres.connect()
    try:
        with duckdb.connect(str(published), read_only=True) as file, connection, connection.cursor() as cursor:
            file.execute(f"set memory_limit = '{memory_limit()}'")
            return _publish(file, build, cursor, reader)
    except psycopg2.errors.InsufficientPrivilege as error:
        raise ServerError(
            f"{os.environ['PGUSER']} may not do what is needed ({first_line(error)}). The marts need a user who may "
            f'create schemas: have an administrator run: grant create on database "{os.environ["PGDATABASE"]}" to '
            f'"{os.environ["PGUSER"]}"'
        ) from error
    except (psycopg2.Error, duckdb.Error) as error:
        raise ServerError(first_line(error)) from error
    finally:
        connection.close()


def _publish(file: duckdb.DuckDBPyConnection, build: str, cursor: Cursor, reader: str) -> Published:
    schema = server_schema(MARTS)
    draft = f"{schema}_draft"
    for setting in SETTINGS:
        cursor.execute(f"set local {setting}")
    _be_the_only_one(cursor, schema)
    postgres_swap.check_is_ours(cursor, schema)
    postgres_swap.make_draft(cursor, schema, draft, build)
    if reader:
        postgres_reader.make_ready(cursor, reader, schema, draft)
    rows = {name: _write(file, cursor, draft, mart) for name, mart in read_marts(file).items()}
    postgres_swap.keep_grants(cursor, schema, draft)
    if reader:
        postgres_reader.let_read(cursor, reader, draft)
    return Published(schema, rows, postgres_swap.swap(cursor, schema, draft))


def _be_the_only_one(cursor: Cursor, schema: str) -> None:
    """Until this transaction ends. Who waited would put an older file over a newer one, so a second one is refused."""
    cursor.execute("select pg_try_advisory_xact_lock(hashtext(%s))", (f"publish {schema}",))
    if not cursor.fetchone()[0]:
        raise ServerError(f"Somebody else is publishing into schema {schema} now: run this again when it has ended.")


def _postgres_types(mart: Mart) -> dict[str, str]:
    """Name and type of each column; raises ServerError for a type that no mart should have."""
    types = {column.name: TYPES.get(column.data_type) or _decimal(column.data_type) for column in mart.columns}
    for column in mart.columns:
        if not types[column.name]:
            raise ServerError(
                f"{mart.name}.{column.name} is a {column.data_type}: Postgres is given no such type, cast it."
            )
    return types


def _decimal(data_type: str) -> str:
    return data_type.replace("DECIMAL", "numeric") if data_type.startswith("DECIMAL") else ""


def _write(file: duckdb.DuckDBPyConnection, cursor: Cursor, draft: str, mart: Mart) -> int:
    """Write a table into the draft, as it is in the file. Returns its rows."""
    target = f'{draft}."{mart.name}"'
    postgres.copy_table(file, mart.relation, cursor, target, _postgres_types(mart), COPY)
    rows = _compare(file, cursor, target, mart)
    if mart.key:
        cursor.execute(f"alter table {target} add primary key ({', '.join(map(_quoted, mart.key))})")
    cursor.execute(f"comment on table {target} is %s", (mart.comment,))
    meanings = {column.name: column.meaning for column in mart.columns if column.meaning}
    if meanings:
        statements = [f'comment on column {target}."{column}" is %s' for column in meanings]
        cursor.execute("; ".join(statements), list(meanings.values()))
    return rows


def _quoted(name: str) -> str:
    return f'"{name}"'


def _compare(file: duckdb.DuckDBPyConnection, cursor: Cursor, target: str, mart: Mart) -> int:
    """Compare the rows, and the sum of a hash of each, with those of the file. Returns the rows."""
    theirs = file.execute(
        f"select count(*), coalesce(sum(cast('0x' || substr({_row_hash(mart, _in_duckdb)}, 1, 15) as bigint)), 0) "
        f"from {mart.relation}"
    ).fetchone()
    cursor.execute(
        f"select count(*), coalesce(sum(cast(cast('x' || substr({_row_hash(mart, _in_postgres)}, 1, 15) as bit(60)) "
        f"as bigint)), 0) from {target}"
    )
    ours = cursor.fetchone()
    if tuple(map(int, ours)) != tuple(map(int, theirs)):
        raise ServerError(
            f"{mart.name} came to the server with other rows than the file has ({ours[0]:,} for {theirs[0]:,}, or "
            "other values)."
        )
    return ours[0]


def _row_hash(mart: Mart, text_of: Callable[[str, str], str]) -> str:
    """SQL for a hash of a row: of its columns' texts, each with its length before it, so that no two rows share one."""
    texts = [text_of(column.name, column.data_type) for column in mart.columns]
    texts = [f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts]
    return f"md5({' || '.join(texts)})"


def _in_duckdb(column: str, kind: str) -> str:
    """A column's text, the same in both. The digits of a double are written differently, so its bits are compared."""
    if kind == "DOUBLE":
        return f'case when isnan("{column}") then \'NaN\' else cast(cast("{column}" as bit) as varchar) end'
    return postgres.without_nul(column)


def _in_postgres(column: str, kind: str) -> str:
    if kind == "DOUBLE":
        bits = f"cast(cast('x' || encode(float8send(\"{column}\"), 'hex') as bit(64)) as text)"
        return f"case when \"{column}\" = 'NaN' then 'NaN' else {bits} end"
    return f'cast("{column}" as text)'


def main(_arguments: Sequence[str] = ()) -> int:
    """Publish as the environment says. Returns the exit code."""
    try:
        settings = read_environment()
        done = publish(settings.published, settings.marts_reader)
    except (ServerError, SettingsError) as error:
        print(
            f"Nothing was published, the server has what it had: {error}" if isinstance(error, ServerError) else error
        )
        return 1
    print(
        f"{len(done.rows)} tables with {sum(done.rows.values()):,} rows are in schema {done.schema} of database "
        f"{os.environ['PGDATABASE']}, equal to {settings.published}."
    )
    if done.views:
        print(f"Views of others that read the new tables: {', '.join(done.views)}")
    if settings.marts_reader:
        print(f"Role {settings.marts_reader} reads them, and nothing else.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
