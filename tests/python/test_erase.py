"""One person erased: whatever its id is made of, whatever was killed, and for good."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import harness
import pytest

from warehouse import erase, landing_spark
from warehouse.disk import one_at_a_time
from warehouse.erasures import Erasures, ErasuresError
from warehouse.landing import inspect_folder, landing_statements, read_contract
from warehouse.personal_data import left_out
from warehouse.quality import History, check_landing, landing_gate

OTHERS = {"other": "joe@example.com", "c1": "c1@example.com"}


def write_files(place: Path, customer_id: str, email: str = "ann@example.com", others=OTHERS) -> SimpleNamespace:
    """A warehouse, a published file and a version, in which a customer stands in every way that a build leaves."""
    landing = place / "landing"
    landing.mkdir()
    warehouse, published = place / "w.duckdb", place / "published" / "marts.duckdb"
    version = place / "published" / "marts_versions" / "2025-01-01" / "marts.duckdb"
    version.parent.mkdir(parents=True)
    customers = [(customer_id, email), *others.items()]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as w (storage_version 'v1.5.0')")
        for schema in ("raw", "staging", "intermediate"):
            connection.execute(f"create schema w.{schema}")
        connection.execute("create table w.raw.customers (customer_id varchar, email varchar, country varchar)")
        connection.executemany("insert into w.raw.customers values (?, ?, 'unknown')", customers)
        connection.execute("create table w.raw.unreadable_lines (raw_table varchar, line varchar)")
        lines = [f"{customer_id},ann", '"' + customer_id.replace('"', '""') + '",ann', f"x;{email}", "other,joe"]
        connection.executemany(
            "insert into w.raw.unreadable_lines values ('customers', ?)", [(line,) for line in lines]
        )
        connection.execute("create table w.staging.base (customer_id varchar, email varchar, comment varchar, "
                           "row_key varchar, raw_row varchar)")  # fmt: skip
        for id_, address in customers:
            row = [id_, address, f"I am {id_}", f"{id_}|2024", json.dumps({"customer_id": id_, "country": address})]
            connection.execute("insert into w.staging.base values (?, ?, ?, ?, ?)", row)
        connection.execute("create table w.staging.moved (row_key varchar, raw_row varchar)")
        connection.execute("insert into w.staging.moved values (?, ?)", [f"?|{customer_id}", json.dumps([customer_id])])
        connection.execute("create view w.staging.stg as select customer_id from w.staging.base")
        connection.execute("create table w.intermediate.events (event_id varchar, customer_id varchar, mrr integer)")
        connection.executemany("insert into w.intermediate.events values (?, ?, 10)",
                               [(f"{id_}:{n}:started", id_) for id_, _ in customers for n in (1, 2)])  # fmt: skip
        connection.execute("create table w.intermediate.causes (event_ids varchar, n integer)")
        connection.execute("insert into w.intermediate.causes values (?, 3)",
                           [f"{customer_id}:1:started, other:1:started"])  # fmt: skip
        for file in (published, version):
            connection.execute(f"attach '{file}' as m (storage_version 'v1.0.0')")
            connection.execute(
                "create table m.dim_customers as select customer_id, 'key' as email_key from w.raw.customers"
            )
            connection.execute("create table m.rpt_quarantine as select row_key, raw_row from w.staging.base")
            connection.execute("create table m.fct_events as from w.intermediate.events")
            connection.execute("detach m")
    for file in (published, version):
        file.chmod(0o444)
    warehouse.chmod(0o600)
    about = version.with_name("publication.json")
    about.write_text(json.dumps({"published_at": "2025-01-01", "warnings": [f"such as {email}"]}))
    harness.write_landing(landing, {"subscription_events": [], "customers": []})
    return SimpleNamespace(place=place, landing=landing, warehouse=warehouse, published=published, version=version,
                           about=about, files=[warehouse, published, version])  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `make erase`'s command in this process; returns its exit code and output."""

    def erase_customer(stored: SimpleNamespace, customer_id: str) -> tuple[int, str]:
        monkeypatch.setenv("WAREHOUSE_PATH", str(stored.warehouse))
        monkeypatch.setenv("PUBLISHED_PATH", str(stored.published))
        monkeypatch.setenv("RAW_DATA_DIR", str(stored.landing))
        code = erase.main([customer_id])
        return code, capsys.readouterr().out

    return erase_customer


def texts(file: Path) -> list[str]:
    """Every text of every stored table."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        rows = [row for s, t in tables for row in connection.execute(f'select * from "{s}"."{t}"').fetchall()]
    return [cell for row in rows for cell in row if isinstance(cell, str)]


def holders(files: list[Path], *values: str) -> list[tuple[str, str]]:
    """The texts that hold one of the values, as it is or as JSON or CSV writes it; found by Python's own search."""
    spelled = {s for v in values for s in (v, json.dumps(v)[1:-1], v.replace('"', '""'))}
    return [(file.name, text) for file in files for text in texts(file) if any(s in text for s in spelled)]


ODD_IDS = ["c 42", "a,b", "x|y", "p;q", "{z}", '"q"', "it's", "back\\slash", "müller-1", "客户七号", "a/b.c", "%_%",
           "(1+1)", "cust-000042", "ann@example.com"]  # fmt: skip


@pytest.mark.parametrize("customer_id", ODD_IDS)
def test_nothing_is_left_of_an_id_whatever_it_is_made_of(tmp_path, run, customer_id: str):
    stored = write_files(tmp_path, customer_id)
    assert holders(stored.files, customer_id) and holders(stored.files, "ann@example.com")
    code, output = run(stored, customer_id)
    assert code == 0, output
    assert output.count("none is left") == 3
    assert holders(stored.files, customer_id, "ann@example.com") == []
    assert "ann@example.com" not in stored.about.read_text() and json.loads(stored.about.read_text())
    for file in stored.files:  # the others are as they were
        assert {"other", "c1"} <= set(texts(file)) and "other:1:started" in texts(file)
    with duckdb.connect(str(stored.warehouse), read_only=True) as connection:
        assert connection.execute("select sum(mrr), count(distinct event_id) from intermediate.events").fetchone() == (
            60,
            6,
        )
        (shared,) = connection.execute("select event_ids from intermediate.causes").fetchone()
        assert shared.startswith("erased-") and shared.endswith(", other:1:started")
        assert connection.execute("select count(*) from staging.stg").fetchone() == (3,)


@pytest.mark.parametrize("customer_id", ["7", "12345", "c1"])
def test_an_id_that_may_mean_something_else_is_erased_where_ids_stand(tmp_path, run, customer_id: str):
    stored = write_files(tmp_path, customer_id, others={"other": "joe@example.com", "12": "x@example.com"})
    with duckdb.connect(str(stored.warehouse)) as connection:
        connection.execute("create table marts_by_plan as select ? as segment_value, 3 as customers", [customer_id])
    code, output = run(stored, customer_id)
    assert code == 0, output
    left = {text for _, text in holders(stored.files, customer_id)} - {"12", "12:1:started", "12:2:started"}
    assert {text for text in left if customer_id in text.replace("erased-", "").split(":")[0].split()} == {customer_id}
    with duckdb.connect(str(stored.warehouse), read_only=True) as connection:
        assert connection.execute("from marts_by_plan").fetchone() == (customer_id, 3)
        ids = connection.execute("select customer_id from intermediate.events").fetchall()
        assert (customer_id,) not in ids and ("12",) in ids


@pytest.mark.parametrize("customer_id", ["cust-42", "c 42", "it's", "ann@example.com"])
def test_an_id_within_a_longer_text_is_erased_there(tmp_path, run, customer_id: str):
    stored = write_files(tmp_path, customer_id)
    notes = [f"like {customer_id}, {customer_id} and other", f"x{customer_id}", "7 days"]
    with duckdb.connect(str(stored.warehouse)) as connection:
        connection.execute("create table notes as select 'other' as customer_id, unnest(?) as reason_code", [notes])
    code, output = run(stored, customer_id)
    assert code == 0, output
    with duckdb.connect(str(stored.warehouse), read_only=True) as connection:
        (mention, longer, days) = [row[0] for row in connection.execute("select reason_code from notes").fetchall()]
    assert re.sub("erased-[0-9a-f]{16}|\\[e-mail]", "?", mention) == "like ?, ? and other"
    assert (longer, days) == tuple(notes[1:])


@pytest.mark.parametrize("email", ["joe@example.com", "unknown", "n/a", "Joe@Example.com"])
def test_an_address_that_others_have_too_is_no_hindrance(tmp_path, run, email: str):
    stored = write_files(tmp_path, "cust-42", email)
    assert run(stored, "cust-42")[0] == 0
    with duckdb.connect(str(stored.warehouse), read_only=True) as connection:
        rows = connection.execute("select email, country from raw.customers order by rowid").fetchall()
    assert rows == [(None, "unknown"), ("joe@example.com", "unknown"), ("c1@example.com", "unknown")]


def test_the_modes_and_the_storage_of_files_stay(tmp_path, run):
    stored = write_files(tmp_path, "cust-42")
    versions = [storage_version(file) for file in stored.files]
    umask = os.umask(0)
    try:
        assert run(stored, "cust-42")[0] == 0
    finally:
        os.umask(umask)
    assert [stat.S_IMODE(file.stat().st_mode) for file in stored.files] == [0o600, 0o444, 0o444]
    assert [storage_version(file) for file in stored.files] == versions
    erasures = stored.warehouse.with_suffix(".erasures.json")
    assert stat.S_IMODE(erasures.stat().st_mode) == 0o600
    assert "cust-42" not in erasures.read_text() and "ann@" not in erasures.read_text()


def storage_version(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute("select tags from duckdb_databases() where path is not null").fetchone()[0]


# -- what was killed


def test_what_a_killed_build_left_in_the_write_ahead_log_is_erased_too(tmp_path, run):
    stored = write_files(tmp_path, "cust-42")
    killed = (
        "import duckdb, os, signal; c = duckdb.connect('w.duckdb'); c.execute(\"set wal_autocheckpoint = '1TB'\");"
        "c.execute(\"create table later as select 'cust-42' as customer_id, 'new@example.com' as email\");"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", killed], cwd=tmp_path).returncode == -signal.SIGKILL
    log, spilled = tmp_path / "w.duckdb.wal", tmp_path / "w.duckdb.tmp"
    assert b"new@example.com" in log.read_bytes()
    spilled.mkdir()
    (spilled / "duckdb_temp_storage").write_text("cust-42")
    code, output = run(stored, "cust-42")
    assert code == 0, output
    assert not log.exists() and not spilled.exists()
    assert holders(stored.files, "cust-42", "new@example.com") == []
    assert "later" in str(tables_of(stored.warehouse))


def tables_of(file: Path) -> list:
    with duckdb.connect(str(file)) as connection:
        return connection.execute("select table_name from duckdb_tables()").fetchall()


@pytest.mark.parametrize("files_done", [0, 2])
def test_an_erasure_that_is_killed_is_finished_by_the_next_build(tmp_path, files_done: int):
    stored = write_files(tmp_path, "cust-42")
    dies = f"""
import os, sys
from dataclasses import replace
from pathlib import Path
from warehouse import erase, landing_spark
from warehouse.written_anew import LEFTOVER
replace, done = os.replace, []
def die(source, target):
    if Path(source).name.startswith(LEFTOVER):
        if len(done) == {files_done}:
            os.kill(os.getpid(), 9)
        done.append(target)
    replace(source, target)
os.replace = die
erase.main(["cust-42"])
"""
    environment = {**os.environ, "WAREHOUSE_PATH": str(stored.warehouse), "PUBLISHED_PATH": str(stored.published),
                   "RAW_DATA_DIR": str(stored.landing)}  # fmt: skip
    died = subprocess.run([sys.executable, "-c", dies], cwd=harness.PROJECT, env=environment)
    assert died.returncode == -signal.SIGKILL
    assert [file for file in tmp_path.rglob(".fresh_*")]
    assert holders(stored.files, "cust-42")
    assert erase.finish_erasures(stored.warehouse, stored.published) == []
    assert not [file for file in tmp_path.rglob(".*") if file.is_file()]
    assert holders(stored.files, "cust-42", "ann@example.com") == []
    assert Erasures.beside(stored.warehouse).unfinished() == []


def test_an_erasure_waits_until_a_build_has_published(tmp_path, run):
    stored = write_files(tmp_path, "cust-42")
    done: list[int] = []
    with one_at_a_time(stored.published.parent):
        erasing = threading.Thread(target=lambda: done.append(run(stored, "cust-42")[0]))
        erasing.start()
        time.sleep(0.3)
        assert holders([stored.published], "cust-42") and not done
    erasing.join(60)
    assert done == [0] and holders(stored.files, "cust-42") == []


def test_a_warehouse_that_is_in_use_is_said(tmp_path, run):
    stored = write_files(tmp_path, "cust-42")
    holds = "import duckdb, sys; c = duckdb.connect('w.duckdb'); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as by:
        assert by.stdout.readline() == b"held\n"
        code, output = run(stored, "cust-42")
        assert code == 1 and "is in use by" in output and f"process {by.pid}" in output
        by.stdin.close()
    assert holders(stored.files[1:], "cust-42") == []
    assert erase.finish_erasures(stored.warehouse, stored.published) == []
    assert holders(stored.files, "cust-42") == []


def test_the_raw_rows_of_a_killed_landing_are_removed_and_those_of_a_running_one_stay(tmp_path, run, monkeypatch):
    stored = write_files(tmp_path, "cust-42")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lands = (
        "import sys, tempfile; tempfile.tempdir = sys.argv[1]; from warehouse.scratch import scratch_folder\n"
        "with scratch_folder() as folder:\n"
        "    (folder / 'rows.csv').write_text('cust-42'); print(folder, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", lands, str(tmp_path)], cwd=harness.PROJECT, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        rows = Path(process.stdout.readline().strip()) / "rows.csv"
        assert run(stored, "cust-42")[0] == 0
        assert rows.exists()
        process.kill()
    assert rows.exists()
    run(stored, "other")
    assert not rows.parent.exists()


def test_the_gate_does_not_look_at_who_is_erased(tmp_path, run, monkeypatch):
    stored = write_files(tmp_path, "cust-42")
    customers = [{"customer_id": "cust-42", "email": "ann@example.com"}, {"customer_id": "other"}]
    harness.write_landing(stored.landing, {"customers": customers})
    assert run(stored, "cust-42")[0] == 0
    looked_at: list[str] = []
    monkeypatch.setattr(landing_gate, "run_checks", lambda name, database, *_: looked_at.extend(texts(database)))
    history = History(tmp_path / "history.json", str(stored.landing))
    check_landing(stored.landing, history, tmp_path / "docs", Erasures.beside(stored.warehouse))
    assert "other" in looked_at and not {"cust-42", "ann@example.com"} & set(looked_at)


# -- what cannot be erased


def test_one_version_that_cannot_be_read_keeps_nobody_from_the_others(tmp_path, run):
    stored = write_files(tmp_path, "cust-42")
    torn = tmp_path / "published" / "marts_versions" / "2024-01-01" / "marts.duckdb"
    draft = tmp_path / "published" / "marts_versions" / ".draft" / "marts.duckdb"
    for file in (torn, draft):
        file.parent.mkdir()
        file.write_bytes(stored.published.read_bytes()[:5000])
    code, output = run(stored, "cust-42")
    assert code == 1
    assert f"{torn}: it cannot be read" in output and "delete its folder if nobody needs it" in output
    assert not draft.exists() and output.count("none is left") == 3
    assert holders(stored.files, "cust-42") == []
    assert erase.finish_erasures(stored.warehouse, stored.published)[0].startswith(f"{torn}: it cannot be read")
    torn.unlink()
    assert erase.finish_erasures(stored.warehouse, stored.published) == []
    assert Erasures.beside(stored.warehouse).unfinished() == []


def test_a_version_that_cannot_be_written_is_said(tmp_path, run, monkeypatch):
    stored = write_files(tmp_path, "cust-42")
    replace = os.replace

    def refuse(source, target):
        if Path(target) == stored.version:
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    code, output = run(stored, "cust-42")
    assert code == 1 and f"{stored.version}: it cannot be written (Permission denied)" in output
    assert holders(stored.files[:2], "cust-42") == [] and holders([stored.version], "cust-42")
    assert not list(tmp_path.rglob(".fresh_*"))


def test_a_file_in_which_something_would_be_left_is_not_replaced(tmp_path, run):
    stored = write_files(tmp_path, "cust-42")
    with duckdb.connect(str(stored.warehouse)) as connection:
        connection.execute("create table notes as select ['write to ann@example.com'] as note")
    before = stored.warehouse.read_bytes()
    code, output = run(stored, "cust-42")
    assert code == 1 and "main.notes (1 rows) would still hold the person; nothing was erased there" in output
    assert stored.warehouse.read_bytes() == before and holders(stored.files[1:], "cust-42") == []


def test_who_cannot_be_erased_is_said(tmp_path, run, monkeypatch):
    stored = write_files(tmp_path, "cust-42")
    code, output = run(stored, "nobody")
    assert (code, output) == (1, "Neither a stored file nor the landing folder holds a customer nobody.\n")
    assert Erasures.beside(stored.warehouse).customers == {}
    for arguments in ([], [""], [" "], ["a", "b"]):
        assert erase.main(arguments) == 2
    monkeypatch.setenv("RAW_DATA_DIR", str(stored.landing))
    command = [sys.executable.encode(), b"-m", b"warehouse.erase", b"caf\xe9"]
    refused = subprocess.run(command, cwd=harness.PROJECT, capture_output=True, text=True)
    assert refused.returncode == 2 and "is no UTF-8" in refused.stdout and not refused.stderr


# -- for good


def land(folder: Path, erasures: Erasures) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for statement in landing_statements(inspect_folder(folder, erasures=erasures)):
        connection.execute(statement)
    return connection


EVENT = {"event_type": "started", "occurred_at": "2024-01-01", "amount": "10", "plan_id": "cust-42-plan"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_build_does_not_bring_an_erased_customer_back(tmp_path, run, kind: str):
    stored = write_files(tmp_path, "cust-42")
    events = [EVENT | {"event_id": f"{customer}/{n}", "customer_id": customer, "subscription_id": f"s-{customer}",
                       "reason_text": "me"} for customer in ("cust-42", "other") for n in (1, 2)]  # fmt: skip
    events[0] |= {"reason_code": "said by cust-42.", "cancelled_by": "cust-421", "quantity": "cust-42"}
    events.append(EVENT | {"event_id": "moved", "plan_id": "cust-42", "reason_code": "ann@example.com"})
    customers = [{"customer_id": " cust-42", "email": "ann@example.com"}, {"customer_id": "other", "email": "n/a"}]
    harness.write_landing(stored.landing, {"subscription_events": events, "customers": customers})
    with (stored.landing / "customers.csv").open("a") as file:
        file.write("cust-42,too few\nother,too few\n")
    if kind == "parquet":
        duckdb.sql(f"copy (from read_csv('{stored.landing}/subscription_events.csv', all_varchar = true)) "
                   f"to '{stored.landing}/subscription_events.parquet'")  # fmt: skip
    code, output = run(stored, "cust-42")
    assert code == 0 and "still holds the customer (subscription_events, customers): builds leave it out" in output
    erasures = Erasures.beside(stored.warehouse)
    stored.warehouse.unlink()  # the list outlives it
    with land(stored.landing, erasures) as connection:
        found = [connection.execute(f"from raw.{table}").fetchall()
                 for table in ("subscription_events", "customers", "unreadable_lines")]  # fmt: skip
        assert all("ann@example.com" not in str(rows) for rows in found)
        assert {cell for rows in found for row in rows for cell in row if "cust-42" in str(cell)} == {
            "cust-42-plan",
            "cust-421",
        }
        new_id = erasures.new_id("cust-42")
        said = connection.execute("select reason_code from raw.subscription_events where cancelled_by = 'cust-421'")
        assert said.fetchall() == [(f"said by {new_id}.",)]
        assert connection.execute(
            "select customer_id, count(distinct event_id), count(distinct subscription_id), count(reason_text), "
            "sum(cast(amount as integer)) from raw.subscription_events group by 1 order by 1 nulls first"
        ).fetchall() == [(None, 1, 0, 0, 10), (new_id, 2, 1, 0, 20), ("other", 2, 1, 2, 20)]
        assert connection.execute("select customer_id, email from raw.customers order by 1").fetchall() == [
            (new_id, None), ("other", "n/a")]  # fmt: skip
        assert connection.execute("select line from raw.unreadable_lines order by 1").fetchall() == [
            ("",), ("other,too few",)]  # fmt: skip
        connection.execute(f"attach '{stored.warehouse}' as w; create schema w.raw")
        connection.execute("create table w.raw.customers as from raw.customers")
        connection.execute("detach w")
    (warning,) = left_out(stored.warehouse)
    assert "still holds erased customers (customers 1 rows)" in warning


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_who_has_a_number_for_an_id_takes_no_figure_along(tmp_path, run, kind: str):
    """Customer 100 has subscription 200; an amount of 100, plan 100 and customer 200 are something else."""
    stored = write_files(tmp_path, "100")
    with duckdb.connect(str(stored.warehouse)) as connection:
        connection.execute("create table subscriptions as select '100' as customer_id, '200' as subscription_id")
    numbers = EVENT | {"amount": "100", "plan_id": "100"}
    ids = [("100", "200"), ("200", "300"), ("200", "200")]
    events = [
        numbers | {"event_id": str(n), "customer_id": customer, "subscription_id": subscription}
        for n, (customer, subscription) in enumerate(ids)
    ]
    harness.write_landing(stored.landing, {"subscription_events": events})
    if kind == "parquet":
        duckdb.sql(f"copy (from read_csv('{stored.landing}/subscription_events.csv', all_varchar = true)) "
                   f"to '{stored.landing}/subscription_events.parquet'")  # fmt: skip
    assert run(stored, "100")[0] == 0
    erasures = Erasures.beside(stored.warehouse)
    with land(stored.landing, erasures) as connection:
        rows = connection.execute(
            "select customer_id, subscription_id, amount, plan_id from raw.subscription_events order by event_id"
        ).fetchall()
    gone, moved = erasures.new_id("100"), erasures.new_id("200")
    assert rows == [(gone, moved, "100", "100"), ("200", "300", "100", "100"), ("200", moved, "100", "100")]


def test_ids_go_from_typed_columns_and_from_texts_that_name_them_twice(tmp_path):
    """Parquet whose columns are numbers, and a reason that names the customer twice and its subscription."""
    erasures = Erasures(tmp_path / "list.json")
    erasures.add("cust-42", {"cust-42"}, is_done=True)
    landing = tmp_path / "landing"
    landing.mkdir()
    harness.write_landing(landing, {"customers": []})
    duckdb.sql(f"""copy (
        select 'e1' as event_id, 'cust-42' as customer_id, 'sub-42a' as subscription_id, 'cancelled' as event_type,
            timestamp '2024-01-01' as occurred_at, 7 as plan_id, 12 as amount,
            'cust-42 cust-42, see sub-42a' as reason_code
    ) to '{landing}/subscription_events.parquet'""")
    with land(landing, erasures) as connection:
        (row,) = connection.execute("select reason_code, plan_id, amount from raw.subscription_events").fetchall()
    customer, subscription = erasures.new_id("cust-42"), erasures.new_id("sub-42a")
    assert tuple(map(str, row)) == (f"{customer} {customer}, see {subscription}", "7", "12")


def test_a_row_that_a_connector_set_aside_does_not_bring_an_erased_customer_back(tmp_path):
    """Its key may be the customer's id, or be made of it."""
    erasures = Erasures(tmp_path / "list.json")
    erasures.add("cust-42", {"cust-42"}, is_done=True)
    landing = tmp_path / "landing"
    landing.mkdir()
    row = {"source_table": "acme.accounts", "reason": "a test"}
    aside = [
        row | {"row_of_table": "1", "source_key": "cust-42"},
        row | {"row_of_table": "2", "source_key": "cust-42 2024-01", "customer_id": "cust-42"},
        row | {"row_of_table": "3", "source_key": "cust-43", "customer_id": "cust-43"},
    ]
    harness.write_landing(landing, {"subscription_events": [], "customers": [], "set_aside_rows": aside})
    with land(landing, erasures) as connection:
        keys = connection.execute(
            "select source_key, customer_id from raw.set_aside_rows order by row_of_table"
        ).fetchall()
    erased = erasures.new_id("cust-42")
    assert keys == [(erased, None), (f"{erased} 2024-01", erased), ("cust-43", "cust-43")]


def test_nothing_is_hashed_while_nobody_is_erased(tmp_path):
    harness.write_landing(tmp_path, {"subscription_events": [], "customers": []})
    empty = Erasures(tmp_path / "list.json")
    assert landing_statements(inspect_folder(tmp_path, erasures=empty)) == landing_statements(inspect_folder(tmp_path))


def test_a_list_that_cannot_be_read_stops_a_build(tmp_path):
    (tmp_path / "w.erasures.json").write_text("{")
    with pytest.raises(ErasuresError, match="cannot be read, so erased customers would come back"):
        Erasures.beside(tmp_path / "w.duckdb")


def test_spark_reads_no_file_that_holds_an_erased_customer(tmp_path: Path):
    """Where somebody was erased it reads a copy without them, else the landing folder's own Parquet."""
    landing, generation = tmp_path / "landing", tmp_path / "generation"
    for folder in (landing, generation):
        folder.mkdir()
    for table in ("customers", "subscription_events"):
        duckdb.execute(f"copy (select 'cust-42' as customer_id) to '{landing / table}.parquet'")
    contract = [replace(table, required_columns=()) for table in read_contract()]
    erasures = Erasures(tmp_path / "w.erasures.json")

    def selects() -> dict[str, str]:
        return landing_spark._write_files(inspect_folder(landing, contract, erasures), generation)

    assert str(landing) in selects()["customers"]
    erasures.add("cust-42", set(), is_done=True)
    assert not [select for select in selects().values() if str(landing) in select]
    copied = duckdb.execute(f"select customer_id from '{generation / 'customers.parquet'}'").fetchall()
    assert copied == [(erasures.new_id("cust-42"),)]


def test_a_name_is_free_text_in_the_tables_that_declare_it_so() -> None:
    """The subject of a ticket goes; that of a survey is the competitor that was rated."""
    columns = ["subject", "comment", "body", "agent"]
    assert erase.texts_to_remove('w."staging"."base_support__support_tickets"', columns) == {
        "subject",
        "comment",
        "body",
    }
    assert erase.texts_to_remove('w."marts"."fct_survey_responses"', columns) == {"comment", "body"}
    assert erase.texts_to_remove('w."intermediate"."int_notes"', columns) == {"subject", "comment", "body"}
