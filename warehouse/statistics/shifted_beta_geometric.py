"""How long customers stay: the shifted-beta-geometric model, fitted by maximum likelihood to counts.

Each customer is lost at every renewal with a probability of its own, and these probabilities follow a beta distribution
(alpha, beta). Whoever renewed often is therefore ever less likely to leave, as in real cohorts. All functions work on
counts or on parameters, so their cost does not depend on the number of customers. Sources:

    Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76-90.
    Fader and Hardie (2010), Customer-base valuation in a contractual setting, Marketing Science 29(1), 85-93.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, chdtri, expit, logit

Floats = NDArray[np.float64]

# A profile likelihood interval at 95%: what lies at most this far below the greatest log-likelihood.
PROFILE_DROP = float(chdtri(1, 0.05)) / 2
DIRECTIONS = 64
MOST_STEPS = 20_000

# Where the likelihood has its greatest value at no finite parameters (everybody alike; some leave at once, the others
# never; everybody lost at the first renewal) the fit ends at these bounds, and says so.
MEAN_BOUND = 1e-4  # of the mean probability of a loss, and of 1 - it
CONCENTRATION_BOUNDS = (1e-2, 1e4)  # of alpha + beta
LOWEST = np.array([logit(MEAN_BOUND), np.log(CONCENTRATION_BOUNDS[0])])
HIGHEST = np.array([logit(1 - MEAN_BOUND), np.log(CONCENTRATION_BOUNDS[1])])
AT_BOUND = 0.05  # the likelihood is flat there, so the search ends near a bound, not on it


@dataclass(frozen=True)
class Counts:
    """Customers by the renewal at which they were lost, and by the renewals that those still there have passed.

    Attributes:
        lost: lost[t] customers were lost at renewal t; lost[0] = 0, nobody is lost before the first renewal.
        kept: kept[t] customers have passed t renewals and are still there (right-censored). As long as lost.
    """

    lost: Floats
    kept: Floats

    def __post_init__(self) -> None:
        if self.lost.shape != self.kept.shape or self.lost.ndim != 1 or not self.lost.size:
            raise ValueError("lost and kept must be lists of one length, at least 1")
        if (self.lost < 0).any() or (self.kept < 0).any() or self.lost[0] != 0:
            raise ValueError("counts must not be negative, and nobody is lost at renewal 0")


@dataclass(frozen=True)
class Fit:
    """Fitted parameters, and all parameters as likely as the 95% profile likelihood interval admits.

    Attributes:
        alpha, beta: parameters of the beta distribution of the probability of a loss at a renewal.
        log_likelihood: at them.
        region: pairs (alpha, beta) on the edge of the region PROFILE_DROP below; the extremes of any quantity on it are
            the quantity's profile likelihood interval.
        note: what the counts do not tell, or why the parameters stand at a bound; None = nothing to say.
    """

    alpha: float
    beta: float
    log_likelihood: float
    region: Floats
    note: str | None


def log_likelihood(alpha: Floats, beta: Floats, counts: Counts) -> Floats:
    """Log-likelihood of counts.

    Args:
        alpha, beta: greater than 0, of one shape.
        counts: renewals 0 to T.

    Returns:
        As many values as alpha has.
    """
    alpha, beta = np.asarray(alpha, dtype=float)[..., None], np.asarray(beta, dtype=float)[..., None]
    renewals = np.arange(counts.lost.size)
    normal = betaln(alpha, beta)
    # lost at t: B(alpha + 1, beta + t - 1) / B(alpha, beta); past t renewals: B(alpha, beta + t) / B(alpha, beta)
    lost = betaln(alpha + 1, beta + np.maximum(renewals - 1, 0)) - normal
    kept = betaln(alpha, beta + renewals) - normal
    return lost @ counts.lost + kept @ counts.kept


def fit(counts: Counts) -> Fit:
    """Fit by maximum likelihood. Raises ValueError without a customer past or lost at a renewal: nothing was seen.

    The search is over the mean probability of a loss and the concentration alpha + beta, which are nearly independent
    where alpha and beta are not.
    """
    if not counts.lost.sum() + counts.kept[1:].sum():
        raise ValueError("nobody has come to a renewal")

    def negative(point: Floats) -> float:
        return -float(log_likelihood(*_parameters(point), counts))

    at_risk = (counts.lost + counts.kept)[::-1].cumsum()[::-1][1:].sum()
    pooled_rate = np.clip(counts.lost.sum() / at_risk, 10 * MEAN_BOUND, 1 - 10 * MEAN_BOUND)

    def search(start: Floats, tolerance: float) -> OptimizeResult:
        options = {"xatol": tolerance, "fatol": tolerance / 100, "initial_simplex": _simplex(start, 1e6 * tolerance)}
        bounds = list(zip(LOWEST, HIGHEST, strict=True))
        return minimize(negative, start, method="Nelder-Mead", bounds=bounds, options=options)

    starts = [np.array([logit(pooled_rate), np.log(concentration)]) for concentration in (1.0, 30.0)]
    found = min((search(start, 1e-6) for start in starts), key=lambda found: found.fun)
    best = search(found.x, 1e-9).x  # once more around it: a simplex can shrink too early
    alpha, beta = (float(parameter) for parameter in _parameters(best))
    return Fit(alpha, beta, -negative(best), _region(best, counts), _one_renewal(counts) or _note(best))


def _parameters(points: Floats) -> tuple[Floats, Floats]:
    """(alpha, beta) of points (logit of the mean, log of the concentration), the last axis of length 2."""
    mean, concentration = expit(points[..., 0]), np.exp(points[..., 1])
    return mean * concentration, (1 - mean) * concentration


def _simplex(centre: Floats, size: float) -> Floats:
    steps = np.where(centre + size > HIGHEST, -size, size)
    return np.vstack([centre, centre + steps * [1, 0], centre + steps * [0, 1]])


def _region(best: Floats, counts: Counts) -> Floats:
    """(alpha, beta) on the edge of the likelihood region, in each direction from the optimum, inside the bounds."""
    least = log_likelihood(*_parameters(best), counts) - PROFILE_DROP

    def admits(distances: Floats) -> NDArray[np.bool_]:
        return log_likelihood(*_parameters(best + directions * distances[:, None]), counts) >= least

    angles = np.linspace(0, 2 * np.pi, DIRECTIONS, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)]) @ _axes(best, counts).T
    room = np.where(directions > 0, HIGHEST - best, best - LOWEST) / np.maximum(np.abs(directions), 1e-12)
    outside = np.maximum(room.min(axis=1), 0)
    inside = np.where(admits(outside), outside, 0)  # a bound may be admitted itself
    for _ in range(30):
        middle = (inside + outside) / 2
        admitted = admits(middle)
        inside, outside = np.where(admitted, middle, inside), np.where(admitted, outside, middle)
    return np.column_stack(_parameters(best + directions * inside[:, None]))


def _axes(best: Floats, counts: Counts) -> Floats:
    """Axes in which the likelihood is about round, so that equal angles look equally far; plain ones beside a bound."""
    if _note(best):
        return np.eye(2)
    step = 1e-3
    moves = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1], [1, -1], [-1, 1], [0, 0]])
    value = dict(zip(map(tuple, moves), log_likelihood(*_parameters(best + step * moves), counts), strict=True))
    mixed = (value[1, 1] + value[-1, -1] - value[1, -1] - value[-1, 1]) / 4
    first, second = (value[move] + value[-move[0], -move[1]] - 2 * value[0, 0] for move in ((1, 0), (0, 1)))
    information = -np.array([[first, mixed], [mixed, second]]) / step**2
    values, vectors = np.linalg.eigh(information)
    return vectors / np.sqrt(values) if (values > 1e-6).all() else np.eye(2)


def _one_renewal(counts: Counts) -> str | None:
    if counts.lost[2:].sum() + counts.kept[2:].sum():
        return None
    return "only the first renewal was seen: any alpha and beta of this mean fit as well, what comes later is not known"


def _note(best: Floats) -> str | None:
    if best[1] >= HIGHEST[1] - AT_BOUND:
        return "customers do not differ: the loss rate is constant"
    if best[0] >= HIGHEST[0] - AT_BOUND or best[0] <= LOWEST[0] + AT_BOUND or best[1] <= LOWEST[1] + AT_BOUND:
        return "customers leave at once or never: parameters are at their bound"
    return None


def parameter_interval(fitted: Fit, parameter: int) -> tuple[float, float | None]:
    """95% profile likelihood interval of alpha (0) or beta (1); an upper end of None is beyond every bound."""
    values = fitted.region[:, parameter]
    is_open = fitted.region.sum(axis=1).max() >= CONCENTRATION_BOUNDS[1] * (1 - AT_BOUND)
    return float(min(values.min(), (fitted.alpha, fitted.beta)[parameter])), None if is_open else float(values.max())


def survival(alpha: Floats, beta: Floats, renewals: int) -> Floats:
    """Expected share of a cohort that is there after each renewal.

    Args:
        alpha, beta: of one shape.
        renewals: the last renewal.

    Returns:
        Shape of alpha x (renewals + 1): after 0, 1, ... renewals.
    """
    alpha, beta = np.asarray(alpha, dtype=float)[..., None], np.asarray(beta, dtype=float)[..., None]
    return np.exp(betaln(alpha, beta + np.arange(renewals + 1)) - betaln(alpha, beta))


def residual_lifetimes(alpha: Floats, beta: Floats, discount_rate: float, renewals: int) -> Floats:
    """Discounted expected residual lifetime (DERL) after 0 to `renewals` renewals, in payments yet to come.

    The next payment, at the next renewal, counts in full, the one after it is discounted by one period, and so on:
    (beta + t) / (alpha + beta + t) 2F1(1, beta + t + 1; alpha + beta + t + 1; 1 / (1 + discount_rate)).
    It is computed backward, from an age whose payments weigh nothing today: the hypergeometric function of scipy fails
    for large parameters, and is wrong without a word for some.

    Args:
        alpha, beta: of one shape.
        discount_rate: per renewal, a fraction, greater than 0 (without a discount the sum may have no end).
        renewals: the last renewal.

    Returns:
        Shape of alpha x (renewals + 1), never more than (1 + discount_rate) / discount_rate. Good to twelve digits, to
        fewer for a discount rate below 0.0014.

    Raises:
        ValueError: the discount rate is not greater than 0.
    """
    if not discount_rate > 0:
        raise ValueError("the discount rate must be greater than 0")
    alpha, beta = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
    factor = 1 / (1 + discount_rate)
    horizon = renewals + min(int(np.ceil(np.log(1e-12) / np.log(factor))), MOST_STEPS)
    kept = (beta + horizon) / (alpha + beta + horizon)
    value = kept / (1 - factor * kept)  # a constant rate of loss beyond the horizon
    values = []
    for age in range(horizon - 1, -1, -1):
        # whoever is kept at the next renewal pays there, and then has the lifetime of the next age
        value = (beta + age) / (alpha + beta + age) * (1 + factor * value)
        if age <= renewals:
            values.append(value)
    return np.stack(values[::-1], axis=-1)
