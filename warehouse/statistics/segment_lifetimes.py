"""The lifetime model of every segment, from counts of first spells: its own, or that of all customers."""

from __future__ import annotations

from collections.abc import Iterable

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
        ("customers", pa.int64()),
        ("losses", pa.int64()),
        ("fallback_segment_value", pa.string()),
        *[
            (f"{name}{bound}", pa.float64())
            for name in ("alpha", "beta", "residual_lifetime")
            for bound in ("", "_lower", "_upper")
        ],
        ("survival", pa.float64()),
        ("empirical_survival", pa.float64()),
        ("log_likelihood", pa.float64()),
        ("fit_note", pa.string()),
    ]
)


def segment_lifetimes(
    counts: Iterable[tuple], least_losses: int, monthly_discount_rate: float, last_age: int
) -> pa.Table:
    """Fit each segment with enough losses, and say what it, or else the fit of all customers, expects at every age.

    Args:
        counts: is_backtest, segment_type, segment_value, is_lost, renewals and customers; several rows may be of one
            kind. The segment ALL is the parent of all others.
        least_losses: of a segment's own fit. The fit of all customers needs one loss.
        monthly_discount_rate: not above 0, there are no residual lifetimes.
        last_age: in months.

    Returns:
        By segment and age in months (SCHEMA): parameters and the residual lifetime in discounted payments, with the
        bounds of their 95% profile likelihood intervals (an upper one of null is beyond all bounds), and the survival
        from the start, expected and seen. One row with nulls for a segment that no fit describes.
    """
    groups: dict[tuple, list[tuple]] = {}
    for *key, is_lost, renewals, customers in counts:
        groups.setdefault(tuple(key), []).append((is_lost, int(renewals), int(customers)))
    losses = {key: sum(customers for is_lost, _, customers in rows if is_lost) for key, rows in groups.items()}
    least = {key: 1 if key[1:] == ALL else max(least_losses, 1) for key in groups}
    own = {key: _as_counts(rows) for key, rows in groups.items() if losses[key] >= least[key]}
    forecasts = _forecasts(own, monthly_discount_rate, last_age)
    tables = [SCHEMA.empty_table()]
    for key, rows in sorted(groups.items()):
        parent = (key[0], *ALL)
        columns: dict[str, object] = {"age_months": np.array([0]), "fit_note": "no customer has been lost yet"}
        if key in forecasts:
            columns = forecasts[key]
        elif parent in forecasts:
            of_fallback = {"fallback_segment_value": "all", "fit_note": "too few losses: the model of all customers"}
            columns = forecasts[parent] | of_fallback
        of_segment = dict(zip(("is_backtest", "segment_type", "segment_value"), key, strict=True))
        of_segment |= {"customers": sum(customers for *_, customers in rows), "losses": losses[key]}
        tables.append(_table(columns | of_segment))
    return pa.concat_tables(tables)


def _as_counts(rows: list[tuple]) -> sbg.Counts:
    size = max(renewals for _, renewals, _ in rows) + 1
    lost, kept = np.zeros(size), np.zeros(size)
    for is_lost, renewals, customers in rows:
        (lost if is_lost else kept)[renewals] += customers
    return sbg.Counts(lost, kept)


def _forecasts(
    counts: dict[tuple, sbg.Counts], monthly_discount_rate: float, last_age: int
) -> dict[tuple, dict[str, object]]:
    """Columns of SCHEMA, by age: each fit and what it expects; the bounds are the extremes of what is as likely."""
    if not counts:
        return {}
    fits = {key: sbg.fit(of_key) for key, of_key in counts.items()}
    # of every segment the fit itself, then the edge of its likelihood region
    alpha, beta = np.stack([np.vstack([[fitted.alpha, fitted.beta], fitted.region]) for fitted in fits.values()]).T
    lifetimes = np.full((*alpha.shape, last_age + 1), np.nan)
    if monthly_discount_rate > 0:
        lifetimes = sbg.residual_lifetimes(alpha, beta, monthly_discount_rate, last_age)
    forecasts = {}
    for segment, (key, fitted) in enumerate(fits.items()):
        intervals = {
            f"{name}{bound}": end
            for parameter, name in enumerate(("alpha", "beta"))
            for bound, end in zip(("_lower", "_upper"), sbg.parameter_interval(fitted, parameter), strict=True)
        }
        forecasts[key] = intervals | {
            "age_months": np.arange(last_age + 1),
            "alpha": fitted.alpha,
            "beta": fitted.beta,
            "residual_lifetime": lifetimes[0, segment],
            "residual_lifetime_lower": lifetimes[:, segment].min(axis=0),
            "residual_lifetime_upper": lifetimes[:, segment].max(axis=0),
            "survival": sbg.survival(fitted.alpha, fitted.beta, last_age),
            "empirical_survival": _empirical_survival(counts[key], last_age),
            "log_likelihood": fitted.log_likelihood,
            "fit_note": fitted.note,
        }
    return forecasts


def _empirical_survival(counts: sbg.Counts, last_age: int) -> Floats:
    """Share there after each renewal (Kaplan-Meier); at ages that nobody came to, losses go on at the overall rate."""
    at_risk = (counts.lost + counts.kept)[::-1].cumsum()[::-1]
    loss_rates = np.full(last_age + 1, counts.lost.sum() / at_risk[1:].sum())
    loss_rates[: at_risk.size] = (counts.lost / at_risk)[: last_age + 1]
    return np.cumprod(1 - loss_rates)


def _table(columns: dict[str, object]) -> pa.Table:
    """A table of SCHEMA, as long as the ages; what is missing or no number is null."""
    length = len(columns["age_months"])
    arrays = []
    for field in SCHEMA:
        values = columns.get(field.name)
        values = values if isinstance(values, np.ndarray) else [values] * length
        arrays.append(pa.array(values, field.type, from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
