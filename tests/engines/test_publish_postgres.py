"""`make publish-postgres` on a real server: what arrives, who reads meanwhile, and what others built on it."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import commands
import duckdb
import psycopg2
import pytest
import shared
from postgres_server import Server, running_server

from warehouse import postgres, postgres_swap, publish_postgres
from warehouse.postgres import ServerError
from warehouse.publish_postgres import publish

ROWS = 20_000
# every type of the marts, and what is easily lost on the way
VALUES = [
    ("c1", "شما \"گران\", است\n'", 9_007_199_254_740_993, -1, 0.1 + 0.2, True,
     datetime.date(2024, 2, 29), datetime.datetime(2024, 12, 31, 23, 59, 59, 123456), Decimal("0.000001")),
    ("c2", "", -(2**63), 2**31 - 1, 5e-324, False,
     datetime.date(1970, 1, 1), datetime.datetime(1969, 12, 31, 23, 59, 59), Decimal("12345678901234567890.123456")),
    ("c3", "\\N", 0, 0, -0.0, None, datetime.date(9999, 12, 31), datetime.datetime(1, 1, 1), Decimal("-0.500000")),
    ("c4", None, None, None, None, None, None, None, None),
]  # fmt: skip
COLUMNS = {
    "customer_id": ("VARCHAR", "text"), "name": ("VARCHAR", "text"), "events": ("BIGINT", "bigint"),
    "rank": ("INTEGER", "integer"), "rate": ("DOUBLE", "double precision"), "is_lost": ("BOOLEAN", "boolean"),
    "lost_on": ("DATE", "date"), "lost_at": ("TIMESTAMP", "timestamp without time zone"),
    "mrr": ("DECIMAL(38,6)", "numeric"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A database of the test's own, which the settings name."""
    name = server.create_database(f"d{abs(hash(request.node.name))}")
    for setting, value in {**server.environment(name), "WAREHOUSE_SCHEMA": "", "MARTS_READER": ""}.items():
        monkeypatch.setenv(setting, value)
    return name


def a_file(folder: Path, build: str, *statements: str) -> Path:
    """A published file of two marts, of which every row says its build."""
    file = folder / build / "marts.duckdb"
    file.parent.mkdir()
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"create table rpt_a as select i, '{build}' as build from range({ROWS}) as t(i)")
        connection.execute(f"create table rpt_b as select i, '{build}' as build from range({ROWS}) as t(i)")
        for table in ("rpt_a", "rpt_b"):
            connection.execute(f"comment on table {table} is 'A mart.\n\nKey: i\nbuilt by dbt run {build}'")
        for statement in statements:
            connection.execute(statement)
    return file


@contextlib.contextmanager
def cursor(server: Server, database: str, **login: str) -> Iterator[psycopg2.extensions.cursor]:
    given = {"user": "postgres", "password": server.password, **login}
    connection = psycopg2.connect(host="127.0.0.1", port=server.port, dbname=database, **given)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as opened:
        yield opened


def rows(server: Server, database: str, query: str, **login: str) -> list[tuple]:
    with cursor(server, database, **login) as opened:
        opened.execute(query)
        return opened.fetchall()


def builds(server: Server, database: str) -> list[tuple]:
    return rows(server, database, "select build, count(*) from marts.rpt_a natural join marts.rpt_b group by build")


def run(server: Server, database: str, *statements: str) -> None:
    with cursor(server, database) as opened:
        for statement in statements:
            opened.execute(statement)


def test_values_types_keys_and_comments_arrive_as_they_are(server: Server, database: str, tmp_path: Path) -> None:
    declared = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    file = a_file(tmp_path, "one", f"create table dim_customers ({declared})",
                  "comment on column rpt_a.build is 'Which; it isn''t null, 100% sure.'")  # fmt: skip
    with duckdb.connect(str(file)) as connection:
        connection.executemany(f"insert into dim_customers values ({', '.join('?' * len(COLUMNS))})", VALUES)
        connection.execute("insert into dim_customers (customer_id, name, rate) values ('c5', 'a' || chr(0), 'nan')")
    done = publish(file)
    assert dict(done.rows) == {"dim_customers": 5, "rpt_a": ROWS, "rpt_b": ROWS} and done.views == ()
    *found, (_, name, _, _, rate, *_) = rows(server, database, "select * from marts.dim_customers order by 1")
    assert list(map(repr, found)) == list(map(repr, VALUES))  # repr: -0.0 is 0.0 otherwise
    assert name == "a" and rate != rate
    types = rows(server, database, "select column_name, data_type, numeric_precision, numeric_scale "
                 "from information_schema.columns where table_name = 'dim_customers'")  # fmt: skip
    assert {column: kind for column, kind, *_ in types} == {column: kind for column, (_, kind) in COLUMNS.items()}
    assert ("mrr", "numeric", 38, 6) in types
    keys = rows(server, database, "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
                "where contype = 'p' and connamespace = 'marts'::regnamespace order by 1")  # fmt: skip
    assert keys == [("marts.rpt_a", "PRIMARY KEY (i)"), ("marts.rpt_b", "PRIMARY KEY (i)")]
    said = "select obj_description('marts.rpt_a'::regclass), col_description('marts.rpt_a'::regclass, 2)"
    assert rows(server, database, said) == [
        ("A mart.\n\nKey: i\nbuilt by dbt run one", "Which; it isn't null, 100% sure.")
    ]


def test_every_mart_of_a_build_arrives_with_its_key(server: Server, database: str, tmp_path: Path) -> None:
    """By the command, with the first rows of each: types, keys and comments are those of the published file."""
    file, demo = tmp_path / "marts.duckdb", shared.demo()
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{demo / 'published' / 'marts.duckdb'}' as demo (read_only)")
        found = connection.execute("select table_name, comment from duckdb_tables() where database_name = 'demo'")
        tables = dict(found.fetchall())
        for table, comment in tables.items():
            connection.execute(f"create table {table} as from demo.main.{table} limit 50")
            connection.execute(f"comment on table {table} is '{comment.replace(chr(39), 2 * chr(39))}'")
    done = commands.run("warehouse.publish_postgres", env={**os.environ, "PUBLISHED_PATH": str(file)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(tables)} tables with " in done.stdout and "in schema marts" in done.stdout
    keys = rows(server, database, "select relname, array_agg(attname::text order by array_position(conkey, attnum)) "
                "from pg_constraint join pg_class on pg_class.oid = conrelid join pg_attribute on attrelid = conrelid "
                "and attnum = any(conkey) where contype = 'p' and relnamespace = 'marts'::regnamespace "
                "group by relname")  # fmt: skip
    nodes = json.loads((demo / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    marts = [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]
    assert dict(keys) == {mart["alias"]: mart["config"]["meta"]["grain"] for mart in marts}


def read_all_the_while(server: Server, database: str, publish_both: Callable[[], None]) -> set[tuple]:
    """What three kinds of transactions saw of the two marts, until the publishes are done."""
    seen, failed, done = set(), [], threading.Event()
    count = "select min(build), max(build), count(*) from marts.rpt_"
    connections = [server.connect(database) for _ in range(3)]

    def look(kind: int) -> None:
        connection = connections[kind]
        if kind == 2:
            connection.set_session(isolation_level="REPEATABLE READ")
        try:
            while not done.is_set():
                with connection, connection.cursor() as opened:
                    if kind == 0:  # both in one statement
                        opened.execute(f"select * from ({count}a) as a, ({count}b) as b")
                        found = opened.fetchone()
                    else:  # one after the other; of the second kind, what it sees is decided before it looks
                        opened.execute("select pg_sleep(0.01)")
                        opened.execute(f"{count}a")
                        found = opened.fetchone()
                        opened.execute(f"{count}b")
                        found += opened.fetchone()
                    seen.add((kind, *found))
        except psycopg2.Error as error:
            failed.append(str(error))

    threads = [threading.Thread(target=look, args=(kind,)) for kind in range(3)]
    for thread in threads:
        thread.start()
    try:
        publish_both()
    finally:
        done.set()
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()
    assert failed == []
    return seen


def test_readers_see_the_old_marts_or_the_new_ones(server: Server, database: str, tmp_path: Path) -> None:
    publish(a_file(tmp_path, "old"))
    files = [a_file(tmp_path, build) for build in ("new", "newer", "newest")]
    seen = read_all_the_while(server, database, lambda: [publish(file) for file in files])
    whole = {(build, build, ROWS, build, build, ROWS) for build in ("old", "new", "newer", "newest")}
    assert {found[1:] for found in seen} <= whole
    assert len({found[1] for found in seen}) > 2 and {found[0] for found in seen} == {0, 1, 2}


def test_a_transaction_that_began_before_finds_rows_after(server: Server, database: str, tmp_path: Path) -> None:
    publish(a_file(tmp_path, "old"))
    connection = server.connect(database)
    connection.set_session(isolation_level="REPEATABLE READ")
    with contextlib.closing(connection), connection, connection.cursor() as opened:
        opened.execute("select count(*) from pg_class")
        publish(a_file(tmp_path, "new"))
        opened.execute("select min(build), count(*) from marts.rpt_a")
        assert opened.fetchone() == ("new", ROWS)


def test_views_of_others_follow(server: Server, database: str, tmp_path: Path) -> None:
    publish(a_file(tmp_path, "old"))
    run(server, database, "create role ana", "create schema ana authorization ana",
        "grant usage on schema marts to ana", "grant select on marts.rpt_a to ana", "set role ana",
        "create view ana.builds with (security_barrier) as select distinct build as of_build from marts.rpt_a",
        "create view ana.above as select * from ana.builds", "grant select on ana.builds to public")  # fmt: skip
    assert publish(a_file(tmp_path, "new")).views == ("ana.builds",)
    run(server, database, "set role ana", "select * from marts.rpt_a limit 1")  # what was granted is still
    assert rows(server, database, "select * from ana.builds, ana.above") == [("new", "new")]
    kept = "select relowner::regrole::text, relacl is not null, reloptions from pg_class where relname = 'builds'"
    assert rows(server, database, kept) == [("ana", True, ["security_barrier=true"])]
    run(server, database, "reset role", "drop owned by ana", "drop role ana")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("create view public.ours as select build from marts.rpt_a", 'view public.ours: column "build" does not exist'),
        ("create materialized view public.kept as select i from marts.rpt_a", "materialized view public.kept depends"),
        ("create table public.notes (i bigint references marts.rpt_b)", "notes_i_fkey on table public.notes depends"),
        ("create view marts.theirs as select i from marts.rpt_b", "view marts.theirs depends on table marts.rpt_b"),
        ("create table marts.budget (i int)", "table marts.budget depends on schema marts"),
    ],
)  # fmt: skip
def test_what_cannot_follow_refuses_the_publish_by_name(
    server: Server, database: str, tmp_path: Path, statement: str, named: str
) -> None:
    publish(a_file(tmp_path, "old"))
    run(server, database, statement)
    file = a_file(tmp_path, "new", "alter table rpt_a rename build to of_build")
    with pytest.raises(ServerError, match=named):
        publish(file)
    assert builds(server, database) == [("old", ROWS)]
    assert rows(server, database, "select nspname from pg_namespace where nspname ~ 'marts_'") == []


def test_what_fails_in_the_middle_leaves_the_old_marts(server: Server, database: str, tmp_path: Path) -> None:
    publish(a_file(tmp_path, "old"))
    with pytest.raises(ServerError, match=r"rpt_z.i is a INTEGER\[\]: Postgres is given no such type"):
        publish(a_file(tmp_path, "list", "create table rpt_z as select [1] as i"))
    twice = a_file(tmp_path, "twice", "insert into rpt_b from rpt_b limit 1")
    with pytest.raises(ServerError, match="could not create unique index"):
        publish(twice)
    assert builds(server, database) == [("old", ROWS)]


@pytest.mark.parametrize(("sent", "arrives"), [(b'"old"\n', b""), (b'"old"', b'"odd"')], ids=["a row", "a letter"])
def test_what_changes_on_the_way_is_noticed(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes, arrives: bytes
) -> None:
    batches = postgres._csv_batches

    def changed(result: object) -> Iterator[io.BytesIO]:
        for batch in batches(result):
            lines = batch.getvalue().splitlines(keepends=True)
            lines[7] = b"" if not arrives else lines[7].replace(sent, arrives)
            yield io.BytesIO(b"".join(lines))

    monkeypatch.setattr(postgres, "_csv_batches", changed)
    with pytest.raises(ServerError, match="rpt_a came to the server with other rows"):
        publish(a_file(tmp_path, "old"))


def test_a_second_publish_is_refused_in_words(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    first, second = a_file(tmp_path, "first"), a_file(tmp_path, "second")
    said = []

    def meanwhile(*_: object) -> None:
        monkeypatch.undo()
        for setting, value in server.environment(database).items():
            monkeypatch.setenv(setting, value)
        with pytest.raises(ServerError, match="Somebody else is publishing into schema marts now") as refused:
            publish(second)
        said.append(str(refused.value))

    monkeypatch.setattr(postgres_swap, "keep_grants", meanwhile)
    publish(first)
    assert said and builds(server, database) == [("first", ROWS)]


def test_who_reads_for_too_long_is_named(
    server: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_swap, "PATIENCE_SECONDS", 0.5)
    publish(a_file(tmp_path, "old"))
    connection = server.connect(database)
    with contextlib.closing(connection), connection, connection.cursor() as opened:
        opened.execute("set application_name = 'a report'; select min(build) from marts.rpt_a")
        with pytest.raises(
            ServerError, match=rf"in use .* by process {connection.info.backend_pid} \(user postgres, a rep"
        ):
            publish(a_file(tmp_path, "new"))
        opened.execute("select min(build) from marts.rpt_b")
        assert opened.fetchone() == ("old",)
    assert builds(server, database) == [("old", ROWS)]


def test_a_schema_of_somebody_else_is_left_alone(
    server: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(server, database, "create schema marts", "create table marts.rpt_a as select 1 as theirs")
    file = a_file(tmp_path, "new")
    with pytest.raises(ServerError, match="a schema marts that was not published by this command: publish beside it"):
        publish(file)
    assert rows(server, database, "select theirs from marts.rpt_a") == [(1,)]
    monkeypatch.setenv("WAREHOUSE_SCHEMA", "ana")
    assert publish(file).schema == "ana_marts"
    run(server, database, "create schema ana_marts_draft")
    with pytest.raises(ServerError, match="a schema ana_marts_draft, which is in the way"):
        publish(file)


def statements_in(error: pytest.ExceptionInfo) -> list[str]:
    return [line.strip() for line in str(error.value).splitlines() if line.endswith(";")]


def test_the_reader_reads_the_marts_and_nothing_else(
    server: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, password = a_file(tmp_path, "one"), "a secret of the reader"
    run(server, database, "alter system set log_statement = 'all'", "select pg_reload_conf()", "create schema raw",
        "create table raw.customers as select 1 as i", "grant select on raw.customers to public",
        "grant usage on schema raw to public")  # fmt: skip
    other = server.create_database("other_of_the_reader")
    with pytest.raises(ServerError, match="needs a password: set MARTS_READER_PASSWORD"):
        publish(file, "marts_reader")
    monkeypatch.setenv("MARTS_READER_PASSWORD", password)
    with pytest.raises(ServerError, match="marts_reader could do more than read the marts") as refused:
        publish(file, "marts_reader")
    asked = statements_in(refused)
    assert "revoke connect on database other_of_the_reader from public;" in asked
    assert not rows(server, database, "select from pg_roles where rolname = 'marts_reader'")
    run(server, database, *asked)
    assert publish(file, "marts_reader").schema == "marts"
    login = {"user": "marts_reader", "password": password}
    assert rows(server, database, "select distinct build from marts.rpt_a natural join marts.rpt_b", **login)
    for forbidden in (
        "select * from raw.customers",
        "create temp table t (i int)",
        "create schema mine",
        "delete from marts.rpt_a",
        "create table public.t (i int)",
        "create table marts.t (i int)",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), cursor(server, database, **login) as opened:
            opened.execute("set default_transaction_read_only = off")
            opened.execute(forbidden)
    with pytest.raises(psycopg2.OperationalError, match='permission denied for database "other_of_the_reader"'):
        rows(server, other, "select 1", **login)
    ((data,),) = rows(server, database, "select current_setting('data_directory')")
    log = (Path(data).parent / "log").read_text(encoding="utf-8")  # the server itself may not read it
    assert "SCRAM-SHA-256$" in log and password not in log
    run(server, database, "grant pg_read_all_data to marts_reader", "alter role marts_reader createdb")
    monkeypatch.delenv("MARTS_READER_PASSWORD")
    with pytest.raises(ServerError, match="could do more") as refused:
        publish(file, "marts_reader")
    run(server, database, *statements_in(refused))
    publish(file, "marts_reader")


def test_what_a_publish_needs_is_said(
    server: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServerError, match="is not there: make build publishes it"):
        publish(tmp_path / "marts.duckdb")
    with pytest.raises(ServerError, match="MARTS_READER is PGUSER"):
        publish(a_file(tmp_path, "new"), "postgres")
    run(server, database, "create role bob login password 'bob'")
    monkeypatch.setenv("PGUSER", "bob")
    monkeypatch.setenv("PGPASSWORD", "bob")
    with pytest.raises(ServerError, match=f'grant create on database "{database}" to "bob"'):
        publish(tmp_path / "new" / "marts.duckdb")
    run(server, database, f"grant create on database {database} to bob")
    with pytest.raises(ServerError, match=r"bob may not make or change the role readers .* Have an administrator run"):
        monkeypatch.setenv("MARTS_READER_PASSWORD", "x")
        publish(tmp_path / "new" / "marts.duckdb", "readers")
    assert publish_postgres.publish(tmp_path / "new" / "marts.duckdb").rows["rpt_a"] == ROWS
    monkeypatch.setenv("PGPASSWORD", "wrong-one")
    with pytest.raises(ServerError, match="cannot be reached") as refused:
        publish(tmp_path / "new" / "marts.duckdb")
    assert "wrong-one" not in str(refused.value)
