"""Triggers, tasks and the queue: against a plain-Python twin on drawn businesses, and from day to day."""

from __future__ import annotations

import csv
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import actions_oracle
import duckdb
import harness
import pytest

DAY = timedelta(days=1)
FIRST, DAYS, CUSTOMERS = datetime(2023, 12, 20), 420, 40
AS_OF = {"in_between": datetime(2024, 9, 10, 12), "at_the_end": FIRST + DAYS * DAY}
FEATURES = ("boards", "tasks", "reports", None)
# of other conditions the unit tests and the twins of their inputs say
BY_TWIN = tuple(actions_oracle.PLAYBOOK)


def text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def raw_rows(rows: list[dict]) -> list[dict[str, str]]:
    return [{name: text(value) for name, value in row.items()} for row in rows]


@cache
def drawn(seed: int) -> dict[str, list[dict]]:
    """A business whose times lie whole days apart, so that they meet every threshold; typed rows by table."""
    rng = random.Random(seed)
    tables: dict[str, list[dict]] = defaultdict(list)

    def moment(least: int = 0) -> datetime:
        return FIRST + rng.randint(least, DAYS) * DAY + timedelta(hours=rng.choice((0, 0, 9, 23)))

    def later(time: datetime, *days: float | None) -> datetime | None:
        chosen = rng.choice(days)
        return None if chosen is None else time + chosen * DAY + timedelta(seconds=rng.choice((-1, 0, 0, 1)))

    for number in range(CUSTOMERS):
        own = {"customer_id": f"c{number}"}
        tables["customers"].append({**own, "owner": rng.choice(("Ines", None))})
        _events(rng, tables, number)
        day, last_day = rng.randrange(60), rng.choice((DAYS, DAYS, 100))
        while day < last_day:  # days of use that lie close for a while, then far apart
            used = FIRST + day * DAY
            for feature in rng.sample(FEATURES, rng.choice((1, 1, 2))):
                tables["product_usage"].append(
                    {**own, "used_on": used.date(), "feature": feature, "usage_count": rng.choice((1, 1, 1, 0))}
                )
            day += rng.choice((1, 1, 1, 1, 2, 4, 9, 10, 11, 14, 15, 40, 46)) if rng.random() < 0.5 else 1
        for _ in range(rng.choice((0, 2, 6))):
            opened = moment()
            closed = later(opened, None, 1, 5, 5, 9)
            row = {"opened_at": opened, "closed_at": closed, "reopened_at": closed and later(closed, None, None, 0, 3)}
            tables["support_tickets"].append({"ticket_id": f"t{len(tables['support_tickets'])}", **own, **row})
            again = later(opened, None, 2, 7, 10)
            if again:
                row = {"opened_at": again, "closed_at": later(again, 1, 6), "reopened_at": None}
                tables["support_tickets"].append({"ticket_id": f"t{len(tables['support_tickets'])}", **own, **row})
        for _ in range(rng.choice((0, 1, 4))):
            row = {"survey_type": "nps", "responded_at": moment(), "score": rng.choice((0, 5, 6, 7, 9))}
            tables["survey_responses"].append({"response_id": f"r{len(tables['survey_responses']):04d}", **own, **row})
        for milestone in rng.sample(("import", "invite", "report"), rng.choice((0, 1, 3))):
            due = moment()
            reached = later(due, None, -1, 0, 3, 90, 95)
            tables["onboarding_milestones"].append(
                {**own, "milestone": milestone, "due_at": due, "reached_at": reached, "loaded_at": FIRST}
            )
        for _ in range(rng.choice((0, 3, 20))):
            row = {"campaign": "news", "contacted_at": moment(), "is_control": rng.random() < 0.2}
            tables["campaign_contacts"].append({"contact_id": f"k{len(tables['campaign_contacts'])}", **own, **row})
        ordered = FIRST + rng.randrange(40) * DAY
        for _ in range(rng.choice((0, 4, 9))):
            row = {"ordered_at": ordered, "amount": rng.choice((10, 20, 20, 40, 100))}
            tables["orders"].append({"order_id": f"o{len(tables['orders'])}", **own, **row})
            ordered += rng.choice((0, 5, 10, 10, 20, 60)) * DAY + timedelta(hours=rng.choice((0, 5)))
    return tables


def _events(rng: random.Random, tables: dict[str, list[dict]], number: int) -> None:
    """One subscription, which may end and begin again."""
    days = sorted(rng.sample(range(DAYS), rng.choice((1, 1, 2, 3, 4))))
    if number == 0:
        days = []
    kinds = ("started", "cancelled", "reactivated", "cancelled")
    for turn, day in enumerate(days):
        at = FIRST + day * DAY + timedelta(hours=rng.choice((0, 9)))
        interval = rng.choice(("month", "quarter"))
        _event(tables, number, kinds[turn], at, rng.choice((0, 10, 30)) if turn % 2 == 0 else None, interval)
        if turn % 2 == 0:
            end = FIRST + (days[turn + 1] if turn + 1 < len(days) else DAYS) * DAY
            middle = at
            while (middle := middle + rng.choice((20, 45, 90)) * DAY + timedelta(hours=1)) < end:
                kinds_within = ("payment_failed", "payment_recovered", "renewed", "changed")
                kind = rng.choice(kinds_within[: 3 + number % 2])  # every other customer never pays another amount
                amount = rng.choice((10, 30)) if kind == "changed" else None
                _event(tables, number, kind, middle, amount, interval)


def _event(tables: dict, number: int, kind: str, at: datetime, amount: int | None, interval: str) -> None:
    rows = tables["subscription_events"]
    row = {"event_type": kind, "occurred_at": at, "amount": amount, "billing_interval": interval}
    rows.append({"event_id": f"e{len(rows)}", "customer_id": f"c{number}", "subscription_id": f"s{number}", **row})


def built(tables: dict[str, list[dict]], relations: Sequence[str], **settings: object) -> dict[str, list[dict]]:
    """Rows of relations, also of ones that are no marts."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        harness.write_landing(Path(folder), {name: raw_rows(rows) for name, rows in tables.items()})
        harness.build_on(connection, Path(folder), [name.split(".")[1] for name in relations], settings)
        return {name: harness.rows(connection, name) for name in relations}


def expected(tables: dict[str, list[dict]], as_of: datetime, zone: str) -> dict[tuple, tuple]:
    """The tasks of the twin: customer, trigger and beginning, with end and what ended it."""
    today = as_of.replace(tzinfo=actions_oracle.UTC).astimezone(actions_oracle.ZoneInfo(zone)).date()
    used = [row for row in tables["product_usage"] if row["usage_count"] > 0 and row["used_on"] <= today]
    known = actions_oracle.Known(
        use_since=min((row["used_on"] for row in used), default=None),
        features_since=min((row["used_on"] for row in used if row["feature"]), default=None),
        contacts_since=min(
            (row["contacted_at"] for row in tables["campaign_contacts"] if not row["is_control"]), default=None
        ),
        months_with_use=frozenset(row["used_on"].replace(day=1) for row in used),
        zone=zone,
    )
    found = {}
    for row in tables["customers"]:

        def of(table: str, time: str, customer_id: str = row["customer_id"]) -> list[dict]:
            rows = [row for row in tables[table] if row["customer_id"] == customer_id]
            return [
                row for row in rows if row[time] is not None and row[time] <= (today if time == "used_on" else as_of)
            ]

        customer = actions_oracle.Customer(
            events=sorted(of("subscription_events", "occurred_at"), key=lambda event: event["occurred_at"]),
            usage=of("product_usage", "used_on"),
            tickets=of("support_tickets", "opened_at"),
            answers=of("survey_responses", "responded_at"),
            milestones=of("onboarding_milestones", "due_at"),
            contacts=of("campaign_contacts", "contacted_at"),
            orders=of("orders", "ordered_at"),
            known=known,
        )
        for code, begin, end, by in actions_oracle.tasks(customer, as_of):
            found[row["customer_id"], code, begin] = (end, by)
    return found


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("as_of", AS_OF.values(), ids=AS_OF.keys())
def test_every_task_is_the_twins(as_of: datetime, zone: str) -> None:
    tables = drawn(1)
    found = built(tables, ["intermediate.int_tasks"], as_of=str(as_of), reporting_timezone=zone)
    tasks = {
        (row["customer_id"], row["trigger_code"], row["triggered_at"]): (row["closed_at"], row["closed_by"])
        for row in found["intermediate.int_tasks"]
        if row["trigger_code"] in BY_TWIN
    }
    wanted = expected(tables, as_of, zone)
    assert tasks == wanted
    if as_of == AS_OF["at_the_end"]:
        assert {code for _, code, _ in wanted} == set(BY_TWIN), "the business meets every condition"


@pytest.mark.parametrize("first", [datetime(2024, 2, 26, 15), datetime(2024, 10, 28, 15)], ids=["leap_day", "later"])
def test_what_is_known_of_a_task_stays_so_from_day_to_day(first: datetime) -> None:
    """On a week of days around the end of a month no later event moves, adds or removes a task of before."""
    tables, before = drawn(2), None
    for day in range(7):
        as_of = first + day * DAY
        rows = built(tables, ["intermediate.int_tasks"], as_of=str(as_of))["intermediate.int_tasks"]
        now = {(row["customer_id"], row["trigger_code"], row["triggered_at"]): row for row in rows}
        if before is not None:
            assert {key for key in now if key[2] <= as_of - DAY} == before.keys()
        for key, row in (before or {}).items():
            if row["closed_at"] and now[key]["last_began_at"] == row["last_began_at"]:
                assert now[key] == row, "what has closed is closed, unless its condition comes back"
            if not row["closed_at"]:
                assert not now[key]["closed_at"] or now[key]["closed_at"] > as_of - DAY
        before = now
    assert len(before) > 50 and {row["closed_by"] for row in before.values()} >= {None, "condition", "loss"}


def test_the_queue_shows_the_latest_task_of_each_trigger() -> None:
    tables, as_of = drawn(1), AS_OF["at_the_end"]
    relations = ["intermediate.int_tasks", "marts.sync_action_queue"]
    tasks, queue = built(tables, relations, as_of=str(as_of), tasks_per_owner_and_day=3).values()
    latest = {}
    for row in sorted(tasks, key=lambda row: row["triggered_at"]):
        latest[row["customer_id"], row["trigger_code"]] = row
    shown = {key: row for key, row in latest.items() if not row["closed_at"] or row["closed_at"] > as_of - 7 * DAY}
    assert {(row["customer_id"], row["trigger_code"]): row["triggered_at"] for row in queue} == {
        key: row["triggered_at"] for key, row in shown.items()
    }
    owners = {row["customer_id"]: row["owner"] for row in tables["customers"]}
    signals = Counter(key[0] for key, row in shown.items() if not row["closed_at"])
    by_owner = defaultdict(list)
    for row in queue:
        assert row["owner"] == (owners[row["customer_id"]] or row["owner_role"])
        assert row["signals"] == signals[row["customer_id"]]
        assert (row["status"] == "open") == (row["closed_at"] is None) == (row["priority"] is not None)
        if row["status"] == "open":
            by_owner[row["owner"]].append(row)
    for rows in by_owner.values():
        rows.sort(key=lambda row: row["priority"])
        assert [row["priority"] for row in rows] == list(range(1, len(rows) + 1))
        worth = [row["value_at_risk"] * row["signals"] for row in rows]
        assert worth == sorted(worth, reverse=True)
        days = Counter(row["planned_on"] for row in rows)
        assert max(days.values()) <= 3 and min(days) == as_of.date()


def test_a_business_with_nothing_has_an_empty_queue() -> None:
    built_queue = harness.build({"subscription_events": [], "customers": []}, ["sync_action_queue"])
    assert built_queue == {"sync_action_queue": []}


def test_a_customer_of_whom_nothing_else_is_landed_has_no_task() -> None:
    event = {"event_id": "e", "customer_id": "c", "subscription_id": "s", "event_type": "started"}
    tables = {"subscription_events": [{**event, "occurred_at": "2024-01-01", "amount": "10"}], "customers": []}
    queue = harness.build(tables, ["sync_action_queue"], as_of="2025-03-01")["sync_action_queue"]
    assert queue == []


def test_on_the_demo_business_every_trigger_fires_and_closes(demo_build: SimpleNamespace) -> None:
    codes = {row["trigger_code"] for row in csv.DictReader((harness.PROJECT / "seeds" / "playbook.csv").open())}
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        tasks = harness.rows(connection, "intermediate.int_tasks")
    assert {row["trigger_code"] for row in tasks} == codes
    assert {row["trigger_code"] for row in tasks if row["closed_by"] == "condition"} == codes
