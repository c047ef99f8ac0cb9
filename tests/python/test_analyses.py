"""Every query of analyses/ runs on the demo business and returns rows, and the numbers it explains come out."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import harness
import pytest

ANALYSES = sorted(file.stem for file in (harness.PROJECT / "analyses").glob("*.sql"))


def rows_of(analysis: str, demo_build: SimpleNamespace) -> list[dict]:
    sql = harness.compiled_analyses()[analysis].replace(f'"{harness.DATABASE}".', "")
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        result = connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize("analysis", ANALYSES)
def test_analysis_returns_rows(analysis: str, demo_build: SimpleNamespace) -> None:
    assert rows_of(analysis, demo_build)


def test_customers_behind_a_rate_are_as_many_as_its_numerator(demo_build: SimpleNamespace) -> None:
    customers = {row["customer_id"] for row in rows_of("customers_behind_a_churn_rate", demo_build)}
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        (churned,) = connection.execute(
            "select customers_churned from marts.rpt_churn_rates where period_grain = 'month' "
            "and period_start = date '2025-06-01' and segment_type = 'customer_segment' and segment_value = 'smb'"
        ).fetchone()
    assert len(customers) == churned > 0


def published_row(demo_build: SimpleNamespace, table: str, grain: str, start: str, more: str = "") -> dict:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        result = connection.execute(
            f"select * from marts.{table} where period_grain = '{grain}' and period_start = date '{start}' "
            f"and segment_type = 'customer_segment' and segment_value = 'smb' {more}"
        )
        names = [column[0] for column in result.description]
        return dict(zip(names, result.fetchone(), strict=True))


def test_customers_of_the_start_are_the_denominator(demo_build: SimpleNamespace) -> None:
    customers = rows_of("denominator_of_a_churn_rate", demo_build)
    assert len({row["customer_id"] for row in customers}) == len(customers)
    assert len(customers) == published_row(demo_build, "rpt_churn_rates", "month", "2025-06-01")["customers_start"] > 0
    mrr = sum(row["mrr_start"] for row in customers)
    assert mrr == published_row(demo_build, "rpt_mrr_movements", "month", "2025-06-01")["mrr_start"]


def test_movements_are_the_columns_of_the_reports(demo_build: SimpleNamespace) -> None:
    movements = rows_of("movements_behind_a_period", demo_build)
    churn = published_row(demo_build, "rpt_churn_rates", "month", "2025-06-01")
    mrr = published_row(demo_build, "rpt_mrr_movements", "month", "2025-06-01")
    customers = {"new": "new", "reactivation": "reactivated", "churn": "churned"}
    for movement, column in customers.items():
        assert sum(row["movement_type"] == movement for row in movements) == churn[f"customers_{column}"], movement
    for movement in ("new", "reactivation", "expansion", "contraction", "churn"):
        moved = sum(row["mrr_moved"] for row in movements if row["movement_type"] == movement)
        assert moved == mrr[f"mrr_{movement}"], movement


def test_answers_are_the_counts_of_the_nps(demo_build: SimpleNamespace) -> None:
    answers = rows_of("answers_behind_an_nps", demo_build)
    nps = published_row(demo_build, "rpt_nps", "quarter", "2025-04-01", "and touchpoint_type = 'relational'")
    for band in ("promoter", "passive", "detractor"):
        assert sum(row["band"] == band for row in answers) == nps[f"{band}s"], band


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
