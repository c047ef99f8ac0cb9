"""Who is likely to leave: gradient boosting and logistic regression, fitted to the past, judged on what came later.

A row is a customer at a month end: what was known of it by then (FEATURES) and whether it left within the horizon after
it. Time alone splits the rows. A model is judged on the last month ends whose outcome is known, having been fitted to
rows whose whole horizon was over by the first of these; the forecast is fitted to all rows whose horizon is over.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from warehouse.statistics import prediction_quality as quality

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HORIZONS = (30, 60, 90)  # days
FEATURES = (
    "tenure_days",
    "mrr",
    "days_since_use",
    "days_used_weekly",
    "use_trend",
    "core_features",
    "advanced_features",
    "features",
    "seats_share",
    "tickets_open",
    "tickets_old",
    "tickets_repeated",
    "tickets_90_days",
    "days_past_due",
    "failed_payments_90_days",
    "nps_score",
    "csat_score",
    "milestones_share",
    "contact_cadences",
    "is_survey_silent",
    "is_campaign_silent",
    "is_support_silent",
    "has_negative_feedback",
)
# long tails: the tenth of an amount matters, not the amount
LOGGED = ("tenure_days", "mrr", "days_since_use", "use_trend", "days_past_due", "contact_cadences")
FOLDS = 3
REASONS = 3

MODELS = ("gradient_boosting", "logistic")
PREDICTORS = (*MODELS, "health_score", "base_rate")

EVALUATIONS = pa.schema(
    [
        ("model", pa.string()),
        ("horizon_days", pa.int64()),
        ("fitted_to", pa.date32()),
        ("fitted_rows", pa.int64()),
        ("fitted_losses", pa.int64()),
        ("evaluated_from", pa.date32()),
        ("evaluated_to", pa.date32()),
        ("evaluated_rows", pa.int64()),
        ("evaluated_losses", pa.int64()),
        ("auc", pa.float64()),
        ("auc_lower", pa.float64()),
        ("auc_upper", pa.float64()),
        ("auc_gain", pa.float64()),
        ("auc_gain_lower", pa.float64()),
        ("auc_gain_upper", pa.float64()),
        ("brier", pa.float64()),
        ("brier_skill", pa.float64()),
        ("calibration_slope", pa.float64()),
        ("calibration_intercept", pa.float64()),
        ("top_decile_lift", pa.float64()),
        ("emp", pa.float64()),
        ("emp_share", pa.float64()),
        ("fit_note", pa.string()),
    ]
)
PREDICTIONS = pa.schema(
    [("customer_id", pa.string()), ("horizon_days", pa.int64()), ("model", pa.string()), ("probability", pa.float64())]
    + [
        (f"reason_{number}{part}", data_type)
        for number in range(1, REASONS + 1)
        for part, data_type in (
            ("", pa.string()),
            ("_value", pa.float64()),
            ("_usual", pa.float64()),
            ("_effect", pa.float64()),
        )
    ]
)


@dataclass(frozen=True)
class Limits:
    """From when on there is enough to fit: customers who left, month ends to be judged on; and who is given reasons."""

    least_losses: int
    evaluation_months: int
    most_reasons: int

    @classmethod
    def of(cls, thresholds: dict[str, float]) -> Limits:
        """As the seed thresholds has them."""
        names = ("churn_model_least_losses", "churn_model_evaluation_months", "churn_reasons_most_customers")
        return cls(*(int(thresholds[name]) for name in names))


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model and the line that makes its scores log-odds."""

    columns: list[str]
    estimator: ClassifierMixin
    intercept: float
    slope: float

    def log_odds(self, features: pd.DataFrame) -> Floats:
        """Of leaving within the horizon, a value per row of the prepared features."""
        scores = self.estimator.decision_function(features[self.columns].to_numpy())
        return self.intercept + self.slope * scores


@threadpool_limits.wrap(limits=1)  # as quick on rows so few, and not slowed down by what else runs
def evaluations(
    rows: pd.DataFrame, limits: Limits, campaign: quality.Campaign, horizons: tuple[int, ...] = HORIZONS
) -> pa.Table:
    """Set each predictor beside the others, on the last month ends whose outcome is known.

    Args:
        rows: a row per customer_id and scored_on: FEATURES, is_lost_in_<horizon>_days (null = not known yet),
            health_score (0-100, null = none) and health_band.
        limits: from when on there is enough to fit.
        campaign: costs and values of the expected maximum profit.
        horizons: days within which a customer leaves or stays.

    Returns:
        A row by predictor and horizon (EVALUATIONS); fit_note says why a figure is missing. auc_gain is set against the
        health score on the same rows, or against chance (0.5) where no row has one.
    """
    rows = _prepared(rows)
    found = [row for horizon in horizons for row in _evaluated(rows, horizon, limits, campaign)]
    return pa.Table.from_pylist(found, schema=EVALUATIONS)


@threadpool_limits.wrap(limits=1)
def predictions(rows: pd.DataFrame, live: pd.DataFrame, used: dict[int, str], limits: Limits) -> pa.Table:
    """What the model in use says of each live customer, and which features raise it most.

    Args:
        rows: as of evaluations; all whose outcome is known are fitted.
        live: customer_id and FEATURES of the customers to predict, as known now.
        used: name of the model by horizon; others have no rows.
        limits: from when on there is enough to fit, and how many customers, those at highest risk, are given reasons.

    Returns:
        A row by customer and horizon (PREDICTIONS). The effect of a reason is by how much the log-odds fall when that
        feature alone is set to its median over the live customers (usual); the three largest above 0 are given.
    """
    rows, live = _prepared(rows), _prepared(live)
    tables = []
    for horizon, name in sorted(used.items()):
        known, lost = _known(rows, horizon)
        model = fitted(name, known, lost, limits.least_losses)
        if isinstance(model, ChurnModel) and len(live):
            log_odds = model.log_odds(live)
            frame = live[["customer_id"]].assign(horizon_days=horizon, model=name, probability=expit(log_odds))
            likeliest = np.argsort(-log_odds, kind="stable")[: limits.most_reasons]
            frame = frame.join(_reasons(model, live, log_odds, likeliest)).reindex(columns=PREDICTIONS.names)
            tables.append(pa.Table.from_pandas(frame, schema=PREDICTIONS, preserve_index=False))
    return pa.concat_tables(tables) if tables else PREDICTIONS.empty_table()


def fitted(name: str, rows: pd.DataFrame, lost: Flags, least_losses: int) -> ChurnModel | str:
    """The model, fitted to all rows; or why there is none.

    Its scores are made probabilities by Platt's line (1999, Advances in Large Margin Classifiers, 61-74), which few
    losses bear: from the later third of the month ends, scored by models of the earlier ones. No customer is in both,
    as a model knows again whom it was fitted to.
    """
    dates = np.sort(rows["scored_on"].unique())
    if len(dates) < 2:
        return f"too little history: {len(dates)} month ends to fit, 2 needed"
    later = (rows["scored_on"] >= dates[-max(1, len(dates) // 3)]).to_numpy()
    losses = min(rows.loc[lost & part, "customer_id"].nunique() for part in (later, ~later))
    if losses < least_losses or lost[later].all() or lost[~later].all():
        return f"too few losses: {losses} customers left in a part of the month ends to fit, {least_losses} needed"
    columns = [name for name in FEATURES if rows[name].nunique(dropna=False) > 1]
    if not columns:
        return "no feature ever varied"
    features, fold = rows[columns].to_numpy(), _folds(rows["customer_id"])
    scores = np.zeros(len(rows))
    for number in range(FOLDS):
        held_out, fit = later & (fold == number), ~later & (fold != number)
        if held_out.any() and len(np.unique(lost[fit])) == 2:
            scores[held_out] = _fit(name, features[fit], lost[fit]).decision_function(features[held_out])
    left, there = int(lost[later].sum()), int((~lost[later]).sum())
    targets = np.where(lost[later], (left + 1) / (left + 2), 1 / (there + 2))
    intercept, slope = quality.line(targets, scores[later]) if np.ptp(scores[later]) > 0 else (0.0, 0.0)
    if slope <= 0:  # what was learned does not hold later: all that is left is how many leave
        intercept, slope = float(quality.log_odds(lost[later].mean())), 0.0
    return ChurnModel(columns, _fit(name, features, lost), intercept, slope)


def _fit(name: str, features: Floats, lost: Flags) -> ClassifierMixin:
    if name == "gradient_boosting":
        estimator = HistGradientBoostingClassifier(
            max_iter=80, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=1.0,
            early_stopping=False, random_state=0,
        )  # fmt: skip
    else:
        estimator = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=500),
        )
    return estimator.fit(features, lost)


def _prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """Each customer and day once, in an order of its own, the features as numbers and long tails logged."""
    keys = [name for name in ("scored_on", "customer_id") if name in rows]
    rows = rows.sort_values(keys).drop_duplicates(keys).reset_index(drop=True)
    numbers = {name: pd.to_numeric(rows[name]).astype(float) for name in FEATURES}
    numbers |= {name: np.log1p(numbers[name].clip(lower=0)) for name in LOGGED}
    return rows.assign(**numbers)


def _folds(customers: pd.Series) -> NDArray[np.int64]:
    """A number below FOLDS by customer, the same in every build."""
    codes, names = pd.factorize(customers)
    return np.array([zlib.crc32(str(name).encode()) % FOLDS for name in names], dtype=np.int64)[codes]


def _known(rows: pd.DataFrame, horizon: int) -> tuple[pd.DataFrame, Flags]:
    outcome = rows[f"is_lost_in_{horizon}_days"]
    known = rows[outcome.notna()].reset_index(drop=True)
    return known, known[outcome.name].to_numpy(dtype=bool)


def split(scored_on: pd.Series, horizon: int, evaluation_months: int) -> tuple[Flags, Flags]:
    """Which rows are fitted and which judged: the horizon of a fitted one is over when the first judged one begins."""
    days = pd.to_datetime(scored_on)
    first = np.sort(days.unique())[-evaluation_months:][:1]
    if not len(first):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    return (days + pd.Timedelta(days=horizon) <= first[0]).to_numpy(), (days >= first[0]).to_numpy()


def _evaluated(rows: pd.DataFrame, horizon: int, limits: Limits, campaign: quality.Campaign) -> list[dict]:
    known, lost = _known(rows, horizon)
    fit, judged = split(known["scored_on"], horizon, limits.evaluation_months)
    training, outcomes = known[fit].reset_index(drop=True), lost[fit]
    test, test_lost = known[judged].reset_index(drop=True), lost[judged]
    common = {
        "horizon_days": horizon,
        "fitted_to": _day(training["scored_on"].max()),
        "fitted_rows": len(training),
        "fitted_losses": int(outcomes.sum()),
        "evaluated_from": _day(test["scored_on"].min()),
        "evaluated_to": _day(test["scored_on"].max()),
        "evaluated_rows": len(test),
        "evaluated_losses": int(test_lost.sum()),
    }
    left = test.loc[test_lost, "customer_id"].nunique()
    base = float(outcomes.mean()) if len(training) else None
    health = _health_scores(training, test)
    found = []
    for name in PREDICTORS:
        scores, probabilities, note = None, None, None
        if not len(training):
            note = f"too little history: no month end is {horizon} days before those that it would be judged on"
        elif name in MODELS:
            model = fitted(name, training, outcomes, limits.least_losses)
            if isinstance(model, ChurnModel):
                scores = model.log_odds(test)
                probabilities = expit(scores)
            else:
                note = model
        elif name == "health_score" and health is None:
            note = "no customer had a health score"
        elif name == "health_score":
            scores, probabilities = -health, _band_shares(training, outcomes, test)
        else:
            scores = probabilities = np.full(len(test), base)
        figures = {}
        if note is None and (left < limits.least_losses or test_lost.all()):
            note = f"too few losses to judge by: {left} customers left, {limits.least_losses} needed"
        elif note is None:
            against = None if health is None else -health
            figures = _figures(test_lost, scores, probabilities, against, base, test["customer_id"], campaign)
        found.append({"model": name, **common, **figures, "fit_note": note})
    return found


def _day(value: object) -> dt.date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _health_scores(training: pd.DataFrame, test: pd.DataFrame) -> Floats | None:
    """Of the rows to be judged; who has none counts as the middle one of those before."""
    if not test["health_score"].notna().any():
        return None
    middle = training["health_score"].astype(float).median()
    scores = test["health_score"].astype(float)
    return scores.fillna(scores.median() if np.isnan(middle) else middle).to_numpy()


def _band_shares(training: pd.DataFrame, lost: Flags, test: pd.DataFrame) -> Floats:
    """The share that left of the customer's health band; without one, of all."""
    shares = pd.Series(lost.astype(float)).groupby(training["health_band"].to_numpy()).mean()
    return test["health_band"].map(shares).astype(float).fillna(float(lost.mean())).to_numpy()


def _figures(
    lost: Flags,
    scores: Floats,
    probabilities: Floats,
    against: Floats | None,
    base: float,
    customers: pd.Series,
    campaign: quality.Campaign,
) -> dict:
    own = quality.auc(lost, scores)
    other = quality.auc(lost, against if against is not None else np.zeros(len(lost)))
    clusters = customers.to_numpy()
    lower, upper = quality.interval(own.value, own.influence, clusters)
    gain = own.value - other.value
    gain_lower, gain_upper = quality.interval(gain, own.influence - other.influence, clusters)
    squared, of_base = quality.brier(lost, probabilities), quality.brier(lost, np.full(len(lost), base))
    slope, intercept = quality.calibration(lost, probabilities)
    profit, share = quality.expected_maximum_profit(lost, scores, campaign)
    return {
        "auc": own.value,
        "auc_lower": max(0.0, lower),
        "auc_upper": min(1.0, upper),
        "auc_gain": gain,
        "auc_gain_lower": gain_lower,
        "auc_gain_upper": gain_upper,
        "brier": squared,
        "brier_skill": 1 - squared / of_base if of_base > 0 else None,
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "top_decile_lift": quality.top_decile_lift(lost, scores),
        "emp": profit,
        "emp_share": share,
    }


def _reasons(model: ChurnModel, live: pd.DataFrame, log_odds: Floats, asked: NDArray[np.int64]) -> pd.DataFrame:
    """Of the rows asked for the features that raise the log-odds most: name, value, the usual one, and by how much."""
    usual = live[model.columns].median().to_numpy()
    rows, log_odds = live.iloc[asked][model.columns], log_odds[asked]
    effects = np.zeros(rows.shape)
    for number, name in enumerate(model.columns):
        moved = (rows[name] != usual[number]).to_numpy()
        if moved.any() and not np.isnan(usual[number]):
            effects[moved, number] = log_odds[moved] - model.log_odds(rows[moved].assign(**{name: usual[number]}))
    values, logged = rows.to_numpy(copy=True), np.isin(model.columns, LOGGED)
    values[:, logged], usual[logged] = np.expm1(values[:, logged]), np.expm1(usual[logged])
    order = np.argsort(-effects, axis=1, kind="stable")
    names, each = np.array(model.columns, dtype=object), np.arange(len(rows))
    found = {}
    for number in range(min(REASONS, len(names))):
        chosen = order[:, number]
        raises = effects[each, chosen] > 0
        reason = f"reason_{number + 1}"
        found[reason] = np.where(raises, names[chosen], None)
        found[f"{reason}_value"] = np.where(raises, values[each, chosen], np.nan)
        found[f"{reason}_usual"] = np.where(raises, usual[chosen], np.nan)
        found[f"{reason}_effect"] = np.where(raises, effects[each, chosen], np.nan)
    return pd.DataFrame(found, index=rows.index)
