"""BG/NBD and Gamma-Gamma, fitted to counts of customers who order alike (warehouse/statistics/order_values.py)."""

from warehouse.statistics.order_values import fitted_orders


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    customers = dbt.ref("int_customer_orders")
    rhythms = customers.aggregate("repeat_orders, recency_weeks, observed_weeks, count(*) as customers")
    values = customers.filter("repeat_order_value > 0").aggregate(
        "repeat_orders, repeat_order_value, count(*) as customers"
    )
    return fitted_orders(
        # in an order of their own, so that a build gives the same digits again
        rhythms.order("all").fetchall(),
        values.order("all").fetchall(),
        least_repeat_customers=thresholds["order_model_least_repeat_customers"],
    )
