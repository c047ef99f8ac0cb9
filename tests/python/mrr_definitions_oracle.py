"""A plain-Python reading of other tools' MRR and churn: one customer, one definition and one moment after the other.

A definition is asked of every subscription whether it counts it now, and of every customer whether it is one. Nothing
is kept between moments but what the definition itself remembers: whether a customer has ever paid, and when it left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import oracle

SENTINEL = Decimal(-1)
GRAINS = ("month", "quarter", "year")
KEY = ("period_grain", "period_start", "period_end", "is_complete_period", "segment_type", "segment_value")


@dataclass(frozen=True)
class Definition:
    """The choices of a row of the seed mrr_definitions."""

    name: str
    trials: str
    paused: str
    past_due_days: int | None
    cancels_at: str
    free_customers: str
    rates: str
    churn_rate_definition: str
    reactivation_days: int | None

    @classmethod
    def read(cls, row: dict) -> Definition:
        def days(name: str) -> int | None:
            return int(row[name]) if row[name] else None

        texts = [row[name] for name in ("cancels_at", "free_customers", "rates", "churn_rate_definition")]
        return cls(
            row["definition"], row["trials"], row["paused"], days("past_due_days"), *texts, days("reactivation_days")
        )


@dataclass(frozen=True)
class Snapshot:
    """A customer's subscriptions after an instant, and the accepted row that last gave each its amount."""

    at: datetime
    subscriptions: dict[str, oracle.Subscription]
    terms: dict[str, dict]


@dataclass(frozen=True)
class Counted:
    """What a definition makes of one subscription at a moment."""

    is_counted: bool
    mrr: Decimal
    ours: Decimal
    difference: str | None = None
    terms: dict | None = None


@dataclass(frozen=True)
class Point:
    """A customer by one definition from a moment on."""

    at: datetime
    day: date
    counted: tuple[Counted, ...]
    is_customer: bool
    is_new: bool


def snapshots(events: list[oracle.Event], rows: dict[str, dict], settings: oracle.Settings) -> list[Snapshot]:
    """What a customer's subscriptions were after each instant."""
    lives = oracle.lives_of(events, settings).values()
    ordered = sorted((event for life in lives for event in life), key=lambda event: event.occurred_at)
    now: dict[str, oracle.Subscription] = {}
    terms: dict[str, dict] = {}
    found = []
    for at, of_instant in groupby(ordered, key=lambda event: event.occurred_at):
        for event in of_instant:
            key = event.subscription_id
            was = now.get(key, oracle.Subscription(free_counts=settings.free_plans_are_customers))
            if event.mrr is not None and oracle.apply(was, replace(event, mrr=SENTINEL)).mrr == SENTINEL:
                terms[key] = rows[event.event_id]
            now[key] = oracle.apply(was, event)
        found.append(Snapshot(at, dict(now), dict(terms)))
    return found


def count(definition: Definition, subscription: oracle.Subscription, terms: dict | None, at: datetime) -> Counted:
    """Whether a subscription counts at a moment, with which MRR, and by which name that differs from here."""
    full = subscription.mrr or Decimal(0)
    ours = full if subscription.state == oracle.LIVE else Decimal(0)
    if subscription.state not in (oracle.TRIALING, oracle.LIVE, oracle.PAUSED):
        return Counted(False, Decimal(0), ours)
    if subscription.request is not None and definition.cancels_at == "request":
        return Counted(False, Decimal(0), ours, "pending_cancel" if ours else None)
    failed_at, days = subscription.failed_at, definition.past_due_days
    if failed_at is not None and days is not None and at >= failed_at + timedelta(days=days):
        return Counted(False, Decimal(0), ours, "past_due" if ours else None)
    choice = {oracle.TRIALING: definition.trials, oracle.PAUSED: definition.paused, oracle.LIVE: "paid"}
    counts_as = choice[subscription.state]
    if counts_as != "paid":
        return Counted(counts_as == "free", Decimal(0), ours)
    name = {oracle.TRIALING: "trial", oracle.PAUSED: "paused"}.get(subscription.state)
    return Counted(True, full, ours, name if full != ours else None, terms)


def points(
    definition: Definition, history: list[Snapshot], as_of: datetime, settings: oracle.Settings
) -> Iterator[Point]:
    """The customer by a definition, at each moment at which that may change."""
    moments = {snapshot.at for snapshot in history}
    if definition.past_due_days is not None:
        late = timedelta(days=definition.past_due_days)
        moments |= {
            sub.failed_at + late
            for snapshot in history
            for sub in snapshot.subscriptions.values()
            if sub.failed_at is not None and sub.failed_at + late <= as_of
        }
    has_paid, was_customer, left_at = False, False, None
    for at in sorted(moments):
        snapshot = [one for one in history if one.at <= at][-1]
        counted = tuple(
            count(definition, sub, snapshot.terms.get(key), at) for key, sub in snapshot.subscriptions.items()
        )
        mrr = sum(one.mrr for one in counted)
        has_paid = has_paid or mrr > 0
        if definition.free_customers == "out":
            is_customer = mrr > 0
        elif definition.free_customers == "once_paid":
            is_customer = has_paid and any(one.is_counted for one in counted)
        else:
            free = settings.free_plans_are_customers
            is_customer = any(
                one.is_counted and (free or sub.mrr is None or sub.mrr > 0)
                for one, sub in zip(counted, snapshot.subscriptions.values(), strict=True)
            )
        limit = definition.reactivation_days
        is_forgotten = left_at is None or (limit is not None and at > left_at + timedelta(days=limit))
        is_new = is_customer and not was_customer and is_forgotten
        if was_customer and not is_customer:
            left_at = at
        was_customer = is_customer
        yield Point(at, oracle.local_date_of(at, settings.reporting_timezone), counted, is_customer, is_new)


def last_before(history: list[Point], day: date) -> Point | None:
    return next((point for point in reversed(history) if point.day < day), None)


def became(history: list[Point], start: date, end: date) -> dict[str, bool]:
    """What became of a customer in a period."""
    before, after = last_before(history, start), last_before(history, end)
    was, now = bool(before and before.is_customer), bool(after and after.is_customer)
    inside = [point for point in history if start <= point.day < end]
    has_left, current = False, was
    for point in inside:
        has_left = has_left or (current and not point.is_customer)
        current = point.is_customer
    is_new = any(point.is_new for point in inside)
    return {
        "start": was,
        "end": now,
        "new": now and not was and is_new,
        "reactivated": now and not was and not is_new,
        "churned": was and not now,
        "left_and_returned": was and now and has_left,
        "lost": has_left,
        "acquired": is_new,
    }


def exchange_rate(one: Counted, rates: dict, last_day: date, currency: str) -> Decimal | None:
    """MRR of a subscription at the rate of a day less that of its event; None = it is in no other currency."""
    if one.terms is None or (one.terms["currency"] or currency) == currency:
        return None
    rate = oracle.rate_on(rates, one.terms["currency"], last_day)
    if rate is None:  # the first rate is that of the UTC day, which the local day before may end in
        return Decimal(0)
    interval, number = one.terms["billing_interval"] or "month", int(one.terms["billing_interval_count"] or 1)
    return oracle.monthly_amount(one.terms["amount"], rate, interval, number) - one.mrr


def differences(
    definition: Definition, histories: list[list[Point]], end: date, today: date, rates: dict, settings: oracle.Settings
) -> dict[str, list[Decimal]]:
    """The MRR of each subscription on which a definition differs, by the name of the difference, at a period's end."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    for history in histories:
        point = last_before(history, end)
        for one in point.counted if point else ():
            if one.difference:
                found[one.difference].append(one.mrr - one.ours)
            if definition.rates == "period_end":
                last_day = min(end - timedelta(days=1), today)
                moved = exchange_rate(one, rates, last_day, settings.reporting_currency.upper())
                if moved is not None:
                    found["exchange_rate"].append(moved)
    return found


def figures(
    definition: Definition,
    histories: list[list[Point]],
    report: dict,
    today: date,
    rates: dict,
    settings: oracle.Settings,
) -> tuple[dict, list[dict]]:
    """The row of rpt_mrr_definitions of the customers of a report's segment, and those of its differences."""
    start, end = report["period_start"], report["period_end"]
    key = {name: report[name] for name in KEY} | {"definition": definition.name}
    lives = [became(history, start, end) for history in histories]
    n = {name: sum(life[name] for life in lives) for name in lives[0]} if lives else defaultdict(int)
    numerator, denominator = {
        "start_cohort": (n["churned"], n["start"]),
        "starters_lost": (n["churned"] + n["left_and_returned"], n["start"]),
        "all_lost": (n["lost"], n["start"]),
        "start_plus_new": (n["lost"], n["start"] + n["acquired"]),
    }[definition.churn_rate_definition]
    by_name = differences(definition, histories, end, today, rates, settings)
    ours = sum((one.ours for point in ends(histories, end) for one in point.counted), Decimal(0))
    gap = sum((amount for amounts in by_name.values() for amount in amounts), Decimal(0))
    row = key | {
        "mrr": ours + gap,
        "difference_to_ours": gap,
        "customers_start": n["start"],
        "customers_new": n["new"],
        "customers_reactivated": n["reactivated"],
        "customers_churned": n["churned"],
        "customers": n["end"],
        "churn_numerator": numerator,
        "churn_denominator": denominator,
        "churn_rate": oracle.ratio(numerator, denominator),
    }
    named = [
        key | {"difference": name, "mrr": sum(amounts), "subscriptions": len(amounts)}
        for name, amounts in by_name.items()
    ]
    return row, named


def ends(histories: list[list[Point]], end: date) -> list[Point]:
    return [point for point in (last_before(history, end) for history in histories) if point is not None]
