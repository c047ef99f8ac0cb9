"""The discounted orders that each pattern of orders leads to (warehouse/statistics/order_values.py)."""

from warehouse.statistics.order_values import forecast_orders


def model(dbt, session):  # noqa: D103 - dbt's entry point
    # dbt finds what a Python model asks for only where it stands by itself
    annual_discount_rate = dbt.config.meta_get("annual_discount_rate")
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    patterns = dbt.ref("int_customer_orders").aggregate("repeat_orders, recency_weeks, observed_weeks")
    parameters = (
        dbt.ref("int_order_models_fitted").filter("model = 'bg_nbd' and r is not null").project("r, alpha, a, b")
    )
    return forecast_orders(
        next(iter(parameters.fetchall()), None),
        patterns.order("all").fetchall(),
        months=thresholds["order_value_horizon_months"],
        monthly_discount_rate=(1 + float(annual_discount_rate)) ** (1 / 12) - 1,
    )
