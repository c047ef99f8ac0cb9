"""Health, its calibration and its parts against a plain-Python twin, on businesses drawn by chance."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache

import cohort_oracle
import harness
import health_oracle
import oracle
import pytest
from test_against_oracle import CHURN_REASONS, assert_same
from test_feedback import raw_rows, text

DAY = timedelta(days=1)
FIRST, DAYS, MONTHS = datetime(2023, 2, 1), 480, 13
CUSTOMERS = 60
KEY = ["customer_id", "scored_on"]
MODELS = {
    "int_customer_features": KEY,
    "fct_customer_health": KEY,
    "rpt_health_calibration": ["scored_on", "health_band", "horizon_days"],
    "rpt_health_parts": ["part", "horizon_days"],
}
BUILT = [*MODELS, "int_health_outcomes", "fct_customer_signals"]
CASES = {
    "on_a_leap_day": {"as_of": datetime(2024, 2, 29, 12)},
    "new_york_at_a_month_end": {"as_of": datetime(2024, 4, 1, 3, 30), "reporting_timezone": "America/New_York"},
    "without_optional_tables": {"as_of": datetime(2024, 3, 15)},
}
KINDS = (
    "changed", "renewed", "payment_failed", "payment_failed", "payment_recovered", "cancelled", "reactivated",
)  # fmt: skip
OPTIONAL = (
    "plans", "product_usage", "support_tickets", "survey_responses", "campaign_contacts", "onboarding_milestones",
)  # fmt: skip


def seed_rows(name: str) -> list[dict[str, str]]:
    with (harness.PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def drawn(seed: int) -> dict[str, list[dict]]:
    """A business whose times lie whole days apart around midnights of both zones; typed rows by table."""
    rng = random.Random(seed)

    def moment(least: int = 0) -> datetime:
        return FIRST + rng.randint(least, DAYS) * DAY + timedelta(hours=rng.choice((0, 4, 5, 23)))

    def later(time: datetime, *days: float | None) -> datetime | None:
        chosen = rng.choice(days)
        return None if chosen is None else time + chosen * DAY

    tables: dict[str, list[dict]] = defaultdict(list)
    tables["plans"] = [{"plan_id": "basic", "seat_limit": 5}, {"plan_id": "pro", "seat_limit": None}]
    tables["exchange_rates"] = []
    for number in range(CUSTOMERS):
        customer_id = f"c{number}"
        tables["customers"].append({"customer_id": customer_id, "created_at": FIRST})
        for part in range(rng.choice((1, 1, 2))):
            kinds = ["started", *rng.choices(KINDS, k=rng.choice((0, 3, 8)))]
            for kind, day in zip(kinds, sorted(rng.sample(range(DAYS), len(kinds))), strict=True):
                gives = kind in ("started", "changed", "renewed", "reactivated")
                tables["subscription_events"].append(
                    {
                        "event_id": f"e{len(tables['subscription_events']):04d}",
                        "customer_id": customer_id,
                        "subscription_id": f"s{number}-{part}",
                        "event_type": kind,
                        "occurred_at": FIRST + day * DAY + timedelta(hours=rng.choice((0, 4, 5, 23)), minutes=part),
                        "plan_id": rng.choice(("basic", "pro", None)) if gives else None,
                        "amount": rng.choice((10, 20, None)) if gives else None,
                        "quantity": rng.choice((None, None, 3, 8)) if gives else None,
                    }
                )
        for _ in range(rng.choice((0, 3, 9))):
            kind, sent = rng.choice(("nps", "nps", "csat", "ces")), moment(40)
            answered = later(sent, None, 0, 1, 13, 14, 15, 40)
            least, most = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[kind]
            tables["survey_responses"].append(
                {
                    "response_id": f"r{len(tables['survey_responses']):04d}",
                    "survey_type": kind,
                    "customer_id": rng.choice((customer_id, customer_id, None)),
                    "sent_at": None if answered and rng.random() < 0.1 else sent,
                    "responded_at": answered,
                    "score": rng.choice((rng.randint(least, most), least, None)) if answered else None,
                    "subject": rng.choice((None, None, None, "rival")),
                }
            )
        for _ in range(rng.choice((0, 2, 12))):
            sent = moment(90)
            tables["campaign_contacts"].append(
                {
                    "contact_id": f"k{len(tables['campaign_contacts']):04d}",
                    "customer_id": customer_id,
                    "campaign": "spring",
                    "contacted_at": sent,
                    "opened_at": later(sent, None, None, None, 0, 6),
                    "channel": rng.choice(("mail", "mail", "push", "call")),
                    "is_control": rng.choice((False, False, True)),
                }
            )
        for _ in range(rng.choice((0, 3, 9))):
            opened = moment(60)
            closed = later(opened, None, 2, 4, 5, 6, 30)
            tables["support_tickets"].append(
                {
                    "ticket_id": f"t{len(tables['support_tickets']):04d}",
                    "customer_id": customer_id,
                    "opened_at": opened,
                    "closed_at": closed,
                    "reopened_at": closed and later(closed, None, None, -1, 0, 3),
                }
            )
        for milestone in rng.sample(("import", "invite", "report"), rng.choice((0, 2, 3))):
            due = rng.choice((None, moment()))
            tables["onboarding_milestones"].append(
                {
                    "customer_id": customer_id,
                    "milestone": milestone,
                    "due_at": due,
                    "reached_at": rng.choice((None, moment(), due)),
                    "loaded_at": FIRST,
                }
            )
        for day in rng.sample(range(20, DAYS), rng.choice((0, 4, 60, 150))):
            # features and seats are named and counted later than use
            tables["product_usage"].append(
                {
                    "customer_id": customer_id,
                    "used_on": (FIRST + day * DAY).date(),
                    "feature": rng.choice((None, "tasks", "boards", "reports", "maps")) if day > 100 else None,
                    "usage_count": rng.choice((0, 1, 2)),
                    "active_seats": rng.choice((None, 1, 4)) if day > 150 else None,
                }
            )
    return dict(tables)


def tables_of(seed: int, case: str) -> dict[str, list[dict]]:
    tables = drawn(seed)
    left_out = OPTIONAL if case == "without_optional_tables" else ()
    return {name: rows for name, rows in tables.items() if name not in left_out}


@cache
def built(seed: int, case: str) -> dict[str, list[dict]]:
    options = {name: text(value) for name, value in CASES[case].items()}
    tables = {name: raw_rows(rows) for name, rows in tables_of(seed, case).items()}
    return harness.build(tables, BUILT, **options)


def business(seed: int, case: str) -> health_oracle.Business:
    tables, options = tables_of(seed, case), CASES[case]
    raw = {name: raw_rows(tables[name]) for name in ("subscription_events", "customers", "exchange_rates")}
    customers, as_of = cohort_oracle.replayed(raw, CHURN_REASONS, oracle.Settings(**options))
    return health_oracle.Business(
        tables=tables,
        customers=customers,
        signals=built(seed, case)["fct_customer_signals"],
        tiers={row["feature"]: row["tier"] for row in seed_rows("product_features")},
        cadences=[
            {"stage": row["stage"], **{name: int(row[name]) for name in ("from_tenure_days", "cadence_days")}}
            for row in seed_rows("contact_cadences")
        ],
        as_of=as_of,
        timezone=options.get("reporting_timezone", "UTC"),
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_the_twins(seed: int, case: str) -> None:
    theirs = business(seed, case)
    today = theirs.day(theirs.as_of)
    found = list(health_oracle.scored(theirs, MONTHS))
    known = [health_oracle.features(theirs, customer, day, moment) for customer, day, moment in found]
    for row, (_, _, moment) in zip(known, found, strict=True):
        row["mrr"] = moment.mrr
    lost = {(customer.customer_id, day): health_oracle.lost_on(customer, day) for customer, day, _ in found}
    parts = {
        row["part"]: tuple(float(row[name]) for name in ("weight", "worst", "best"))
        for row in seed_rows("health_parts")
    }
    bands = {row["band"]: float(row["from_score"]) for row in seed_rows("health_bands")}
    rows = [health_oracle.health(row, parts, bands) for row in known]
    health_oracle.compared(rows, health_oracle.score_dates(today, MONTHS))
    ours = built(seed, case)
    wanted = {
        "int_customer_features": known,
        "fct_customer_health": rows,
        "rpt_health_calibration": list(health_oracle.calibration(rows, lost, today)),
        "rpt_health_parts": list(health_oracle.parts_report(rows, lost, today)),
    }
    for model, key in MODELS.items():
        assert_same(model, key, ours[model], wanted[model])
    assert {(row["customer_id"], row["scored_on"]): row["lost_on"] for row in ours["int_health_outcomes"]} == lost
    assert len(found) > 100
    assert any(lost.values())


def test_what_is_not_landed_is_left_out_and_the_rest_counts_for_more() -> None:
    everything = built(1, "on_a_leap_day")["fct_customer_health"]
    little = built(1, "without_optional_tables")["fct_customer_health"]
    weights = {
        row["part"]: int(row["weight"])
        for row in csv.DictReader((harness.PROJECT / "seeds" / "health_parts.csv").open())
    }
    known = (weights["payment_trouble"] + weights["tenure"]) / sum(weights.values())
    assert max(row["weight_known"] for row in little) == pytest.approx(known)
    assert {row["health_score"] is None for row in little} == {False}
    assert max(row["weight_known"] for row in everything) > 0.9
    assert {row["missing_parts"] for row in everything} >= {None}


def test_what_comes_later_moves_no_score_of_before() -> None:
    """What is built at an earlier as_of is the same at its month ends when it is built later, with more rows."""

    def scores(as_of: datetime, tables: dict[str, list[dict]]) -> dict[tuple, dict]:
        landed = {name: raw_rows(rows) for name, rows in tables.items()}
        rows = harness.build(landed, ["fct_customer_health"], as_of=text(as_of))["fct_customer_health"]
        return {(row["customer_id"], row["scored_on"]): row for row in rows}

    tables = drawn(3)
    earlier, later = datetime(2023, 12, 1, 12), datetime(2024, 3, 20)
    until = {  # as it had landed then
        name: [row for row in rows if first_time(row) is None or first_time(row) <= str(earlier)]
        for name, rows in tables.items()
    }
    before, after = scores(earlier, until), scores(later, tables)
    shared = {key for key in before.keys() & after.keys() if key[1] < earlier.date()}
    assert len(shared) > 100
    assert {day for _, day in shared} == set(health_oracle.score_dates(date(2023, 12, 1), 10)[:-1])
    first = min(day for _, day in shared)  # its score before is not there any more
    for key in shared:
        compared = set(before[key]) - ({"previous_health_score", "health_score_change"} if key[1] == first else set())
        assert {name: before[key][name] for name in compared} == {name: after[key][name] for name in compared}, key


def first_time(row: dict) -> str | None:
    """When a row came to be, of a table of events."""
    times = ("occurred_at", "sent_at", "responded_at", "contacted_at", "opened_at", "used_on")
    return next((str(row[name]) for name in times if row.get(name)), None)


def test_a_customer_with_nothing_but_a_start_has_a_score_where_others_have_more() -> None:
    """In a business that records all of it, a customer of whom nothing is recorded does nothing."""
    tables = {name: list(rows) for name, rows in drawn(1).items()}
    start = {"event_id": "e9999", "customer_id": "bare", "subscription_id": "bare", "event_type": "started"}
    tables["subscription_events"].append({**start, "occurred_at": datetime(2023, 2, 1, 12)})
    landed = {name: raw_rows(rows) for name, rows in tables.items()}
    rows = harness.build(landed, ["fct_customer_health"], as_of="2024-02-29 12:00:00")["fct_customer_health"]
    (row,) = (row for row in rows if row["customer_id"] == "bare" and row["scored_on"] == date(2024, 2, 29))
    assert row["login_recency"] == row["tenure"] == 393
    assert [row[part] for part in ("login_frequency", "core_features", "open_tickets", "payment_trouble")] == [0] * 4
    assert row["missing_parts"] == "usage_trend, seats_in_use, latest_nps, latest_csat, onboarding"


def test_a_business_without_customers_has_no_scores() -> None:
    marts = [model for model in MODELS if not model.startswith("int_")]
    built = harness.build({"subscription_events": [], "customers": []}, marts)
    assert {mart: len(rows) for mart, rows in built.items()} == dict.fromkeys(marts, 0)
