"""A plain-Python reading of customer health: what was known of one customer at the end of one day, asked anew for each.

Rows are dictionaries with days and times. Every figure is read from rows until the end of the day only. Customers come
from the oracle, which replays their events one at a time; signals from fct_customer_signals, which has its own twin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import oracle

DAY = timedelta(days=1)
HORIZONS = (30, 60, 90)
OLD, REPEAT, ONBOARDING_DAYS = 5 * DAY, 10 * DAY, 90
RESTARTS = ("started", "reactivated", "renewed")

NOT_RECORDED = (
    "days_since_use", "days_used_weekly", "use_trend", "core_features", "advanced_features", "features", "tickets_open",
    "tickets_old", "tickets_repeated", "tickets_90_days", "days_past_due", "failed_payments_90_days",
)  # fmt: skip

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Business:
    """What is landed, typed; its customers as replayed; the seeds; and when and where it is looked at."""

    tables: dict[str, Rows]
    customers: list[oracle.Customer]
    signals: Rows
    tiers: dict[str, str]
    cadences: Rows
    as_of: datetime
    timezone: str

    def day(self, at: datetime | None) -> date | None:
        """The day of a time; what is later than as_of has no day yet."""
        return oracle.local_date_of(at, self.timezone) if at and at <= self.as_of else None

    def by(self, at: datetime | None, day: date) -> bool:
        """Whether it had happened by the end of the day."""
        return self.day(at) is not None and self.day(at) <= day

    def rows(self, table: str, customer_id: str | None = None) -> Rows:
        rows = self.tables.get(table, [])
        return [row for row in rows if row["customer_id"] == customer_id] if customer_id else rows

    def used(self, customer_id: str | None = None) -> Rows:
        last = self.day(self.as_of)
        return [row for row in self.rows("product_usage", customer_id) if row["usage_count"] and row["used_on"] <= last]


def score_dates(as_of_on: date, months: int) -> list[date]:
    """The days of scoring, from first to last."""
    first = as_of_on.replace(day=1)
    return [*(oracle.add_months(first, -number) - DAY for number in reversed(range(months))), as_of_on]


def scored(business: Business, months: int) -> Iterator[tuple[oracle.Customer, date, oracle.Moment]]:
    """Every customer at the end of every day of scoring at which it is one."""
    for customer in business.customers:
        for day in score_dates(business.day(business.as_of), months):
            moment = oracle.state_before(customer.history, day + DAY)
            if moment.is_active:
                yield customer, day, moment


def share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / float(whole)


def latest(rows: Rows, value: str, times: str) -> Any:
    return max(rows, key=lambda row: (row[times], row["response_id"]))[value] if rows else None


def use(business: Business, customer_id: str, day: date, since: date) -> dict[str, Any]:
    month = day.replace(day=1)
    recent_start, before_start = oracle.add_months(month, -1), oracle.add_months(month, -3)

    def first_month(is_of: Any) -> date | None:
        months = [row["used_on"].replace(day=1) for row in business.used() if is_of(row)]
        return min(months, default=None)

    def is_known(is_of: Any) -> bool:
        first = first_month(is_of)
        return first is not None and first <= day

    recorded = first_month(lambda row: True)
    if recorded is None or recorded > day:
        return {}
    own = [row for row in business.used(customer_id) if row["used_on"] <= day]
    recent = [row for row in own if row["used_on"] >= recent_start]
    days_recent = len({row["used_on"] for row in recent})
    days_before = len({row["used_on"] for row in own if before_start <= row["used_on"] < recent_start})
    weekly = 7 * days_recent / max((day - max(recent_start, since, recorded)).days + 1, 7)
    stretch = (recent_start - max(before_start, since, recorded)).days
    weekly_before = 7 * days_before / max(stretch, 7) if stretch > 0 and days_before else None

    def most(is_of: Any) -> int | None:
        if not is_known(lambda row: row["feature"] is not None and is_of(row)):
            return None
        months = {row["used_on"].replace(day=1) for row in recent}
        return max(
            (
                len({row["feature"] for row in recent if row["feature"] and is_of(row) and row["used_on"] >= start
                     and row["used_on"] < oracle.add_months(start, 1)})
                for start in months
            ),
            default=0,
        )  # fmt: skip

    seats = None
    if is_known(lambda row: row["active_seats"] is not None):
        given = [row["active_seats"] for row in recent if row["active_seats"] is not None]
        seats = max(given, default=None) if recent else 0
    return {
        "days_since_use": (day - max([since, *(row["used_on"] for row in own)])).days,
        "days_used_weekly": min(weekly, 7.0),
        "use_trend": share(weekly, weekly_before),
        "core_features": most(lambda row: business.tiers.get(row["feature"]) == "core"),
        "advanced_features": most(lambda row: business.tiers.get(row["feature"]) == "advanced"),
        "features": most(lambda row: True),
        "active_seats": seats,
    }


def seats_paid(business: Business, customer_id: str, day: date, plan: str) -> float | None:
    seats = []
    events = sorted(business.rows("subscription_events", customer_id), key=lambda row: row["occurred_at"])
    for subscription in {row["subscription_id"] for row in events}:
        is_live, quantity = False, None
        for row in events:
            if row["subscription_id"] == subscription and business.by(row["occurred_at"], day):
                is_live = row["event_type"] in RESTARTS or (is_live and row["event_type"] != "cancelled")
                if row["quantity"] is not None and (
                    row["event_type"] in RESTARTS or (is_live and row["event_type"] == "changed")
                ):
                    quantity = row["quantity"]
        if is_live and quantity is not None:
            seats.append(quantity)
    limits = {row["plan_id"]: row["seat_limit"] for row in business.tables.get("plans", [])}
    return sum(seats) if seats else limits.get(plan)


def support(business: Business, customer_id: str, day: date) -> dict[str, Any]:
    if not any(business.by(row["opened_at"], day) for row in business.rows("support_tickets")):
        return {}
    own = sorted(business.rows("support_tickets", customer_id), key=lambda row: (row["opened_at"], row["ticket_id"]))
    own = [row for row in own if business.by(row["opened_at"], day)]
    figures = {"tickets_open": 0, "tickets_old": 0}
    for row in own:
        closed = max(row["closed_at"], row["opened_at"]) if business.by(row["closed_at"], day) else None
        reopened = max(row["reopened_at"], row["opened_at"]) if business.by(row["reopened_at"], day) else None
        is_open_again = reopened is not None and closed is not None and reopened >= closed
        open_since = reopened if is_open_again else row["opened_at"] if closed is None else None
        figures["tickets_open"] += open_since is not None
        figures["tickets_old"] += open_since is not None and business.by(open_since + OLD, day)
    gaps = [(later, later["opened_at"] - earlier["opened_at"]) for earlier, later in pairwise(own)]
    repeats = [row for row, gap in gaps if gap <= REPEAT]
    return {
        **figures,
        "tickets_repeated": sum(business.day(row["opened_at"]) > day - 30 * DAY for row in repeats),
        "tickets_90_days": sum(business.day(row["opened_at"]) > day - 90 * DAY for row in own),
    }


def failures(events: Rows) -> Iterator[tuple[datetime, datetime | None]]:
    """Each failure of one subscription: its first failed payment, and what ended it."""
    is_live, failed_at = False, None
    for row in sorted(events, key=lambda row: row["occurred_at"]):
        kind, at = row["event_type"], row["occurred_at"]
        if kind == "payment_failed" and is_live:
            failed_at = failed_at or at
        elif kind != "changed" and failed_at:
            yield failed_at, at
            failed_at = None
        is_live = kind in RESTARTS or (is_live and kind != "cancelled")
    if failed_at:
        yield failed_at, None


def payments(business: Business, customer_id: str, day: date) -> dict[str, Any]:
    found: dict[str, list] = {}
    for customer in {row["customer_id"] for row in business.rows("subscription_events")}:
        own = [row for row in business.rows("subscription_events", customer) if business.by(row["occurred_at"], day)]
        found[customer] = [
            failure
            for subscription in {row["subscription_id"] for row in own}
            for failure in failures([row for row in own if row["subscription_id"] == subscription])
        ]
    if not any(found.values()):
        return {}
    began = [(business.day(failed_at), ended_at) for failed_at, ended_at in found[customer_id]]
    return {
        "days_past_due": max((((day - on).days) for on, ended_at in began if not ended_at), default=0),
        "failed_payments_90_days": sum(on > day - 90 * DAY for on, _ in began),
    }


def contact(business: Business, customer: oracle.Customer, day: date, since: date) -> float | None:
    messages = [row for row in business.rows("campaign_contacts") if not row["is_control"]]
    messages = [row for row in messages if business.by(row["contacted_at"], day)]
    if not messages:
        return None
    own = [business.day(row["contacted_at"]) for row in messages if row["customer_id"] == customer.customer_id]
    tenure = (day - since).days
    is_back = since > oracle.activations(customer.history)[0].local_date
    stage = "established" if tenure >= ONBOARDING_DAYS else "returned" if is_back else "onboarding"
    cadence = [row for row in business.cadences if row["stage"] == stage and row["from_tenure_days"] <= tenure]
    return (day - max([since, *own])).days / max(cadence, key=lambda row: row["from_tenure_days"])["cadence_days"]


def features(business: Business, customer: oracle.Customer, day: date, moment: oracle.Moment) -> dict[str, Any]:
    """The row of int_customer_features."""
    customer_id = customer.customer_id
    since = [start.local_date for start in oracle.activations(customer.history) if start.local_date <= day][-1]
    surveys = [row for row in business.rows("survey_responses") if row["subject"] is None and row["customer_id"]]
    is_asked = any(business.by(row["sent_at"] or row["responded_at"], day) for row in surveys)
    answers = [
        row
        for row in surveys
        if row["customer_id"] == customer_id
        and row["score"] is not None
        and business.by(row["responded_at"], day)
        and business.day(row["responded_at"]) > day - 365 * DAY
    ]
    due = [row for row in business.rows("onboarding_milestones", customer_id) if business.by(row["due_at"], day)]
    signals = {
        row["signal"]
        for row in business.signals
        if row["customer_id"] == customer_id
        and business.by(row["signalled_at"], day)
        and not business.by(row["ended_at"], day)
    }
    figures = {
        **dict.fromkeys(NOT_RECORDED),
        **use(business, customer_id, day, since),
        **support(business, customer_id, day),
        **payments(business, customer_id, day),
    }
    active_seats = figures.pop("active_seats", None)
    contacts = contact(business, customer, day, since)
    has_tickets = figures["tickets_open"] is not None
    return {
        "customer_id": customer_id,
        "scored_on": day,
        "customer_since": since,
        "tenure_days": (day - since).days,
        **figures,
        "seats_share": share(active_seats, seats_paid(business, customer_id, day, moment.plan)),
        "nps_score": latest([row for row in answers if row["survey_type"] == "nps"], "score", "responded_at"),
        "csat_score": latest([row for row in answers if row["survey_type"] == "csat"], "score", "responded_at"),
        "milestones_share": share(sum(business.by(row["reached_at"], day) for row in due), len(due)),
        "contact_cadences": contacts,
        "is_survey_silent": "stopped_answering" in signals if is_asked else None,
        "is_campaign_silent": "stopped_opening" in signals if contacts is not None else None,
        "is_support_silent": "stopped_asking" in signals if has_tickets else None,
        "has_negative_feedback": "negative_feedback" in signals if is_asked else None,
    }


FEATURE = {
    "login_recency": "days_since_use", "login_frequency": "days_used_weekly", "usage_trend": "use_trend",
    "core_features": "core_features", "advanced_features": "advanced_features", "feature_breadth": "features",
    "seats_in_use": "seats_share", "open_tickets": "tickets_open", "repeated_tickets": "tickets_repeated",
    "old_tickets": "tickets_old", "payment_trouble": "days_past_due", "latest_nps": "nps_score",
    "latest_csat": "csat_score", "negative_feedback": "has_negative_feedback", "onboarding": "milestones_share",
    "tenure": "tenure_days", "contact": "contact_cadences", "survey_silence": "is_survey_silent",
    "campaign_silence": "is_campaign_silent", "support_silence": "is_support_silent",
}  # fmt: skip


def health(known: dict[str, Any], parts: dict[str, tuple[float, float, float]], bands: dict[str, float]) -> dict:
    """The row of fct_customer_health, without what it is compared with. A part is weight, worst and best."""
    row = {"customer_id": known["customer_id"], "scored_on": known["scored_on"]}
    earned = weights = 0.0
    for part, feature in FEATURE.items():
        weight, worst, best = parts[part]
        value = None if known[feature] is None else float(known[feature])
        points = None if value is None else 100 * min(max((value - worst) / (best - worst), 0), 1)
        row |= {part: value, f"{part}_points": points}
        earned, weights = (earned, weights) if points is None else (earned + weight * points, weights + weight)
    row["health_score"] = earned / weights if weights else None
    reached = [band for band, from_score in bands.items() if weights and row["health_score"] >= from_score]
    row["health_band"] = max(reached, key=bands.get) if reached else None
    row["weight_known"] = weights / sum(weight for weight, _, _ in parts.values())
    row["missing_parts"] = ", ".join(part for part in FEATURE if row[part] is None) or None
    return row


def compared(rows: Rows, days: list[date]) -> None:
    """Set each score beside that of the month end before."""
    scores = {(row["customer_id"], row["scored_on"]): row["health_score"] for row in rows}
    before = dict(zip(days[1:], days, strict=False))
    for row in rows:
        previous = scores.get((row["customer_id"], before.get(row["scored_on"])))
        is_there = previous is not None and row["health_score"] is not None
        row["previous_health_score"] = previous
        row["health_score_change"] = row["health_score"] - previous if is_there else None


def lost_on(customer: oracle.Customer, day: date) -> date | None:
    return min((churned_on for churned_on, _ in customer.churns if churned_on > day), default=None)


def calibration(rows: Rows, lost: dict[tuple, date | None], today: date) -> Iterator[dict]:
    """The rows of rpt_health_calibration."""
    for days in HORIZONS:
        for scored_on in {row["scored_on"] for row in rows if row["scored_on"] + days * DAY < today}:
            for band in ("all", "red", "yellow", "green"):
                of_band = [row for row in rows if row["scored_on"] == scored_on and band in ("all", row["health_band"])]
                ends = [lost[row["customer_id"], scored_on] for row in of_band]
                churned = sum(end is not None and end <= scored_on + days * DAY for end in ends)
                lower, upper = oracle.wilson(churned, len(ends))
                if ends:
                    yield {
                        "scored_on": scored_on, "health_band": band, "horizon_days": days, "customers": len(ends),
                        "churned": churned, "churn_rate": churned / len(ends), "churn_rate_lower": lower,
                        "churn_rate_upper": upper,
                    }  # fmt: skip


def parts_report(rows: Rows, lost: dict[tuple, date | None], today: date) -> Iterator[dict]:
    """The rows of rpt_health_parts: all pairs of one who left and one who stayed are compared."""
    for days in HORIZONS:
        ranked = []
        for part in (*FEATURE, "health_score"):
            points: dict[bool, list[int]] = {True: [], False: []}
            for row in rows:
                value = row["health_score" if part == "health_score" else f"{part}_points"]
                if value is not None and row["scored_on"] + days * DAY < today:
                    end = lost[row["customer_id"], row["scored_on"]]
                    is_lost = end is not None and end <= row["scored_on"] + days * DAY
                    points[is_lost].append(math.floor(value + 0.5))
            left, stayed = points[True], points[False]
            if not left and not stayed:
                continue
            pairs = sum((stay > leave) + (stay == leave) / 2 for leave in left for stay in stayed)
            auc = share(pairs, len(left) * len(stayed))
            lower, upper = hanley_mcneil(auc, len(left), len(stayed)) if auc is not None else (None, None)
            ranked.append(
                {
                    "part": part, "horizon_days": days, "customers": len(left) + len(stayed), "churned": len(left),
                    "auc": auc, "auc_lower": lower, "auc_upper": upper,
                    "mean_points_stayed": share(sum(stayed), len(stayed)),
                    "mean_points_churned": share(sum(left), len(left)),
                }
            )  # fmt: skip
        for row in ranked:
            above = [other for other in ranked if row["auc"] is not None and (other["auc"] or -1) > row["auc"] + 1e-12]
            yield {**row, "part_rank": None if row["auc"] is None else 1 + len(above)}


def hanley_mcneil(area: float, events: int, others: int) -> tuple[float, float]:
    """The 95% interval of an area under the ROC curve."""
    square = area**2
    variance = area * (1 - area) + (events - 1) * (area / (2 - area) - square)
    variance += (others - 1) * (2 * square / (1 + area) - square)
    margin = 1.959963984540054 * math.sqrt(max(variance, 0) / events / others)
    return max(area - margin, 0.0), min(area + margin, 1.0)
