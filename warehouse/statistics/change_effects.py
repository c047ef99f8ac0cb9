"""What came of each change that was written down: each metric beside where it was going, and beside other dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from warehouse.statistics.interrupted_series import Fit, fit

Floats = NDArray[np.float64]

METRICS = ("churn_rate", "customers_new", "joiner_churn_rate", "net_revenue_retention", "nps")
FIGURES = (
    "customers_start",
    "customers_churned",
    "customers_new",
    "mrr_start",
    "mrr_kept",
    "joiners",
    "joiners_lost",
    "respondents",
    "promoters",
    "detractors",
)
EVERYBODY = ("all", "all")
SCHEMA = pa.schema(
    [
        ("annotated_on", pa.date32()),
        *[(name, pa.string()) for name in ("label", "segment_type", "segment_value", "metric", "compared_with")],
        ("first_month_after", pa.date32()),
        *[(name, pa.int64()) for name in ("months_before", "months_after", "n_before", "n_after")],
        ("is_seasonal", pa.bool_()),
        *[(name, pa.float64()) for name in ("level_before", "level_after", "expected")],
        *[(name, pa.float64()) for name in ("effect", "effect_lower", "effect_upper", "p_value", "p_value_adjusted")],
        *[(name, pa.int64()) for name in ("placebo_dates", "placebo_as_large", "other_changes")],
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Limits:
    """Thresholds of what is compared, by their names in the seed without effect_ before them."""

    most_months_before: int
    least_months_before: int
    months_after: int
    least_cases: int
    joiner_days: int
    placebo_distance: int
    least_respondents: int

    @classmethod
    def of(cls, thresholds: Mapping[str, float]) -> Limits:
        """From the seed of thresholds."""
        return cls(**{name: int(thresholds[f"effect_{name}"]) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Change:
    """What was written down, when, and whom it concerns: a value of a segment, or everybody."""

    day: date
    label: str
    segment: tuple[str, str]

    def meets(self, other: Change) -> bool:
        """Whether both may concern one customer: not two values of one attribute."""
        return self.segment[0] != other.segment[0] or self.segment[1] == other.segment[1]


@dataclass(frozen=True)
class Series:
    """A metric of a segment by month: values, the cases that they are of, and what chance alone makes of them."""

    metric: str
    figures: Mapping[str, Floats]

    @cached_property
    def cases(self) -> Floats:
        """What the values are of: customers, joiners, respondents, new customers."""
        names = {"joiner_churn_rate": "joiners", "nps": "respondents", "customers_new": "customers_new"}
        return self.figures[names.get(self.metric, "customers_start")]

    @cached_property
    def values(self) -> Floats:
        """By month; not a number where there is nothing that it could be of."""
        of = self.figures
        if self.metric == "customers_new":
            return of["customers_new"]
        part, whole = {
            "churn_rate": (of["customers_churned"], of["customers_start"]),
            "joiner_churn_rate": (of["joiners_lost"], of["joiners"]),
            "net_revenue_retention": (of["mrr_kept"], of["mrr_start"]),
            "nps": (100 * (of["promoters"] - of["detractors"]), of["respondents"]),
        }[self.metric]
        return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)

    def variances(self, used: NDArray[np.bool_], before: NDArray[np.bool_]) -> Floats:
        """What chance alone makes of the months used: of the share of all months before, as if two cases more had been
        seen, one of each kind, so that it is never 0. Of amounts only how they compare is known: with the customers."""
        count = self.cases[before].sum()
        if self.metric == "customers_new":
            return np.full(used.sum(), (count + 1) / before.sum())
        if self.metric == "net_revenue_retention":
            return 1 / np.maximum(self.cases[used], 1)
        if self.metric == "nps":
            promoters, detractors = (self.figures[name][before].sum() + 1 for name in ("promoters", "detractors"))
            one = (promoters + detractors) / (count + 2) - ((promoters - detractors) / (count + 2)) ** 2
            return 1e4 * one / self.cases[used]
        lost = "customers_churned" if self.metric == "churn_rate" else "joiners_lost"
        share = (self.figures[lost][before].sum() + 1) / (count + 2)
        return share * (1 - share) / self.cases[used]


@dataclass(frozen=True)
class Comparison:
    """A metric of those whom a change concerns, beside the others if it concerns some only."""

    periods: Sequence[tuple[date, date]]
    exposed: Series
    others: Series | None
    limits: Limits

    @cached_property
    def known_on(self) -> list[date]:
        """The day from which on the value of each month is known: of joiners once the last has had its time."""
        waits = self.limits.joiner_days if self.exposed.metric == "joiner_churn_rate" else 0
        return [end + timedelta(waits) for _, end in self.periods]

    @cached_property
    def has_value(self) -> NDArray[np.bool_]:
        """Whether each month has a value of all that are compared, of enough answers. The first is rarely whole."""
        found = np.arange(len(self.periods)) > 0
        for series in (self.exposed, *([self.others] if self.others else [])):
            found &= ~np.isnan(series.values)
            if series.metric == "nps":
                found &= series.cases >= self.limits.least_respondents
        return found

    def windows(self, day: date, known_until: date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which months are before a day and after it, of what is known until another. Its own month is neither."""
        known_on, starts = np.array(self.known_on), np.array([start for start, _ in self.periods])
        before = self.has_value & (known_on <= day)
        before[: np.flatnonzero(before)[-self.limits.most_months_before :].min(initial=len(before))] = False
        after = np.zeros(len(before), dtype=bool)
        after[np.flatnonzero(starts >= day)[: self.limits.months_after]] = True
        return before, after & self.has_value & (known_on <= known_until)

    def refusal(self, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> str | None:
        """Why nothing is said; None = something may be."""
        if before.sum() < self.limits.least_months_before:
            return "too_few_months_before"
        if self.exposed.cases[before].sum() < self.limits.least_cases:
            return "too_few_cases"
        return "too_few_months_after" if after.sum() < self.limits.months_after else None

    def fit(self, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Fit | None:
        """The interrupted series of the exposed, less that of the others; of counts less their usual share of those."""
        used = before | after
        values, variances = self.exposed.values[used], self.exposed.variances(used, before)
        if self.others:
            ratio = 1.0
            if self.exposed.metric == "customers_new":
                usual = self.others.cases[before].sum()
                ratio = self.exposed.cases[before].sum() / usual if usual else 0.0
            values = values - ratio * self.others.values[used]
            variances = variances + ratio**2 * self.others.variances(used, before)
        months = np.array([start.year * 12 + start.month - 1 for start, _ in self.periods])[used]
        is_counted = self.exposed.metric != "net_revenue_retention"
        return fit(months, values, np.sqrt(variances), after[used], is_counted)

    def placebos(self, change: Change, changes: Sequence[Change]) -> list[float]:
        """The p-value at each month before the change that is not near another one, as if that had been the change."""
        near = {month for other in changes if other.meets(change) for month in self._near(other.day)}
        found = []
        for number, (start, _) in enumerate(self.periods):
            before, after = self.windows(start, change.day)
            if number in near or self.refusal(before, after):
                continue
            if start not in self._tried:
                fitted = self.fit(before, after)
                self._tried[start] = fitted.p_value if fitted else None
            if (p_value := self._tried[start]) is not None:
                found.append(p_value)
        return found

    @cached_property
    def _tried(self) -> dict[date, float | None]:
        """The p-value of each month that was tried as a placebo, whichever change it was for."""
        return {}

    def _near(self, day: date) -> range:
        first = next((number for number, (start, _) in enumerate(self.periods) if start >= day), len(self.periods))
        return range(first - self.limits.placebo_distance, first + self.limits.placebo_distance + 1)


def change_effects(
    changes: Iterable[tuple], figures: Iterable[tuple], as_of: date, thresholds: Mapping[str, float]
) -> pa.Table:
    """Set each metric after each change beside what the months before lead to.

    Args:
        changes: day, label, segment type and value (null = everybody).
        figures: segment type and value, first day of a month that is over and of the next, and FIGURES.
        as_of: what is later is not known.
        thresholds: those of the seed whose names begin with effect_.

    Returns:
        A row of SCHEMA for each change and metric. p-values are adjusted for the metrics of one change (Holm 1979,
        Scandinavian Journal of Statistics 6, 65-70).
    """
    limits = Limits.of(thresholds)
    by_segment: dict[tuple[str, str], dict[tuple[date, date], tuple]] = {}
    for segment_type, segment_value, start, end, *row in figures:
        by_segment.setdefault((segment_type, segment_value), {})[start, end] = row
    known = [
        Change(day, label, (segment_type or "all", segment_value or "all"))
        for day, label, segment_type, segment_value in changes
        if day <= as_of
    ]
    compared = cache(lambda segment, metric: _comparison(segment, metric, by_segment, limits))
    rows: list[dict] = []
    for change in sorted(known, key=lambda one: (one.day, one.label)):
        found = [_row(change, known, compared(change.segment, metric), metric, as_of) for metric in METRICS]
        tested = [row for row in found if row.get("p_value") is not None]
        adjusted = multipletests([row["p_value"] for row in tested], method="holm")[1] if tested else ()
        for row, p_value in zip(tested, adjusted, strict=True):
            row["p_value_adjusted"] = float(p_value)
        rows += found
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(change: Change, changes: Sequence[Change], compared: Comparison | None, metric: str, as_of: date) -> dict:
    row: dict = {"annotated_on": change.day, "label": change.label, "metric": metric}
    row |= dict(zip(("segment_type", "segment_value"), change.segment, strict=True))
    if not compared:
        return row | {"reason": "no_such_segment"}
    before, after = compared.windows(change.day, as_of)
    months_after = [period for period, is_used in zip(compared.periods, after, strict=True) if is_used]
    row |= {
        "compared_with": "others" if compared.others else "own_past",
        "first_month_after": months_after[0][0] if months_after else None,
        "months_before": int(before.sum()),
        "months_after": int(after.sum()),
        "n_before": int(compared.exposed.cases[before].sum()),
        "n_after": int(compared.exposed.cases[after].sum()),
        "level_before": float(compared.exposed.values[before].mean()) if before.any() else None,
        "level_after": float(compared.exposed.values[after].mean()) if after.any() else None,
        "reason": compared.refusal(before, after),
    }
    if row["reason"]:
        return row
    fitted = compared.fit(before, after)
    if not fitted:
        return row | {"reason": "never_varied"}
    step, placebos = fitted.step, compared.placebos(change, changes)
    during = (change.day.replace(day=1), months_after[-1][1])
    return row | {
        "is_seasonal": fitted.is_seasonal,
        "expected": row["level_after"] - step.effect,
        "effect": step.effect,
        "effect_lower": step.lower,
        "effect_upper": step.upper,
        "p_value": step.p_value,
        "placebo_dates": len(placebos),
        "placebo_as_large": sum(p_value <= step.p_value for p_value in placebos),
        "other_changes": sum(
            during[0] <= other.day < during[1] for other in changes if other != change and other.meets(change)
        ),
    }


def _comparison(
    segment: tuple[str, str],
    metric: str,
    by_segment: Mapping[tuple[str, str], Mapping[tuple[date, date], tuple]],
    limits: Limits,
) -> Comparison | None:
    if segment not in by_segment:
        return None
    periods = sorted(by_segment[segment])
    exposed = {
        name: np.array([float(by_segment[segment][period][number]) for period in periods])
        for number, name in enumerate(FIGURES)
    }
    others = None
    if segment != EVERYBODY:
        everybody = by_segment[EVERYBODY]
        others = {
            name: np.array([float(everybody[period][number]) for period in periods]) - exposed[name]
            for number, name in enumerate(FIGURES)
        }
    series = Series(metric, others) if others else None
    # nobody else: there is nothing to set it beside
    beside = series if series and (series.cases > 0).any() else None
    return Comparison(periods, Series(metric, exposed), beside, limits)
