"""rpt_contracts against a plain-Python twin, on drawn contracts that follow one another, or do not."""

from __future__ import annotations

from datetime import date, timedelta

import contracts_oracle
import harness
import playbooks_oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_against_oracle import SETTINGS, assert_same
from test_engagement import STARTED
from test_mrr_at_risk import as_settings

KEY = ["period_grain", "period_start", "segment_type", "segment_value"]
OPTIONS = {
    "utc_in_november": {"as_of": "2024-11-05 12:00:00"},
    "new_york_without_free_plans_switches": {
        **SETTINGS["new_york_fiscal_april_without_free_plans_switches"], "as_of": "2024-09-01 03:00:00"
    },
    "berlin_as_of_known_at_switches_of_a_day": SETTINGS["berlin_as_of_known_at_switches_of_a_day"],
}  # fmt: skip
GAPS = [-62, -61, -60, -1, 0, 1, 1, 1, 1, 2, 30, 59, 60, 61, 62]


@st.composite
def contracts(draw: st.DrawFn) -> list[dict[str, str]]:
    """Contracts of one customer; most follow the one before, some on the same day as another."""
    customer, rows = draw(st.integers(0, 7)), []
    starts_on = date(2023, 1, 1) + timedelta(days=draw(st.integers(0, 500)))
    for _ in range(draw(st.integers(2, 6))):
        ends_on = starts_on + timedelta(days=draw(st.sampled_from([-1, 0, 29, 89, 90, 182, 364, 365])))
        signed_on = starts_on + timedelta(days=draw(st.sampled_from([-90, -31, -1, 0, 1, 20])))
        rows.append(
            {
                "customer_id": f"c{customer}",
                "subscription_id": draw(st.sampled_from(["", "", f"s{customer}", "s9"])),
                "starts_on": str(starts_on),
                "ends_on": str(ends_on),
                "value": draw(st.sampled_from(["0", "100", "365", "1000.01", "0.000001"])),
                "currency": draw(st.sampled_from(["", "", "usd", "EUR", "GBP"])),
                "auto_renews": draw(st.sampled_from(["", "true", "true", "false"])),
                "action_at_end": draw(st.sampled_from(["", "", "", "renew", "cancel", "renegotiate"])),
                "signed_on": draw(st.sampled_from(["", str(signed_on), str(signed_on)])),
                "loaded_at": draw(st.sampled_from(["", "", "2024-08-01"])),
            }
        )
        if draw(st.integers(0, 4)):
            starts_on = max(ends_on, starts_on) + timedelta(days=draw(st.sampled_from(GAPS)))
    return rows


@st.composite
def businesses_with_contracts(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    tables = draw(streams.landing_folders())
    own = [row for rows in draw(st.lists(contracts(), min_size=3, max_size=8)) for row in rows]
    events = [*tables["subscription_events"], STARTED]
    numbered = [{"contract_id": f"o{number}", **row} for number, row in enumerate(own)]
    return tables | {"subscription_events": events, "contracts": numbered}


MET: set[tuple] = set()


def check(tables: dict, options: dict) -> None:
    built = harness.build(tables, ["rpt_contracts", "rpt_mrr_movements"], **options)
    business = playbooks_oracle.read_business({"orders": [], **tables}, as_settings(options))
    mrr = {tuple(row[column] for column in KEY): row["mrr_end"] for row in built["rpt_mrr_movements"]}
    known = contracts_oracle.known_contracts(tables, business)
    wanted = contracts_oracle.rows(business, known, mrr)
    assert_same("rpt_contracts", KEY, built["rpt_contracts"], wanted)
    today = business.day(business.as_of)
    for one in known:
        is_late = bool(one.renewed_by) and one.days_late() > 0
        MET.add((one.outcome(today), is_late, one.is_auto_renewed(), len(one.renewed_by) > 1))
    MET.update(("ending", row["contracts_ending"] > 0, row["contracts_signed"] > 0) for row in wanted)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(businesses_with_contracts()))
def test_every_figure_is_the_twins(options: dict, businesses: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check(tables, options))


def test_the_draws_met_every_outcome() -> None:
    """After the test above."""
    if not MET:
        pytest.skip("the test above did not run")
    wanted = {("lost", False, False, False), ("open", False, False, False), ("ending", True, True)}
    wanted |= {("renewed", is_late, is_auto, False) for is_late in (False, True) for is_auto in (False, True)}
    assert wanted <= MET
    assert any(one[0] == "renewed" and one[3] for one in MET)


@pytest.mark.parametrize("contracts", [None, []])
def test_without_contracts_there_are_no_rows(contracts: list | None) -> None:
    tables = {"subscription_events": [STARTED], "customers": []} | ({} if contracts is None else {"contracts": []})
    assert harness.build(tables, ["rpt_contracts"]) == {"rpt_contracts": []}


def test_the_limit_is_that_of_the_twin() -> None:
    rows = (harness.PROJECT / "seeds" / "thresholds.csv").read_text(encoding="utf-8").splitlines()
    (days,) = [row.split(",")[1] for row in rows if row.startswith("renewal_grace_days,")]
    assert int(days) == contracts_oracle.GRACE_DAYS
