"""The churn models: what was put in comes out, nothing of the future goes in, and little history is said plainly."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from warehouse.statistics import churn_model
from warehouse.statistics.churn_model import FEATURES, HORIZONS, MODELS, PREDICTORS, Limits
from warehouse.statistics.prediction_quality import Campaign

LIMITS = Limits(least_losses=20, evaluation_months=3, most_reasons=1_000)


def monthly_risk(days_since_use: np.ndarray, failed_payments: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(3.5 - np.log(days_since_use / 5) - 0.7 * failed_payments))


@cache
def business(customers: int = 900, months: int = 13, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of month ends with outcomes, and the live customers: who leaves follows use and failed payments alone.

    The health score knows a part of how much a customer uses the product; some customers have none.
    """
    rng = np.random.default_rng(seed)
    ends = pd.date_range("2024-01-31", periods=months + 1, freq="ME")
    habit, is_there, lost_on = rng.normal(size=customers), np.ones(customers, dtype=bool), np.full(customers, np.inf)
    frames = []
    for end in ends:
        known = {name: rng.poisson(2, customers).astype(float) for name in FEATURES}
        known["days_since_use"] = 5 * np.exp(habit + 0.5 * rng.normal(size=customers))
        known["failed_payments_90_days"] = rng.poisson(0.4, customers)
        known["nps_score"] = np.where(rng.random(customers) < 0.7, np.nan, known["nps_score"])
        known["is_survey_silent"] = rng.random(customers) < 0.3
        score = (50 - 10 * habit + 15 * rng.normal(size=customers)).clip(0, 100)
        known["health_score"] = np.where(rng.random(customers) < 0.1, np.nan, score)
        frame = pd.DataFrame({"number": np.arange(customers), "scored_on": end, **known})
        frames.append(frame[is_there])
        leaves = is_there & (
            rng.random(customers) < monthly_risk(known["days_since_use"], known["failed_payments_90_days"])
        )
        lost_on[leaves] = end.toordinal() + rng.integers(1, 29, leaves.sum())
        is_there &= ~leaves
    rows = pd.concat(frames, ignore_index=True)
    rows["customer_id"] = "c" + rows["number"].astype(str)
    rows["health_band"] = np.select(
        [rows["health_score"] < 40, rows["health_score"] < 70, rows["health_score"] >= 70],
        ["red", "yellow", "green"],
        default=None,
    )
    scored = rows["scored_on"].map(pd.Timestamp.toordinal)
    for horizon in HORIZONS:
        is_lost = pd.Series(lost_on[rows["number"]] <= scored + horizon, dtype=object)
        rows[f"is_lost_in_{horizon}_days"] = is_lost.where(scored + horizon <= ends[-1].toordinal(), None)
    rows["scored_on"] = rows["scored_on"].dt.date
    is_now = rows["scored_on"] == ends[-1].date()
    return rows[~is_now], rows[is_now]


def evaluated(rows: pd.DataFrame, *horizons: int, limits: Limits = LIMITS) -> dict[tuple[str, int], dict]:
    found = churn_model.evaluations(rows, limits, Campaign(), horizons or HORIZONS).to_pylist()
    return {(row["model"], row["horizon_days"]): row for row in found}


@cache
def evaluated_business() -> dict[tuple[str, int], dict]:
    return evaluated(business()[0])


def test_every_predictor_has_a_row_by_horizon() -> None:
    assert set(evaluated_business()) == {(name, horizon) for name in PREDICTORS for horizon in HORIZONS}


@pytest.mark.parametrize("horizon", HORIZONS)
def test_what_decides_is_found_and_beats_the_health_score(horizon: int) -> None:
    rows = evaluated_business()
    for name in MODELS:
        row = rows[name, horizon]
        assert row["fit_note"] is None
        assert row["auc"] > 0.65 and row["auc_gain"] > 0.03 and row["brier_skill"] > 0.01
        assert row["auc_lower"] < row["auc"] < row["auc_upper"]
        assert row["auc_gain"] == pytest.approx(row["auc"] - rows["health_score", horizon]["auc"])
        assert row["top_decile_lift"] > 1.5
    assert rows["health_score", horizon]["auc_gain"] == 0
    assert rows["base_rate", horizon]["auc"] == 0.5
    assert rows["base_rate", horizon]["brier_skill"] == 0
    assert rows["base_rate", horizon]["top_decile_lift"] == pytest.approx(1)
    assert rows["base_rate", horizon]["calibration_slope"] is None


def test_probabilities_are_those_that_leaving_was_drawn_with() -> None:
    rows, live = business(6_000)
    found = evaluated(rows, 30)
    for name in MODELS:
        row = found[name, 30]
        assert row["calibration_slope"] == pytest.approx(1, abs=0.2)
        assert row["calibration_intercept"] == pytest.approx(0, abs=0.15)
    truth = monthly_risk(live["days_since_use"].to_numpy(), live["failed_payments_90_days"].to_numpy())
    for name in MODELS:
        said = churn_model.predictions(rows, live, {30: name}, LIMITS).to_pandas()
        assert list(said["customer_id"]) == sorted(live["customer_id"])
        true = pd.Series(truth, index=live["customer_id"]).loc[said["customer_id"]].to_numpy()
        assert said["probability"].mean() == pytest.approx(true.mean(), rel=0.15)
        assert np.corrcoef(said["probability"], true)[0, 1] > 0.9


@pytest.mark.parametrize("horizon", HORIZONS)
def test_no_outcome_of_the_fit_lies_after_the_first_row_that_is_judged(horizon: int) -> None:
    scored_on = business()[0]["scored_on"]
    fit, judged = churn_model.split(scored_on, horizon, 3)
    first = scored_on[judged].min()
    assert sorted(scored_on[judged].unique()) == sorted(scored_on.unique())[-3:]
    assert (scored_on[fit] + pd.Timedelta(days=horizon) <= first).all()
    others = scored_on[~fit & ~judged]
    assert ((others + pd.Timedelta(days=horizon) > first) & (others < first)).all()


def test_a_fit_on_the_day_of_the_first_judged_row_ends_the_horizon() -> None:
    days = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-31", "2024-03-31"]).date)
    assert [list(part) for part in churn_model.split(days, 60, 1)] == [[True, True, False], [False, False, True]]
    assert [list(part) for part in churn_model.split(days, 61, 1)] == [[True, False, False], [False, False, True]]


def test_what_only_the_future_tells_is_not_learned() -> None:
    """A feature that gives the outcome away in rows that are judged, or too near to them, changes nothing fitted."""
    rows = business()[0]
    plain = rows[rows["is_lost_in_30_days"].notna()].reset_index(drop=True)
    fit, _ = churn_model.split(plain["scored_on"], 30, 3)
    leaking = plain.assign(seats_share=np.where(fit, plain["seats_share"], plain["is_lost_in_30_days"].astype(float)))
    found, found_leaking = evaluated(plain, 30), evaluated(leaking, 30)
    for name in MODELS:
        assert found_leaking[name, 30]["auc"] <= found[name, 30]["auc"] + 0.02
    ahead = ~plain["is_lost_in_30_days"].astype(bool)
    turned = plain.assign(is_lost_in_30_days=np.where(fit, plain["is_lost_in_30_days"], ahead))
    for name in MODELS:
        assert evaluated(turned, 30)[name, 30]["auc"] == pytest.approx(1 - found[name, 30]["auc"])


def test_order_and_repetition_of_rows_do_not_matter() -> None:
    rows, live = business()
    shuffled = pd.concat([rows, rows[::7]]).sample(frac=1, random_state=3)
    assert evaluated(shuffled, 60) == {key: row for key, row in evaluated_business().items() if key[1] == 60}
    used = {30: "gradient_boosting", 90: "logistic"}
    said = churn_model.predictions(rows, live, used, LIMITS)
    assert churn_model.predictions(shuffled, live.sample(frac=1, random_state=4), used, LIMITS).equals(said)


@pytest.mark.parametrize("name", MODELS)
def test_reasons_are_what_puts_a_customer_above_the_usual_one(name: str) -> None:
    rows, live = business()
    usual = live["days_since_use"].median()
    said = churn_model.predictions(rows, live, {90: name}, LIMITS).to_pandas().set_index("customer_id")
    late = live.set_index("customer_id")["days_since_use"].nlargest(20)
    assert (said.loc[late.index, "reason_1"] == "days_since_use").mean() > 0.7
    with_it = said[said["reason_1"] == "days_since_use"]
    assert with_it["reason_1_usual"].to_numpy() == pytest.approx(usual)
    assert with_it["reason_1_value"].to_numpy() == pytest.approx(
        live.set_index("customer_id").loc[with_it.index, "days_since_use"].to_numpy()
    )
    assert (said["reason_1_effect"].fillna(0) >= said["reason_2_effect"].fillna(0)).all()
    given = said[["reason_1_effect", "reason_2_effect", "reason_3_effect"]]
    assert not (given <= 0).any().any()
    assert (given.isna().to_numpy() == said[["reason_1", "reason_2", "reason_3"]].isna().to_numpy()).all()


def test_those_at_highest_risk_are_given_the_reasons() -> None:
    rows, live = business()
    every = churn_model.predictions(rows, live, {90: "logistic"}, LIMITS).to_pandas()
    few = churn_model.predictions(rows, live, {90: "logistic"}, Limits(20, 3, most_reasons=7)).to_pandas()
    assert few["probability"].equals(every["probability"])
    likeliest = every["probability"].nlargest(7).index
    pd.testing.assert_frame_equal(few[few["reason_1"].notna()], every.loc[sorted(likeliest)])


def test_the_effect_of_a_reason_is_the_fall_of_the_log_odds_at_the_median() -> None:
    rows, live = business()
    said = churn_model.predictions(rows, live, {90: "logistic"}, LIMITS).to_pandas().set_index("customer_id")
    asked = said[said["reason_1"] == "failed_payments_90_days"].index[0]
    is_asked = live["customer_id"] == asked
    usual = live["failed_payments_90_days"].median()
    other = live.assign(failed_payments_90_days=live["failed_payments_90_days"].where(~is_asked, usual))
    then = churn_model.predictions(rows, other, {90: "logistic"}, LIMITS).to_pandas().set_index("customer_id")
    log_odds = [np.log(p / (1 - p)) for p in (said["probability"][asked], then["probability"][asked])]
    assert log_odds[0] - log_odds[1] == pytest.approx(said["reason_1_effect"][asked])


def test_features_that_nobody_knows_or_that_never_vary_do_no_harm() -> None:
    rows, live = business()
    changed = {"nps_score": None, "csat_score": np.nan, "has_negative_feedback": False, "tickets_open": 3}
    found = evaluated(rows.assign(**changed), 90)
    for name in MODELS:
        assert found[name, 90]["fit_note"] is None and found[name, 90]["auc"] > 0.65
        said = churn_model.predictions(rows.assign(**changed), live.assign(**changed), {90: name}, LIMITS).to_pandas()
        assert not said[["reason_1", "reason_2", "reason_3"]].isin(list(changed)).any().any()
    constant = rows.assign(**dict.fromkeys(FEATURES, 1))
    assert {evaluated(constant, 90)[name, 90]["fit_note"] for name in MODELS} == {"no feature ever varied"}
    few = rows.assign(**dict.fromkeys(set(FEATURES) - {"mrr"}, 1))
    said = churn_model.predictions(few, live, {90: "logistic"}, LIMITS).to_pandas()
    assert said["reason_2"].isna().all()


@pytest.mark.parametrize("months", [0, 1, 2])
def test_little_history_is_said(months: int) -> None:
    rows = business()[0]
    rows = rows[rows["scored_on"] <= sorted(rows["scored_on"].unique())[months - 1]] if months else rows[:0]
    found = evaluated(rows)
    assert len(found) == len(PREDICTORS) * len(HORIZONS)
    assert all(row["auc"] is None and row["fit_note"].startswith("too little history") for row in found.values())
    said = churn_model.predictions(rows, business()[1], {30: "logistic"}, LIMITS)
    assert (said.num_rows > 0) == (months == 2)


def test_few_losses_are_said() -> None:
    rows = business()[0]
    exact = evaluated_business()["base_rate", 90]
    assert "too few losses" in evaluated(rows, 90, limits=Limits(10_000, 3, 0))["logistic", 90]["fit_note"]
    assert evaluated(rows, 90, limits=Limits(10_000, 3, 0))["base_rate", 90]["fit_note"].startswith(
        "too few losses to judge by"
    )
    judged = rows[rows["is_lost_in_90_days"].notna()]
    _, judged_rows = churn_model.split(judged["scored_on"], 90, 3)
    customers = judged[judged_rows & (judged["is_lost_in_90_days"] == True)]["customer_id"].nunique()  # noqa: E712
    assert exact["evaluated_losses"] > customers  # a customer who left may be in several month ends: it is one
    assert evaluated(rows, 90, limits=Limits(customers, 3, 0))["base_rate", 90]["fit_note"] is None
    assert evaluated(rows, 90, limits=Limits(customers + 1, 3, 0))["base_rate", 90]["auc"] is None
    for is_lost in (True, False):
        one_kind = evaluated(rows.assign(is_lost_in_60_days=is_lost), 60)
        assert all(row["fit_note"].startswith("too few losses") for row in one_kind.values())


def test_without_health_scores_a_model_is_set_against_chance() -> None:
    found = evaluated(business()[0].assign(health_score=None, health_band=None), 90)
    assert found["health_score", 90]["fit_note"] == "no customer had a health score"
    assert found["logistic", 90]["auc_gain"] == pytest.approx(found["logistic", 90]["auc"] - 0.5)


def test_a_health_score_says_the_share_of_its_band() -> None:
    rows = business()[0]
    known = rows[rows["is_lost_in_60_days"].notna()].reset_index(drop=True)
    fit, judged = churn_model.split(known["scored_on"], 60, 3)
    lost = known["is_lost_in_60_days"].astype(float)
    shares = lost[fit].groupby(known["health_band"][fit]).mean()
    said = known["health_band"][judged].map(shares).fillna(lost[fit].mean())
    assert evaluated_business()["health_score", 60]["brier"] == pytest.approx(((said - lost[judged]) ** 2).mean())
