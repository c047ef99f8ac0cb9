"""Land the raw tables in schema `raw` of a Postgres database (or WAREHOUSE_SCHEMA's own), in one transaction.

DuckDB reads the files, as it does when it builds itself (warehouse/landing.py): what is a readable line, a null, or the
text of a typed Parquet value is decided in one place. Everything lands as text; the staging models cast it.
"""

from __future__ import annotations

import os

import duckdb
import psycopg2

from warehouse import postgres
from warehouse.landing import (
    RAW_SCHEMA,
    UNREADABLE_LINES,
    LandedTable,
    LandingError,
    landing_statements,
    server_schema,
)
from warehouse.scratch import scratch_folder

MARK = "Raw tables of the subscription retention warehouse: replaced at every landing."
# Sorted by code point, as DuckDB and Spark sort: reports must not depend on a server's language.
CODE_POINT_ORDER = ["-", "A", "Z", "_", "a", "b", "z", "é", "ア", "😀"]
HOW_TO_CREATE = (
    "create database ... template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' "
    "(PostgreSQL 16: locale 'C')"
)


def land(landed: list[LandedTable], _target: str = "postgres") -> None:
    """Replace schema `raw` of the database that PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE name.

    Raises:
        LandingError: the database cannot be reached, or is not one that gives DuckDB's answers.
    """
    with scratch_folder() as folder, duckdb.connect(str(folder / "landing.duckdb")) as files:
        files.execute("set TimeZone = 'UTC'")
        for statement in landing_statements(landed):
            files.execute(statement)
        try:
            connection = postgres.connect()
        except postgres.ServerError as error:
            raise LandingError(str(error)) from error
        try:
            with connection, connection.cursor() as cursor:
                _check_database(cursor)
                _replace_schema(cursor)
                for found in landed:
                    _copy(files, cursor, found.table.name, dict.fromkeys(found.table.columns, "text"))
                lines = {"raw_table": "text", "line_number": "bigint", "problem": "text", "line": "text"}
                _copy(files, cursor, UNREADABLE_LINES, lines)
        finally:
            connection.close()


def _check_database(cursor: psycopg2.extensions.cursor) -> None:
    cursor.execute("select array_agg(letter order by letter), getdatabaseencoding() from unnest(%s) as letter",
                   (CODE_POINT_ORDER[::-1],))  # fmt: skip
    order, encoding = cursor.fetchone()
    if encoding != "UTF8" or order != CODE_POINT_ORDER:
        raise LandingError(
            f"The Postgres database {os.environ['PGDATABASE']} does not sort text by code point in UTF-8, so its "
            f"reports would differ from the other engines'. Make one that does: {HOW_TO_CREATE}."
        )


def _replace_schema(cursor: psycopg2.extensions.cursor) -> None:
    schema = server_schema()
    cursor.execute(
        "select obj_description(oid, 'pg_namespace'), pg_has_role(nspowner, 'usage'), nspowner::regrole::text "
        "from pg_namespace where nspname = %s", (schema,)
    )  # fmt: skip
    if found := cursor.fetchone():
        mark, is_ours, owner = found
        has = f"The Postgres database {os.environ['PGDATABASE']} has a schema {schema}"
        if mark != MARK:
            raise LandingError(
                f"{has} that is not ours. It is left as it is: use a database of its own for the warehouse."
            )
        if not is_ours:
            raise LandingError(
                f"{has} that {owner} built. It is left as it is: build beside it, with WAREHOUSE_SCHEMA set to a name "
                "of yours."
            )
    cursor.execute(f"drop schema if exists {schema} cascade")
    cursor.execute(f"create schema {schema}")
    cursor.execute(f"comment on schema {schema} is %s", (MARK,))


def _copy(
    files: duckdb.DuckDBPyConnection, cursor: psycopg2.extensions.cursor, table: str, columns: dict[str, str]
) -> None:
    postgres.copy_table(files, f"{RAW_SCHEMA}.{table}", cursor, f"{server_schema()}.{table}", columns)
