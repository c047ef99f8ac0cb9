"""The lifetime model of each segment with enough losses of its own, at every age (warehouse/statistics/lifetimes.py)."""

from warehouse.statistics.lifetimes import fitted_lifetimes


def model(dbt, session):  # noqa: D103 - dbt's entry point
    # dbt finds what a Python model asks for only where it stands by itself
    annual_discount_rate = dbt.config.meta_get("annual_discount_rate")
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    counts = dbt.ref("int_tenure_counts").aggregate(
        "is_backtest, segment_type, segment_value, is_lost, renewals, sum(customers)"
    )
    return fitted_lifetimes(
        [(*kind, int(customers)) for *kind, customers in counts.fetchall()],
        least_losses=thresholds["lifetime_model_least_losses"],
        monthly_discount_rate=(1 + float(annual_discount_rate)) ** (1 / 12) - 1,
        months_ahead=thresholds["clv_backtest_months"],
    )
