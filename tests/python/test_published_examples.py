"""Worked examples that other tools publish, from one stream of events: each is the customers of one country of its own.

The source of each is its vendor and the title of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import harness
import pytest

MARTS = ["rpt_mrr_definitions", "rpt_mrr_definition_differences"]


def lives(
    example: str, number: int, *events: tuple[str, str], amount: str = "10", first: int = 0, **terms: str
) -> Iterator[dict[str, str]]:
    """The same events for `number` customers of an example, numbered from `first`."""
    for customer in range(first, first + number):
        for event_type, day in events:
            yield {
                "event_id": f"{example}-{customer}-{event_type}-{day}",
                "customer_id": f"{example}-{customer}",
                "subscription_id": f"{example}-{customer}{terms.get('plan_id', '')}",
                "event_type": event_type,
                "occurred_at": day,
                "amount": amount if event_type == "started" else "",
                **terms,
            }


STARTED = ("started", "2024-01-05")
EVENTS = [
    # ChartMogul, Metric: Monthly Recurring Revenue (MRR): 5 customers at $5 are $25; with two at $30 it is $85
    *lives("mrr", 5, STARTED, amount="5"),
    *lives("mrr", 2, ("started", "2024-02-10"), amount="30", first=5),
    # ChartMogul, MRR movements: four Gold yearly for $2,000 are $166.67; two Silver monthly, $60, end without churn
    *lives("movements", 1, STARTED, amount="2000", billing_interval="year", plan_id="gold"),
    *lives("movements", 1, ("started", "2024-02-05"), ("cancelled", "2024-03-02"), amount="60", plan_id="silver"),
    # ChartMogul, Metric: Customer Churn rate: 100 at the start, 11 cancel, one of whom joined in the month: 10%
    *lives("churn", 90, STARTED),
    *lives("churn", 10, STARTED, ("cancelled", "2024-02-12"), first=90),
    *lives("churn", 1, ("started", "2024-02-03"), ("cancelled", "2024-02-20"), first=100),
    # Stripe, Billing metric definitions: 100 at $100 a month and 50 at $600 a year are $12,500
    *lives("plans", 100, STARTED, amount="100"),
    *lives("plans", 50, STARTED, amount="600", billing_interval="year", first=100),
    # Stripe, Billing Analytics: an annual subscription for $1,200 counts $100
    *lives("annual", 1, STARTED, amount="1200", billing_interval="year"),
    # Stripe, Impact of Subscription Trial Periods on MRR in Billing: a trial does not count
    # Recurly, Analytics Dashboard: subscribers include those with a subscription in trial
    *lives("trial", 1, STARTED, amount="40"),
    *lives("trial", 1, ("trial_started", "2024-02-25"), amount="40", first=1),
    # ProfitWell, Churn: $10 from April 15, cancelled on June 8, churned on June 15
    *lives("sarah", 1, ("started", "2024-04-15"), ("cancel_requested", "2024-06-08"), ("cancelled", "2024-06-15")),
    # ProfitWell, Discounts and credits: an annual plan of $120 at a discount of 10% has an MRR of $9
    *lives("discount", 1, STARTED, amount="108", billing_interval="year"),
    # ProfitWell, Are cancellations in the first month counted as churn?: $100 on the 5th, churned on the 6th: no churn
    *lives("first_month", 1, STARTED, amount="100"),
    *lives("first_month", 1, ("started", "2024-05-05"), ("cancelled", "2024-05-06"), amount="100", first=1),
    # ProfitWell vs. Maxio: on hold at $0 by the one, as it is by the other; back after 90 days is new by the latter
    *lives("on_hold", 1, STARTED, ("paused", "2024-02-10"), amount="70"),
    *lives("return", 1, STARTED, ("cancelled", "2024-01-20"), ("reactivated", "2024-04-19")),
    *lives("return", 1, STARTED, ("cancelled", "2024-01-20"), ("reactivated", "2024-04-20"), first=1),
    # Baremetrics, User and Revenue Churn: delinquent for more than 30 days is cancelled; 5 of 100 are 5%
    *lives("late", 95, STARTED),
    *lives("late", 5, STARTED, ("payment_failed", "2024-02-20"), first=95),
]


def built(as_of: str) -> dict[str, list[dict]]:
    ids = {row["customer_id"] for row in EVENTS}
    customers = [{"customer_id": key, "country": key.rsplit("-", 1)[0]} for key in sorted(ids)]
    return harness.build({"subscription_events": EVENTS, "customers": customers}, MARTS, as_of=as_of)


@pytest.fixture(scope="module")
def on_the_tenth() -> dict[str, list[dict]]:
    return built("2024-06-10")


def row(marts: dict, example: str, definition: str, month: str) -> dict:
    (found,) = [
        row
        for row in marts["rpt_mrr_definitions"]
        if (row["segment_type"], row["segment_value"], row["definition"]) == ("country", example, definition)
        and (row["period_grain"], str(row["period_start"])) == ("month", f"2024-{month}-01")
    ]
    return found


@pytest.mark.parametrize(
    ("example", "definition", "month", "printed"),
    [
        ("mrr", "chartmogul", "01", "25.00"),
        ("mrr", "chartmogul", "02", "85.00"),
        ("movements", "chartmogul", "01", "166.67"),
        ("movements", "chartmogul", "02", "226.67"),
        ("movements", "chartmogul", "03", "166.67"),
        ("plans", "stripe", "01", "12500.00"),
        ("annual", "stripe", "01", "100.00"),
        ("trial", "stripe", "02", "40.00"),
        ("trial", "recurly", "02", "40.00"),
        ("sarah", "profitwell", "05", "10.00"),
        ("discount", "profitwell", "01", "9.00"),
        ("first_month", "profitwell", "05", "100.00"),
        ("on_hold", "profitwell", "02", "0.00"),
        ("on_hold", "maxio", "02", "70.00"),
        ("late", "baremetrics", "02", "1000.00"),
        ("late", "baremetrics", "03", "950.00"),
    ],
)
def test_mrr_is_the_published_one(on_the_tenth: dict, example: str, definition: str, month: str, printed: str) -> None:
    assert f"{row(on_the_tenth, example, definition, month)['mrr']:.2f}" == printed


@pytest.mark.parametrize(
    ("example", "definition", "month", "printed"),
    [
        ("churn", "chartmogul", "02", "10 of 100 = 10.00%"),
        ("churn", "profitwell", "02", "10 of 100 = 10.00%"),
        ("churn", "maxio", "02", "10 of 100 = 10.00%"),
        # who joins and leaves in the period is in the numerator and the denominator
        ("churn", "stripe", "02", "11 of 101 = 10.89%"),
        # who does is part of the churn rate since the Churn Update
        ("churn", "baremetrics", "02", "11 of 100 = 11.00%"),
        ("movements", "chartmogul", "03", "0 of 1 = 0.00%"),
        ("first_month", "profitwell", "05", "0 of 1 = 0.00%"),
        ("late", "baremetrics", "03", "5 of 100 = 5.00%"),
        ("late", "chartmogul", "03", "0 of 100 = 0.00%"),
    ],
)
def test_churn_rate_is_the_published_one(
    on_the_tenth: dict, example: str, definition: str, month: str, printed: str
) -> None:
    found = row(on_the_tenth, example, definition, month)
    counted = f"{found['churn_numerator']} of {found['churn_denominator']}"
    assert f"{counted} = {found['churn_rate']:.2%}" == printed


def test_a_cancel_counts_at_its_request_or_at_the_end_of_what_was_paid(on_the_tenth: dict) -> None:
    # Stripe, Impact of Subscription Cancellations on MRR in Billing: from the call on, not from the end of the period
    assert row(on_the_tenth, "sarah", "stripe", "06")["mrr"] == 0
    assert row(on_the_tenth, "sarah", "stripe", "06")["difference_to_ours"] == -10
    assert row(on_the_tenth, "sarah", "profitwell", "06")["mrr"] == 10
    assert row(on_the_tenth, "sarah", "profitwell", "06")["churn_numerator"] == 0
    later = row(built("2024-06-16"), "sarah", "profitwell", "06")
    assert (later["mrr"], later["churn_numerator"]) == (0, 1)


def test_a_trial_is_a_subscriber_of_one_tool_only(on_the_tenth: dict) -> None:
    assert row(on_the_tenth, "trial", "stripe", "02")["customers"] == 1
    assert row(on_the_tenth, "trial", "recurly", "02")["customers"] == 2


def test_who_comes_back_within_ninety_days_is_reactivated(on_the_tenth: dict) -> None:
    for definition, counts in {"maxio": (1, 1), "profitwell": (0, 2)}.items():
        found = row(on_the_tenth, "return", definition, "04")
        assert (found["customers_new"], found["customers_reactivated"]) == counts


def test_the_differences_of_an_example_say_why(on_the_tenth: dict) -> None:
    found = {
        (row["segment_value"], row["difference"], row["mrr"], row["subscriptions"])
        for row in on_the_tenth["rpt_mrr_definition_differences"]
        if (row["segment_type"], row["period_grain"], str(row["period_start"])) == ("country", "month", "2024-06-01")
        and row["definition"] in ("maxio", "baremetrics")
    }
    assert found == {
        ("on_hold", "paused", Decimal(70), 1),
        ("sarah", "pending_cancel", Decimal(-10), 1),
        ("late", "past_due", Decimal(-50), 5),
    }
