"""What customers without a contract will still order: BG/NBD for how often, Gamma-Gamma for how much, of `lifetimes`.

Both are fitted to patterns and the number of customers that have each, so customers that are alike cost once. Sources:

    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), 275-284.
    Fader and Hardie (2013), The Gamma-Gamma model of monetary value, http://www.brucehardie.com/notes/025/
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.fitters import BaseFitter
from lifetimes.utils import ConvergenceError
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z = 1.959963984540054
WEEKS_IN_MONTH = 365 / 12 / 7


class NoFitError(ValueError):
    """No parameters describe the orders. The message says why, in words for a report."""


@dataclass(frozen=True)
class OrderFit:
    """Fitted parameters by name, with 95% bounds, and the log-likelihood.

    The bounds are of the parameters' logarithms, from the curvature of the likelihood (they are never below 0); None
    where it has none.
    """

    parameters: dict[str, float]
    lower: dict[str, float | None]
    upper: dict[str, float | None]
    log_likelihood: float


def fit_bg_nbd(frequency: Floats, recency: Floats, observed: Floats, customers: Floats) -> OrderFit:
    """Fit BG/NBD (parameters r, alpha, a, b; alpha in weeks).

    Args:
        frequency: days with an order after the first, per pattern.
        recency: weeks from the first to the last order.
        observed: weeks from the first order to now.
        customers: customers with the pattern.

    Raises:
        NoFitError: the search ends nowhere.
    """
    fitter = BetaGeoFitter()
    with _quiet_library():
        fitter.fit(frequency, recency, observed, weights=customers)
    # the library measures time in a unit of its own, which moves the likelihood by a constant
    unit = float((customers * frequency).sum() * np.log(fitter._scale))
    return _fitted(fitter, -float(fitter._negative_log_likelihood_ * customers.sum()) + unit)


def fit_gamma_gamma(frequency: Floats, mean_value: Floats, customers: Floats) -> OrderFit:
    """Fit Gamma-Gamma (parameters p, q, v) to customers who came back.

    Args:
        frequency: orders that the mean is of, at least 1, per pattern.
        mean_value: mean value of the customer's orders, greater than 0.
        customers: customers with the pattern.

    Raises:
        NoFitError: the search ends nowhere, or at a distribution without a mean (q at most 1).
    """
    fitter = GammaGammaFitter()
    with _quiet_library():
        fitter.fit(frequency, mean_value, weights=customers)
    if fitter.params_["q"] <= 1:
        raise NoFitError("order values are too unequal to have a mean")
    return _fitted(fitter, -float(fitter._negative_log_likelihood_ * customers.sum()))


@contextlib.contextmanager
def _quiet_library() -> Iterator[None]:
    """Searches pass through overflows on their way, and a failed one is printed: what matters is whether it ended."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            yield
        except (ConvergenceError, np.linalg.LinAlgError) as error:
            raise NoFitError("the search for parameters ends nowhere") from error


def _fitted(fitter: BaseFitter, log_likelihood: float) -> OrderFit:
    parameters = {name: float(value) for name, value in fitter.params_.items()}
    lower: dict[str, float | None] = {}
    upper: dict[str, float | None] = {}
    # the library's standard errors are taken in its own unit of time, relative ones are in none
    relative_variances = np.diag(np.linalg.inv(fitter._hessian_)) / fitter.data["weights"].sum()
    for (name, value), variance in zip(parameters.items(), relative_variances, strict=True):
        width = float(np.exp(Z * np.sqrt(variance))) if variance > 0 else None
        lower[name], upper[name] = (value / width, value * width) if width else (None, None)
    return OrderFit(parameters, lower, upper, log_likelihood)


def expected_orders(
    parameters: dict[str, float], weeks: float, frequency: Floats, recency: Floats, observed: Floats
) -> Floats:
    """Expected days with an order in the next weeks, given what a customer did (arguments as of fit_bg_nbd)."""
    fitter = BetaGeoFitter()
    fitter.params_ = parameters
    with _quiet_library():
        return np.asarray(
            fitter.conditional_expected_number_of_purchases_up_to_time(weeks, frequency, recency, observed), dtype=float
        )


def discounted_orders(
    parameters: dict[str, float],
    months: int,
    monthly_discount_rate: float,
    frequency: Floats,
    recency: Floats,
    observed: Floats,
) -> Floats:
    """Expected orders of the coming months, each discounted to now from the end of its month (arguments as above)."""
    total, before = np.zeros(len(frequency)), np.zeros(len(frequency))
    for month in range(1, months + 1):
        until = expected_orders(parameters, month * WEEKS_IN_MONTH, frequency, recency, observed)
        total += (until - before) / (1 + monthly_discount_rate) ** month
        before = until
    return total
