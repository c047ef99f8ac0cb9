"""No model compares all rows with all rows: the cost of a build follows the events.

An outer join with a condition on one side only, a join on an `or`, or one without an equality makes DuckDB do just
that, and small data do not show it. (A cross join with a table of one row is none, and is not looked for.)
"""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import harness
import pytest

QUADRATIC = ("BLOCKWISE_NL_JOIN", "PIECEWISE_MERGE_JOIN", "IE_JOIN")
# Where it is meant, and why it stays small.
SMALL = {
    "rpt_churn_hazard",  # segments x months of tenure: the rows of the report itself
    "int_comment_topics",  # commented answers x keywords of the seed
    "fct_segment_periods",  # segments x periods: the rows of the report itself
    "int_customer_plans",  # stretches of overlapping subscriptions x the levels of the tree
    "int_exchange_rates_daily",  # rates x the one row of the report moment
    "int_customer_movements",  # net changes x the three aspects of a customer
    "int_movements_with_segments",  # the same
    "int_movement_sums",  # the same, and sums x the five grains
    "fct_customer_movements",  # the same
    "rpt_restatements",  # changed rows of the period report x the metrics
}
STEPS = {step.name: step for step in harness.compiled_steps("{}") if step.schema != "seeds" and step.kind != "python"}


@pytest.mark.parametrize("model", sorted(STEPS.keys() - SMALL))
def test_model_joins_by_equality(model: str, demo_build: SimpleNamespace) -> None:
    sql = STEPS[model].code.replace(f'"{harness.DATABASE}".', "")
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        (plan,) = connection.execute(f"explain (format json) {sql}").fetchone()[1:]
    found = [kind for kind in QUADRATIC if f'"name": "{kind}' in plan]
    assert not found, f"{model} compares all rows with all rows ({', '.join(found)})"
