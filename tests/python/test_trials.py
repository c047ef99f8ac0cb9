"""rpt_trial_conversion against a plain-Python twin, on adversarial streams with many trials."""

from __future__ import annotations

from datetime import datetime

import cohort_oracle
import harness
import oracle
import pytest
import streams
import trials_oracle
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_against_oracle import SETTINGS, assert_same
from test_engagement import STARTED, use_and_milestones

KEY = ["period_start", "segment_type", "segment_value"]
OPTIONS = {
    "utc_in_november": {"as_of": "2024-11-05 12:00:00"},
    "new_york_without_free_plans_switches": {
        **SETTINGS["new_york_fiscal_april_without_free_plans_switches"],
        "as_of": "2024-12-03 06:00:00",  # or the milestones would say it, of which the twin does not know
    },
    "berlin_as_of_known_at_switches_of_a_day": SETTINGS["berlin_as_of_known_at_switches_of_a_day"],
}
TYPES = ["trial_started"] * 4 + ["started", "started", "cancelled", "expired", "changed", "renewed"]


@st.composite
def trying(draw: st.DrawFn) -> list[dict[str, str]]:
    """A subscription that is tried, and what happens to it and to others of its customer on the days after."""
    subscription = draw(st.integers(0, 7))
    begin = draw(st.sampled_from(streams.BOUNDARIES))
    days = st.sampled_from([0, 0, 1, 7, 8, 14, 15, 30, 31, 60])
    later = draw(st.lists(st.tuples(days, st.sampled_from(TYPES), st.integers(0, 3)), min_size=1, max_size=6))
    steps = [(subscription, "trial_started", begin)]
    if draw(st.booleans()):  # tried in vain before
        steps += [
            (subscription, kind, begin - trials_oracle.DAY * before)
            for before, kind in ((9, "trial_started"), (2, draw(st.sampled_from(["cancelled", "expired"]))))
        ]
    for after, kind, other in later:
        whose = subscription // 4 * 4 + other if draw(st.integers(0, 2)) == 0 else subscription
        at = begin + trials_oracle.DAY * after + streams.timedelta(seconds=draw(st.sampled_from([-1, 0, 0, 0, 1])))
        steps.append((whose, kind, at))
    return [draw(streams.event(*step)) for step in steps]


@st.composite
def businesses_with_trials(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    """A landing folder of the streams, with trials and milestones."""
    tables = draw(streams.landing_folders())
    tried = draw(st.lists(trying(), min_size=2, max_size=4))
    events = [*tables["subscription_events"], STARTED, *(row for rows in tried for row in rows)]
    milestones = use_and_milestones(draw(st.integers(0, 10**6)))["onboarding_milestones"]
    return tables | {"subscription_events": events, "onboarding_milestones": milestones}


def trials_in(tables: dict, options: dict) -> tuple[list[trials_oracle.Trial], datetime]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    events, as_of, chosen = cohort_oracle.seen_events(tables, oracle.Settings(**{**options, **times}))
    return list(trials_oracle.every_trial(events, chosen)), as_of


def expected(tables: dict, options: dict) -> list[dict]:
    trials, as_of = trials_in(tables, options)
    known_at = options.get("known_at")
    records, _ = oracle.accept(
        "customers", tables["customers"], oracle.read_customer, known_at and datetime.fromisoformat(known_at)
    )
    milestones = [
        {**row, "reached_at": datetime.fromisoformat(row["reached_at"]) if row["reached_at"] else None}
        for row in tables["onboarding_milestones"]
    ]
    return trials_oracle.trial_conversion(
        trials,
        {record.key: record.values for record in records},
        milestones,
        as_of,
        options.get("reporting_timezone", "UTC"),
    )


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@settings(max_examples=4, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(businesses_with_trials()))
def test_every_figure_is_the_twins(options: dict, businesses: list[dict]) -> None:
    def check(tables: dict) -> None:
        built = harness.build(tables, ["rpt_trial_conversion"], **options)
        assert_same("rpt_trial_conversion", KEY, built["rpt_trial_conversion"], expected(tables, options))

    streams.check_together(businesses, check)


def test_the_draws_meet_every_outcome() -> None:
    met = set()

    @settings(max_examples=60, phases=[Phase.generate])
    @given(tables=businesses_with_trials())
    def draw(tables: dict) -> None:
        for trial in trials_in(tables, OPTIONS["new_york_without_free_plans_switches"])[0]:
            met.add((trial.outcome, trial.is_repeat, trial.is_plan_tried))
            met.add((trial.outcome, trial.over_at == trial.began_at))

    draw()
    outcomes = {(kind, repeat, False) for kind in ("converted", "lost", "open") for repeat in (False, True)}
    assert outcomes | {("converted", False, True), ("converted", True, True)} <= met
    assert {("converted", True), ("converted", False), ("lost", True), ("lost", False)} <= met


def test_the_limits_are_those_of_the_twin() -> None:
    rows = (harness.PROJECT / "seeds" / "thresholds.csv").read_text(encoding="utf-8").splitlines()
    for name, days in trials_oracle.LIMITS.items():
        assert any(row.startswith(f"trial_{name}_days,{days},") for row in rows)


@pytest.mark.parametrize(
    "tables", [{}, {"orders": [{"order_id": "o1", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "5"}]}]
)
def test_a_business_without_trials_has_no_rows(tables: dict) -> None:
    built = harness.build({"subscription_events": [], "customers": [], **tables}, ["rpt_trial_conversion"])
    assert built == {"rpt_trial_conversion": []}
