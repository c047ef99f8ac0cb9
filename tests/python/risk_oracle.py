"""A plain-Python reading of MRR at risk: what each subscription was at the end of a day, and what became of it.

It replays a customer one instant after the other and keeps what was so after each. Health bands have a twin of their
own and are taken as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

import actions_oracle
import churn_oracle
import oracle
import terms_oracle

TOTALS = ("at_risk", "not_at_risk")


@dataclass(frozen=True)
class Snapshot:
    """The subscriptions of a customer after an instant, and since when it is asked to end each."""

    at: datetime
    day: date
    subscriptions: dict[str, oracle.Subscription]
    requested: dict[str, datetime | None]


@dataclass(frozen=True)
class Term:
    """A term of a quarter or longer: its first day, that of the next term or the end, and its last day."""

    began_on: date
    next_on: date | None
    ends_on: date


@dataclass(frozen=True)
class Exposed:
    """A subscription at the end of a day, the risks that it has, the first one first, and when it is lost."""

    customer_id: str
    subscription_id: str
    day: date
    mrr: Decimal
    plan: str
    risks: tuple[str, ...]
    lost_on: date | None

    @property
    def first(self) -> str:
        return self.risks[0] if self.risks else "not_at_risk"


def snapshots(events: list[oracle.Event], settings: oracle.Settings) -> list[Snapshot]:
    """What a customer's subscriptions were after each instant."""
    lives = oracle.lives_of(events, settings).values()
    ordered = sorted((event for life in lives for event in life), key=lambda event: event.occurred_at)
    now: dict[str, oracle.Subscription] = {}
    requested: dict[str, datetime | None] = {}
    found = []
    for at, of_instant in groupby(ordered, key=lambda event: event.occurred_at):
        for event in of_instant:
            key = event.subscription_id
            was = now.get(key, oracle.Subscription(free_counts=settings.free_plans_are_customers))
            now[key] = oracle.apply(was, event)
            if now[key].request is None:
                requested[key] = None
            elif was.request is None:
                requested[key] = at
        day = oracle.local_date_of(at, settings.reporting_timezone)
        found.append(Snapshot(at, day, dict(now), dict(requested)))
    return found


def terms(begun: Iterable[terms_oracle.Begin], as_of: datetime, zone: str) -> list[Term]:
    """The long terms of one subscription: what nobody renewed or ended on the last day goes on for as long again."""
    found = []
    for begin in begun:
        first_on, following_at = oracle.local_date_of(begin.at, zone), begin.renewed_at or begin.ended_at
        began_at, number = begin.at, 0
        while begin.is_long and began_at <= as_of and not (following_at and following_at <= began_at):
            number += 1
            ends_on = begin.length.after(first_on, number)
            over_at = actions_oracle.midnight(ends_on + timedelta(days=1), zone)
            next_at = (
                following_at if following_at and following_at <= over_at else over_at if over_at <= as_of else None
            )
            found.append(
                Term(
                    oracle.local_date_of(began_at, zone),
                    oracle.local_date_of(next_at, zone) if next_at else None,
                    ends_on,
                )
            )
            began_at = over_at
    return found


def conditions(snapshot: Snapshot, key: str, own_terms: list[Term], band: str | None, day: date, zone: str) -> Iterator:
    """What holds of a subscription at the end of a day, and for or in how many days."""
    subscription, requested_at = snapshot.subscriptions[key], snapshot.requested[key]
    if requested_at:
        yield "cancel_pending", (day - oracle.local_date_of(requested_at, zone)).days
    if subscription.failed_at:
        yield "past_due", (day - oracle.local_date_of(subscription.failed_at, zone)).days
    if subscription.state == oracle.PAUSED:
        yield "paused", 0
    for term in own_terms:
        if term.began_on <= day and (term.next_on is None or term.next_on > day):
            yield "term_ends", (term.ends_on - day).days
    if band == "red":
        yield "red_health", 0


def lost_on(history: list[Snapshot], position: int, key: str) -> date | None:
    """The day on which an active subscription ends next, unless another one starts at that instant."""
    for before, after in pairwise(history[position:]):
        if not after.subscriptions[key].is_active():
            switched = any(
                other.is_active() and not (name in before.subscriptions and before.subscriptions[name].is_active())
                for name, other in after.subscriptions.items()
            )
            return None if switched else after.day
    return None


def exposed(
    histories: dict[str, list[Snapshot]], all_terms: dict, bands: dict, today: date, zone: str, seed: list[dict]
) -> Iterator[Exposed]:
    """Every active subscription at the end of each day of scoring."""
    for customer_id, history in histories.items():
        for day in (*churn_oracle.month_ends(today), today):
            position = max((number for number, snapshot in enumerate(history) if snapshot.day <= day), default=None)
            if position is None:
                continue
            snapshot = history[position]
            for key, subscription in snapshot.subscriptions.items():
                if not subscription.is_active():
                    continue
                band = bands.get((customer_id, day))
                risks = {
                    (int(row["risk_order"]), row["risk"])
                    for condition, days in conditions(snapshot, key, all_terms.get(key, []), band, day, zone)
                    for row in seed
                    if row["condition"] == condition
                    and days >= int(row["from_days"])
                    and (not row["to_days"] or days <= int(row["to_days"]))
                }
                yield Exposed(
                    customer_id, key, day, subscription.current_mrr(), subscription.plan_id or oracle.NO_VALUE,
                    tuple(risk for _, risk in sorted(risks)), lost_on(history, position, key),
                )  # fmt: skip


def segments(one: Exposed, attributes: dict[str, dict]) -> list[tuple[str, str]]:
    own = attributes.get(one.customer_id, {})
    named = [(name, own.get(name) or oracle.NO_VALUE) for name in oracle.ATTRIBUTE_SEGMENTS]
    return [("all", "all"), *named, ("plan", one.plan)]


def at_risk(rows: list[Exposed], attributes: dict[str, dict], today: date, order: dict[str, int]) -> list[dict]:
    """The rows of rpt_mrr_at_risk."""
    rows = [one for one in rows if one.day == today]
    speaks: dict[str, Exposed] = {}  # under whose first risk each customer is counted
    for one in sorted(rows, key=lambda one: (order.get(one.first, 10**6), one.first, one.subscription_id)):
        speaks.setdefault(one.customer_id, one)
    groups: dict[tuple, list[Exposed]] = defaultdict(list)
    for one in rows:
        for segment in segments(one, attributes):
            for risk in (*one.risks, "at_risk") if one.risks else ("not_at_risk",):
                groups[risk, *segment].append(one)
    found = []
    for (risk, *segment), own in groups.items():
        first = [one for one in own if risk in ("at_risk", one.first)]
        total = sum(one.mrr for name in TOTALS for one in groups.get((name, *segment), []))
        mrr = sum((one.mrr for one in first), Decimal(0))
        found.append({
            "risk": risk,
            "segment_type": segment[0],
            "segment_value": segment[1],
            "customers": sum(speaks[one.customer_id] is one for one in first),
            "subscriptions": len(first),
            "mrr": mrr,
            "mrr_share": oracle.ratio(mrr, total),
            "customers_with_risk": len({one.customer_id for one in own}),
            "subscriptions_with_risk": len(own),
            "mrr_with_risk": sum((one.mrr for one in own), Decimal(0)),
        })  # fmt: skip
    return found


def history(rows: list[Exposed], attributes: dict[str, dict], today: date) -> list[dict]:
    """The rows of rpt_mrr_at_risk_history."""
    groups: dict[tuple, list[Exposed]] = defaultdict(list)
    for one in rows:
        for horizon in churn_oracle.HORIZONS:
            if one.day + timedelta(days=horizon) < today:
                for segment in segments(one, attributes):
                    for risk in {one.first, "at_risk" if one.risks else "not_at_risk"}:
                        groups[one.day, horizon, risk, *segment].append(one)

    def sums(key: tuple) -> tuple[list[Exposed], Decimal, Decimal]:
        own = groups.get(key, [])
        lost = [one for one in own if one.lost_on and (one.lost_on - one.day).days <= key[1]]
        return lost, sum((one.mrr for one in own), Decimal(0)), sum((one.mrr for one in lost), Decimal(0))

    names = ("scored_on", "horizon_days", "risk", "segment_type", "segment_value")
    found = []
    for key, own in groups.items():
        lost, mrr, mrr_lost = sums(key)
        _, at_ease, lost_at_ease = sums((*key[:2], "not_at_risk", *key[3:]))
        found.append(dict(zip(names, key, strict=True)) | {
            "subscriptions": len(own),
            "subscriptions_lost": len(lost),
            "mrr": mrr,
            "mrr_lost": mrr_lost,
            "lost_share": oracle.ratio(mrr_lost, mrr),
            "lost_share_not_at_risk": oracle.ratio(lost_at_ease, at_ease),
        })  # fmt: skip
    return found
