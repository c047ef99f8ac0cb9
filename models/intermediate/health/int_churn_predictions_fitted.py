"""What the churn model in use says of each live customer, and why (warehouse/statistics/churn_model.py)."""

from warehouse.statistics.churn_model import Limits, predictions


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    used = dbt.ref("int_churn_models_judged").filter("is_used and model in ('gradient_boosting', 'logistic')")
    features = dbt.ref("int_customer_features")
    now = dbt.ref("int_report_moment").project("as_of_on as scored_on")
    return predictions(
        dbt.ref("int_churn_model_rows").join(features, "customer_id, scored_on").df(),
        features.join(now, "scored_on").df(),
        dict(used.project("horizon_days, model").fetchall()),
        Limits.of(thresholds),
    )
