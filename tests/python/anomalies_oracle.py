"""A plain-Python twin of rpt_anomalies: what is usual for a figure, from the months before it, one figure at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median


@dataclass(frozen=True)
class Limits:
    """The thresholds anomaly_... of the seed."""

    z_score: float
    least_months: int
    most_months: int
    season_years: int


@dataclass(frozen=True)
class Month:
    """A figure of one series: its month, whether it is over, its value and the observations behind it."""

    start: date
    is_complete: bool
    value: float | None
    n: int


@dataclass(frozen=True)
class Judgement:
    """What is said of a figure; no range and no verdict where there is a reason."""

    verdict: str | None
    reason: str | None
    z_score: float | None = None
    expected: Sequence[float] = ()  # usual, lower and upper


def months_between(earlier: date, later: date) -> int:
    """Whole months from one first of a month to another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def judge(series: Sequence[Month], limits: Limits, least_n: int, is_growth: bool, bounds: Sequence) -> dict:
    """The judgement of every month of a series, by its start."""
    by_start = {month.start: month for month in series}
    measures: dict[date, float] = {}
    bases: dict[date, float] = {}
    for month in series:
        before = by_start.get(_month_before(month.start))
        base = (before.value if before else None) if is_growth else 1.0
        if month.is_complete and month.n >= least_n and month.value is not None and base and base > 0:
            bases[month.start] = base
            measures[month.start] = month.value / base - (1 if is_growth else 0)
    return {
        month.start: _judged(month, measures, bases.get(month.start), limits, least_n, is_growth, bounds)
        for month in series
    }


def _judged(
    month: Month,
    measures: Mapping[date, float],
    base: float | None,
    limits: Limits,
    least_n: int,
    is_growth: bool,
    bounds: Sequence,
) -> Judgement:
    if not month.is_complete:
        return Judgement(None, "incomplete_period")
    if month.value is None:
        return Judgement(None, "no_value")
    if month.n < least_n:
        return Judgement(None, "too_few")
    if base is None:
        return Judgement(None, "no_previous_period")
    past = _past(month.start, measures, limits)
    if len(past) < limits.least_months:
        return Judgement(None, "short_history")
    namesakes = _namesakes(month.start, measures, limits)
    if len(namesakes) >= limits.season_years:
        usual = median(namesakes)
        distances = [
            abs(measures[start] - median(known)) for start in past if (known := _namesakes(start, measures, limits))
        ]
    else:
        usual = median(past.values())
        distances = [abs(value - usual) for value in past.values()]
    deviation = 1.4826 * median(distances) if distances else 0.0
    if deviation <= 1.4826e-9:
        return Judgement(None, "no_variation")
    far = (measures[month.start] - usual) / deviation
    if abs(far) * deviation - limits.z_score * deviation <= 1e-9:
        verdict = "usual"
    else:
        verdict = "unusually_high" if far > 0 else "unusually_low"
    shift = 1 if is_growth else 0
    ends = [usual, usual - limits.z_score * deviation, usual + limits.z_score * deviation]
    return Judgement(verdict, None, far, [_clipped((end + shift) * base, *bounds) for end in ends])


def _past(start: date, measures: Mapping[date, float], limits: Limits) -> dict[date, float]:
    return {
        other: value for other, value in measures.items() if 1 <= months_between(other, start) <= limits.most_months
    }


def _namesakes(start: date, measures: Mapping[date, float], limits: Limits) -> list[float]:
    return [value for other, value in _past(start, measures, limits).items() if other.month == start.month]


def _month_before(start: date) -> date:
    return date(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1)


def _clipped(value: float, lowest: float | None, highest: float | None) -> float:
    if lowest is not None and value < lowest:
        return lowest
    if highest is not None and value > highest:
        return highest
    return value
