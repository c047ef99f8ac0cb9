"""The oracle against cases worked out by hand from the metric definitions."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

import oracle
import pytest
from oracle import Settings, build

REASONS = [
    {
        "reason_code": "too_expensive",
        "churn_type": "voluntary",
        "is_involuntary_narrow": "false",
        "reason_category": "value",
        "is_preventable": "true",
    },
    {
        "reason_code": "card_expired",
        "churn_type": "involuntary",
        "is_involuntary_narrow": "true",
        "reason_category": "billing",
        "is_preventable": "true",
    },
    {
        "reason_code": "business_closed",
        "churn_type": "involuntary",
        "is_involuntary_narrow": "false",
        "reason_category": "external",
        "is_preventable": "false",
    },
]


def event(customer: str, kind: str, at: str, **columns: str) -> dict:
    """A raw event; the subscription is the customer's only one and the id is made from the content unless given."""
    row = {"customer_id": customer, "subscription_id": "s-" + customer, "event_type": kind, "occurred_at": at}
    row["event_id"] = f"{customer}|{kind}|{at}|{columns.get('subscription_id', '')}"
    return {**row, **columns}


def run(events: list[dict], customers: list[dict] | None = None, rates: list[dict] | None = None, **settings) -> dict:
    """Build with a short notation for the settings; `as_of` and `known_at` as ISO text."""
    for name in ("as_of", "known_at"):
        if name in settings:
            settings[name] = datetime.fromisoformat(settings[name])
    return build(events, customers or [], rates or [], REASONS, Settings(**settings))


def pick(rows: list[dict], grain: str, start: str, segment: tuple[str, str] = ("all", "all")) -> dict:
    """The one row of a period and segment."""
    found = [
        row
        for row in rows
        if row["period_grain"] == grain
        and row["period_start"] == date.fromisoformat(start)
        and (row["segment_type"], row["segment_value"]) == segment
    ]
    assert len(found) == 1, found
    return found[0]


def definitions(result: dict, grain: str, start: str) -> dict[str, dict]:
    """The rows of one period of rpt_churn_rate_definitions, by definition."""
    return {
        row["definition"]: row
        for row in result["rpt_churn_rate_definitions"]
        if row["period_grain"] == grain and row["period_start"] == date.fromisoformat(start)
    }


def months(result: dict, column: str, segment: tuple[str, str] = ("all", "all"), table: str = "") -> dict[str, object]:
    """One column by month, as {'2024-01': value}."""
    table = table or ("rpt_mrr_movements" if column.startswith("mrr_") else "rpt_churn_rates")
    return {
        row["period_start"].isoformat()[:7]: row[column]
        for row in result[table]
        if row["period_grain"] == "month" and (row["segment_type"], row["segment_value"]) == segment
    }


def assert_identities(result: dict) -> None:
    """Both identities in every period, segment and grain; every start is the end before; plan moves cancel out."""
    previous: dict[tuple, tuple] = {}
    moves: dict[tuple, list] = {}
    for customers, money in zip(result["rpt_churn_rates"], result["rpt_mrr_movements"], strict=True):
        assert customers["customers_end"] == (
            customers["customers_start"]
            + customers["customers_new"]
            + customers["customers_reactivated"]
            - customers["customers_churned"]
            + customers["customers_moved_in"]
            - customers["customers_moved_out"]
        )
        parts = ("start", "new", "reactivation", "expansion", "contraction", "churn", "moved")
        assert money["mrr_end"] == sum(money["mrr_" + part] for part in parts)
        types = ("voluntary", "involuntary", "unknown")
        assert customers["customers_churned"] == sum(customers["customers_churned_" + name] for name in types)
        key = (customers["period_grain"], customers["segment_type"], customers["segment_value"])
        start = (customers["period_start"], customers["customers_start"], money["mrr_start"])
        assert start == previous.get(key, (customers["period_start"], 0, 0))
        previous[key] = (customers["period_end"], customers["customers_end"], money["mrr_end"])
        period = (customers["period_grain"], customers["segment_type"], customers["period_start"])
        moved = moves.setdefault(period, [0, Decimal(0)])
        moved[0] += customers["customers_moved_in"] - customers["customers_moved_out"]
        moved[1] += money["mrr_moved"]
    assert all(moved == [0, 0] for moved in moves.values())


# The golden month and the textbook cases


@pytest.fixture(scope="module")
def golden() -> dict:
    """1000 at the start of January, 50 leave of whom 5 return, 80 join of whom 8 leave, 4 from before return."""
    events = [event(f"a{n}", "started", "2023-12-01", amount="10") for n in range(1000)]
    events += [event(f"a{n}", "cancelled", "2024-01-10 12:00:00") for n in range(50)]
    events += [event(f"a{n}", "reactivated", "2024-01-20 12:00:00") for n in range(5)]
    events += [event(f"b{n}", "started", "2024-01-05", amount="10") for n in range(80)]
    events += [event(f"b{n}", "cancelled", "2024-01-25") for n in range(8)]
    events += [event(f"c{n}", "started", "2023-12-01", amount="10") for n in range(4)]
    events += [event(f"c{n}", "cancelled", "2023-12-15") for n in range(4)]
    events += [event(f"c{n}", "reactivated", "2024-01-15") for n in range(4)]
    return run(events, as_of="2024-02-01")


def test_golden_month_counts(golden):
    row = pick(golden["rpt_churn_rates"], "month", "2024-01-01")
    assert row["period_end"] == date(2024, 2, 1)
    assert row["is_complete_period"] is True
    assert row["customers_start"] == 1000
    assert row["customers_new"] == 72
    assert row["customers_reactivated"] == 4
    assert row["customers_churned"] == 45
    assert row["customers_end"] == 1031
    assert row["customers_acquired"] == 80
    assert row["customers_came_and_went"] == 8
    assert row["customers_left_and_returned"] == 5
    assert row["churn_rate"] == pytest.approx(0.045)
    assert row["growth_rate"] == pytest.approx(0.076)
    assert row["net_growth_rate"] == pytest.approx(0.031)


@pytest.mark.parametrize(
    ("definition", "numerator", "denominator", "percent"),
    [
        ("start_cohort", 45, 1000, 4.5),
        ("starters_lost", 50, 1000, 5.0),
        ("all_lost", 58, 1000, 5.8),
        ("start_plus_new", 58, 1080, 5.3704),
        ("midpoint", 58, Decimal("1015.5"), 5.7115),
        ("net_of_returns", 49, 1000, 4.9),
        ("net_change", -31, 1000, -3.1),
        ("daily_sum", 58, None, 100 * (50 / 1080 + 8 / (1080 - 50 + 4 + 5))),
    ],
)
def test_golden_month_definitions(golden, definition, numerator, denominator, percent):
    row = definitions(golden, "month", "2024-01-01")[definition]
    assert row["numerator"] == numerator
    assert row["denominator"] == denominator
    assert 100 * row["churn_rate"] == pytest.approx(percent, abs=0.00005)


def test_golden_month_retention(golden):
    row = pick(golden["rpt_retention_rates"], "month", "2024-01-01")
    assert row["customers_retained"] == 955
    assert row["retention_rate"] == pytest.approx(0.955)
    assert row["crr"] == pytest.approx(0.951)
    assert row["retention_rate_lower"] < 0.955 < row["retention_rate_upper"]
    assert row["gross_revenue_retention"] == pytest.approx(0.955)


def test_golden_month_identities(golden):
    assert_identities(golden)


def test_textbook_formula():
    tally = oracle.defaultdict(int, customers_start=200_000, customers_churned=10_000)
    assert oracle.churn_rates(tally)["churn_rate"] == 0.05
    assert oracle.retention_rates(tally)["retention_rate"] == 0.95


def test_textbook_50_of_1000():
    events = [event(f"a{n}", "started", "2024-01-31") for n in range(1000)]
    events += [event(f"a{n}", "cancelled", "2024-02-01") for n in range(50)]
    row = pick(run(events)["rpt_churn_rates"], "month", "2024-02-01")
    assert row["churn_rate"] == 0.05
    assert row["is_complete_period"] is False


def test_textbook_net_growth():
    events = [event(f"a{n}", "started", "2024-01-31") for n in range(100)]
    events += [event(f"a{n}", "cancelled", "2024-02-03") for n in range(5)]
    events += [event(f"b{n}", "started", "2024-02-02") for n in range(8)]
    row = pick(run(events)["rpt_churn_rates"], "month", "2024-02-01")
    assert (row["churn_rate"], row["growth_rate"], row["net_growth_rate"]) == (0.05, 0.08, 0.03)


@pytest.mark.parametrize(
    ("number", "total", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson(number, total, lower, upper):
    assert oracle.wilson(number, total) == pytest.approx((lower, upper), abs=0.00005)


def test_a_rate_with_denominator_0_is_null():
    assert oracle.wilson(0, 0) == (None, None)
    result = run([event("a", "started", "2024-01-15"), event("a", "cancelled", "2024-01-20")])
    row = pick(result["rpt_churn_rates"], "month", "2024-01-01")
    assert [row[name] for name in row if name.endswith(("rate", "lower", "upper"))] == [None] * 7
    row = pick(result["rpt_retention_rates"], "month", "2024-01-01")
    assert [row["crr"], row["retention_rate"], row["gross_revenue_retention"]] == [None] * 3
    row = pick(result["rpt_mrr_movements"], "month", "2024-01-01")
    assert [row["arpa"], row["quick_ratio"], row["gross_mrr_churn_rate"], row["net_mrr_churn_rate"]] == [None] * 4
    by_name = definitions(result, "month", "2024-01-01")
    assert by_name["all_lost"]["churn_rate"] is None
    assert by_name["start_plus_new"]["churn_rate"] == 1.0
    assert by_name["midpoint"]["churn_rate"] is None
    assert by_name["daily_sum"]["churn_rate"] == 1.0


def test_daily_sum_counts_days_up_to_as_of_only():
    by_name = definitions(run([event("a", "started", "2024-01-15")]), "month", "2024-01-01")
    assert (by_name["daily_sum"]["numerator"], by_name["daily_sum"]["churn_rate"]) == (0, None)


# The state machine


def replayed(*kinds: str, **columns: str) -> oracle.Subscription:
    """One subscription after a series of events, one a day; `columns` go to the first of them."""
    subscription = oracle.Subscription()
    for day, kind in enumerate(kinds, start=1):
        row = event("a", kind, f"2024-01-{day:02}", **(columns if day == 1 else {}))
        record = oracle.read_event(row, {}, Settings())
        subscription = oracle.apply(subscription, oracle.to_event(record, {}, Settings()))
    return subscription


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ("trial_started", "trialing"),
        ("started", "live"),
        ("reactivated", "live"),
        ("renewed", "live"),
        ("trial_started started", "live"),
        ("trial_started cancelled", "ended"),
        ("trial_started expired", "ended"),
        ("trial_started cancelled trial_started", "trialing"),
        ("trial_started paused", "trialing"),
        ("trial_started payment_failed", "trialing"),
        ("started trial_started", "live"),
        ("started paused", "paused"),
        ("started paused trial_started", "paused"),
        ("started paused paused", "paused"),
        ("started paused resumed", "live"),
        ("started paused started", "live"),
        ("started paused reactivated", "live"),
        ("started paused renewed", "live"),
        ("started paused cancelled", "ended"),
        ("started changed", "live"),
        ("started payment_failed", "live"),
        ("started cancel_requested", "live"),
        ("started cancelled", "ended"),
        ("started expired", "ended"),
        ("started cancelled resumed", "ended"),
        ("started cancelled paused", "ended"),
        ("started cancelled changed", "ended"),
        ("started cancelled cancelled", "ended"),
        ("started cancelled renewed", "live"),
        ("started cancelled reactivated", "live"),
        ("cancelled", "none"),
        ("expired", "none"),
        ("paused", "none"),
        ("resumed", "none"),
        ("changed", "none"),
        ("payment_failed", "none"),
        ("payment_recovered", "none"),
        ("cancel_requested", "none"),
    ],
)
def test_states(kinds, state):
    assert replayed(*kinds.split()).state == state


@pytest.mark.parametrize(
    ("kinds", "day"),
    [
        ("started payment_failed", 2),
        ("started payment_failed payment_failed", 2),
        ("started paused payment_failed", 3),
        ("started payment_failed paused resumed", 2),
        ("started payment_failed payment_recovered", None),
        ("started payment_failed payment_recovered payment_failed", 4),
        ("started payment_failed renewed", None),
        ("started payment_failed started", None),
        ("started payment_failed reactivated payment_failed", 4),
        ("started payment_failed cancelled", None),
        ("trial_started payment_failed", None),
        ("payment_failed started", None),
    ],
)
def test_open_payment_failure(kinds, day):
    assert replayed(*kinds.split()).failed_at == (day and datetime(2024, 1, day))


@pytest.mark.parametrize(
    ("kinds", "is_open"),
    [
        ("started cancel_requested", True),
        ("started paused cancel_requested", True),
        ("trial_started cancel_requested", True),
        ("trial_started cancel_requested started", False),
        ("started cancel_requested paused resumed", True),
        ("started cancel_requested changed", True),
        ("started cancel_requested renewed", False),
        ("started cancel_requested reactivated", False),
        ("started cancel_requested cancelled", False),
        ("cancel_requested started", False),
    ],
)
def test_open_cancel_request(kinds, is_open):
    assert (replayed(*kinds.split()).request is not None) is is_open


@pytest.mark.parametrize("kind", ["trial_started", "started", "reactivated", "renewed"])
def test_amount_and_plan_are_taken_and_persist(kind):
    subscription = replayed(kind, "started", "cancelled", "started", amount="10", plan_id="p")
    assert (subscription.mrr, subscription.plan_id) == (10, "p")


@pytest.mark.parametrize("kind", ["payment_failed", "paused", "cancel_requested", "cancelled", "resumed", "expired"])
def test_amount_and_plan_of_other_events_are_ignored(kind):
    events = [
        event("a", "started", "2024-01-01", amount="10", plan_id="p"),
        event("a", kind, "2024-01-02", amount="99", plan_id="q"),
        event("a", "renewed", "2024-01-03"),
    ]
    result = run(events)
    assert pick(result["rpt_mrr_movements"], "day", "2024-01-03", ("plan", "p"))["mrr_end"] == 10


def test_change_takes_a_part_of_the_terms():
    events = [
        event("a", "started", "2024-01-10", amount="10", plan_id="p"),
        event("a", "changed", "2024-02-10", amount="15"),
        event("a", "changed", "2024-03-10", plan_id="q"),
        event("a", "changed", "2024-04-10", amount="4"),
    ]
    result = run(events)
    assert months(result, "mrr_end") == {"2024-01": 10, "2024-02": 15, "2024-03": 15, "2024-04": 4}
    assert months(result, "mrr_expansion") == {"2024-01": 0, "2024-02": 5, "2024-03": 0, "2024-04": 0}
    assert months(result, "mrr_contraction") == {"2024-01": 0, "2024-02": 0, "2024-03": 0, "2024-04": -11}
    assert months(result, "mrr_end", ("plan", "p")) == {"2024-01": 10, "2024-02": 15, "2024-03": 0, "2024-04": 0}
    assert months(result, "mrr_moved", ("plan", "p"))["2024-03"] == -15
    assert months(result, "mrr_moved", ("plan", "q")) == {"2024-03": 15, "2024-04": 0}
    assert_identities(result)


def test_trial_is_no_customer_and_its_amount_starts_with_it():
    events = [
        event("a", "trial_started", "2024-01-10", amount="10"),
        event("a", "changed", "2024-01-12", amount="12"),
        event("a", "started", "2024-02-01"),
        event("b", "trial_started", "2024-01-10", amount="10"),
        event("b", "cancelled", "2024-01-12"),
    ]
    result = run(events)
    assert months(result, "mrr_end") == {"2024-02": 12}
    assert result["fct_churn_events"] == []


def test_change_of_an_ended_subscription_changes_nothing():
    events = [
        event("a", "started", "2024-01-10", amount="10"),
        event("a", "cancelled", "2024-01-12"),
        event("a", "changed", "2024-01-13", amount="99"),
        event("a", "reactivated", "2024-01-14"),
    ]
    assert months(run(events), "mrr_end") == {"2024-01": 10}


def test_paused_is_a_customer_at_0():
    events = [
        event("a", "started", "2024-01-10", amount="10"),
        event("a", "paused", "2024-02-10"),
        event("a", "changed", "2024-02-11", amount="12"),
        event("a", "resumed", "2024-03-10"),
    ]
    result = run(events)
    assert months(result, "mrr_end") == {"2024-01": 10, "2024-02": 0, "2024-03": 12}
    assert months(result, "customers_end") == {"2024-01": 1, "2024-02": 1, "2024-03": 1}
    assert months(result, "mrr_contraction")["2024-02"] == -10
    assert months(result, "mrr_churn")["2024-02"] == 0


def test_unknown_mrr_sums_as_0():
    result = run([event("a", "started", "2024-01-10")])
    row = pick(result["rpt_mrr_movements"], "month", "2024-01-01")
    assert (row["mrr_end"], row["arpa"]) == (0, 0.0)


def test_started_and_cancelled_at_one_instant_never_was_active():
    events = [event("a", "cancelled", "2024-01-10 08:00:00"), event("a", "started", "2024-01-10 08:00:00")]
    result = run(events)
    assert result["fct_churn_events"] == []
    assert result["rpt_churn_rates"] == []


def test_started_and_cancelled_on_one_date_came_and_went():
    events = [event("a", "cancelled", "2024-01-10"), event("a", "started", "2024-01-10")]
    result = run(events)
    (row,) = result["fct_churn_events"]
    assert (row["churned_at"], row["tenure_days"]) == (datetime(2024, 1, 10), 0)
    assert pick(result["rpt_churn_rates"], "day", "2024-01-10")["customers_came_and_went"] == 1


@pytest.mark.parametrize(
    ("before", "of_one_instant", "after"),
    [
        ([], ["cancelled", "started"], "ended"),
        (["started"], ["cancelled", "reactivated"], "live"),
        (["started", "cancelled"], ["cancelled", "reactivated"], "ended"),
        (["trial_started"], ["expired", "started"], "live"),
        (["started", "paused"], ["expired", "started"], "live"),
        (["started"], ["cancelled", "expired", "started"], "ended"),
        ([], ["cancelled", "reactivated", "started"], "live"),
        (["started"], ["renewed", "cancelled"], "ended"),
        (["started"], ["paused", "resumed"], "live"),
        (["started", "paused"], ["paused", "resumed"], "paused"),
        (["started", "paused"], ["resumed", "paused", "resumed"], "live"),
    ],
)
def test_events_of_one_instant_look_at_the_state_before_it(before, of_one_instant, after):
    nothing_given = dict.fromkeys(("plan_id", "product_id", "mrr", "reason_code", "cancelled_by"))
    read = [
        oracle.Event(f"e{number}", "c", "s", kind, at, at, **nothing_given)
        for number, kind in enumerate([*before, *of_one_instant])
        for at in [datetime(2024, 1, 1 + min(number, len(before)))]
    ]
    subscription = oracle.Subscription()
    for one in oracle.in_order(read, times_are_dates=False):
        subscription = oracle.apply(subscription, one)
    assert subscription.state == after


def test_events_arrive_in_any_order():
    events = [
        event("a", "started", "2024-01-10", amount="10", plan_id="p"),
        event("a", "changed", "2024-01-12", amount="20", plan_id="q"),
        event("a", "paused", "2024-01-15"),
        event("a", "resumed", "2024-01-15"),
        event("a", "cancelled", "2024-02-01"),
        event("a", "started", "2024-02-20", amount="7"),
    ]
    expected = run(events)
    for seed in range(3):
        shuffled = random.Random(seed).sample(events, len(events))
        assert run(shuffled) == expected


def test_ties_of_rank_go_by_loaded_at_then_id():
    first = event("a", "started", "2024-01-10", amount="1", event_id="z", loaded_at="2024-01-11")
    second = event("a", "reactivated", "2024-01-10", amount="2", event_id="b", loaded_at="2024-01-12")
    third = event("a", "reactivated", "2024-01-10", amount="3", event_id="c", loaded_at="2024-01-12")
    on_time = event("a", "started", "2024-01-10", amount="4", event_id="zz")
    assert months(run([third, first, second, on_time]), "mrr_end") == {"2024-01": 3}
    assert months(run([on_time, first]), "mrr_end") == {"2024-01": 1}


def test_same_instant_switch_is_no_churn():
    events = [
        event("a", "started", "2024-01-10", amount="10", subscription_id="s1", plan_id="p"),
        event("a", "cancelled", "2024-02-10", subscription_id="s1"),
        event("a", "started", "2024-02-10", amount="30", subscription_id="s2", plan_id="q"),
    ]
    result = run(events)
    assert result["fct_churn_events"] == []
    row = pick(result["rpt_churn_rates"], "month", "2024-02-01")
    assert (row["customers_churned"], row["customers_end"], row["customers_left_and_returned"]) == (0, 1, 0)
    assert months(result, "mrr_expansion")["2024-02"] == 20
    assert definitions(result, "month", "2024-02-01")["all_lost"]["numerator"] == 0
    assert_identities(result)


def test_switch_with_a_gap_of_a_second_is_churn_and_return():
    events = [
        event("a", "started", "2024-01-10", amount="10", subscription_id="s1"),
        event("a", "cancelled", "2024-02-10 00:00:00", subscription_id="s1"),
        event("a", "started", "2024-02-10 00:00:01", amount="30", subscription_id="s2"),
    ]
    result = run(events)
    (churn,) = result["fct_churn_events"]
    assert (churn["churned_at"], churn["returned_at"]) == (datetime(2024, 2, 10), datetime(2024, 2, 10, 0, 0, 1))
    row = pick(result["rpt_churn_rates"], "month", "2024-02-01")
    assert (row["customers_churned"], row["customers_left_and_returned"]) == (0, 1)


@pytest.mark.parametrize(
    ("minutes", "at", "lost"),
    [(4, "10:05:00", 1), (5, "10:05:00", 0), (5, "10:05:01", 1), (10, "10:05:00", 0), (0, "09:59:00", 0)],
)
def test_a_switch_within_the_grace_is_no_churn(minutes, at, lost):
    events = [
        event("a", "started", "2024-01-03", subscription_id="s1", plan_id="old", amount="50"),
        event("a", "cancelled", "2024-05-20 10:00:00", subscription_id="s1"),
        event("a", "started", f"2024-05-20 {at}", subscription_id="s2", plan_id="new", amount="60"),
    ]
    result = run(events, as_of="2024-06-01", switch_grace_minutes=minutes)
    assert len(result["fct_churn_events"]) == lost
    assert months(result, "customers_left_and_returned")["2024-05"] == lost
    assert months(result, "mrr_expansion")["2024-05"] == 10


def test_a_switch_over_the_end_of_a_month_counts_at_the_start():
    events = [
        event("a", "started", "2024-01-03", amount="50"),
        event("a", "cancelled", "2024-01-31 23:58:00"),
        event("a", "trial_started", "2024-02-01 00:01:00"),
        event("a", "started", "2024-02-01 00:03:00", amount="60"),
        event("a", "cancelled", "2024-02-01 00:04:00"),
        event("a", "started", "2024-02-10"),
    ]
    result = run(events, as_of="2024-03-01", switch_grace_minutes=10)
    assert [(row["churned_at"], row["mrr_lost"], row["tenure_days"]) for row in result["fct_churn_events"]] == [
        (datetime(2024, 2, 1, 0, 4), 60, 29)
    ]
    assert months(result, "customers_churned") == {"2024-01": 0, "2024-02": 0, "2024-03": 0}
    assert months(result, "mrr_end")["2024-01"] == 50
    seen_between = run(events, as_of="2024-02-01 00:02:00", switch_grace_minutes=10)
    assert [row["churned_at"] for row in seen_between["fct_churn_events"]] == [datetime(2024, 1, 31, 23, 58)]


def test_one_of_two_subscriptions_ending_is_contraction():
    events = [
        event("a", "started", "2024-01-10", amount="10", subscription_id="s1"),
        event("a", "started", "2024-01-11", amount="30", subscription_id="s2"),
        event("a", "cancelled", "2024-02-10", subscription_id="s2"),
    ]
    result = run(events)
    assert result["fct_churn_events"] == []
    assert months(result, "mrr_contraction")["2024-02"] == -30


def test_a_subscription_belongs_to_the_customer_of_its_first_event():
    events = [
        event("b", "cancelled", "2024-02-10", subscription_id="s"),
        event("a", "started", "2024-01-10", subscription_id="s"),
    ]
    assert [row["customer_id"] for row in run(events)["fct_churn_events"]] == ["a"]


# MRR


@pytest.mark.parametrize(
    ("columns", "mrr"),
    [
        ({"amount": "120", "billing_interval": "year"}, "10"),
        ({"amount": "120", "billing_interval": "year", "billing_interval_count": "2"}, "5"),
        ({"amount": "30", "billing_interval": "quarter"}, "10"),
        ({"amount": "10"}, "10"),
        ({"amount": "10", "billing_interval": "month", "billing_interval_count": "3"}, "3.333333"),
        ({"amount": "20", "billing_interval": "month", "billing_interval_count": "3"}, "6.666667"),
        ({"amount": "3", "billing_interval": "week"}, "13"),
        ({"amount": "12", "billing_interval": "day"}, "365"),
        ({"amount": "0.000006", "billing_interval": "year"}, "0.000001"),
        ({"amount": "0"}, "0"),
        ({"amount": "10", "currency": "usd"}, "10"),
        ({"amount": "10", "currency": "eur"}, "11"),
        ({"amount": "120", "currency": "EUR", "billing_interval": "year"}, "11"),
    ],
)
def test_mrr(columns, mrr):
    rates = [
        {"rate_date": "2024-01-01", "currency": "EUR", "rate_to_reporting": "1.5"},
        {"rate_date": "2024-01-09", "currency": "eur", "rate_to_reporting": "1.1"},
        {"rate_date": "2024-01-11", "currency": "EUR", "rate_to_reporting": "9"},
        {"rate_date": "2024-01-01", "currency": "USD", "rate_to_reporting": "7"},
    ]
    result = run([event("a", "started", "2024-01-10 23:00:00", **columns)], rates=rates)
    assert months(result, "mrr_end") == {"2024-01": Decimal(mrr)}


def test_rounding_is_half_up():
    assert oracle.six_places(Fraction(5, 10_000_000)) == Decimal("0.000001")
    assert oracle.six_places(Fraction(49, 100_000_000)) == 0


def test_rate_is_of_the_utc_day():
    rates = [
        {"rate_date": "2024-01-01", "currency": "EUR", "rate_to_reporting": "1"},
        {"rate_date": "2024-01-11", "currency": "EUR", "rate_to_reporting": "2"},
    ]
    events = [event("a", "started", "2024-01-10T20:00:00-05:00", amount="10", currency="EUR")]
    result = run(events, rates=rates, reporting_timezone="America/New_York")
    assert pick(result["rpt_mrr_movements"], "day", "2024-01-10")["mrr_end"] == 20


def test_mrr_rates():
    events = [event(name, "started", "2024-01-10", amount="100") for name in ("a", "b", "c", "d", "r")]
    events += [
        event("r", "cancelled", "2024-01-20"),
        event("a", "changed", "2024-02-10", amount="150"),
        event("b", "changed", "2024-02-10", amount="80"),
        event("c", "cancelled", "2024-02-10"),
        event("n", "started", "2024-02-10", amount="60"),
        event("r", "reactivated", "2024-02-10", amount="40"),
    ]
    result = run(events)
    row = pick(result["rpt_mrr_movements"], "month", "2024-02-01")
    names = ("start", "new", "reactivation", "expansion", "contraction", "churn", "moved", "end")
    assert [row["mrr_" + name] for name in names] == [400, 60, 40, 50, -20, -100, 0, 430]
    assert row["arpa"] == pytest.approx(86)
    assert row["quick_ratio"] == pytest.approx(1.25)
    assert row["gross_mrr_churn_rate"] == pytest.approx(0.3)
    assert row["net_mrr_churn_rate"] == pytest.approx(0.075)
    row = pick(result["rpt_retention_rates"], "month", "2024-02-01")
    assert row["gross_revenue_retention"] == pytest.approx(0.7)
    assert row["net_revenue_retention"] == pytest.approx(0.825)
    assert_identities(result)


# Churn events and their classification


def churn_of(*events: dict, **settings) -> dict:
    """The only churn event of a customer that started on 2024-01-01 at 10."""
    (row,) = run([event("a", "started", "2024-01-01", amount="10"), *events], **settings)["fct_churn_events"]
    return row


END = "2024-03-10 00:00:00"


@pytest.mark.parametrize(
    ("before", "ending", "rule", "churn_type", "is_narrow", "reason"),
    [
        ([], {"reason_code": "too_expensive"}, "reason_code", "voluntary", False, "too_expensive"),
        ([], {"reason_code": "card_expired"}, "reason_code", "involuntary", True, "card_expired"),
        ([], {"reason_code": "business_closed"}, "reason_code", "involuntary", False, "business_closed"),
        # a known reason beats an open failure and a request
        (
            [("payment_failed", "2024-03-01", {}), ("cancel_requested", "2024-03-02", {})],
            {"reason_code": "too_expensive", "cancelled_by": "system"},
            "reason_code",
            "voluntary",
            False,
            "too_expensive",
        ),
        # a reason that the seed does not have is kept, and the next rules decide
        ([], {"reason_code": "who_knows"}, "unknown", "unknown", False, "who_knows"),
        # an open failure beats the request and the customer
        (
            [("payment_failed", "2024-03-01", {}), ("cancel_requested", "2024-03-02", {})],
            {"cancelled_by": "customer", "reason_code": "who_knows"},
            "open_payment_failure",
            "involuntary",
            True,
            "who_knows",
        ),
        # exactly 60 days before counts, a second earlier does not
        ([("payment_failed", "2024-01-10", {})], {}, "open_payment_failure", "involuntary", True, None),
        ([("payment_failed", "2024-01-09T23:59:59Z", {})], {}, "unknown", "unknown", False, None),
        # the window counts from the first failure, not from the last attempt
        (
            [("payment_failed", "2024-01-05", {}), ("payment_failed", "2024-03-01", {})],
            {"cancelled_by": "system"},
            "system_cancelled",
            "involuntary",
            False,
            None,
        ),
        (
            [("payment_failed", "2024-03-01", {}), ("payment_recovered", "2024-03-02", {})],
            {},
            "unknown",
            "unknown",
            False,
            None,
        ),
        ([("payment_failed", "2024-03-01", {}), ("renewed", "2024-03-02", {})], {}, "unknown", "unknown", False, None),
        # at the instant of the end: the failure comes first by rank
        ([("payment_failed", END, {})], {}, "open_payment_failure", "involuntary", True, None),
        ([], {"cancelled_by": "customer"}, "customer_cancelled", "voluntary", False, None),
        ([("cancel_requested", "2024-03-01", {})], {}, "customer_cancelled", "voluntary", False, None),
        (
            [("cancel_requested", "2024-03-01", {})],
            {"cancelled_by": "system"},
            "customer_cancelled",
            "voluntary",
            False,
            None,
        ),
        (
            [("cancel_requested", "2024-03-01", {}), ("renewed", "2024-03-05", {})],
            {"cancelled_by": "system"},
            "system_cancelled",
            "involuntary",
            False,
            None,
        ),
        ([], {"cancelled_by": "system"}, "system_cancelled", "involuntary", False, None),
        ([], {}, "unknown", "unknown", False, None),
        # the reason of the latest open request, unless the ending has one
        (
            [
                ("cancel_requested", "2024-03-01", {"reason_code": "card_expired"}),
                ("cancel_requested", "2024-03-02", {"reason_code": "too_expensive"}),
            ],
            {},
            "reason_code",
            "voluntary",
            False,
            "too_expensive",
        ),
        (
            [("cancel_requested", "2024-03-01", {"reason_code": "too_expensive"})],
            {"reason_code": "business_closed"},
            "reason_code",
            "involuntary",
            False,
            "business_closed",
        ),
        (
            [("cancel_requested", "2024-03-01", {"reason_code": "too_expensive"}), ("renewed", "2024-03-05", {})],
            {},
            "unknown",
            "unknown",
            False,
            None,
        ),
    ],
)
@pytest.mark.parametrize("kind", ["cancelled", "expired"])
def test_classification(before, ending, rule, churn_type, is_narrow, reason, kind):
    events = [event("a", name, at, event_id=f"e{n}", **columns) for n, (name, at, columns) in enumerate(before)]
    row = churn_of(*events, event("a", kind, END, **ending))
    assert row["classification_rule"] == rule
    assert row["churn_type"] == churn_type
    assert row["is_involuntary_narrow"] is is_narrow
    assert row["reason_code"] == reason
    seed = {line["reason_code"]: line for line in REASONS}.get(reason)
    assert row["reason_category"] == (seed and seed["reason_category"])
    assert row["is_preventable"] == (seed and seed["is_preventable"] == "true")


def test_dunning_window_is_a_setting():
    events = [event("a", "payment_failed", "2024-03-01"), event("a", "cancelled", END)]
    assert churn_of(*events, dunning_window_days=8)["classification_rule"] == "unknown"
    assert churn_of(*events, dunning_window_days=9)["classification_rule"] == "open_payment_failure"


def test_churn_event_figures():
    row = churn_of(event("a", "cancelled", "2024-01-31 23:59:59"), event("a", "started", "2024-02-10 06:00:00"))
    assert list(row) == [
        "customer_id",
        "churned_at",
        "churn_type",
        "is_involuntary_narrow",
        "reason_code",
        "reason_category",
        "is_preventable",
        "classification_rule",
        "mrr_lost",
        "tenure_days",
        "returned_at",
    ]
    assert (row["mrr_lost"], row["tenure_days"], row["returned_at"]) == (10, 30, datetime(2024, 2, 10, 6))


def test_tenure_counts_from_the_last_return():
    events = [
        event("a", "started", "2024-01-01", amount="10"),
        event("a", "cancelled", "2024-01-11"),
        event("a", "started", "2024-02-01 12:00:00"),
        event("a", "renewed", "2024-02-02"),
        event("a", "cancelled", "2024-02-04 11:00:00"),
    ]
    rows = run(events)["fct_churn_events"]
    assert [row["tenure_days"] for row in rows] == [10, 2]
    assert [row["returned_at"] for row in rows] == [datetime(2024, 2, 1, 12), None]


@pytest.mark.parametrize(
    ("amounts", "paused", "speaker"),
    [
        ({"s1": "10", "s2": "30"}, [], "s2"),
        ({"s1": "30", "s2": "10"}, [], "s1"),
        ({"s1": "10", "s2": "10"}, [], "s1"),
        ({"s1": "10", "s2": "30"}, ["s2"], "s1"),
    ],
)
def test_the_subscription_with_the_highest_mrr_speaks(amounts, paused, speaker):
    events = []
    for key, amount in amounts.items():
        events += [
            event("a", "started", "2024-01-01", subscription_id=key, amount=amount),
            event("a", "cancelled", "2024-01-10", subscription_id=key, reason_code="only_" + key),
        ]
    events += [event("a", "paused", "2024-01-05", subscription_id=key) for key in paused]
    (row,) = run(events)["fct_churn_events"]
    assert row["reason_code"] == "only_" + speaker
    assert row["mrr_lost"] == sum(int(amount) for key, amount in amounts.items() if key not in paused)


def test_only_those_that_were_active_before_speak():
    events = [
        event("a", "started", "2024-01-01", subscription_id="s1", amount="1"),
        event("a", "started", "2024-01-10 08:00:00", subscription_id="s2", amount="99"),
        event("a", "cancelled", "2024-01-10 08:00:00", subscription_id="s2", reason_code="not_me"),
        event("a", "cancelled", "2024-01-10 08:00:00", subscription_id="s1", reason_code="me"),
    ]
    (row,) = run(events)["fct_churn_events"]
    assert (row["reason_code"], row["mrr_lost"]) == ("me", 1)


def test_a_churned_customer_takes_the_type_of_its_last_churn_event():
    events = [
        event("a", "started", "2024-01-10"),
        event("a", "cancelled", "2024-02-03", cancelled_by="customer"),
        event("a", "started", "2024-02-05"),
        event("a", "cancelled", "2024-02-07", cancelled_by="system"),
    ]
    result = run(events)
    row = pick(result["rpt_churn_rates"], "month", "2024-02-01")
    assert (row["customers_churned_voluntary"], row["customers_churned_involuntary"]) == (0, 1)
    assert (row["voluntary_churn_rate"], row["involuntary_churn_rate"]) == (0.0, 1.0)
    by_name = definitions(result, "month", "2024-02-01")
    assert by_name["all_lost"]["numerator"] == 1
    assert by_name["net_of_returns"]["numerator"] == 0
    assert by_name["daily_sum"]["numerator"] == 2


# Periods


def test_midnight_of_the_first_belongs_to_the_new_period():
    events = [event("a", "started", "2024-01-10"), event("a", "cancelled", "2024-02-01 00:00:00")]
    assert months(run(events), "customers_churned") == {"2024-01": 0, "2024-02": 1}
    events[1]["occurred_at"] = "2024-01-31 23:59:59.999999"
    assert months(run(events, as_of="2024-02-01"), "customers_came_and_went") == {"2024-01": 1, "2024-02": 0}


def test_the_period_that_holds_as_of():
    events = [event("a", "started", "2024-01-10"), event("a", "cancelled", "2024-01-20")]
    result = run(events, as_of="2024-01-20")
    assert months(result, "customers_end") == {"2024-01": 0}
    assert months(result, "is_complete_period") == {"2024-01": False}
    assert pick(result["rpt_churn_rates"], "day", "2024-01-19")["is_complete_period"] is True
    assert pick(result["rpt_churn_rates"], "day", "2024-01-20")["customers_churned"] == 1
    assert months(run(events, as_of="2024-01-19T23:59:59"), "customers_end") == {"2024-01": 1}
    assert months(run(events, as_of="2024-02-01"), "is_complete_period") == {"2024-01": True, "2024-02": False}


def test_daylight_saving_time():
    """New York midnight is 05:00 UTC before 2024-03-10 and 04:00 UTC from the day after on."""
    for at, month in [
        ("2024-03-01 04:59:59", "2024-02"),
        ("2024-03-01 05:00:00", "2024-03"),
        ("2024-04-01 03:59:59", "2024-03"),
        ("2024-04-01 04:00:00", "2024-04"),
    ]:
        result = run([event("a", "started", at)], reporting_timezone="America/New_York")
        assert list(months(result, "customers_new")) == [month]
    events = [event("a", "started", "2024-03-09"), event("a", "cancelled", "2024-03-11 04:00:00")]
    result = run(events, reporting_timezone="America/New_York")
    assert pick(result["rpt_churn_rates"], "day", "2024-03-10")["customers_churned"] == 0
    assert pick(result["rpt_churn_rates"], "day", "2024-03-11")["customers_churned"] == 1


@pytest.mark.parametrize(
    ("grain", "day", "first_month", "start", "end"),
    [
        ("day", "2024-02-29", 1, "2024-02-29", "2024-03-01"),
        ("week", "2024-03-03", 1, "2024-02-26", "2024-03-04"),
        ("week", "2024-03-04", 1, "2024-03-04", "2024-03-11"),
        ("month", "2024-12-31", 1, "2024-12-01", "2025-01-01"),
        ("quarter", "2024-05-15", 1, "2024-04-01", "2024-07-01"),
        ("quarter", "2024-01-15", 2, "2023-11-01", "2024-02-01"),
        ("quarter", "2024-02-01", 2, "2024-02-01", "2024-05-01"),
        ("year", "2024-05-15", 1, "2024-01-01", "2025-01-01"),
        ("year", "2024-03-31", 4, "2023-04-01", "2024-04-01"),
        ("year", "2024-12-31", 12, "2024-12-01", "2025-12-01"),
    ],
)
def test_period_holding(grain, day, first_month, start, end):
    period = oracle.period_holding(grain, date.fromisoformat(day), first_month)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_every_grain_has_its_rows_without_gaps():
    result = run([event("a", "started", "2024-01-10")], as_of="2024-05-20", fiscal_year_start_month=4)
    rows = result["rpt_churn_rates"]
    starts = {grain: [r["period_start"] for r in rows if r["period_grain"] == grain] for grain in oracle.GRAINS}
    starts = {grain: sorted(set(values)) for grain, values in starts.items()}
    assert starts["day"] == [date(2024, 1, 10) + timedelta(days=n) for n in range(132)]
    assert starts["week"] == [date(2024, 1, 8) + timedelta(days=7 * n) for n in range(20)]
    assert starts["month"] == [date(2024, n, 1) for n in range(1, 6)]
    assert starts["quarter"] == [date(2024, 1, 1), date(2024, 4, 1)]
    assert starts["year"] == [date(2023, 4, 1), date(2024, 4, 1)]
    assert len(result["rpt_churn_rate_definitions"]) == 8 * sum(len(values) for values in starts.values())


# Segments


def test_plan_move():
    events = [
        event("a", "started", "2024-01-10", amount="10", plan_id="small"),
        event("a", "changed", "2024-02-10", amount="25", plan_id="big"),
    ]
    result = run(events)
    small = pick(result["rpt_churn_rates"], "month", "2024-02-01", ("plan", "small"))
    assert (small["customers_start"], small["customers_moved_out"], small["customers_end"]) == (1, 1, 0)
    assert (small["customers_churned"], small["churn_rate"]) == (0, 0.0)
    big = pick(result["rpt_churn_rates"], "month", "2024-02-01", ("plan", "big"))
    assert (big["customers_start"], big["customers_moved_in"], big["customers_end"]) == (0, 1, 1)
    money = pick(result["rpt_mrr_movements"], "month", "2024-02-01", ("plan", "small"))
    assert [money[name] for name in ("mrr_start", "mrr_moved", "mrr_expansion", "mrr_end")] == [10, -10, 0, 0]
    money = pick(result["rpt_mrr_movements"], "month", "2024-02-01", ("plan", "big"))
    assert [money[name] for name in ("mrr_start", "mrr_moved", "mrr_expansion", "mrr_end")] == [0, 10, 15, 25]
    assert pick(result["rpt_churn_rates"], "month", "2024-02-01")["customers_moved_in"] == 0
    assert pick(result["rpt_retention_rates"], "month", "2024-02-01", ("plan", "small"))["customers_retained"] == 1
    assert list(months(result, "customers_end", ("plan", "big"))) == ["2024-02"]
    assert_identities(result)


def test_the_plan_is_that_of_the_highest_mrr_then_earliest_start_then_lowest_id():
    def plan_of(*events: dict) -> str:
        (row,) = [
            row
            for row in run(list(events), as_of="2024-01-31")["rpt_churn_rates"]
            if row["period_grain"] == "year" and row["segment_type"] == "plan" and row["customers_end"] == 1
        ]
        return row["segment_value"]

    def start(key: str, at: str, amount: str) -> dict:
        return event("a", "started", at, subscription_id=key, plan_id="plan-" + key, amount=amount)

    assert plan_of(start("x", "2024-01-01", "10"), start("y", "2024-01-02", "20")) == "plan-y"
    assert plan_of(start("y", "2024-01-01", "10"), start("x", "2024-01-02", "10")) == "plan-y"
    assert plan_of(start("y", "2024-01-01", "10"), start("x", "2024-01-01", "10")) == "plan-x"
    pause = event("a", "paused", "2024-01-03", subscription_id="y")
    assert plan_of(start("x", "2024-01-01", "10"), start("y", "2024-01-02", "20"), pause) == "plan-x"
    end = event("a", "cancelled", "2024-01-03", subscription_id="y")
    assert plan_of(start("x", "2024-01-01", "10"), start("y", "2024-01-02", "20"), end) == "plan-x"
    assert plan_of(event("a", "started", "2024-01-01")) == "(none)"


def test_attribute_segments():
    customers = [
        {"customer_id": "a", "country": "DE", "industry": ""},
        {"customer_id": "b", "country": "FR"},
    ]
    events = [
        event("a", "started", "2024-01-10", amount="10"),
        event("b", "started", "2024-02-01", amount="20"),
        event("c", "started", "2024-03-10", amount="40"),
    ]
    result = run(events, customers)
    assert months(result, "mrr_end", ("country", "DE")) == {"2024-01": 10, "2024-02": 10, "2024-03": 10}
    assert months(result, "mrr_end", ("country", "FR")) == {"2024-02": 20, "2024-03": 20}
    assert months(result, "mrr_end", ("country", "(none)")) == {"2024-03": 40}
    assert months(result, "mrr_end", ("industry", "(none)")) == {"2024-01": 10, "2024-02": 30, "2024-03": 70}
    assert_identities(result)


def test_what_happens_inside_counts_in_the_segment_of_the_start_else_of_the_first_active_instant():
    events = [
        event("a", "started", "2024-01-05", plan_id="p"),
        event("a", "changed", "2024-01-06", plan_id="q"),
        event("a", "cancelled", "2024-01-07"),
        event("b", "started", "2024-01-05", plan_id="p"),
        event("b", "cancelled", "2024-02-05"),
        event("b", "started", "2024-02-06", plan_id="q"),
    ]
    result = run(events)
    assert months(result, "customers_acquired", ("plan", "p"))["2024-01"] == 2
    assert months(result, "customers_came_and_went", ("plan", "p"))["2024-01"] == 1
    assert months(result, "customers_came_and_went", ("plan", "q"))["2024-01"] == 0
    assert months(result, "customers_left_and_returned", ("plan", "p"))["2024-02"] == 1
    assert months(result, "customers_left_and_returned", ("plan", "q"))["2024-02"] == 0
    assert_identities(result)


# Raw rows: quarantine, duplicates, what is seen


@pytest.mark.parametrize(
    "columns",
    [
        {"event_id": ""},
        {"customer_id": ""},
        {"subscription_id": ""},
        {"event_type": ""},
        {"event_type": "begun"},
        {"event_type": "unknown"},
        {"occurred_at": ""},
        {"occurred_at": "soon"},
        {"occurred_at": "2024-02-30"},
        {"occurred_at": "2024-01-01 25:00:00"},
        {"loaded_at": "soon"},
        {"billing_interval": "fortnight"},
        {"billing_interval_count": "0"},
        {"billing_interval_count": "-1"},
        {"billing_interval_count": "1.5"},
        {"billing_interval_count": "one"},
        {"amount": "-0.01"},
        {"amount": "ten"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"quantity": "-1"},
        {"quantity": "few"},
        {"amount": "10", "currency": "JPY"},
        {"amount": "10", "currency": "EUR"},
    ],
)
def test_quarantine_of_events(columns):
    rates = [{"rate_date": "2024-01-02", "currency": "EUR", "rate_to_reporting": "1.1"}]
    result = run([{**event("a", "started", "2024-01-01"), **columns}], rates=rates)
    assert result["rpt_event_reconciliation"][0] == {
        "raw_table": "subscription_events",
        "raw_rows": 1,
        "accepted_rows": 0,
        "duplicate_rows": 0,
        "quarantined_rows": 1,
    }
    assert all(rows == [] for name, rows in result.items() if name != "rpt_event_reconciliation")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-02", datetime(2024, 1, 2)),
        ("2024-01-02 03:04:05", datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02 03:04:05.25", datetime(2024, 1, 2, 3, 4, 5, 250_000)),
        ("2024-01-02T03:04:05.000001+00:00", datetime(2024, 1, 2, 3, 4, 5, 1)),
        ("2024-01-02T03:04:05+05:30", datetime(2024, 1, 1, 21, 34, 5)),
        ("2024-01-02 23:04:05-02:00", datetime(2024, 1, 3, 1, 4, 5)),
    ],
)
def test_times(value, expected):
    assert oracle.instant({"t": value}, "t") == expected


def test_reconciliation_of_every_table():
    customers = [
        {"customer_id": "a", "created_at": "2024-01-01", "country": "DE"},
        {"customer_id": "a", "created_at": "2024-01-01", "country": "FR", "loaded_at": "2024-01-02"},
        {"customer_id": "a", "country": "IT"},
        {"customer_id": "", "created_at": "2024-01-01"},
        {"customer_id": "b", "created_at": "once"},
        {"customer_id": "c"},
    ]
    rates = [
        {"rate_date": "2024-01-01", "currency": "EUR", "rate_to_reporting": "1.1"},
        {"rate_date": "2024-01-01", "currency": "eur", "rate_to_reporting": "1.2"},
        {"rate_date": "2024-01-01", "currency": "GBP", "rate_to_reporting": "0"},
        {"rate_date": "2024-01-01", "currency": "GBP", "rate_to_reporting": ""},
        {"rate_date": "2024-01-01", "currency": "GBP", "rate_to_reporting": "much"},
        {"rate_date": "2024-01-01", "currency": "", "rate_to_reporting": "1"},
        {"rate_date": "", "currency": "GBP", "rate_to_reporting": "1"},
    ]
    result = run([event("a", "started", "2024-01-01", amount="10", currency="EUR")], customers, rates)
    counts = {row["raw_table"]: tuple(row.values())[1:] for row in result["rpt_event_reconciliation"]}
    assert counts == {"subscription_events": (1, 1, 0, 0), "customers": (6, 2, 2, 2), "exchange_rates": (7, 1, 1, 5)}
    assert months(result, "mrr_end", ("country", "FR")) == {"2024-01": 12}


def test_duplicates_the_latest_loaded_then_the_greater_content():
    ids = count()

    def mrr(*rows: dict) -> Decimal:
        key = f"e{next(ids)}"
        rows = [event("a", "started", "2024-01-01", **{**row, "event_id": key}) for row in rows]
        result, reverse = run(rows), run(rows[::-1])
        assert result == reverse
        assert result["rpt_event_reconciliation"][0]["duplicate_rows"] == len(rows) - 1
        return months(result, "mrr_end")["2024-01"]

    assert mrr({"amount": "9"}, {"amount": "10"}) == 10
    assert mrr({"amount": "9", "loaded_at": "2024-01-02"}, {"amount": "10", "loaded_at": "2024-01-01"}) == 9
    assert mrr({"amount": "9", "loaded_at": "2024-01-02"}, {"amount": "10"}) == 9
    assert mrr({"amount": "9", "loaded_at": "2024-01-01"}, {"amount": "10"}) == 10
    assert mrr({"amount": "9"}, {"amount": ""}) == 9
    assert mrr({"amount": "9", "plan_id": "b"}, {"amount": "10", "plan_id": "a"}) == 9
    assert mrr({"amount": "9", "plan_id": "a"}, {"amount": "10", "plan_id": "Z"}) == 9
    assert mrr({"amount": "9"}, {"amount": "9"}, {"amount": "9"}) == 9


def test_a_quarantined_row_is_no_duplicate():
    rows = [
        event("a", "started", "2024-01-01", amount="5", event_id="e"),
        event("a", "started", "2024-01-01", amount="-5", event_id="e", loaded_at="2024-02-01"),
    ]
    result = run(rows)
    assert tuple(result["rpt_event_reconciliation"][0].values())[1:] == (2, 1, 0, 1)
    assert months(result, "mrr_end") == {"2024-01": 5}


def test_known_at_hides_rows_before_duplicates_are_found():
    rows = [
        event("a", "started", "2024-01-01", amount="5", event_id="e"),
        event("a", "started", "2024-01-01", amount="6", event_id="e", loaded_at="2024-01-05"),
        event("a", "cancelled", "2024-01-03", loaded_at="2024-01-06"),
    ]
    result = run(rows)
    assert tuple(result["rpt_event_reconciliation"][0].values())[1:] == (3, 2, 1, 0)
    assert len(result["fct_churn_events"]) == 1
    result = run(rows, known_at="2024-01-05", as_of="2024-01-31")
    assert tuple(result["rpt_event_reconciliation"][0].values())[1:] == (3, 2, 1, 0)
    assert months(result, "mrr_end") == {"2024-01": 6}
    result = run(rows, known_at="2024-01-04", as_of="2024-01-31")
    assert tuple(result["rpt_event_reconciliation"][0].values())[1:] == (3, 3, 0, 0)
    assert months(result, "mrr_end") == {"2024-01": 5}
    assert result["fct_churn_events"] == []


def test_as_of_hides_later_events_which_are_accepted():
    rows = [event("a", "started", "2024-01-01"), event("a", "cancelled", "2024-02-03")]
    result = run(rows, as_of="2024-01-31")
    assert tuple(result["rpt_event_reconciliation"][0].values())[1:] == (2, 2, 0, 0)
    assert months(result, "customers_end") == {"2024-01": 1}
    assert result["fct_churn_events"] == []
    empty = run(rows, as_of="2023-12-31")
    assert all(table == [] for name, table in empty.items() if name != "rpt_event_reconciliation")


def test_default_as_of_is_never_later_than_now():
    rows = [event("a", "started", datetime.now().date().isoformat()), event("b", "started", "2999-01-01")]
    result = run(rows)
    assert max(row["customers_end"] for row in result["rpt_churn_rates"]) == 1
    assert {row["is_complete_period"] for row in result["rpt_churn_rates"] if row["period_grain"] == "year"} == {False}


def test_nothing_in_nothing_out():
    result = run([])
    assert [row["raw_table"] for row in result["rpt_event_reconciliation"]] == [
        "subscription_events",
        "customers",
        "exchange_rates",
    ]
    assert all(rows == [] for name, rows in result.items() if name != "rpt_event_reconciliation")


# Any stream at all keeps the identities


@pytest.mark.parametrize("seed", range(8))
def test_identities_of_a_random_stream(seed):
    rng = random.Random(seed)
    events = []
    for number in range(60):
        customer = rng.choice("abcd")
        events.append(
            event(
                customer,
                rng.choice(list(oracle.LIFECYCLE_RANK)),
                str(datetime(2024, 1, 29) + timedelta(hours=12 * rng.randrange(80))),
                event_id=f"e{number}",
                subscription_id=f"{customer}{rng.randrange(2)}",
                plan_id=rng.choice(["", "p", "q"]),
                amount=rng.choice(["", "0", "10", "19.99"]),
                billing_interval=rng.choice(["", "week", "year"]),
                cancelled_by=rng.choice(["", "customer", "system"]),
            )
        )
    customers = [{"customer_id": "a", "country": "DE"}, {"customer_id": "b", "country": "FR"}]
    result = run(events, customers, reporting_timezone=rng.choice(["UTC", "America/New_York", "Asia/Tokyo"]))
    assert_identities(result)
    assert {row["raw_rows"] for row in result["rpt_event_reconciliation"]} == {60, 2, 0}
