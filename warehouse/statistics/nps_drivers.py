"""Which signals go with the score that a customer gives, and with its leaving: correlation beside regression."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import statsmodels.api as sm
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

Floats = NDArray[np.float64]

SIGNALS = (
    "tenure_days",
    "mrr",
    "days_used_last_month",
    "days_used_more_than_before",
    "tickets_90_days",
    "hours_to_resolution",
    "failed_payments_90_days",
    "price_rises_180_days",
)
LOGGED = ("mrr", "tenure_days", "hours_to_resolution")  # long tails: the tenth of an amount matters, not the amount
LEAST_OF_A_KIND = 20  # answers with and without a plan or topic that is to be told apart
MOST_PLANS = 5
ANSWERS_PER_SIGNAL = 10  # and leavers: with fewer a regression fits noise
LEAST_SIGNALS = 3
Z = 1.959963984540054
OUTCOMES = ("nps_score", "lost_in_90_days")
SCHEMA = pa.schema(
    [
        ("outcome", pa.string()),
        ("driver", pa.string()),
        ("n", pa.int64()),
        ("correlation", pa.float64()),
        ("correlation_lower", pa.float64()),
        ("correlation_upper", pa.float64()),
        ("effect", pa.float64()),
        ("effect_lower", pa.float64()),
        ("effect_upper", pa.float64()),
        ("p_value", pa.float64()),
        ("p_value_adjusted", pa.float64()),
        ("fit_note", pa.string()),
    ]
)


def nps_drivers(answers: pd.DataFrame, complaints: pd.DataFrame, least_answers: int) -> pa.Table:
    """Set each signal beside each outcome, alone and with all others.

    Args:
        answers: int_answer_signals, a row per answer.
        complaints: response_id and topic, a row for each topic that the comment of an answer complains of.
        least_answers: with fewer of an outcome there is no row of it.

    Returns:
        A row by outcome and driver (SCHEMA). The effect is that of a signal higher by one standard deviation, all
        others being the same: standard deviations of the score (least squares), or log-odds of leaving within 90 days
        (logistic regression). Several answers of one customer are not independent: standard errors are clustered by
        customer. A signal that is not known counts as the average one in the regression, and not at all in the
        correlation. p-values are adjusted for the number of signals (Benjamini and Hochberg 1995, Journal of the Royal
        Statistical Society B 57, 289-300).
    """
    rows: list[dict] = []
    signals = _signals(answers, complaints)
    for outcome, values in zip(OUTCOMES, (answers["score"], answers["is_lost_in_90_days"]), strict=True):
        known = values.notna().to_numpy()
        if known.sum() < least_answers:
            continue
        outcomes = values[known].astype(float).to_numpy()
        rows += _compare(outcome, outcomes, signals[known], answers.loc[known, "customer_id"])
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _signals(answers: pd.DataFrame, complaints: pd.DataFrame) -> pd.DataFrame:
    """A column per signal: numbers, long tails logged, and 0 or 1 for the most frequent plans and each complaint."""
    columns = {name: pd.to_numeric(answers[name]).astype(float) for name in SIGNALS}
    columns |= {name: np.log1p(columns[name]) for name in LOGGED}
    # of all plans one would follow from the others: the regression sets them beside the most frequent one
    for plan in answers["plan"].value_counts().index[1 : MOST_PLANS + 1]:
        columns[f"plan: {plan}"] = (answers["plan"] == plan).astype(float)
    for topic in complaints["topic"].value_counts().index:
        of_topic = complaints.loc[complaints["topic"] == topic, "response_id"]
        columns[f"complaint: {topic}"] = answers["response_id"].isin(of_topic).astype(float)
    return pd.DataFrame(columns, index=answers.index)


def _compare(outcome: str, values: Floats, signals: pd.DataFrame, customers: pd.Series) -> list[dict]:
    rows = [{"outcome": outcome, "driver": name, **_correlation(values, signals[name])} for name in signals]
    usable = [name for name in signals if _varies(signals[name])]
    spread = values.std()
    fits, note = {}, None
    few = min(len(values), values.sum(), (1 - values).sum()) if outcome == "lost_in_90_days" else len(values)
    if spread == 0:
        note = "the outcome never varied"
    elif few < ANSWERS_PER_SIGNAL * LEAST_SIGNALS:
        note = f"no regression: it needs {ANSWERS_PER_SIGNAL * LEAST_SIGNALS} answers of either outcome"
    else:
        # with more signals than the answers bear, the last ones are left out
        fits, note = _regression(outcome, values, signals[usable[: int(few) // ANSWERS_PER_SIGNAL]], customers)
    for row in rows:
        row |= fits.get(row["driver"], {})
        row["fit_note"] = None
        if row["driver"] not in usable:
            row["fit_note"] = "too few answers with it or without it"
        elif row["driver"] not in fits:
            row["fit_note"] = note or "left out of the regression: too few answers of either outcome for all signals"
    return rows


def _varies(signal: pd.Series) -> bool:
    known = signal.dropna()
    kinds = known.value_counts()
    return len(kinds) > 1 and (len(known) - kinds.iloc[0]) >= LEAST_OF_A_KIND


def _correlation(values: Floats, signal: pd.Series) -> dict:
    """Pearson's, with Fisher's interval, of the answers of which the signal is known."""
    known = signal.notna().to_numpy()
    x, y, n = signal[known].to_numpy(), values[known], int(known.sum())
    if n < 4 or x.std() == 0 or y.std() == 0:
        return {"n": n}
    r = float(np.corrcoef(x, y)[0, 1].clip(-1, 1))
    lower, upper = (r, r) if abs(r) == 1 else np.tanh(np.arctanh(r) + np.array([-Z, Z]) / np.sqrt(n - 3))
    return {"n": n, "correlation": r, "correlation_lower": float(lower), "correlation_upper": float(upper)}


def _regression(outcome: str, values: Floats, signals: pd.DataFrame, customers: pd.Series) -> tuple[dict, str | None]:
    """By driver: effect, its interval and p-values; or why there is none."""
    filled = signals.fillna(signals.mean())
    standardised = sm.add_constant((filled - filled.mean()) / filled.std(ddof=0))
    if np.linalg.matrix_rank(standardised.to_numpy()) < standardised.shape[1]:
        return {}, "no regression: some signals say the same as others"
    if outcome == "nps_score":
        model = sm.OLS((values - values.mean()) / values.std(), standardised)
    else:
        model = sm.GLM(values, standardised, family=sm.families.Binomial())
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", PerfectSeparationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # of numbers too large on the way to no fit
        try:
            fit = model.fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(customers)[0]})
        except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError):
            return {}, "no regression: the signals tell the two outcomes apart without an error"
    names = list(signals)
    p_values = fit.pvalues[names].to_numpy()
    adjusted = multipletests(p_values, method="fdr_bh")[1]
    intervals = fit.conf_int().loc[names].to_numpy()
    return {
        name: {
            "effect": float(fit.params[name]),
            "effect_lower": float(lower),
            "effect_upper": float(upper),
            "p_value": float(p_value),
            "p_value_adjusted": float(p_adjusted),
        }
        for name, (lower, upper), p_value, p_adjusted in zip(names, intervals, p_values, adjusted, strict=True)
    }, None
