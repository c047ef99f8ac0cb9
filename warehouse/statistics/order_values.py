"""The order models of the business, from patterns of orders and the customers that have each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from warehouse.statistics.orders import NoFitError, OrderFit, discounted_orders, fit_bg_nbd, fit_gamma_gamma

PARAMETERS = {"bg_nbd": ("r", "alpha", "a", "b"), "gamma_gamma": ("p", "q", "v")}
FITS = pa.schema(
    [
        ("model", pa.string()),
        *[
            (f"{parameter}{bound}", pa.float64())
            for parameters in PARAMETERS.values()
            for parameter in parameters
            for bound in ("", "_lower", "_upper")
        ],
        ("log_likelihood", pa.float64()),
        ("customers", pa.int64()),
        ("fit_note", pa.string()),
    ]
)
FORECASTS = pa.schema(
    [
        ("repeat_orders", pa.int32()),
        ("recency_days", pa.int32()),
        ("observed_days", pa.int32()),
        ("discounted_orders", pa.float64()),
    ]
)


def fitted_orders(rhythms: list[tuple], values: list[tuple], least_repeat_customers: int) -> pa.Table:
    """Fit BG/NBD and Gamma-Gamma.

    Args:
        rhythms: repeat_orders, recency_days, observed_days and customers, one row per pattern.
        values: repeat_orders, mean value of a repeat order and customers, one row per pattern; only those with a repeat
            order and a mean above 0.
        least_repeat_customers: with fewer customers who came back there is no fit.

    Returns:
        One row per model (FITS); without a fit the parameters are null and fit_note says why. No rows without orders.
    """
    if not rhythms:
        return FITS.empty_table()
    orders, recency, observed, customers = np.array(rhythms, dtype=float).T
    weeks = (recency / 7, observed / 7)
    enough = customers[orders > 0].sum() >= least_repeat_customers
    fits = [_fit_row("bg_nbd", customers, enough, lambda: fit_bg_nbd(orders, *weeks, customers))]
    of_mean, means, those = np.array(values, dtype=float).reshape(-1, 3).T
    enough = those.sum() >= least_repeat_customers
    fits.append(_fit_row("gamma_gamma", those, enough, lambda: fit_gamma_gamma(of_mean, means, those)))
    return pa.Table.from_pylist(fits, schema=FITS)


def _fit_row(model: str, customers: NDArray[np.float64], is_enough: bool, fit: Callable[[], OrderFit]) -> dict:
    row = {"model": model, "customers": int(customers.sum())}
    try:
        if not is_enough:
            raise NoFitError("too few customers ordered again")
        fitted = fit()
    except NoFitError as error:
        return row | {"fit_note": str(error)}
    for bound, values in {"": fitted.parameters, "_lower": fitted.lower, "_upper": fitted.upper}.items():
        row |= {f"{name}{bound}": value for name, value in values.items()}
    return row | {"log_likelihood": fitted.log_likelihood}


def forecast_orders(
    fits: list[dict], patterns: list[tuple], months: int, monthly_discount_rate: float
) -> pa.Table:
    """Discounted orders of the coming months for each pattern.

    Args:
        fits: rows of fitted_orders.
        patterns: repeat_orders, recency_days and observed_days.
        months: how far ahead.
        monthly_discount_rate: a fraction.

    Returns:
        One row per pattern (FORECASTS); no rows without a fit of BG/NBD.
    """
    parameters = next(({name: fit[name] for name in PARAMETERS["bg_nbd"]} for fit in fits if fit["model"] == "bg_nbd"), None)
    if not patterns or not parameters or parameters["r"] is None:
        return FORECASTS.empty_table()
    orders, recency, observed = np.array(patterns).T
    expected = discounted_orders(parameters, months, monthly_discount_rate, orders, recency / 7, observed / 7)
    return pa.Table.from_arrays([pa.array(orders, pa.int32()), pa.array(recency, pa.int32()), pa.array(observed, pa.int32()), pa.array(expected)], schema=FORECASTS)
