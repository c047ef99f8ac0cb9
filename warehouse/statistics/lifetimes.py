"""The lifetime model of every segment that has enough losses, from counts of first spells."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from warehouse.statistics import shifted_beta_geometric as sbg

Floats = NDArray[np.float64]

ALL = ("all", "all")
SCHEMA = pa.schema(
    [
        ("is_backtest", pa.bool_()),
        ("segment_type", pa.string()),
        ("segment_value", pa.string()),
        ("age_months", pa.int32()),
        *[
            (f"{name}{bound}", pa.float64())
            for name in ("alpha", "beta", "residual_lifetime")
            for bound in ("", "_lower", "_upper")
        ],
        ("log_likelihood", pa.float64()),
        ("survival", pa.float64()),
        ("fit_note", pa.string()),
    ]
)


def fitted_lifetimes(
    counts: list[tuple], least_losses: int, monthly_discount_rate: float, months_ahead: int
) -> pa.Table:
    """Fit each segment with enough losses, and say what its fit expects at every age.

    Args:
        counts: is_backtest, segment_type, segment_value, is_lost, renewals and customers; several rows may be of one kind.
        least_losses: of a segment's own fit. The fit of all customers needs one loss.
        monthly_discount_rate: not above 0, there are no residual lifetimes.
        months_ahead: ages go this far beyond the oldest customer's.

    Returns:
        By fit and age in months (SCHEMA): parameters and the residual lifetime in discounted payments, with the bounds of
        their 95% profile likelihood intervals (an upper one of null is beyond all bounds), and the survival from the start.
    """
    groups: dict[tuple, list[tuple]] = {}
    for is_backtest, segment_type, segment_value, is_lost, renewals, customers in counts:
        groups.setdefault((is_backtest, segment_type, segment_value), []).append((is_lost, renewals, customers))
    fits = {
        key: sbg.fit(_as_counts(rows))
        for key, rows in sorted(groups.items())
        if sum(customers for is_lost, _, customers in rows if is_lost) >= (1 if key[1:] == ALL else least_losses)
    }
    if not fits:
        return SCHEMA.empty_table()
    last_age = max(renewals for _, _, _, _, renewals, _ in counts) + months_ahead
    # of every segment the fit itself, then the edge of what is as likely
    points = np.stack([np.vstack([[fitted.alpha, fitted.beta], fitted.region]) for fitted in fits.values()])
    if monthly_discount_rate > 0:
        lifetimes = sbg.residual_lifetimes(points[..., 0], points[..., 1], monthly_discount_rate, last_age)
    else:
        lifetimes = np.full((*points.shape[:2], last_age + 1), np.nan)
    return pa.concat_tables(
        _forecast(key, fitted, by_age) for (key, fitted), by_age in zip(fits.items(), lifetimes, strict=True)
    )


def _as_counts(rows: list[tuple]) -> sbg.Counts:
    size = max(renewals for _, renewals, _ in rows) + 1
    lost, kept = np.zeros(size), np.zeros(size)
    for is_lost, renewals, customers in rows:
        (lost if is_lost else kept)[renewals] += customers
    return sbg.Counts(lost, kept)


def _forecast(key: tuple, fitted: sbg.Fit, lifetimes: Floats) -> pa.Table:
    ages = lifetimes.shape[1]
    alpha, beta = sbg.parameter_interval(fitted, 0), sbg.parameter_interval(fitted, 1)
    of_the_fit = {
        **dict(zip(("is_backtest", "segment_type", "segment_value"), key, strict=True)),
        **{"alpha": fitted.alpha, "alpha_lower": alpha[0], "alpha_upper": alpha[1]},
        **{"beta": fitted.beta, "beta_lower": beta[0], "beta_upper": beta[1]},
        "log_likelihood": fitted.log_likelihood,
        "fit_note": fitted.note,
    }
    by_age = {
        "age_months": np.arange(ages),
        "residual_lifetime": lifetimes[0],
        "residual_lifetime_lower": lifetimes.min(axis=0),
        "residual_lifetime_upper": lifetimes.max(axis=0),
        "survival": sbg.survival(fitted.alpha, fitted.beta, ages - 1),
    }
    columns = {name: [value] * ages for name, value in of_the_fit.items()} | by_age
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in SCHEMA]  # nan is null
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
