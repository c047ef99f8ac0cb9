"""Cohorts, survival, hazard, seasons, prevention: the SQL against a plain-Python twin and lifelines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import cohort_oracle
import harness
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.datasets import load_dd, load_waltons
from test_against_oracle import CHURN_REASONS, SETTINGS, assert_same

SEGMENT = ["segment_type", "segment_value"]
MARTS = {
    "rpt_cohort_retention": ["cohort_grain", "cohort_start", *SEGMENT, "period_number"],
    "rpt_survival_curves": [*SEGMENT, "tenure_days"],
    "rpt_churn_hazard": [*SEGMENT, "tenure_month"],
    "rpt_preventable_churn": ["period_grain", "period_start", *SEGMENT],
    "rpt_churn_seasonality": ["period_start", *SEGMENT],
}
AS_OF = datetime(2024, 6, 1)


def expected(tables: dict, options: dict) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    chosen = oracle.Settings(**{**options, **times})
    customers, as_of = cohort_oracle.replayed(tables, CHURN_REASONS, chosen)
    reports = oracle.build_reports(customers, as_of, chosen)["rpt_churn_rates"]
    return {
        "rpt_cohort_retention": cohort_oracle.cohort_retention(customers, as_of, chosen),
        "rpt_survival_curves": cohort_oracle.survival_curves(customers, as_of),
        "rpt_churn_hazard": cohort_oracle.churn_hazard(customers, as_of),
        "rpt_preventable_churn": list(cohort_oracle.preventable_churn(customers, reports, chosen)),
        "rpt_churn_seasonality": list(cohort_oracle.churn_seasonality(reports)),
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


REASON_OF_TYPE = {"voluntary": "too_expensive", "involuntary": "card_expired", "unknown": "aliens"}


def survival_of(spells: Iterable[tuple[int, str | None]]) -> list[dict]:
    """The curve of segment all of customers who stayed so many days; their churn type, None = still there at as_of."""
    events = []
    for number, (days, churn_type) in enumerate(spells):
        one = {"customer_id": f"c{number}", "subscription_id": f"s{number}"}
        # an hour more than whole days, so that a stay of 0 days is one
        started_at = AS_OF - timedelta(days=days, hours=1)
        events.append({**one, "event_id": f"s{number}", "event_type": "started", "occurred_at": str(started_at)})
        if churn_type:
            end = {"event_id": f"e{number}", "event_type": "cancelled", "occurred_at": str(AS_OF)}
            events.append({**one, **end, "reason_code": REASON_OF_TYPE[churn_type]})
    tables = {"subscription_events": events, "customers": []}
    rows = harness.build(tables, ["rpt_survival_curves"], as_of=str(AS_OF))["rpt_survival_curves"]
    return sorted((row for row in rows if row["segment_type"] == "all"), key=lambda row: row["tenure_days"])


def at(curve: list[dict], day: int, column: str = "survival") -> float:
    """A column of a curve on a day: a curve keeps its value until its next row."""
    return [row[column] for row in curve if row["tenure_days"] <= day][-1]


@settings(max_examples=15)
@given(spells=st.lists(st.tuples(st.integers(0, 30), st.sampled_from([None, *REASON_OF_TYPE])), min_size=1))
def test_survival_and_its_interval_are_lifelines(spells: list[tuple[int, str | None]]) -> None:
    curve = survival_of(spells)
    theirs = KaplanMeierFitter().fit([days for days, _ in spells], [kind is not None for _, kind in spells])
    for row in curve:
        day = row["tenure_days"]
        bounds = tuple(theirs.confidence_interval_.loc[day])
        assert row["survival"] == pytest.approx(theirs.survival_function_.loc[day].item(), abs=1e-12)
        assert (row["survival_lower"], row["survival_upper"]) == pytest.approx(bounds, abs=1e-9)
        assert row["at_risk"] == theirs.event_table.loc[day, "at_risk"]
    assert {row["tenure_days"] for row in curve} == set(theirs.event_table.index)


@settings(max_examples=10)
@given(
    # lifelines shifts ties apart at random, so there are none
    days=st.lists(st.integers(1, 200), min_size=2, max_size=30, unique=True),
    kinds=st.lists(st.sampled_from([None, *REASON_OF_TYPE]), min_size=30, max_size=30),
)
def test_incidences_are_lifelines(days: list[int], kinds: list[str | None]) -> None:
    kinds = kinds[: len(days)]
    curve = survival_of(zip(days, kinds, strict=True))
    codes = {None: 0, "voluntary": 1, "involuntary": 2, "unknown": 3}
    for kind in set(kinds) - {None}:
        theirs = AalenJohansenFitter(calculate_variance=False).fit(days, [codes[k] for k in kinds], codes[kind])
        for day in days:
            ours = at(curve, day, f"incidence_{kind}")
            assert ours == pytest.approx(theirs.cumulative_density_.loc[day].item(), abs=1e-9), kind


def test_survival_of_six_is_the_published_one() -> None:
    """The example of lifelines' own tests: T = 0 3 3 2 1 2, E = 1 1 0 0 1 1."""
    curve = survival_of([(0, "voluntary"), (3, "voluntary"), (3, None), (2, None), (1, "unknown"), (2, "involuntary")])
    assert [round(row["survival"], 6) for row in curve] == [0.833333, 0.666667, 0.5, 0.25]


def test_how_long_governments_last_is_the_published_curve() -> None:
    """1808 governments (Cheibub, Gandhi and Vreeland 2010), the data of lifelines' documentation: median 4 years."""
    spells = load_dd()[["duration", "observed"]].itertuples(index=False)
    curve = survival_of((int(years), "unknown" if is_over else None) for years, is_over in spells)
    assert [round(at(curve, year), 6) for year in (1, 4, 20)] == [0.721792, 0.418835, 0.090994]
    bounds = [at(curve, 4, f"survival_{bound}") for bound in ("lower", "upper")]
    assert [round(bound, 6) for bound in bounds] == [0.395233, 0.442242]
    assert min(row["tenure_days"] for row in curve if row["survival"] <= 0.5) == 4


def test_how_long_waltons_flies_live_is_the_published_median() -> None:
    """163 fruit flies (Walton), the data of lifelines' documentation: median 56 days."""
    spells = load_waltons()[["T", "E"]].itertuples(index=False)
    curve = survival_of((int(days), "unknown" if is_dead else None) for days, is_dead in spells)
    assert min(row["tenure_days"] for row in curve if row["survival"] <= 0.5) == 56
