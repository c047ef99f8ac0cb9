"""A plain-Python reading of the forecasts, to compare warehouse/statistics/segment_forecasts.py with.

Nothing is an array here: a segment is a dictionary of cohorts, and each question is asked of one cohort and one month
after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from math import ceil, exp
from statistics import mean

Row = dict[str, object]


def rows(
    movements: list[tuple], months: list[date], ahead: int, months_needed: int, customers_needed: int
) -> list[Row]:
    """All forecasts from every month, and the rows of what is not forecast from the last one."""
    segments: dict[tuple, list[tuple]] = defaultdict(list)
    for segment_type, segment_value, cohort, month, *amounts in movements:
        if month in months:
            segments[segment_type, segment_value].append((months.index(cohort), months.index(month), *amounts))
    found, refused = [], []
    for metric in ("customers_end", "mrr_end", "net_revenue_retention"):
        for method in ("cohort", "naive", "trailing_average"):
            made = {}
            for key, events in segments.items():
                business = Business(events, len(months))
                for origin in range(len(months)):
                    reason = business.why_not(metric, origin, months_needed, customers_needed)
                    if reason and origin == len(months) - 1:
                        refused.append(
                            (metric, *key, method, months[-1], 1, None, None, None, None, None, None, reason)
                        )
                    if not reason:
                        made[key, origin] = business.forecast(metric, method, origin, ahead)
            widths = _widths(made, segments, metric, len(months), ahead)
            for (key, origin), values in made.items():
                business = Business(segments[key], len(months))
                for step, value in enumerate(values, start=1):
                    if value is None:
                        continue
                    scale, width = (
                        business.scale(metric, origin),
                        {level: widths[level].get((origin, step)) for level in widths},
                    )
                    actual = business.value(metric, origin + step) if origin + step < len(months) else None
                    ends: list[float | None] = [None] * 4
                    if scale is not None and width[80] is not None:
                        narrow, wide = width[80] * scale, width[95] * scale
                        ends = [max(value - narrow, 0), value + narrow, max(value - wide, 0), value + wide]
                    reason = None if ends[0] is not None else "no_past_errors"
                    found.append((metric, *key, method, months[origin], step, value, *ends, actual, reason))
    names = ["metric", "segment_type", "segment_value", "method", "origin", "months_ahead", "value"]
    names += ["lower_80", "upper_80", "lower_95", "upper_95", "actual", "reason"]
    return [dict(zip(names, row, strict=True)) for row in found + refused]


class Business:
    """The events of one segment: (cohort, month, customers joined, lost, MRR joined, lost, changed), by number."""

    def __init__(self, events: list[tuple], months: int) -> None:
        self.first = min(cohort for cohort, *_ in events)
        self.events, self.cohorts = events, range(self.first, months)
        self.at: dict[tuple, list[float]] = defaultdict(lambda: [0.0] * 5)
        for cohort, month, *amounts in events:
            self.at[cohort, month] = [
                old + float(new) for old, new in zip(self.at[cohort, month], amounts, strict=True)
            ]
        self.ends: dict[tuple, float] = {}
        for what in ("customers", "mrr"):
            for cohort in self.cohorts:
                there = 0.0
                for month in range(cohort, months):
                    there += self.joined(what, cohort, month) - self.gone(what, cohort, month)
                    self.ends[what, cohort, month] = there

    def joined(self, what: str, cohort: int, month: int) -> float:
        return self.at[cohort, month][0 if what == "customers" else 2]

    def gone(self, what: str, cohort: int, month: int) -> float:
        amounts = self.at[cohort, month]
        return amounts[1] if what == "customers" else amounts[3] - amounts[4]

    def start(self, what: str, cohort: int, month: int) -> float:
        return self.ends.get((what, cohort, month - 1), 0.0)

    def value(self, metric: str, month: int) -> float | None:
        if month < self.first:
            return None
        if metric != "net_revenue_retention":
            what = "customers" if metric == "customers_end" else "mrr"
            return sum(self.ends[what, cohort, month] for cohort in self.cohorts if cohort <= month)
        start = sum(self.start("mrr", cohort, month) for cohort in self.cohorts)
        gone = sum(self.gone("mrr", cohort, month) for cohort in self.cohorts)
        return (start - gone) / start if start > 0 else None

    def why_not(self, metric: str, month: int, months_needed: int, customers_needed: int) -> str | None:
        if month - self.first + 1 < months_needed:
            return "too_few_months"
        if self.value("customers_end", month) < customers_needed:
            return "too_few_customers"
        return "no_mrr" if metric != "customers_end" and self.value("mrr_end", month) <= 0 else None

    def scale(self, metric: str, origin: int) -> float | None:
        values = [self.value(metric, month) for month in range(self.first, origin + 1)]
        pairs = list(pairwise(values))[-12:]
        changes = [new - old for old, new in pairs if old is not None and new is not None]
        if not changes:
            return None
        spread = mean(abs(change - mean(changes)) for change in changes)
        return spread if spread > 1e-9 * max(abs(change) for change in changes) else None

    def forecast(self, metric: str, method: str, origin: int, ahead: int) -> list[float | None]:
        values = [self.value(metric, month) for month in range(self.first, origin + 1)]
        if method == "naive":
            return [values[-1]] * ahead
        if method == "trailing_average" and metric == "net_revenue_retention":
            known = [value for value in values[-12:] if value is not None]
            return [mean(known) if known else None] * ahead
        if method == "trailing_average":
            latest = values[-13:]
            step = (latest[-1] - latest[0]) / max(len(latest) - 1, 1)
            return [max(latest[-1] + step * number, 0) for number in range(1, ahead + 1)]
        return self.by_cohort(metric, origin, ahead)

    def by_cohort(self, metric: str, origin: int, ahead: int) -> list[float | None]:
        what = "customers" if metric == "customers_end" else "mrr"
        year = range(max(origin - 11, self.first), origin + 1)
        at_risk, stayed = defaultdict(float), defaultdict(float)
        for cohort in range(self.first, origin + 1):
            for month in year:
                if month > cohort:
                    at_risk[month - cohort] += self.start(what, cohort, month)
                    stayed[month - cohort] += self.start(what, cohort, month) - self.gone(what, cohort, month)
        overall = sum(stayed.values()) / sum(at_risk.values()) if sum(at_risk.values()) > 0 else 1.0
        prior = 30.0
        if what == "mrr":
            prior *= self.value("mrr_end", origin) / max(self.value("customers_end", origin), 1)

        def share(age: int) -> float:
            weight = at_risk[age] + prior
            return (stayed[age] + prior * overall) / weight if weight > 0 else overall

        joins = {
            "new": self._joins(what, origin, ahead, year, lambda cohort, month: cohort == month),
            "back": self._joins(what, origin, ahead, year, lambda cohort, month: cohort < month),
        }
        there = {origin - cohort: self.ends[what, cohort, origin] for cohort in range(self.first, origin + 1)}
        returned, found = 0.0, []
        for step in range(ahead):
            kept = {age + 1: amount * share(age + 1) for age, amount in there.items()}
            start = sum(there.values()) + returned
            retention = (sum(kept.values()) + returned * overall) / start if start > 0 else None
            there, returned = {**kept, 0: joins["new"][step]}, returned * overall + joins["back"][step]
            found.append(retention if metric == "net_revenue_retention" else sum(there.values()) + returned)
        return found

    def _joins(
        self, what: str, origin: int, ahead: int, year: range, is_one: Callable[[int, int], bool]
    ) -> list[float]:
        """Customers who join each month ahead, or what they pay."""

        def counted(of: str, month: int) -> float:
            return sum(self.joined(of, cohort, month) for cohort in self.cohorts if is_one(cohort, month))

        customers = [counted("customers", month) for month in range(self.first, origin + 1)]
        factors = [1.0] * 12
        years = len(customers) // 12
        if years >= 2:
            whole = customers[len(customers) - 12 * years :]
            by_month = [sum(whole[number::12]) for number in range(12)]
            spread = sum((joins - mean(by_month)) ** 2 for joins in by_month) / 9
            if spread > mean(by_month) > 0:
                factors = [1 + (1 - mean(by_month) / spread) * (joins / mean(by_month) - 1) for joins in by_month]
        latest = customers[-6:]
        usual = sum(factors[12 - len(latest) :])
        expected = [sum(latest) / usual * factors[step % 12] if usual > 0 else 0.0 for step in range(ahead)]
        if what == "customers":
            return expected
        each = sum(counted("mrr", month) for month in year) / max(sum(counted("customers", month) for month in year), 1)
        return [joins * each for joins in expected]


def _widths(made: dict, segments: dict, metric: str, months: int, ahead: int) -> dict[int, dict[tuple, float]]:
    """By level, then by origin and months ahead, how many scales the interval reaches to both sides."""
    errors: dict[tuple, list[float]] = defaultdict(list)
    for (key, origin), values in made.items():
        business = Business(segments[key], months)
        scale = business.scale(metric, origin)
        for step, value in enumerate(values, start=1):
            actual = business.value(metric, origin + step) if origin + step < months else None
            if None not in (scale, value, actual):
                errors[origin, step].append(abs(value - actual) / scale)
    widths: dict[int, dict[tuple, float]] = {80: {}, 95: {}}
    own = {80: 1.0, 95: 1.0}
    for now in range(months):
        for level, of_level in widths.items():
            due = [(error, of_level[now - step, step]) for step in range(1, ahead + 1) if (now - step, step) in of_level
                   for error in errors[now - step, step]]  # fmt: skip
            if due:
                own[level] *= exp(sum(error > width for error, width in due) / len(due) - (1 - level / 100))
        factors = {80: own[80], 95: max(own.values())}
        for step in range(1, ahead + 1):
            origins = [origin for origin in range(now - step - 5, now - step + 1) if errors[origin, step]]
            if len(origins) >= 3:
                known = sorted(error for origin in origins for error in errors[origin, step])
                for level, of_level in widths.items():
                    rank = min(ceil((len(known) + 1) * level / 100 - 1e-9), len(known))
                    of_level[now, step] = factors[level] * known[rank - 1]
    return widths
