"""No model compares all rows with all rows: the cost of a build follows the events.

An outer join with a condition on one side only, a join on an `or`, or one without an equality makes DuckDB do just
that, and small data do not show it. (A join with a table of a handful of rows is none, and is not looked for.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import duckdb
import harness
import pytest

QUADRATIC = ("BLOCKWISE_NL_JOIN", "PIECEWISE_MERGE_JOIN", "IE_JOIN")
FEW_ROWS = {
    "int_report_moment",
    "int_recorded_since",
    "int_score_dates",
    "contact_cadences",
    "health_bands",
    "thresholds",
}
# Where it is meant, how often, and why it stays small.
SMALL = {
    # events x the few rows of the playbook
    "int_trigger_days_since_loss": 1,
    "int_trigger_milestone_past_due": 1,
    "int_trigger_payment_past_due": 1,
    "int_trigger_ticket_open": 1,
    "int_use_gaps": 1,  # months of use x the 31 days of a month
    "int_low_score_outcomes": 1,  # months of use near a low score x the 31 days of a month
    # ages in days x the listed days of the seed; months of use x the last of them, and x the 31 days of a month
    "int_usage_ages": 3,
    "int_play_comparisons": 1,  # tasks x the bands of MRR of the seed
    "rpt_trigger_review": 1,  # times as a customer x the quarters of the report
    "int_winback_days": 1,  # losses x the win-back days, and the bands, of the seeds
    "sync_winback_queue": 1,  # customers to be won back x the offers of the seed
    "int_cohort_months": 1,  # cohorts x months: the rows of the report itself
    "int_surveys": 1,  # surveys x the bands of tenure of the seed
    "fct_plan_cells": 1,  # sums x the three grains; cells x periods: the rows of the report itself
    "int_customer_plans": 2,  # stretches of overlapping subscriptions x the levels of the tree
    "int_exchange_rates_daily": 1,  # rates x the one row of the report moment
    "int_customer_movements": 1,  # net changes x the three aspects of a customer
    "int_movement_sums": 1,  # the same, and sums x the five grains
    "int_subscription_movements": 1,  # net changes x the three aspects of a subscription
    "int_subscription_movement_sums": 2,  # the same, and sums x the five grains
    "int_mrr_counted": 1,  # stretches x the two parts before and after one has been past due for too long
    "rpt_cac_payback": 1,  # cohorts x months: the rows of the report itself
    "rpt_product_movements": 1,  # products x periods: the rows of the report itself
    "int_subscription_terms": 1,  # long terms that an event begins x the months of the calendar
    "rpt_contracts": 1,  # contracts x the months, quarters and years that they last
    "rpt_restatements": 1,  # changed rows of the period report x the metrics
}
STEPS = {step.name: step for step in harness.compiled_steps("{}") if step.schema != "seeds" and step.kind != "python"}


def tables(node: dict) -> set[str]:
    """The tables that a part of a plan reads."""
    if not node["children"]:
        return {node["extra_info"].get("Table", node["name"]).split(".")[-1]}
    return set().union(*(tables(child) for child in node["children"]))


def quadratic_joins(node: dict) -> Iterator[str]:
    """The joins of a plan that compare all rows of several with all rows of several."""
    is_with_few_rows = any(tables(child) <= FEW_ROWS for child in node["children"])
    if node["name"].startswith(QUADRATIC) and not is_with_few_rows:
        yield node["name"]
    for child in node["children"]:
        yield from quadratic_joins(child)


@pytest.mark.parametrize("model", sorted(STEPS))
def test_model_joins_by_equality(model: str, demo_build: SimpleNamespace) -> None:
    sql = STEPS[model].code.replace(f'"{harness.DATABASE}".', "")
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        (plan,) = connection.execute(f"explain (format json) {sql}").fetchone()[1:]
    found = [name for root in json.loads(plan) for name in quadratic_joins(root)]
    assert len(found) <= SMALL.get(model, 0), f"{model} compares all rows with all rows ({', '.join(found)})"


def test_a_join_without_an_equality_is_found(demo_build: SimpleNamespace) -> None:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:

        def joins(with_table: str) -> list[str]:
            joined = f"marts.dim_customers as a left join {with_table} as b on coalesce(a.created_at <= b.as_of, false)"
            (plan,) = connection.execute(f"explain (format json) from {joined}").fetchone()[1:]
            return [name for root in json.loads(plan) for name in quadratic_joins(root)]

        assert joins("(select created_at as as_of from marts.dim_customers)")
        assert not joins("intermediate.int_report_moment")
