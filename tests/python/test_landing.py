"""The landing step: every way to hand over a folder, and every way in which its files are broken."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import tempfile
import tracemalloc
from pathlib import Path
from unittest import mock

import commands
import duckdb
import harness
import pytest
import shared
from hypothesis import given
from hypothesis import strategies as st

from warehouse import csv_lines, dbt_plugin, demo_business, landing, settings
from warehouse.file_formats import sql_text
from warehouse.landing import LandingError, inspect_folder, landing_statements, read_contract
from warehouse.unread_files import unread_files

EVENT_COLUMNS = "event_id,customer_id,subscription_id,event_type,occurred_at"
EVENT = "e1,c1,s1,started,2024-01-01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A landing folder with one event and no customers."""
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "subscription_events.csv").write_text(f"{EVENT_COLUMNS}\n{EVENT}\n", encoding="utf-8")
    (folder / "customers.csv").write_text("customer_id,country,email\n", encoding="utf-8")
    return folder


def land(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for statement in landing_statements(inspect_folder(folder)):
        connection.execute(statement)
    return connection


def customers(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute("select customer_id, country, email from raw.customers order by all").fetchall()


def unreadable(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute("select line_number, problem from raw.unreadable_lines order by 1").fetchall()


def write_parquet(file: Path, select: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy ({select}) to {sql_text(str(file))} (format parquet)")


# -- which file is a table


def test_parquet_folder_comes_before_parquet_file_before_csv(folder):
    (folder / "plans.csv").write_text("plan_id\ncsv\n", encoding="utf-8")
    assert land(folder).execute("select plan_id from raw.plans").fetchall() == [("csv",)]
    write_parquet(folder / "plans.parquet", "select 'file' as plan_id")
    assert land(folder).execute("select plan_id from raw.plans").fetchall() == [("file",)]
    write_parquet(folder / "plans" / "part-1.parquet", "select 'part' as plan_id")
    assert land(folder).execute("select plan_id from raw.plans").fetchall() == [("part",)]


def test_folder_without_parts_gives_way_to_the_csv(folder):
    (folder / "plans" / "part.parquet").mkdir(parents=True)  # a folder is no part, whatever its name
    (folder / "plans" / "_SUCCESS").touch()
    (folder / "plans" / "._part-1.parquet").write_bytes(b"a hidden file is no part")
    (folder / "plans.csv").write_text("plan_id\ncsv\n", encoding="utf-8")
    assert land(folder).execute("select plan_id from raw.plans").fetchall() == [("csv",)]


def test_parts_lie_in_nested_and_linked_folders(folder, tmp_path):
    write_parquet(folder / "plans" / "a.parquet", "select 'a' as plan_id")
    write_parquet(folder / "plans" / "2024" / "05" / "b.parquet", "select 'b' as plan_id")
    write_parquet(tmp_path / "elsewhere" / "c.parquet", "select 'c' as plan_id")
    (folder / "plans" / "older").symlink_to(tmp_path / "elsewhere")
    assert land(folder).execute("select plan_id from raw.plans order by 1").fetchall() == [("a",), ("b",), ("c",)]


def test_parts_may_have_different_columns(folder):
    write_parquet(folder / "plans" / "1.parquet", "select 'Basic' as plan_name, 'a' as plan_id")
    write_parquet(folder / "plans" / "2.parquet", "select 'b' as plan_id, 'top' as plan_tier, 7 as unknown")
    rows = land(folder).execute("select plan_id, plan_name, plan_tier from raw.plans order by 1").fetchall()
    assert rows == [("a", "Basic", None), ("b", None, "top")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("null::integer", "timestamp '2024-03-01 10:00:00'"),  # how pandas writes a column without a value
        ("20240301", "date '2024-03-01'"),
        ("date '2024-03-01'", "'2024-03-01'"),
        ("{'at': 1}", "'2024-03-01'"),
    ],
)
def test_parts_may_disagree_on_types(folder, one, other):
    for name, value in (("1", one), ("2", other)):
        write_parquet(
            folder / "customers" / f"{name}.parquet", f"select 'c{name}' as customer_id, {value} as created_at"
        )
    written = duckdb.sql(f"select cast({one} as varchar), cast({other} as varchar)").fetchall()[0]
    rows = land(folder).execute("select customer_id, created_at from raw.customers order by 1").fetchall()
    assert rows == [("c1", written[0]), ("c2", written[1])]


def test_a_folder_name_is_no_column(folder):
    part = folder / "acquisition_costs" / "month=2024-05" / "1.parquet"
    write_parquet(part, "select date '2024-05-15' as month, 'ads' as acquisition_channel, 5 as cost")
    assert str(land(folder).execute("select month from raw.acquisition_costs").fetchone()[0]) == "2024-05-15"


def test_names_are_read_in_any_case(folder):
    (folder / "customers.csv").rename(folder / "Customers.CSV")
    write_parquet(folder / "Plans" / "1.PARQUET", "select 'a' as plan_id")
    write_parquet(folder / "Plans" / "2.Parquet", "select 'b' as plan_id")
    connection = land(folder)
    assert connection.execute("select plan_id from raw.plans order by 1").fetchall() == [("a",), ("b",)]
    (folder / "customers.csv").write_text("customer_id\n")
    assert "customers: Customers.CSV and customers.csv differ only in case: remove all but one" in problem(folder)


def test_what_looks_like_a_table_and_is_not_read_is_named(folder):
    for name in ("plans/1.parquet", "plans.parquet", "orders.parquet"):
        write_parquet(
            folder / name, "select 'a' as plan_id, 1 as order_id, 'c' as customer_id, 1 as ordered_at, 1 as amount"
        )
    for name in (
        "plans/late.csv", "plans/late.csv.gz", "plans/_SUCCESS", "plans/notes.md", "orders.csv", "invoice.csv",
        "Acquisition Costs.jsonl.GZ", "targets.xls", "support-tickets/january.csv",
        "extract/x.json", "extract.tsv",
        "README.md", "_old.csv", ".hidden.csv", "archive/2020/plans.csv", "notes.txt",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert unread_files(folder, inspect_folder(folder)) == [
        "Acquisition Costs.jsonl.GZ is not read: if it is table acquisition_costs, name it acquisition_costs.jsonl.gz",
        "extract/ is not read: no table has this name",
        "extract.tsv is not read: no table has this name",
        "invoice.csv is not read: if it is table invoices, name it invoices.csv",
        "orders.csv is not read: orders.parquet is table orders. Remove one of them",
        "plans/late.csv is not read: in a folder only Parquet parts (*.parquet) are",
        "plans/late.csv.gz is not read: in a folder only Parquet parts (*.parquet) are",
        "plans.parquet is not read: plans/ is table plans. Remove one of them",
        "support-tickets/ is not read: if it is table support_tickets, make it a folder support_tickets/ of Parquet "
        "parts",
        "targets.xls is not read: if it is table targets, write it as targets.parquet, targets.csv or in another "
        "format of docs/input.md",
    ]
    for number in range(100):
        (folder / f"x{number}.csv").touch()
    lines = unread_files(folder, inspect_folder(folder))
    assert len(lines) == 10 and lines[-1] == "101 more in the landing folder look like tables and are not read"


# -- columns


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_column_order_is_free_and_unknown_columns_are_ignored(folder, kind):
    select = "select 'x' as owner_of_nothing, 'DE' as country, 'c1' as customer_id"
    (folder / "customers.csv").unlink()
    duckdb.execute(f"copy ({select}) to '{folder}/customers.{kind}' (format {kind})")
    connection = land(folder)
    assert customers(connection) == [("c1", "DE", None)]
    table = next(table for table in read_contract() if table.name == "customers")
    assert tuple(row[0] for row in connection.execute("describe raw.customers").fetchall()) == table.columns


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_column_names_are_read_in_any_case(folder, kind):
    (folder / "customers.csv").unlink()
    duckdb.execute(f"copy (select 'c1' as \"CUSTOMER_ID\", 'DE' as \"Country\") to '{folder}/customers.{kind}'")
    connection = land(folder)
    assert customers(connection) == [("c1", "DE", None)]
    assert connection.execute("describe raw.customers").fetchone()[0] == "customer_id"


def test_missing_optional_tables_are_there_and_empty(folder):
    connection = land(folder)
    for table in read_contract():
        assert tuple(row[0] for row in connection.execute(f"describe raw.{table.name}").fetchall()) == table.columns
        count = connection.execute(f"select count(*) from raw.{table.name}").fetchone()[0]
        assert count == (table.name == "subscription_events")


# -- folders that cannot be built from


def problem(folder: Path) -> str:
    with pytest.raises(LandingError) as raised:
        inspect_folder(folder)
    return str(raised.value)


STAND_INS = {
    "orders": "order_id,customer_id,ordered_at,amount\n",
    "product_usage": "customer_id,used_on,usage_count\n",
    "survey_responses": "response_id,survey_type\n",
}


@pytest.mark.parametrize("table", STAND_INS)
def test_who_has_no_subscriptions_needs_no_empty_files(tmp_path, table):
    (tmp_path / f"{table}.csv").write_text(STAND_INS[table], encoding="utf-8")
    assert [found.table.name for found in inspect_folder(tmp_path) if found.kind != "absent"] == [table]


def test_subscriptions_need_customers_and_a_table_that_stands_in_must_hold(tmp_path, folder):
    (folder / "customers.csv").unlink()
    (folder / "orders.csv").write_text(STAND_INS["orders"], encoding="utf-8")
    (line,) = problem(folder).splitlines()[1:]
    assert line.startswith("  - customers: the table is missing")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "orders.csv").write_text("order_id\n", encoding="utf-8")
    assert "  - orders: missing required columns" in problem(tmp_path / "torn")
    (tmp_path / "none").mkdir()
    missing = problem(tmp_path / "none").splitlines()[1:]
    assert [line.split(":")[0] for line in missing] == ["  - subscription_events", "  - customers"]
    assert missing[0].endswith("Without it, orders, product_usage or survey_responses must be there")


def test_one_message_names_the_folder_and_everything_that_is_missing(folder):
    (folder / "customers.csv").unlink()
    (folder / "subscription_events.csv").write_text("event_id,event_type\n", encoding="utf-8")
    (folder / "orders.csv").write_text("order_id,customer_id\n", encoding="utf-8")
    write_parquet(folder / "invoices.parquet", "select 1 as invoice_id")
    (folder / "plans.parquet").write_bytes(b"PAR1 torn")
    (folder / "targets.csv").write_bytes(b"")
    lines = problem(folder).splitlines()
    assert str(folder) in lines[0]
    assert lines[1] == "  - subscription_events: missing required columns customer_id, subscription_id, occurred_at"
    assert lines[2].startswith("  - customers: the table is missing")
    assert lines[3].startswith("  - plans: not readable as Parquet: ")
    assert lines[4] == "  - invoices: missing required columns customer_id, issued_at, amount"
    assert lines[5] == "  - orders: missing required columns ordered_at, amount"
    assert lines[6] == (
        "  - targets: missing required columns metric, period_grain, period_start, target (targets.csv is empty)"
    )
    assert len(lines) == 7


@pytest.mark.parametrize("cut", [0, 3, 100, -1, -20])
def test_a_torn_part_is_named(folder, cut):
    write_parquet(folder / "plans" / "whole.parquet", "select 'a' as plan_id")
    content = (folder / "plans" / "whole.parquet").read_bytes()
    (folder / "plans" / "torn.parquet").write_bytes(content[:cut])
    assert "plans: not readable as Parquet" in problem(folder) and "torn.parquet" in problem(folder)


def test_a_link_to_nowhere_is_named(folder, tmp_path):
    (folder / "plans").mkdir()
    (folder / "plans" / "gone.parquet").symlink_to(tmp_path / "nowhere.parquet")
    assert "plans: not readable as Parquet" in problem(folder) and "gone.parquet" in problem(folder)


def test_a_file_that_cannot_be_opened_is_named(folder, monkeypatch):
    def refuse(file: Path, *_) -> list[str]:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(landing, "read_header", refuse)
    assert "customers: customers.csv cannot be opened (Permission denied)" in problem(folder)


@pytest.mark.parametrize("name", ["missing", "file", "empty"])
def test_a_folder_that_is_none_is_named(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / name) in problem(tmp_path / name)


# -- the setting RAW_DATA_DIR


@pytest.mark.parametrize(
    "name", ["two words", "it's", 'say "hi"', "données 数据", "a*b?[c]", "{{ x }}", "50%", "a;b", "k=v"]
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_any_folder_name_will_do(folder, tmp_path, name, kind):
    named = tmp_path / name
    folder.rename(named)
    (named / "customers.csv").unlink()
    duckdb.execute(f"copy (select 'c1' as customer_id) to {sql_text(f'{named}/customers.{kind}')}")
    write_parquet(named / "plans" / "it's part [1].parquet", "select 'a' as plan_id")
    connection = land(named)
    assert customers(connection) == [("c1", None, None)]
    assert connection.execute("select plan_id from raw.plans").fetchall() == [("a",)]


def test_a_name_that_duckdb_has_no_words_for_is_said(folder, tmp_path):
    backslash, with_star = tmp_path / "a\\b", tmp_path / "a\\b*c"
    write_parquet(folder / "plans" / "part.parquet", "select 'a' as plan_id")
    folder.rename(backslash)
    assert land(backslash).execute("select plan_id from raw.plans").fetchall() == [("a",)]
    (backslash / "plans" / "part.parquet").rename(backslash / "plans" / "part[1].parquet")
    assert "plans: the name of the part part[1].parquet holds a backslash and one of * ? [" in problem(backslash)
    backslash.rename(with_star)
    assert f"The name of the landing folder {with_star} holds a backslash and one of * ? [" in problem(with_star)


@pytest.mark.parametrize(
    "spelling", ["landing", "landing/", "./landing", "../{parent}/landing", "{here}/landing/", "link"]
)
def test_any_spelling_of_the_folder_will_do(folder, monkeypatch, spelling):
    monkeypatch.chdir(folder.parent)
    Path("link").symlink_to("landing")
    monkeypatch.setenv("RAW_DATA_DIR", spelling.format(parent=folder.parent.name, here=folder.parent))
    assert dbt_plugin.landing_folder().is_absolute()
    assert dbt_plugin.landing_folder().samefile(folder)


@pytest.mark.parametrize("setting", [None, ""])
def test_without_a_folder_the_demo_business_is_written_once(tmp_path, monkeypatch, capsys, setting):
    if setting is None:
        monkeypatch.delenv("RAW_DATA_DIR", raising=False)
    else:
        monkeypatch.setenv("RAW_DATA_DIR", setting)
    monkeypatch.setattr(settings, "DEMO_FOLDER", tmp_path / "demo")
    monkeypatch.setattr(
        dbt_plugin, "write_demo_business", functools.partial(demo_business.write_demo_business, customers=20)
    )

    def content() -> dict:
        files = dbt_plugin.landing_folder().rglob("*.*")
        return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files if file.is_file()}

    first = content()
    assert first and content() == first
    assert capsys.readouterr().out.count("Writing the demo business") == 1
    assert inspect_folder(tmp_path / "demo")


# -- CSV

HEADER = b"customer_id,country,email\n"

WELL_FORMED = {
    "a byte order mark": (b"\xef\xbb\xbf" + HEADER + b"c1,DE,x\n", [("c1", "DE", "x")]),
    "commas, quotes and newlines in quotes": (HEADER + b'"c,1","D""E","x\ny"\n', [("c,1", 'D"E', "x\ny")]),
    "CRLF": (b'customer_id,country,email\r\nc1,"D\r\nE",x\r\n', [("c1", "D\r\nE", "x")]),
    "CR": (HEADER.replace(b"\n", b"\r") + b"c1,DE,x\r", [("c1", "DE", "x")]),
    "LF and CRLF": (HEADER + b"c1,DE,x\r\nc2,FR,y\n", [("c1", "DE", "x"), ("c2", "FR", "y")]),
    "CRLF and LF": (b"customer_id,country,email\r\nc1,DE,x\nc2,FR,y\r\n", [("c1", "DE", "x"), ("c2", "FR", "y")]),
    "empty fields": (HEADER + b"c1,,\n", [("c1", None, None)]),
    "quoted empty fields": (HEADER + b'c1,"",""\n', [("c1", None, None)]),
    "words that look like null": (HEADER + b"NULL,NA,nan\n", [("NULL", "NA", "nan")]),
    "a header alone": (HEADER, []),
    "a header alone without a newline": (HEADER.strip(), []),
    "no newline at the end": (HEADER + b"c1,DE,x", [("c1", "DE", "x")]),
    "blank lines": (HEADER + b"\nc1,DE,x\n\n\n", [("c1", "DE", "x")]),
    "blanks round the header's names": (b" customer_id , country ,email \nc1,DE,x\n", [("c1", "DE", "x")]),
    "a quoted header": (b'"customer_id","country","email"\nc1,DE,x\n', [("c1", "DE", "x")]),
    "a newline in the header": (b'customer_id,"no\nte",country,email\nc1,,DE,x\n', [("c1", "DE", "x")]),
    "columns without a name": (b"customer_id,country,email,,\nc1,DE,x,,\n", [("c1", "DE", "x")]),
    "unknown columns of one name": (b"x,customer_id,x,country,email\n1,c1,2,DE,x\n", [("c1", "DE", "x")]),
    "an empty field too many": (HEADER + b"c1,DE,x,\nc2,FR,y,,\n", [("c1", "DE", "x"), ("c2", "FR", "y")]),
    "one column": (b"customer_id\nc1\n\nc2\n", [("c1", None, None), ("c2", None, None)]),
    "a NUL byte": (HEADER + b"c1,D\x00E,x\n", [("c1", "D\x00E", "x")]),
    "a quote inside a field": (HEADER + b'c1,5" pipe,x\n', [("c1", '5" pipe', "x")]),
    "a field of 4 MB": (HEADER + b"c1," + b"x" * 4_000_000 + b",y\n", [("c1", "x" * 4_000_000, "y")]),
    "SQL and Jinja": (
        HEADER + b"'); drop table raw.customers; --,{{ exceptions.raise_compiler_error('x') }},{% do x() %}\n",
        [("'); drop table raw.customers; --", "{{ exceptions.raise_compiler_error('x') }}", "{% do x() %}")],
    ),
}


@pytest.mark.parametrize("reader", ["DuckDB first", "line by line"])
@pytest.mark.parametrize("case", WELL_FORMED)
def test_csv_is_read_with(folder, monkeypatch, case, reader):
    if reader == "line by line":
        monkeypatch.setattr(landing, "_is_well_formed", lambda *_: False)
    content, rows = WELL_FORMED[case]
    (folder / "customers.csv").write_bytes(content)
    connection = land(folder)
    assert customers(connection) == rows
    assert unreadable(connection) == []


QUOTE = "a quote is misplaced or not closed"
BROKEN_LINES = {
    "too few fields": (b"c1,DE\n", [(3, "2 fields where the header has 3")]),
    "one field": (b"c1\n", [(3, "1 field where the header has 3")]),
    "too many fields": (b"c1,DE,x,1\n", [(3, "4 fields where the header has 3")]),
    "bytes that are no UTF-8": (b"c0,D\xc3\xa9,x\nc1,D\xff,x\n", [(4, "bytes that are no UTF-8")]),
    "bytes that are no text": (b"c1,D\x81\xff,x\n", [(3, "bytes that are no UTF-8")]),
    "Latin-1": ("c0,Österreich,x\n".encode() + "c1,Österreich,x\n".encode("latin-1"), [(4, "bytes that are no UTF-8")]),
    "text after a quote": (b'c1,"D"E,x\n', [(3, QUOTE)]),
    "an escape with a backslash": (b'c1,"D\\"E",x\n', [(3, QUOTE)]),
    "a quote that is never closed": (b'c1,"DE,x\n', [(3, QUOTE)]),
    "two of them": (b'c1,"DE,x\nc1,"DE,x\n', [(3, QUOTE), (4, QUOTE)]),
    "a carriage return in a field": (
        b"c1,D\rE,x\n",
        [(3, "2 fields where the header has 3"), (4, "2 fields where the header has 3")],
    ),
    "a line of 20 MB": (b"c1," + b"x" * 20_000_000 + b",y\n", [(3, "the line is too long")]),
    "a line of 20 MB after a quote that is never closed": (
        b'c1,"DE\nc1,x,' + b"x" * 20_000_000 + b"\r\n",
        [(3, QUOTE), (4, "the line is too long")],
    ),
    "a quote that is never closed before 9 MB": (b'c1,"DE,x\n' + b"c0,DE,x\n" * 1_200_000, [(3, QUOTE)]),
    "a bad line after one with newlines": (b'c0,"D\n\nE",x\nc1\n', [(6, "1 field where the header has 3")]),
}


@pytest.mark.parametrize("case", BROKEN_LINES)
def test_a_line_that_is_no_row_costs_itself_alone(folder, case):
    content, problems = BROKEN_LINES[case]
    (folder / "customers.csv").write_bytes(HEADER + b"a,DE,x\n" + content + b'z,FR,"y, z"\n')
    connection = land(folder)
    assert [row for row in customers(connection) if row[0] != "c0"] == [("a", "DE", "x"), ("z", "FR", "y, z")]
    assert unreadable(connection) == problems
    kept = connection.execute(
        "select min(raw_table), bool_and(line like 'c1%' or line like 'E,%') from raw.unreadable_lines"
    )
    assert kept.fetchone() == ("customers", True)


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_a_line_is_never_held_whole(tmp_path, line_end):
    """However long it is, and wherever the pieces in which it is read end."""
    longest, cut = 1_000, 8_192
    for length in (longest - 5, longest - 4, longest - 3, cut - 5, cut - 4, cut - 3, 5 * longest + 1, 40_000_000):
        file = tmp_path / "long.csv"
        file.write_bytes(line_end.join([b"a,b", b"x," + b"x" * length, b"1,2", b"3", b""]))
        tracemalloc.start()
        rows, unreadable_lines = csv_lines.split_lines(file, 2, longest, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000
        assert rows.read_text().splitlines()[-1] == '"1","2"'
        found = [line.split(",")[0] for line in unreadable_lines.read_text().splitlines()[1:]]
        assert found == (['"2"', '"4"'] if length + 2 + len(line_end) > longest else ['"4"'])
    (tmp_path / "one line.csv").write_bytes(b"x" * 20_000_000)
    with pytest.raises(ValueError, match="it is too long"):
        csv_lines.read_header(tmp_path / "one line.csv")


PIECES = [b"1", b"x", b",", b",", b'"', b'""', b"\n", b"\n", b"\r\n", b"\r", b" ", b"\xff", b"\xc3\xa9", b"\x00", b"\\",
          b"1,2,3\n", b"1,2,3\n", b'1,"a\nb",3\n']  # fmt: skip


@given(header=st.sampled_from([HEADER, HEADER.replace(b"\n", b"\r\n")]), pieces=st.lists(st.sampled_from(PIECES)))
def test_any_bytes_are_rows_or_unreadable_lines_whichever_way_they_are_read(header, pieces):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "subscription_events.csv").write_text(EVENT_COLUMNS, encoding="utf-8")
        (folder / "customers.csv").write_bytes(header + b"".join(pieces))
        first = land(folder)
        with mock.patch.object(landing, "_is_well_formed", lambda *_: False):
            second = land(folder)
    assert (customers(first), unreadable(first)) == (customers(second), unreadable(second))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"customer_id,country,country", "customers: the header of customers.csv names country more than once"),
        (b"customer_id,Country,country", "customers: the header of customers.csv names country more than once"),
        (b"customer_id,c\x81untry", "customers: the header of customers.csv is not readable (its bytes are no UTF-8)"),
        ("customer_id".encode("utf-32"), "customers: the header of customers.csv is not readable"),
        (b'customer_id,"cou', "customers: the header of customers.csv is not readable"),
        (b"", "customers: missing required columns customer_id (customers.csv is empty)"),
        (b"\xef\xbb\xbf", "customers: missing required columns customer_id (customers.csv is empty)"),
        (b"customer_id:country", "customers: missing required columns customer_id (its header is one name"),
    ],
)
def test_a_header_that_cannot_be_used_is_named(folder, header, message):
    (folder / "customers.csv").write_bytes(header)
    assert message in problem(folder)


# -- the real dbt, each in a process of its own


def dbt(raw_data_dir: Path | str, warehouse: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run dbt in the project, with what it writes next to the warehouse."""
    environment = shared.environment(warehouse.parent, raw_data_dir)
    return commands.run(commands.DBT, *arguments, "--no-use-colors", env=environment)


def marts(warehouse: Path) -> dict[str, int]:
    """Rows by mart."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        find = "select table_name from information_schema.tables where table_schema = 'marts'"
        names = connection.execute(find).fetchall()
        return {name: connection.execute(f"select count(*) from marts.{name}").fetchone()[0] for (name,) in names}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A warehouse that dbt built from CSV with broken lines and hostile values, in a folder with a bad name."""
    place = tmp_path_factory.mktemp("a warehouse")
    folder = place / "it's a landing [1] {{ x }}"
    folder.mkdir()
    (folder / "subscription_events.csv").write_text(
        f"{EVENT_COLUMNS},reason_text\n{EVENT},{{{{ exceptions.raise_compiler_error('x') }}}}\n"
        "e2,'); drop schema marts cascade; --,s2,started,2024-01-02,\ne3,c3\ne4,c4,s4,started,someday,\n",
        encoding="utf-8",
    )
    (folder / "customers.csv").write_text("customer_id\nc1\n", encoding="utf-8")
    result = dbt(folder, place / "warehouse.duckdb", "build")
    assert result.returncode == 0, result.stdout
    return place / "warehouse.duckdb"


def test_every_mart_is_there_without_optional_tables_and_with_hostile_values(built):
    rows = marts(built)
    assert rows.keys() == {file.stem for file in (harness.PROJECT / "models" / "marts").rglob("*.sql")}
    assert rows["dim_customers"] == 2 and rows["dim_plans"] == rows["fct_survey_responses"] == rows["rpt_nps"] == 0
    with duckdb.connect(str(built), read_only=True) as connection:
        counts = (
            "select * exclude raw_table from marts.rpt_event_reconciliation where raw_table = 'subscription_events'"
        )
        assert connection.execute(counts).fetchall() == [(4, 2, 0, 2)]
        quarantine = connection.execute(
            "select row_key, reason, raw_row from marts.rpt_quarantine order by 1"
        ).fetchall()
    assert quarantine[0][:2] == ("e4", "unreadable_occurred_at")
    assert quarantine[1] == ("line 4", "unreadable_line", "2 fields where the header has 6")


def test_a_folder_that_cannot_be_built_from_leaves_no_trace(built, tmp_path):
    landed = tmp_path / "landed"
    landed.mkdir()
    (landed / "orders.csv").write_text("order_id\n", encoding="utf-8")
    for warehouse in (built, tmp_path / "new" / "warehouse.duckdb"):
        before = warehouse.read_bytes() if warehouse.exists() else None
        result = dbt(landed, warehouse, "build")
        assert result.returncode != 0
        assert "Traceback" not in result.stdout + result.stderr
        assert f"The landing folder {landed} cannot be built from" in result.stdout
        assert "subscription_events: the table is missing" in result.stdout
        assert f"it needs the columns {EVENT_COLUMNS.replace(',', ', ')}" in result.stdout
        assert "customers: the table is missing" in result.stdout
        assert "orders: missing required columns customer_id, ordered_at, amount" in result.stdout
        assert (warehouse.read_bytes() if warehouse.exists() else None) == before


def test_a_warehouse_takes_another_folder_and_the_first_one_again(built, tmp_path):
    write_parquet(
        tmp_path / "subscription_events" / "1.parquet",
        "select 'x' || i as event_id, 'c' || i as customer_id, 's' || i as subscription_id, 'started' as event_type, "
        "timestamp '2024-01-01' as occurred_at from range(5) numbers(i)",
    )
    write_parquet(tmp_path / "customers.parquet", "select 'c1' as customer_id")
    first = next(built.parent.glob("it's*"))
    for folder, accepted in ((tmp_path, 5), (first, 2)):
        # views over Parquet take the place of tables from CSV, and back
        result = dbt(folder, built, "build", "--select", "+stg_billing__subscription_events")
        assert result.returncode == 0, result.stdout
        with duckdb.connect(str(built), read_only=True) as connection:
            events = connection.execute("select count(*) from staging.stg_billing__subscription_events").fetchone()
            assert events == (accepted,)


def test_a_warehouse_in_use_is_said_in_one_sentence(built, folder):
    with duckdb.connect(str(built)):
        result = dbt(folder, built, "build")
    assert result.returncode != 0
    said = rf"The warehouse {re.escape(str(built))} is in use by \S+ \(process {os.getpid()}\): wait until it is done"
    assert re.search(said, result.stdout)
    assert "Traceback" not in result.stdout + result.stderr


def test_a_warehouse_that_is_no_database_is_said_in_one_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("no database")
    with pytest.raises(dbt_plugin.WarehouseError, match=r"notes\.txt cannot be opened.*not a valid DuckDB"):
        dbt_plugin.try_warehouse(str(tmp_path / "notes.txt"), {})


@pytest.mark.parametrize("left", ["0 bytes", "its header", "half", "all but the last byte"])
def test_a_warehouse_that_was_cut_off_is_to_be_removed(built, tmp_path, left):
    dense = tmp_path / "dense.duckdb"
    with duckdb.connect(str(dense)) as connection:  # a copy holds no block that is free
        connection.execute(f"attach {sql_text(str(built))} as built (read_only); copy from database built to dense")
    content = dense.read_bytes()
    whole = len(content)
    cut = tmp_path / "cut.duckdb"
    cut.write_bytes(
        content[: {"0 bytes": 0, "its header": 12_288, "half": whole // 2, "all but the last byte": whole - 1}[left]]
    )
    with pytest.raises(dbt_plugin.WarehouseError, match=r"it is damaged: remove it, and cut\.duckdb\.wal beside it"):
        dbt_plugin.try_warehouse(str(cut), {})
    cut.write_bytes(content)
    dbt_plugin.try_warehouse(str(cut), {})


def test_a_warehouse_that_let_go_of_its_last_blocks_is_whole(tmp_path):
    """DuckDB still counts them, as free ones."""
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        for step in range(6):
            rows = (6 - step) * 300_000
            connection.execute(f"create or replace table t{step % 2} as select range, hash(range) from range({rows})")
            connection.execute("checkpoint")
        connection.execute("drop table t0; drop table t1; checkpoint")
    with duckdb.connect(str(warehouse)) as connection:
        counted = connection.execute("select block_size * total_blocks from pragma_database_size()").fetchone()[0]
    assert warehouse.stat().st_size < counted
    dbt_plugin.try_warehouse(str(warehouse), {})


def test_settings_that_cannot_be_used_are_all_named_before_anything_is_written(folder):
    """By dbt itself, in the words of `make build`."""
    given = '{as_of: "2024-02-30", known_at: soon, reporting_timezone: Berlin, fiscal_year_start_month: 13, '
    given += (
        "lifecycle: both, gross_margin: 80, annual_discount_rate: (select 1), reporting_currency: x, grossmargin: 1}"
    )
    result = dbt(folder, folder.parent / "warehouse.duckdb", "build", "--vars", given)
    assert result.returncode != 0
    assert "Traceback" not in result.stdout + result.stderr
    with pytest.raises(settings.SettingsError) as refused:
        settings.check_vars(given)
    assert len(refused.value.problems) == 9
    for problem in refused.value.problems:
        assert problem in " ".join(result.stdout.split())
    assert not (folder.parent / "warehouse.duckdb").exists()
