"""The lifetime model of each segment at every age (warehouse/statistics/segment_lifetimes.py)."""

from warehouse.statistics.segment_lifetimes import segment_lifetimes


def model(dbt, session):  # noqa: D103 - dbt's entry point
    # dbt finds what a Python model asks for only where it stands by itself
    annual_discount_rate = dbt.config.meta_get("annual_discount_rate")
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    counts = dbt.ref("int_tenure_counts").aggregate(
        "is_backtest, segment_type, segment_value, is_lost, renewals, sum(customers)"
    )
    # no customer is older than the events, and the back-test looks ahead
    months_seen = dbt.ref("int_report_moment").project("datediff('month', first_event_on, as_of_on)").fetchall()[0][0]
    return segment_lifetimes(
        counts.fetchall(),
        least_losses=thresholds["lifetime_model_least_losses"],
        monthly_discount_rate=(1 + float(annual_discount_rate)) ** (1 / 12) - 1,
        last_age=(months_seen or 0) + thresholds["clv_backtest_months"],
    )
