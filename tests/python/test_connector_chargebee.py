"""From Chargebee's subscriptions as they are today to events, each situation by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from warehouse.connectors.running import Report, write_landing


def at(day: str) -> int:
    """Seconds since 1970, as Chargebee has times."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def items(*amounts: tuple[str, int]) -> list[dict]:
    return [
        {"item_price_id": f"{kind}-USD-monthly", "item_type": kind, "quantity": 3, "amount": amount}
        for kind, amount in amounts
    ]


MONTHLY = {"billing_period": 1, "billing_period_unit": "month", "currency_code": "USD", "started_at": at("2024-01-05")}
# id -> what Chargebee says, and the events: type, when, amount, interval, count, reason, who ended it
BY_HAND: dict[str, tuple[dict, list[tuple]]] = {
    "active": (
        {"status": "active", "mrr": 4500,
         "subscription_items": items(("plan", 4000), ("addon", 1000), ("charge", 9900))},
        [("started", "2024-01-05", 45, "month", 1)],
    ),
    "without_mrr": (
        {"status": "active", "subscription_items": items(("plan", 36000), ("addon", 12000), ("charge", 9900)),
         "billing_period": 1, "billing_period_unit": "year"},
        [("started", "2024-01-05", 480, "year", 1)],
    ),
    "of_before": (
        {"status": "active", "plan_id": "basic", "plan_amount": "1900", "plan_quantity": "2", "billing_period": "3"},
        [("started", "2024-01-05", 19, "month", 3)],
    ),
    "in_yen": ({"status": "Active", "mrr": 500, "currency_code": "JPY"}, [("started", "2024-01-05", 500, "month", 1)]),
    "in_trial": (
        {"status": "in_trial", "mrr": 0, "trial_start": at("2024-03-01"), "trial_end": at("2024-03-15")},
        [("trial_started", "2024-03-01", 0, "month", 1)],
    ),
    "converted": (
        {"status": "active", "mrr": 1000, "trial_start": at("2024-01-05"), "trial_end": at("2024-01-19")},
        [("trial_started", "2024-01-05", 10, "month", 1), ("started", "2024-01-19", 10, "month", 1)],
    ),
    "trial_cancelled": (
        {"status": "cancelled", "trial_start": at("2024-01-05"), "trial_end": at("2024-01-19"), "mrr": 0,
         "cancelled_at": at("2024-01-19"), "cancel_reason": "no_card", "subscription_items": items(("plan", 1000))},
        [("trial_started", "2024-01-05", 10, "month", 1),
         ("expired", "2024-01-19", None, None, None, "payment_failure", "system")],
    ),
    "cancelled": (
        {"status": "cancelled", "mrr": 0, "cancelled_at": at("2024-04-05"),
         "cancel_schedule_created_at": at("2024-03-20"), "cancel_reason_code": "Too_Expensive",
         "subscription_items": items(("plan", 1000))},
        [("started", "2024-01-05", 10, "month", 1), ("cancel_requested", "2024-03-20"),
         ("cancelled", "2024-04-05", None, None, None, "too_expensive", "customer")],
    ),
    "not_paid": (
        {"status": "cancelled", "cancelled_at": at("2024-04-05"), "cancel_reason": "not_paid", "mrr": 0,
         "cancel_reason_code": "ignored", "subscription_items": items(("plan", 1000))},
        [("started", "2024-01-05", 10, "month", 1),
         ("cancelled", "2024-04-05", None, None, None, "payment_failure", "system")],
    ),
    "non_renewing": (
        {"status": "non_renewing", "mrr": 1000, "cancelled_at": at("2999-04-05"),
         "cancel_schedule_created_at": at("2024-03-20")},
        [("started", "2024-01-05", 10, "month", 1), ("cancel_requested", "2024-03-20")],
    ),
    "past_due": (
        {"status": "active", "mrr": 1000, "due_invoices_count": 2, "due_since": at("2024-03-05")},
        [("started", "2024-01-05", 10, "month", 1), ("payment_failed", "2024-03-05")],
    ),
    "was_due": (
        {"status": "active", "mrr": 1000, "due_invoices_count": 0, "due_since": at("2024-03-05")},
        [("started", "2024-01-05", 10, "month", 1)],
    ),
    "paused": (
        {"status": "paused", "mrr": 1000, "pause_date": at("2024-03-05"), "resume_date": at("2999-03-05")},
        [("started", "2024-01-05", 10, "month", 1), ("paused", "2024-03-05")],
    ),
}  # fmt: skip
ODD = [
    {"id": "deleted", "customer_id": "c", "status": "active", "deleted": True},
    {"id": "f", "customer_id": "c", "status": "future"},
    {"id": "t", "customer_id": "c", "status": "transferred"}, {"id": "u", "customer_id": "c", "status": "odd"},
    {"id": "v", "customer_id": "c", "status": "active", "started_at": "soon"}, {"id": "w", "status": "active"},
    {"id": "x", "customer_id": "c", "status": "cancelled", "started_at": at("2024-01-05")},
    {"id": "y", "customer_id": "c", "status": "active", "currency_code": None},
    {"id": "active", "customer_id": "of-active", **MONTHLY, "status": "paused", "updated_at": at("2024-01-01")},
]  # fmt: skip
EVENT = (
    "subscription_id, event_type, strftime(occurred_at, '%Y-%m-%d'), cast(amount as double), billing_interval, "
    "billing_interval_count, reason_code, cancelled_by"
)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    place = tmp_path_factory.mktemp("chargebee")
    rows = [
        {"id": name, "customer_id": f"of-{name}", "updated_at": at("2024-06-01"), **MONTHLY, **says}
        for name, (says, _) in BY_HAND.items()
    ]
    invoice = {
        "customer_id": "of-active",
        "subscription_id": "active",
        "currency_code": "USD",
        "date": at("2024-01-05"),
    }
    tables = {
        "subscription": [*({"currency_code": "USD", **row} for row in ODD), *rows],
        "customer": [
            {"id": "of-active", "created_at": at("2024-01-02"), "billing_address": {"country": "de"}, "channel": "web"},
            {"id": "gone", "deleted": True},
        ],
        "invoice": [
            {**invoice, "id": "i1", "status": "paid", "total": 11900, "tax": 1900, "paid_at": at("2024-01-06")},
            {**invoice, "id": "i2", "status": "not_paid", "total": 5000, "paid_at": at("2024-01-06")},
            {**invoice, "id": "i3", "status": "posted", "total": 500, "currency_code": "JPY"},
            {**invoice, "id": "i4", "status": "pending", "total": 500},
            {**invoice, "id": "i5", "status": "paid", "total": "many"},
            {**invoice, "id": "i6", "date": "x", "total": 1},
        ],
    }  # fmt: skip
    (place / "source").mkdir()
    for name, lines in tables.items():
        (place / "source" / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return place, write_landing("chargebee", str(place / "source"), place / "landing", "USD")


def landed(place: Path, table: str, columns: str, order: str = "1") -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{place}/landing/{table}/*.parquet' order by {order}").fetchall()


@pytest.mark.parametrize("name", BY_HAND)
def test_the_events_of_each_situation(landing: tuple[Path, Report], name: str) -> None:
    found = [row[1:] for row in landed(landing[0], "subscription_events", EVENT, "occurred_at") if row[0] == name]
    assert found == [(*event, *[None] * (7 - len(event))) for event in BY_HAND[name][1]]


def test_plans_and_seats(landing: tuple[Path, Report]) -> None:
    columns = "subscription_id, customer_id, plan_id, cast(quantity as double)"
    found = {row[0]: row[1:] for row in landed(landing[0], "subscription_events", columns) if row[2]}
    assert found["active"] == ("of-active", "plan-USD-monthly", 3) and found["of_before"] == (
        "of-of_before",
        "basic",
        2,
    )


def test_invoices_and_customers(landing: tuple[Path, Report]) -> None:
    columns = "invoice_id, status, strftime(paid_at, '%d'), cast(amount as double), currency"
    assert landed(landing[0], "invoices", columns) == [
        ("i1", "paid", "06", 100, "USD"), ("i2", "uncollectible", None, 50, "USD"), ("i3", "open", None, 500, "JPY"),
    ]  # fmt: skip
    columns = "customer_id, strftime(created_at, '%Y-%m-%d'), country, acquisition_channel"
    assert landed(landing[0], "customers", columns) == [("of-active", "2024-01-02", "DE", "web")]


def test_every_row_is_used_or_set_aside(landing: tuple[Path, Report]) -> None:
    report = landing[1]
    assert report.read == {"subscriptions": len(ODD) + len(BY_HAND), "customers": 2, "invoices": 6}
    assert report.set_aside == {
        ("subscriptions", "deleted"): 1, ("subscriptions", "has not begun"): 1,
        ("subscriptions", "moved to another site"): 1, ("subscriptions", "a status that is not known"): 1,
        ("subscriptions", "a time that is none"): 1, ("subscriptions", "no customer_id"): 1,
        ("subscriptions", "no currency"): 1, ("subscriptions", "cancelled, and no time says when"): 1,
        ("subscriptions", "sent twice"): 1,
        ("customers", "deleted"): 1, ("invoices", "not issued"): 1, ("invoices", "an amount that is none"): 1,
        ("invoices", "a time that is none"): 1,
    }  # fmt: skip
    # without_mrr, of_before, trial_cancelled, cancelled, not_paid
    assert report.warnings == ["5 subscriptions are counted before discounts, as their mrr is not there or they ended"]


def test_a_loader_that_leaves_out_what_ended_is_named(tmp_path: Path) -> None:
    rows = [{"id": f"s{number}", "customer_id": "c", "status": "active", **MONTHLY} for number in range(21)]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "subscriptions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = write_landing("chargebee", str(tmp_path / "source"), tmp_path / "landing", "USD")
    assert [warning.split(":")[0] for warning in report.warnings] == [
        "21 subscriptions have no amount", "none of 21 subscriptions is cancelled",
    ]  # fmt: skip
