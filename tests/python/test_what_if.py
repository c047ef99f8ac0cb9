"""What a scenario would be worth: small businesses that can be reckoned through by hand, and the limits of a lever."""

from __future__ import annotations

from datetime import date

import harness
import pytest

from warehouse.statistics.segment_forecasts import Limits
from warehouse.statistics.what_if import SCHEMA, what_ifs

LIMITS = Limits(months_ahead=12, least_months=6, least_customers=20, most_origins=36)
MONTHS = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(24)]
SCENARIOS = [("dearer", "price", 5), ("keep", "retention", 5), ("recover", "recovery", 10)]


def old_customers(lost_each_month: float = 0.1, mrr: float = 10.0) -> list[tuple]:
    """1,000 customers of one cohort two years ago, of whom each month loses the same share; nobody joins."""
    rows, there = [("all", "all", MONTHS[0], MONTHS[0], 1000, 0, 1000 * mrr, 0, 0)], 1000.0
    for month in MONTHS[1:]:
        lost = there * lost_each_month
        rows.append(("all", "all", MONTHS[0], month, 0, lost, 0, lost * mrr, 0))
        there -= lost
    return rows


def scenarios(movements: list[tuple], failures: tuple[int, int] = (0, 0)) -> dict[str, dict]:
    rows = what_ifs(movements, MONTHS, {("all", "all"): failures}, SCENARIOS, LIMITS).to_pylist()
    return {row["scenario"]: row for row in rows}


def test_as_it_is_every_month_loses_its_share() -> None:
    there = 1000 * 0.9**23
    for row in scenarios(old_customers()).values():
        assert row["retention"] == pytest.approx(0.9**12)
        assert row["mrr_months"] == pytest.approx(sum(10 * there * 0.9**ahead for ahead in range(1, 13)))
        assert row["lifetime_months"] == pytest.approx(10) and row["origin"] == MONTHS[-1]


def test_five_points_more_are_left_after_a_year() -> None:
    row = scenarios(old_customers())["keep"]
    monthly = (0.9**12 + 0.05) ** (1 / 12)
    assert row["retention_changed"] == pytest.approx(0.9**12 + 0.05)
    assert row["mrr_months_changed"] == pytest.approx(sum(10000 * 0.9**23 * monthly**ahead for ahead in range(1, 13)))
    assert row["lifetime_months_changed"] == pytest.approx(1 / (1 - monthly))


def test_who_would_have_been_lost_to_a_payment_is_kept_but_no_more_than_those() -> None:
    customer_months = sum(1000 * 0.9**month for month in range(11, 23))
    recovered = scenarios(old_customers(), failures=(300, 200))["recover"]
    assert 1 / recovered["lifetime_months_changed"] == pytest.approx(0.1 - 30 / customer_months)
    assert recovered["retention_changed"] == pytest.approx((0.9 + 30 / customer_months) ** 12)
    few = scenarios(old_customers(), failures=(300, 12))["recover"]
    assert few["retention_changed"] == pytest.approx((0.9 + 12 / customer_months) ** 12)
    none = scenarios(old_customers())["recover"]
    assert none["retention_changed"] == none["retention"] and none["mrr_months_changed"] == none["mrr_months"]


def test_a_price_changes_all_mrr_and_no_customer() -> None:
    row = scenarios(old_customers())["dearer"]
    assert row["mrr_months_changed"] == pytest.approx(1.05 * row["mrr_months"])
    assert (row["retention_changed"], row["lifetime_months_changed"]) == (row["retention"], row["lifetime_months"])


def test_nobody_is_kept_twice() -> None:
    row = scenarios(old_customers(lost_each_month=0.0001), failures=(5000, 5000))
    assert row["keep"]["retention_changed"] == row["recover"]["retention_changed"] == 1
    assert row["keep"]["lifetime_months_changed"] is None
    forever = scenarios(old_customers(lost_each_month=0.0))["keep"]
    assert (forever["retention"], forever["retention_changed"], forever["lifetime_months"]) == (1, 1, None)


def test_what_is_not_forecast_has_a_reason() -> None:
    free = scenarios(old_customers(mrr=0.0))["keep"]
    assert (free["reason"], free["mrr_months"], free["retention_changed"]) == ("no_mrr", None, None)
    table = what_ifs([], MONTHS, {}, SCENARIOS, LIMITS)
    assert table.num_rows == 0 and table.schema == SCHEMA


def test_the_mart_has_every_scenario_of_every_segment() -> None:
    events = [
        {"event_id": f"{kind}{number}", "customer_id": f"c{number}", "subscription_id": f"s{number}",
         "occurred_at": str(date(2023, 1 + number % 12, 3) if kind == "started" else date(2024, 1 + number % 6, 5)),
         "event_type": kind, "amount": "10"}
        for number in range(60)
        for kind in ("started", *["payment_failed"] * (number % 6 == 0), *["cancelled"] * (number % 3 == 0))
    ]  # fmt: skip
    tables = {"subscription_events": events, "customers": [], "exchange_rates": []}
    rows = harness.build(tables, ["rpt_what_if"], as_of="2024-07-10", gross_margin=0.5)["rpt_what_if"]
    everybody = {row["scenario"]: row for row in rows if row["segment_type"] == "all"}
    assert set(everybody) == {"retention_up", "recovery_up", "price_up"} and len(rows) > 3
    for row in everybody.values():
        assert row["reason"] is None and row["mrr_months_gain"] > 0 and row["relative_margin_gain"] > 0
    assert everybody["price_up"]["relative_margin_gain"] == pytest.approx(0.1)
    assert (everybody["retention_up"]["claim_lower"], everybody["retention_up"]["claim_upper"]) == (0.25, 0.95)
    assert harness.build({"subscription_events": [], "customers": []}, ["rpt_what_if"]) == {"rpt_what_if": []}
