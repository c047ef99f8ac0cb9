"""What each scenario would be worth in every segment (warehouse/statistics/what_if.py)."""

from warehouse.statistics.segment_forecasts import Limits
from warehouse.statistics.what_if import what_ifs


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    months = dbt.ref("int_periods").filter("period_grain = 'month' and is_complete_period").project("period_start")
    movements = dbt.ref("int_cohort_movements").project(
        "segment_type, segment_value, cohort_month, period_start,"
        " customers_joined, customers_lost, mrr_joined, mrr_lost, mrr_changed"
    )
    resolved = dbt.ref("int_failures_resolved").project("segment_type, segment_value, resolved, lost").fetchall()
    return what_ifs(
        # in an order of their own, so that a build gives the same digits again
        movements.order("all").fetchall(),
        [month for (month,) in months.order("period_start").fetchall()],
        {(segment_type, segment_value): failures for segment_type, segment_value, *failures in resolved},
        dbt.ref("what_if_scenarios").project("scenario, lever, change_percent").order("all").fetchall(),
        Limits.of(thresholds),
    )
