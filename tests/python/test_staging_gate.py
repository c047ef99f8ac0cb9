"""The gate between dbt and publishing: what staging's own judgement stops, what it warns of, and the words for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import harness
import pytest
import shared

from warehouse.landing import read_contract
from warehouse.quality import Finding, History, check_staging
from warehouse.quality.quarantine import redact

MODELS = {
    "subscription_events": "base_billing__subscription_events",
    "customers": "base_crm__customers",
    "invoices": "base_billing__invoices",
    "orders": "base_orders__orders",
}
Tables = dict[str, list[dict]]


def sound_tables(events: int = 200, invoices: int = 200) -> Tables:
    """Customers with an event and an invoice each, of January 2024 and later."""
    first = datetime(2024, 1, 1)
    number = max(events, invoices)
    return {
        "customers": [{"customer_id": f"c{i}", "email": f"c{i}@example.com"} for i in range(number)],
        "subscription_events": [
            {"event_id": f"e{i}", "customer_id": f"c{i}", "subscription_id": f"s{i}", "event_type": "started",
             "occurred_at": str(first + timedelta(days=i)), "amount": "10"}
            for i in range(events)
        ],
        "invoices": [
            {"invoice_id": f"i{i}", "customer_id": f"c{i}", "issued_at": str(first + timedelta(days=i)), "amount": "10"}
            for i in range(invoices)
        ],
    }  # fmt: skip


def lives_by_orders(broken_rows: int) -> Callable:
    """No subscription events: customers come and go by their orders, so these are needed."""

    def change(tables: Tables) -> None:
        tables["subscription_events"].clear()
        tables["orders"] = [
            {
                "order_id": f"o{i}",
                "customer_id": f"c{i}",
                "ordered_at": "2024-01-01",
                "amount": "x" if i < broken_rows else "1",
            }
            for i in range(200)
        ]

    return change


def broken(table: str, column: str, value: Callable[[dict], str | None] | str | None, rows: int) -> Callable:
    def change(tables: Tables) -> None:
        for row in tables[table][:rows]:
            row[column] = value(row) if callable(value) else value

    return change


def day_first(row: dict) -> str:
    return f"{datetime.fromisoformat(row['occurred_at']):%d/%m/%Y}"


def gate(folder: Path, tables: Tables, history: History | None = None, line: str = "") -> list[Finding]:
    """What the gate finds in a warehouse with the base_ models of a landing folder."""
    landing, warehouse = folder / "landing", folder / "w.duckdb"
    landing.mkdir()
    harness.write_landing(landing, tables)
    with (landing / "subscription_events.csv").open("a", encoding="utf-8") as file:
        file.write(line)
    with duckdb.connect() as connection:
        harness.build_on(connection, landing, list(MODELS.values()), {})
        connection.execute(f"attach '{warehouse}' as w; create schema w.staging; create schema w.raw")
        connection.execute("create table w.raw.unreadable_lines as from raw.unreadable_lines")
        for model in MODELS.values():
            connection.execute(f"create table w.staging.{model} as from staging.{model}")
    history = history or History(folder / "history.json", str(landing))
    findings, volumes = check_staging(warehouse, {*MODELS.values(), "dim_customers"}, history, folder / "docs")
    assert all(volumes["rows"][table] >= len(rows) for table, rows in tables.items())
    return findings


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, str(finding)) for finding in findings]


CASES = {
    "a sound landing": (lambda _: None, []),
    "an activity business: events with a header alone": (lambda t: t["subscription_events"].clear(), []),
    "days first, all of them": (
        broken("subscription_events", "occurred_at", day_first, 200),
        [("stop", "subscription_events: none of its 200 rows can be used. Why: unreadable_occurred_at",
          "'13/01/2024' is `2024-01-13`")],
    ),
    "a currency without a rate": (
        broken("subscription_events", "currency", "jpy", 200),
        [("stop", "subscription_events: none of its 200 rows can be used. Why: no_exchange_rate 200, such as in JPY. "
                  "Land exchange_rates of JPY from 2024-01-01 on, or set reporting_currency", "from staging.base_")],
    ),
    "no id at all": (
        broken("customers", "customer_id", None, 200),
        [("stop", "customers: none of its 200 rows can be used. Why: missing_customer_id 200. Look whether the export "
                  "fills customer_id", "")],
    ),
    "a fifth of a required table is usual, hardly": (
        broken("subscription_events", "event_type", "signup", 40),
        [("warn", "subscription_events: 40 of its 200 rows are quarantined (20.0%; at most 5% is usual). Why: "
                  "unknown_event_type 40, such as 'signup'. Write event_type as one of trial_started, started, ", "")],
    ),
    "more than a fifth is not": (
        broken("subscription_events", "amount", "12,50 EUR", 41),
        [("stop", "subscription_events: 41 of its 200 rows are quarantined (20.5%; at most 20% is usual). Why: "
                  "unreadable_amount 41, such as '12,50 EUR'. Write amount as a plain number such as `1234.50`", ""),
         ("warn", "subscription_events: 41 of its 200 rows are quarantined (20.5%; at most 5% is usual)", "")],
    ),
    "half of an optional table": (
        broken("invoices", "issued_at", "2/31/2024", 100),
        [("warn", "invoices: 100 of its 200 rows are quarantined (50.0%; at most 5% is usual)", "month/day/year")],
    ),
    "more than half": (
        broken("invoices", "issued_at", "1/2/2024", 101),
        [("stop", "invoices: 101 of its 200 rows are quarantined (50.5%; at most 50% is usual)",
          "day/month/year and month/day/year cannot be told apart"),
         ("warn", "invoices: 101 of its 200 rows are quarantined (50.5%; at most 5% is usual)", "")],
    ),
    "all of an optional table": (
        broken("invoices", "amount", "-1", 200),
        [("stop", "invoices: 200 of its 200 rows are quarantined (100.0%; at most 50% is", "negative_amount 200"),
         ("warn", "invoices: none of its 200 rows can be used", "")],
    ),
}  # fmt: skip
CASES |= {
    "orders that customers come and go by": (
        lives_by_orders(41),
        [("stop", "orders: 41 of its 200 rows are quarantined (20.5%; at most 20% is usual)", "unreadable_amount 41"),
         ("warn", "orders: 41 of its 200 rows are quarantined", "")],
    ),
    "no such order": (lives_by_orders(200), [("stop", "orders: none of its 200 rows can be used", "amount 200")]),
}  # fmt: skip
SMALL = {
    "nearly all of few rows": (
        broken("subscription_events", "occurred_at", day_first, 49),
        [("warn", "subscription_events: 49 of its 50 rows are quarantined (98.0%; at most 20% is usual)", "")],
    ),
    "all of few rows": (
        broken("subscription_events", "occurred_at", day_first, 50),
        [("stop", "subscription_events: none of its 50 rows can be used", "")],
    ),
    "a few of few rows": (broken("subscription_events", "occurred_at", day_first, 10), []),
    "all of few optional rows": (
        broken("invoices", "issued_at", "soon", 50),
        [("warn", "invoices: none of its 50 rows can be used", "Write issued_at like `2024-01-31`")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("case", "rows"), [*((case, 200) for case in CASES), *((case, 50) for case in SMALL)])
def test_the_staging_gate_finds(case, rows, tmp_path):
    change, expected = {**CASES, **SMALL}[case]
    tables = sound_tables(rows, rows)
    change(tables)
    found = said(gate(tmp_path, tables))
    assert [severity for severity, _ in found] == [severity for severity, *_ in expected], found
    for (_, text), (_, begins, holds) in zip(found, expected, strict=True):
        assert text.startswith(begins) and holds in text, text


def test_rows_accepted_are_compared_with_earlier_builds(tmp_path):
    tables = sound_tables()
    for row in tables["subscription_events"][99:]:
        row["event_id"] = "e0"  # versions of one event
    counts = {"rows": {"subscription_events": 200}, "accepted": {"subscription_events": 200}}
    ((severity, text),) = said(gate(tmp_path, tables, History(tmp_path / "history.json", "landing", (counts,) * 3)))
    assert severity == "stop"
    assert text.startswith(
        "subscription_events: 99 rows accepted, where 200 are usual (the median of the last 3 builds of this folder; "
    )


@pytest.mark.parametrize(("new_rows", "warns"), [(100, True), (99, False)])
def test_a_new_part_that_is_all_quarantined_warns_however_many_rows_there_were(new_rows, warns, tmp_path):
    tables = sound_tables(3000, 0)
    broken("subscription_events", "occurred_at", day_first, new_rows)(tables)
    before = {"rows": {"subscription_events": 3000 - new_rows}, "quarantined": {"subscription_events": 0}}
    found = said(gate(tmp_path, tables, History(tmp_path / "history.json", "landing", (before,))))
    assert [severity for severity, _ in found] == ["warn"] * warns
    for _, text in found:
        assert text.startswith(
            "subscription_events: 100 of the 100 rows that are new since the last build are quarantined"
        )


def test_lines_that_are_no_row_count_and_say_what_to_do(tmp_path):
    tables = sound_tables(200, 0)
    ((severity, text),) = said(gate(tmp_path, tables, line="a,b\n" * 15))
    assert severity == "warn"
    assert text.startswith(
        "subscription_events: 15 of its 215 rows are quarantined (7.0%; at most 5% is usual). Why: unreadable_line 15. "
    )


def test_nothing_is_said_of_what_this_run_did_not_make(tmp_path):
    assert check_staging(tmp_path / "none.duckdb", {"dim_customers"}, History(tmp_path / "h", "l"), tmp_path) == (
        [],
        {},
    )


def test_every_raw_table_has_one_base_model():
    bases = [file.stem for file in harness.PROJECT.glob("models/staging/**/base_*.sql")]
    for table in read_contract():
        assert sum(base.endswith(f"__{table.name}") for base in bases) == 1, table.name


# -- examples of values


@pytest.mark.parametrize(
    ("value", "is_typed", "shown"),
    [
        ("31/01/2024", True, "31/01/2024"),
        ("31.01.24 10:30", True, "31.01.24 10:30"),
        ("Jan 5, 2024", True, "Jan 5, 2024"),
        ("12,50 EUR", True, "12,50 EUR"),
        ("2024-01-15 10:00:00 Asia/Tokyo", True, "2024-01-15 10:00:00 [text]/[text]"),
        ("ann@example.com", False, "[e-mail]"),
        ("mail to ann\uff20example.com", False, "mail to [e-mail]"),
        ("Ann Smith", True, "[text] [text]"),
        ("+44 20 7946 0958", True, "[number]"),
        ("555-12-3456", True, "[number]"),
        ("up  \n grade", False, "up grade"),
        ("x" * 50, False, "x" * 40 + "..."),
    ],
)
def test_an_example_loses_what_may_be_personal(value, is_typed, shown):
    assert redact(value, is_typed) == shown


def test_a_row_whose_columns_moved_shows_no_mail_and_no_number(tmp_path):
    tables = sound_tables()
    broken("subscription_events", "event_type", "ann@example.com", 60)(tables)
    broken("subscription_events", "occurred_at", "+44 20 7946 0958", 100)(tables)
    found = str(gate(tmp_path, tables))
    pages = "".join(page.read_text(encoding="utf-8") for page in (tmp_path / "docs").rglob("*.html"))
    assert "quarantined" in found and "subscription_events" in pages
    for text in (found, pages):
        assert "ann@example" not in text and "7946" not in text


# -- the whole command


def test_a_table_without_an_accepted_row_stops_right_after_staging_and_the_published_file_stays(tmp_path):
    landing, published = tmp_path / "landing", tmp_path / "published" / "marts.duckdb"
    warehouse = tmp_path / shared.WAREHOUSE
    landing.mkdir()
    published.parent.mkdir()
    published.write_text("good")
    tables = sound_tables()
    broken("subscription_events", "occurred_at", day_first, 200)(tables)
    harness.write_landing(landing, tables)
    warehouse.with_suffix(".landing_history.json").write_text('[{"landing": ')
    # a fresh process: one that forks has imported everything, and could not warn of that
    command, environment = [sys.executable, "-m", "warehouse.build"], shared.environment(tmp_path, landing)
    run = subprocess.run(command, cwd=harness.PROJECT, env=environment, capture_output=True, text=True)
    assert run.returncode == 1 and published.read_text() == "good"
    assert f"Nothing was published, {published} is as it was:" in run.stdout
    assert "  - subscription_events: none of its 200 rows can be used. Why: unreadable_occurred_at" in run.stdout
    assert "`2024-01-13`" in run.stdout and "@example" not in run.stdout
    assert "Traceback" not in run.stdout + run.stderr and "RuntimeWarning" not in run.stderr
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        marts = "select count(*) from information_schema.tables where table_schema = 'marts' and table_name like 'fct%'"
        assert connection.execute(marts).fetchone() == (0,)  # dbt went no further
    shutil.rmtree(tmp_path / "target")
