"""Subscriptions that end, how many of them, why, and of which product: the SQL against a plain-Python twin."""

from __future__ import annotations

from datetime import datetime

import cohort_oracle
import ends_oracle
import harness
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_against_oracle import CHURN_REASONS, SETTINGS, assert_same

SEGMENT = ["segment_type", "segment_value"]
PERIOD = ["period_grain", "period_start"]
MARTS = {
    "fct_subscription_ends": ["subscription_id", "ended_at"],
    "rpt_subscription_churn_rates": [*PERIOD, *SEGMENT],
    "rpt_subscription_churn_reasons": [*PERIOD, *SEGMENT, "churn_type", "reason_category", "reason_code"],
    "rpt_product_movements": [*PERIOD, "product_id"],
}
PLANS = [
    {"plan_id": "basic", "product_id": "chat"},
    {"plan_id": "pro", "product_id": "chat"},
    {"plan_id": "max", "product_id": ""},
    {"plan_id": "(other)", "product_id": "mail"},
]


def expected(tables: dict, options: dict) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    chosen = oracle.Settings(**{**options, **times})
    customers, as_of = cohort_oracle.replayed(tables, CHURN_REASONS, chosen)
    chosen = oracle.with_dates(chosen, cohort_oracle.known_events(tables, chosen))
    reasons = {row["reason_code"]: row for row in CHURN_REASONS}
    products = {row["plan_id"]: row["product_id"] or None for row in tables["plans"]}
    ended = {
        customer.customer_id: list(ends_oracle.ends(customer, products, reasons, chosen)) for customer in customers
    }
    subscriptions = [one for customer in customers for one in ends_oracle.alone(customer, ended[customer.customer_id])]
    return {
        "fct_subscription_ends": [row for own in ended.values() for _, row in own],
        "rpt_subscription_churn_rates": ends_oracle.churn_rates(subscriptions, as_of, chosen),
        "rpt_subscription_churn_reasons": ends_oracle.churn_reasons(subscriptions, as_of, chosen),
        "rpt_product_movements": ends_oracle.product_movements(customers, subscriptions, products, as_of, chosen),
    }


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
@settings(max_examples=1 + 12 // streams.TOGETHER, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(streams.landing_folders()), a_plan_is_called_other=st.booleans())
def test_every_figure_is_the_twins(options: dict, businesses: list[dict], a_plan_is_called_other: bool) -> None:
    if a_plan_is_called_other:
        businesses = [streams.with_a_plan_called_other(business) for business in businesses]
    streams.check_together(businesses, lambda tables: check({**tables, "plans": PLANS}, options))


def check(tables: dict, options: dict) -> None:
    built = harness.build(tables, list(MARTS), **options)
    wanted = expected(tables, options)
    for mart, key in MARTS.items():
        assert_same(mart, key, built[mart], wanted[mart])
