"""rpt_concentration against a plain-Python twin, on adversarial streams of events and on many customers."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import cohort_oracle
import concentration_oracle
import harness
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from test_against_oracle import CHURN_REASONS, SETTINGS, assert_same

KEY = ["period_grain", "period_start"]
OPTIONS = {name: SETTINGS[name] for name in list(SETTINGS)[2:]}


def check(tables: dict, options: dict) -> list[dict]:
    built = harness.build(tables, ["rpt_concentration", "rpt_mrr_movements"], **options)
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    customers, _ = cohort_oracle.replayed(tables, CHURN_REASONS, oracle.Settings(**{**options, **times}))
    reported = [
        row for row in built["rpt_mrr_movements"]
        if row["segment_type"] == "all" and row["period_grain"] in ("month", "quarter", "year")
    ]  # fmt: skip
    wanted = [
        {"period_grain": row["period_grain"], "period_start": row["period_start"], "period_end": row["period_end"]}
        | {"is_complete_period": row["is_complete_period"], "mrr": row["mrr_end"]}
        | concentration_oracle.figures(customers, row["period_end"])
        for row in reported
    ]
    assert_same("rpt_concentration", KEY, built["rpt_concentration"], wanted)
    return wanted


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(streams.landing_folders()))
def test_every_figure_is_the_twins(options: dict, businesses: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check(tables, options))


def test_so_are_those_of_more_customers_than_the_largest_fifty() -> None:
    draw = random.Random(5)
    events = [
        {
            "event_id": f"e{number}-{step}", "customer_id": f"c{number}", "subscription_id": f"s{number}",
            "event_type": kind, "amount": str(draw.choice([0, 9, 9, 9, 29, 99, draw.randrange(1, 10**6)])),
            "occurred_at": str(datetime(2024, 1, 1) + timedelta(days=40 * step + draw.randrange(40))),
        }
        for number in range(90)
        for step, kind in enumerate(["started", draw.choice(["changed", "paused", "cancelled", "renewed"]), "changed"])
    ]  # fmt: skip
    wanted = check({"subscription_events": events, "customers": [], "exchange_rates": []}, {})
    assert any(row["customers"] > 50 and 0 < row["share_top_10"] < row["share_top_50"] < 1 for row in wanted)


def test_where_nobody_has_mrr_there_is_no_share() -> None:
    tables = {"subscription_events": [], "customers": []}
    assert harness.build(tables, ["rpt_concentration"])["rpt_concentration"] == []
    orders = [{"order_id": "o1", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "5"}]
    rows = harness.build({**tables, "orders": orders}, ["rpt_concentration"])["rpt_concentration"]
    assert rows and {(row["customers"], row["gini"], row["share_top_1"]) for row in rows} == {(0, None, None)}
