"""What is exported: workbooks with every value, the changes of queues, and how those get to another tool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import duckdb
import openpyxl
import pytest

from warehouse import export as exporting
from warehouse.export import export

PROJECT = Path(__file__).parents[2]
QUEUE = "sync_action_queue"
COLUMNS = (
    "customer_id varchar, trigger_code varchar, triggered_at timestamp, status varchar, reason varchar, "
    "priority integer"
)


def publish(file: Path, *rows: tuple, columns: str = COLUMNS) -> Path:
    """A published file with a queue of these rows: customer, status, reason and priority."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"create table {QUEUE} ({columns})")
        for customer_id, status, reason, priority in rows:
            row = [customer_id, "low_nps", datetime(2024, 1, 1), status, reason, priority]
            marks = ", ".join("?" * len(columns.split(", ")))
            connection.execute(f"insert into {QUEUE} values ({marks})", [*row, *[None] * (marks.count("?") - len(row))])
    return file


def changes(folder: Path) -> list[tuple]:
    with duckdb.connect() as connection:
        file = folder / f"{QUEUE}_changes.parquet"
        query = "select change, customer_id, status, reason from read_parquet(?) order by all"
        return connection.execute(query, [str(file)]).fetchall()


def test_the_changes_of_a_queue_are_those_since_the_last_export(tmp_path: Path) -> None:
    published, out = tmp_path / "marts.duckdb", tmp_path / "out"
    publish(published, ("a", "open", "=x", 1), ("b", "open", "x", 2), ("c", "closed", "x", None))
    written = [file.name for file in export(published, out)]
    ends = (".csv", ".xlsx", "_changes.csv", "_changes.parquet", ".parquet")
    assert written == [*(QUEUE + end for end in ends), "contents.xlsx"]
    assert [row[:2] for row in changes(out)] == [("new", "a"), ("new", "b"), ("new", "c")]
    assert changes(out)[0][3] == "=x" and "'=x" in (out / f"{QUEUE}_changes.csv").read_text()

    export(published, out)
    assert changes(out) == []

    # b closes, c lapses after it closed, d is new, e vanishes unclosed later, a has another place only
    publish(published, ("a", "open", "=x", 2), ("b", "closed", "x", None), ("d", "open", "x", 1), ("e", "open", "x", 3))
    export(published, out)
    assert changes(out) == [("closed", "b", "closed", "x"), ("new", "d", "open", "x"), ("new", "e", "open", "x")]

    publish(published, ("a", "open", "y", 1), ("b", "open", "x", 2), ("d", "open", "x", 3))
    export(published, out)
    assert changes(out) == [("changed", "a", "open", "y"), ("changed", "b", "open", "x"), ("closed", "e", "open", "x")]


def test_a_column_that_was_not_there_before_changes_nothing(tmp_path: Path) -> None:
    published, out = tmp_path / "marts.duckdb", tmp_path / "out"
    export(publish(published, ("a", "open", "x", 1)), out)
    export(publish(published, ("a", "open", "x", 1), ("b", "open", "x", 2), columns=f"{COLUMNS}, note varchar"), out)
    assert changes(out) == [("new", "b", "open", "x")]


def test_an_export_that_fails_on_the_way_loses_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published, out = tmp_path / "marts.duckdb", tmp_path / "out"
    export(publish(published, ("a", "open", "x", 1)), out)
    publish(published, ("a", "open", "x", 1), ("b", "open", "x", 2))
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    replace = os.replace

    def fail_at(name: str) -> None:
        def failing(draft: Path, file: Path) -> None:
            if file.name == name:
                raise OSError(28, "No space left on device", str(file))
            replace(draft, file)

        monkeypatch.setattr(exporting.os, "replace", failing)

    fail_at(f"{QUEUE}.csv")
    with pytest.raises(exporting.ExportError, match="No space left"):
        export(published, out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before, "whole, and no draft is left"
    fail_at(f"{QUEUE}.parquet")
    with pytest.raises(exporting.ExportError, match="No space left"):
        export(published, out)
    monkeypatch.undo()
    export(published, out)
    assert changes(out) == [("new", "b", "open", "x")]


def test_parquet_has_the_rows_of_the_mart(demo_build: SimpleNamespace, tmp_path: Path) -> None:
    export(demo_build.published, tmp_path, ["rpt_clv"])
    with duckdb.connect(str(demo_build.published), read_only=True) as connection:
        (schema,) = connection.execute(
            "select table_schema from information_schema.tables where table_name = 'rpt_clv'"
        ).fetchone()
        rows = [
            connection.execute(f"select * from {relation} order by all").fetchall()
            for relation in (f"{schema}.rpt_clv", f"read_parquet('{tmp_path}/rpt_clv.parquet')")
        ]
    assert rows[0] == rows[1] != []


# -- workbooks


def sheet_of(file: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(file).active


def shown_in(sheet: openpyxl.worksheet.worksheet.Worksheet) -> dict[str, openpyxl.cell.Cell]:
    """A cell of each column that has a value."""
    cells = {column[0].value: [cell for cell in column[1:] if cell.value is not None] for column in sheet.columns}
    return {name: found[0] for name, found in cells.items() if found}


def as_in_a_cell(value: object) -> object:
    """A value as a workbook can hold it."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time())
    return float(value) if isinstance(value, Decimal) else exporting.harmless(value)


def test_a_workbook_has_every_value_of_its_mart(demo_build: SimpleNamespace, tmp_path: Path) -> None:
    with duckdb.connect(str(demo_build.published), read_only=True) as connection:
        counts = "select table_name from duckdb_tables() where estimated_size between 1 and 1000 order by table_name"
        marts = [name for (name,) in connection.execute(counts).fetchall()]
        export(demo_build.published, tmp_path, marts)
        compared = 0
        for mart in marts:
            rows = connection.execute(f"select * from marts.{mart} order by all").fetchall()
            heading, *cells = sheet_of(tmp_path / f"{mart}.xlsx").iter_rows(values_only=True)
            assert list(heading) == [column[0] for column in connection.description], mart
            wanted = [tuple(map(as_in_a_cell, row)) for row in rows]
            read = [tuple(v.replace(microsecond=0) if isinstance(v, datetime) else v for v in row) for row in cells]
            assert read == wanted, mart
            assert [[type(v) is bool for v in row] for row in read] == [
                [type(v) is bool for v in row] for row in wanted
            ]
            compared += len(rows) * len(heading)
    assert len(marts) > 20 and compared > 50_000


ODD = {
    "of_type_bool": ("boolean", [True, False]),
    "of_type_int": ("bigint", [0, -(2**53), 2**53 + 1]),
    "of_type_double": ("double", [0.1 + 0.2, 1e-300, -1.5e300, 0.0]),
    "of_type_money": ("decimal(38, 6)", [Decimal("12345678.901234"), Decimal("-0.000001")]),
    "of_type_day": ("date", [date(1900, 3, 1), date(2024, 2, 29), date(1899, 12, 31), date(9999, 12, 31)]),
    "of_type_time": ("timestamp", [datetime(2024, 2, 29, 23, 59, 59), datetime(1899, 1, 1, 1)]),
    "of_type_text": (
        "varchar", ["", " a ", "a&b<c>d\"e'", "a\nb\rc", "_x0041_ A", "\U0001f600 \u0645", "007", "=1", "x" * 40_000]
    ),
    "of_type_list": ("integer[]", [[1, 2]]),
}  # fmt: skip


def test_odd_values_are_what_they_are_or_texts(tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    with duckdb.connect(str(published)) as connection:
        for name, (data_type, values) in ODD.items():
            connection.execute(f"create table {name} (place integer, value {data_type})")
            connection.executemany(f"insert into {name} values (?, ?)", list(enumerate([*values, None])))
    export(published, tmp_path / "out")

    def read(name: str) -> list[object]:
        return [value for _, value in list(sheet_of(tmp_path / "out" / f"{name}.xlsx").values)[1:]]

    texts = ODD["of_type_text"][1]
    assert read("of_type_bool") == [True, False, None]
    assert read("of_type_int") == [0, -(2**53), str(2**53 + 1), None]
    assert read("of_type_double") == [*ODD["of_type_double"][1], None]
    assert read("of_type_money") == [12345678.901234, -0.000001, None]
    assert read("of_type_day") == [
        datetime(1900, 3, 1), datetime(2024, 2, 29), "1899-12-31", datetime(9999, 12, 31), None
    ]  # fmt: skip
    assert read("of_type_time") == [datetime(2024, 2, 29, 23, 59, 59), "1899-01-01 01:00:00", None]
    assert read("of_type_text") == [
        *texts[:4], "_x005F_x0041_ A", *texts[5:7], "'=1", "x" * 32_767, None
    ]  # fmt: skip
    assert read("of_type_list") == ["[1, 2]", None]


def test_a_workbook_is_made_for_people(demo_build: SimpleNamespace, tmp_path: Path) -> None:
    written = export(demo_build.published, tmp_path, ["dim_customers", "rpt_dunning", "rpt_clv"])
    sheet = sheet_of(tmp_path / "rpt_dunning.xlsx")
    shown = shown_in(sheet)
    formats = {name: shown[name].number_format for name in ("mrr_lost", "recovery_rate", "period_start")}
    assert formats == {"mrr_lost": "#,##0.00", "recovery_rate": "0.00%", "period_start": "yyyy-mm-dd"}
    assert shown["period_start"].is_date
    assert sheet.dimensions == f"A1:S{sheet.max_row}"
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == f"A1:S{sheet.max_row}"
    notes = {cell.value: cell.comment.text for cell in sheet[1]}
    assert "null = none is over" in notes["recovery_rate"]
    assert notes["mrr_lost"].endswith("USD.") and "USD" not in notes["recovery_rate"]
    assert sheet.column_dimensions["A"].width >= len("period_grain")
    clv = shown_in(sheet_of(tmp_path / "rpt_clv.xlsx"))
    assert [clv[name].number_format for name in ("cac", "cac_payback_months", "clv_to_cac", "monthly_churn_rate")] == [
        "#,##0.00", "#,##0.00##", "#,##0.00##", "0.00%"
    ]  # fmt: skip
    assert sheet_of(tmp_path / "dim_customers.xlsx")["A2"].number_format == "@", "an id is a text"

    book = openpyxl.load_workbook(written[-1])
    contents = list(book["Contents"].iter_rows(min_row=2))
    assert [row[0].value for row in contents] == ["dim_customers", "rpt_clv", "rpt_dunning"]
    assert all((tmp_path / row[0].hyperlink.target).exists() for row in contents)
    assert all(row[2].value.endswith("?") and row[3].value.startswith("One row per") for row in contents)
    assert contents[2][1].value == sheet.max_row - 1 and contents[2][5].value == "USD"
    columns = {row[:2]: row[3] for row in book["Columns"].values}
    assert columns["dim_customers", "customer_id"] == "Id of the customer as landed."


def test_a_workbook_speaks_arabic_and_persian(demo_build: SimpleNamespace, tmp_path: Path) -> None:
    for language, heading, title in (("ar", "معدل تسرب العملاء", "المحتويات"), ("fa", "نرخ ریزش مشتری", "فهرست")):
        *_, contents = export(demo_build.published, tmp_path / language, ["rpt_churn_rate_definitions"], language)
        sheet = sheet_of(tmp_path / language / "rpt_churn_rate_definitions.xlsx")
        headings = {cell.value: cell.comment.text.split("\n")[0] for cell in sheet[1]}
        assert headings[heading] == "churn_rate" and headings["period_grain"] == "period_grain"
        book = openpyxl.load_workbook(contents)
        assert book.sheetnames[0] == title
        assert all(one.sheet_view.rightToLeft for one in (sheet, *book))


def test_a_mart_beyond_a_workbook_is_linked_as_csv(
    demo_build: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "WORKBOOK_ROWS", 36)
    written = export(demo_build.published, tmp_path, ["rpt_clv"])
    assert [file.name for file in written] == ["rpt_clv.csv", "rpt_clv.parquet", "contents.xlsx"]
    assert sheet_of(written[-1])["A2"].hyperlink.target == "rpt_clv.csv"


# -- the recipe of docs/operations.md


@contextmanager
def receiver(*answers: int) -> Iterator[SimpleNamespace]:
    """A server that gives these answers, then 200; it keeps what it took, by key."""
    pending, took, calls = list(answers), {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = pending.pop(0) if pending else 200
            calls.append((answer, self.headers["Authorization"]))
            if answer == 200:
                took[self.headers["Idempotency-Key"]] = json.loads(body)
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/", took=took, calls=calls)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(url: str, file: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "WEBHOOK_URL": url, "WEBHOOK_TOKEN": "t", "WEBHOOK_FIRST_WAIT": "0.01"}
    command = [sys.executable, str(PROJECT / "examples" / "send_changes.py"), str(file)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_changes_are_sent_once_though_the_receiver_fails_once(tmp_path: Path) -> None:
    export(publish(tmp_path / "marts.duckdb", ("a", "open", "x", 1), ("b", "open", "é", 2)), tmp_path / "out")
    file = tmp_path / "out" / f"{QUEUE}_changes.parquet"
    with receiver(503) as server:
        run = send(server.url, file)
        assert (run.returncode, run.stdout) == (0, f"2 changes of {file.name} sent\n")
        assert server.calls == [(503, "Bearer t"), (200, "Bearer t"), (200, "Bearer t")]
        assert sorted(change["row"]["customer_id"] for change in server.took.values()) == ["a", "b"]
        assert {(change["table"], change["change"]) for change in server.took.values()} == {(QUEUE, "new")}
        assert not file.exists() and send(server.url, file).returncode == 0
        assert len(server.calls) == 3, "what was sent is not sent again"


def test_a_run_that_was_stopped_sends_the_same_keys_again(tmp_path: Path) -> None:
    export(publish(tmp_path / "marts.duckdb", ("a", "open", "x", 1), ("b", "open", "x", 2)), tmp_path / "out")
    file = tmp_path / "out" / f"{QUEUE}_changes.parquet"
    with receiver(200, 400) as server:
        run = send(server.url, file)
        assert run.returncode == 1 and run.stdout.startswith("1 sent, then:") and "HTTP 400" in run.stdout
        assert file.exists()
        assert send(server.url, file).returncode == 0
        assert len(server.took) == 2 and [answer for answer, _ in server.calls] == [200, 400, 200, 200]


def test_a_receiver_that_is_not_there_is_said(tmp_path: Path) -> None:
    export(publish(tmp_path / "marts.duckdb", ("a", "open", "x", 1)), tmp_path / "out")
    with receiver() as server:
        url = server.url
    run = send(url, tmp_path / "out" / f"{QUEUE}_changes.parquet")
    assert run.returncode == 1 and "was not taken" in run.stdout
