"""A landing that is no folder: databases and servers, read through DuckDB, and passwords that are seen by nobody."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

import commands
import duckdb
import pytest
import shared

from warehouse import dbt_plugin, doctor, fetched_landing
from warehouse.addresses import is_address, shown, without_secrets
from warehouse.dbt_plugin import landing_folder
from warehouse.landing import LandingError, inspect_folder, landing_statements
from warehouse.scratch import is_scratch
from warehouse.settings import SettingsError, read_environment
from warehouse.unread_files import unread_files

EVENTS = "event_id,customer_id,subscription_id,event_type,occurred_at,amount\n"
EVENTS += "e1,c1,s1,started,2024-01-05 10:00:00,49.50\ne2,c2,s2,started,2024-02-05,x\n"
CUSTOMERS = '{"customer_id": "c1", "country": "DE"}\n{"customer_id": "c2"}\nnone\n'


def needs(extension: str) -> pytest.MarkDecorator:
    there = importlib.util.find_spec(f"duckdb_extension_{extension}")
    return pytest.mark.skipif(not there, reason=f"duckdb-extension-{extension} is not installed")


@pytest.fixture(autouse=True)
def nothing_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fetched_landing.fetched.cache_clear()
    monkeypatch.setenv(fetched_landing.FETCHED, "")
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "warehouse.duckdb"))


def land(address: str, monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    monkeypatch.setenv("RAW_DATA_DIR", address)
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for statement in landing_statements(inspect_folder(landing_folder())):
        connection.execute(statement)
    return connection


def landed(connection: duckdb.DuckDBPyConnection) -> tuple[list, list]:
    events = "select event_id, customer_id, cast(occurred_at as varchar), cast(amount as varchar) "
    events = connection.execute(f"{events} from raw.subscription_events order by 1").fetchall()
    return events, connection.execute("select customer_id, country from raw.customers order by 1").fetchall()


# -- what is shown


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgres://ann:geheim@db:5432/sales", "postgres://ann:***@db:5432/sales"),
        ("postgres://ann:ge%3Aheim@db/sales#raw", "postgres://ann:***@db/sales"),
        ("postgres:///sales", "postgres:///sales"),
        ("mysql://ann:ge@heim@db/sales?ssl_key=geheim", "mysql://ann:***@db/sales?***"),
        ("https://host/landing?token=geheim", "https://host/landing?***"),
        ("https://ann@host/landing", "https://ann@host/landing"),
        ("s3://bucket/landing", "s3://bucket/landing"),
        ("sqlite:/data/landing.db", "sqlite:/data/landing.db"),
        ("/data/landing", "/data/landing"),
        ("redis://:geheim@db", "redis://:***@db"),
    ],
)
def test_an_address_is_shown_without_its_password(address, said):
    assert shown(address) == said
    assert is_address(address) == address.startswith(("postgres", "mysql", "http", "s3", "sqlite"))


def test_messages_are_said_without_what_is_secret():
    address = "postgres://ann:ge%3Aheim@db/sales?sslpassword=secret"
    said = without_secrets(f"cannot connect to {address}: password ge:heim of ann, ge%3Aheim, secret", address)
    assert said == "cannot connect to postgres://ann:***@db/sales?***: password *** of ann, ***, ***"


@pytest.mark.parametrize("address", ["redis://ann:geheim@db/sales", "ftp://ann:geheim@host/x?geheim=1", "C:/landing"])
def test_an_address_that_nothing_reads_is_refused_without_its_password(address, monkeypatch):
    monkeypatch.setenv("RAW_DATA_DIR", address)
    with pytest.raises(SettingsError, match="which is not a path on this machine") as refused:
        read_environment()
    assert "geheim" not in str(refused.value)


# -- databases


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of DuckDB with the two tables, one of them a view in capitals."""
    (tmp_path / "events.csv").write_text(EVENTS)
    with duckdb.connect(str(tmp_path / "landing.duckdb")) as connection:
        connection.execute(f"create table subscription_events as from read_csv('{tmp_path}/events.csv')")
        connection.execute(
            "create schema crm; create table crm.all_customers as select 'c1' as customer_id, 'DE' country"
        )
        connection.execute('create view crm."CUSTOMERS" as from crm.all_customers; create table other as select 1 as x')
    return tmp_path / "landing.duckdb"


EVENT_ROWS = [("e1", "c1", "2024-01-05 10:00:00", "49.50"), ("e2", "c2", "2024-02-05 00:00:00", "x")]


def test_the_tables_of_a_database_are_landed_and_stored(database, monkeypatch):
    connection = land(f"duckdb:{database}", monkeypatch)
    assert landed(connection) == (EVENT_ROWS, [("c1", "DE")])
    assert is_scratch(landing_folder())
    # a build outlives what was fetched
    kinds = connection.execute(
        "select table_name, table_type from information_schema.tables where table_schema = 'raw'"
    )
    kinds = dict(kinds.fetchall())
    assert kinds["customers"] == kinds["subscription_events"] == "BASE TABLE" and kinds["plans"] == "VIEW"
    before = database.stat()
    assert landed(land(f"duckdb://{database}", monkeypatch))[0] == EVENT_ROWS
    assert database.stat().st_mtime_ns == before.st_mtime_ns


def test_a_table_in_two_schemas_is_to_be_named(database, monkeypatch):
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table main.customers as select 'c9' as customer_id")
    with pytest.raises(
        LandingError, match=r"customers more than once \(crm.CUSTOMERS, main.customers\): name the schema"
    ):
        land(f"duckdb:{database}", monkeypatch)
    with pytest.raises(LandingError, match="subscription_events: the table is missing") as raised:
        land(f"duckdb:{database}#crm", monkeypatch)
    assert "The landing folder (what was fetched from RAW_DATA_DIR) cannot be built from" in str(raised.value)


def test_a_database_that_is_not_there_is_said_in_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(LandingError, match="is no file: write its whole path"):
        land(f"duckdb:{tmp_path}/none.duckdb", monkeypatch)
    (tmp_path / "none.duckdb").write_text("none")
    with pytest.raises(LandingError, match=r"none\.duckdb cannot be read: "):
        land(f"duckdb:{tmp_path}/none.duckdb", monkeypatch)


@pytest.mark.parametrize(
    ("is_installed", "command"),
    [(False, "make setup-addresses"), (True, "pip install duckdb-extension-mysql-scanner==" + duckdb.__version__)],
)
def test_an_extension_that_is_missing_is_said_with_the_command_that_installs_it(monkeypatch, is_installed, command):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(fetched_landing, "IS_INSTALLED", is_installed)
    with pytest.raises(LandingError, match=f"DuckDB's extension mysql_scanner: {command} adds it") as raised:
        land("mysql://ann:geheim@127.0.0.1:1/x", monkeypatch)
    assert "geheim" not in str(raised.value)


@needs("sqlite_scanner")
def test_sqlite_is_landed_as_it_is_written(tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table Subscription_Events (event_id text, customer_id, subscription_id, event_type, "
                           "occurred_at date, amount integer)")  # fmt: skip
        rows = [line.split(",") for line in EVENTS.splitlines()[1:]]
        connection.executemany("insert into subscription_events values (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("create table customers (customer_id integer, country text)")
        connection.execute("insert into customers values (7, null), ('c1', 'DE')")
    got = landed(land(f"sqlite:{tmp_path}/shop.db", monkeypatch))
    assert got == ([("e1", "c1", "2024-01-05 10:00:00", "49.5"), ("e2", "c2", "2024-02-05", "x")],
                   [("7", None), ("c1", "DE")])  # fmt: skip


@needs("postgres_scanner")
def test_a_postgres_that_refuses_is_said_without_the_password(monkeypatch, capfd):
    with pytest.raises(LandingError, match=r"postgres://ann:\*\*\*@127.0.0.1:1/x\?\*\*\* cannot be read") as raised:
        land("postgres://ann:gehe%69m@127.0.0.1:1/x?connect_timeout=1", monkeypatch)
    said = str(raised.value) + repr(raised.value.__cause__) + "".join(capfd.readouterr())
    assert "gehe" not in said


def test_nothing_is_fetched_for_a_command_of_dbt_that_lands_nothing(database, monkeypatch, capfd):
    monkeypatch.setenv("RAW_DATA_DIR", f"duckdb:{database}")
    plugin = dbt_plugin.Plugin("landing", {})
    assert capfd.readouterr().out == ""
    assert json.loads(plugin.landing_plan())["problem"] == ""
    assert "Fetching the raw tables" in capfd.readouterr().out
    fetched_landing.fetched.cache_clear()
    monkeypatch.setenv("RAW_DATA_DIR", f"duckdb:{database}.gone")
    assert "is no file" in json.loads(dbt_plugin.Plugin("landing", {}).landing_plan())["problem"]


# -- servers


class Server(BaseHTTPRequestHandler):
    """Files by path, for who knows the password; and what S3 says of a bucket."""

    files: dict[str, bytes]
    asked: list[str]

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.asked.append(self.path)
        if path.startswith("/closed/") and self.headers.get("Authorization") != self.basic:
            return self.answer(403, b"")
        if "list-type=2" in query:
            keys = [name.removeprefix("/bucket/") for name in self.files if name.startswith("/bucket/")]
            listed = "".join(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(self.files[f'/bucket/{key}'])}</Size>"
                "<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
                for key in keys
            )
            return self.answer(
                200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>".encode()
            )
        return self.answer(200, self.files[path]) if path in self.files else self.answer(404, b"")

    do_HEAD = do_GET
    basic = "Basic " + base64.b64encode(b"ann:ge:heim").decode()

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    tables = {"subscription_events.csv": EVENTS.encode(), "customers.jsonl.gz": gzip.compress(CUSTOMERS.encode())}
    Server.asked = []
    Server.files = {f"/{place}/{name}": content for place in ("open", "closed") for name, content in tables.items()}
    Server.files |= {
        "/bucket/in/subscription_events.csv": EVENTS.encode(),
        "/bucket/in/CUSTOMERS.JSONL.GZ": tables["customers.jsonl.gz"],
        "/bucket/in/invoice.csv": b"x",
    }
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{running.server_port}"
    running.shutdown()


FILE_ROWS = ([("e1", "c1", "2024-01-05 10:00:00", "49.50"), ("e2", "c2", "2024-02-05", "x")],
             [("c1", "DE"), ("c2", None)])  # fmt: skip


@needs("httpfs")
def test_files_of_a_web_server_are_landed(server, monkeypatch, capfd):
    connection = land(f"http://{server}/open/", monkeypatch)
    assert landed(connection) == FILE_ROWS
    assert connection.execute("select line from raw.unreadable_lines").fetchall() == [("none",)]
    asked = len(Server.asked)
    assert landed(land(f"http://{server}/open/", monkeypatch)) == FILE_ROWS
    assert len(Server.asked) == asked  # once a process
    assert landed(land(f"http://ann:ge%3Aheim@{server}/closed?token=secret", monkeypatch)) == FILE_ROWS
    assert any(path.endswith("/customers.jsonl.gz?token=secret") for path in Server.asked)
    said = "".join(capfd.readouterr())
    assert f"Fetching the raw tables from http://ann:***@{server}/closed?*** ..." in said
    assert "heim" not in said and "secret" not in said


@needs("httpfs")
def test_a_server_that_refuses_is_not_taken_for_one_without_tables(server, monkeypatch):
    with pytest.raises(LandingError, match=r"/closed cannot be read") as raised:
        land(f"http://ann:geheim@{server}/closed", monkeypatch)
    assert "geheim" not in str(raised.value) and "missing" not in str(raised.value)
    fetched_landing.fetched.cache_clear()
    with pytest.raises(LandingError, match="subscription_events: the table is missing"):
        land(f"http://{server}/nothing", monkeypatch)


@needs("httpfs")
def test_files_of_a_bucket_are_landed_and_those_with_other_names_are_named(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert landed(land("s3://bucket/in", monkeypatch)) == FILE_ROWS
    (line,) = unread_files(landing_folder(), inspect_folder(landing_folder()))
    assert line.startswith("invoice.csv is not read: if it is table invoices")


# -- through the whole command


def test_a_build_of_an_address_shows_and_stores_no_password(database, tmp_path, monkeypatch, capfd):
    """The password stands where every address has its own: its part before the host, which a file does not need."""
    folder = tmp_path / "build"
    folder.mkdir()
    address = f"duckdb://ann:geheim@{database}"
    environment = shared.environment(folder, address)
    run = commands.run("warehouse.build", env=environment)
    assert run.returncode == 0, run.stdout
    assert f"Data        duckdb://ann:***@{database}, as of" in run.stdout
    assert run.stdout.count("Fetching the raw tables") == 1  # and dbt, in a process of its own, has them too
    assert "geheim" not in run.stdout + run.stderr
    for file in folder.rglob("*"):
        assert not file.is_file() or b"geheim" not in file.read_bytes(), file
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.subscription_events").fetchone() == (2,)
    monkeypatch.setenv("RAW_DATA_DIR", address)
    assert doctor.main([]) == 0
    page = capfd.readouterr().out
    assert "unreadable_amount in 1 of 2 rows, such as 'x'" in page and "geheim" not in page
