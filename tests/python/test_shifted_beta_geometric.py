"""The shifted-beta-geometric model gives the published numbers, and agrees with a slow twin in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from warehouse.statistics import shifted_beta_geometric as sbg

# Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), table 1: percent
# of a cohort still there after 0 to 12 years, and the parameters printed for a fit to years 0 to 7.
HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]
# Of the high end: the forecasts of years 8 to 12. Of the printed parameters: the residual lifetimes after 0 to 7
# renewals at 10% (Fader and Hardie (2010), Customer-base valuation in a contractual setting, equation 6).
FORECASTS = ["46.0", "43.6", "41.4", "39.5", "37.8"]
RESIDUAL_LIFETIMES = ["5.4149", "5.9018", "6.2943", "6.6203", "6.8971", "7.1360", "7.3451", "7.5299"]


def cohort(percent_there: list[float], customers: int = 1000) -> sbg.Counts:
    """Counts of one cohort, seen until the last of the percentages."""
    there = np.array(percent_there) * customers / 100
    return sbg.Counts(lost=np.append(0, -np.diff(there)), kept=np.append(np.zeros(there.size - 1), there[-1]))


@pytest.fixture(scope="module")
def high_end() -> sbg.Fit:
    return sbg.fit(cohort(HIGH_END[:8]))


def test_parameters_are_the_published_ones(high_end: sbg.Fit) -> None:
    assert (f"{high_end.alpha:.3f}", f"{high_end.beta:.3f}") == ("0.668", "3.806")
    assert (f"{high_end.alpha:.4f}", f"{high_end.beta:.4f}") == ("0.6681", "3.8061")
    assert f"{high_end.log_likelihood:.4f}" == "-1611.1581"
    assert high_end.note is None
    regular = sbg.fit(cohort(REGULAR[:8]))
    assert (f"{regular.alpha:.3f}", f"{regular.beta:.3f}") == ("0.704", "1.182")


def test_forecasts_are_the_published_ones(high_end: sbg.Fit) -> None:
    there = sbg.survival(high_end.alpha, high_end.beta, 12)
    assert [f"{100 * share:.1f}" for share in there[8:]] == FORECASTS


def test_residual_lifetimes_are_the_published_ones(high_end: sbg.Fit) -> None:
    lifetimes = sbg.residual_lifetimes(0.668, 3.806, 0.10, 7)
    assert [f"{lifetime:.4f}" for lifetime in lifetimes] == RESIDUAL_LIFETIMES
    assert f"{sbg.residual_lifetimes(high_end.alpha, high_end.beta, 0.10, 7)[-1]:.3f}" == "7.530"


def test_cohorts_that_are_seen_for_different_times_add_up() -> None:
    # the same customers, joining in eight years: the same shares, each cohort seen until now
    seen = [cohort(HIGH_END[: years + 1]) for years in range(1, 8)]
    together = sbg.Counts(
        *(
            sum(np.pad(part, (0, 8 - part.size)) for part in parts)
            for parts in ([counts.lost for counts in seen], [counts.kept for counts in seen])
        )
    )
    fitted = sbg.fit(together)
    apart = sum(float(sbg.log_likelihood(fitted.alpha, fitted.beta, counts)) for counts in seen)
    assert math.isclose(fitted.log_likelihood, apart, rel_tol=1e-12)
    assert math.isclose(fitted.log_likelihood, slow_log_likelihood(fitted.alpha, fitted.beta, together), rel_tol=1e-12)


def test_more_customers_alike_make_intervals_narrower_only(high_end: sbg.Fit) -> None:
    many = sbg.fit(cohort(HIGH_END[:8], customers=1_000_000_000))
    assert (many.alpha, many.beta) == pytest.approx((high_end.alpha, high_end.beta), rel=1e-3)
    for parameter, value in enumerate((many.alpha, many.beta)):
        (lower, upper), (widest, widest_upper) = (sbg.parameter_interval(fit, parameter) for fit in (many, high_end))
        assert widest < lower < value < upper < widest_upper


def slow_log_likelihood(alpha: float, beta: float, counts: sbg.Counts) -> float:
    """By the recursion of the 2007 paper: P(1) = a / (a + b), P(t) = P(t-1) (b + t-2) / (a + b + t-1)."""
    total, there, lost_now = 0.0, 1.0, alpha / (alpha + beta)
    for renewal in range(counts.lost.size):
        if renewal:
            if counts.lost[renewal]:
                total += counts.lost[renewal] * math.log(lost_now)
            there -= lost_now
            lost_now *= (beta + renewal - 1) / (alpha + beta + renewal)
        if counts.kept[renewal]:
            total += counts.kept[renewal] * math.log(there)
    return total


@pytest.mark.parametrize("parameter", [0, 1])
def test_intervals_are_of_the_profile_likelihood(high_end: sbg.Fit, parameter: int) -> None:
    """At the ends the best likelihood with the parameter held there is lower by half the 95% quantile of chi2(1)."""
    counts = cohort(HIGH_END[:8])

    def profile(value: float) -> float:
        def others(log_other: float) -> float:
            point = (value, math.exp(log_other))
            return -slow_log_likelihood(*(point if parameter == 0 else point[::-1]), counts)

        return -minimize_scalar(others, bounds=(-3, 4), method="bounded", options={"xatol": 1e-9}).fun

    def excess(value: float) -> float:
        return profile(value) - (high_end.log_likelihood - 3.841458820694124 / 2)

    fitted = (high_end.alpha, high_end.beta)[parameter]
    expected = brentq(excess, fitted / 3, fitted), brentq(excess, fitted, fitted * 3)
    assert sbg.parameter_interval(high_end, parameter) == pytest.approx(expected, rel=0.005)


counts_of_customers = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12).map(
    lambda pairs: sbg.Counts(
        lost=np.array([0.0, *(lost for lost, _ in pairs)]), kept=np.array([0.0, *(kept for _, kept in pairs)])
    )
)


@settings(max_examples=25)
@given(counts_of_customers)
@example(sbg.Counts(lost=np.array([0.0, 1.0]), kept=np.array([0.0, 0.0])))  # one customer, lost at once
@example(sbg.Counts(lost=np.array([0.0, 0.0]), kept=np.array([0.0, 1.0])))  # one customer, still there
@example(sbg.Counts(lost=np.array([0.0, 20.0, 0.0, 0.0]), kept=np.array([0.0, 0.0, 0.0, 20.0])))  # at once or never
def test_no_other_parameters_are_more_likely(counts: sbg.Counts) -> None:
    if not (counts.lost + counts.kept).sum():
        with pytest.raises(ValueError, match="nobody"):
            sbg.fit(counts)
        return
    fitted = sbg.fit(counts)
    best = slow_log_likelihood(fitted.alpha, fitted.beta, counts)
    assert math.isclose(best, fitted.log_likelihood, rel_tol=1e-6, abs_tol=1e-6)
    for mean in (0.0005, 0.01, 0.05, 0.2, 0.5, 0.8, 0.99):
        for concentration in (0.02, 0.2, 1, 5, 30, 300, 5000):
            other = slow_log_likelihood(mean * concentration, (1 - mean) * concentration, counts)
            assert other <= best + 1e-6 * max(1, abs(best))
    edge = [slow_log_likelihood(alpha, beta, counts) for alpha, beta in fitted.region]
    assert min(edge) >= fitted.log_likelihood - sbg.PROFILE_DROP - 1e-5
    for parameter, value in enumerate((fitted.alpha, fitted.beta)):
        lower, upper = sbg.parameter_interval(fitted, parameter)
        assert lower <= value * (1 + 1e-9)
        assert upper is None or upper >= value * (1 - 1e-9)


@settings(max_examples=25)
@given(st.floats(0.05, 50), st.floats(0.05, 500), st.sampled_from([0.005, 0.01, 0.1]))
def test_residual_lifetimes_are_the_sum_of_payments(alpha: float, beta: float, discount_rate: float) -> None:
    lifetimes = sbg.residual_lifetimes(alpha, beta, discount_rate, 5)
    for age in (0, 5):
        total, worth = 0.0, 1 + discount_rate
        for payment in range(8000):
            worth *= (beta + age + payment) / (alpha + beta + age + payment) / (1 + discount_rate)
            total += worth
        assert math.isclose(lifetimes[age], total, rel_tol=1e-9)


def test_a_constant_loss_rate_gives_the_discounted_formula() -> None:
    """With one payment now: (1 + d) / (d + c), that is 17.3866 payments at 5% a month and 10% a year."""
    monthly = 1.1 ** (1 / 12) - 1
    (residual,) = sbg.residual_lifetimes(0.05 * 1e9, 0.95 * 1e9, monthly, 0)
    assert f"{1 + residual / (1 + monthly):.4f}" == f"{(1 + monthly) / (monthly + 0.05):.4f}" == "17.3866"


def test_what_the_likelihood_cannot_tell_is_said() -> None:
    alike = sbg.fit(sbg.Counts(lost=np.array([0.0, 100, 90, 81]), kept=np.array([0.0, 0, 0, 729])))
    assert alike.note == "customers do not differ: the loss rate is constant"
    assert sbg.parameter_interval(alike, 0)[1] is None
    assert alike.alpha / (alike.alpha + alike.beta) == pytest.approx(0.1, rel=1e-3)
    once_or_never = sbg.fit(sbg.Counts(lost=np.array([0.0, 50, 0, 0]), kept=np.array([0.0, 0, 0, 50])))
    assert once_or_never.note == "customers leave at once or never: parameters are at their bound"
    all_lost = sbg.fit(sbg.Counts(lost=np.array([0.0, 5]), kept=np.array([0.0, 0])))
    one_renewal = (
        "only the first renewal was seen: any alpha and beta of this mean fit as well, what comes later is not known"
    )
    assert all_lost.note == one_renewal
    first = sbg.fit(sbg.Counts(lost=np.array([0.0, 20]), kept=np.array([7.0, 80])))
    assert first.note == one_renewal
    assert first.alpha / (first.alpha + first.beta) == pytest.approx(0.2, rel=1e-3)
    # one customer past the second renewal tells something
    second = sbg.fit(sbg.Counts(lost=np.array([0.0, 20, 0]), kept=np.array([7.0, 79, 1])))
    assert second.note != one_renewal


@pytest.mark.parametrize(("lost", "kept"), [([0.0], []), ([], []), ([1.0, 0.0], [0.0, 0.0]), ([0.0, -1.0], [0.0, 1.0])])
def test_impossible_counts_are_refused(lost: list[float], kept: list[float]) -> None:
    with pytest.raises(ValueError, match=r"counts must|lost and kept"):
        sbg.Counts(np.array(lost), np.array(kept))


def test_without_a_discount_there_is_no_residual_lifetime() -> None:
    with pytest.raises(ValueError, match="discount rate"):
        sbg.residual_lifetimes(1.0, 1.0, 0.0, 3)
