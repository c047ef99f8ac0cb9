"""The playbooks' reports against a plain-Python twin: every column, on adversarial events, orders and targets."""

from __future__ import annotations

import csv
import math
from datetime import datetime

import duckdb
import harness
import oracle
import playbooks_oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

SEGMENT_KEY = ["period_grain", "period_start", "segment_type", "segment_value"]
MARTS = {
    "rpt_dunning": SEGMENT_KEY,
    "rpt_recovery_by_reason": [*SEGMENT_KEY, "decline_reason"],
    "rpt_pauses": SEGMENT_KEY,
    "rpt_repeat_purchases": SEGMENT_KEY,
    "rpt_red_flags": [*SEGMENT_KEY, "flag_code"],
    "rpt_goals": ["metric", "period_grain", "period_start"],
    "rpt_benchmarks": ["benchmark", "period_grain", "period_start"],
}
SETTINGS = {
    "utc": {},
    "two_largest": {"largest_segment_values": 2},
    "kolkata_fiscal_february_switches": {
        "reporting_timezone": "Asia/Kolkata",
        "fiscal_year_start_month": 2,
        "switch_grace_minutes": 10,
    },
    "new_york_as_of_known_at": {
        "reporting_timezone": "America/New_York",
        "as_of": "2024-09-01 04:00:00",
        "known_at": "2024-10-15 12:00:00",
    },
}


def seed(name: str) -> list[dict[str, str]]:
    with (harness.PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def metrics() -> list[dict[str, str]]:
    """The rows of int_metrics."""
    (step,) = harness.steps_for(["int_metrics"], {})
    with duckdb.connect() as connection:
        connection.execute(f"create schema {step.schema}; create view {step.relation} as {step.code}")
        return harness.rows(connection, step.relation)


SEEDS = playbooks_oracle.Seeds(seed("churn_reasons"), metrics(), seed("red_flags"), seed("benchmarks"))

# What the twin computes; no survey is in these streams, so the scores have no value.
METRICS = [
    "churn_rate", "voluntary_churn_rate", "involuntary_churn_rate", "growth_rate", "net_growth_rate", "customers_new",
    "customers_end", "customers_came_and_went", "customers_retained", "retention_rate", "crr",
    "gross_revenue_retention", "net_revenue_retention", "arpa", "quick_ratio", "gross_mrr_churn_rate",
    "net_mrr_churn_rate", "mrr_contraction", "mrr_end", "nps", "response_rate", "recovery_rate", "buying_customers",
    "repeat_purchase_rate",
]  # fmt: skip

orders = st.lists(
    st.builds(
        lambda customer_id, at: {"customer_id": customer_id, "ordered_at": streams.as_text(at, None), "amount": "10"},
        st.sampled_from(["c0", "c1", "c2", "c3"]),
        streams.instants,
    ),
    max_size=10,
).map(lambda rows: [{**row, "order_id": f"o{i}"} for i, row in enumerate(rows)])

targets = st.lists(
    st.fixed_dictionaries(
        {
            "metric": st.sampled_from([*METRICS, "happiness"]),
            "period_grain": st.sampled_from(oracle.GRAINS),
            "period_start": st.sampled_from(
                [
                    "2024-01-01",
                    "2024-02-01",
                    "2024-04-01",
                    "2024-05-06",
                    "2024-07-01",
                    "2024-12-01",
                    "2019-01-01",
                    "2099-01-01",
                ]
            ),
            "target": st.sampled_from(["0", "0.05", "0.5", "1", "2.5", "100"]),
        }
    ),
    max_size=30,
    unique_by=lambda row: (row["metric"], row["period_grain"], row["period_start"]),
)


@st.composite
def landing_folders(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    return {**draw(streams.landing_folders()), "orders": draw(orders)}


def assert_same(mart: str, ours: list[dict], theirs: list[dict]) -> None:
    by_key, wanted = ({tuple(row[column] for column in MARTS[mart]): row for row in rows} for rows in (ours, theirs))
    assert len(by_key) == len(ours), f"{mart}: the key is not unique"
    assert by_key.keys() == wanted.keys(), f"{mart}: {sorted(map(str, by_key.keys() ^ wanted.keys()))[:5]}"
    for key, want in wanted.items():
        have = by_key[key]
        assert have.keys() == want.keys(), f"{mart}: {have.keys() ^ want.keys()}"
        for column, value in want.items():
            if isinstance(value, float) and have[column] is not None:
                same = math.isclose(have[column], value, rel_tol=1e-9, abs_tol=1e-9)
            else:
                same = have[column] == value
            assert same, f"{mart} {key} {column}: {have[column]!r}, twin {value!r}"


def expected(tables: dict, options: dict) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    return playbooks_oracle.build(tables, oracle.Settings(**{**options, **times}), SEEDS)


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
@settings(max_examples=1 + 12 // streams.TOGETHER, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(landing_folders()), targets=targets)
def test_every_figure_is_the_twins(options: dict, businesses: list[dict], targets: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check({**tables, "targets": targets}, options))


def check(tables: dict, options: dict) -> None:
    wanted = expected(tables, options)
    built = harness.build(tables, list(MARTS), **options)
    for mart in MARTS:
        assert_same(mart, built[mart], wanted[mart])


def test_a_business_without_rows_has_targets_without_a_verdict() -> None:
    target = {"metric": "churn_rate", "period_grain": "month", "period_start": "2024-01-01", "target": "0.05"}
    built = harness.build({"subscription_events": [], "customers": [], "targets": [target]}, list(MARTS))
    verdicts = [(row["verdict"], row["no_verdict_reason"]) for row in built["rpt_goals"]]
    assert verdicts == [(None, "unknown_period")]
    assert {row["verdict"] for row in built["rpt_benchmarks"]} == {None}
    assert [mart for mart in MARTS if built[mart]] == ["rpt_goals", "rpt_benchmarks"]


def test_falling_clv_is_that_of_the_value_report() -> None:
    """The last complete months of rpt_clv, seen a month apart, fall by what the flag of the later month says."""
    lives = {"s0": "2024-02-10", "s1": "2024-03-05", "s2": "2024-03-20", "s3": "", "s4": ""}
    rows = []
    for i, (name, end) in enumerate(lives.items()):
        common = {"customer_id": f"c{i}", "subscription_id": name, "amount": str(10 * (i + 1))}
        rows.append({**common, "event_id": f"{name}a", "event_type": "started", "occurred_at": "2024-01-05"})
        if end:
            rows.append({**common, "event_id": f"{name}b", "event_type": "cancelled", "occurred_at": end})
    tables = {"subscription_events": rows, "customers": []}
    worth = {}
    for as_of in ("2024-03-01", "2024-04-01"):
        built = harness.build(tables, ["rpt_clv", "rpt_red_flags"], as_of=as_of)
        (worth[as_of],) = (row["clv_simple"] for row in built["rpt_clv"] if row["segment_type"] == "all")
    (flag,) = (
        row
        for row in built["rpt_red_flags"]
        if (row["flag_code"], row["segment_type"], str(row["period_start"])) == ("clv_falling", "all", "2024-03-01")
    )
    assert flag["value"] == pytest.approx(1 - worth["2024-04-01"] / worth["2024-03-01"])
    assert flag["verdict"] == "raised"
