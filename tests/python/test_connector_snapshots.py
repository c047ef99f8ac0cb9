"""From a table of MRR by customer and month to events, and back: the marts' months are the table's."""

from __future__ import annotations

import random
import re
from datetime import date, datetime
from pathlib import Path

import duckdb
import harness
import openpyxl
import pytest

from warehouse.connectors.definition import CONNECTORS
from warehouse.connectors.running import Report, write_landing

EVENT = "customer_id, event_type, strftime(occurred_at, '%Y-%m'), cast(amount as double), plan_id"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path


def run(place: Path, *lines: str) -> Report:
    (place / "source" / "mrr.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return write_landing("snapshots", str(place / "source"), place / "landing", "USD")


def events(place: Path, columns: str = EVENT) -> list[tuple]:
    files = place / "landing" / "subscription_events" / "*.parquet"
    return duckdb.sql(f"select {columns} from '{files}' order by customer_id, occurred_at, event_type").fetchall()


def months_of_marts(place: Path) -> dict[date, tuple[float, int]]:
    """MRR and customers at the end of each month."""
    with duckdb.connect() as connection:
        harness.build_on(connection, place / "landing", ["rpt_mrr_movements", "rpt_churn_rates"], {})
        rows = connection.execute(
            "select cast(period_start as date), cast(mrr_end as double), customers_end from marts.rpt_mrr_movements "
            "inner join marts.rpt_churn_rates using (period_grain, period_start, segment_type, segment_value) "
            "where period_grain = 'month' and segment_type = 'all'"
        ).fetchall()
    return {month: (mrr, customers) for month, mrr, customers in rows}


def test_a_connector_takes_fewer_than_150_lines() -> None:
    files = [file for file in (CONNECTORS / "snapshots").iterdir() if file.suffix in (".yml", ".sql", ".csv")]
    assert sum(len(file.read_text().splitlines()) for file in files) < 150


def test_events_are_the_differences(place: Path) -> None:
    run(
        place,
        "customer,month,mrr,plan",
        *("stays,2024-01,10,pro", "stays,2024-02,10,pro", "stays,2024-03,10,pro", "stays,2024-04,10,pro"),
        *("grows,2024-01,10,pro", "grows,2024-02,12.5,pro", "grows,2024-03,12.5,team", "grows,2024-04,12.5,team"),
        *("leaves,2024-01,10,pro", "leaves,2024-02,0,pro", "leaves,2024-03,0,pro"),
        *("returns,2024-02,10,pro", "returns,2024-04,10,pro"),
        "comes,2024-04,10,pro",
    )
    assert events(place) == [
        ("comes", "started", "2024-04", 10, "pro"),
        ("grows", "started", "2024-01", 10, "pro"),
        ("grows", "changed", "2024-02", 12.5, "pro"),
        ("grows", "changed", "2024-03", 12.5, "team"),
        ("grows", "changed", "2024-04", 12.5, "team"),
        ("leaves", "started", "2024-01", 10, "pro"),
        ("leaves", "cancelled", "2024-02", None, None),
        ("returns", "started", "2024-02", 10, "pro"),
        ("returns", "cancelled", "2024-03", None, None),
        ("returns", "reactivated", "2024-04", 10, "pro"),
        ("stays", "started", "2024-01", 10, "pro"),
        ("stays", "changed", "2024-04", 10, "pro"),
    ]


def test_every_row_is_used_or_set_aside(place: Path) -> None:
    report = run(
        place,
        "Account;Period;Amount;Product;Currency;loaded_at",
        *(
            "a;2024-01;1.100,50;pro;eur;",
            "a;Feb 2024;1.100,50;pro;EUR;",
            "a;31.03.2024;5;pro;EUR;",
            "a;soon;5;pro;EUR;",
        ),
        *(
            "b;2024-01;5,5;pro;;2024-02-01",
            "b;2024-01-31;7,5;pro;;2024-02-02",
            "b;Jan-24;2,5;seats;;",
            "b;01/2024;ten;pro;;",
        ),
        *("c;2024-01;-5;pro;;", ";2024-01;5;pro;;", "c;2024-02;;pro;;"),
    )
    assert report.read == {"snapshots": 11}
    assert {reason: rows for (_, reason), rows in report.set_aside.items()} == {
        "a month written by its day first, as 31/01/2024: write 2024-01": 1,
        "a month that is none: write 2024-01": 1,
        "a further row of the month": 1,
        "an MRR that is none": 1,
        "an MRR below 0": 1,
        "no customer_id": 1,
        "no mrr": 1,
    }
    assert events(place, f"{EVENT}, currency") == [
        ("a", "started", "2024-01", 1100.5, "pro", "EUR"),
        ("a", "changed", "2024-02", 1100.5, "pro", "EUR"),
        ("b", "started", "2024-01", 10, "pro", None),
        ("b", "cancelled", "2024-02", None, None, None),
    ]


def test_months_that_the_table_does_not_have_are_said(place: Path) -> None:
    report = run(
        place,
        "customer,month,mrr",
        *("a,2024-01,10", "b,2024-01,10", "c,2024-01,10", "a,2024-03,10", "b,2024-03,10", "c,2024-03,10"),
        *("a,2024-04,10", "a,2024-05,0", "b,2024-05,"),
    )
    assert report.warnings == [
        "no MRR between 2024-01 and 2024-03: what the former has is taken to go on until the latter",
        "the last month, 2024-04, has 1 customers, the one before 3: the others count as lost, so leave it out if it "
        "is not complete",
    ]
    ends = [event for event in events(place) if event[1] == "cancelled"]
    assert ends == [("b", "cancelled", "2024-04", None, None), ("c", "cancelled", "2024-04", None, None)]


def test_a_workbook_is_read(place: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Customer", "Month", "MRR"])
    book.active.append(["a", datetime(2024, 1, 31), 10.5])
    book.active.append(["a", datetime(2024, 2, 29), 12])
    book.save(place / "source" / "mrr.xlsx")
    write_landing("snapshots", str(place / "source"), place / "landing", "USD")
    assert events(place) == [("a", "started", "2024-01", 10.5, None), ("a", "changed", "2024-02", 12, None)]


def test_a_column_for_each_month_becomes_rows(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place / "source")
    Path("wide.csv").write_text("customer,2024-01,2024-02,Mar 2024\na,10,10,\nb,0,5.5,5.5\n")
    (sql,) = re.findall(r"```sql\n(.*?)```", (CONNECTORS / "snapshots" / "README.md").read_text(), re.DOTALL)
    duckdb.sql(sql)
    write_landing("snapshots", ".", place / "landing", "USD")
    assert [event[:4] for event in events(place)] == [
        ("a", "started", "2024-01", 10),
        ("a", "cancelled", "2024-03", None),
        ("b", "started", "2024-02", 5.5),
        ("b", "changed", "2024-03", 5.5),
    ]


def test_the_months_of_the_marts_are_those_of_the_table(place: Path) -> None:
    chance = random.Random(7)
    months = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(18)]
    table = [
        (f"c{customer}", month, chance.choice([0, 10, 10, 10, 25, 99.99]))
        for customer in range(40)
        for month in months
        if chance.random() < 0.8
    ]
    rows = [f"{customer},{month:%Y-%m},{mrr}" for customer, month, mrr in table]
    chance.shuffle(rows)
    run(place, "customer,month,mrr", *rows)
    expected = {
        month: (
            pytest.approx(sum(mrr for _, of, mrr in table if of == month), abs=1e-6),
            sum(mrr > 0 for _, of, mrr in table if of == month),
        )
        for month in months
    }
    assert months_of_marts(place) == expected
