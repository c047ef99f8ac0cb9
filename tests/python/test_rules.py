"""What the warehouse decides where the input leaves a question open: the rules of docs/rules.md in one business."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import duckdb
import harness
import pytest

MARTS = [
    "dim_customers",
    "dim_subscriptions",
    "fct_churn_events",
    "fct_customer_lifetime_values",
    "fct_customer_movements",
    "fct_subscription_periods",
    "rpt_clv_model_fits",
    "rpt_mrr_movements",
    "rpt_nps",
    "rpt_red_flags",
    "rpt_repeat_purchases",
    "rpt_retention_rates",
]
WARNINGS = {
    "amounts_keep_their_interval_and_currency": "subscription_id",
    "refunds_are_not_above_what_was_charged": "row_key",
    "paid_invoices_say_when": "invoice_id",
    "subscriptions_have_one_customer": "subscription_id",
}
# customer -> its events: (type, day, what else is given); the subscription has the customer's name
LIVES: dict[str, list[tuple[str, str, dict]]] = {
    # team has one customer, big three that go to team for half
    "team": [("started", "2024-01-05", {"plan_id": "team", "amount": "10"})],
    **{
        f"big{number}": [
            ("started", "2024-01-05", {"plan_id": "big", "amount": "100"}),
            ("changed", "2024-02-10", {"plan_id": "team", "amount": "50"}),
        ]
        for number in range(3)
    },
    "free": [("started", "2024-01-05", {"plan_id": "free", "amount": "0"})],
    "went_free": [
        ("started", "2024-01-05", {"plan_id": "solo", "amount": "10"}),
        ("changed", "2024-02-10", {"plan_id": "free", "amount": "0", "reason_code": "too_expensive"}),
    ],
    "went_paid": [
        ("started", "2024-01-05", {"plan_id": "free", "amount": "0"}),
        ("changed", "2024-02-10", {"plan_id": "solo", "amount": "10"}),
    ],
    "unknown_amount": [("started", "2024-01-05", {"plan_id": "odd"})],
    "interval_forgotten": [
        ("started", "2023-02-10", {"plan_id": "year", "amount": "1200", "billing_interval": "year"}),
        ("renewed", "2024-02-10", {"amount": "1200"}),
    ],
    "interval_kept": [
        ("started", "2023-02-10", {"plan_id": "year", "amount": "1200", "billing_interval": "year"}),
        ("renewed", "2024-02-10", {}),
    ],
    "currency_forgotten": [
        ("started", "2024-01-05", {"plan_id": "rupiah", "amount": "100000000000", "currency": "IDR"}),
        ("renewed", "2024-02-10", {"amount": "60"}),
    ],
    "count_forgotten": [
        ("started", "2024-01-05", {"plan_id": "odd", "amount": "60", "billing_interval_count": "2"}),
        ("renewed", "2024-02-10", {"amount": "60", "billing_interval": "month"}),
    ],
    "interval_alone": [
        ("started", "2024-01-05", {"plan_id": "odd", "amount": "100"}),
        ("changed", "2024-02-10", {"billing_interval": "year"}),
    ],
    "renewed_in_pause": [
        ("started", "2024-01-05", {"plan_id": "odd", "amount": "100"}),
        ("paused", "2024-01-20", {}),
        ("renewed", "2024-02-10", {}),
    ],
    "cancelled_before": [
        ("cancelled", "2024-01-05", {}),
        ("started", "2024-02-10", {"plan_id": "odd", "amount": "100"}),
    ],
    "yearly": [
        ("started", "2024-01-05", {"plan_id": "pro_month", "amount": "20"}),
        ("changed", "2024-02-10", {"plan_id": "pro_year", "amount": "180", "billing_interval": "year"}),
    ],
    "yearly_upgrade": [
        ("started", "2024-01-05", {"plan_id": "basic_month", "amount": "20"}),
        ("changed", "2024-02-10", {"plan_id": "pro_year", "amount": "180", "billing_interval": "year"}),
    ],
    "downgrade": [
        ("started", "2024-01-05", {"plan_id": "pro_month", "amount": "20"}),
        ("changed", "2024-02-10", {"plan_id": "basic_month", "amount": "12"}),
    ],
}
PLANS = [
    {"plan_id": "basic_month", "plan_tier": "basic"},
    {"plan_id": "pro_month", "plan_tier": "pro"},
    {"plan_id": "pro_year", "plan_tier": " Pro"},
]
# (invoice, customer, issued, paid, status, amount, refunded)
INVOICES = [
    ("i1", "unsaid", "2024-01-10", "2024-01-11", "", "100", ""),
    ("i2", "unsaid", "2024-01-10", "", "", "1000", ""),
    ("i3", "undated", "2024-01-10", "", "paid", "100", ""),
    ("i4", "void", "2024-01-10", "2024-01-11", "void", "100", ""),
    ("i5", "refunded", "2024-01-10", "2024-01-11", "refunded", "100", ""),
    ("i6", "refunded_above", "2024-01-10", "2024-01-11", "paid", "100", "130"),
    ("i7", "nothing", "2024-01-10", "2024-01-11", "paid", "0", ""),
]
ORDERS = [("o1", "buyer", "2024-01-10", "0", ""), ("o2", "buyer", "2024-01-12", "50", "70")]
# what each customer paid less what it was given back
RECEIVED = {
    "unsaid": 100,
    "undated": 100,
    "void": 0,
    "refunded": 0,
    "refunded_above": -30,
    "nothing": 0,
    "buyer": -20,
}
ANSWERS = [("r1", "3", "relational"), ("r2", "1", " Relational"), ("r3", "1", ""), ("r4", "10", "onboarding")]
# respondents and NPS by kind of touchpoint
ANSWERED = {"relational": (3, -100), "transactional": (1, 100)}


def events() -> Iterator[dict[str, str]]:
    for customer, life in LIVES.items():
        for number, (event_type, day, given) in enumerate(life):
            yield {
                "event_id": f"{customer}-{number}",
                "customer_id": customer,
                "subscription_id": customer,
                "event_type": event_type,
                "occurred_at": day,
                **given,
            }
    yield {"event_id": "m", "customer_id": "taker", "subscription_id": "team", "event_type": "renewed",
           "occurred_at": "2024-02-20"}  # fmt: skip


def raw_tables() -> dict[str, list[dict[str, str]]]:
    """The raw tables of the business."""
    invoice = ("invoice_id", "customer_id", "issued_at", "paid_at", "status", "amount", "refunded_amount")
    order = ("order_id", "customer_id", "ordered_at", "amount", "refunded_amount")
    answer = {"survey_type": "nps", "sent_at": "2024-02-05", "responded_at": "2024-02-06"}
    return {
        "subscription_events": list(events()),
        "customers": [],
        "plans": PLANS,
        "exchange_rates": [{"rate_date": "2024-01-01", "currency": "IDR", "rate_to_reporting": "0.0000000006"}],
        "invoices": [dict(zip(invoice, row, strict=True)) for row in INVOICES],
        "orders": [dict(zip(order, row, strict=True)) for row in ORDERS],
        "survey_responses": [
            {**answer, "response_id": key, "score": score, "touchpoint": touchpoint}
            for key, score, touchpoint in ANSWERS
        ],
    }


@pytest.fixture(scope="module", params=[True, False], ids=["free_plans_are_customers", "free_plans_are_none"])
def business(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The marts of the business as of 15 March 2024, and the rows that each test of severity warn returns."""
    folder = tmp_path_factory.mktemp("rules")
    harness.write_landing(folder, raw_tables())
    settings = {"as_of": "2024-03-15", "free_plans_are_customers": request.param}
    with duckdb.connect() as connection:
        harness.build_on(connection, folder, MARTS, settings)

        def rows(query: str) -> list[tuple]:
            return connection.execute(query).fetchall()

        warned = {}
        for name, key in WARNINGS.items():
            warned[name] = {row[0] for row in rows(f"select {key} from ({harness.compiled_tests()[name]}) as found")}
        yield SimpleNamespace(rows=rows, warned=warned, free_counts=request.param)


def february(business: SimpleNamespace, mart: str, plan: str, *columns: str) -> tuple:
    (row,) = business.rows(
        f"select {', '.join(columns)} from marts.{mart} where period_grain = 'month' "
        f"and period_start = date '2024-02-01' and segment_type = 'plan' and segment_value = '{plan}'"
    )
    return row


def movement(business: SimpleNamespace, customer: str, *columns: str) -> tuple:
    (row,) = business.rows(
        f"select {', '.join(columns)} from marts.fct_customer_movements where period_grain = 'month' "
        f"and period_start = date '2024-02-01' and customer_id = '{customer}' "
        "and movement_type in ('expansion', 'contraction')"
    )
    return row


def mrr(business: SimpleNamespace, customer: str) -> float:
    ((value,),) = business.rows(f"select current_mrr from marts.dim_customers where customer_id = '{customer}'")
    return float(value)


def test_a_rate_of_a_plan_is_about_who_held_it_at_the_start(business: SimpleNamespace) -> None:
    retention = ("gross_revenue_retention", "net_revenue_retention", "crr", "retention_rate")
    assert february(business, "rpt_retention_rates", "team", *retention) == (1, 1, 1, 1)
    assert february(business, "rpt_retention_rates", "big", *retention) == (0.5, 0.5, 0, 1)
    money = ("mrr_contraction", "mrr_contraction_of_start", "gross_mrr_churn_rate", "net_mrr_churn_rate")
    assert february(business, "rpt_mrr_movements", "team", *money) == (-150, 0, 0, 0)
    assert february(business, "rpt_mrr_movements", "big", *money) == (0, -150, 0.5, 0.5)


def test_a_plan_of_amount_0_is_a_customer_if_it_is_set_so(business: SimpleNamespace) -> None:
    status = dict(business.rows("select customer_id, current_status from marts.dim_customers"))
    names = ("free", "went_free", "went_paid", "unknown_amount")
    counted = ("active", "active", "active", "active")
    not_counted = ("never_subscribed", "churned", "active", "active")
    assert tuple(status[name] for name in names) == (counted if business.free_counts else not_counted)
    losses = business.rows(
        "select customer_id, churned_at, churn_type, reason_code, mrr_lost from marts.fct_churn_events"
    )
    found = [(customer, str(at.date()), *rest) for customer, at, *rest in losses]
    expected = [("went_free", "2024-02-10", "voluntary", "too_expensive", 10)]
    assert found == ([] if business.free_counts else expected)
    joined = dict(business.rows("select customer_id, first_started_at from marts.dim_customers"))
    assert str(joined["went_paid"].date()) == ("2024-01-05" if business.free_counts else "2024-02-10")


def test_an_amount_without_its_interval_or_currency_is_warned_of(business: SimpleNamespace) -> None:
    assert (mrr(business, "interval_forgotten"), mrr(business, "interval_kept")) == (1200, 100)
    forgotten = {"interval_forgotten", "currency_forgotten", "count_forgotten"}
    assert business.warned["amounts_keep_their_interval_and_currency"] == forgotten


def test_events_that_say_half_or_come_in_an_odd_state(business: SimpleNamespace) -> None:
    assert mrr(business, "interval_alone") == 100
    periods = "select subscription_id, list(state order by valid_from) from marts.fct_subscription_periods group by all"
    states = dict(business.rows(periods))
    assert states["renewed_in_pause"] == ["live", "paused", "live"]
    assert mrr(business, "renewed_in_pause") == 100
    assert states["cancelled_before"] == ["live"]


def test_a_discount_for_the_year_is_a_contraction_and_no_downgrade(business: SimpleNamespace) -> None:
    columns = ("movement_type", "driver", "mrr_interval", "mrr_plan", "tier_change")
    assert movement(business, "yearly", *columns) == ("contraction", "interval", -5, 0, None)
    assert movement(business, "yearly_upgrade", *columns) == ("contraction", "interval", -5, 0, "upgrade")
    assert movement(business, "downgrade", *columns) == ("contraction", "plan", 0, -8, "downgrade")
    flags = dict(
        business.rows(
            "select segment_value, value from marts.rpt_red_flags where period_grain = 'month' "
            "and segment_type = 'plan' and period_start = date '2024-02-01' "
            "and flag_code = 'contraction_above_expansion'"
        )
    )
    assert (flags["pro_year"], flags["basic_month"]) == (0, 8)


def test_a_subscription_belongs_to_its_first_customer(business: SimpleNamespace) -> None:
    assert business.rows("select customer_id from marts.dim_subscriptions where subscription_id = 'team'") == [
        ("team",)
    ]
    assert business.warned["subscriptions_have_one_customer"] == {"team"}


def test_what_money_came(business: SimpleNamespace) -> None:
    received = dict(business.rows("select customer_id, historic_revenue from marts.fct_customer_lifetime_values"))
    assert {name: received[name] for name in RECEIVED} == RECEIVED
    assert business.warned["paid_invoices_say_when"] == {"i3"}
    assert business.warned["refunds_are_not_above_what_was_charged"] == {"i6", "o2"}
    repeat = business.rows(
        "select orders, repeat_customers from marts.rpt_repeat_purchases "
        "where period_grain = 'month' and segment_type = 'all'"
    )
    assert repeat == [(2, 1)]


def test_an_exchange_rate_keeps_its_digits(business: SimpleNamespace) -> None:
    rupiah = february(business, "rpt_mrr_movements", "rupiah", "mrr_start")
    assert rupiah == (60,)


def test_the_touchpoint_relational_is_none_and_an_interval_holds_its_score(business: SimpleNamespace) -> None:
    answers = business.rows(
        "select touchpoint_type, respondents, nps, round(nps_lower, 1), round(nps_upper, 1) from marts.rpt_nps "
        "where period_grain = 'month' and segment_type = 'all' order by touchpoint_type"
    )
    assert {touchpoint: (respondents, nps) for touchpoint, respondents, nps, *_ in answers} == ANSWERED
    assert [row[3:] for row in answers] == [(-100, 6.6), (-48.5, 100)]


def test_small_plans_are_one_by_day_and_week_and_so_is_one_called_other() -> None:
    sizes = {"big": 3, "middle": 2, "small": 1, "tiny": 1, "(other)": 4}
    starts = [
        {"customer_id": f"{plan}{number}", "plan_id": plan, "event_type": "started", "occurred_at": "2024-01-05"}
        for plan, size in sizes.items()
        for number in range(size)
    ]
    moves = [
        {"customer_id": "small0", "plan_id": "tiny", "event_type": "changed", "occurred_at": "2024-02-06"},
        {"customer_id": "tiny0", "plan_id": "big", "event_type": "changed", "occurred_at": "2024-02-07"},
    ]
    events = [
        {**event, "event_id": str(number), "subscription_id": event["customer_id"], "amount": "10"}
        for number, event in enumerate([*starts, *moves])
    ]
    tables = {"subscription_events": events, "customers": []}
    rows = harness.build(tables, ["rpt_churn_rates"], as_of="2024-03-01", largest_segment_values=2)["rpt_churn_rates"]

    def moved(grain: str, start: str) -> dict[str, tuple[int, int, int]]:
        columns = ("customers_moved_in", "customers_moved_out", "customers_end")
        return {
            row["segment_value"]: tuple(row[column] for column in columns)
            for row in rows
            if (row["period_grain"], str(row["period_start"]), row["segment_type"]) == (grain, start, "plan")
        }

    assert moved("day", "2024-02-06") == {"big": (0, 0, 3), "middle": (0, 0, 2), "(other)": (0, 0, 6)}
    assert moved("day", "2024-02-07") == {"big": (1, 0, 4), "middle": (0, 0, 2), "(other)": (0, 1, 5)}
    assert moved("week", "2024-02-05") == moved("day", "2024-02-07")
    assert moved("month", "2024-02-01") == {
        "big": (1, 0, 4),
        "middle": (0, 0, 2),
        "small": (0, 1, 0),
        "tiny": (1, 1, 1),
        "(other)": (0, 0, 4),
    }


def test_a_subscription_is_replaced_by_what_begins_or_grows_around_its_end_and_goes_on() -> None:
    lives = {
        # day of the start, day of the end; more MRR from a day on
        ("moves", "old"): ("2024-01-05", "2024-02-10", None),
        ("moves", "new"): ("2024-02-13", None, None),
        ("late", "old"): ("2024-01-05", "2024-02-10", None),
        ("late", "new"): ("2024-02-14", None, None),
        ("grows", "old"): ("2024-01-05", "2024-02-10", None),
        ("grows", "other"): ("2024-01-05", None, "2024-02-07"),
        ("both", "one"): ("2024-02-08", "2024-02-10", None),
        ("both", "two"): ("2024-02-08", "2024-02-10", None),
    }
    events = []
    for (customer, name), (start, end, more_from) in lives.items():
        own = {"customer_id": customer, "subscription_id": f"{customer}-{name}"}
        events.append({**own, "event_type": "started", "occurred_at": start, "amount": "10"})
        if more_from:
            events.append({**own, "event_type": "changed", "occurred_at": more_from, "amount": "20"})
        if end:
            events.append({**own, "event_type": "cancelled", "occurred_at": end})
    events = [{**event, "event_id": str(number)} for number, event in enumerate(events)]
    tables = {"subscription_events": events, "customers": []}
    rows = harness.build(tables, ["fct_subscription_ends"], as_of="2024-03-01")["fct_subscription_ends"]
    columns = ("replaced_by_subscription_id", "is_customer_lost")
    assert {row["subscription_id"]: tuple(row[column] for column in columns) for row in rows} == {
        "moves-old": ("moves-new", True),
        "late-old": (None, True),
        "grows-old": ("grows-other", False),
        "both-one": (None, True),
        "both-two": (None, True),
    }
