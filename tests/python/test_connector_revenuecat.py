"""From RevenueCat's export of transactions to events, and to the marts' MRR and losses: each situation by hand."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import harness
import pytest

from warehouse.connectors.definition import CONNECTORS
from warehouse.connectors.running import Report, write_landing

LAST_LOAD = "2024-07-20T00:00:00Z"
LOADED_ON = date(2024, 7, 20)
# customer -> its transactions (id, product, duration, start, end, price, what else the export says) and their events
# (type, when, amount, interval, count, reason, who ended it). Ids of one customer are one subscription.
BY_HAND: dict[str, tuple[list[tuple], list[tuple]]] = {
    "trial_converts": (
        [("a1", "pro", "P1M", "2024-05-01", "2024-05-08", "0", {"is_trial_period": "true"}),
         ("a2", "pro", "P1M", "2024-05-08", "2024-06-08", "10", {"is_trial_conversion": "true", "renewal_number": "2"}),
         ("a3", "pro", "P1M", "2024-06-08", "2024-07-08", "10", {}),
         ("a4", "pro", "P1M", "2024-07-08", "2024-08-08", "10", {})],
        [("trial_started", "2024-05-01", None, "month", 1), ("started", "2024-05-08", 10, "month", 1),
         ("renewed", "2024-06-08", 10, "month", 1), ("renewed", "2024-07-08", 10, "month", 1)],
    ),
    "trial_ends": (
        [("b1", "pro", "P1M", "2024-05-01", "2024-05-08", "0",
          {"is_trial_period": "t", "unsubscribe_detected_at": "2024-05-03"})],
        [("trial_started", "2024-05-01", None, "month", 1), ("cancel_requested", "2024-05-03"),
         ("cancelled", "2024-05-08", None, None, None, None, "customer")],
    ),
    "weekly_unsubscribes": (
        [("c1", "lite", "P1W", "2024-06-03", "2024-06-10", "3", {}),
         ("c2", "lite", "P1W", "2024-06-10", "2024-06-17", "3", {"unsubscribe_detected_at": "2024-06-12"})],
        [("started", "2024-06-03", 3, "week", 1), ("renewed", "2024-06-10", 3, "week", 1),
         ("cancel_requested", "2024-06-12"), ("cancelled", "2024-06-17", None, None, None, None, "customer")],
    ),
    "unsubscribes_and_renews": (
        [("d1", "pro", "P1M", "2024-05-15", "2024-06-15", "10", {"unsubscribe_detected_at": "2024-05-20"}),
         ("d2", "pro", "P1M", "2024-06-15", "2024-07-15", "10", {}),
         ("d3", "pro", "P1M", "2024-07-15", "2024-08-15", "10", {})],
        [("started", "2024-05-15", 10, "month", 1), ("cancel_requested", "2024-05-20"),
         ("renewed", "2024-06-15", 10, "month", 1), ("renewed", "2024-07-15", 10, "month", 1)],
    ),
    "upgrades_in_a_term": (
        [("e1", "pro", "P1M", "2024-06-01", "2024-07-01", "10", {"refunded_at": "2024-06-11", "price": "4"}),
         ("e2", "max", "P1Y", "2024-06-11", "2025-06-11", "240", {})],
        [("started", "2024-06-01", 10, "month", 1), ("changed", "2024-06-11", 240, "year", 1)],
    ),
    "changes_at_the_renewal": (
        [("f1", "pro", "P1M", "2024-05-10", "2024-06-10", "10", {}),
         ("f2", "lite", "P3M", "2024-06-10", "2024-09-10", "24", {})],
        [("started", "2024-05-10", 10, "month", 1), ("renewed", "2024-06-10", 24, "month", 3)],
    ),
    "pays_in_the_grace": (
        [("g1", "pro", "P1M", "2024-05-01", "2024-06-01", "10",
          {"billing_issues_detected_at": "2024-06-01", "grace_period_end_time": "2024-06-17",
           "effective_end_time": "2024-06-17",
           "unsubscribe_detected_at": "2024-06-01"}),
         ("g2", "pro", "P1M", "2024-06-09", "2024-07-09", "10", {}),
         ("g3", "pro", "P1M", "2024-07-09", "2024-08-09", "10", {})],
        [("started", "2024-05-01", 10, "month", 1), ("payment_failed", "2024-06-01"),
         ("renewed", "2024-06-09", 10, "month", 1), ("renewed", "2024-07-09", 10, "month", 1)],
    ),
    "never_pays": (
        [("h1", "pro", "P1M", "2024-05-01", "2024-06-01", "10",
          {"billing_issues_detected_at": "2024-06-01", "grace_period_end_time": "2024-06-17",
           "effective_end_time": "2024-06-17"})],
        [("started", "2024-05-01", 10, "month", 1), ("payment_failed", "2024-06-01"),
         ("expired", "2024-06-17", None, None, None, "payment_failure", "system")],
    ),
    "found_out_late": (
        [("i1", "pro", "P1M", "2024-05-01", "2024-06-01", "10", {"billing_issues_detected_at": "2024-06-01 00:05:00"})],
        [("started", "2024-05-01", 10, "month", 1), ("payment_failed", "2024-06-01"),
         ("expired", "2024-06-01", None, None, None, "payment_failure", "system")],
    ),
    "pauses_and_resumes": (
        [("j1", "pro", "P1M", "2024-04-01", "2024-05-01", "10", {"auto_resume_time": "2024-06-01"}),
         ("j2", "pro", "P1M", "2024-06-01", "2024-07-01", "10", {}),
         ("j3", "pro", "P1M", "2024-07-01", "2024-08-01", "10", {})],
        [("started", "2024-04-01", 10, "month", 1), ("paused", "2024-05-01"),
         ("renewed", "2024-06-01", 10, "month", 1), ("renewed", "2024-07-01", 10, "month", 1)],
    ),
    "is_paused": (
        [("k1", "pro", "P1M", "2024-06-01", "2024-07-01", "10", {"auto_resume_time": "2024-09-01"})],
        [("started", "2024-06-01", 10, "month", 1), ("paused", "2024-07-01")],
    ),
    "never_resumes": (
        [("l1", "pro", "P1M", "2024-04-01", "2024-05-01", "10", {"auto_resume_time": "2024-06-01"})],
        [("started", "2024-04-01", 10, "month", 1), ("paused", "2024-05-01"), ("expired", "2024-06-01")],
    ),
    "pauses_later": (
        [("l2", "pro", "P1M", "2024-07-01", "2024-08-01", "10", {"auto_resume_time": "2024-09-01"})],
        [("started", "2024-07-01", 10, "month", 1)],
    ),
    "refunded": (
        [("m1", "max", "P1Y", "2024-03-01", "2025-03-01", "120", {"refunded_at": "2024-03-11", "price": "0"})],
        [("started", "2024-03-01", 120, "year", 1), ("cancelled", "2024-03-11", None, None, None, None, "customer")],
    ),
    "refunded_when_over": (
        [("n1", "pro", "P1M", "2024-05-20", "2024-06-20", "10", {"refunded_at": "2024-07-01", "price": "0"}),
         ("n2", "pro", "P1M", "2024-06-20", "2024-07-20", "10", {})],
        [("started", "2024-05-20", 10, "month", 1), ("renewed", "2024-06-20", 10, "month", 1)],
    ),
    "prepaid": (
        [("o1", "prepaid", "P6M", "2024-03-01", "2024-09-01", "60", {"is_auto_renewable": "false"})],
        [("started", "2024-03-01", 60, "month", 6)],
    ),
    "prepaid_is_over": (
        [("p1", "prepaid", "P6M", "2023-12-01", "2024-06-01", "60", {"is_auto_renewable": "false"})],
        [("started", "2023-12-01", 60, "month", 6), ("expired", "2024-06-01")],
    ),
    "comes_back": (
        [("q1", "pro", "P1M", "2024-03-01", "2024-04-01", "10", {"unsubscribe_detected_at": "2024-03-02"}),
         ("q2", "pro", "P1M", "2024-07-02", "2024-08-02", "12", {})],
        [("started", "2024-03-01", 10, "month", 1), ("cancel_requested", "2024-03-02"),
         ("cancelled", "2024-04-01", None, None, None, None, "customer"),
         ("reactivated", "2024-07-02", 12, "month", 1)],
    ),
    "renews_a_day_late": (
        [("r1", "pro", "P1M", "2024-05-18", "2024-06-18", "10", {}),
         ("r2", "pro", "P1M", "2024-06-19", "2024-07-19", "10", {})],
        [("started", "2024-05-18", 10, "month", 1), ("renewed", "2024-06-19", 10, "month", 1),
         ("expired", "2024-07-19")],
    ),
    "renews_too_late": (
        [("s1", "pro", "P1M", "2024-05-21", "2024-06-21", "10", {}),
         ("s2", "pro", "P1M", "2024-06-22 00:00:01", "2024-07-22", "10", {})],
        [("started", "2024-05-21", 10, "month", 1), ("expired", "2024-06-21"),
         ("reactivated", "2024-06-22", 10, "month", 1)],
    ),
    "introductory": (  # three months at once for 9, then 10 a month
        [("t1", "pro", "P1M", "2024-03-15", "2024-06-15", "9", {"is_in_intro_offer_period": "true"}),
         ("t2", "pro", "P1M", "2024-06-15", "2024-07-15", "10", {}),
         ("t3", "pro", "P1M", "2024-07-15", "2024-08-15", "10", {})],
        [("started", "2024-03-15", 9, "month", 3), ("renewed", "2024-06-15", 10, "month", 1),
         ("renewed", "2024-07-15", 10, "month", 1)],
    ),
    "no_duration": (
        [("u1", "pro", "", "2024-06-30", "2024-07-30", "10", {})], [("started", "2024-06-30", 10, "month", 1)],
    ),
    "odd_duration": (
        [("v1", "pass", "10 days", "2024-07-15", "2024-07-25", "5", {})], [("started", "2024-07-15", 5, "day", 10)],
    ),
    "free_again": (  # its owner, which paid, gets a week
        [("z1", "pro", "P1M", "2024-06-20", "2024-07-10", "10", {}),
         ("z2", "pro", "P1M", "2024-07-10", "2024-07-17", "", {"is_trial_period": "true"}),
         ("z3", "pro", "P1M", "2024-07-17", "2024-08-17", "10", {})],
        [("started", "2024-06-20", 10, "month", 1), ("renewed", "2024-07-10", 0, "month", 1),
         ("reactivated", "2024-07-17", 10, "month", 1)],
    ),
    "with_tax": (
        [("w1", "pro", "P1M", "2024-07-01", "2024-08-01", "11.9", {"tax_percentage": "0.2"})],
        [("started", "2024-07-01", 9.52, "month", 1)],
    ),
    "in_yen": (
        [("x1", "pro", "P1M", "2024-07-01", "2024-08-01", "1,500.00", {"currency": "jpy", "usd": "10"})],
        [("started", "2024-07-01", 1500, "month", 1)],
    ),
    "trials_twice": (
        [("y1", "pro", "P1M", "2024-03-01", "2024-03-08", "0", {"is_trial_period": "true"}),
         ("y2", "pro", "P1M", "2024-05-01", "2024-05-08", "0", {"is_trial_period": "true"}),
         ("y3", "pro", "P1M", "2024-05-08", "2024-05-15", "0", {"is_trial_period": "true"}),
         ("y4", "pro", "P1M", "2024-05-15", "2024-08-15", "10", {})],
        [("trial_started", "2024-03-01", None, "month", 1), ("expired", "2024-03-08"),
         ("trial_started", "2024-05-01", None, "month", 1), ("started", "2024-05-15", 10, "month", 1)],
    ),
}  # fmt: skip
# customers and MRR in USD at the end of each month, added up by hand
MONTHS = {
    # introductory 3, both prepaid 10, comes_back 10
    date(2024, 3, 1): (4, 33),
    # introductory 3, both prepaid 10, pauses_and_resumes 10, never_resumes 10
    date(2024, 4, 1): (5, 43),
    # as before with both pauses at 0; 10 each: trial_converts, unsubscribes_and_renews, changes_at_the_renewal,
    # pays_in_the_grace, never_pays, found_out_late, refunded_when_over, renews_a_day_late, renews_too_late,
    # trials_twice
    date(2024, 5, 1): (15, 123),
    # 10 each: trial_converts, unsubscribes_and_renews, pays_in_the_grace, pauses_and_resumes, is_paused (until the day
    # after), refunded_when_over, prepaid, renews_a_day_late, renews_too_late, introductory, no_duration, trials_twice,
    # free_again; upgrades_in_a_term 20, changes_at_the_renewal 8
    date(2024, 6, 1): (15, 158),
}
LOST = {
    "weekly_unsubscribes": ("2024-06-17", "voluntary"), "never_pays": ("2024-06-17", "involuntary"),
    "found_out_late": ("2024-06-01", "involuntary"), "never_resumes": ("2024-06-01", "unknown"),
    "refunded": ("2024-03-11", "voluntary"), "prepaid_is_over": ("2024-06-01", "unknown"),
    "comes_back": ("2024-04-01", "voluntary"), "renews_a_day_late": ("2024-07-19", "unknown"),
    "renews_too_late": ("2024-06-21", "unknown"),
}  # fmt: skip
EVENT = (
    "event_type, replace(strftime(occurred_at, '%Y-%m-%d %H:%M'), ' 00:00', ''), cast(amount as double), "
    "billing_interval, billing_interval_count, reason_code, cancelled_by"
)


def transaction(customer: str, given: tuple) -> dict[str, str]:
    """A row of the export, under RevenueCat's names."""
    number, product, duration, starts, ends, price, more = given
    row = {
        "rc_original_app_user_id": customer, "store_transaction_id": number,
        "original_store_transaction_id": f"s-{customer}",
        "product_identifier": product, "product_display_name": product.title(), "product_duration": duration,
        "start_time": starts, "end_time": ends, "effective_end_time": ends, "store": "play_store", "country": "de",
        "is_sandbox": "false", "is_trial_period": "false", "ownership_type": "PURCHASED", "renewal_number": "1",
        "purchase_price_in_purchased_currency": price, "price_in_purchased_currency": more.get("price", price),
        "purchase_price_in_usd": more.get("usd", price), "purchased_currency": more.get("currency", "USD"),
        "tax_percentage": "0", "first_seen_time": "2023-11-01", "updated_at": LAST_LOAD,
    }  # fmt: skip
    return {**row, **{name: value for name, value in more.items() if name not in ("price", "usd", "currency")}}


def by_hand_rows() -> list[dict[str, str]]:
    return [transaction(customer, row) for customer, (rows, _) in BY_HAND.items() for row in rows]


def write_csv(file: Path, rows: list[dict[str, str]]) -> Path:
    """As RevenueCat writes it: semicolons, packed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with gzip.open(file, "wt", encoding="utf-8", newline="") as packed:
        writer = csv.DictWriter(packed, names, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return file.parent


def run(place: Path, rows: list[dict[str, str]], currency: str = "USD") -> Report:
    source = write_csv(place / "source" / "transactions.csv.gz", rows)
    return write_landing("revenuecat", str(source), place / "landing", currency)


def landed(place: Path, table: str, columns: str, order: str = "all") -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{place}/landing/{table}/*.parquet' order by {order}").fetchall()


def events_of(place: Path, customer: str) -> list[tuple]:
    order = "occurred_at, event_id"
    every = landed(place, "subscription_events", f"customer_id, {EVENT}", order)
    return [event[1:] for event in every if event[0] == customer]


def full(event: tuple) -> tuple:
    return (*event, *[None] * (7 - len(event)))


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    place = tmp_path_factory.mktemp("revenuecat")
    return place, run(place, by_hand_rows()[::-1])


@pytest.mark.parametrize("customer", BY_HAND)
def test_the_events_of_each_situation(by_hand: tuple[Path, Report], customer: str) -> None:
    assert sorted(events_of(by_hand[0], customer), key=str) == sorted(map(full, BY_HAND[customer][1]), key=str)


# -- through the marts


@pytest.fixture(scope="module")
def marts(by_hand: tuple[Path, Report]) -> dict[str, list[dict]]:
    names = (
        "rpt_mrr_movements",
        "rpt_churn_rates",
        "fct_churn_events",
        "dim_subscriptions",
        "rpt_event_reconciliation",
    )
    with duckdb.connect() as connection:
        harness.build_on(connection, by_hand[0] / "landing", names, {})
        return {name: harness.rows(connection, f"marts.{name}") for name in names}


def test_months_and_losses_are_those_computed_by_hand(marts: dict[str, list[dict]]) -> None:
    def months(mart: str, value: str) -> dict[date, float]:
        rows = [row for row in marts[mart] if (row["period_grain"], row["segment_type"]) == ("month", "all")]
        return {row["period_start"]: round(float(row[value]), 6) for row in rows}

    customers, mrr = months("rpt_churn_rates", "customers_end"), months("rpt_mrr_movements", "mrr_end")
    assert {month: (customers[month], mrr[month]) for month in MONTHS} == MONTHS
    lost = {row["customer_id"]: (str(row["churned_at"])[:10], row["churn_type"]) for row in marts["fct_churn_events"]}
    assert lost == LOST and len(marts["fct_churn_events"]) == len(LOST)


def test_what_is_paid_in_another_currency_is_worth_what_the_export_says(marts: dict[str, list[dict]]) -> None:
    (yen,) = [float(row["mrr"]) for row in marts["dim_subscriptions"] if row["customer_id"] == "in_yen"]
    assert round(yen, 6) == 10


def test_every_day_is_that_of_a_twin(tmp_path: Path) -> None:
    """Terms drawn at random, and for each day what somebody would say who looks at the terms that began by then."""
    chance = random.Random(11)
    rows, terms, first = [], {}, date(2024, 1, 1)
    for number in range(60):
        day = first + timedelta(days=chance.randrange(60))
        for nth in range(chance.randrange(1, 7)):
            if day >= LOADED_ON:
                break
            lasts, price = chance.choice([7, 30, 90]), chance.choice([0, 3, 10])
            ends, more = day + timedelta(days=lasts), {}
            is_trial = nth == 0 and chance.random() < 0.3
            last = ends
            if is_trial:
                more["is_trial_period"] = "true"
            if chance.random() < 0.15:
                last = min(ends, LOADED_ON, day + timedelta(days=chance.randrange(20)))
                more |= {"refunded_at": str(last)}
            pause = last + timedelta(days=chance.randrange(1, 40)) if chance.random() < 0.15 and not is_trial else last
            if pause > last:
                more["auto_resume_time"] = str(pause)
            if last > day:
                terms.setdefault(f"c{number}", []).append((day, last, pause, is_trial, price * 365 / lasts / 12))
            given = (f"{number:02}-{nth}", "pro", f"P{lasts}D", str(day), str(ends), str(price), more)
            rows.append(transaction(f"c{number}", given))
            then = [last, pause, *(pause + timedelta(days=gap) for gap in (1, 2)), last - timedelta(days=1)]
            day = max(chance.choice(then), day + timedelta(days=1))
    chance.shuffle(rows)
    run(tmp_path, rows)
    with duckdb.connect() as connection:
        harness.build_on(connection, tmp_path / "landing", ["fct_subscription_periods"], {"as_of": str(LOADED_ON)})
        periods = harness.rows(connection, "marts.fct_subscription_periods")
    for customer, of_it in terms.items():
        for day in (first + timedelta(days=number) for number in range(199)):
            found = [
                (row["state"] in ("live", "paused"), round(float(row["mrr"] or 0), 2))
                for row in periods
                if row["customer_id"] == customer and row["valid_from"].date() <= day
                and (row["valid_to"] is None or day < row["valid_to"].date())
            ]  # fmt: skip
            assert (found or [(False, 0)]) == [_on(day, of_it)], (customer, day, of_it)


def _on(day: date, terms: list[tuple]) -> tuple[bool, float]:
    """Whether somebody with these terms is a customer on a day, and its MRR."""
    begun = [term for term in terms if term[0] <= day]
    later = [term for term in terms if term[0] > day]
    if not begun:
        return False, 0
    _, last, pause, is_trial, mrr = begun[-1]
    # a day more or less is no gap, and whose term ended less than a day before the last load may still renew
    is_awaited = (later[0][0] - pause).days <= 1 if later else (LOADED_ON - pause).days < 1
    is_there = day < pause or is_awaited
    if is_trial or not is_there:
        return False, 0
    is_paused = pause > last and day >= last
    return True, 0 if is_paused else round(mrr, 2)


# -- other tables


def test_refunds_are_those_of_invoices(by_hand: tuple[Path, Report]) -> None:
    columns = "invoice_id, status, cast(amount as double), cast(refunded_amount as double), subscription_id"
    invoices = {row[0]: row[1:] for row in landed(by_hand[0], "invoices", columns)}
    assert invoices["e1"] == ("refunded", 10, 6, "s-upgrades_in_a_term")
    assert invoices["m1"] == ("refunded", 120, 120, "s-refunded")
    assert invoices["w1"] == ("paid", 9.52, None, "s-with_tax")
    assert not invoices.keys() & {"a1", "b1", "y1", "z2"} and len(invoices) == len(by_hand_rows()) - 6


def test_customers_and_plans(by_hand: tuple[Path, Report]) -> None:
    customers = landed(by_hand[0], "customers", "customer_id, cast(created_at as date), country")
    assert customers == sorted((customer, date(2023, 11, 1), "DE") for customer in BY_HAND)
    assert landed(by_hand[0], "plans", "plan_id, plan_name") == [
        ("lite", "Lite"), ("max", "Max"), ("pass", "Pass"), ("prepaid", "Prepaid"), ("pro", "Pro"),
    ]  # fmt: skip


def test_rates_lead_to_the_currency_of_the_reports(tmp_path: Path) -> None:
    def bought(number: str, day: str, price: str, currency: str, usd: str) -> dict[str, str]:
        more = {"currency": currency, "usd": usd}
        return transaction("c", (number, "pro", "P1M", day, "2024-12-01", price, more))

    rows = [
        bought("1", "2024-05-01", "10", "GBP", "12.5"), bought("2", "2024-06-01", "10", "EUR", "11"),
        bought("3", "2024-06-01", "0.01", "EUR", "0.02"), bought("4", "2024-07-01", "20", "gbp", "25.3"),
    ]  # fmt: skip
    rates = "cast(rate_date as varchar), currency, round(cast(rate_to_reporting as double), 6)"
    run(tmp_path, rows)
    assert landed(tmp_path, "exchange_rates", rates) == [
        ("2024-05-01", "GBP", 1.25), ("2024-06-01", "EUR", 1.1), ("2024-07-01", "GBP", 1.265),
    ]  # fmt: skip
    run(tmp_path, rows, "eur")
    assert landed(tmp_path, "exchange_rates", rates) == [
        ("2024-06-01", "USD", 0.909091), ("2024-07-01", "GBP", 1.15), ("2024-07-01", "USD", 0.909091),
    ]  # fmt: skip


# -- what is wrong with the rows


def test_every_row_is_used_or_set_aside(tmp_path: Path) -> None:
    def odd(number: str, **more: str) -> dict[str, str]:
        row = transaction(
            f"of-{number}", (number, "pro", "P1M", "2024-05-01T02:00:00+02:00", "1717200000000", "1,010.50", {})
        )
        return {**row, **more}

    rows = [
        odd("1"), odd("1", price_in_purchased_currency="9", updated_at="2024-07-01"), odd("2", is_sandbox="t"),
        odd("3", store="PROMOTIONAL"), odd("4", ownership_type="family_shared"),
        odd("5", effective_end_time="", end_time=""),
        odd("6", start_time="31/05/2024"), odd("7", effective_end_time="2024-04-01"),
        odd("8", purchase_price_in_purchased_currency="ten"), odd("9", purchase_price_in_purchased_currency="-1"),
        odd("10", purchase_price_in_purchased_currency="", price_in_purchased_currency=""), odd(""),
        odd("12", rc_original_app_user_id=""), odd("13", store="a_new_store"), odd("14", effective_end_time="soon"),
        odd("16", refunded_at="2024-05-01"),
        odd("15", is_trial_period="t", purchase_price_in_purchased_currency="", price_in_purchased_currency=""),
    ]  # fmt: skip
    report = run(tmp_path, rows)
    assert report.read == {"transactions": 17}
    assert {reason: count for (_, reason), count in report.set_aside.items()} == {
        "sent twice": 1, "a test (sandbox)": 1, "given and not sold": 1, "shared by a family member who pays": 1,
        "not a subscription (it has no end)": 1, "a time that is none": 2, "an end before its start": 1,
        "given back as it began": 1,
        "an amount that is none": 3, "no store_transaction_id": 1, "no rc_original_app_user_id": 1,
    }  # fmt: skip
    assert events_of(tmp_path, "of-1") == [
        ("started", "2024-05-01", 1010.5, "month", 1, None, None), ("expired", "2024-06-01", *[None] * 5),
    ]  # fmt: skip
    assert len(events_of(tmp_path, "of-13")) == 2 and events_of(tmp_path, "of-15")[0][0] == "trial_started"


def test_what_was_taken_back_between_two_exports_is_known_from_both(tmp_path: Path) -> None:
    def version(number: str, seen: str, **more: str) -> dict[str, str]:
        row = transaction(f"of-{number}", (number, "pro", "P1Y", "2024-05-01", "2025-05-01", "120", {}))
        return {**row, "updated_at": seen, **more}

    run(
        tmp_path,
        [
            version("1", "2024-06-01", unsubscribe_detected_at="2024-05-20"),
            version("1", "2024-06-02", unsubscribe_detected_at="2024-05-20"),
            version("1", "2024-06-05"),
            version("1", "2024-06-05"),
            version("1", "2024-06-20", unsubscribe_detected_at="2024-06-18"),
            version("2", "2024-06-01", billing_issues_detected_at="2024-05-25"),
            version("2", "2024-06-03"),
        ],
    )
    started = ("started", "2024-05-01", 120, "year", 1, None, None)
    assert events_of(tmp_path, "of-1") == [
        started, full(("cancel_requested", "2024-05-20")), full(("renewed", "2024-06-05")),
        full(("cancel_requested", "2024-06-18")),
    ]  # fmt: skip
    assert events_of(tmp_path, "of-2") == [
        started, full(("payment_failed", "2024-05-25")), full(("payment_recovered", "2024-06-03")),
    ]  # fmt: skip


def test_a_term_that_ends_after_the_last_load_is_no_loss_yet(tmp_path: Path) -> None:
    row = transaction("c", ("1", "pro", "P1M", "2024-06-01", "2024-07-01", "10", {}))
    for seen, ends in (("2024-06-02", 0), ("2024-07-01 23:59:59", 0), ("2024-07-02", 1), ("2999-01-01", 0)):
        run(tmp_path, [{**row, "updated_at": seen}])
        assert len(events_of(tmp_path, "c")) == 1 + ends, seen


def test_a_subscription_belongs_to_whom_it_was_transferred_to(tmp_path: Path) -> None:
    before = transaction("old", ("1", "pro", "P1M", "2024-05-01", "2024-06-01", "10", {}))
    after = transaction("new", ("2", "pro", "P1M", "2024-06-01", "2025-06-01", "10", {}))
    run(tmp_path, [before, {**after, "original_store_transaction_id": "s-old"}])
    assert [event[0] for event in events_of(tmp_path, "new")] == ["started", "renewed"]
    assert [row[0] for row in landed(tmp_path, "customers", "customer_id")] == ["new"]


def test_what_an_export_lacks_is_said(by_hand: tuple[Path, Report], tmp_path: Path) -> None:
    assert by_hand[1].warnings == []
    row = transaction("c", ("2", "pro", "P1M", "2024-06-01", "2024-07-01", "0", {"refunded_at": "2024-06-10"}))
    lacking = ("tax_percentage", "purchase_price_in_purchased_currency")
    later = {name: value for name, value in row.items() if name not in lacking} | {"renewal_number": "7"}
    report = run(tmp_path, [later])
    assert [warning.split(":")[0] for warning in report.warnings] == [
        "no row has a tax_percentage",
        "1 subscriptions begin with a later renewal",
        "1 refunded terms have no price of their purchase",
    ]
    assert events_of(tmp_path, "c")[0] == ("started", "2024-06-01", None, "month", 1, None, None)


def test_lines_of_json_give_the_same(by_hand: tuple[Path, Report], tmp_path: Path) -> None:
    lines = [json.dumps({name: value or None for name, value in row.items()}) for row in by_hand_rows()]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "Transactions.jsonl").write_text("\n".join(lines))
    write_landing("revenuecat", str(tmp_path / "source"), tmp_path / "landing", "USD")
    expected, found = (landed(place, "subscription_events", "*") for place in (by_hand[0], tmp_path))
    assert found == expected and len(found) == sum(len(events) for _, events in BY_HAND.values())


def test_the_files_of_many_days_become_one_table(
    by_hand: tuple[Path, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = by_hand_rows()
    write_csv(tmp_path / "source" / "2024-07-19" / "transactions_1.csv.gz", rows[:20])
    write_csv(tmp_path / "source" / "2024-07-20" / "transactions_2.csv.gz", rows[20:])
    monkeypatch.chdir(tmp_path / "source")
    (sql,) = re.findall(r"```sql\n(.*?)```", (CONNECTORS / "revenuecat" / "README.md").read_text(), re.DOTALL)
    duckdb.sql(sql)
    write_landing("revenuecat", ".", tmp_path / "landing", "USD")
    expected, found = (landed(place, "subscription_events", "*") for place in (by_hand[0], tmp_path))
    assert found == expected
