"""What is exported beside the whole tables: the changes of queues, and how they get to another tool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import duckdb
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
    assert written == [QUEUE + end for end in ends]
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
