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
