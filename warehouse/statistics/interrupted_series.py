"""By how much a series of months is off, after a date, from where it was going: an interrupted time series.

What the months before lead to (level, trend and, where each calendar month is known twice, season) is carried on to
the months after, by generalised least squares. Part of the noise is chance, smaller where a month has more cases; part
may go on from month to month, and then many months say less than they seem to. How large that part is and how much of
it goes on, a short series does not tell: each pair is given the weight that the months before give it (the restricted
likelihood: Harville 1977, Journal of the American Statistical Association 72, 320-338), and the effect is the mixture
of their Student distributions. The model is not chosen by looking at the months, so no interval need pay for a choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]

YEAR = 12
# kinds of noise: the share that may go on, and the share of it that is still there a month later
SHARES, RHOS = np.array(
    [(0.0, 0.0)] + [(share, rho) for share in (0.25, 0.5, 0.75, 0.9) for rho in (0.0, 0.4, 0.6, 0.8)]
).T
OF_NOISE = 2  # what is told of its kind is spent: as many months less tell how large it is
LEAST_FREEDOM = 5  # months before, beyond those that level, trend, season and the kind of noise use up
HALVINGS = 60


@dataclass(frozen=True)
class Step:
    """By how much the mean of the months after is off, its 95% interval, and how often chance alone gives as much."""

    effect: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True)
class Fit:
    """The effect for each kind of noise, its standard error, the weight of each, and the degrees of freedom of all."""

    effects: Floats
    errors: Floats
    weights: Floats
    freedom: int
    is_seasonal: bool

    def below(self, value: float) -> float:
        """The probability that the effect is below a value."""
        return float(self.weights @ stdtr(self.freedom, (value - self.effects) / self.errors))

    @property
    def p_value(self) -> float:
        """Of no effect, two-sided."""
        below = self.below(0.0)
        return 2 * min(below, 1 - below)

    def quantile(self, share: float) -> float:
        """The value that the effect is below with a probability, by halving what it lies in."""
        reach = stdtrit(self.freedom, 0.5 + abs(share - 0.5)) * self.errors
        low, high = float((self.effects - reach).min()), float((self.effects + reach).max())
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < share else (low, middle)
        return (low + high) / 2

    @property
    def step(self) -> Step:
        """The median effect and its 95% interval."""
        return Step(self.quantile(0.5), self.quantile(0.025), self.quantile(0.975), self.p_value)


def has_season(months: NDArray[np.int64], is_after: NDArray[np.bool_]) -> bool:
    """Whether each calendar month is known twice before."""
    return bool((np.bincount(months[~is_after] % YEAR, minlength=YEAR) >= 2).all())


def fit(
    months: NDArray[np.int64], values: Floats, spreads: Floats, is_after: NDArray[np.bool_], is_counted: bool
) -> Fit | None:
    """Carry on the months before to those after.

    Args:
        months: month numbers (a multiple of twelve in January), in order; some may be missing.
        values: of each month.
        spreads: the standard deviation of each that chance alone explains, up to a factor that all have in common.
        is_after: whether it is a month after the change.
        is_counted: whether chance is never less than that, as of customers, losses and answers, which are counted: that
            a rare loss was never seen does not say that there is none.

    Returns:
        None where the months before are too few for what is fitted to them, or never varied.
    """
    ahead = np.flatnonzero(is_after)
    design = [np.ones(len(months)), months - months[0] * 1.0]
    is_seasonal = has_season(months, is_after)
    if is_seasonal:
        design += [(months % YEAR == month) * 1.0 for month in range(1, YEAR)]
    # a month after has an effect of its own
    design += [np.eye(len(months))[number] for number in ahead]
    left = len(months) - len(design)
    freedom = left - OF_NOISE
    if freedom < LEAST_FREEDOM:
        return None
    columns, scale = np.stack(design, axis=1), np.mean(spreads**2)
    kin = RHOS[:, None, None] ** np.abs(months[:, None] - months)
    noise = (1 - SHARES)[:, None, None] * np.diag(spreads**2 / scale) + SHARES[:, None, None] * kin
    inverse = np.linalg.inv(noise)
    weighted = columns.T @ inverse
    information = weighted @ columns
    covariance = np.linalg.inv(information)
    estimates = (covariance @ (weighted @ values)[..., None])[..., 0]
    residuals = values - estimates @ columns.T
    squares = np.einsum("ri,rij,rj->r", residuals, inverse, residuals)
    if not is_counted and not squares.min() > 1e-18 * (values @ values):
        return None
    least = scale / (1 - SHARES) if is_counted else 0.0
    variances = np.maximum(squares / freedom, least)
    likelihood = (
        -(np.linalg.slogdet(noise)[1] + np.linalg.slogdet(information)[1]) / 2
        - (left * np.log(variances) + squares / variances) / 2
    )
    weights = np.exp(likelihood - likelihood.max())
    mean = np.where(np.arange(len(design)) >= len(design) - len(ahead), 1 / max(len(ahead), 1), 0.0)
    errors = np.sqrt(variances * (mean @ covariance @ mean))
    return Fit(estimates @ mean, errors, weights / weights.sum(), freedom, is_seasonal)
