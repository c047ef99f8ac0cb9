"""Customers, MRR and net revenue retention of the months ahead, from what stays of each cohort and what joins.

What stays is read off by months of age, all cohorts together (the chain ladder of actuaries): of the customers of an
age, or of their MRR, the share that was there a month later. An age that few came to leans on the share of all ages.
What joins is the mean of the latest months, by season. Two simple forecasts stand beside it: a model that does not beat
them is not worth its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

YEAR = 12
STAY_MONTHS = 12  # who stays is read off the latest so many months
JOIN_MONTHS = 6  # and who joins off so many: joins change faster
PRIOR_CUSTOMERS = 30.0  # the share of all ages counts as much as so many customers of an age


@dataclass(frozen=True)
class History:
    """The net movements of one segment: a row per month of age, a column per month of the calendar.

    Of an amount (customers, or their MRR): joined came, lost left, changed is what those who stayed grew by. Age 0 is
    the month of the first start, so joined[0] is new and joined[1:] came back.
    """

    joined: Floats
    lost: Floats
    changed: Floats

    @cached_property
    def start(self) -> Floats:
        """What was there at the start of each month, by the age that it reaches in it."""
        net = self.joined - self.lost + self.changed
        start = np.zeros_like(net)
        for month in range(1, net.shape[1]):
            start[1:, month] = start[:-1, month - 1] + net[:-1, month - 1]
        return start

    @cached_property
    def kept(self) -> Floats:
        """What of it was there at the end of the month."""
        return self.start - self.lost + self.changed

    @cached_property
    def end(self) -> Floats:
        """What was there at the end of each month."""
        return (self.kept + self.joined).sum(axis=0)

    @cached_property
    def retention(self) -> Floats:
        """Kept / start by month; not a number where nothing was there."""
        start = self.start.sum(axis=0)
        return np.where(start > 0, self.kept.sum(axis=0) / np.where(start > 0, start, 1), np.nan)

    def until(self, month: int) -> History:
        """What was known at the end of a month, the first being 0."""
        return History(*(part[: month + 1, : month + 1] for part in (self.joined, self.lost, self.changed)))


def kept_by_age(history: History, prior: float) -> tuple[Floats, float]:
    """The share that a month keeps of each age, and of all ages, over the latest STAY_MONTHS.

    Args:
        history: of customers or of MRR.
        prior: what the share of all ages counts as, in the unit of the history.

    Returns:
        Shares by age, the first of no use (nobody comes to age 0), and that of all ages: 1 where nothing was there.
    """
    start, kept = (part[:, -STAY_MONTHS:].sum(axis=1) for part in (history.start, history.kept))
    overall = float(kept.sum() / start.sum()) if start.sum() > 0 else 1.0
    weight = start + prior
    return np.where(weight > 0, (kept + prior * overall) / np.where(weight > 0, weight, 1), overall), overall


def season(joined: Floats) -> Floats:
    """Joins of the next twelve calendar months as a multiple of the mean month, of whole years.

    A calendar month has few joins, so it differs by chance: what Poisson noise explains of the spread between calendar
    months is taken out (James and Stein). One year cannot tell a season from a trend: all are 1.
    """
    years = len(joined) // YEAR
    by_month = joined[len(joined) - years * YEAR :].reshape(years, YEAR).sum(axis=0) if years > 1 else np.zeros(YEAR)
    mean = by_month.mean()
    spread = ((by_month - mean) ** 2).sum() / (YEAR - 3)
    if mean <= 0 or spread <= mean:
        return np.ones(YEAR)
    return 1 + (1 - mean / spread) * (by_month / mean - 1)


def joins_ahead(joined: Floats, months_ahead: int) -> Floats:
    """Joins of each month ahead: the mean of the latest JOIN_MONTHS, by season."""
    factors, latest = season(joined), joined[-JOIN_MONTHS:]
    usual = factors[-len(latest) :].sum()
    return latest.sum() / usual * np.resize(factors, months_ahead) if usual > 0 else np.zeros(months_ahead)


@dataclass(frozen=True)
class Gain:
    """How many times more a month keeps than it did: of each age, and of all ages."""

    by_age: Floats
    overall: float


def cohort_forecast(customers: History, mrr: History, months_ahead: int, gain: Gain | None = None) -> dict[str, Floats]:
    """customers_end, mrr_end and net_revenue_retention by month ahead of the last month of the histories.

    Retention is not a number where no MRR is left to keep. With a gain, what would be if months kept so much more.
    """
    new, back = (joins_ahead(part, months_ahead) for part in (customers.joined[0], customers.joined[1:].sum(axis=0)))
    # who joins pays what those of the latest year paid
    joined, paid = (part.joined[:, -YEAR:] for part in (customers, mrr))
    new_mrr = new * (paid[0].sum() / max(joined[0].sum(), 1))
    back_mrr = back * (paid[1:].sum() / max(joined[1:].sum(), 1))
    per_customer = float(mrr.end[-1] / max(customers.end[-1], 1))
    ended, _ = carried_on(customers, new, back, PRIOR_CUSTOMERS, gain)
    ended_mrr, retention = carried_on(mrr, new_mrr, back_mrr, PRIOR_CUSTOMERS * per_customer, gain)
    return {"customers_end": ended, "mrr_end": ended_mrr, "net_revenue_retention": retention}


def carried_on(
    history: History, new: Floats, back: Floats, prior: float, gain: Gain | None = None
) -> tuple[Floats, Floats]:
    """What is there at the end of each month ahead, and the share that each keeps of its start.

    Args:
        history: of customers or of MRR.
        new: of that amount, what joins in each month ahead for the first time.
        back: what comes back.
        prior: as of kept_by_age.
        gain: what the shares are multiplied with; None = they are as they were.
    """
    shares, overall = kept_by_age(history, prior)
    if gain:
        shares, overall = shares * gain.by_age, overall * gain.overall
    # nobody was seen at the ages to come; who comes back has no age that tells how long it stays
    shares = np.append(shares[1:], np.full(len(new) + 1, overall))
    there, returned = (history.kept + history.joined)[:, -1], 0.0
    ended, retention = [], []
    for new_now, back_now in zip(new, back, strict=True):
        kept, start = there * shares[: len(there)], there.sum() + returned
        retention.append((kept.sum() + returned * overall) / start if start > 0 else np.nan)
        there, returned = np.append(new_now, kept), returned * overall + back_now
        ended.append(there.sum() + returned)
    return np.array(ended), np.array(retention)


def naive_forecast(series: Floats, months_ahead: int) -> Floats:
    """The last value, for every month ahead."""
    return np.full(months_ahead, series[-1])


def trailing_average_forecast(series: Floats, months_ahead: int, is_rate: bool) -> Floats:
    """The last value and, for each month ahead, the mean change of the latest year; of a rate its mean of that year."""
    if is_rate:
        known = series[-YEAR:][~np.isnan(series[-YEAR:])]
        return np.full(months_ahead, known.mean() if len(known) else np.nan)
    latest = series[-YEAR - 1 :]
    change = (latest[-1] - latest[0]) / max(len(latest) - 1, 1)
    return np.maximum(latest[-1] + change * np.arange(1, months_ahead + 1), 0)
