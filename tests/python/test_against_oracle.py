"""The SQL against the oracle: every column of the period reports and churn events, on adversarial streams of events."""

from __future__ import annotations

import csv
import math
from datetime import datetime

import harness
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

MARTS = {
    "rpt_churn_rates": ["period_grain", "period_start", "segment_type", "segment_value"],
    "rpt_churn_rate_definitions": ["period_grain", "period_start", "definition"],
    "rpt_retention_rates": ["period_grain", "period_start", "segment_type", "segment_value"],
    "rpt_mrr_movements": ["period_grain", "period_start", "segment_type", "segment_value"],
    "fct_churn_events": ["customer_id", "churned_at"],
    "rpt_event_reconciliation": ["raw_table"],
    **{table: ["period_grain", "period_start", *columns] for table, columns in oracle.CELL_COLUMNS.items()},
}

SETTINGS = {
    "utc": {},
    "two_largest": {"largest_segment_values": 2},
    "new_york_fiscal_april_without_free_plans_switches": {
        "reporting_timezone": "America/New_York",
        "fiscal_year_start_month": 4,
        "free_plans_are_customers": False,
        "switch_grace_minutes": 10,
    },
    "kolkata_fiscal_february": {"reporting_timezone": "Asia/Kolkata", "fiscal_year_start_month": 2},
    "berlin_as_of_known_at_switches_of_a_day": {
        "reporting_timezone": "Europe/Berlin",
        "as_of": "2024-07-01",
        "known_at": "2024-07-15 12:00:00",
        "switch_grace_minutes": 1440,
    },
}

with (harness.PROJECT / "seeds" / "churn_reasons.csv").open(encoding="utf-8") as seed:
    CHURN_REASONS = list(csv.DictReader(seed))


def expected(tables: dict, options: dict) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    return oracle.build(
        tables["subscription_events"],
        tables["customers"],
        tables["exchange_rates"],
        CHURN_REASONS,
        oracle.Settings(**{**options, **times}),
    )


def assert_same(mart: str, key: list[str], ours: list[dict], theirs: list[dict]) -> None:
    by_key = {tuple(row[column] for column in key): row for row in ours}
    assert len(by_key) == len(ours), f"{mart}: the key is not unique"
    wanted = {tuple(row[column] for column in key): row for row in theirs}
    assert by_key.keys() == wanted.keys(), f"{mart}: {sorted(map(str, by_key.keys() ^ wanted.keys()))[:5]}"
    for row_key, want in wanted.items():
        for column, value in want.items():
            have = by_key[row_key][column]
            same = (
                math.isclose(have, value, rel_tol=1e-9, abs_tol=1e-12)
                if isinstance(value, float) and have is not None
                else have == value
            )
            assert same, f"{mart} {row_key} {column}: {have!r}, oracle {value!r}"


def check(tables: dict, options: dict) -> None:
    built = harness.build(tables, list(MARTS), **options)
    wanted = expected(tables, options)
    for mart in MARTS:
        rows = built[mart]
        if mart == "rpt_event_reconciliation":
            rows = [row for row in rows if row["raw_table"] in tables]
        assert_same(mart, MARTS[mart], rows, wanted[mart])


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
@settings(max_examples=settings.default.max_examples // streams.TOGETHER, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(streams.landing_folders()), a_plan_is_called_other=st.booleans())
def test_every_figure_is_the_oracles(options: dict, businesses: list[dict], a_plan_is_called_other: bool) -> None:
    if a_plan_is_called_other:
        businesses = [streams.with_a_plan_called_other(business) for business in businesses]
    streams.check_together(businesses, lambda tables: check(tables, options))
