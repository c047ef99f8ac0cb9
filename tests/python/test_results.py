"""Campaigns, win-back, plays and triggers against a plain-Python twin, on businesses drawn by chance."""

from __future__ import annotations

import csv
import math
import random
import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from itertools import zip_longest
from pathlib import Path
from types import SimpleNamespace

import duckdb
import harness
import oracle
import pytest
import results_oracle
from results_oracle import DAY, Business, Stay

from warehouse.demo_business.subscriptions import RETURNS_AFTER_WINBACK_DAY, WINBACK_LIFT

FIRST, DAYS = datetime(2023, 12, 1), 420
CUSTOMERS = 140
MARTS = [
    "rpt_campaign_results", "rpt_winback_results", "sync_winback_queue", "rpt_second_spells", "rpt_play_results",
    "rpt_trigger_review",
]  # fmt: skip
ALSO = ["int_tasks", "int_health_scores", "int_play_outcomes", "int_periods"]
KEYS = {
    "rpt_campaign_results": ["campaign", "trigger_code", "channel", "segment_type", "segment_value"],
    "rpt_winback_results": ["winback_day", "horizon_days", "reason_category", "value_band", "churn_type"],
    "sync_winback_queue": ["customer_id"],
    "rpt_second_spells": ["spell", "first_churn_type", "tenure_days"],
    "rpt_play_results": ["trigger_code", "metric"],
    "rpt_trigger_review": ["period_start", "trigger_code"],
}
SEEDS = ("playbook", "play_metrics", "segment_bands", "churn_reasons", "winback_offers", "thresholds")
OPTIONS = {
    "in_between": {"as_of": datetime(2024, 8, 30, 12), "reporting_timezone": "UTC"},
    "berlin_at_the_end": {"as_of": FIRST + DAYS * DAY, "reporting_timezone": "Europe/Berlin"},
}
TRIGGERS = (
    "winback_30", "winback_30", "winback_60", "winback_90", "low_nps", "no_login_10_days", "payment_failed",
    "onboarding_missed", "repeated_tickets", "ticket_open_5_days", "silent_churn", "survey_silence", "inactive_14_days",
    "orders_falling", "low_health",
    "rain", None,
)  # fmt: skip
REASONS = ("competitor", "too_expensive", "failed_onboarding", "card_expired", "deceased", "aliens", None, None, None)


def seed_rows(name: str) -> list[dict]:
    with (harness.PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Drawn:
    """A business whose times lie whole days apart, so that they meet every bound; rows by table, and what they mean."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.tables: dict[str, list[dict]] = defaultdict(list)
        self.ends: dict[tuple[str, datetime], dict] = {}
        for number in range(CUSTOMERS):
            self.draw(f"c{number:03d}")

    def moment(self) -> datetime:
        return FIRST + self.rng.randint(0, DAYS) * DAY + timedelta(hours=self.rng.choice((0, 0, 0, 9)))

    def later(self, time: datetime | None, *days: float | None) -> datetime | None:
        chosen = self.rng.choice(days)
        return None if chosen is None or time is None else time + chosen * DAY

    def add(self, table: str, **row: object) -> None:
        self.tables[table].append(row)

    def draw(self, customer_id: str) -> None:
        rng, choice = self.rng, self.rng.choice
        self.add(
            "customers",
            customer_id=customer_id,
            customer_segment=choice(("smb", "smb", None)),
            owner=choice(("Ines", None)),
        )
        life = sorted(rng.sample(range(DAYS), choice((0, 1, 2, 2, 3, 4, 4))))
        # many come back soon, at and just after a win-back day too
        for turn in range(2, len(life), 2):
            if rng.random() < 0.7:
                bounds = [day - 1 for day in life[turn + 1 :]] + [DAYS]
                life[turn] = min(life[turn - 1] + choice((29, 30, 31, 45, 60, 61, 75, 90, 91, 120)), *bounds)
        moments = [FIRST + day * DAY for day in life]
        for turn, (at, end) in enumerate(zip_longest(moments, moments[1:])):
            if turn % 2 == 0:
                self.stay(customer_id, turn, at, end)
            else:
                self.win_back(customer_id, at)
        for _ in range(choice((0, 4, 9))):
            self.contact(customer_id, self.moment(), choice(TRIGGERS))
        for _ in range(choice((0, 3, 8))):
            kind = choice(("nps", "nps", "csat"))
            at = self.moment()
            self.add(
                "survey_responses", response_id=f"r{len(self.tables['survey_responses']):05d}", survey_type=kind,
                customer_id=customer_id, sent_at=at, responded_at=at, touchpoint=choice((None, None, "support")),
                score=rng.randint(0, 10) if kind == "nps" else rng.randint(1, 5),
            )  # fmt: skip
        for _ in range(choice((0, 2, 5))):
            opened = self.moment()
            closed = self.later(opened, None, 1, 6, 19, 20, 21)
            self.add(
                "support_tickets", ticket_id=f"t{len(self.tables['support_tickets']):05d}", customer_id=customer_id,
                opened_at=opened, closed_at=closed, reopened_at=self.later(closed, None, None, 0, 5, 14),
            )  # fmt: skip
        for milestone in rng.sample(("import", "invite", "report"), choice((0, 1, 3))):
            due = choice((None, self.moment(), self.moment()))
            reached = self.later(due, None, -1, 0, 5, 33, 34)
            self.add(
                "onboarding_milestones", customer_id=customer_id, milestone=milestone, due_at=due, reached_at=reached,
                loaded_at=FIRST,
            )  # fmt: skip
        for day in rng.sample(range(DAYS), choice((0, 4, 30))):
            self.add(
                "product_usage",
                customer_id=customer_id,
                used_on=(FIRST + day * DAY).date(),
                usage_count=choice((0, 1, 1)),
            )
        for _ in range(choice((0, 1, 3))):
            at, amount = self.moment(), rng.randint(1, 300)
            self.add(
                "orders",
                order_id=f"o{len(self.tables['orders']):05d}",
                customer_id=customer_id,
                ordered_at=at,
                amount=amount,
                refunded_amount=choice((None, 5)),
            )
        for _ in range(choice((0, 2, 6))):
            issued = self.moment()
            self.add(
                "invoices", invoice_id=f"i{len(self.tables['invoices']):05d}", customer_id=customer_id,
                issued_at=issued, paid_at=issued, status="paid", amount=rng.randint(1, 90), refunded_amount=None,
            )  # fmt: skip

    def event(self, customer_id: str, event_type: str, at: datetime, **more: object) -> None:
        self.add(
            "subscription_events", event_id=f"e{len(self.tables['subscription_events']):05d}", customer_id=customer_id,
            subscription_id=f"s-{customer_id}", event_type=event_type, occurred_at=at, **more,
        )  # fmt: skip

    def stay(self, customer_id: str, turn: int, begin: datetime, end: datetime | None) -> None:
        rng, choice = self.rng, self.rng.choice
        self.event(customer_id, "reactivated" if turn else "started", begin, amount=choice((0, 10, 49, 50, 250, 1000)))
        # apart from each other, and by another hour than the end
        for day in sorted(rng.sample(range(1, 120), choice((0, 1, 3)))):
            at = begin + day * DAY + timedelta(hours=3)
            if end is None or at < end:
                self.event(customer_id, "changed", at, amount=choice((10, 49, 50, 60, 999)))
        if rng.random() < 0.4:
            failed = begin + choice((2, 10, 40)) * DAY + timedelta(hours=5)
            paid = self.later(failed, None, 1, 29, 30, 31)
            if end is None or failed < end:
                self.event(customer_id, "payment_failed", failed)
                if paid and (end is None or paid < end):
                    self.event(customer_id, "payment_recovered", paid)
        if end is not None:
            why = {"reason_code": choice(REASONS), "cancelled_by": choice(("customer", "system", None))}
            self.event(customer_id, "cancelled", end, **why)

    def win_back(self, customer_id: str, lost_at: datetime) -> None:
        is_control = self.rng.random() < 0.4
        for days in (30, 60, 90):
            if self.rng.random() < 0.6:
                at = lost_at + days * DAY + timedelta(hours=self.rng.choice((-1, 0, 2)))
                self.contact(customer_id, at, f"winback_{days}", is_control)

    def contact(self, customer_id: str, at: datetime, trigger_code: str | None, is_control: bool | None = None) -> None:
        choice = self.rng.choice
        self.add(
            "campaign_contacts", contact_id=f"k{len(self.tables['campaign_contacts']):05d}", customer_id=customer_id,
            campaign=choice(("spring", "spring", "loop")), trigger_code=trigger_code, contacted_at=at,
            opened_at=self.later(at, None, 0, 2), clicked_at=self.later(at, None, 6, 7, 8),
            replied_at=self.later(at, None, None, 3), channel=choice(("mail", "push", "sms", "call", None)),
            is_control=choice((False, False, True)) if is_control is None else is_control,
        )  # fmt: skip


@cache
def drawn(seed: int) -> dict[str, list[dict]]:
    return dict(Drawn(seed).tables)


def text(value: object) -> str:
    return "" if value is None else value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)


@cache
def built(seed: int, option: str) -> dict[str, list[dict]]:
    tables = {
        name: [{column: text(value) for column, value in row.items()} for row in rows]
        for name, rows in drawn(seed).items()
    }
    return made(tables, {**OPTIONS[option], "as_of": text(OPTIONS[option]["as_of"])})


def made(tables: dict, options: dict) -> dict[str, list[dict]]:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        harness.write_landing(Path(folder), tables)
        harness.build_on(connection, Path(folder), [*MARTS, *ALSO], options)
        found = {mart: harness.rows(connection, f"marts.{mart}") for mart in MARTS}
        return found | {model: harness.rows(connection, f"intermediate.{model}") for model in ALSO}


def stays_of(tables: dict, as_of: datetime) -> tuple[dict[str, list[Stay]], dict[str, list[tuple]]]:
    """Times as a customer and payment failures, from the events of customers with one subscription each."""
    stays: dict[str, list[Stay]] = defaultdict(list)
    failures: dict[str, list[tuple]] = defaultdict(list)
    reasons = {row["reason_code"]: row["churn_type"] for row in seed_rows("churn_reasons")}
    events = sorted(tables["subscription_events"], key=lambda row: row["occurred_at"])
    for event in (row for row in events if row["occurred_at"] <= as_of):
        customer_id, at, kind = event["customer_id"], event["occurred_at"], event["event_type"]
        own, open_failure = stays[customer_id], (failures[customer_id] or [(None, at, "")])[-1]
        is_open = open_failure[1] is None
        if kind in ("started", "reactivated"):
            own.append(Stay(at, [(at, float(event["amount"]))]))
        elif kind == "changed":
            own[-1].mrr.append((at, float(event["amount"])))
        elif kind == "payment_failed":
            failures[customer_id].append((at, None, "open"))
        elif kind == "payment_recovered":
            failures[customer_id][-1] = (open_failure[0], at, "recovered")
        else:
            own[-1].ended_at, own[-1].reason_code = at, event["reason_code"]
            by_failure = is_open and open_failure[0] >= at - 60 * DAY
            by_who = {"customer": "voluntary", "system": "involuntary", None: "unknown"}[event["cancelled_by"]]
            own[-1].churn_type = reasons.get(event["reason_code"]) or ("involuntary" if by_failure else by_who)
            if is_open:
                failures[customer_id][-1] = (open_failure[0], at, "lost")
    return dict(stays), dict(failures)


@cache
def business(seed: int, option: str) -> Business:
    """As the twin reads it: only what had happened by as_of."""
    as_of, zone = OPTIONS[option]["as_of"], OPTIONS[option]["reporting_timezone"]
    tables = drawn(seed)
    ours = built(seed, option)

    def seen(name: str, time: str) -> list[dict]:
        rows = [row for row in tables[name] if row[time] is None or row[time] <= as_of]
        return [
            {key: None if isinstance(value, datetime) and value > as_of else value for key, value in row.items()}
            for row in rows
        ]

    stays, failures = stays_of(tables, as_of)
    used = defaultdict(set)
    for row in tables["product_usage"]:
        if row["usage_count"] > 0 and row["used_on"] <= oracle.local_date_of(as_of, zone):
            used[row["customer_id"]].add(row["used_on"])
    paid = [(row["customer_id"], row["paid_at"], row["amount"]) for row in tables["invoices"]]
    paid += [
        (row["customer_id"], row["ordered_at"], row["amount"] - (row["refunded_amount"] or 0))
        for row in tables["orders"]
    ]
    contacts = [
        row | ({"opened_at": None, "clicked_at": None, "replied_at": None} if row["is_control"] else {})
        for row in seen("campaign_contacts", "contacted_at")
    ]
    scores = defaultdict(dict)
    for row in ours["int_health_scores"]:
        if row["health_score"] is not None:
            scores[row["customer_id"]][row["scored_on"]] = row["health_score"]
    return Business(
        as_of=as_of,
        zone=zone,
        stays=stays,
        customers={row["customer_id"]: row for row in tables["customers"]},
        contacts=contacts,
        surveys=[
            row | {"touchpoint": "transactional" if row["touchpoint"] else "relational"}
            for row in seen("survey_responses", "responded_at")
        ],
        tickets=seen("support_tickets", "opened_at"),
        milestones=seen("onboarding_milestones", "loaded_at"),
        receipts=[
            {"customer_id": one, "received_at": at, "received": amount} for one, at, amount in paid if at <= as_of
        ],
        orders=seen("orders", "ordered_at"),
        used=used,
        failures=failures,
        seeds={
            name: [{column: value or None for column, value in row.items()} for row in seed_rows(name)]
            for name in SEEDS
        },
        tasks=ours["int_tasks"],
        scores=scores,
    )


cases = pytest.mark.parametrize("option", OPTIONS)
seeds = pytest.mark.parametrize("seed", [1, 2])


def assert_same(mart: str, ours: list[dict], theirs: list[dict]) -> None:
    key = KEYS[mart]
    by_key = {tuple(row[column] for column in key): row for row in ours}
    wanted = {tuple(row[column] for column in key): row for row in theirs}
    assert len(by_key) == len(ours) and by_key.keys() == wanted.keys(), sorted(map(str, by_key.keys() ^ wanted.keys()))[
        :5
    ]
    for row_key, want in wanted.items():
        for column, value in want.items():
            have = by_key[row_key][column]
            tolerance = 1e-9
            if want.get("unit") == "points" and column.startswith("effect_") and value is not None:
                # the quantile of Student's t is an expansion, right to a thousandth
                tolerance = 2e-3 * abs(value - want["effect"])
            if isinstance(value, (int, float)) and not isinstance(value, bool) and have is not None:
                same = math.isclose(have, value, rel_tol=1e-9, abs_tol=tolerance)
            else:
                same = have == value
            assert same, f"{mart} {row_key} {column}: {have!r}, twin {value!r}"


@seeds
@cases
def test_campaigns_are_the_twins(seed: int, option: str) -> None:
    ours = [
        row for row in built(seed, option)["rpt_campaign_results"] if row["segment_type"] in ("all", "customer_segment")
    ]
    assert_same("rpt_campaign_results", ours, results_oracle.campaign_results(business(seed, option)))
    assert any(row["controls_contacted"] for row in ours) and any(row["lift"] for row in ours)


@seeds
@cases
def test_win_back_is_the_twins(seed: int, option: str) -> None:
    found, known = built(seed, option), business(seed, option)
    assert_same("rpt_winback_results", found["rpt_winback_results"], results_oracle.winback_results(known))
    assert_same("sync_winback_queue", found["sync_winback_queue"], results_oracle.winback_queue(known))
    assert_same("rpt_second_spells", found["rpt_second_spells"], results_oracle.second_spells(known))
    assert any(row["returned_controls"] and row["returned_contacted"] for row in found["rpt_winback_results"])


@seeds
@cases
def test_plays_are_the_twins(seed: int, option: str) -> None:
    ours = built(seed, option)["rpt_play_results"]
    assert_same("rpt_play_results", ours, results_oracle.play_results(business(seed, option)))
    assert {row["method"] for row in ours} >= {"matched", "none"}


@seeds
@cases
def test_triggers_are_the_twins(seed: int, option: str) -> None:
    found = built(seed, option)
    quarters = sorted(
        {(row["period_start"], row["period_end"]) for row in found["int_periods"] if row["period_grain"] == "quarter"}
    )
    assert_same(
        "rpt_trigger_review",
        found["rpt_trigger_review"],
        results_oracle.trigger_review(business(seed, option), quarters),
    )


@seeds
def test_nothing_that_comes_later_changes_what_came_of_a_contact(seed: int) -> None:
    """In UTC at two moments: an outcome once known stays what it is, and is there as long as the contact is."""
    tables = {
        name: [{column: text(value) for column, value in row.items()} for row in rows]
        for name, rows in drawn(seed).items()
    }

    def contacts(as_of: str) -> dict[str, tuple]:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
            harness.write_landing(Path(folder), tables)
            harness.build_on(connection, Path(folder), ["int_contact_outcomes"], {"as_of": as_of})
            rows = harness.rows(connection, "intermediate.int_contact_outcomes")
        columns = ("is_over", "value", "mrr_gained", "received", "is_control")
        # month ends of the last months only: an old score is not worked out again
        return {row["contact_id"]: tuple(row[column] for column in columns) for row in rows if row["is_over"]}

    then, now = contacts("2024-08-30 12:00:00"), contacts("2025-01-20 00:00:00")
    assert len(then) > 100 and then == {contact_id: now[contact_id] for contact_id in then}


def test_a_business_without_any_of_it_has_empty_tables() -> None:
    found = made({"subscription_events": [], "customers": []}, {})
    rows = {mart: len(found[mart]) for mart in MARTS}
    assert {mart for mart, number in rows.items() if number} <= {"rpt_play_results", "rpt_trigger_review"}
    assert all(row["method"] == "none" and row["acted_on"] == 0 for row in found["rpt_play_results"])
    assert all(row["is_never_fired"] and row["base_rate"] is None for row in found["rpt_trigger_review"])


def test_the_demo_business_shows_the_lift_that_was_put_into_it(demo_build: SimpleNamespace) -> None:
    """Three messages that each bring a little more of those written to than come back by themselves."""
    written_to, controls = (
        1 - (1 - chance) ** 3 for chance in (RETURNS_AFTER_WINBACK_DAY + WINBACK_LIFT, RETURNS_AFTER_WINBACK_DAY)
    )
    lift = (
        "select lift, lift_lower, lift_upper from marts.rpt_campaign_results"
        " where trigger_code = 'winback_30' and channel = 'all' and segment_type = 'all'"
    )
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        value, lower, upper = connection.execute(lift).fetchone()
    assert value > 0 and lower < written_to - controls < upper


def test_the_thresholds_are_those_of_the_twin() -> None:
    thresholds = {row["threshold"]: int(row["value"]) for row in seed_rows("thresholds")}
    assert thresholds["trigger_review_days"] == results_oracle.REVIEW_DAYS
    assert thresholds["play_least_controls"] == results_oracle.LEAST_CONTROLS
    assert {row["measure"] for row in seed_rows("play_metrics")} == results_oracle.MEASURES.keys()
    assert all(int(row["window_days"]) >= 30 for row in seed_rows("play_metrics") if row["measure"] == "used")
