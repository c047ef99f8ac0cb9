"""rpt_product_orders against a plain-Python twin: who buys a product, comes back, is refunded, and in which month."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import harness
import oracle
import pytest
from test_against_oracle import assert_same

KEY = ["period_grain", "period_start", "product"]
ZONE = "America/New_York"
RATE = Decimal("1.5")
# three whole years of pens, none of books, which came last summer; the last month is not over, or just is
MOMENTS = {"in_a_month": datetime(2024, 12, 20, 15), "at_the_end_of_one": datetime(2025, 1, 1, 5)}


def landed(seed: int, as_of: datetime) -> list[dict[str, str]]:
    draw, rows = random.Random(seed), []
    for customer in range(60):
        first = datetime(2021, 11, 15) + timedelta(hours=draw.randrange(24 * 1000))
        gaps = [draw.choice([0, 1, 24, 24 * 30, 24 * 89, 24 * 90, 24 * 91, 24 * 200]) for _ in range(draw.randrange(9))]
        for number in range(len(gaps) + 1):
            at = first + timedelta(hours=sum(gaps[:number]))
            amount = draw.choice(["0", "10", "25.5", "99.99"])
            rows.append(
                {
                    "order_id": f"o{customer}-{number}",
                    "customer_id": f"c{customer}",
                    "ordered_at": str(at),
                    "amount": amount,
                    "refunded_amount": draw.choice(["", "", "0", amount, "120"]),
                    "currency": draw.choice(["USD", "EUR", ""]),
                    "product": draw.choice(["pen", "pen", ""] + ["book"] * (at > datetime(2024, 7, 1))),
                }
            )
    edges = [("now", as_of), ("too_late", as_of + timedelta(seconds=1)), ("first", datetime(2021, 11, 10))]
    for name, at in edges:
        rows.append({"order_id": name, "customer_id": name, "ordered_at": str(at), "amount": "7", "product": "pen"})
    return rows


def read(rows: list[dict[str, str]], as_of: datetime) -> list[dict]:
    """The orders by as_of, each with its local day and what it comes to in the reporting currency."""
    return [
        {
            "customer": row["customer_id"],
            "day": oracle.local_date_of(datetime.fromisoformat(row["ordered_at"]), ZONE),
            "product": row["product"] or oracle.NO_VALUE,
            "amount": Decimal(row["amount"]) * (RATE if row.get("currency") == "EUR" else 1),
            "refunded": Decimal(row.get("refunded_amount") or 0) * (RATE if row.get("currency") == "EUR" else 1),
        }
        for row in rows
        if datetime.fromisoformat(row["ordered_at"]) <= as_of
    ]


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def season(product: str, month: date, orders: list[dict], today: date) -> tuple[float | None, str | None]:
    """The index of a calendar month of a product, and why there is none."""
    this_month = today.replace(day=1)
    first = min(order["day"] for order in orders if order["product"] == product).replace(day=1)
    years = (months_between(first, this_month) - 1) // 12
    if years < 2:
        return None, "too_few_years"
    counts = Counter(
        order["day"].month
        for order in orders
        if order["product"] == product and 1 <= months_between(order["day"], this_month) <= 12 * years
    )
    return (counts[month.month] / (counts.total() / 12), None) if counts else (None, "no_orders")


def twin(orders: list[dict], as_of: datetime) -> list[dict]:
    today = oracle.local_date_of(as_of, ZONE)
    days = defaultdict(set)
    for order in orders:
        days[order["customer"]].add(order["day"])
    rows = []
    first_day = min(order["day"] for order in orders)
    for grain in ("month", "quarter", "year"):
        for period in oracle.periods_from_to(grain, first_day, today, 1):
            inside = [order for order in orders if period.start <= order["day"] < period.end]
            for product in {order["product"] for order in inside}:
                own = [order for order in inside if order["product"] == product]
                refunded = [order for order in own if order["refunded"] > 0]
                new = {order["customer"] for order in own if order["day"] == min(days[order["customer"]])}
                judged = {one for one in new if min(days[one]) + timedelta(days=90) < today}
                returned = {one for one in judged if any(0 < (day - min(days[one])).days <= 90 for day in days[one])}
                revenue = sum(order["amount"] for order in own)
                given_back = sum(order["refunded"] for order in own)
                index, note = (
                    season(product, period.start, orders, today) if grain == "month" else (None, "not_a_month")
                )
                refund_bounds = oracle.wilson(len(refunded), len(own))
                return_bounds = oracle.wilson(len(returned), len(judged))
                rows.append(
                    {
                        "period_grain": grain,
                        "period_start": period.start,
                        "period_end": period.end,
                        "is_complete_period": period.end <= today,
                        "product": product,
                        "orders": len(own),
                        "buyers": len({order["customer"] for order in own}),
                        "revenue": revenue,
                        "refunded": given_back,
                        "orders_refunded": len(refunded),
                        "refund_rate": oracle.ratio(len(refunded), len(own)),
                        "refund_rate_lower": refund_bounds[0],
                        "refund_rate_upper": refund_bounds[1],
                        "refunded_share": oracle.ratio(given_back, revenue),
                        "new_buyers": len(new),
                        "new_buyers_judged": len(judged),
                        "new_buyers_returned": len(returned),
                        "return_rate": oracle.ratio(len(returned), len(judged)),
                        "return_rate_lower": return_bounds[0],
                        "return_rate_upper": return_bounds[1],
                        "seasonal_index": index,
                        "seasonal_index_note": note,
                    }
                )
    return rows


@pytest.mark.parametrize("as_of", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_of_a_product_is_the_twins(seed: int, as_of: datetime) -> None:
    rows = landed(seed, as_of)
    rates = [{"rate_date": "2020-01-01", "currency": "EUR", "rate_to_reporting": str(RATE)}]
    built = harness.build(
        {"orders": rows, "exchange_rates": rates}, ["rpt_product_orders"], as_of=str(as_of), reporting_timezone=ZONE
    )["rpt_product_orders"]
    wanted = twin(read(rows, as_of), as_of)
    assert_same("rpt_product_orders", KEY, built, wanted)
    assert {"not_a_month", "too_few_years", None} == {row["seasonal_index_note"] for row in wanted}
    assert any(0 < row["return_rate"] < 1 for row in wanted if row["new_buyers_judged"])
    assert any(row["new_buyers_judged"] < row["new_buyers"] for row in wanted)


def test_without_orders_there_is_no_product() -> None:
    assert (
        harness.build({"subscription_events": [], "customers": []}, ["rpt_product_orders"])["rpt_product_orders"] == []
    )
