"""Postgres against DuckDB: the same models on a real server give the same marts."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import commands
import comparison
import duckdb
import pytest
from engine_build import MODELS_ONLY, build, cursor_rows, duckdb_marts
from landings import LANDINGS, Landing, write_golden_month
from postgres_server import Server, running_server

from warehouse import fetched_landing
from warehouse.dbt_plugin import landing_folder
from warehouse.erasures import Erasures
from warehouse.landing import inspect_folder, landing_statements


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


def land(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    return commands.run("warehouse.land", "postgres", env={**os.environ, "RAW_DATA_DIR": str(folder), **environment})


@pytest.mark.parametrize("name", ["everything_berlin", "streams_kolkata"])
def test_every_mart_is_the_one_that_duckdb_builds(server: Server, tmp_path: Path, name: str) -> None:
    landing, folder = LANDINGS[name], tmp_path / "landing"
    folder.mkdir()
    landing.write(folder)
    database = server.create_database(name)

    def postgres_rows(mart: str) -> list[comparison.Row]:
        with contextlib.closing(server.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(f"select * from marts.{mart}")
            return cursor_rows(cursor)

    tests = () if name == "everything_berlin" else MODELS_ONLY
    with ThreadPoolExecutor() as pool:
        target = tmp_path / "target"
        theirs = pool.submit(build, "postgres", folder, landing, target, server.environment(database), *tests)
        with duckdb_marts(folder, landing) as duckdb_rows:
            theirs.result()
            found = comparison.differences(comparison.marts(target), duckdb_rows, postgres_rows)
    assert not found, "DuckDB and Postgres differ:\n" + "\n".join(found)


def test_a_database_that_gives_other_answers_is_refused(server: Server, tmp_path: Path) -> None:
    # a database that sorts by language is not to be had on every machine, so one without an encoding stands for it
    write_golden_month(tmp_path)
    database = server.create_database("other_encoding", "locale 'C'", encoding="SQL_ASCII")
    done = land(tmp_path, server.environment(database))
    assert done.returncode == 1
    assert "does not sort text by code point in UTF-8" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_schema_raw_of_somebody_else_is_left_alone(server: Server, tmp_path: Path) -> None:
    write_golden_month(tmp_path)
    database = server.create_database("occupied")
    with contextlib.closing(server.connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create schema raw; create table raw.customers as select 1 as theirs")
    done = land(tmp_path, server.environment(database))
    assert done.returncode == 1
    assert "is not ours" in done.stderr
    with contextlib.closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("select theirs from raw.customers")
        assert cursor.fetchall() == [(1,)]


def test_two_people_on_one_database_have_schemas_of_their_own(server: Server, tmp_path: Path) -> None:
    database = server.create_database("shared")
    people = {"raw": {}, "ana_raw": {"WAREHOUSE_SCHEMA": "ana"}}
    for schema, setting in people.items():
        folder = tmp_path / schema
        folder.mkdir()
        (folder / "customers.csv").write_text("customer_id,created_at\nc1,2025-01-05\n")
        (folder / "subscription_events.csv").write_text(
            f"event_id,customer_id,subscription_id,event_type,occurred_at\n{schema},c1,s1,started,2025-01-05\n"
        )
        environment = {**server.environment(database), **setting}
        selected = (*MODELS_ONLY, "--select", "+int_report_moment", "stg_billing__subscription_events")
        build("postgres", folder, Landing(write_golden_month), tmp_path / f"{schema}_target", environment, *selected)
    with contextlib.closing(server.connect(database)) as connection, connection.cursor() as cursor:
        for schema in people:
            cursor.execute(f"select event_id from {schema.replace('raw', 'staging')}.stg_billing__subscription_events")
            assert cursor.fetchall() == [(schema,)]
        cursor.execute("select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)'")
        schemas = {row[0] for row in cursor.fetchall()}
    assert {"raw", "staging", "intermediate", "ana_raw", "ana_staging", "ana_intermediate"} <= schemas


def test_what_somebody_else_built_is_left_alone(server: Server, tmp_path: Path) -> None:
    write_golden_month(tmp_path)
    database = server.create_database("of_two")
    assert land(tmp_path, server.environment(database)).returncode == 0
    with contextlib.closing(server.connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f"create role ana login password 'ana'; grant create on database {database} to ana")
    ana = {**server.environment(database), "PGUSER": "ana", "PGPASSWORD": "ana"}
    done = land(tmp_path, ana)
    assert done.returncode == 1
    assert "has a schema raw that postgres built" in done.stderr and "WAREHOUSE_SCHEMA" in done.stderr
    assert land(tmp_path, {**ana, "WAREHOUSE_SCHEMA": "ana"}).returncode == 0


def test_a_folder_that_cannot_be_built_from_changes_nothing(server: Server, tmp_path: Path) -> None:
    write_golden_month(tmp_path)
    database = server.create_database("kept")
    assert land(tmp_path, server.environment(database)).returncode == 0
    (tmp_path / "customers.csv").unlink()
    done = land(tmp_path, server.environment(database))
    assert done.returncode == 1
    assert "customers: the table is missing" in done.stderr
    with contextlib.closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from raw.subscription_events")
        assert cursor.fetchone() == (1155,)


def test_who_was_erased_does_not_come_back(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "landing"
    folder.mkdir()
    write_golden_month(folder)
    erasures = Erasures.beside(tmp_path / "warehouse.duckdb")
    erasures.add("a0", set(), is_done=True)
    database = server.create_database("erased")
    environment = {**server.environment(database), "WAREHOUSE_PATH": str(tmp_path / "warehouse.duckdb")}
    assert land(folder, environment).returncode == 0
    with contextlib.closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("select customer_id, count(*) from raw.subscription_events group by customer_id")
        rows = dict(cursor.fetchall())
    assert "a0" not in rows and rows[erasures.new_id("a0")] and sum(rows.values()) == 1155


@pytest.mark.skipif(
    not importlib.util.find_spec("duckdb_extension_postgres_scanner"),
    reason="duckdb-extension-postgres-scanner is not installed",
)
def test_a_database_may_be_the_landing(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its tables, read as what they are; the server only reads for it."""
    database = server.create_database("shop")
    with contextlib.closing(server.connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create schema sales")
        cursor.execute(
            "create table sales.subscription_events as select 'e' || i as event_id, i as customer_id, 's1' as "
            "subscription_id, 'started' as event_type, timestamptz '2024-01-05 10:00:00+02' as occurred_at, "
            "cast(12.50 as numeric(12, 2)) as amount from generate_series(1, 3) as i"
        )
        cursor.execute("create view customers as select 1 as customer_id, cast(null as text) as country")
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv(fetched_landing.FETCHED, "")
    monkeypatch.setenv("RAW_DATA_DIR", f"postgres://postgres:{server.password}@127.0.0.1:{server.port}/{database}")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for statement in landing_statements(inspect_folder(landing_folder())):
            connection.execute(statement)
        events = "select event_id, customer_id, cast(occurred_at as varchar), cast(amount as varchar)"
        assert connection.execute(f"{events} from raw.subscription_events order by 1").fetchall() == [
            (f"e{i}", i, "2024-01-05 08:00:00+00", "12.50") for i in (1, 2, 3)
        ]
        assert connection.execute("select customer_id, country from raw.customers").fetchall() == [(1, None)]
