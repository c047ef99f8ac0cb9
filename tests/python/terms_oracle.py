"""A plain-Python reading of where terms begin: by which events of a subscription, and for how long.

When a subscription was active comes from a replay of its events, one instant after the other; where its terms begin and
how long they are comes from the rows as landed.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

import oracle

STARTS = ("started", "reactivated", "renewed")
GIVES_TERMS = (*STARTS, "changed", "trial_started")
LEAST_MONTHS = 3
DAY = timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    first = oracle.add_months(day.replace(day=1), months)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


@dataclass(frozen=True)
class Length:
    """How long a term is."""

    interval: str
    count: int

    @property
    def months(self) -> Fraction:
        return oracle.MONTHS_IN_INTERVAL[self.interval] * self.count

    def after(self, day: date, times: int) -> date:
        """The day so many terms after a day."""
        months = {"year": 12, "quarter": 3, "month": 1}.get(self.interval, 0) * self.count * times
        days = {"week": 7, "day": 1}.get(self.interval, 0) * self.count * times
        return months_later(day, months) + timedelta(days=days)


@dataclass(frozen=True)
class Begin:
    """Where an event begins a term, the length of the term, and the next such event or the end, whichever is first."""

    at: datetime
    length: Length | None
    renewed_at: datetime | None
    ended_at: datetime | None

    @property
    def is_long(self) -> bool:
        return self.length is not None and self.length.months >= LEAST_MONTHS


def history_of(events: list[oracle.Event], settings: oracle.Settings) -> list[tuple[datetime, oracle.Subscription]]:
    """A subscription after each instant at which something happened to it."""
    now, after = oracle.Subscription(free_counts=settings.free_plans_are_customers), {}
    for event in events:
        now = after[event.occurred_at] = oracle.apply(now, event)
    return list(after.items())


def active_times(history: list[tuple[datetime, oracle.Subscription]]) -> list[tuple[datetime, datetime | None]]:
    """From when until when a subscription was active; None = it is."""
    times, since = [], None
    for at, state in history:
        if state.is_active() and since is None:
            since = at
        elif not state.is_active() and since is not None:
            times.append((since, at))
            since = None
    return times if since is None else [*times, (since, None)]


def begins(rows: list[dict], times: list[tuple[datetime, datetime | None]]) -> Iterator[Begin]:
    """Every beginning by an event within the times, however short its term."""
    at_instant: dict[datetime, Length | None] = {}
    length = None
    for row in sorted(rows, key=lambda row: (row["occurred_at"], row["event_id"])):
        before = length
        if row["amount"] is not None and row["event_type"] in GIVES_TERMS:
            length = Length(row["billing_interval"] or "month", int(row["billing_interval_count"] or 1))
        other = length is not None and (before is None or before.months != length.months)
        if row["event_type"] in STARTS or (row["event_type"] == "changed" and other):
            at_instant[row["occurred_at"]] = length
    for since, until in times:
        own = sorted(at for at in at_instant if since <= at and (until is None or at < until))
        for at, following in zip(own, [*own[1:], None], strict=True) if own else ():
            yield Begin(at, at_instant[at], following, until)
