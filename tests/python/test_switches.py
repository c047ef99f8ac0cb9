"""Ends that a start of the customer follows within `switch_grace_minutes`, without a grace and with one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import harness
import pytest

MARTS = [
    "dim_customers",
    "dim_subscriptions",
    "fct_churn_events",
    "fct_customer_movements",
    "fct_subscription_periods",
    "rpt_churn_rate_definitions",
    "rpt_churn_rates",
    "rpt_cohort_retention",
    "rpt_mrr_movements",
    "rpt_pauses",
    "rpt_survival_curves",
]
AS_OF = "2024-06-15"
OLD, NEW = {"plan_id": "old", "amount": "50"}, {"plan_id": "new", "amount": "50"}
# customer -> its events: (subscription, type, time, what else is given); every first subscription starts on 3 December
LIVES: dict[str, list[tuple[str, str, str, dict]]] = {
    "switched": [("a", "cancelled", "2024-05-20 10:00:00", {}), ("b", "started", "2024-05-20 10:05:00", NEW)],
    "at_once": [("a", "cancelled", "2024-05-20 10:00:00", {}), ("b", "started", "2024-05-20 10:00:00", NEW)],
    "overlapped": [("b", "started", "2024-05-20 09:59:00", NEW), ("a", "cancelled", "2024-05-20 10:00:00", {})],
    "too_late": [("a", "cancelled", "2024-05-20 10:00:00", {}), ("b", "started", "2024-05-20 10:10:01", NEW)],
    "the_same": [
        ("a", "expired", "2024-05-20 10:00:00", {}),
        ("a", "reactivated", "2024-05-20 10:10:00", {"amount": "80"}),
    ],
    "month_end": [("a", "cancelled", "2024-01-31 23:58:00", {}), ("b", "started", "2024-02-01 00:03:00", NEW)],
    "several": [
        ("a", "cancelled", "2024-05-20 10:00:00", {}),
        ("b", "started", "2024-05-20 10:05:00", NEW),
        ("b", "cancelled", "2024-05-20 10:06:00", {}),
        ("c", "started", "2024-05-20 10:09:00", NEW),
    ],
    "left_after": [
        ("a", "cancelled", "2024-05-20 10:00:00", {"reason_code": "too_expensive"}),
        ("b", "started", "2024-05-20 10:05:00", {"plan_id": "new", "amount": "70"}),
        ("b", "cancelled", "2024-05-20 10:06:00", {"reason_code": "competitor"}),
    ],
    "to_trial": [
        ("a", "cancelled", "2024-05-20 10:00:00", {}),
        ("b", "trial_started", "2024-05-20 10:05:00", NEW),
        ("b", "started", "2024-05-20 10:20:00", {}),
    ],
    "paused": [
        ("a", "paused", "2024-05-19 10:02:00", {}),
        ("a", "cancelled", "2024-05-20 10:00:00", {}),
        ("b", "started", "2024-05-20 10:05:00", NEW),
    ],
    "not_seen": [("a", "cancelled", "2024-06-14 23:58:00", {}), ("b", "started", "2024-06-15 00:03:00", NEW)],
}
Marts = dict[str, list[dict]]


def events() -> Iterator[dict[str, str]]:
    for customer, life in LIVES.items():
        for number, (name, event_type, at, given) in enumerate([("a", "started", "2023-12-03", OLD), *life]):
            ids = {"event_id": f"{customer}-{number}", "customer_id": customer, "subscription_id": f"{customer}-{name}"}
            yield {**ids, "event_type": event_type, "occurred_at": at, **given}


def built(as_of: str = AS_OF, **settings: object) -> Marts:
    return harness.build({"subscription_events": list(events()), "customers": []}, MARTS, as_of=as_of, **settings)


@pytest.fixture(scope="module")
def strict() -> Marts:
    return built()


@pytest.fixture(scope="module")
def lenient() -> Marts:
    return built(switch_grace_minutes=10)


def month(marts: Marts, mart: str, start: str, *columns: str) -> tuple:
    (row,) = [
        row
        for row in marts[mart]
        if (row["period_grain"], row["period_start"]) == ("month", date.fromisoformat(start))
        and row["segment_type"] == "all"
    ]
    return tuple(row[column] for column in columns)


def losses(marts: Marts) -> set[tuple[str, str]]:
    return {(row["customer_id"], f"{row['churned_at']:%d %H:%M}") for row in marts["fct_churn_events"]}


ALWAYS_LOST = {("too_late", "20 10:00"), ("to_trial", "20 10:00"), ("not_seen", "14 23:58"), ("left_after", "20 10:06")}


def test_without_a_grace_an_end_before_its_start_is_a_loss(strict: Marts) -> None:
    lost_at_ten = {(customer, "20 10:00") for customer in ("switched", "the_same", "several", "left_after", "paused")}
    assert losses(strict) == {*ALWAYS_LOST, *lost_at_ten, ("several", "20 10:06"), ("month_end", "31 23:58")}


def test_with_a_grace_it_is_none(lenient: Marts) -> None:
    assert losses(lenient) == ALWAYS_LOST


def test_the_customer_stays_over_the_end_of_a_month(strict: Marts, lenient: Marts) -> None:
    counts = ("customers_start", "customers_churned", "customers_reactivated", "customers_end")
    assert month(strict, "rpt_churn_rates", "2024-01-01", *counts) == (11, 1, 0, 10)
    assert month(strict, "rpt_churn_rates", "2024-02-01", *counts) == (10, 0, 1, 11)
    assert month(lenient, "rpt_churn_rates", "2024-01-01", *counts) == (11, 0, 0, 11)
    assert month(lenient, "rpt_churn_rates", "2024-02-01", *counts) == (11, 0, 0, 11)
    money = ("mrr_churn", "mrr_end")
    assert month(strict, "rpt_mrr_movements", "2024-01-01", *money) == (-50, 500)
    assert month(lenient, "rpt_mrr_movements", "2024-01-01", *money) == (0, 550)


def test_the_losses_inside_a_month_are_fewer(strict: Marts, lenient: Marts) -> None:
    inside = ("customers_churned", "customers_left_and_returned")
    # left_after is gone in the end; what left and returned: too_late and to_trial, and without a grace four more
    assert month(strict, "rpt_churn_rates", "2024-05-01", *inside) == (1, 6)
    assert month(lenient, "rpt_churn_rates", "2024-05-01", *inside) == (1, 2)

    def customers_lost(marts: Marts) -> float:
        (row,) = [
            row
            for row in marts["rpt_churn_rate_definitions"]
            if (row["period_grain"], row["period_start"], row["definition"]) == ("month", date(2024, 5, 1), "daily_sum")
        ]
        return row["numerator"]

    # left_after leaves twice on that day, which counts once
    assert (customers_lost(strict), customers_lost(lenient)) == (7, 3)


def test_the_end_counts_at_the_start_that_followed(strict: Marts, lenient: Marts) -> None:
    def ended_at(marts: Marts) -> dict[str, str]:
        rows = marts["dim_subscriptions"]
        return {row["subscription_id"]: f"{row['ended_at']:%d %H:%M}" for row in rows if row["ended_at"]}

    at_ten = dict.fromkeys(
        [f"{name}-a" for name in ("switched", "at_once", "overlapped", "too_late", "several", "left_after", "to_trial",
                                  "paused")],
        "20 10:00",
    )  # fmt: skip
    happened = {**at_ten, "several-b": "20 10:06", "left_after-b": "20 10:06", "month_end-a": "31 23:58",
                "not_seen-a": "14 23:58"}  # fmt: skip
    moved = {**dict.fromkeys(["switched-a", "several-a", "left_after-a", "paused-a"], "20 10:05"),
             "several-b": "20 10:09", "month_end-a": "01 00:03"}  # fmt: skip
    assert ended_at(strict) == happened
    assert ended_at(lenient) == {**happened, **moved}


def test_until_then_the_old_one_goes_on_at_its_mrr(lenient: Marts) -> None:
    stretches = [
        (row["subscription_id"], row["valid_from"], row["state"], row["mrr"])
        for row in lenient["fct_subscription_periods"]
        if row["customer_id"] == "the_same" or row["subscription_id"] == "month_end-a"
    ]
    assert sorted(stretches) == [
        ("month_end-a", datetime(2023, 12, 3), "live", 50),
        ("month_end-a", datetime(2024, 2, 1, 0, 3), "ended", 0),
        ("the_same-a", datetime(2023, 12, 3), "live", 50),
        ("the_same-a", datetime(2024, 5, 20, 10, 10), "live", 80),
    ]


def test_what_starts_again_has_changed_its_price(strict: Marts, lenient: Marts) -> None:
    def movement(marts: Marts) -> tuple:
        (row,) = [
            row
            for row in marts["fct_customer_movements"]
            if (row["customer_id"], row["period_grain"], row["movement_type"]) == ("the_same", "month", "expansion")
        ]
        return row["mrr_end"] - row["mrr_start"], row["driver"], row["mrr_price"], row["mrr_subscription"]

    assert movement(strict) == (30, "subscription", 0, 30)
    assert movement(lenient) == (30, "price", 30, 0)


def test_what_a_loss_is_about_is_the_whole_stay(strict: Marts, lenient: Marts) -> None:
    def of_left_after(marts: Marts) -> list[tuple]:
        rows = [row for row in marts["fct_churn_events"] if row["customer_id"] == "left_after"]
        columns = ("reason_code", "mrr_lost", "tenure_days", "returned_at")
        return [tuple(row[column] for column in columns) for row in sorted(rows, key=lambda row: row["churned_at"])]

    # 3 December to 20 May 2024 is 169 days
    assert of_left_after(strict) == [
        ("too_expensive", 50, 169, datetime(2024, 5, 20, 10, 5)),
        ("competitor", 70, 0, None),
    ]
    assert of_left_after(lenient) == [("competitor", 70, 169, None)]


def test_tenures_cohorts_and_pauses_see_it_too(strict: Marts, lenient: Marts) -> None:
    def tenure(marts: Marts, customer: str) -> int:
        (row,) = [row for row in marts["dim_customers"] if row["customer_id"] == customer]
        return row["tenure_days"]

    # 3 December to 15 June is 195 days, 20 May to 15 June 25 and some hours
    assert (tenure(strict, "switched"), tenure(lenient, "switched")) == (25, 195)

    def retained_in_january(marts: Marts) -> int:
        (row,) = [
            row
            for row in marts["rpt_cohort_retention"]
            if (row["cohort_grain"], row["period_number"], row["segment_type"]) == ("month", 1, "all")
        ]
        return row["customers_active"]

    assert (retained_in_january(strict), retained_in_january(lenient)) == (10, 11)

    def first_spells_lost(marts: Marts) -> int:
        return sum(row["churned"] for row in marts["rpt_survival_curves"] if row["segment_type"] == "all")

    assert (first_spells_lost(strict), first_spells_lost(lenient)) == (9, 4)
    # from 10:02 to 10:00 or 10:05 on the next day
    assert month(strict, "rpt_pauses", "2024-05-01", "lost", "mean_days_paused") == (1, 0)
    assert month(lenient, "rpt_pauses", "2024-05-01", "lost", "mean_days_paused") == (1, 1)


def test_a_start_that_as_of_shows_keeps_the_customer() -> None:
    later = built(as_of="2024-06-15 00:03:00", switch_grace_minutes=10)
    assert losses(later) == ALWAYS_LOST - {("not_seen", "14 23:58")}


@pytest.mark.parametrize(("minutes", "lost"), [(1439, {"next_day", "two_days"}), (1440, {"two_days"})])
def test_where_times_are_dates_a_day_is_1440_minutes(minutes: int, lost: set[str]) -> None:
    rows = [
        {
            "event_id": f"{customer}-{number}",
            "customer_id": customer,
            "subscription_id": f"{customer}-{name}",
            "event_type": event_type,
            "occurred_at": day,
        }
        for customer, back_on in {"next_day": "2024-05-21", "two_days": "2024-05-22"}.items()
        for number, (name, event_type, day) in enumerate(
            [("a", "started", "2024-01-03"), ("a", "cancelled", "2024-05-20"), ("b", "started", back_on)]
        )
    ]
    tables = {"subscription_events": rows, "customers": []}
    marts = harness.build(tables, ["fct_churn_events"], as_of=AS_OF, switch_grace_minutes=minutes)
    assert {row["customer_id"] for row in marts["fct_churn_events"]} == lost


def test_customers_who_come_and_go_by_orders_switch_nothing() -> None:
    orders = [
        {"order_id": at, "customer_id": "buyer", "ordered_at": at, "amount": "5"}
        for at in ("2024-01-03 10:00:00", "2024-04-02 10:05:00")  # 90 days and five minutes
    ]
    tables = {"subscription_events": [], "customers": [], "orders": orders}
    marts = harness.build(tables, ["fct_churn_events"], as_of=AS_OF, switch_grace_minutes=10)
    assert [str(row["churned_at"]) for row in marts["fct_churn_events"]] == ["2024-04-02 10:00:00"]
