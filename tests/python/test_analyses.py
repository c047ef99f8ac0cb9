"""Every query of analyses/ runs on the demo business and returns rows, and the numbers it explains come out."""

from __future__ import annotations

import re
from types import SimpleNamespace

import duckdb
import harness
import pytest

ANALYSES = sorted(file.stem for file in (harness.PROJECT / "analyses").glob("*.sql"))


# the last complete month of all; a month of a segment; a quarter of a plan, by a day inside it
LAST = "2025-11-01"
ASKED = {
    "last_month": ({}, ("month", LAST, "all", "all")),
    "smb": (
        {"asked_period": "2025-06-01", "asked_segment_type": "customer_segment", "asked_segment_value": "smb"},
        ("month", "2025-06-01", "customer_segment", "smb"),
    ),
    "plan": (
        {
            "asked_grain": "quarter",
            "asked_period": "2025-05-17",
            "asked_segment_type": "plan",
            "asked_segment_value": "team",
        },
        ("quarter", "2025-04-01", "plan", "team"),
    ),
}
of_every_row = pytest.mark.parametrize(("asked", "key"), ASKED.values(), ids=ASKED)


def rows_of(analysis: str, demo_build: SimpleNamespace, asked: dict[str, str] | None = None) -> list[dict]:
    sql = harness.compiled_analyses(**(asked or {}))[analysis].replace(f'"{harness.DATABASE}".', "")
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        result = connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def published_row(demo_build: SimpleNamespace, table: str, key: tuple[str, ...], more: str = "") -> dict:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        result = connection.execute(
            f"select * from marts.{table} where period_grain = ? and period_start = ?::date "
            f"and segment_type = ? and segment_value = ? {more}",
            key,
        )
        names = [column[0] for column in result.description]
        return dict(zip(names, result.fetchone(), strict=True))


@pytest.mark.parametrize("analysis", ANALYSES)
def test_analysis_returns_rows(analysis: str, demo_build: SimpleNamespace) -> None:
    assert rows_of(analysis, demo_build)


def test_no_analysis_has_a_period_of_its_own() -> None:
    for file in (harness.PROJECT / "analyses").glob("*.sql"):
        assert not re.search(r"\d{4}-\d{2}", file.read_text(encoding="utf-8")), file


@of_every_row
def test_customers_behind_a_rate_are_as_many_as_its_numerator(
    asked: dict, key: tuple, demo_build: SimpleNamespace
) -> None:
    customers = {row["customer_id"] for row in rows_of("customers_behind_a_churn_rate", demo_build, asked)}
    assert len(customers) == published_row(demo_build, "rpt_churn_rates", key)["customers_churned"] > 0


@of_every_row
def test_customers_of_the_start_are_the_denominator(asked: dict, key: tuple, demo_build: SimpleNamespace) -> None:
    customers = rows_of("denominator_of_a_churn_rate", demo_build, asked)
    assert len({row["customer_id"] for row in customers}) == len(customers)
    assert len(customers) == published_row(demo_build, "rpt_churn_rates", key)["customers_start"] > 0
    mrr = sum(row["mrr_start"] for row in customers)
    assert mrr == published_row(demo_build, "rpt_mrr_movements", key)["mrr_start"]


@of_every_row
def test_movements_are_the_columns_of_the_reports(asked: dict, key: tuple, demo_build: SimpleNamespace) -> None:
    movements = rows_of("movements_behind_a_period", demo_build, asked)
    churn, mrr = (published_row(demo_build, table, key) for table in ("rpt_churn_rates", "rpt_mrr_movements"))
    if key[2] == "plan":  # who left counts where it was, who came where it is
        movements = [
            row
            for row in movements
            if row["plan_id_start" if row["movement_type"] == "churn" else "plan_id_end"] == key[3]
        ]
    customers = {"new": "new", "reactivation": "reactivated", "churn": "churned"}
    for movement, column in customers.items():
        assert sum(row["movement_type"] == movement for row in movements) == churn[f"customers_{column}"], movement
    for movement in ("new", "reactivation", "expansion", "contraction", "churn"):
        moved = sum(row["mrr_moved"] for row in movements if row["movement_type"] == movement)
        assert moved == mrr[f"mrr_{movement}"], movement


@of_every_row
def test_answers_are_the_counts_of_the_nps(asked: dict, key: tuple, demo_build: SimpleNamespace) -> None:
    answers = rows_of("answers_behind_an_nps", demo_build, asked)
    nps = published_row(demo_build, "rpt_nps", key, "and touchpoint_type = 'relational'")
    for band in ("promoter", "passive", "detractor"):
        assert sum(row["band"] == band for row in answers) == nps[f"{band}s"], band


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"asked_segment_type": "region"}, "asked_segment_type is 'region': use one of all, country, "),
        ({"asked_segment_type": "country"}, "asked_segment_type is country: say which, as asked_segment_value"),
    ],
)
def test_a_segment_that_is_none_is_refused(asked: dict, says: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(says)):
        harness.compiled_analyses(**asked)


def test_a_customer_can_be_asked_about(demo_build: SimpleNamespace) -> None:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        customer, events = connection.execute(
            "select customer_id, count(*) from staging.stg_billing__subscription_events "
            "group by all order by 2 desc, 1 limit 1"
        ).fetchone()
    assert len(rows_of("events_behind_a_customer", demo_build, {"asked_customer_id": customer})) == events > 1


def test_events_that_count_and_those_left_out_are_all_that_landed(demo_build: SimpleNamespace) -> None:
    left_out = rows_of("events_left_out_of_a_customer", demo_build)
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        customer, broken = connection.execute(
            "select customer_id, count(*) from staging.base_billing__subscription_events "
            "where row_status = 'quarantined' and customer_id is not null group by all order by 1 limit 1"
        ).fetchone()
        (reasons,) = connection.execute(
            "select list(distinct quarantine_reason) from staging.base_billing__subscription_events "
            "where row_status = 'quarantined' and customer_id = ?",
            [customer],
        ).fetchone()
    assert sum(row["why"] in reasons for row in left_out) == broken > 0
    assert all(row["why"] for row in left_out)


def test_rows_left_out_are_those_of_the_quarantine(demo_build: SimpleNamespace) -> None:
    rows = rows_of("rows_left_out_by_reason", demo_build)
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        (quarantined,) = connection.execute("select count(*) from marts.rpt_quarantine").fetchone()
    assert sum(row["quarantined_rows"] for row in rows) == quarantined > 0
    assert all(0 < row["percent_of_table"] <= 100 for row in rows)
