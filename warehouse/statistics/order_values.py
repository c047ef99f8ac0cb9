"""The order models of the business, from patterns of orders and the customers that have each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

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
        ("recency_weeks", pa.int32()),
        ("observed_weeks", pa.int32()),
        ("discounted_orders", pa.float64()),
    ]
)


def fitted_orders(rhythms: list[tuple], values: list[tuple], least_repeat_customers: int) -> pa.Table:
    """Fit BG/NBD and Gamma-Gamma.

    Args:
        rhythms: repeat_orders, recency_weeks, observed_weeks and customers, one row per pattern.
        values: repeat_orders, mean value of a repeat order and customers, one row per pattern; only those with a repeat
            order and a mean above 0.
        least_repeat_customers: with fewer customers who came back there is no fit.

    Returns:
        One row per model (FITS); without a fit the parameters are null and fit_note says why. No rows without orders.
    """
    if not rhythms:
        return FITS.empty_table()
    orders, recency, observed, customers = np.array(rhythms, dtype=float).T
    again = customers[orders > 0].sum()
    of_mean, means, valued = np.array(values, dtype=float).reshape(-1, 3).T

    def row(model: str, among: float, came_back: float, fit: Callable[[], OrderFit]) -> dict[str, object]:
        try:
            if came_back < least_repeat_customers:
                raise NoFitError("too few customers ordered again")
            fitted = fit()
        except NoFitError as error:
            return {"model": model, "customers": int(among), "fit_note": str(error)}
        parameters = {
            f"{name}{bound}": value if np.isfinite(value) else None
            for bound, of_bound in (("", fitted.parameters), ("_lower", fitted.lower), ("_upper", fitted.upper))
            for name, value in of_bound.items()
        }
        return parameters | {
            "model": model,
            "customers": int(among),
            "log_likelihood": fitted.log_likelihood,
            "fit_note": fitted.note,
        }

    return pa.Table.from_pylist(
        [
            row("bg_nbd", customers.sum(), again, lambda: fit_bg_nbd(orders, recency, observed, customers)),
            row("gamma_gamma", valued.sum(), valued.sum(), lambda: fit_gamma_gamma(of_mean, means, valued)),
        ],
        schema=FITS,
    )


def forecast_orders(
    parameters: tuple[float, ...] | None, patterns: list[tuple], months: int, monthly_discount_rate: float
) -> pa.Table:
    """Discounted orders of the coming months for each pattern.

    Args:
        parameters: of BG/NBD (PARAMETERS); None = there is no fit.
        patterns: repeat_orders, recency_weeks and observed_weeks.
        months: how far ahead.
        monthly_discount_rate: a fraction.

    Returns:
        One row per pattern (FORECASTS); no rows without a fit.
    """
    if not patterns or not parameters:
        return FORECASTS.empty_table()
    columns = np.array(patterns).T
    named = dict(zip(PARAMETERS["bg_nbd"], parameters, strict=True))
    expected = discounted_orders(named, months, monthly_discount_rate, *columns)
    return pa.table([*columns, pa.array(expected, from_pandas=True)], names=FORECASTS.names).cast(FORECASTS)
