"""Forecasts of every segment, and what became of those before (warehouse/statistics/segment_forecasts.py)."""

from warehouse.statistics.segment_forecasts import Limits, segment_forecasts


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    months = dbt.ref("int_periods").filter("period_grain = 'month' and is_complete_period").project("period_start")
    movements = dbt.ref("int_cohort_movements").project(
        "segment_type, segment_value, cohort_month, period_start,"
        " customers_joined, customers_lost, mrr_joined, mrr_lost, mrr_changed"
    )
    return segment_forecasts(
        # in an order of their own, so that a build gives the same digits again
        movements.order("all").fetchall(),
        [month for (month,) in months.order("period_start").fetchall()],
        Limits.of(thresholds),
    )
