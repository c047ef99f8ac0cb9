"""rpt_renewals and rpt_upcoming_renewals against a plain-Python twin, on adversarial streams of events."""

from __future__ import annotations

import harness
import playbooks_oracle
import pytest
import renewals_oracle
import streams
import terms_oracle
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_against_oracle import SETTINGS, assert_same
from test_engagement import STARTED
from test_mrr_at_risk import as_settings

KEY = ["period_grain", "period_start", "segment_type", "segment_value"]
UPCOMING_KEY = ["within_days", "segment_type", "segment_value"]
OPTIONS = {
    "utc_in_november": {"as_of": "2024-11-05 12:00:00"},
    "new_york_without_free_plans_switches": SETTINGS["new_york_fiscal_april_without_free_plans_switches"],
    "berlin_as_of_known_at_switches_of_a_day": SETTINGS["berlin_as_of_known_at_switches_of_a_day"],
}
# a term that ends 45 days after the first as_of, and that the customer has asked to end
ENDING = [
    {**STARTED, "event_id": event_id, "customer_id": "c77", "subscription_id": "s77", "event_type": kind,
     "occurred_at": at, "billing_interval": "year", "amount": "100"}
    for event_id, kind, at in [("e2001", "started", "2023-12-20"), ("e2002", "cancel_requested", "2024-10-01")]
]  # fmt: skip


@st.composite
def businesses_with_terms(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    tables = draw(streams.landing_folders())
    rows = [row for own in draw(st.lists(streams.contracted(), min_size=2, max_size=5)) for row in own]
    return tables | {"subscription_events": [*tables["subscription_events"], STARTED, *ENDING, *rows], "orders": []}


def facts_of(tables: dict, options: dict, replaced: set[tuple]) -> tuple[playbooks_oracle.Business, list[dict]]:
    business, landed = renewals_oracle.read(tables, as_settings(options))
    return business, list(renewals_oracle.facts(business, landed, replaced))


MET: set[tuple] = set()


def check(tables: dict, options: dict) -> None:
    marts = ["rpt_renewals", "rpt_upcoming_renewals", "int_subscription_replacements"]
    built = harness.build(tables, marts, **options)
    replaced = {(row["subscription_id"], row["ended_at"]) for row in built["int_subscription_replacements"]}
    business, every = facts_of(tables, options, replaced)
    assert_same("rpt_renewals", KEY, built["rpt_renewals"], renewals_oracle.renewals(business, every))
    wanted = renewals_oracle.upcoming(business, every)
    assert_same("rpt_upcoming_renewals", UPCOMING_KEY, built["rpt_upcoming_renewals"], wanted)
    MET.update(("pending", row["within_days"]) for row in wanted if row["cancel_pending"])
    for one in every:
        MET.add((one["outcome"], bool(one["days_late"]), one["is_replaced"]))


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(businesses_with_terms()))
def test_every_figure_is_the_twins(options: dict, businesses: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check(tables, options))


def test_the_draws_met_every_outcome() -> None:
    """After the test above."""
    if not MET:
        pytest.skip("the test above did not run")
    wanted = {
        ("renewed", False, False), ("renewed", True, False), ("rolled_over", False, False), ("open", False, False),
        ("lost", False, False), ("lost", False, True), ("pending", 60), ("pending", 90),
    }  # fmt: skip
    assert wanted <= MET


@pytest.mark.parametrize(
    "tables", [{}, {"orders": [{"order_id": "o1", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "5"}]}]
)
def test_a_business_without_terms_has_no_rows(tables: dict) -> None:
    marts = ["rpt_renewals", "rpt_upcoming_renewals"]
    built = harness.build({"subscription_events": [], "customers": [], **tables}, marts)
    assert built == {mart: [] for mart in marts}


def test_the_limits_are_those_of_the_twin() -> None:
    rows = (harness.PROJECT / "seeds" / "thresholds.csv").read_text(encoding="utf-8").splitlines()
    limits = {
        "contract_term_months": terms_oracle.LEAST_MONTHS,
        "renewal_grace_days": renewals_oracle.GRACE_DAYS,
        "renewal_stage_days": renewals_oracle.STAGE_DAYS,
    }
    for name, value in limits.items():
        assert any(row.startswith(f"{name},{value},") for row in rows)


def test_a_renewal_is_not_seen_before_it_comes() -> None:
    """Seen from the 60th day after the last day a term is open, though its renewal has been landed since."""
    events = [
        {
            "event_id": f"e{number}", "customer_id": "c1", "subscription_id": "s1", "event_type": kind, "amount": "120",
            "occurred_at": at, "billing_interval": "year", "loaded_at": loaded_at,
        }
        for number, (kind, at, loaded_at) in enumerate(
            [("started", "2023-01-10", ""), ("renewed", "2024-02-20", "2024-03-05")]
        )
    ]  # fmt: skip
    tables = {"subscription_events": events, "customers": []}

    def year(**options: str) -> tuple:
        rows = harness.build(tables, ["rpt_renewals"], **options)["rpt_renewals"]
        (row,) = [row for row in rows if (row["period_grain"], row["segment_type"]) == ("year", "all")]
        return row["due"], row["renewed_late"], row["rolled_over"], row["open"]

    assert year(as_of="2024-02-19") == (1, 0, 0, 1)
    assert year(as_of="2024-02-21") == (1, 1, 0, 0)
    assert year(as_of="2024-02-21", known_at="2024-03-01") == (1, 0, 0, 1)
    assert year(as_of="2024-03-11", known_at="2024-03-01") == (1, 0, 1, 0)
