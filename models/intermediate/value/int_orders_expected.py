"""The discounted orders that each pattern of orders leads to (warehouse/statistics/order_values.py)."""

from warehouse.statistics.order_values import forecast_orders


def model(dbt, session):  # noqa: D103 - dbt's entry point
    # dbt finds what a Python model asks for only where it stands by itself
    annual_discount_rate = dbt.config.meta_get("annual_discount_rate")
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    # a business with subscriptions is valued by them
    is_on_orders = not dbt.ref("int_first_spells").limit(1).fetchall()
    patterns = dbt.ref("int_customer_orders").aggregate("repeat_orders, recency_days, observed_days")
    return forecast_orders(
        dbt.ref("int_order_models_fitted").to_arrow_table().to_pylist(),
        patterns.order("all").fetchall() if is_on_orders else [],
        months=thresholds["order_value_horizon_months"],
        monthly_discount_rate=(1 + float(annual_discount_rate)) ** (1 / 12) - 1,
    )
