"""rpt_cac_payback against a plain-Python twin: money received where any is landed, and MRR where none is."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import cohort_oracle
import harness
import oracle
import pytest
from test_against_oracle import CHURN_REASONS, assert_same

KEY = ["acquisition_channel", "joined_month", "months_since"]
CHANNELS = ("paid", "social", "")
AS_OF = datetime(2024, 12, 20)
OPTIONS = {"as_of": str(AS_OF), "gross_margin": 0.7}


def business(with_receipts: bool) -> dict[str, list[dict]]:
    draw = random.Random(7)
    customers = [{"customer_id": f"c{number}", "acquisition_channel": draw.choice(CHANNELS)} for number in range(80)]
    tables = {"customers": customers, "exchange_rates": [], "subscription_events": [], "invoices": []}
    for customer in customers:
        who, at = customer["customer_id"], datetime(2024, 1, 1) + timedelta(hours=draw.randrange(24 * 300))
        for step, kind in enumerate(["started", *draw.choices(["changed", "cancelled", "reactivated", "paused"], k=4)]):
            tables["subscription_events"].append(
                {
                    "event_id": f"{who}-{step}", "customer_id": who, "subscription_id": who, "event_type": kind,
                    "occurred_at": str(at), "amount": str(draw.choice([0, 10, 25, 99.99])),
                }
            )  # fmt: skip
            at += timedelta(hours=draw.randrange(1, 24 * 60))
        for number in range(draw.randrange(4)):
            paid = datetime(2024, 1, 3) + timedelta(hours=draw.randrange(24 * 380))
            amount = draw.randrange(1, 10**5)
            tables["invoices"].append(
                {
                    "invoice_id": f"{who}-{number}", "customer_id": who, "issued_at": str(paid), "paid_at": str(paid),
                    "status": "paid", "amount": str(Decimal(amount) / 100),
                    "refunded_amount": str(Decimal(draw.choice([0, amount])) / 100),
                }
            )  # fmt: skip
    costs = [("paid", 1, 100), ("paid", 2, 200), ("paid", 3, 300), ("paid", 5, 500), ("social", 2, 0)]
    tables["acquisition_costs"] = [
        {"month": f"2024-{month:02}-01", "acquisition_channel": channel, "cost": str(cost)}
        for channel, month, cost in costs
    ]
    return tables if with_receipts else {**tables, "invoices": []}


def month_of(day: date | datetime) -> date:
    return date(day.year, day.month, 1)


def next_month(month: date) -> date:
    return month_of(month + timedelta(days=31))


def twin(tables: dict[str, list[dict]]) -> list[dict]:
    customers, _ = cohort_oracle.replayed(tables, CHURN_REASONS, oracle.Settings(as_of=AS_OF))
    cohorts = defaultdict(list)
    for customer in customers:
        if started := next((moment for moment in customer.history if moment.is_active), None):
            channel = customer.attributes["acquisition_channel"]
            cohorts[channel, month_of(started.local_date)].append(customer)
    costs = {
        (row["acquisition_channel"], date.fromisoformat(row["month"])): Decimal(row["cost"])
        for row in tables["acquisition_costs"]
    }
    rows = []
    for (channel, joined), members in cohorts.items():
        month, so_far, names = joined, Decimal(0), {customer.customer_id for customer in members}
        while month <= month_of(AS_OF):
            after = next_month(month)
            if tables["invoices"]:
                begin = date.min if month == joined else month  # what came before the start counts as the start does
                revenue = sum(
                    (
                        Decimal(row["amount"]) - Decimal(row["refunded_amount"])
                        for row in tables["invoices"]
                        if row["customer_id"] in names
                        and begin <= datetime.fromisoformat(row["paid_at"]).date() < after
                        and datetime.fromisoformat(row["paid_at"]) <= AS_OF
                    ),
                    Decimal(0),
                )
            else:
                revenue = sum((oracle.state_before(one.history, after).mrr for one in members), Decimal(0))
            so_far += revenue
            margin = (so_far * Decimal("0.7")).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            cost = costs.get((channel, joined))
            rows.append(
                {
                    "acquisition_channel": channel, "joined_month": joined, "months_since": sum(
                        row["acquisition_channel"] == channel and row["joined_month"] == joined for row in rows
                    ),
                    "month_start": month, "is_complete_period": month < month_of(AS_OF),
                    "customers_joined": len(members), "acquisition_cost": cost, "revenue": revenue,
                    "margin_so_far": margin, "paid_back_rate": float(margin / cost) if cost else None,
                }
            )  # fmt: skip
            month = after
    return rows


@pytest.mark.parametrize("with_receipts", [True, False], ids=["received", "mrr"])
def test_every_month_of_a_cohort_is_the_twins(with_receipts: bool) -> None:
    tables = business(with_receipts)
    built, wanted = harness.build(tables, ["rpt_cac_payback"], **OPTIONS), twin(tables)
    assert_same("rpt_cac_payback", KEY, built["rpt_cac_payback"], wanted)
    rates = [row["paid_back_rate"] for row in wanted if row["paid_back_rate"] is not None]
    assert min(rates) < 1 < max(rates)
    assert {"paid", "social", oracle.NO_VALUE} == {row["acquisition_channel"] for row in wanted}


def test_without_customers_there_is_no_curve() -> None:
    assert harness.build({"subscription_events": [], "customers": []}, ["rpt_cac_payback"])["rpt_cac_payback"] == []
