"""Customers who come and go by what they do: the SQL against a plain-Python reading of "no order for so many days"."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import harness
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

AS_OF = datetime(2024, 12, 31, 12)
INACTIVITY = timedelta(days=90)
# hours that meet each other and the boundaries of days and months after 90 days
moments = st.one_of(
    st.builds(lambda hours: datetime(2024, 1, 1) + timedelta(hours=hours), st.integers(0, 370 * 24)),
    st.builds(lambda days: datetime(2024, 1, 1) + timedelta(days=days), st.sampled_from([0, 1, 30, 90, 91, 180, 270])),
)
CUSTOMERS = [f"c{number}" for number in range(16)]
histories = st.lists(st.tuples(st.sampled_from(CUSTOMERS), moments), max_size=100)


def landing(orders: list[tuple[str, datetime]], events: list[dict] = ()) -> dict[str, list[dict]]:
    rows = [
        {"order_id": f"o{number}", "customer_id": customer, "ordered_at": str(at), "amount": "10"}
        for number, (customer, at) in enumerate(orders)
    ]
    return {"subscription_events": list(events), "customers": [], "orders": rows}


def is_customer_before(boundary: date, orders: list[datetime]) -> bool:
    """After everything that happened before the first instant of a day."""
    earlier = [at for at in orders if at < datetime.combine(boundary, time.min)]
    return bool(earlier) and datetime.combine(boundary, time.min) <= max(earlier) + INACTIVITY


def is_customer_at_as_of(orders: list[datetime]) -> bool:
    return bool(orders) and max(orders) + INACTIVITY > AS_OF


@settings(max_examples=6)
@given(history=histories)
def test_periods_count_who_has_ordered_lately(history: list[tuple[str, datetime]]) -> None:
    by_customer: dict[str, list[datetime]] = {}
    for customer, at in history:
        if at <= AS_OF:
            by_customer.setdefault(customer, []).append(at)
    built = harness.build(landing(history), ["rpt_churn_rates", "fct_churn_events"], as_of=str(AS_OF))

    rows = [row for row in built["rpt_churn_rates"] if row["segment_type"] == "all"]
    first = min((at.date() for orders in by_customer.values() for at in orders), default=None)
    wanted = [p for grain in oracle.GRAINS if first for p in oracle.periods_from_to(grain, first, AS_OF.date(), 1)]
    assert {(row["period_grain"], row["period_start"]) for row in rows} == {(p.grain, p.start) for p in wanted}
    for row in rows:
        starts, ends, acquired = [], [], 0
        for orders in by_customer.values():
            starts.append(is_customer_before(row["period_start"], orders))
            complete = row["is_complete_period"]
            ends.append(is_customer_before(row["period_end"], orders) if complete else is_customer_at_as_of(orders))
            acquired += row["period_start"] <= min(orders).date() < row["period_end"]
        churned = sum(start and not end for start, end in zip(starts, ends, strict=True))
        found = [row[f"customers_{name}"] for name in ("start", "end", "churned", "acquired")]
        assert found == [sum(starts), sum(ends), churned, acquired], row
        assert row["lifecycle"] == "activity"

    losses = set()
    for customer, orders in by_customer.items():
        for at in orders:
            until = at + INACTIVITY
            if until <= AS_OF and not any(at < other <= until for other in orders):
                losses.add((customer, until))
    assert {(row["customer_id"], row["churned_at"]) for row in built["fct_churn_events"]} == losses
    kinds = {(row["churn_type"], row["reason_code"], row["mrr_lost"]) for row in built["fct_churn_events"]}
    assert kinds <= {("unknown", "inactivity", 0)}


SUBSCRIPTION = {
    "event_id": "e1",
    "customer_id": "subscriber",
    "subscription_id": "s1",
    "event_type": "started",
    "occurred_at": "2024-11-01",
    "amount": "10",
}


@pytest.mark.parametrize(
    ("lifecycle", "events", "customers"),
    [
        ("auto", [SUBSCRIPTION], ["subscriber"]),
        ("auto", [{**SUBSCRIPTION, "occurred_at": "soon"}], ["buyer"]),
        ("subscription", [], []),
        ("activity", [SUBSCRIPTION], ["buyer"]),
    ],
    ids=["events", "no_event_that_counts", "only_subscriptions", "only_activity"],
)
def test_setting_says_what_makes_a_customer(lifecycle: str, events: list[dict], customers: list[str]) -> None:
    tables = landing([("buyer", datetime(2024, 12, 1))], events)
    rows = harness.build(tables, ["dim_customers"], as_of=str(AS_OF), lifecycle=lifecycle)["dim_customers"]
    assert [row["customer_id"] for row in rows if row["current_status"] == "active"] == customers
