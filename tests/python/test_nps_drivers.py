"""The drivers of the NPS: effects that were put in come out, and where nothing can be said nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from warehouse.statistics import nps_drivers
from warehouse.statistics.nps_drivers import SIGNALS


def drawn_answers(count: int, seed: int = 1) -> pd.DataFrame:
    """Answers whose score follows use and whose leaving follows failed payments; plan and the rest say nothing."""
    rng = np.random.default_rng(seed)
    use, failed = rng.normal(10, 4, count), rng.poisson(0.5, count)
    score = 0.6 * (use - 10) / 4 + 0.8 * rng.normal(size=count)
    leaves = rng.random(count) < 1 / (1 + np.exp(2 - 1.1 * (failed - 0.5) / np.sqrt(0.5)))
    noise = {name: rng.normal(5, 1, count).clip(0) for name in SIGNALS}
    hours = np.where(rng.random(count) < 0.6, np.nan, noise["hours_to_resolution"])
    known = noise | {"days_used_last_month": use, "failed_payments_90_days": failed, "hours_to_resolution": hours}
    names = {
        "response_id": [f"r{number}" for number in range(count)],
        "customer_id": [f"c{number // 2}" for number in range(count)],
        "score": score,
        "is_lost_in_90_days": np.where(np.arange(count) % 10 == 0, None, leaves),
        "plan": rng.choice(["basic", "pro", "max"], count, p=[0.6, 0.3, 0.1]),
    }
    return pd.DataFrame(names | known)


NO_COMPLAINTS = pd.DataFrame({"response_id": [], "topic": []}, dtype=str)


def fitted(
    answers: pd.DataFrame, least: int = 100, complaints: pd.DataFrame = NO_COMPLAINTS
) -> dict[tuple[str, str], dict]:
    rows = nps_drivers.nps_drivers(answers, complaints, least).to_pylist()
    return {(row["outcome"], row["driver"]): row for row in rows}


def test_effects_that_were_put_in_come_out_and_no_others() -> None:
    rows = fitted(drawn_answers(6_000))
    use = rows["nps_score", "days_used_last_month"]
    assert use["effect"] == pytest.approx(0.6, abs=0.03)
    assert use["correlation"] == pytest.approx(0.6, abs=0.03)
    failed = rows["lost_in_90_days", "failed_payments_90_days"]
    assert failed["effect"] == pytest.approx(1.1, abs=0.12)
    clear = {key for key, row in rows.items() if row["p_value_adjusted"] < 0.05}
    assert clear == {("nps_score", "days_used_last_month"), ("lost_in_90_days", "failed_payments_90_days")}
    assert {name for _, name in rows} == {*SIGNALS, "plan: pro", "plan: max"}
    assert all(row["effect_lower"] <= row["effect"] <= row["effect_upper"] for row in rows.values())
    assert all(row["fit_note"] is None for row in rows.values())


def test_a_complaint_is_a_signal() -> None:
    answers = drawn_answers(2_000)
    complaining = answers[::10]
    answers.loc[complaining.index, "score"] -= 2
    complaints = pd.DataFrame({"response_id": complaining["response_id"], "topic": "pricing"})
    few = pd.DataFrame({"response_id": ["r1"], "topic": "support"})
    rows = fitted(
        answers, complaints=pd.concat([complaints, few, pd.DataFrame([("x", "pricing")], columns=few.columns)])
    )
    row = rows["nps_score", "complaint: pricing"]
    assert row["effect"] == pytest.approx(-2 * 0.3 / answers["score"].std(ddof=0), abs=0.03)
    assert rows["nps_score", "complaint: support"]["fit_note"] == "too few answers with it or without it"


def test_what_is_not_known_counts_in_no_correlation() -> None:
    answers = drawn_answers(1_000)
    rows = fitted(answers)
    known = answers["hours_to_resolution"].notna()
    row = rows["nps_score", "hours_to_resolution"]
    assert row["n"] == known.sum()
    logged = np.log1p(answers.loc[known, "hours_to_resolution"])
    assert row["correlation"] == pytest.approx(np.corrcoef(logged, answers.loc[known, "score"])[0, 1])
    assert rows["lost_in_90_days", "tenure_days"]["n"] == 900


def test_p_values_are_adjusted_for_the_number_of_signals() -> None:
    rows = [row for (outcome, _), row in fitted(drawn_answers(1_000)).items() if outcome == "nps_score"]
    by_p = sorted(rows, key=lambda row: row["p_value"])
    least = 1.0
    for rank, row in reversed(list(enumerate(by_p, start=1))):
        least = min(least, row["p_value"] * len(by_p) / rank)
        assert row["p_value_adjusted"] == pytest.approx(least)


def test_several_answers_of_a_customer_are_worth_less() -> None:
    answers = drawn_answers(1_000)
    twice = pd.concat([answers.assign(customer_id=answers["response_id"]), answers], ignore_index=True)
    twice["customer_id"] = [f"c{number % 1_000}" for number in range(2_000)]
    once = fitted(answers.assign(customer_id=answers["response_id"]))["nps_score", "days_used_last_month"]
    doubled = fitted(twice)["nps_score", "days_used_last_month"]
    assert doubled["effect"] == pytest.approx(once["effect"])
    width = once["effect_upper"] - once["effect_lower"]
    assert doubled["effect_upper"] - doubled["effect_lower"] == pytest.approx(width, rel=0.01)


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"score": 9.0, "is_lost_in_90_days": None}, "the outcome never varied"),
        ({"days_used_more_than_before": 3.0}, "too few answers with it or without it"),
        ({"is_lost_in_90_days": False}, "the outcome never varied"),
    ],
)
def test_where_nothing_varies_nothing_is_said(changed: dict, note: str) -> None:
    rows = fitted(drawn_answers(500).assign(**changed))
    assert note in {row["fit_note"] for row in rows.values()}
    assert all(row["effect"] is None for row in rows.values() if row["fit_note"])


def test_signals_that_say_the_same_and_outcomes_told_apart_have_no_regression() -> None:
    answers = drawn_answers(2_000)
    same = fitted(answers.assign(tickets_90_days=answers["price_rises_180_days"]))
    assert {row["fit_note"] for row in same.values()} == {"no regression: some signals say the same as others"}
    told_apart = answers.assign(is_lost_in_90_days=answers["days_used_last_month"] > 10)
    notes = {row["fit_note"] for (outcome, _), row in fitted(told_apart).items() if outcome == "lost_in_90_days"}
    assert notes == {"no regression: the signals tell the two outcomes apart without an error"}


def test_few_answers_and_few_losses() -> None:
    assert fitted(drawn_answers(99)) == {}
    assert fitted(drawn_answers(0)) == {}
    few = fitted(drawn_answers(120).assign(is_lost_in_90_days=[True] * 29 + [False] * 91))
    notes = {row["fit_note"] for (outcome, _), row in few.items() if outcome == "lost_in_90_days"}
    assert "no regression: it needs 30 answers of either outcome" in notes
    some = fitted(drawn_answers(120).assign(is_lost_in_90_days=[True] * 40 + [False] * 80))
    with_effect = [name for (outcome, name), row in some.items() if outcome == "lost_in_90_days" and row["effect"]]
    assert with_effect == list(SIGNALS[:4])
    assert all(row["correlation"] is not None for row in (few | some).values())
