"""A plain-Python reading of signals, support and follow-ups: what was known of a customer, asked anew for each moment.

Rows are dictionaries with times as datetimes. A state is asked at every moment at which it could change, of the rows
until then only; so nothing here can look into the future.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import oracle
from scipy import stats

DAY = timedelta(days=1)
ANSWER_DAYS, SURVEYS, OPEN_DAYS, MESSAGES = 14 * DAY, 2, 7 * DAY, 3
TICKETS, TICKET_DAYS, GAPS, LEAST_SILENCE = 4, 90 * DAY, 3, 30
FEEDBACK_DAYS, REPEAT_DAYS, OLD_DAYS, SURVEY_DAYS = 90 * DAY, 10 * DAY, 5 * DAY, 14 * DAY
CONTACT_DAYS, USE_DAYS, RETENTION_DAYS = 14 * DAY, 30, 90 * DAY
LOW = {"nps": 6, "csat": 2, "ces": 2}
SCALE = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
REACTIONS = ("opened_at", "clicked_at", "replied_at")

Rows = list[dict[str, Any]]
Spell = tuple[str, str, datetime, datetime | None, str | None, datetime, int | None]


@dataclass(frozen=True)
class Business:
    """What is landed, the losses as (lost, returned or null) by customer, and when it is looked at."""

    surveys: Rows
    contacts: Rows
    tickets: Rows
    usage: Rows
    losses: dict[str, list[tuple[datetime, datetime | None]]]
    customers_since: dict[str, datetime]
    segments: dict[str, str]
    as_of: datetime

    def of(self, table: str, customer_id: str) -> Rows:
        return [row for row in getattr(self, table) if row["customer_id"] == customer_id]

    def is_lost(self, customer_id: str, at: datetime) -> bool:
        return any(lost <= at and (back is None or at < back) for lost, back in self.losses.get(customer_id, []))

    def is_customer(self, customer_id: str, at: datetime) -> bool:
        since = self.customers_since.get(customer_id)
        return since is not None and since <= at and not self.is_lost(customer_id, at)


def own_answers(business: Business) -> Rows:
    answered = [row for row in business.surveys if row["responded_at"] and row["subject"] is None]
    return [row for row in answered if row["responded_at"] <= business.as_of]


def is_low(row: dict) -> bool:
    return row["score"] is not None and row["score"] <= LOW[row["survey_type"]]


def is_negative(row: dict) -> bool:
    return row["comment"] == "terrible"


def touchpoint_type(row: dict) -> str:
    return "relational" if row["touchpoint"] in (None, "relational") else "transactional"


# ---------------------------------------------------------------------------------------------------------------------
# Signals
# ---------------------------------------------------------------------------------------------------------------------

# After how long what happened may change a state; the silence of support follows from a customer's own gaps.
WAITS = {
    "surveys": (0 * DAY, ANSWER_DAYS, FEEDBACK_DAYS),
    "contacts": (0 * DAY, OPEN_DAYS),
    "tickets": (0 * DAY, *(number * DAY for number in range(LEAST_SILENCE, 500))),
}

Raw = Callable[[datetime], bool]
Evidence = Callable[[datetime], tuple[datetime, int | None]]


def let_pass(sent: list[datetime], reacted: list[datetime], waits: timedelta, number: int) -> tuple[Raw, Evidence]:
    """Whether at a moment the last of what was sent was let pass by who had reacted; since when, how often before."""

    def raw(at: datetime) -> bool:
        before = [time for time in reacted if time <= at]
        return bool(before) and sum(max(before) < time and time + waits <= at for time in sent) >= number

    def evidence(at: datetime) -> tuple[datetime, int]:
        before = {time for time in reacted if time <= at}
        return max(before), len(before)

    return raw, evidence


def stopped_answering(business: Business, customer_id: str) -> tuple[Raw, Evidence]:
    own = [row for row in business.of("surveys", customer_id) if row["subject"] is None]
    sent = [
        row["sent_at"] for row in own if row["sent_at"] and not (row["responded_at"] or row["sent_at"]) < row["sent_at"]
    ]
    return let_pass(sent, [row["responded_at"] for row in own if row["responded_at"]], ANSWER_DAYS, SURVEYS)


def stopped_opening(business: Business, customer_id: str) -> tuple[Raw, Evidence]:
    messages = [row for row in business.of("contacts", customer_id) if not row["is_control"]]
    reacted = [row[kind] for row in messages for kind in REACTIONS if row[kind]]
    sent = [row["contacted_at"] for row in messages if row["channel"] in (None, "mail", "push")]
    return let_pass(sent, reacted, OPEN_DAYS, MESSAGES)


def stopped_asking(business: Business, customer_id: str) -> tuple[Raw, Evidence]:
    opened = sorted(row["opened_at"] for row in business.of("tickets", customer_id))

    def raw(at: datetime) -> bool:
        before = [time for time in opened if time <= at]
        if len(before) < TICKETS or before[-1] - before[0] < TICKET_DAYS:
            return False
        gap = (before[-1] - before[0]) / DAY / (len(before) - 1)
        return at >= before[-1] + max(math.ceil(GAPS * gap), LEAST_SILENCE) * DAY

    def evidence(at: datetime) -> tuple[datetime, int]:
        before = [time for time in opened if time <= at]
        return before[-1], len(before)

    return raw, evidence


def negative_feedback(business: Business, customer_id: str) -> tuple[Raw, Evidence]:
    own = [row for row in own_answers(business) if row["customer_id"] == customer_id]
    kinds = [sorted(row["responded_at"] for row in own if test(row)) for test in (is_low, is_negative)]

    def inside(times: list[datetime], at: datetime) -> list[datetime]:
        return [time for time in times if at - FEEDBACK_DAYS < time <= at]

    def raw(at: datetime) -> bool:
        return any(len(inside(times, at)) >= 2 for times in kinds)

    def evidence(at: datetime) -> tuple[datetime, None]:
        recent = [inside(times, at) for times in kinds]
        return min(times[0] for times in recent if len(times) >= 2), None

    return raw, evidence


SIGNALS = {
    "stopped_answering": stopped_answering,
    "stopped_opening": stopped_opening,
    "stopped_asking": stopped_asking,
    "negative_feedback": negative_feedback,
}


def moments(business: Business, customer_id: str) -> list[datetime]:
    """Every moment until as_of at which a state of the customer could change."""
    found = {time for pair in business.losses.get(customer_id, []) for time in pair if time}
    for table, waits in WAITS.items():
        times = {
            value for row in business.of(table, customer_id) for value in row.values() if isinstance(value, datetime)
        }
        found |= {time + wait for time in times for wait in waits}
    return sorted(time for time in found if time <= business.as_of)


def spells(business: Business) -> Iterator[Spell]:
    """Every time in which a signal holds."""
    customers = {row["customer_id"] for row in business.surveys + business.contacts + business.tickets} - {None}
    for customer_id in customers:
        grid = moments(business, customer_id)
        for signal, read in SIGNALS.items():
            raw, evidence = read(business, customer_id)
            began, was_raw = None, False
            for at in grid:
                is_raw, is_lost = raw(at), business.is_lost(customer_id, at)
                if began and (is_lost or not is_raw):
                    by = "loss" if is_lost else "lapse" if signal == "negative_feedback" else "reaction"
                    yield customer_id, signal, began, at, by, *evidence(began)
                    began = None
                if is_raw and not was_raw and not is_lost:
                    began = at
                was_raw = is_raw
            if began:
                yield customer_id, signal, began, None, None, *evidence(began)


# ---------------------------------------------------------------------------------------------------------------------
# Support
# ---------------------------------------------------------------------------------------------------------------------


def quantile(values: Iterable[float], share: float) -> float | None:
    values = list(values)
    return float(np.quantile(values, share)) if values else None


def open_since(ticket: dict, at: datetime) -> datetime | None:
    """Since when a ticket is open at a moment; null = it is not."""
    opened, closed, reopened = ticket["opened_at"], ticket["closed_at"], ticket["reopened_at"]
    if opened > at:
        return None
    if closed is None or closed > at:
        return opened
    return reopened if reopened is not None and closed <= reopened <= at else None


def support(business: Business, tickets: Rows, ratings: Rows, start: datetime, end: datetime) -> dict[str, Any]:
    """A row of rpt_support_quality, of tickets and ratings of one segment."""
    until = min(end - timedelta(microseconds=1), business.as_of)  # an event at the end is the next period's

    def inside(time: datetime | None) -> bool:
        return time is not None and start <= time <= until

    def is_repeat(ticket: dict) -> bool:
        order = (ticket["opened_at"], ticket["ticket_id"])
        others = [(row["opened_at"], row["ticket_id"]) for row in business.of("tickets", ticket["customer_id"])]
        return any(other < order and ticket["opened_at"] - other[0] <= REPEAT_DAYS for other in others)

    def hours(kind: str) -> list[float]:
        return [(row[kind] - row["opened_at"]) / timedelta(hours=1) for row in tickets if inside(row[kind])]

    opened = [row for row in tickets if inside(row["opened_at"])]
    closed = [row for row in tickets if inside(row["closed_at"])]
    waiting = [since for row in tickets if (since := open_since(row, until)) is not None]
    scores = {
        kind: [row["score"] for row in ratings if row["survey_type"] == kind and inside(row["responded_at"])]
        for kind in ("csat", "ces")
    }
    return {
        "opened": len(opened),
        "repeats": sum(map(is_repeat, opened)),
        "first_responses": len(hours("first_response_at")),
        "first_response_hours_median": quantile(hours("first_response_at"), 0.5),
        "first_response_hours_p90": quantile(hours("first_response_at"), 0.9),
        "closed": len(closed),
        "resolution_hours_median": quantile(hours("closed_at"), 0.5),
        "resolution_hours_p90": quantile(hours("closed_at"), 0.9),
        "closed_reopened": sum(
            row["reopened_at"] is not None and row["reopened_at"] <= business.as_of for row in closed
        ),
        "reopened": sum(inside(row["reopened_at"]) for row in tickets),
        "backlog": len(waiting),
        "backlog_old": sum(until - since >= OLD_DAYS for since in waiting),
        "csat_respondents": len(scores["csat"]),
        "csat_satisfied": sum(score >= 4 for score in scores["csat"]),
        "ces_respondents": len(scores["ces"]),
        "ces_easy": sum(score >= 5 for score in scores["ces"]),
        "ces_mean": statistics.fmean(scores["ces"]) if scores["ces"] else None,
    }


def agent_ratings(business: Business) -> Rows:
    """CSAT and CES answers that name an agent, with the category of the ticket that they are taken to be about."""
    found = []
    for row in own_answers(business):
        if row["survey_type"] != "nps" and row["agent"] is not None and row["score"] is not None:
            sent = row["sent_at"] or row["responded_at"]
            about = [
                (ticket["closed_at"], ticket["ticket_id"], ticket["category"])
                for ticket in business.of("tickets", row["customer_id"])
                if ticket["agent"] == row["agent"] and ticket["closed_at"]
                and timedelta(0) <= sent - ticket["closed_at"] <= SURVEY_DAYS
            ]  # fmt: skip
            found.append({**row, "category": max(about)[2] if about else None})
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Follow-ups
# ---------------------------------------------------------------------------------------------------------------------


def points(row: dict) -> float:
    least, most = SCALE[row["survey_type"]]
    return round((row["score"] - least) * 10 / (most - least), 6)


def days_used(business: Business, customer_id: str, first: Any, last: Any) -> int:
    """Days with use in [first, last)."""
    days = {row["used_on"] for row in business.of("usage", customer_id) if row["usage_count"]}
    return sum(first <= day < last for day in days)


def low_score_outcomes(business: Business) -> Iterator[dict[str, Any]]:
    """Every low score of a known customer with its contact and what became of it."""
    first_use = min((row["used_on"] for row in business.usage if row["usage_count"]), default=None)
    answers = own_answers(business)
    for row in answers:
        if not is_low(row) or row["customer_id"] is None:
            continue
        customer_id, answered = row["customer_id"], row["responded_at"]
        until = answered + CONTACT_DAYS
        contacts = [
            contact for contact in business.of("contacts", customer_id)
            if not contact["is_control"] and answered < contact["contacted_at"] <= business.as_of
        ]  # fmt: skip
        first = min(contacts, key=lambda contact: (contact["contacted_at"], contact["contact_id"]), default=None)
        later = [
            other for other in answers
            if other["customer_id"] == customer_id and other["survey_type"] == row["survey_type"]
            and touchpoint_type(other) == touchpoint_type(row) and other["score"] is not None
            and other["responded_at"] > until
        ]  # fmt: skip
        following = min(later, key=lambda other: (other["responded_at"], other["response_id"]), default=None)
        day, after, use = answered.date(), until.date(), None
        if first_use and first_use <= day - USE_DAYS * DAY and after + USE_DAYS * DAY <= business.as_of.date():
            before = days_used(business, customer_id, day - USE_DAYS * DAY, day)
            use = days_used(business, customer_id, after, after + USE_DAYS * DAY) - before
        retained = None
        if answered + RETENTION_DAYS <= business.as_of and business.is_customer(customer_id, until):
            retained = float(business.is_customer(customer_id, answered + RETENTION_DAYS))
        yield {
            "responded_on": day,
            "touchpoint_type": touchpoint_type(row),
            "stratum": (row["survey_type"], row["score"], business.segments.get(customer_id)),
            "contacted": first is not None,
            "in_time": first is not None and first["contacted_at"] <= until,
            "is_compared": until <= business.as_of and not business.is_lost(customer_id, until),
            "next_score_change": points(following) - points(row) if following else None,
            "use_change": use,
            "retention_rate": retained,
        }


def comparison(outcomes: list[dict], name: str) -> dict[str, Any]:
    """The columns of rpt_feedback_loop of an outcome; the difference is a regression with a constant by stratum."""
    known = [row for row in outcomes if row["is_compared"] and row[name] is not None]
    values = {group: [row[name] for row in known if row["in_time"] == group] for group in (True, False)}
    columns = {
        name: statistics.fmean(values[True]) if values[True] else None,
        f"{name}_n": len(values[True]),
        f"{name}_without_contact": statistics.fmean(values[False]) if values[False] else None,
        f"{name}_without_contact_n": len(values[False]),
    }
    strata: dict[Any, list[dict]] = defaultdict(list)
    for row in known:
        strata[row["stratum"]].append(row)
    matched = {key: rows for key, rows in strata.items() if len({row["in_time"] for row in rows}) == 2}
    rows = [row for rows in matched.values() for row in rows]
    difference = half_width = None
    if matched:
        contact = [[float(row["in_time"])] for row in rows]
        constants = [[float(row["stratum"] == key) for key in matched] for row in rows]
        design, outcome = np.hstack([contact, constants]), np.array([row[name] for row in rows], dtype=float)
        difference = np.linalg.lstsq(design, outcome, rcond=None)[0][0]
        cells = defaultdict(list)
        for row in rows:
            cells[row["stratum"], row["in_time"]].append(row[name])
        squares = sum(len(cell) * statistics.pvariance(cell) for cell in cells.values())
        degrees = len(rows) - len(cells)
        if degrees >= 3 and squares > 1e-9:
            weight = sum(1 / (1 / len(cells[key, True]) + 1 / len(cells[key, False])) for key in matched)
            half_width = stats.t.ppf(0.975, degrees) * math.sqrt(squares / degrees / weight)
    bounds = [None if half_width is None else difference + sign * half_width for sign in (-1, 1)]
    named = {"": difference, "_lower": bounds[0], "_upper": bounds[1], "_n": sum(row["in_time"] for row in rows)}
    return {**columns, **{f"{name}_difference{suffix}": value for suffix, value in named.items()}}


def feedback_loop(outcomes: list[dict]) -> dict[str, Any]:
    """A row of rpt_feedback_loop, of the low scores of one period and touchpoint type."""
    in_time = sum(row["in_time"] for row in outcomes)
    rate, (lower, upper) = oracle.ratio(in_time, len(outcomes)), oracle.wilson(in_time, len(outcomes))
    return {
        "low_scores": len(outcomes),
        "contacted": sum(row["contacted"] for row in outcomes),
        "contacted_in_time": in_time,
        "contacted_in_time_rate": rate,
        "contacted_in_time_rate_lower": lower,
        "contacted_in_time_rate_upper": upper,
        **comparison(outcomes, "next_score_change"),
        **comparison(outcomes, "use_change"),
        **comparison(outcomes, "retention_rate"),
    }
