"""Subscriptions that end, and how many of them: the SQL against a plain-Python twin."""

from __future__ import annotations

from datetime import datetime

import cohort_oracle
import ends_oracle
import harness
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from test_against_oracle import CHURN_REASONS, SETTINGS, assert_same

MARTS = {
    "fct_subscription_ends": ["subscription_id", "ended_at"],
}


def expected(tables: dict, options: dict) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    chosen = oracle.Settings(**{**options, **times})
    customers, as_of = cohort_oracle.replayed(tables, CHURN_REASONS, chosen)
    chosen = oracle.with_dates(chosen, cohort_oracle.known_events(tables, chosen))
    reasons = {row["reason_code"]: row for row in CHURN_REASONS}
    return {
        "fct_subscription_ends": [
            row for customer in customers for row in ends_oracle.ends(customer, reasons, chosen)
        ],
    }


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
@settings(max_examples=1 + 12 // streams.TOGETHER, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(streams.landing_folders()))
def test_every_figure_is_the_twins(options: dict, businesses: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check(tables, options))


def check(tables: dict, options: dict) -> None:
    built = harness.build(tables, list(MARTS), **options)
    wanted = expected(tables, options)
    for mart, key in MARTS.items():
        assert_same(mart, key, built[mart], wanted[mart])
