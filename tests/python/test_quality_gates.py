"""The gates before a build and before publishing: what stops, what warns, and pages that need no network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import browser
import commands
import duckdb
import harness
import pytest
import shared

from warehouse.quality import Finding, GateError, History, check_landing, check_marts, read_history, stop_or_say
from warehouse.quality.page import Outcome
from warehouse.quality.page import page as page_of
from warehouse.staging_sql import time_of

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


def gate(folder: Path, tables: dict[str, list[dict]], history: History | None = None) -> list[Finding]:
    landing = folder / "landing"
    landing.mkdir(exist_ok=True)
    harness.write_landing(landing, tables)
    return check_landing(landing, history or History(folder / "history.json", str(landing)), folder / "docs")


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
        [("warn", "subscription_events: customer_id is missing in 80 of 1,600 rows (5.0%; at most 1% is usual); such a "
                  "row cannot be used: look whether the export fills the column")],
    ),
    "many ids missing": (
        broken("support_tickets", "opened_at", None, 0.5),
        [("stop", "support_tickets: opened_at is missing in 200 of 400 rows (50.0%; at most 20% is usual)"),
         ("warn", "support_tickets: opened_at is missing in 200 of 400 rows (50.0%; at most 1% is usual)")],
    ),
    "some unknown customers": (
        broken("support_tickets", "customer_id", lambda row: f"x{row['ticket_id']}", 0.1),
        [("warn", "support_tickets: 40 of its 400 different customer_id are unknown to customers (10.0%; at most 5% is "
                  "usual): land those customers, or look whether both tables write the same ids")],
    ),
    "customers of another system": (
        broken("support_tickets", "customer_id", lambda row: f"x{row['ticket_id']}", 1),
        [("stop", "support_tickets: 400 of its 400 different customer_id are unknown to customers (100.0%; at most 90"),
         ("warn", "support_tickets: 400 of its 400 different customer_id are unknown to customers (100.0%; at most 5")],
    ),
    "a clock that runs ahead": (
        broken("subscription_events", "occurred_at", later(365 * 70), 0.005),
        [("warn", "subscription_events: 8 of 1,600 rows are more than 2 days ahead of now, the furthest of 2095-06-13; "
                  "no report sees a row before its time: right for what is scheduled, else look for a wrong clock")],
    ),
    "cents for units": (
        broken("subscription_events", "amount", "1200000", 0.02),
        [("warn", "subscription_events: amount is more than 1,000 times its median of 12.00 in 32 of 1,600 rows (2.0%; "
                  "at most 1.0% is usual): look for cents taken for units, or another currency")],
    ),
    "a feed that stopped": (
        stopped_feed,
        [("warn", "support_tickets: its last row is of 2025-06-09, 21 days behind the other tables' last, of "
                  "2025-06-30 (up to 14 days are usual): look whether its feed stopped")],
    ),
    "a week that is nearly empty": (
        recent_rows_gone,
        [("warn", "subscription_events: 2 rows in its last 7 days (up to 2025-06-30), where 112 are usual (by the 84 "
                  "days before; 0.2 to 5 times that are expected): look for a load that is missing")],
    ),
    # staging says that these are no times: no check of times has anything to say, and none breaks
    "no row with a time": (broken("subscription_events", "occurred_at", "31/01/2024", 1), []),
    "no table with a time": (
        lambda tables: [broken("subscription_events", "occurred_at", "31/01/2024", 1)(tables),
                        broken("support_tickets", "opened_at", "31/01/2024", 1)(tables)],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LANDINGS)
def test_the_landing_gate_finds(case, tmp_path):
    change, expected = LANDINGS[case]
    tables = sound_tables()
    change(tables)
    found = gate(tmp_path, tables)
    assert [finding.severity for finding in found] == [severity for severity, _ in expected]
    for finding, (_, says) in zip(found, expected, strict=True):
        assert str(finding).startswith(says)


def test_a_landing_of_few_rows_is_sound_and_has_its_pages(tmp_path):
    tables = {name: rows[:50] for name, rows in sound_tables().items()}
    broken("subscription_events", "event_id", None, 0.9)(tables)
    assert gate(tmp_path, tables) == []
    assert (tmp_path / "docs" / "index.html").exists()


def test_volumes_are_compared_with_earlier_builds_of_the_same_folder(tmp_path):
    tables = sound_tables()
    history = History(tmp_path / "history.json", "landing", ({"rows": {"subscription_events": 1600, "orders": 0}},))
    assert gate(tmp_path, tables, history) == []
    fewer = tables | {"subscription_events": tables["subscription_events"][::3]}
    (stop,) = [finding for finding in gate(tmp_path, fewer, history) if finding.severity == "stop"]
    assert str(stop) == (
        "subscription_events: 534 rows landed, where 1,600 are usual (the median of the last 1 build of this folder; "
        f"at least 50% of that are expected): look for a part or a load that is missing. If this is right, delete "
        f"{tmp_path / 'history.json'}"
    )
    exactly_half = tables | {"subscription_events": tables["subscription_events"][::2]}
    assert gate(tmp_path, exactly_half, history) == []
    more = History(tmp_path / "history.json", "landing", ({"rows": {"subscription_events": 500}},))
    (warning,) = gate(tmp_path, tables, more)
    assert warning.severity == "warn" and "rows that were landed twice" in str(warning)


def test_a_small_table_that_others_may_stand_in_for_does_not_go_unnoticed(tmp_path):
    tables = sound_tables()
    few = {"subscription_events": 3, "customers": 2, "plans": 2}
    history = History(tmp_path / "history.json", "landing", ({"rows": few},))
    assert gate(tmp_path, tables, history) == []
    gone = {"orders": [{"order_id": "o", "customer_id": "c", "ordered_at": str(LAST), "amount": "5"}]}
    (tmp_path / "gone").mkdir()
    stops = [str(finding) for finding in gate(tmp_path / "gone", gone, history) if finding.severity == "stop"]
    assert [stop.split(":")[0] for stop in stops] == ["subscription_events", "customers"]
    assert "no rows landed, where the builds before had some: land the table again" in stops[0]


@pytest.mark.parametrize(
    ("type_and_values", "last_day"),
    [
        ("date: 2025-06-30, 2025-06-01", "2025-06-30"),
        ("timestamp: 2025-06-30 12:00, 2025-06-01", "2025-06-30"),
        ("timestamp_ns: 2025-06-30 12:00, 2025-06-01", "2025-06-30"),
        ("timestamptz: 2025-06-30 23:00:00-03, 2025-06-01", "2025-07-01"),
        ("varchar: 2025-06-30 23:00:00-03, 2025-06-01, 9999-12-31, infinity, soon", "2025-07-01"),
        ("bigint: 20250630", None),
    ],
)
def test_times_of_every_type_are_read_as_staging_reads_them(type_and_values, last_day):
    data_type, values = type_and_values.split(": ")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = ", ".join(f"(cast('{value}' as {data_type}))" for value in values.split(", "))
        time = time_of("t")
        found = connection.execute(f"select cast(max({time}) as date) from (values {rows}) as raw (t)").fetchone()[0]
        staging = harness.compiled_inline("{{ try_cast_timestamp('t') }}")
        read = connection.execute(
            f"select count(*) from (values {rows}) as raw (t) where {time} is distinct from {staging}"
        )
        assert read.fetchone() == (0,)
    assert (str(found) if found else None) == last_day


# -- the history


@pytest.mark.parametrize("text", ["", '[{"landing": "/l", "ro', "{}7", '"x"', "[1]", '[{"rows": {}}]', "\x00"])
def test_a_torn_history_is_none_and_says_so(text, tmp_path):
    file = tmp_path / "w.landing_history.json"
    file.write_text(text)
    history = read_history(file, Path("/l"))
    assert history.builds == () and f"{file} cannot be read" in history.problem
    history.remember({"rows": {"orders": 3}})
    again = read_history(file, Path("/l"))
    assert again.problem == "" and again.last("orders", "rows") == 3


def test_the_history_is_private_whole_and_by_folder(tmp_path):
    file = tmp_path / "w.landing_history.json"
    assert read_history(file, Path("/l")) == History(file, "/l")
    for rows in range(12):
        read_history(file, Path("/other" if rows == 5 else "/l")).remember({"rows": {"orders": rows}})
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    history = read_history(file, Path("/l"))
    assert (
        history.known("orders", "rows") == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11] and history.usual("orders", "rows") == 6.5
    )
    assert read_history(file, Path("/other")).known("orders", "rows") == [5]
    assert history.usual("plans", "rows") is None and history.last("plans", "rows") is None


def test_what_stops_is_said_with_its_numbers_and_what_warns_goes_to_the_summary():
    stop, warn = Finding("a", "stop", "0 rows"), Finding("b", "warn", "9 days")
    assert stop_or_say([warn]) == ["b: 9 days"]
    with pytest.raises(GateError, match=r"^a: 0 rows$"):
        stop_or_say([stop, warn])


def test_a_gate_that_stops_leaves_no_warehouse(tmp_path):
    tables = sound_tables()
    broken("subscription_events", "event_id", None, 0.5)(tables)
    landing = tmp_path / "landing"
    landing.mkdir()
    harness.write_landing(landing, tables)
    run = commands.run("warehouse.build", env=shared.environment(tmp_path, landing))
    assert run.returncode == 1
    assert "Nothing was published:" in run.stdout
    assert "subscription_events: event_id is missing in 800 of 1,600 rows (50.0%; at most 20% is usual)" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert not (tmp_path / "warehouse.duckdb").exists() and not (tmp_path / "published").exists()


# -- the marts


def test_the_demo_passes_the_audit_and_the_file_is_free_afterwards(demo_build: SimpleNamespace, tmp_path):
    draft = tmp_path / "draft.duckdb"
    shutil.copyfile(demo_build.published, draft)
    assert [finding for finding in check_marts(draft, tmp_path / "docs") if finding.severity == "stop"] == []
    duckdb.connect(str(draft)).close()  # to write: no reader is left


BREAKS = {
    "update {}.rpt_churn_rates set churn_rate = 1.5 where period_start = '2025-03-01' and segment_type = 'plan'":
        ("stop", "rpt_churn_rates: churn_rate is outside 0 to 1 in ", " rows, such as 1.5000 in month 2025-03-01 "),
    "update {}.rpt_retention_rates set retention_rate_lower = -0.1 where retention_rate > 0.5":
        ("stop", "rpt_retention_rates: retention_rate_lower is outside 0 to 1 in ", " rows, such as -0.1000 in "),
    "update {}.rpt_retention_rates set gross_revenue_retention = -44 where period_grain = 'month'":
        ("stop", "rpt_retention_rates: gross_revenue_retention is outside 0 to 1 in ", " such as -44.0000 in month "),
    "update {}.rpt_mrr_movements set gross_mrr_churn_rate = 45 where period_grain = 'month'":
        ("stop", "rpt_mrr_movements: gross_mrr_churn_rate is outside 0 to 1 in ", " rows, such as 45.0000 in month "),
    "update {}.rpt_survival_curves set incidence_voluntary = 1.1 where tenure_days = 0":
        ("stop", "rpt_survival_curves: incidence_voluntary is outside 0 to 1 in ", " rows, such as 1.1000 in "),
    "update {}.rpt_preventable_churn set preventable_share = 2":
        ("stop", "rpt_preventable_churn: preventable_share is outside 0 to 1 in ", " rows, such as 2.0000 in "),
    "update {}.rpt_nps set nps_lower = -106.6 where nps < -50":
        ("stop", "rpt_nps: nps_lower is outside -100 to 100 in ", "-106.6000 in "),
    "update {}.rpt_nps set nps = 101 where nps > 90":
        ("stop", "rpt_nps: nps is outside -100 to 100 in ", "101.0000 in "),
    "update {}.rpt_churn_rates set customers_moved_in = 1 where segment_type = 'all' and period_grain = 'year'":
        ("stop", "rpt_churn_rates: customers_end is not customers_start + ", " in year 2025-01-01 all all"),
    "update {}.rpt_mrr_movements set mrr_new = mrr_new + 0.000001 where period_grain = 'year'":
        ("stop", "rpt_mrr_movements: mrr_end is not mrr_start + mrr_new + ", " where the parts give "),
    "update {}.rpt_event_reconciliation set raw_rows = raw_rows + 1 where raw_table = 'plans'":
        ("stop", "rpt_event_reconciliation: raw_rows is not accepted_rows + ", " in 1 of 17 rows, such as "),
    "delete from {}.fct_segment_periods where period_start = date '2025-03-01' and period_grain = 'month'":
        ("stop", "fct_segment_periods: ", ": one ends on 2025-03-01, the next begins on 2025-04-01"),
    "update {}.rpt_mrr_movements set mrr_end = mrr_end * 3, mrr_new = mrr_new + mrr_end * 2 "
    "where period_start = date '2025-11-01' and period_grain = 'month'":
        ("warn", "rpt_mrr_movements: mrr_end changed by 1,", " in November 2025 (from "),
    "update {}.rpt_churn_rates set churn_rate = 0.12 where period_grain = 'month' and period_start = '2025-11-01'":
        ("warn", "rpt_churn_rates: churn_rate changed by 0.0", "to 0.1200); the 24 months before changed by "),
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
    found = check_marts(draft, tmp_path / "docs")
    for severity, begins, holds in BREAKS.values():
        assert [f for f in found if f.severity == severity and str(f).startswith(begins) and holds in str(f)], (
            begins,
            found,
        )


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
    assert {page.stem for page in pages} > {f"landing-{table}" for table in tables}
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"'](https?:)?//", html), page
        assert "ann@example.com" not in html
    details = tmp_path / "docs" / "details" / "index.html"
    assert 'href="details/index.html"' in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    index = details.read_text(encoding="utf-8")
    assert "__none__" not in index and "tutorials" not in index
    assert re.search(r'<td><a href="validations/[^"]*support_tickets\.html">open</a></td>', index)
    (tickets,) = [page for page in pages if "validations" in page.parts and "support_tickets" in page.name]
    if not browser.BROWSER:
        pytest.skip(browser.MISSING)
    for page in (tmp_path / "docs" / "index.html", details, tickets):
        shown = browser.show(page, tmp_path / "profile")
        assert "support_tickets" in shown.html
        assert shown.asked == []


def texts(html: str, tag: str) -> list[str]:
    """The texts of every such element, without the tags in it."""
    found = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", " ", text).split()) for text in found]


@pytest.mark.parametrize(
    ("share", "title", "sections", "classes"),
    [
        (0, "Landing: passed", ["What passed"], []),
        (0.05, "Landing: warned", ["What warns", "What passed"], ["warn"]),
        (0.9, "Landing: stopped", ["What stops", "What warns", "What passed"], ["stop", "warn"]),
    ],
)
def test_the_page_of_a_gate_says_what_it_found_and_what_to_do(share, title, sections, classes, tmp_path):
    tables = sound_tables()
    broken("subscription_events", "event_id", None, share)(tables)
    gate(tmp_path, tables)
    index = tmp_path / "docs" / "index.html"
    shown = browser.show(index, tmp_path / "profile") if browser.BROWSER else None
    html = shown.html if shown else index.read_text(encoding="utf-8")
    assert texts(html, "title") == texts(html, "h1") == [title]
    assert texts(html, "h2") == sections  # the failed ones first
    assert re.findall(r'<li class="card (\w+)"', html) == classes  # the colour of a stop is no warning's
    assert '<html lang="en" dir="ltr">' in html and "width=device-width" in html
    assert not re.search(r"__none__|https?://|<script|<img|<link", html)
    if share:
        assert texts(html, "dd")[-3:] == [
            "At most 1% of event_id is missing.",
            f"event_id is missing in {1600 * share:,.0f} of 1,600 rows ({share:.1%}; at most 1% is usual); "
            "such a row cannot be used.",
            "Look whether the export fills the column.",
        ]
    assert "At most 1% of customer_id is missing. Found: missing in 0 of 1,600 rows (0.0%). Nothing to do." in texts(
        html, "li"
    )


def test_a_table_that_cannot_be_read_has_its_page_too():
    finding = Finding("orders", "stop", "the rows of a.parquet cannot be read: land a whole one")
    html = page_of("landing", [Outcome.of(finding)], has_details=False)
    assert texts(html, "title") == ["Landing: stopped"] and "details/index.html" not in html
    assert texts(html, "dd") == ["Its rows can be read.", "The rows of a.parquet cannot be read: land a whole one."]


def test_nothing_of_a_finding_is_taken_for_html():
    html = page_of("staging", [Outcome("orders", "says", "<b>found</b>")], has_details=False)
    assert "&lt;b&gt;found" in html and "<b>" not in html


@pytest.mark.skipif(not browser.BROWSER, reason=browser.MISSING)
def test_a_page_that_asks_the_network_is_found(tmp_path):
    asks = ["http://127.0.0.1:9/a.png", "http://127.0.0.1:9/b", "ws://127.0.0.1:9/c"]
    page = tmp_path / "page.html"
    page.write_text(f'<img src="{asks[0]}"><script>fetch("{asks[1]}"); new WebSocket("{asks[2]}")</script>')
    assert sorted(browser.show(page, tmp_path / "profile").asked) == sorted(asks)


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
    environment = shared.environment(tmp_path, landing)
    for command in (["run", "--select", "base_billing__plans"], ["source", "freshness"]):
        commands.run(commands.DBT, "--quiet", *command, env=environment)
    results = json.loads((tmp_path / "target" / "sources.json").read_text())["results"]
    found = {result["unique_id"].split(".")[-1]: result["status"] for result in results}
    # a table that is not there is not old
    not_there = dict.fromkeys(("product_usage", "support_tickets", "survey_responses"), "pass")
    assert found == {"subscription_events": "pass", "invoices": "warn", "orders": "error"} | not_there
