"""Stages, usage retention and onboarding against a plain-Python twin, on adversarial streams of events."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta

import cohort_oracle
import engagement_oracle
import harness
import oracle
import pytest
import renewals_oracle
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_against_oracle import CHURN_REASONS, SETTINGS, assert_same

SEGMENT = ["segment_type", "segment_value"]
MARTS = {
    "fct_lifecycle_stages": ["customer_id", "entered_on"],
    "rpt_usage_retention": ["cohort_start", *SEGMENT, "period_number", "definition"],
    "rpt_onboarding": ["cohort_start", *SEGMENT, "milestone"],
}
OTHER_MARTS = ("rpt_lifecycle_moves", "rpt_engagement_cohorts", "fct_silent_churn", "rpt_customer_segments")
OPTIONS = {
    "utc_in_november": {"as_of": "2024-11-05 12:00:00"},
    "berlin_as_of_known_at_switches_of_a_day": SETTINGS["berlin_as_of_known_at_switches_of_a_day"],
}
CUSTOMERS = ("c0", "c1", "c9")  # those of the streams, and one without events

# Without any event that counts, customers would come and go by their use.
STARTED = {
    "event_id": "e1000", "customer_id": "c5", "subscription_id": "s20", "event_type": "started",
    "occurred_at": "2024-01-10 00:00:00",
}  # fmt: skip
# Pauses are rare at the end of a day of the streams.
PAUSED = STARTED | {"event_id": "e1001", "event_type": "paused", "occurred_at": "2024-02-10 00:00:00"}


def use_and_milestones(seed: int) -> dict[str, list[dict[str, str]]]:
    """What customers do, on days and at times that meet every bound of who joins at one of the streams' instants."""
    draw = random.Random(seed)
    usage: dict[tuple, dict[str, str]] = {}
    milestones = []

    def instant() -> datetime:
        at = draw.choice(streams.BOUNDARIES) + timedelta(seconds=draw.choice([-1, 0, 0, 0, 1]))
        return at + timedelta(days=draw.choice([0, 0, 1, 3, 7, 14, 30, 60, 89, 90, 91, -90]))

    for customer_id in CUSTOMERS:
        for _ in range(draw.choice([0, 3, 25])):
            row = {"customer_id": customer_id, "used_on": str(instant().date()), "feature": draw.choice(["", "boards"])}
            usage[customer_id, row["used_on"], row["feature"]] = {**row, "usage_count": draw.choice(["0", "1", "2.5"])}
        for milestone in draw.sample(["import", "invite", "report"], draw.choice([0, 2, 3])):
            due = draw.choice([None, instant(), instant()])
            reached = draw.choice([None, due, due and due + timedelta(seconds=1), instant(), instant()])
            times = {name: str(at or "") for name, at in (("due_at", due), ("reached_at", reached))}
            # else a milestone is known from when it was reached
            milestones.append(
                {"customer_id": customer_id, "milestone": milestone, **times, "loaded_at": "2023-01-01 00:00:00"}
            )
    return {"product_usage": list(usage.values()), "onboarding_milestones": milestones}


@st.composite
def businesses_in_use(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    """A landing folder of the streams, with long terms, use and milestones."""
    tables = draw(streams.landing_folders())
    rows = [row for own in draw(st.lists(streams.contracted(), min_size=2, max_size=4)) for row in own]
    return (
        tables
        | {"subscription_events": [*tables["subscription_events"], STARTED, PAUSED, *rows]}
        | use_and_milestones(draw(st.integers(0, 10**6)))
    )


def expected(tables: dict, options: dict) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    chosen = oracle.Settings(**{**options, **times})
    customers, as_of = cohort_oracle.replayed(tables, CHURN_REASONS, chosen)
    records, _ = oracle.accept("customers", tables["customers"], oracle.read_customer, chosen.known_at)
    created = {record.key: record.values["created_at"] for record in records}
    used: dict[str, set[date]] = defaultdict(set)
    for row in tables["product_usage"]:
        if float(row["usage_count"]) > 0:
            used[row["customer_id"]].add(date.fromisoformat(row["used_on"]))
    milestones = [
        {**row, **{name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("due_at", "reached_at")}}
        for row in tables["onboarding_milestones"]
    ]
    zone = chosen.reporting_timezone
    return {
        "fct_lifecycle_stages": engagement_oracle.lifecycle_stages(
            customers, created, as_of, chosen, renewals_oracle.ending(*renewals_oracle.read(tables, chosen))
        ),
        "rpt_usage_retention": engagement_oracle.usage_retention(
            customers, cohort_oracle.segments_at_start, used, as_of, zone
        ),
        "rpt_onboarding": engagement_oracle.onboarding(customers, milestones, as_of, chosen),
    }


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(businesses_in_use()))
def test_every_figure_is_the_twins(options: dict, businesses: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check(tables, options))


MET: set[str] = set()


def check(tables: dict, options: dict) -> None:
    built = harness.build(tables, list(MARTS), **options)
    wanted = expected(tables, options)
    MET.update(row["stage"] for row in wanted["fct_lifecycle_stages"])
    for mart, key in MARTS.items():
        assert_same(mart, key, built[mart], wanted[mart])


def test_the_draws_met_every_stage() -> None:
    """After the test above."""
    if not MET:
        pytest.skip("the test above did not run")
    assert {
        "prospect", "trial", "onboarding", "established", "renewal", "past_due", "paused", "lost", "returned",
    } == MET  # fmt: skip


def test_the_listed_days_are_those_of_the_twin() -> None:
    rows = (harness.PROJECT / "seeds" / "usage_retention_days.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert tuple(int(row.split(",")[0]) for row in rows) == engagement_oracle.LISTED_DAYS


def test_no_event_later_than_a_day_moves_a_stage_of_before() -> None:
    """What is built at an earlier as_of is the beginning of what is built later."""
    draw = random.Random(7)
    types = ["started", "cancelled", "paused", "resumed", "payment_failed", "payment_recovered", "trial_started"]
    events = [
        {
            "event_id": f"e{number}",
            "customer_id": f"c{number % 30}",
            "subscription_id": f"s{number % 45}",
            "event_type": draw.choice(types),
            "occurred_at": str(datetime(2024, 1, 1) + timedelta(hours=draw.randrange(300 * 24))),
            "amount": "10",
            "billing_interval": draw.choice(["month", "quarter"]),
        }
        for number in range(900)
    ]
    tables = {"subscription_events": events, "customers": []}

    def stages(as_of: datetime) -> dict[tuple, tuple]:
        rows = harness.build(tables, ["fct_lifecycle_stages"], as_of=str(as_of))["fct_lifecycle_stages"]
        return {(row["customer_id"], row["entered_on"]): (row["stage"], row["left_on"]) for row in rows}

    earlier, later = stages(datetime(2024, 6, 1)), stages(datetime(2024, 10, 1))
    # of the day itself only what was before as_of was known
    before = {key: value for key, value in later.items() if key[1] < date(2024, 6, 1)}
    assert len(before) > 100
    for key, (stage, left_on) in before.items():
        left_by_then = left_on if left_on and left_on < date(2024, 6, 1) else None
        known_stage, known_left_on = earlier[key]
        assert (known_stage, known_left_on if known_left_on != date(2024, 6, 1) else None) == (stage, left_by_then), key


def test_a_business_without_use_or_customers_has_empty_tables() -> None:
    built = harness.build({"subscription_events": [], "customers": []}, [*MARTS, *OTHER_MARTS])
    assert {mart: len(rows) for mart, rows in built.items()} == dict.fromkeys([*MARTS, *OTHER_MARTS], 0)
