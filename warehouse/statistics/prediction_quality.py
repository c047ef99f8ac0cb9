"""How good a prediction of who leaves is: ranking, probabilities, and what a campaign that follows it may earn.

Everywhere `losses` says who left (True) and `scores` or `probabilities` what was said of them before, a value per row
in the same order. Scores only need to rise with the risk; probabilities are compared with what happened.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import betainc, logit
from scipy.stats import rankdata
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Z = 1.959963984540054
LEAST_PROBABILITY = 0.001  # log-odds of less, or of certainty, say more of one row than of all others


@dataclass(frozen=True)
class Auc:
    """The area under the ROC curve, and by how much each row moves it (their squares sum to its variance)."""

    value: float
    influence: Floats


def auc(losses: Flags, scores: Floats) -> Auc | None:
    """The share of pairs, one who left and one who stayed, in which the one who left has the higher score.

    A tie is half a pair. The influence of a row is that of DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44,
    837-845): its own share of pairs won, against the mean one. None: nobody left, or nobody stayed.
    """
    left, stayed = int(losses.sum()), int((~losses).sum())
    if not left or not stayed:
        return None
    ranks = rankdata(scores)
    won = np.empty(len(scores))
    won[losses] = (ranks[losses] - rankdata(scores[losses])) / stayed
    won[~losses] = 1 - (ranks[~losses] - rankdata(scores[~losses])) / left
    value = float(won[losses].mean())
    return Auc(value, (won - value) / np.where(losses, left, stayed))


def interval(value: float, influence: Floats, clusters: NDArray) -> tuple[float, float]:
    """The 95% interval of an AUC, or of the difference of two whose influences are subtracted.

    Rows of one customer are not independent, so their influences are summed before they are squared (Obuchowski 1997,
    Biometrics 53, 567-578).
    """
    count, of_customer = len(np.unique(clusters)), np.unique(clusters, return_inverse=True)[1]
    sums = np.bincount(of_customer, weights=influence)
    error = Z * np.sqrt((sums**2).sum() * count / max(count - 1, 1))
    return value - error, value + error


def brier(losses: Flags, probabilities: Floats) -> float:
    """The mean squared distance between probability and outcome: 0 is best (Brier 1950)."""
    return float(((probabilities - losses) ** 2).mean())


def calibration(losses: Flags, probabilities: Floats) -> tuple[float | None, float | None]:
    """Slope and intercept of the outcome on the log-odds of the probability; 1 and 0 where it is right.

    A slope below 1: high risks are said too high and low ones too low. The intercept is that with a slope of 1: above
    0, more left than was said (Van Calster and others 2019, BMC Medicine 17, 230). None: cannot be told.
    """
    odds = log_odds(probabilities)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            warnings.simplefilter("error", PerfectSeparationWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            targets, family = losses.astype(float), sm.families.Binomial()
            intercept = float(sm.GLM(targets, np.ones(len(odds)), family=family, offset=odds).fit().params[0])
            slope = line(targets, odds)[1] if np.ptp(odds) > 0 else None
    except (ConvergenceWarning, PerfectSeparationWarning):
        return None, None
    return slope, intercept


def line(targets: Floats, scores: Floats) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of targets (0 to 1) on one score."""
    fit = sm.GLM(targets, np.column_stack([np.ones(len(scores)), scores]), family=sm.families.Binomial()).fit()
    return float(fit.params[0]), float(fit.params[1])


def log_odds(probabilities: Floats) -> Floats:
    """Of probabilities, none of them nearer to 0 or 1 than LEAST_PROBABILITY."""
    return logit(np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))


def top_decile_lift(losses: Flags, scores: Floats) -> float | None:
    """How many times more of the tenth with the highest scores left than of all. Of a tie at the border, its share."""
    if not losses.any():
        return None
    wanted = len(scores) / 10
    values, of_value = np.unique(-scores, return_inverse=True)
    rows = np.bincount(of_value, minlength=len(values))
    left = np.bincount(of_value, weights=losses, minlength=len(values))
    taken = np.clip(wanted - (np.cumsum(rows) - rows), 0, rows)
    return float((taken / rows * left).sum() / wanted / losses.mean())


@dataclass(frozen=True)
class Campaign:
    """What contacting a customer costs and keeps, in one currency.

    acceptance_alpha, acceptance_beta: of the beta distribution of the share of those about to leave who accept the
    offer and stay. value: of a customer who stays. offer_cost: of the offer, to whoever accepts it. contact_cost: of
    a contact.
    """

    acceptance_alpha: float = 6
    acceptance_beta: float = 14
    value: float = 200
    offer_cost: float = 10
    contact_cost: float = 1


def expected_maximum_profit(losses: Flags, scores: Floats, campaign: Campaign) -> tuple[float, float] | None:
    """The profit per customer of contacting the best share by score, and that share, expected over the acceptance.

    For each share of acceptance the most profitable part of the convex hull of the ROC curve is contacted; the result
    is the mean over its beta distribution (Verbraken, Verbeke and Baesens 2013, IEEE Transactions on Knowledge and Data
    Engineering 25, 961-973). None: nobody left, or nobody stayed.
    """
    if losses.all() or not losses.any():
        return None
    hull_left, hull_stayed = _roc_hull(losses, scores)
    left, stayed = losses.mean(), 1 - losses.mean()
    offer, contact = campaign.offer_cost / campaign.value, campaign.contact_cost / campaign.value
    # on each side of the hull the next part pays from this acceptance on
    pays_from = (stayed * (offer + contact) * np.diff(hull_stayed) + left * contact * np.diff(hull_left)) / np.maximum(
        left * (1 - offer) * np.diff(hull_left), 1e-300
    )
    bounds = np.concatenate([[0.0], np.minimum(pays_from, 1.0), [1.0]])
    alpha, beta = campaign.acceptance_alpha, campaign.acceptance_beta
    probability = np.diff(betainc(alpha, beta, bounds))
    acceptance = alpha / (alpha + beta) * np.diff(betainc(alpha + 1, beta, bounds))
    gain = (1 - offer) * left * hull_left * acceptance
    cost = (contact * left * hull_left + (offer + contact) * stayed * hull_stayed) * probability
    share = (left * hull_left + stayed * hull_stayed) * probability
    return float(campaign.value * (gain - cost).sum()), float(share.sum())


def _roc_hull(losses: Flags, scores: Floats) -> tuple[Floats, Floats]:
    """Corners of the convex hull of the ROC curve: shares of those who left and of those who stayed, from 0 to 1."""
    values, of_value = np.unique(-scores, return_inverse=True)
    found = np.bincount(of_value, weights=losses, minlength=len(values)).cumsum() / losses.sum()
    false = np.bincount(of_value, weights=~losses, minlength=len(values)).cumsum() / (~losses).sum()
    hull: list[tuple[float, float]] = [(0.0, 0.0)]
    for point in zip(false.tolist(), found.tolist(), strict=True):
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    corners = np.array(hull)
    return corners[:, 1], corners[:, 0]


def _turns_up(first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]) -> bool:
    return (middle[0] - first[0]) * (last[1] - first[1]) >= (middle[1] - first[1]) * (last[0] - first[0])
