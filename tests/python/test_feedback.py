"""Signals, support quality and the closed loop against a plain-Python twin, on businesses drawn by chance."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache

import feedback_oracle
import harness
import oracle
import pytest

FIRST, DAYS = datetime(2024, 1, 1), 420
CUSTOMERS = 120
MARTS = ["fct_customer_signals", "fct_feedback_tasks", "rpt_support_quality", "rpt_feedback_loop"]
AS_OF = {"in_between": datetime(2024, 10, 1, 12), "at_the_end": FIRST + DAYS * feedback_oracle.DAY}
COMMENTS = ("terrible", "love it", None, None, None)
DAY = feedback_oracle.DAY


def text(value: object) -> str:
    return "" if value is None else value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)


def raw_rows(rows: list[dict]) -> list[dict[str, str]]:
    return [{name: text(value) for name, value in row.items()} for row in rows]


@cache
def drawn(seed: int) -> dict[str, list[dict]]:
    """A business whose times lie whole days apart, so that they meet every threshold; typed rows by table."""
    rng = random.Random(seed)

    def moment(least: int = 0) -> datetime:
        return FIRST + rng.randint(least, DAYS) * DAY + timedelta(hours=rng.choice((0, 0, 0, 9)))

    def later(time: datetime, *days: float | None) -> datetime | None:
        chosen = rng.choice(days)
        return None if chosen is None else time + chosen * DAY

    tables: dict[str, list[dict]] = defaultdict(list)
    for number in range(CUSTOMERS):
        customer_id = f"c{number}"
        tables["customers"].append(
            {"customer_id": customer_id, "customer_segment": rng.choice(("smb", "smb", None)), "owner": "Ines"}
        )
        life = sorted(rng.sample(range(DAYS), rng.choice((0, 1, 1, 2, 3))))
        for turn, day in enumerate(life):
            event = {"event_type": ("started", "cancelled", "reactivated")[turn], "occurred_at": FIRST + day * DAY}
            tables["subscription_events"].append(
                {"event_id": f"e{number}-{turn}", "customer_id": customer_id, "subscription_id": f"s{number}", **event}
            )
        for _ in range(rng.choice((0, 3, 9))):
            kind, sent = rng.choice(("nps", "nps", "nps", "csat", "ces")), moment()
            least, most = feedback_oracle.SCALE[kind]
            answered = later(sent, None, None, 0, 1, 13, 14, 15, 40, -1)
            tables["survey_responses"].append(
                {
                    "response_id": f"r{len(tables['survey_responses']):04d}",
                    "survey_type": kind,
                    "customer_id": rng.choice((customer_id, customer_id, customer_id, None)),
                    "sent_at": None if answered and rng.random() < 0.1 else sent,
                    "responded_at": answered,
                    "score": rng.choice((rng.randint(least, most), least, least, least, None)) if answered else None,
                    "comment": rng.choice(COMMENTS) if answered else None,
                    "touchpoint": rng.choice((None, "relational", "support_ticket")),
                    "agent": rng.choice((None, "Ann", "Ben")),
                    "subject": rng.choice((None, None, None, None, "rival")),
                }
            )
        followed_up = [
            row["responded_at"] + rng.choice((0, 1, 13, 14, 15)) * DAY
            for row in tables["survey_responses"]
            if row["customer_id"] == customer_id and row["responded_at"] and rng.random() < 0.4
        ]
        for sent in [*followed_up, *(moment() for _ in range(rng.choice((0, 9, 16))))]:
            tables["campaign_contacts"].append(
                {
                    "contact_id": f"k{len(tables['campaign_contacts']):04d}",
                    "customer_id": customer_id,
                    "campaign": "spring",
                    "contacted_at": sent,
                    "opened_at": later(sent, *[None] * 12, 0, 6, 7, 8),
                    "clicked_at": later(sent, *[None] * 9, 9),
                    "replied_at": later(sent, *[None] * 9, 20),
                    "channel": rng.choice(("mail", "mail", "push", "sms", "call", None)),
                    "is_control": rng.choice((False, False, False, True)),
                }
            )
        for _ in range(rng.choice((0, 3, 6, 10))):
            opened = moment()
            answered = later(opened, None, 0, 1, 0.25)
            closed = later(opened, None, 2, 4, 5, 6, 30)
            tables["support_tickets"].append(
                {
                    "ticket_id": f"t{len(tables['support_tickets']):04d}",
                    "customer_id": customer_id,
                    "opened_at": opened,
                    "first_response_at": answered,
                    "closed_at": closed,
                    "reopened_at": closed and later(closed, None, None, -1, 0, 3),
                    "agent": rng.choice(("Ann", "Ben", None)),
                    "category": rng.choice(("bug", "billing", None)),
                }
            )
        for day in rng.sample(range(DAYS), rng.choice((0, 60, 150))):
            used_on = (FIRST + day * DAY).date()
            tables["product_usage"].append(
                {"customer_id": customer_id, "used_on": used_on, "usage_count": rng.choice((0, 1, 2))}
            )
    return dict(tables)


@cache
def built(seed: int, as_of: datetime) -> dict[str, list[dict]]:
    tables = {name: raw_rows(rows) for name, rows in drawn(seed).items()}
    return harness.build(tables, MARTS, as_of=text(as_of))


@cache
def business(seed: int, as_of: datetime) -> feedback_oracle.Business:
    """As the twin reads it: only what had happened by as_of, and who was a customer when."""
    tables = drawn(seed)

    def seen(name: str) -> list[dict]:
        """Rows whose first time has come, without later times."""
        return [
            {key: None if isinstance(value, datetime) and value > as_of else value for key, value in row.items()}
            for row in tables[name]
        ]

    surveys = [row for row in seen("survey_responses") if row["sent_at"] or row["responded_at"]]
    losses: dict[str, list] = defaultdict(list)
    since: dict[str, datetime] = {}
    for event in tables["subscription_events"]:
        customer_id, at = event["customer_id"], event["occurred_at"]
        if at > as_of:
            continue
        if event["event_type"] == "started":
            since[customer_id] = at
        elif event["event_type"] == "cancelled":
            losses[customer_id].append((at, None))
        else:
            losses[customer_id][-1] = (losses[customer_id][-1][0], at)
    return feedback_oracle.Business(
        surveys=surveys,
        contacts=[row for row in seen("campaign_contacts") if row["contacted_at"]],
        tickets=[row for row in seen("support_tickets") if row["opened_at"]],
        usage=[row for row in tables["product_usage"] if row["used_on"] <= as_of.date()],
        losses=losses,
        customers_since=since,
        segments={row["customer_id"]: row["customer_segment"] for row in tables["customers"]},
        as_of=as_of,
    )


cases = pytest.mark.parametrize("as_of", AS_OF.values(), ids=AS_OF.keys())
seeds = pytest.mark.parametrize("seed", [1, 2])


@seeds
@cases
def test_a_signal_holds_when_the_twin_says_so(seed: int, as_of: datetime) -> None:
    columns = ("customer_id", "signal", "signalled_at", "ended_at", "ended_by", "since_at", "times_before")
    ours = {tuple(row[column] for column in columns) for row in built(seed, as_of)["fct_customer_signals"]}
    theirs = set(feedback_oracle.spells(business(seed, as_of)))
    assert ours == theirs
    assert {row[1] for row in ours} == set(feedback_oracle.SIGNALS)


@seeds
def test_what_comes_later_changes_no_signal_but_for_its_end(seed: int) -> None:
    before, after = AS_OF.values()

    def evidence(row: dict) -> tuple:
        return tuple(
            value for name, value in row.items() if name not in ("ended_at", "ended_by", "is_open", "days_open")
        )

    then = {evidence(row): row["ended_at"] for row in built(seed, before)["fct_customer_signals"]}
    now = {
        evidence(row): row["ended_at"]
        for row in built(seed, after)["fct_customer_signals"]
        if row["signalled_at"] <= before
    }
    assert then == {key: ended_at if ended_at and ended_at <= before else None for key, ended_at in now.items()}
    assert None in then.values() and set(then.values()) != {None}


def assert_same(ours: dict, theirs: dict, key: object) -> None:
    for column, value in theirs.items():
        tolerance = 1e-9
        if column.endswith(("difference_lower", "difference_upper")) and value is not None:
            # the quantile of Student's t is an expansion, right to a thousandth
            name = column.removesuffix("_lower").removesuffix("_upper")
            tolerance = 2e-3 * (theirs[f"{name}_upper"] - theirs[name])
        if value is None or ours[column] is None:
            same = ours[column] == value
        else:
            same = math.isclose(ours[column], value, rel_tol=1e-9, abs_tol=tolerance)
        assert same, f"{key} {column}: {ours[column]!r}, twin {value!r}"


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


@cases
def test_support_is_the_twins(as_of: datetime) -> None:
    known = business(1, as_of)
    ratings = feedback_oracle.agent_ratings(known)
    compared = 0
    for row in built(1, as_of)["rpt_support_quality"]:
        kind, value = row["segment_type"], row["segment_value"]
        if row["period_grain"] in ("month", "year") and kind in ("all", "agent", "category"):
            tickets, rated = (
                [one for one in rows if kind == "all" or (one[kind] or "(none)") == value]
                for rows in (known.tickets, ratings)
            )
            start, end = start_of(row["period_start"]), start_of(row["period_end"])
            assert_same(row, feedback_oracle.support(known, tickets, rated, start, end), (kind, value, start))
            compared += 1
    assert compared > 60


@seeds
@cases
def test_the_loop_is_the_twins(seed: int, as_of: datetime) -> None:
    outcomes = list(feedback_oracle.low_score_outcomes(business(seed, as_of)))
    rows = built(seed, as_of)["rpt_feedback_loop"]
    compared, with_interval = 0, 0
    for row in rows:
        inside = [
            one for one in outcomes
            if row["period_start"] <= one["responded_on"] < row["period_end"]
            and one["touchpoint_type"] == row["touchpoint_type"]
        ]  # fmt: skip
        assert_same(row, feedback_oracle.feedback_loop(inside), (row["period_start"], row["touchpoint_type"]))
        compared += len(inside)
        with_interval += row["use_change_difference_lower"] is not None
    assert compared == len(oracle.GRAINS) * len(outcomes) and with_interval


@seeds
def test_every_unhappy_answer_of_a_known_customer_is_a_task(seed: int) -> None:
    as_of = AS_OF["at_the_end"]
    known = business(seed, as_of)
    unhappy = {
        row["response_id"]
        for row in feedback_oracle.own_answers(known)
        if row["customer_id"] and (feedback_oracle.is_low(row) or feedback_oracle.is_negative(row))
    }
    tasks = built(seed, as_of)["fct_feedback_tasks"]
    assert {row["response_id"] for row in tasks} == unhappy
    for row in tasks:
        contacts = [one["contacted_at"] for one in known.of("contacts", row["customer_id"]) if not one["is_control"]]
        assert row["contacted_at"] == min((time for time in contacts if time > row["responded_at"]), default=None)
        assert row["status"] == (
            "done" if row["contacted_at"] else "overdue" if row["due_on"] < as_of.date() else "open"
        )


def test_without_surveys_contacts_and_tickets_there_is_nothing() -> None:
    tables = {"subscription_events": [], "customers": [{"customer_id": "c1"}]}
    assert harness.build(tables, MARTS, as_of="2024-06-01") == {mart: [] for mart in MARTS}


def test_a_business_with_surveys_alone_has_signals_tasks_and_a_loop() -> None:
    surveys = [
        {"response_id": f"r{day}", "survey_type": "nps", "customer_id": "c1", "sent_at": f"2024-01-{day:02}",
         "score": score, "responded_at": f"2024-01-{day + 1:02}" if score else ""}
        for day, score in ((1, "2"), (5, "3"), (20, ""), (25, ""))
    ]  # fmt: skip
    tables = {"subscription_events": [], "customers": [], "survey_responses": surveys}
    marts = harness.build(tables, MARTS, as_of="2024-06-01")
    assert {(row["signal"], row["is_open"]) for row in marts["fct_customer_signals"]} == {
        ("negative_feedback", False),
        ("stopped_answering", True),
    }
    assert [row["status"] for row in marts["fct_feedback_tasks"]] == ["overdue", "overdue"]
    assert {row["low_scores"] for row in marts["rpt_feedback_loop"] if row["period_grain"] == "month"} == {2}
    assert {row["retention_rate"] for row in marts["rpt_feedback_loop"]} == {None}
