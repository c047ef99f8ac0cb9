"""A plain-Python reading of the metric definitions, to compare the warehouse with.

It is written from the specification alone, shares no code with the warehouse, and prefers being obviously right to
being fast: one event at a time goes through the state machine, a customer's history is a list of moments, and every
question about a period is answered by looking up the last moment before a boundary.

Conventions
    time      naive `datetime` in UTC
    date      `datetime.date` in the reporting timezone
    money     `Decimal` in the reporting currency, MRR with six places
    rate      fraction as `float`, `None` when its denominator is 0
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

Z_95 = 1.959963984540054
GRAINS = ("day", "week", "month", "quarter", "year")
_PROJECT = Path(__file__).parents[2] / "dbt_project.yml"
ATTRIBUTE_SEGMENTS = tuple(yaml.safe_load(_PROJECT.read_text(encoding="utf-8"))["vars"]["segments"])
NO_VALUE = "(none)"
OTHER_VALUES = "(other)"

LIFECYCLE_RANK = {
    "trial_started": 1,
    "started": 2,
    "reactivated": 2,
    "renewed": 3,
    "resumed": 4,
    "changed": 5,
    "payment_failed": 6,
    "payment_recovered": 7,
    "paused": 8,
    "cancel_requested": 9,
    "cancelled": 10,
    "expired": 10,
}

MONTHS_IN_INTERVAL = {
    "day": Fraction(12, 365),
    "week": Fraction(12, 52),
    "month": Fraction(1),
    "quarter": Fraction(3),
    "year": Fraction(12),
}

NONE, TRIALING, LIVE, PAUSED, ENDED = "none", "trialing", "live", "paused", "ended"


@dataclass(frozen=True)
class Settings:
    """What the adopter may set. `as_of` and `known_at` are naive UTC."""

    reporting_timezone: str = "UTC"
    reporting_currency: str = "USD"
    fiscal_year_start_month: int = 1
    as_of: datetime | None = None
    known_at: datetime | None = None
    dunning_window_days: int = 60
    free_plans_are_customers: bool = True
    switch_grace_minutes: int = 0
    largest_segment_values: int = 200
    times_are_dates: bool = False  # worked out from the events (`with_dates`), not set


# ---------------------------------------------------------------------------------------------------------------------
# Reading raw text. A value that cannot be read raises Unreadable, and its row goes to quarantine.
# ---------------------------------------------------------------------------------------------------------------------


class Unreadable(ValueError):
    """The row cannot be read and belongs in quarantine."""


NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ](?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?P<fraction>[0-9]+))?"
    r"(Z| UTC| ?(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))?)?"
)
# White space of any kind, and what has no width, around a value is no part of it.
NO_WIDTH = "\u200b\ufeff"


def text(row: dict, column: str) -> str | None:
    """The text in a column without the blanks around it; a missing column and a blank text are null."""
    value, rest = row.get(column) or "", None
    while value != rest:
        value, rest = value.strip().strip(NO_WIDTH), value
    return value or None


def spelled(value: str | None) -> str | None:
    """A code as its list spells it: case and the number of blanks between its words mean nothing."""
    return value and " ".join(value.lower().split())


def code(row: dict, column: str) -> str | None:
    """The code of a fixed list in a column, or null."""
    return spelled(text(row, column))


def required_text(row: dict, column: str) -> str:
    """The text in a column that must not be null."""
    value = text(row, column)
    if value is None:
        raise Unreadable(f"{column} is missing")
    return value


def number(row: dict, column: str) -> Decimal | None:
    """A finite decimal number, or null."""
    value = text(row, column)
    if value is None:
        return None
    if not NUMBER.fullmatch(value.strip()):
        raise Unreadable(f"{column} is no number")
    return Decimal(value.strip())


def not_negative(row: dict, column: str) -> Decimal | None:
    """A number of at least 0, or null."""
    value = number(row, column)
    if value is not None and value < 0:
        raise Unreadable(f"{column} is negative")
    return value


def instant(row: dict, column: str) -> datetime | None:
    """A time in naive UTC, or null: with an offset it is converted, without one it is UTC, a date is its midnight."""
    value = text(row, column)
    if value is None:
        return None
    match = TIME.fullmatch(value.strip())
    if match is None:
        raise Unreadable(f"{column} is no time")
    try:
        result = datetime.fromisoformat(f"{match['day']}T{match['clock'] or '00:00:00'}")
        result += timedelta(microseconds=int((match["fraction"] or "0").ljust(6, "0")[:6]))
        if match["sign"]:
            offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
            result = result.replace(tzinfo=timezone(offset if match["sign"] == "+" else -offset))
            result = result.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{column} is no time") from error
    return result


def midnight(day: date) -> datetime:
    """The first instant of a day, as a naive time."""
    return datetime.combine(day, time.min)


@dataclass(frozen=True)
class Record:
    """A readable raw row: its key, when it was loaded (never null), and its typed values in the contract's order."""

    key: Any
    loaded_at: datetime
    values: dict[str, Any]

    def content(self) -> tuple:
        """The values as something to compare: column by column, null lowest."""
        return tuple((value is not None, value) for value in self.values.values())


SMALLEST_RATE, GREATEST_RATE = Decimal("0.000000000001"), Decimal(1_000_000)

# rates: currency (upper case) -> list of (rate_date, rate to the reporting currency)
Rates = dict[str, list[tuple[date, Decimal]]]


def read_rate(row: dict) -> Record:
    """A row of exchange_rates; key (currency, rate_date)."""
    rate_time = instant(row, "rate_date")
    if rate_time is None:
        raise Unreadable("rate_date is missing")
    currency = spelled(required_text(row, "currency")).upper()
    rate = number(row, "rate_to_reporting")
    if rate is None or not SMALLEST_RATE <= rate <= GREATEST_RATE:
        raise Unreadable("rate_to_reporting is missing, not positive, or none that money can be converted by")
    loaded_at = instant(row, "loaded_at")
    rate_date = rate_time.date()
    values = {"rate_date": rate_date, "currency": currency, "rate_to_reporting": rate, "loaded_at": loaded_at}
    return Record((currency, rate_date), loaded_at or midnight(rate_date), values)


def read_customer(row: dict) -> Record:
    """A row of customers; key customer_id."""
    values: dict[str, Any] = {
        "customer_id": required_text(row, "customer_id"),
        "created_at": instant(row, "created_at"),
        **{name: text(row, name) for name in ATTRIBUTE_SEGMENTS},
        "owner": text(row, "owner"),
        "email": text(row, "email"),
        "loaded_at": instant(row, "loaded_at"),
    }
    loaded_at = values["loaded_at"] or values["created_at"] or datetime.min
    return Record(values["customer_id"], loaded_at, values)


def read_event(row: dict, rates: Rates, settings: Settings) -> Record:
    """A row of subscription_events; key event_id."""
    currency = code(row, "currency")
    values: dict[str, Any] = {
        "event_id": required_text(row, "event_id"),
        "customer_id": required_text(row, "customer_id"),
        "subscription_id": required_text(row, "subscription_id"),
        "event_type": spelled(required_text(row, "event_type")),
        "occurred_at": instant(row, "occurred_at"),
        "plan_id": text(row, "plan_id"),
        "product_id": text(row, "product_id"),
        "amount": not_negative(row, "amount"),
        "currency": currency and currency.upper(),
        "billing_interval": code(row, "billing_interval"),
        "billing_interval_count": number(row, "billing_interval_count"),
        "quantity": not_negative(row, "quantity"),
        "reason_code": code(row, "reason_code"),
        "reason_text": text(row, "reason_text"),
        "cancelled_by": code(row, "cancelled_by"),
        "loaded_at": instant(row, "loaded_at"),
    }
    count = values["billing_interval_count"]
    if values["occurred_at"] is None:
        raise Unreadable("occurred_at is missing")
    if values["event_type"] not in LIFECYCLE_RANK:
        raise Unreadable("event_type is unknown")
    if values["billing_interval"] is not None and values["billing_interval"] not in MONTHS_IN_INTERVAL:
        raise Unreadable("billing_interval is unknown")
    if count is not None and (count <= 0 or count != int(count)):
        raise Unreadable("billing_interval_count is no positive integer")
    if values["amount"] is not None and event_rate(values, rates, settings) is None:
        raise Unreadable("the currency has no rate on or before the day")
    return Record(values["event_id"], values["loaded_at"] or values["occurred_at"], values)


def rate_on(rates: Rates, currency: str, day: date) -> Decimal | None:
    """The latest rate on or before a day, or null."""
    known = [(rate_date, rate) for rate_date, rate in rates.get(currency, []) if rate_date <= day]
    return max(known)[1] if known else None


def event_rate(values: dict[str, Any], rates: Rates, settings: Settings) -> Decimal | None:
    """What one unit of the event's currency is worth in the reporting currency on the event's UTC day, or null."""
    reporting_currency = settings.reporting_currency.upper()
    currency = values["currency"] or reporting_currency
    if currency == reporting_currency:
        return Decimal(1)
    return rate_on(rates, currency, values["occurred_at"].date())


def six_places(value: Fraction) -> Decimal:
    """A non-negative number rounded half up to six places."""
    return Decimal(math.floor(value * 10**6 + Fraction(1, 2))).scaleb(-6)


def monthly_amount(amount: Decimal, rate: Decimal, interval: str, count: int) -> Decimal:
    """MRR: the charge of one billing interval, converted, over the months in the interval."""
    return six_places(Fraction(amount) * Fraction(rate) / (MONTHS_IN_INTERVAL[interval] * count))


def accept(
    table: str, rows: Iterable[dict], read: Callable[[dict], Record], known_at: datetime | None
) -> tuple[list[Record], dict]:
    """The records that count (readable, known, one per key), and the table's row of rpt_event_reconciliation.

    Rows hidden by `known_at` are accepted but take no part. Of several rows with one key the one loaded last counts,
    then the one with the greater content.
    """
    raw = quarantined = hidden = duplicates = 0
    winners: dict[Any, Record] = {}
    for row in rows:
        raw += 1
        try:
            record = read(row)
        except Unreadable:
            quarantined += 1
            continue
        if known_at is not None and record.loaded_at > known_at:
            hidden += 1
            continue
        other = winners.get(record.key)
        if other is not None:
            duplicates += 1
        if other is None or (record.loaded_at, record.content()) > (other.loaded_at, other.content()):
            winners[record.key] = record
    counts = {
        "raw_table": table,
        "raw_rows": raw,
        "accepted_rows": hidden + len(winners),
        "duplicate_rows": duplicates,
        "quarantined_rows": quarantined,
    }
    return list(winners.values()), counts


# ---------------------------------------------------------------------------------------------------------------------
# The state machine of one subscription
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """An accepted and seen event. `mrr` is the MRR its amount stands for, null without an amount."""

    event_id: str
    customer_id: str
    subscription_id: str
    event_type: str
    occurred_at: datetime
    loaded_at: datetime
    plan_id: str | None
    product_id: str | None
    mrr: Decimal | None
    reason_code: str | None
    cancelled_by: str | None

    def order(self) -> tuple:
        """What events are sorted by."""
        return (self.occurred_at, LIFECYCLE_RANK[self.event_type], self.loaded_at, self.event_id)


@dataclass(frozen=True)
class CancelRequest:
    """The open request to end later."""

    reason_code: str | None
    cancelled_by: str | None
    requested_at: datetime | None = None


@dataclass(frozen=True)
class Ending:
    """How a subscription ended, with what was open at that moment."""

    reason_code: str | None
    cancelled_by: str | None
    was_requested: bool
    failed_at: datetime | None
    requested_at: datetime | None


@dataclass(frozen=True)
class Subscription:
    """The state of one subscription after an event. `mrr` is null until an amount is given."""

    state: str = NONE
    plan_id: str | None = None
    product_id: str | None = None  # what events gave, whatever the plan's is
    mrr: Decimal | None = None
    failed_at: datetime | None = None
    request: CancelRequest | None = None
    ending: Ending | None = None
    first_active_at: datetime | None = None
    free_counts: bool = True

    def is_active(self) -> bool:
        """Live or paused: its customer is a customer, unless it is known to cost nothing and such do not count."""
        return self.state in (LIVE, PAUSED) and (self.free_counts or self.mrr is None or self.mrr > 0)

    def current_mrr(self) -> Decimal:
        """What it adds to the customer's MRR now: nothing unless live, an unknown MRR as 0."""
        return self.mrr if self.state == LIVE and self.mrr is not None else Decimal(0)


def with_terms(subscription: Subscription, event: Event) -> Subscription:
    """The subscription with the event's plan and MRR, where given."""
    if event.mrr == 0:  # where free plans do not count, that is how it ended
        subscription = replace(subscription, ending=ending_by(subscription, event))
    return replace(
        subscription,
        plan_id=event.plan_id if event.plan_id is not None else subscription.plan_id,
        product_id=event.product_id if event.product_id is not None else subscription.product_id,
        mrr=event.mrr if event.mrr is not None else subscription.mrr,
    )


def end(subscription: Subscription, event: Event) -> Subscription:
    """The subscription ended by the event."""
    return replace(subscription, state=ENDED, failed_at=None, request=None, ending=ending_by(subscription, event))


def ending_by(subscription: Subscription, event: Event) -> Ending:
    """How an event ends a subscription; the reason is the event's, else the open cancel request's."""
    request = subscription.request or CancelRequest(None, None)
    return Ending(
        reason_code=event.reason_code if event.reason_code is not None else request.reason_code,
        cancelled_by=event.cancelled_by if event.cancelled_by is not None else request.cancelled_by,
        was_requested=subscription.request is not None,
        failed_at=subscription.failed_at,
        requested_at=request.requested_at,
    )


def apply(subscription: Subscription, event: Event) -> Subscription:
    """The subscription after one event. An event that the state does not allow changes nothing."""
    kind, state = event.event_type, subscription.state
    if kind == "trial_started" and state in (NONE, ENDED):
        return with_terms(replace(subscription, state=TRIALING), event)
    if kind in ("started", "reactivated", "renewed"):
        return with_terms(replace(subscription, state=LIVE, failed_at=None, request=None), event)
    if kind == "changed" and state in (TRIALING, LIVE, PAUSED):
        return with_terms(subscription, event)
    if kind == "payment_failed" and state in (LIVE, PAUSED) and subscription.failed_at is None:
        return replace(subscription, failed_at=event.occurred_at)
    if kind == "payment_recovered":
        return replace(subscription, failed_at=None)
    if kind == "paused" and state == LIVE:
        return replace(subscription, state=PAUSED)
    if kind == "resumed" and state == PAUSED:
        return replace(subscription, state=LIVE)
    if kind == "cancel_requested" and state in (TRIALING, LIVE, PAUSED):
        request = CancelRequest(event.reason_code, event.cancelled_by, event.occurred_at)
        return replace(subscription, request=request)
    if kind in ("cancelled", "expired") and state in (TRIALING, LIVE, PAUSED):
        return end(subscription, event)
    return subscription


# ---------------------------------------------------------------------------------------------------------------------
# The history of one customer
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """A customer after all events of one instant."""

    at: datetime
    local_date: date
    subscriptions: dict[str, Subscription]
    is_active: bool
    mrr: Decimal
    plan: str


@dataclass(frozen=True)
class Customer:
    """A customer with its attributes as known now, its moments in order of time, and its churn events.

    `churns` holds pairs (local date, row of fct_churn_events).
    """

    customer_id: str
    attributes: dict[str, str]
    history: list[Moment]
    churns: list[tuple[date, dict]] = field(default_factory=list)


BEFORE_ALL = Moment(datetime.min, date.min, {}, False, Decimal(0), NO_VALUE)


def local_date_of(at: datetime, timezone_name: str) -> date:
    """The date in the reporting timezone of a naive UTC time."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone_name)).date()


def main_plan(subscriptions: dict[str, Subscription]) -> str:
    """The plan of the active subscription with the highest MRR, then the earliest start, then the lowest id."""
    active = [(-sub.current_mrr(), sub.first_active_at, key) for key, sub in subscriptions.items() if sub.is_active()]
    if not active:
        return NO_VALUE
    _, _, subscription_id = min(active)
    return subscriptions[subscription_id].plan_id or NO_VALUE


def moment_of(at: datetime, subscriptions: dict[str, Subscription], settings: Settings) -> Moment:
    """The customer at an instant, from its subscriptions after all events of that instant."""
    return Moment(
        at=at,
        local_date=local_date_of(at, settings.reporting_timezone),
        subscriptions=subscriptions,
        is_active=any(sub.is_active() for sub in subscriptions.values()),
        mrr=sum((sub.current_mrr() for sub in subscriptions.values()), Decimal(0)),
        plan=main_plan(subscriptions),
    )


def taking_turns(first: list[Event], second: list[Event]) -> list[Event]:
    """One of the first, one of the second, and so on; what is left over of either comes last."""
    pairs = zip_longest(first, second)
    return [event for pair in pairs for event in pair if event is not None]


def in_turn(state: str, events: list[Event]) -> list[Event]:
    """The order in which the events of one subscription and instant happen to it, whose state was `state` before."""
    ordered = sorted(events, key=Event.order)

    def of(*kinds: str) -> list[Event]:
        return [event for event in ordered if event.event_type in kinds]

    starts, ends, pauses, resumes = (
        of("started", "reactivated"),
        of("cancelled", "expired"),
        of("paused"),
        of("resumed"),
    )
    place = {event.event_id: (float(LIFECYCLE_RANK[event.event_type]), 0) for event in ordered}
    if starts and ends:
        goes_on = state in (TRIALING, LIVE, PAUSED)
        turns = taking_turns(ends, starts) if goes_on else taking_turns(starts, ends)
        place |= {event.event_id: (10.0, number) for number, event in enumerate(turns)}
        if not goes_on:
            place[starts[0].event_id] = (2.0, 0)
    if pauses and resumes and state in (LIVE, PAUSED):
        turns = taking_turns(pauses, resumes) if state == LIVE else taking_turns(resumes, pauses)
        place |= {event.event_id: (8.0, number) for number, event in enumerate(turns)}
        if state == PAUSED:
            place[resumes[0].event_id] = (4.0, 0)
    return sorted(ordered, key=lambda event: (place[event.event_id], event.order()))


MICROSECOND = timedelta(microseconds=1)


def came_and_went(events: list[Event]) -> list[Event]:
    """The events of a day in their order, ends after the last start a microsecond later: it was there on that day."""
    last_start = max(
        (number for number, event in enumerate(events) if event.event_type in ("started", "reactivated", "renewed")),
        default=len(events),
    )
    return [
        replace(event, occurred_at=event.occurred_at + MICROSECOND)
        if number > last_start and event.event_type in ("cancelled", "expired")
        else event
        for number, event in enumerate(events)
    ]


def in_order(events: list[Event], times_are_dates: bool) -> list[Event]:
    """The events of one subscription in the order in which they happen to it."""
    subscription, result = Subscription(), []
    for _, group in groupby(sorted(events, key=Event.order), key=lambda event: event.occurred_at):
        turns = in_turn(subscription.state, list(group))
        result += came_and_went(turns) if times_are_dates and subscription.state not in (LIVE, PAUSED) else turns
        for event in turns:
            subscription = apply(subscription, event)
    return result


def activity_changes(life: list[Event], settings: Settings) -> Iterator[tuple[datetime, bool]]:
    """Each instant at which a subscription starts (true) or ends (false) to make its customer a customer."""
    subscription = Subscription(free_counts=settings.free_plans_are_customers)
    for at, events in groupby(life, key=lambda event: event.occurred_at):
        before = subscription
        for event in events:
            subscription = apply(subscription, event)
        if before.is_active() != subscription.is_active():
            yield at, subscription.is_active()


def waiting(life: list[Event], ended_at: datetime, start: datetime) -> list[Event]:
    """The events of a subscription, those from its end until the start put off to that start."""
    return [replace(event, occurred_at=start) if ended_at <= event.occurred_at < start else event for event in life]


def lives_of(events: list[Event], settings: Settings) -> dict[str, list[Event]]:
    """The events of each subscription of one customer, in their order and at the time at which they count.

    An end that a start of the customer follows within the grace counts at that start.
    """
    by_subscription = defaultdict(list)
    for event in events:
        by_subscription[event.subscription_id].append(event)
    lives = {key: in_order(life, settings.times_are_dates) for key, life in by_subscription.items()}
    grace = timedelta(minutes=settings.switch_grace_minutes)
    changes = {key: list(activity_changes(life, settings)) for key, life in lives.items()}
    starts = sorted(at for own in changes.values() for at, is_start in own if is_start)
    for key, own in changes.items():
        for ended_at in [at for at, is_start in own if not is_start]:
            start = next((at for at in starts if at >= ended_at), None)
            if start is not None and start - ended_at <= grace:
                lives[key] = waiting(lives[key], ended_at, start)
    return lives


def replay(events: list[Event], settings: Settings) -> list[Moment]:
    """The history of one customer: one moment for every instant at which something happened to it."""
    history: list[Moment] = []
    subscriptions: dict[str, Subscription] = {}
    lives = lives_of(events, settings).values()
    ordered = sorted((event for life in lives for event in life), key=lambda event: event.occurred_at)
    for position, event in enumerate(ordered):
        before = subscriptions.get(event.subscription_id, Subscription(free_counts=settings.free_plans_are_customers))
        subscriptions = {**subscriptions, event.subscription_id: apply(before, event)}
        is_last_of_instant = position + 1 == len(ordered) or ordered[position + 1].occurred_at > event.occurred_at
        if is_last_of_instant:
            for key, sub in subscriptions.items():
                if sub.is_active() and sub.first_active_at is None:
                    subscriptions = {**subscriptions, key: replace(sub, first_active_at=event.occurred_at)}
            history.append(moment_of(event.occurred_at, subscriptions, settings))
    return history


def state_before(history: list[Moment], boundary: date) -> Moment:
    """The customer after every event that lies before the start of a local date."""
    state = BEFORE_ALL
    for moment in history:
        if moment.local_date < boundary:
            state = moment
    return state


def with_previous(history: list[Moment]) -> list[tuple[Moment, Moment]]:
    """Every moment together with the one before it: pairs (previous, moment)."""
    return list(zip([BEFORE_ALL, *history], history, strict=False))


def activations(history: list[Moment]) -> list[Moment]:
    """The moments at which the customer became active; the first of them is when it was acquired."""
    return [moment for previous, moment in with_previous(history) if moment.is_active and not previous.is_active]


def speaking_subscription(previous: Moment, moment: Moment) -> str:
    """Of the subscriptions that ended at a moment the id of the one with the highest MRR before, then the lowest id."""
    ended = [
        (-sub.current_mrr(), key)
        for key, sub in previous.subscriptions.items()
        if sub.is_active() and not moment.subscriptions[key].is_active()
    ]
    return min(ended)[1]


def classify(ending: Ending, ended_at: datetime, reasons: dict[str, dict], window_days: int) -> dict[str, Any]:
    """The churn type of an ending by the first rule that applies, as columns of fct_churn_events.

    `reasons` is the seed churn_reasons by reason_code.
    """
    reason = reasons.get(ending.reason_code) if ending.reason_code is not None else None
    earliest_failure = ended_at - timedelta(days=window_days)
    if reason is not None:
        rule, churn_type = "reason_code", reason["churn_type"]
        is_narrow = reason["is_involuntary_narrow"].lower() == "true"
    elif ending.failed_at is not None and ending.failed_at >= earliest_failure:
        rule, churn_type, is_narrow = "open_payment_failure", "involuntary", True
    elif ending.was_requested or ending.cancelled_by == "customer":
        rule, churn_type, is_narrow = "customer_cancelled", "voluntary", False
    elif ending.cancelled_by == "system":
        rule, churn_type, is_narrow = "system_cancelled", "involuntary", False
    else:
        rule, churn_type, is_narrow = "unknown", "unknown", False
    return {
        "churn_type": churn_type,
        "is_involuntary_narrow": is_narrow,
        "reason_code": ending.reason_code,
        "reason_category": reason["reason_category"] or None if reason else None,
        "is_preventable": reason["is_preventable"].lower() == "true" if reason else None,
        "classification_rule": rule,
    }


def churn_events(
    customer_id: str, history: list[Moment], reasons: dict[str, dict], settings: Settings
) -> list[tuple[date, dict]]:
    """Each time the customer stopped being active: pairs (local date, row of fct_churn_events)."""
    became_active = [moment.at for moment in activations(history)]
    result = []
    for previous, moment in with_previous(history):
        if not previous.is_active or moment.is_active:
            continue
        ending = moment.subscriptions[speaking_subscription(previous, moment)].ending
        assert ending is not None
        active_since = max(at for at in became_active if at < moment.at)
        row = {
            "customer_id": customer_id,
            "churned_at": midnight(moment.at.date()) if settings.times_are_dates else moment.at,
            **classify(ending, moment.at, reasons, settings.dunning_window_days),
            "mrr_lost": previous.mrr,
            "tenure_days": (moment.at - active_since) // timedelta(days=1),
            "returned_at": min((at for at in became_active if at > moment.at), default=None),
        }
        result.append((moment.local_date, row))
    return result


# ---------------------------------------------------------------------------------------------------------------------
# Periods, segments and rates
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A reporting period `[start, end)` in local dates."""

    grain: str
    start: date
    end: date


def add_months(first_of_month: date, months: int) -> date:
    """The first of the month so many months later (or earlier)."""
    year, month = divmod(first_of_month.year * 12 + first_of_month.month - 1 + months, 12)
    return date(year, month + 1, 1)


def period_holding(grain: str, day: date, fiscal_year_start_month: int) -> Period:
    """The period of a grain that holds a local date."""
    if grain == "day":
        return Period(grain, day, day + timedelta(days=1))
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(grain, monday, monday + timedelta(days=7))
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    months_into_period = (day.month - fiscal_year_start_month) % months
    start = add_months(day.replace(day=1), -months_into_period)
    return Period(grain, start, add_months(start, months))


def periods_from_to(grain: str, first: date, last: date, fiscal_year_start_month: int) -> list[Period]:
    """All periods of a grain from the one that holds `first` to the one that holds `last`."""
    result = []
    period = period_holding(grain, first, fiscal_year_start_month)
    while period.start <= last:
        result.append(period)
        period = period_holding(grain, period.end, fiscal_year_start_month)
    return result


def ratio(numerator: int | Decimal, denominator: int | Decimal) -> float | None:
    """A rate as a fraction, null when the denominator is 0."""
    return float(Decimal(numerator) / Decimal(denominator)) if denominator else None


def wilson(count: int, total: int) -> tuple[float | None, float | None]:
    """The Wilson 95% interval (lower, upper) of `count` out of `total`, nulls when the total is 0."""
    if total == 0:
        return None, None
    share = count / total
    z2 = Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, centre - half), min(1.0, centre + half)


Segment = tuple[str, str]  # (segment_type, segment_value)
Tally = dict[str, Any]  # column -> count or money, 0 until something is added
SEGMENT_TYPES = ("all", *ATTRIBUTE_SEGMENTS, "plan")
CELL_COLUMNS = {
    "fct_customer_cells": ("country", "customer_segment", "industry", "acquisition_channel"),
    "fct_plan_cells": ("plan_id", "country", "customer_segment", "industry", "acquisition_channel"),
}


def segment_value(customer: Customer, moment: Moment, segment_type: str) -> Any:
    """The value of a segment that an active customer is in at a moment; of a table of cells one for each column."""
    if segment_type == "all":
        return "all"
    if segment_type == "plan":
        return moment.plan
    if segment_type in CELL_COLUMNS:
        own = {**customer.attributes, "plan_id": moment.plan}
        return tuple(own[column] for column in CELL_COLUMNS[segment_type])
    return customer.attributes[segment_type]


def times_in_segments(customers: list[Customer]) -> Iterator[tuple[Segment, Customer, Moment]]:
    """Every segment that a customer is active in at a moment."""
    for customer in customers:
        for moment in customer.history:
            if moment.is_active:
                for segment_type in SEGMENT_TYPES:
                    yield (segment_type, segment_value(customer, moment, segment_type)), customer, moment


def small_segments(customers: list[Customer], settings: Settings) -> set[Segment]:
    """The segments that are not among the largest of their type, by the customers that ever were active in them."""
    members: dict[Segment, set[str]] = defaultdict(set)
    for segment, customer, _ in times_in_segments(customers):
        members[segment].add(customer.customer_id)
    small = set()
    for segment_type in SEGMENT_TYPES:
        own = {value: len(ids) for (its_type, value), ids in members.items() if its_type == segment_type}
        values = sorted(own)
        values.sort(key=own.__getitem__, reverse=True)  # as large ones stay in the order of their texts
        if OTHER_VALUES in values:
            values.remove(OTHER_VALUES)
            values.append(OTHER_VALUES)
        small |= {(segment_type, value) for value in values[settings.largest_segment_values :]}
    return small


def shown_as(segment: Segment, grain: str, small: set[Segment]) -> Segment:
    """The segment that a customer of a segment is counted in."""
    return (segment[0], OTHER_VALUES) if grain in ("day", "week") and segment in small else segment


def first_dates(customers: list[Customer], grain: str, small: set[Segment]) -> dict[Segment, date]:
    """For every segment shown the first local date on which any customer is active in it."""
    result: dict[Segment, date] = {}
    for segment, _, moment in times_in_segments(customers):
        shown = shown_as(segment, grain, small)
        result[shown] = min(result.get(shown, moment.local_date), moment.local_date)
    return result


def tally_customer(
    tallies: dict[Segment, Tally],
    customer: Customer,
    period: Period,
    small: set[Segment],
    segment_types: Sequence[str] = SEGMENT_TYPES,
) -> None:
    """Count one customer's period: what it was at both ends, and what happened in between."""
    start = state_before(customer.history, period.start)
    end_ = state_before(customer.history, period.end)
    inside = [moment for moment in customer.history if period.start <= moment.local_date < period.end]
    acquired = [moment.local_date for moment in activations(customer.history)[:1]]
    was_customer_before = any(day < period.start for day in acquired)
    active_inside = [moment for moment in inside if moment.is_active]

    def segment_of(moment: Moment, segment_type: str) -> Segment:
        return shown_as((segment_type, segment_value(customer, moment, segment_type)), period.grain, small)

    def add(moment: Moment, column: str, amount: int | Decimal) -> None:
        for segment_type in segment_types:
            tallies[segment_of(moment, segment_type)][column] += amount

    if start.is_active:
        add(start, "customers_start", 1)
        add(start, "mrr_start", start.mrr)
    if end_.is_active:
        add(end_, "customers_end", 1)
        add(end_, "mrr_end", end_.mrr)

    if start.is_active and not end_.is_active:
        last_churn = [row for day, row in customer.churns if period.start <= day < period.end][-1]
        add(start, "customers_churned", 1)
        add(start, "customers_churned_" + last_churn["churn_type"], 1)
        add(start, "mrr_churn", -start.mrr)
    if not start.is_active and end_.is_active:
        add(end_, "customers_reactivated" if was_customer_before else "customers_new", 1)
        add(end_, "mrr_reactivation" if was_customer_before else "mrr_new", end_.mrr)
    if start.is_active and end_.is_active:
        change = end_.mrr - start.mrr
        kind = "mrr_expansion" if change > 0 else "mrr_contraction"
        add(end_, kind, change)
        add(start, kind + "_of_start", change)
        for segment_type in segment_types:
            old, new = segment_of(start, segment_type), segment_of(end_, segment_type)
            if old != new:
                tallies[old]["customers_moved_out"] += 1
                tallies[old]["mrr_moved"] -= start.mrr
                tallies[new]["customers_moved_in"] += 1
                tallies[new]["mrr_moved"] += start.mrr

    if any(period.start <= day < period.end for day in acquired):
        add(active_inside[0], "customers_acquired", 1)
    if any(period.start <= day < period.end for day, _ in customer.churns):
        add(start if start.is_active else active_inside[0], "customers_lost", 1)
    if any(period.start <= moment.local_date < period.end for moment in activations(customer.history)[1:]):
        add(start if start.is_active else active_inside[0], "customers_returned", 1)
    if not start.is_active and not end_.is_active and active_inside:
        add(active_inside[0], "customers_came_and_went", 1)
    if start.is_active and end_.is_active and len(active_inside) < len(inside):
        add(start, "customers_left_and_returned", 1)


def tally_period(
    customers: list[Customer], period: Period, small: set[Segment], segment_types: Sequence[str] = SEGMENT_TYPES
) -> dict[Segment, Tally]:
    """The sums of a period by segment, over all customers."""
    tallies: dict[Segment, Tally] = defaultdict(lambda: defaultdict(int))
    for customer in customers:
        tally_customer(tallies, customer, period, small, segment_types)
    return tallies


def churn_rates(tally: Tally) -> dict[str, Any]:
    """The figures of rpt_churn_rates."""
    start, churned = tally["customers_start"], tally["customers_churned"]
    joined = tally["customers_new"] + tally["customers_reactivated"]
    lower, upper = wilson(churned, start)
    counts = (
        "customers_start",
        "customers_new",
        "customers_reactivated",
        "customers_churned",
        "customers_churned_voluntary",
        "customers_churned_involuntary",
        "customers_churned_unknown",
        "customers_moved_in",
        "customers_moved_out",
        "customers_end",
        "customers_acquired",
        "customers_came_and_went",
        "customers_left_and_returned",
    )
    return {
        **{column: tally[column] for column in counts},
        "churn_rate": ratio(churned, start),
        "churn_rate_lower": lower,
        "churn_rate_upper": upper,
        "voluntary_churn_rate": ratio(tally["customers_churned_voluntary"], start),
        "involuntary_churn_rate": ratio(tally["customers_churned_involuntary"], start),
        "growth_rate": ratio(joined, start),
        "net_growth_rate": ratio(joined - churned, start),
    }


def retention_rates(tally: Tally) -> dict[str, Any]:
    """The figures of rpt_retention_rates."""
    start, mrr_start = tally["customers_start"], tally["mrr_start"]
    retained = start - tally["customers_churned"]
    lower, upper = wilson(retained, start)
    joined_segment = tally["customers_acquired"] + tally["customers_moved_in"]
    mrr_kept = mrr_start + tally["mrr_contraction_of_start"] + tally["mrr_churn"]
    return {
        "customers_start": start,
        "customers_retained": retained,
        "retention_rate": ratio(retained, start),
        "retention_rate_lower": lower,
        "retention_rate_upper": upper,
        "crr": ratio(tally["customers_end"] - joined_segment, start),
        "gross_revenue_retention": ratio(mrr_kept, mrr_start),
        "net_revenue_retention": ratio(mrr_kept + tally["mrr_expansion_of_start"], mrr_start),
    }


def mrr_movements(tally: Tally) -> dict[str, Any]:
    """The figures of rpt_mrr_movements."""
    bridge = ("start", "new", "reactivation", "expansion", "contraction", "churn", "moved", "end")
    names = (*bridge, "expansion_of_start", "contraction_of_start")
    money = {"mrr_" + name: Decimal(tally["mrr_" + name]) for name in names}
    lost = -(money["mrr_contraction"] + money["mrr_churn"])
    lost_by_starters = -(money["mrr_contraction_of_start"] + money["mrr_churn"])
    regained = money["mrr_expansion_of_start"] + money["mrr_reactivation"]
    return {
        **money,
        "arpa": ratio(money["mrr_end"], tally["customers_end"]),
        "quick_ratio": ratio(money["mrr_new"] + money["mrr_expansion"] + money["mrr_reactivation"], lost),
        "gross_mrr_churn_rate": ratio(lost_by_starters, money["mrr_start"]),
        "net_mrr_churn_rate": ratio(lost_by_starters - regained, money["mrr_start"]),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Definitions of the churn rate side by side
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DailyCounts:
    """By local date: customers active at the day's start, and customers lost on the day."""

    active: dict[date, int]
    lost: dict[date, int]


def customers_lost(customers: list[Customer], start: date, end_: date) -> list[Customer]:
    """The customers with a churn event in `[start, end_)`."""
    return [customer for customer in customers if any(start <= day < end_ for day, _ in customer.churns)]


def customers_returned(customers: list[Customer], start: date, end_: date) -> list[Customer]:
    """The customers that became active again in `[start, end_)`: any activation but the first."""
    return [
        customer
        for customer in customers
        if any(start <= moment.local_date < end_ for moment in activations(customer.history)[1:])
    ]


def daily_counts(customers: list[Customer], first: date, last: date) -> DailyCounts:
    """The counts of every day from `first` to `last`."""
    counts = DailyCounts({}, {})
    for period in periods_from_to("day", first, last, 1):
        counts.active[period.start] = sum(state_before(c.history, period.start).is_active for c in customers)
        counts.lost[period.start] = len(customers_lost(customers, period.start, period.end))
    return counts


def definition_figures(counts: dict[str, int]) -> dict[str, tuple[int, int | Decimal]]:
    """(numerator, denominator) by definition, all but daily_sum.

    `counts`: start, end, churned, acquired, lost, starters_lost, returned.
    """
    start, finish = counts["start"], counts["end"]
    return {
        "start_cohort": (counts["churned"], start),
        "starters_lost": (counts["starters_lost"], start),
        "all_lost": (counts["lost"], start),
        "start_plus_new": (counts["lost"], start + counts["acquired"]),
        "midpoint": (counts["lost"], Decimal(start + finish) / 2),
        "net_of_returns": (counts["lost"] - counts["returned"], start),
        "net_change": (start - finish, start),
    }


def definition_rows(customers: list[Customer], period: Period, tally: Tally, daily: DailyCounts) -> list[dict]:
    """The rows of rpt_churn_rate_definitions of one period, without the period columns."""
    lost = customers_lost(customers, period.start, period.end)
    counts = {
        "start": tally["customers_start"],
        "end": tally["customers_end"],
        "churned": tally["customers_churned"],
        "acquired": tally["customers_acquired"],
        "lost": len(lost),
        "starters_lost": sum(state_before(customer.history, period.start).is_active for customer in lost),
        "returned": len(customers_returned(customers, period.start, period.end)),
    }
    rows = [
        {
            "definition": name,
            "numerator": numerator,
            "denominator": denominator,
            "churn_rate": ratio(numerator, denominator),
        }
        for name, (numerator, denominator) in definition_figures(counts).items()
    ]
    days = [day for day in daily.active if period.start <= day < period.end]
    quotients = [daily.lost[day] / daily.active[day] for day in days if daily.active[day] > 0]
    rows.append(
        {
            "definition": "daily_sum",
            "numerator": sum(daily.lost[day] for day in days),
            "denominator": None,
            "churn_rate": math.fsum(quotients) if quotients else None,
        }
    )
    return rows


# ---------------------------------------------------------------------------------------------------------------------
# Everything together
# ---------------------------------------------------------------------------------------------------------------------


def to_event(record: Record, rates: Rates, settings: Settings) -> Event:
    """An accepted event with its MRR in the reporting currency."""
    values = record.values
    mrr = None
    if values["amount"] is not None:
        rate = event_rate(values, rates, settings)
        assert rate is not None
        interval = values["billing_interval"] or "month"
        mrr = monthly_amount(values["amount"], rate, interval, int(values["billing_interval_count"] or 1))
    return Event(
        event_id=values["event_id"],
        customer_id=values["customer_id"],
        subscription_id=values["subscription_id"],
        event_type=values["event_type"],
        occurred_at=values["occurred_at"],
        loaded_at=record.loaded_at,
        plan_id=values["plan_id"],
        product_id=values["product_id"],
        mrr=mrr,
        reason_code=values["reason_code"],
        cancelled_by=values["cancelled_by"],
    )


def events_by_customer(events: list[Event]) -> dict[str, list[Event]]:
    """customer_id -> its events; a subscription belongs to the customer of its first event."""
    owner: dict[str, str] = {}
    result: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=Event.order):
        owner.setdefault(event.subscription_id, event.customer_id)
        result[owner[event.subscription_id]].append(event)
    return result


def with_dates(settings: Settings, events: list[Event]) -> Settings:
    """The settings, and whether no event has a time of day, so that an instant stands for its day."""
    return replace(settings, times_are_dates=all(event.occurred_at.time() == time.min for event in events))


def build_customers(
    events: list[Event], customer_records: list[Record], reasons: dict[str, dict], settings: Settings
) -> list[Customer]:
    """Every customer that has events, ordered by id, with history and churn events."""
    known = {record.key: record.values for record in customer_records}
    result = []
    for customer_id, own_events in sorted(events_by_customer(events).items()):
        values = known.get(customer_id, {})
        attributes = {name: values.get(name) or NO_VALUE for name in ATTRIBUTE_SEGMENTS}
        history = replay(own_events, settings)
        churns = churn_events(customer_id, history, reasons, settings)
        result.append(Customer(customer_id, attributes, history, churns))
    return result


def report_moment(events: list[Event], settings: Settings) -> datetime:
    """The moment the reports look from: as set, else the latest event that is not later than now, else now."""
    if settings.as_of is not None:
        return settings.as_of
    now = datetime.now(UTC).replace(tzinfo=None)
    return max((event.occurred_at for event in events if event.occurred_at <= now), default=now)


def cell_rows(customers: list[Customer], period: Period, table: str) -> Iterator[dict[str, Any]]:
    """The cells with customers or movements in a period, by all columns of a table of cells at once."""
    of_plans = {"customers_moved_in", "customers_moved_out", "mrr_moved"}
    of_plans |= {"mrr_expansion_of_start", "mrr_contraction_of_start"}
    for (_, values), tally in tally_period(customers, period, set(), (table,)).items():
        inside = {column: tally[column] for column in ("customers_lost", "customers_returned")}
        figures = {**churn_rates(tally), **mrr_movements(tally), **inside}
        yield {
            **dict(zip(CELL_COLUMNS[table], values, strict=True)),
            **{
                column: value
                for column, value in figures.items()
                if re.match("customers_|mrr_", column) and (table == "fct_plan_cells" or column not in of_plans)
            },
        }


def build_reports(customers: list[Customer], as_of: datetime, settings: Settings) -> dict[str, list[dict]]:
    """The tables that have one row per period, ordered by grain, period and segment."""
    reports: dict[str, list[dict]] = {
        "rpt_churn_rates": [],
        "rpt_churn_rate_definitions": [],
        "rpt_retention_rates": [],
        "rpt_mrr_movements": [],
        **{table: [] for table in CELL_COLUMNS},
    }
    if not any(moment.is_active for customer in customers for moment in customer.history):
        return reports
    small = small_segments(customers, settings)
    first = first_dates(customers, "year", small)[("all", "all")]
    last = local_date_of(as_of, settings.reporting_timezone)
    daily = daily_counts(customers, first, last)
    for grain in GRAINS:
        segments = first_dates(customers, grain, small)
        for period in periods_from_to(grain, first, last, settings.fiscal_year_start_month):
            period_columns = {
                "period_grain": grain,
                "period_start": period.start,
                "period_end": period.end,
                "is_complete_period": period.end <= last,
            }
            tallies = tally_period(customers, period, small)
            for row in definition_rows(customers, period, tallies[("all", "all")], daily):
                reports["rpt_churn_rate_definitions"].append({**period_columns, **row})
            for segment in sorted(segments):
                if segments[segment] < period.end:
                    columns = {**period_columns, "segment_type": segment[0], "segment_value": segment[1]}
                    tally = tallies[segment]
                    reports["rpt_churn_rates"].append({**columns, **churn_rates(tally)})
                    reports["rpt_retention_rates"].append({**columns, **retention_rates(tally)})
                    reports["rpt_mrr_movements"].append({**columns, **mrr_movements(tally)})
            for table in CELL_COLUMNS if grain in ("month", "quarter", "year") else ():
                reports[table] += [{**period_columns, **row} for row in cell_rows(customers, period, table)]
    return reports


def build(
    events: list[dict[str, str | None]],
    customers: list[dict],
    exchange_rates: list[dict],
    churn_reasons: list[dict],
    settings: Settings,
) -> dict[str, list[dict]]:
    """The expected tables, by name, as lists of rows. The inputs are raw rows of text (null: missing, "" or None)."""
    rate_records, rate_counts = accept("exchange_rates", exchange_rates, read_rate, settings.known_at)
    rates: Rates = defaultdict(list)
    for record in rate_records:
        rates[record.values["currency"]].append((record.values["rate_date"], record.values["rate_to_reporting"]))
    customer_records, customer_counts = accept("customers", customers, read_customer, settings.known_at)
    event_records, event_counts = accept(
        "subscription_events", events, lambda row: read_event(row, rates, settings), settings.known_at
    )

    known_events = [to_event(record, rates, settings) for record in event_records]
    as_of = report_moment(known_events, settings)
    settings = with_dates(settings, known_events)
    seen_events = [event for event in known_events if event.occurred_at <= as_of]
    reasons = {code(row, "reason_code"): row for row in churn_reasons}
    with_history = build_customers(seen_events, customer_records, reasons, settings)

    churn_rows = [row for customer in with_history for _, row in customer.churns]
    return {
        **build_reports(with_history, as_of, settings),
        "fct_churn_events": sorted(churn_rows, key=lambda row: (row["customer_id"], row["churned_at"])),
        "rpt_event_reconciliation": [event_counts, customer_counts, rate_counts],
    }
