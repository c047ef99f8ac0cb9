"""How well each prediction of who leaves would have done (warehouse/statistics/churn_model.py)."""

from warehouse.statistics.churn_model import Limits, evaluations
from warehouse.statistics.prediction_quality import Campaign


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    rows = dbt.ref("int_churn_model_rows").join(dbt.ref("int_customer_features"), "customer_id, scored_on")
    return evaluations(
        rows.df(),
        Limits.of(thresholds),
        Campaign(
            acceptance_alpha=thresholds["emp_acceptance_alpha"],
            acceptance_beta=thresholds["emp_acceptance_beta"],
            value=thresholds["emp_customer_value"],
            offer_cost=thresholds["emp_offer_cost"],
            contact_cost=thresholds["emp_contact_cost"],
        ),
    )
