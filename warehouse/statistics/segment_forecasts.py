"""Forecasts of every segment, from the latest month and from each month before: what is ahead, and how good it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from warehouse.statistics import cohort_forecasts as cohorts
from warehouse.statistics.forecast_intervals import half_widths

Floats = NDArray[np.float64]

METRICS = ("customers_end", "mrr_end", "net_revenue_retention")
METHODS = ("cohort", "naive", "trailing_average")
LEVELS = (80, 95)
SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in ("metric", "segment_type", "segment_value", "method")],
        ("origin", pa.date32()),
        ("months_ahead", pa.int32()),
        ("period_start", pa.date32()),
        *[(name, pa.float64()) for name in ("value", "lower_80", "upper_80", "lower_95", "upper_95", "actual")],
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Limits:
    """months_ahead: the last month forecast. least_months, least_customers: of a segment at an origin, else nothing is
    said. most_origins: the latest so many months are forecast from."""

    months_ahead: int
    least_months: int
    least_customers: int
    most_origins: int

    @classmethod
    def of(cls, thresholds: Mapping[str, float]) -> Limits:
        """From the seed of thresholds, by their names there."""
        return cls(**{name: int(thresholds[f"forecast_{name}"]) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Segment:
    """The movements of a segment since its first month, which is the so-manieth of all."""

    first: int
    customers: cohorts.History
    mrr: cohorts.History

    @property
    def series(self) -> dict[str, Floats]:
        """Each metric by month."""
        return dict(zip(METRICS, (self.customers.end, self.mrr.end, self.mrr.retention), strict=True))

    def refusal(self, metric: str, month: int, limits: Limits) -> str | None:
        """Why nothing is said from the end of a month (counted from the segment's first) on; None = something is."""
        if month + 1 < limits.least_months:
            return "too_few_months"
        if self.customers.end[month] < limits.least_customers:
            return "too_few_customers"
        return "no_mrr" if metric != "customers_end" and not self.mrr.end[month] > 0 else None


def segment_forecasts(movements: Iterable[tuple], months: Sequence[date], limits: Limits) -> pa.Table:
    """Forecast every metric of every segment by every method from the latest months.

    Args:
        movements: segment_type, segment_value, cohort month, month, customers joined and lost, MRR joined, lost and
            changed; those of other months than the given ones are left out.
        months: first days of all months that are over, in order.
        limits: of what is forecast.

    Returns:
        A table of SCHEMA; period_start and what became of it (actual) may be after the last month. A metric that cannot
        be forecast from the last month is one row of it without a value, with a reason.
    """
    segments = read_segments(movements, months)
    origins = range(max(len(months) - limits.most_origins, 0), len(months))
    tables = [SCHEMA.empty_table()]
    forecasts = {key: _forecasts(segment, origins, limits) for key, segment in segments.items()}
    for metric in METRICS if segments else ():
        actual = np.stack([_actual(segment, metric, origins, limits) for segment in segments.values()])
        scale = np.stack([_scale(segment, metric, origins) for segment in segments.values()])
        for method in METHODS:
            value = np.stack([forecasts[key][metric, method] for key in segments])
            widths = half_widths(np.abs(value - actual) / scale, LEVELS)
            reached = {level: width * scale for level, width in widths.items()}
            tables.append(_table(metric, method, list(segments), months, origins, value, actual, reached))
    return pa.concat_tables([*tables, _refused(segments, months, limits)])


def read_segments(movements: Iterable[tuple], months: Sequence[date]) -> dict[tuple[str, str], Segment]:
    """The segments by type and value, from the movements that segment_forecasts is given."""
    index = {month: number for number, month in enumerate(months)}
    rows: dict[tuple[str, str], list[tuple]] = {}
    for segment_type, segment_value, cohort, month, *amounts in movements:
        if month in index:
            rows.setdefault((segment_type, segment_value), []).append((index[cohort], index[month], amounts))
    segments = {}
    for key, of_segment in sorted(rows.items()):
        first = min(cohort for cohort, *_ in of_segment)
        parts = np.zeros((5, len(months) - first, len(months) - first))
        for cohort, month, amounts in of_segment:
            parts[:, month - cohort, month - first] += [float(amount) for amount in amounts]
        customers = cohorts.History(parts[0], parts[1], np.zeros_like(parts[0]))
        segments[key] = Segment(first, customers, cohorts.History(*parts[2:]))
    return segments


def _forecasts(segment: Segment, origins: range, limits: Limits) -> dict[tuple[str, str], Floats]:
    """Of each metric and method: origins x months ahead, not a number where nothing is said."""
    ahead, series = limits.months_ahead, segment.series
    found = {(metric, method): np.full((len(origins), ahead), np.nan) for metric in METRICS for method in METHODS}
    for row, origin in enumerate(origins):
        month = origin - segment.first
        said = [metric for metric in METRICS if month >= 0 and not segment.refusal(metric, month, limits)]
        if not said:
            continue
        by_cohort = cohorts.cohort_forecast(segment.customers.until(month), segment.mrr.until(month), ahead)
        for metric in said:
            seen, is_rate = series[metric][: month + 1], metric == "net_revenue_retention"
            found[metric, "cohort"][row] = by_cohort[metric]
            found[metric, "naive"][row] = cohorts.naive_forecast(seen, ahead)
            found[metric, "trailing_average"][row] = cohorts.trailing_average_forecast(seen, ahead, is_rate)
    return found


def _actual(segment: Segment, metric: str, origins: range, limits: Limits) -> Floats:
    """What became of each month ahead of each origin; not a number where it is not over."""
    series = np.concatenate(
        [np.full(segment.first, np.nan), segment.series[metric], np.full(limits.months_ahead, np.nan)]
    )
    return np.stack([series[origin + 1 : origin + 1 + limits.months_ahead] for origin in origins])


def _scale(segment: Segment, metric: str, origins: range) -> Floats:
    """By how much the changes from month to month of the latest year differ from their mean, so that errors of large
    and small segments can be told together; not a number where all are the same. Origins x 1."""
    changes, scales = np.diff(segment.series[metric]), []
    for origin in origins:
        latest = changes[: max(origin - segment.first, 0)][-cohorts.YEAR :]
        known = latest[~np.isnan(latest)]
        spread = np.abs(known - known.mean()).mean() if len(known) else 0.0
        # changes that are all the same differ by the last bit of their mean
        scales.append(spread if spread > 1e-9 * np.abs(known).max(initial=0) else np.nan)
    return np.array(scales).reshape(-1, 1)


def _table(
    metric: str,
    method: str,
    keys: Sequence[tuple[str, str]],
    months: Sequence[date],
    origins: range,
    value: Floats,
    actual: Floats,
    reached: Mapping[int, Floats],
) -> pa.Table:
    """Rows of SCHEMA of all forecasts that there are."""
    segment, origin, ahead = np.nonzero(~np.isnan(value))
    calendar = np.array([*months, *_months_after(months[-1], value.shape[2])], dtype="datetime64[D]")
    columns: dict[str, object] = {
        "metric": [metric] * len(segment),
        "segment_type": [keys[number][0] for number in segment],
        "segment_value": [keys[number][1] for number in segment],
        "method": [method] * len(segment),
        "origin": calendar[origin + origins.start],
        "months_ahead": ahead + 1,
        "period_start": calendar[origin + origins.start + ahead + 1],
        "value": value[segment, origin, ahead],
        "actual": actual[segment, origin, ahead],
    }
    for level, widths in reached.items():
        width = widths[segment, origin, ahead]
        # there are no fewer than no customers
        columns[f"lower_{level}"] = np.maximum(columns["value"] - width, 0)
        columns[f"upper_{level}"] = columns["value"] + width
    has_none = np.isnan(columns["lower_80"])
    columns["reason"] = np.where(has_none, "no_past_errors", None)
    return pa.table([pa.array(columns[field.name], field.type, from_pandas=True) for field in SCHEMA], schema=SCHEMA)


def _refused(segments: Mapping[tuple[str, str], Segment], months: Sequence[date], limits: Limits) -> pa.Table:
    """A row of SCHEMA for each metric of which nothing is said from the last month on."""
    rows = [
        {"metric": metric, "segment_type": segment_type, "segment_value": segment_value, "method": method}
        | {"origin": months[-1], "months_ahead": 1, "period_start": _months_after(months[-1], 1)[0], "reason": reason}
        for (segment_type, segment_value), segment in segments.items()
        for metric in METRICS
        if (reason := segment.refusal(metric, len(months) - 1 - segment.first, limits))
        for method in METHODS
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _months_after(month: date, count: int) -> list[date]:
    numbers = range(month.year * 12 + month.month, month.year * 12 + month.month + count)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]
