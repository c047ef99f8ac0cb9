"""What keeping more customers, recovering more payments or a higher price would be worth, by the cohort forecast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from warehouse.statistics import cohort_forecasts as cohorts
from warehouse.statistics.segment_forecasts import Limits, Segment, read_segments

FIGURES = ("retention", "mrr_months", "lifetime_months")
SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in ("scenario", "segment_type", "segment_value")],
        ("origin", pa.date32()),
        *[(f"{name}{kind}", pa.float64()) for name in FIGURES for kind in ("", "_changed")],
        ("reason", pa.string()),
    ]
)


def what_ifs(
    movements: Iterable[tuple],
    months: list[date],
    resolved: Mapping[tuple[str, str], tuple[int, int]],
    scenarios: Iterable[tuple[str, str, int]],
    limits: Limits,
) -> pa.Table:
    """Each scenario in each segment, as it is forecast and as it would be.

    Args:
        movements, months: as of segment_forecasts.
        resolved: of each segment, the failed payments of the latest year that were recovered or lost, and the lost.
        scenarios: name, lever (retention, recovery or price) and change in percent or percentage points.
        limits: of what is forecast.

    Returns:
        A table of SCHEMA; a segment of which nothing is forecast has a reason and no figures.
    """
    rows = []
    scenarios = list(scenarios)
    for (segment_type, segment_value), segment in read_segments(movements, months).items():
        last = len(months) - 1 - segment.first
        reason = segment.refusal("mrr_end", last, limits)
        usual = {} if reason else _figures(segment, limits, None, 1.0)
        for scenario, lever, percent in scenarios:
            row = {"scenario": scenario, "segment_type": segment_type, "segment_value": segment_value}
            row |= {"origin": months[-1], "reason": reason}
            if not reason:
                failures = resolved.get((segment_type, segment_value), (0, 0))
                gain = _gain(segment, lever, percent / 100, failures, usual["retention"], limits)
                changed = _figures(segment, limits, gain, 1 + percent / 100 if lever == "price" else 1.0)
                row |= usual | {f"{name}_changed": value for name, value in changed.items()}
            rows.append(row)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _gain(
    segment: Segment, lever: str, change: float, failures: tuple[int, int], retention: float, limits: Limits
) -> cohorts.Gain | None:
    """By how much more each month keeps; nobody is kept more than once."""
    if lever == "price":
        return None
    shares, overall = cohorts.kept_by_age(segment.customers, cohorts.PRIOR_CUSTOMERS)
    factor, saved = 1.0, 0.0
    if lever == "retention" and retention > 0:
        # each month raised alike, so that over all months ahead so many points more are kept
        factor = (min(retention + change, 1) / retention) ** (1 / limits.months_ahead)
    if lever == "recovery":
        customer_months = segment.customers.start[:, -cohorts.YEAR :].sum()
        # so many points of those resolved, but no more than were lost
        saved = min(change * failures[0], failures[1]) / customer_months if customer_months > 0 else 0.0
    by_age, of_all = (np.minimum(part * factor + saved, np.maximum(part, 1)) for part in (shares, np.array(overall)))
    return cohorts.Gain(
        np.where(shares > 0, by_age / np.where(shares > 0, shares, 1), 1),
        float(of_all / overall) if overall > 0 else 1.0,
    )


def _figures(segment: Segment, limits: Limits, gain: cohorts.Gain | None, price: float) -> dict[str, float | None]:
    """The share of today's customers that is left after the months ahead, the MRR of all of them, and for how many
    months a customer stays where each month keeps the share of all ages (None = for ever)."""
    nobody = np.zeros(limits.months_ahead)
    left, _ = cohorts.carried_on(segment.customers, nobody, nobody, cohorts.PRIOR_CUSTOMERS, gain)
    ahead = cohorts.cohort_forecast(segment.customers, segment.mrr, limits.months_ahead, gain)
    _, overall = cohorts.kept_by_age(segment.customers, cohorts.PRIOR_CUSTOMERS)
    lost = 1 - overall * (gain.overall if gain else 1)
    return {
        "retention": float(left[-1] / segment.customers.end[-1]),
        "mrr_months": float(ahead["mrr_end"].sum() * price),
        "lifetime_months": 1 / lost if lost > 1e-9 else None,
    }
