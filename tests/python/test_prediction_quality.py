"""How good a prediction is: figures counted pair by pair, published digits, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.statistics import prediction_quality as quality
from warehouse.statistics.prediction_quality import Campaign

FEW = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30)


def drawn(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and outcomes that come true as often as they say."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(1, 6, count)
    return rng.random(count) < probabilities, probabilities


@given(rows=FEW)
def test_auc_is_the_share_of_pairs_won(rows: list[tuple[bool, int]]) -> None:
    losses, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=float)
    pairs = [
        (high > low) + (high == low) / 2
        for is_lost, high in zip(losses, scores, strict=True)
        for is_other_lost, low in zip(losses, scores, strict=True)
        if is_lost and not is_other_lost
    ]
    found = quality.auc(losses, scores)
    if not pairs:
        assert found is None
        return
    assert found.value == pytest.approx(np.mean(pairs))
    assert found.influence.sum() == pytest.approx(0, abs=1e-12)


def test_interval_of_an_auc_is_as_wide_as_it_scatters() -> None:
    found = [quality.auc(*drawn(400, seed)).value for seed in range(400)]
    widths = []
    for seed in range(50):
        area = quality.auc(*drawn(400, seed))
        lower, upper = quality.interval(area.value, area.influence, np.arange(400))
        widths.append(upper - lower)
    assert np.mean(widths) == pytest.approx(2 * quality.Z * np.std(found), rel=0.1)


def test_two_scores_of_the_same_rows_are_compared_pair_by_pair() -> None:
    """The difference scatters far less than either score, as both see the same customers."""
    differences, widths = [], []
    for seed in range(300):
        losses, probabilities = drawn(300, seed)
        noisy = probabilities + np.random.default_rng(seed).normal(0, 0.05, 300)
        one, other = quality.auc(losses, probabilities), quality.auc(losses, noisy)
        differences.append(one.value - other.value)
        lower, upper = quality.interval(differences[-1], one.influence - other.influence, np.arange(300))
        widths.append(upper - lower)
    assert np.mean(widths) == pytest.approx(2 * quality.Z * np.std(differences), rel=0.12)


def test_a_customer_that_stands_there_twice_is_one() -> None:
    losses, scores = drawn(500)
    area = quality.auc(losses, scores)
    twice = quality.auc(np.tile(losses, 2), np.tile(scores, 2))
    clusters = np.tile(np.arange(500), 2)
    assert twice.value == pytest.approx(area.value)
    assert quality.interval(twice.value, twice.influence, clusters) == pytest.approx(
        quality.interval(area.value, area.influence, np.arange(500))
    )


def test_what_comes_true_as_often_as_said_is_calibrated() -> None:
    losses, probabilities = drawn(100_000)
    slope, intercept = quality.calibration(losses, probabilities)
    assert slope == pytest.approx(1, abs=0.03)
    assert intercept == pytest.approx(0, abs=0.03)
    too_far = 1 / (1 + np.exp(-1.25 * quality.log_odds(probabilities)))
    assert quality.calibration(losses, too_far)[0] == pytest.approx(0.8, abs=0.03)
    too_low = 1 / (1 + np.exp(1 - quality.log_odds(probabilities)))
    assert quality.calibration(losses, too_low) == (pytest.approx(1, abs=0.03), pytest.approx(1, abs=0.03))


def test_calibration_that_cannot_be_told() -> None:
    losses = np.array([True, False, True, False])
    assert quality.calibration(losses, np.full(4, 0.5)) == (None, pytest.approx(0, abs=1e-9))
    assert quality.calibration(losses, np.array([0.9, 0.1, 0.8, 0.2]))[0] is None


def test_brier_is_the_mean_squared_distance() -> None:
    assert quality.brier(np.array([True, False]), np.array([0.75, 0.5])) == (0.0625 + 0.25) / 2


def test_lift_of_the_top_tenth() -> None:
    losses = np.arange(20) >= 16
    assert quality.top_decile_lift(losses, np.arange(20.0)) == 5
    assert quality.top_decile_lift(losses, -np.arange(20.0)) == 0
    assert quality.top_decile_lift(losses, np.zeros(20)) == pytest.approx(1)  # of a tie its share
    assert quality.top_decile_lift(losses, np.r_[np.zeros(15), np.ones(5)]) == pytest.approx(4)
    assert quality.top_decile_lift(losses[:15], np.arange(15.0)) is None


@pytest.mark.parametrize(
    ("losses", "scores", "profit", "share"),
    [
        ([0, 1, 0, 1] * 10, [0, 1, 0, 1] * 10, 28.0000000000391, 0.499999999728095),
        ([0, 1] * 4, [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9], 23.875593418348, 0.874370076349),
    ],
)
def test_expected_maximum_profit_has_the_published_digits(
    losses: list[int], scores: list[float], profit: float, share: float
) -> None:
    """As the authors' own program gives them, with its defaults."""
    found = quality.expected_maximum_profit(np.array(losses, dtype=bool), np.array(scores, dtype=float), Campaign())
    assert found == (pytest.approx(profit, abs=1e-12), pytest.approx(share, abs=1e-12))


def test_expected_maximum_profit_is_the_mean_of_the_best_profits() -> None:
    """For drawn shares of acceptance the best cut by score, found by trying each one."""
    losses, scores = drawn(60)
    rng, campaign = np.random.default_rng(2), Campaign(value=300, offer_cost=15, contact_cost=2)
    by_score = losses[np.argsort(-scores)]
    left, stayed = np.r_[0, np.cumsum(by_score)], np.r_[0, np.cumsum(~by_score)]
    best = []
    for acceptance in rng.beta(6, 14, 100_000):
        profits = acceptance * (300 - 15) * left - 2 * left - (15 + 2) * stayed
        best.append((profits.max() / 60, np.argmax(profits) / 60))
    found = quality.expected_maximum_profit(losses, scores, campaign)
    assert found == (
        pytest.approx(np.mean([row[0] for row in best]), rel=0.01),
        pytest.approx(np.mean(best, 0)[1], 0.01),
    )


def test_expected_maximum_profit_of_one_kind_of_customer() -> None:
    for losses in (np.ones(3, dtype=bool), np.zeros(3, dtype=bool)):
        assert quality.expected_maximum_profit(losses, np.arange(3.0), Campaign()) is None
