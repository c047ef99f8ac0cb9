"""The gates before a build and before publishing: what stops, what warns, and pages that need no network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import harness
import pytest

from warehouse.quality import Finding, GateError, check_landing, check_marts, stop_or_say

LAST = datetime(2025, 6, 30)


def sound_tables() -> dict[str, list[dict]]:
    """A business of 400 customers with 100 days of events and tickets."""
    tables: dict[str, list[dict]] = {name: [] for name in ("subscription_events", "customers", "support_tickets")}
    for number in range(400):
        time = str(LAST - timedelta(days=number % 100))
        tables["customers"].append({"customer_id": f"c{number}"})
        tables["support_tickets"].append({"ticket_id": f"t{number}", "customer_id": f"c{number}", "opened_at": time})
        for event in range(4):
            tables["subscription_events"].append(
                {"event_id": f"e{number}-{event}", "customer_id": f"c{number}", "subscription_id": f"s{number}",
                 "event_type": "renewed", "occurred_at": time, "amount": str(10 + event)}
            )  # fmt: skip
    return tables


def gate(folder: Path, tables: dict[str, list[dict]]) -> list[Finding]:
    landing = folder / "landing"
    landing.mkdir(exist_ok=True)
    harness.write_landing(landing, tables)
    return check_landing(landing, folder / "history.json", folder / "docs")


def broken(table: str, column: str, value: Callable[[dict], str | None] | str | None, share: float) -> Callable:
    def change(tables: dict[str, list[dict]]) -> None:
        rows = tables[table]
        for row in rows[: round(len(rows) * share)]:
            row[column] = value(row) if callable(value) else value

    return change


def later(days: int) -> Callable[[dict], str]:
    return lambda row: str(datetime.fromisoformat(row["occurred_at"]) + timedelta(days=days))


def recent_rows_gone(tables: dict[str, list[dict]]) -> None:
    events = tables["subscription_events"]
    since = str(LAST - timedelta(days=7))
    kept = [row for row in events if row["occurred_at"] <= since]
    tables["subscription_events"] = kept + [row for row in events if row["occurred_at"] == str(LAST)][:2]


def stopped_feed(tables: dict[str, list[dict]]) -> None:
    since = str(LAST - timedelta(days=20))
    tables["support_tickets"] = [row for row in tables["support_tickets"] if row["opened_at"] < since]


LANDINGS = {
    "a sound landing": (lambda _: None, []),
    "a few ids missing": (
        broken("subscription_events", "customer_id", None, 0.05),
        [("warn", "raw.subscription_events: at most 1% of customer_id is missing (80 of 1,600 rows are not)")],
    ),
    "many ids missing": (
        broken("support_tickets", "opened_at", None, 0.5),
        [("stop", "raw.support_tickets: at most 20% of opened_at is missing (200 of 400 rows are not)"),
         ("warn", "raw.support_tickets: at most 1% of opened_at is missing (200 of 400 rows are not)")],
    ),
    "some unknown customers": (
        broken("support_tickets", "customer_id", lambda row: f"x{row['ticket_id']}", 0.1),
        [("warn", "raw.support_tickets: at most 5% of its customer_id is unknown to customers (ids 400, unknown 40)")],
    ),
    "customers of another system": (
        broken("support_tickets", "customer_id", lambda row: f"x{row['ticket_id']}", 1),
        [("stop", "raw.support_tickets: at most 90% of its customer_id is unknown to customers (ids 400, unknown 400)"),
         ("warn", "raw.support_tickets: at most 5% of its customer_id is unknown to customers (ids 400, unknown 400)")],
    ),
    "a clock that runs ahead": (
        broken("subscription_events", "occurred_at", later(365 * 70), 0.005),
        [("warn", "raw.subscription_events: no row is more than 2 days ahead of now (rows_ahead 8)")],
    ),
    "cents for units": (
        broken("subscription_events", "amount", "1200000", 0.02),
        [("warn", "raw.subscription_events: at most 1.0% of amount is more than 1000 times its median "
                  "(amounts 1600, unusual 32)")],
    ),
    "a feed that stopped": (
        stopped_feed,
        [("warn", "raw.support_tickets: its last row is at most 14 days behind the other tables' (days_behind 21)")],
    ),
    "a week that is nearly empty": (
        recent_rows_gone,
        [("warn", "raw.subscription_events: its last 7 days have 0.2 to 5 times the usual rows "
                  "(recent_rows 2, usual_rows 112.0)")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LANDINGS)
def test_the_landing_gate_finds(case, tmp_path):
    change, expected = LANDINGS[case]
    tables = sound_tables()
    change(tables)
    assert [(finding.severity, str(finding)) for finding in gate(tmp_path, tables)] == expected


def test_volumes_are_compared_with_earlier_builds_of_the_same_folder(tmp_path):
    tables = sound_tables()
    assert gate(tmp_path, tables) == []
    remembered = (tmp_path / "history.json").read_text()
    assert json.loads(remembered)[0]["rows"]["subscription_events"] == 1600
    fewer = tables | {"subscription_events": tables["subscription_events"][::3]}
    (stop,) = [finding for finding in gate(tmp_path, fewer) if finding.severity == "stop"]
    assert str(stop) == (
        "raw.subscription_events: it has at least 50% of the usual 1,600 (earlier builds; delete their history if this "
        "is right) (found 534)"
    )
    assert (tmp_path / "history.json").read_text() == remembered  # what stops is not the new usual
    more = tables | {"support_tickets": [row | {"ticket_id": f"{row['ticket_id']}-{copy}"} for copy in range(4)
                                         for row in tables["support_tickets"]]}  # fmt: skip
    assert [(f.severity, f.table) for f in gate(tmp_path, more)] == [("warn", "raw.support_tickets")]


def test_what_stops_is_said_with_its_numbers_and_what_warns_goes_to_the_summary():
    stop, warn = Finding("raw.a", "stop", "it has rows", "found 0"), Finding("raw.b", "warn", "it is new", "days 9")
    assert stop_or_say([warn]) == ["raw.b: it is new (days 9)"]
    with pytest.raises(GateError, match=r"^raw\.a: it has rows \(found 0\)$"):
        stop_or_say([stop, warn])


def test_a_gate_that_stops_leaves_no_warehouse(tmp_path):
    tables = sound_tables()
    broken("subscription_events", "event_id", None, 0.5)(tables)
    landing = tmp_path / "landing"
    landing.mkdir()
    harness.write_landing(landing, tables)
    places = {"RAW_DATA_DIR": landing, "WAREHOUSE_PATH": tmp_path / "w.duckdb", "PUBLISHED_PATH": tmp_path / "p.duckdb",
              "DBT_TARGET_PATH": tmp_path / "target"}  # fmt: skip
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    command = [sys.executable, "-m", "warehouse.build"]
    run = subprocess.run(command, cwd=harness.PROJECT, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert "Nothing was published:" in run.stdout
    assert "at most 20% of event_id is missing (800 of 1,600 rows are not)" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert not (tmp_path / "w.duckdb").exists() and not (tmp_path / "p.duckdb").exists()


# -- the marts


def test_the_demo_passes_the_audit_and_the_file_is_free_afterwards(demo_build: SimpleNamespace, tmp_path):
    draft = tmp_path / "draft.duckdb"
    shutil.copyfile(demo_build.published, draft)
    assert [finding for finding in check_marts(draft, tmp_path / "docs") if finding.severity == "stop"] == []
    duckdb.connect(str(draft)).close()  # to write: no reader is left


BREAKS = {
    "update {}.rpt_churn_rates set churn_rate = 1.5 where churn_rate > 0.2":
        ("stop", "rpt_churn_rates", "churn_rate is inside 0 to 1"),
    "update {}.rpt_retention_rates set retention_rate_lower = -0.1 where retention_rate > 0.5":
        ("stop", "rpt_retention_rates", "retention_rate_lower is inside 0 to 1"),
    "update {}.rpt_retention_rates set gross_revenue_retention = -44 where period_grain = 'month'":
        ("stop", "rpt_retention_rates", "gross_revenue_retention is inside 0 to 1"),
    "update {}.rpt_mrr_movements set gross_mrr_churn_rate = 45 where period_grain = 'month'":
        ("stop", "rpt_mrr_movements", "gross_mrr_churn_rate is inside 0 to 1"),
    "update {}.rpt_survival_curves set incidence_voluntary = 1.1 where tenure_days = 0":
        ("stop", "rpt_survival_curves", "incidence_voluntary is inside 0 to 1"),
    "update {}.rpt_preventable_churn set preventable_share = 2":
        ("stop", "rpt_preventable_churn", "preventable_share is inside 0 to 1"),
    "update {}.rpt_nps set nps_lower = -106.6 where nps < -50": ("stop", "rpt_nps", "nps_lower is inside -100 to 100"),
    "update {}.rpt_nps set nps = 101 where nps > 90": ("stop", "rpt_nps", "nps is inside -100 to 100"),
    "update {}.rpt_churn_rates set customers_moved_in = 1 where segment_type = 'all' and period_grain = 'year'":
        ("stop", "rpt_churn_rates", "customers at the end are those of the start and what moved"),
    "update {}.rpt_mrr_movements set mrr_new = mrr_new + 0.000001 where period_grain = 'year'":
        ("stop", "rpt_mrr_movements", "MRR at the end is that of the start and what moved"),
    "update {}.rpt_event_reconciliation set raw_rows = raw_rows + 1":
        ("stop", "rpt_event_reconciliation", "raw rows are accepted, duplicates or quarantined"),
    "delete from {}.fct_segment_periods where period_start = date '2025-03-01' and period_grain = 'month'":
        ("stop", "fct_segment_periods", "each period begins where the one before ends"),
    "update {}.rpt_mrr_movements set mrr_end = mrr_end * 3, mrr_new = mrr_new + mrr_end * 2 "
    "where period_start = date '2025-11-01' and period_grain = 'month'":
        ("warn", "rpt_mrr_movements", "mrr_end changed in the last complete month as it usually does"),
}  # fmt: skip


def test_the_audit_finds_each_break(demo_build: SimpleNamespace, tmp_path):
    draft = tmp_path / "draft.duckdb"
    shutil.copyfile(demo_build.published, draft)
    with duckdb.connect(str(draft)) as connection:
        (schema,) = connection.execute(
            "select table_schema from information_schema.tables where table_name = 'rpt_nps'"
        ).fetchone()
        for statement in BREAKS:
            connection.execute(statement.format(schema))
    found = {(f.severity, f.table.split(".")[1], f.says) for f in check_marts(draft, tmp_path / "docs")}
    assert set(BREAKS.values()) <= found


def test_every_interval_of_a_mart_is_tested_to_hold_its_value(demo_build: SimpleNamespace):
    nodes = demo_build.manifest["nodes"].values()
    with_interval = {
        node["unique_id"]
        for node in nodes
        if node["resource_type"] == "model"
        and node["schema"].endswith("marts")
        and any({f"{name}_lower", f"{name}_upper"} <= node["columns"].keys() for name in node["columns"])
    }
    tested = {
        node["attached_node"]
        for node in nodes
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == "intervals_hold_their_values"
    }
    assert with_interval == tested and len(tested) > 10


# -- the pages


def test_pages_open_from_the_disk_without_a_network_and_show_no_value(tmp_path):
    tables = sound_tables()
    broken("support_tickets", "customer_id", "ann@example.com", 0.5)(tables)
    gate(tmp_path, tables)
    pages = list((tmp_path / "docs").rglob("*.html"))
    assert tmp_path / "docs" / "index.html" in pages and len(pages) > 20
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"'](https?:)?//", html), page
        assert "ann@example.com" not in html
    index = (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<td><a href="validations/[^"]*raw\.support_tickets\.html">open</a></td>', index)
    (tickets,) = [page for page in pages if "validations" in page.parts and "support_tickets" in page.name]
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed: the pages were read, not opened")
    for page in (tmp_path / "docs" / "index.html", tickets):
        log = tmp_path / "net.json"
        shown = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom",
             f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}", f"file://{page}"],
            capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip
        assert "support_tickets" in shown
        asked = set(re.findall(r"\"url\":\"https?://([^/\"]+)", log.read_text(encoding="utf-8", errors="replace")))
        assert {host for host in asked if not host.endswith(".google.com")} == set()  # those are the browser's own


# -- what dbt does by itself


def test_dbt_alone_does_not_import_great_expectations():
    code = "import sys, dbt.cli.main, warehouse.dbt_plugin; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=harness.PROJECT).returncode == 0


def test_source_freshness_says_how_old_each_table_is(tmp_path):
    now = datetime.now() - timedelta(hours=1)
    customer, amount = {"customer_id": "c1"}, {"amount": "1"}
    event = customer | {"subscription_id": "s1", "event_type": "started"}
    tables = {
        "customers": [],
        "subscription_events": [
            event | {"event_id": "e1", "occurred_at": str(now - timedelta(days=30)), "loaded_at": str(now)},
            event | {"event_id": "e2", "occurred_at": "soon"},
        ],
        "invoices": [
            customer | amount | {"invoice_id": "i1", "issued_at": str(now - timedelta(days=5))},
            # a clock that runs ahead hides nothing
            customer | amount | {"invoice_id": "i2", "issued_at": "2999-01-01"},
        ],
        "orders": [customer | amount | {"order_id": "o1", "ordered_at": str(now - timedelta(days=20))}],
    }
    landing = tmp_path / "landing"
    landing.mkdir()
    harness.write_landing(landing, tables)
    places = {"RAW_DATA_DIR": landing, "WAREHOUSE_PATH": tmp_path / "w.duckdb", "DBT_TARGET_PATH": tmp_path / "target",
              "DBT_LOG_PATH": tmp_path / "logs"}  # fmt: skip
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    for command in (["run", "--select", "base_billing__plans"], ["source", "freshness"]):
        dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet", *command]
        subprocess.run(dbt, cwd=harness.PROJECT, env=environment, capture_output=True)
    results = json.loads((tmp_path / "target" / "sources.json").read_text())["results"]
    found = {result["unique_id"].split(".")[-1]: result["status"] for result in results}
    # a table that is not there is not old
    not_there = dict.fromkeys(("product_usage", "support_tickets", "survey_responses"), "pass")
    assert found == {"subscription_events": "pass", "invoices": "warn", "orders": "error"} | not_there
