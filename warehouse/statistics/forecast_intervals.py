"""Intervals of forecasts from how far the forecasts before were off: no assumption of a distribution, no look ahead.

An interval reaches as far to both sides as, at its level, past forecasts of the same horizon were off (split conformal
prediction, with the rank that is right for few errors: Lei and others 2018, Journal of the American Statistical
Association 113, 1094-1111). A growing business is not the one it was, so only the latest errors speak, and each month
the intervals are widened by what more than allowed had missed by then, and narrowed by what less had (after adaptive
conformal inference: Gibbs and Candes 2021, Advances in Neural Information Processing Systems 34).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LATEST_ORIGINS = 6  # errors of so many origins speak
LEAST_ORIGINS = 3  # with fewer there is no interval
STEP = 1.0  # a month in which all missed at 80% widens by exp(0.8)


def half_widths(errors: Floats, levels: Sequence[int]) -> dict[int, Floats]:
    """How far the interval of each level reaches from its forecast, in the unit of the errors.

    Args:
        errors: how far each forecast was off, at least 0: segments x origins (months, in order) x months ahead, the
            first being 1. Not a number where there is no forecast, or nothing is known of it yet.
        levels: in percent, the lowest first. A higher one is widened at least as much as a lower one.

    Returns:
        By level, origins x months ahead; each from errors known at its origin only. Not a number where those are too
        few.
    """
    _, origins, horizons = errors.shape
    widths = {level: np.full((origins, horizons), np.nan) for level in levels}
    factors = dict.fromkeys(levels, 1.0)
    for origin in range(origins):
        ahead = [month for month in range(horizons) if origin > month]
        due = np.array([errors[:, origin - month - 1, month] for month in ahead])
        for level in levels:
            allowed = np.array([widths[level][origin - month - 1, month] for month in ahead]).reshape(-1, 1)
            if ahead and (judged := ~np.isnan(due) & ~np.isnan(allowed)).any():
                factors[level] *= np.exp(STEP * ((due > allowed)[judged].mean() - (100 - level) / 100))
        for month in ahead:
            known = errors[:, max(origin - month - LATEST_ORIGINS, 0) : origin - month, month]
            is_known = ~np.isnan(known)
            if is_known.any(axis=0).sum() >= LEAST_ORIGINS:
                for number, level in enumerate(levels):
                    factor = max(factors[lower] for lower in levels[: number + 1])
                    widths[level][origin, month] = factor * _quantile(known[is_known], level)
    return widths


def _quantile(errors: Floats, level: int) -> float:
    """The error that so many percent of a next one stay below, or the largest where there are too few to say it."""
    rank = -(-(len(errors) + 1) * level // 100)
    return float(np.sort(errors)[min(rank, len(errors)) - 1])
