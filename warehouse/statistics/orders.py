"""What customers without a contract will still order: BG/NBD for how often, Gamma-Gamma for how much.

Likelihoods and expectations are those of the library `lifetimes`. The search is bounded: real orders often put the
greatest likelihood at no finite parameters, where the library's own search fails. Both models are fitted to patterns
and the number of customers that have each, so customers that are alike cost once. Sources:

    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), 275-284.
    Fader and Hardie (2013), The Gamma-Gamma model of monetary value, http://www.brucehardie.com/notes/025/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.fitters import BaseFitter
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
Z = 1.959963984540054
WEEKS_IN_MONTH = 365 / 12 / 7

LOG_BOUNDS = (np.log(1e-4), np.log(1e4))  # of each parameter
AT_BOUND = 1e-3
STEP = 1e-3  # of the second differences of the likelihood
UNLIKELY = 1e6
STILL_THERE = np.inf  # a last order that leaves no doubt
AT_BOUND_NOTE = "the orders do not tell all parameters: one is at its bound"


class NoFitError(ValueError):
    """No parameters describe the orders. The message says why, in words for a report."""


@dataclass(frozen=True)
class OrderFit:
    """Fitted parameters by name with their 95% bounds, the log-likelihood, and a note on them (None = nothing to say).

    The bounds are of the parameters' logarithms, from the curvature of the likelihood (they are never below 0); not a
    number where it has none.
    """

    parameters: dict[str, float]
    lower: dict[str, float]
    upper: dict[str, float]
    log_likelihood: float
    note: str | None


def fit_bg_nbd(frequency: Floats, recency: Floats, observed: Floats, customers: Floats) -> OrderFit:
    """Fit BG/NBD (parameters r, alpha, a, b; alpha in weeks).

    Args:
        frequency: days with an order after the first, per pattern.
        recency: weeks from the first to the last order.
        observed: weeks from the first order to now.
        customers: customers with the pattern.
    """
    # in a unit of time that makes all parameters of one size
    unit = max(float(observed.max()), 1.0)
    data = frequency, recency / unit, observed / unit, customers
    fitted = _fit(BetaGeoFitter, data, ("r", "alpha", "a", "b"))
    density = np.log(unit) * (customers * frequency).sum()
    return _in_unit(fitted, "alpha", unit, density)


def fit_gamma_gamma(frequency: Floats, mean_value: Floats, customers: Floats) -> OrderFit:
    """Fit Gamma-Gamma (parameters p, q, v) to customers who came back.

    Args:
        frequency: orders that the mean is of, at least 1, per pattern.
        mean_value: mean value of the customer's orders, greater than 0.
        customers: customers with the pattern.

    Raises:
        NoFitError: the distribution has no mean (q at most 1).
    """
    # in a unit of money that makes all parameters of one size
    unit = float(np.average(mean_value, weights=customers))
    fitted = _fit(GammaGammaFitter, (frequency, mean_value / unit, customers), ("p", "q", "v"))
    if fitted.parameters["q"] <= 1:
        raise NoFitError("order values are too unequal to have a mean")
    return _in_unit(fitted, "v", unit, np.log(unit) * customers.sum())


def _fit(fitter: type[BaseFitter], data: tuple[Floats, ...], names: tuple[str, ...]) -> OrderFit:
    """Search the logarithms of the parameters for the greatest likelihood; the last of data are the customers."""
    customers = data[-1].sum()

    def negative(logs: Floats) -> float:
        with np.errstate(all="ignore"):  # far from the optimum the likelihood is 0
            mean = fitter._negative_log_likelihood(logs, *data, 0.0)
        return float(mean) if np.isfinite(mean) else UNLIKELY

    start = np.full(len(names), 0.1)  # the library's own
    bounds, options = [LOG_BOUNDS] * len(names), {"ftol": 1e-15, "gtol": 1e-9}
    best = minimize(negative, start, jac="3-point", method="L-BFGS-B", bounds=bounds, options=options).x
    is_at_bound = bool((np.minimum(best - LOG_BOUNDS[0], LOG_BOUNDS[1] - best) < AT_BOUND).any())
    information = _curvature(negative, best) * customers
    is_curved = not is_at_bound and (np.linalg.eigvalsh(information) > 0).all()
    widths = Z * np.sqrt(np.diag(np.linalg.inv(information))) if is_curved else np.full(len(names), np.nan)
    named = (dict(zip(names, np.exp(logs).tolist(), strict=True)) for logs in (best, best - widths, best + widths))
    return OrderFit(*named, float(-negative(best) * customers), AT_BOUND_NOTE if is_at_bound else None)


def _curvature(function: Callable[[Floats], float], point: Floats) -> Floats:
    """Second derivatives, as differences."""
    steps = STEP * np.eye(point.size)

    def mixed(one: Floats, other: Floats) -> float:
        rising = function(point + one + other) + function(point - one - other)
        return (rising - function(point + one - other) - function(point - one + other)) / (4 * STEP**2)

    return np.array([[mixed(one, other) for other in steps] for one in steps])


def _in_unit(fitted: OrderFit, parameter: str, unit: float, density: float) -> OrderFit:
    """The fit with the parameter, and the density of the data, in the unit of the data again."""
    values = (
        bounds | {parameter: bounds[parameter] * unit} for bounds in (fitted.parameters, fitted.lower, fitted.upper)
    )
    return OrderFit(*values, float(fitted.log_likelihood - density), fitted.note)


def expected_orders(
    parameters: dict[str, float], weeks: float, frequency: Floats, recency: Floats, observed: Floats
) -> Floats:
    """Expected days with an order in the next weeks, given what a customer did (arguments as of fit_bg_nbd)."""
    fitter = BetaGeoFitter()
    fitter.params_ = parameters
    expected = fitter.conditional_expected_number_of_purchases_up_to_time(weeks, frequency, recency, observed)
    return np.asarray(expected, dtype=float)


def discounted_orders(
    parameters: dict[str, float],
    months: int,
    monthly_discount_rate: float,
    frequency: Floats,
    recency: Floats,
    observed: Floats,
) -> Floats:
    """Expected orders of the coming months, each discounted to now from the end of its month (arguments as above)."""
    # The series of the expectation is costly, and of one who is still there it knows nothing of the last order: it is
    # asked once for all who ordered as often in as many weeks, and weighted by whether each is still there.
    (orders, weeks), place = np.unique(np.stack([frequency, observed]), axis=1, return_inverse=True)
    total, before = np.zeros(len(orders)), np.zeros(len(orders))
    for month in range(1, months + 1):
        until = expected_orders(parameters, month * WEEKS_IN_MONTH, orders, STILL_THERE, weeks)
        total += (until - before) / (1 + monthly_discount_rate) ** month
        before = until
    fitter = BetaGeoFitter()
    fitter.params_ = parameters
    return total[place.ravel()] * fitter.conditional_probability_alive(frequency, recency, observed)
