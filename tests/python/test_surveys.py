"""What surveys say, against a plain-Python reading of each answer, on businesses drawn by chance."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import harness
import numpy as np
import pytest
import surveys_oracle
from surveys_oracle import Answers, Customer, Survey

AS_OF = datetime(2025, 6, 15, 12)
START = datetime(2022, 11, 1)
MARTS = (
    "rpt_nps", "rpt_nps_splits", "rpt_nps_distribution", "rpt_survey_scores", "rpt_competitor_scores",
    "rpt_nps_retention_lag", "rpt_retention_rates",
)  # fmt: skip
SCORES = {"nps": 10, "csat": 5, "ces": 7}


def drawn_business(seed: int, surveys: int, alike: bool = False) -> tuple[dict[str, Customer], list[Survey]]:
    """Customers who come, change plan, go and come back, and surveys before, in between and after."""
    rng = np.random.default_rng(seed)
    customers = {f"c{number}": drawn_customer(rng) for number in range(30)}
    asked = [drawn_survey(rng, f"r{number:04d}", list(customers), alike) for number in range(surveys)]
    return customers, asked


def drawn_customer(rng: np.random.Generator) -> Customer:
    moments = [START + timedelta(hours=int(hours)) for hours in np.sort(rng.choice(23_000, 4, replace=False))]
    plans = rng.choice(["basic", "pro"], 3)
    stretches: tuple = ((moments[0], moments[1], plans[0]), (moments[2], None, plans[1]))
    kind = rng.integers(4)
    if kind == 0:
        stretches = ((moments[0], None, plans[0]),)
    elif kind == 1:  # a plan after another one, without a break
        stretches = ((moments[0], moments[1], "basic"), (moments[1], moments[3], "pro"))
    elif kind == 2:
        stretches = ((moments[0], moments[2], plans[0]),)
    return Customer(str(rng.choice(["DE", "FR"])) if rng.random() < 0.9 else None, stretches)


def drawn_survey(rng: np.random.Generator, response_id: str, customers: list[str], alike: bool) -> Survey:
    kind = str(rng.choice(["nps", "nps", "csat", "ces"]))
    sent_at = START + timedelta(hours=int(rng.integers(23_500)))
    answered = sent_at + timedelta(hours=int(rng.choice([0, 1, 30, 900]))) if rng.random() < 0.8 else None
    lowest = 0 if kind == "nps" else 1
    score = SCORES[kind] if alike else int(rng.integers(lowest, SCORES[kind] + 1))
    return Survey(
        response_id,
        kind,
        str(rng.choice([*customers[:12], *customers, "stranger"])) if rng.random() < 0.85 else None,
        sent_at if answered is None or rng.random() < 0.9 else None,
        answered,
        score if answered and rng.random() < 0.95 else None,
        [None, None, None, "call", "Relational"][rng.integers(5)],
        [None, 2.0, 0.5, 0.0][rng.integers(4)],
        [None, None, None, "Rival"][rng.integers(4)],
    )


def landing(customers: dict[str, Customer], surveys: list[Survey]) -> dict[str, list[dict]]:
    events: list[dict] = []
    for customer_id, customer in customers.items():
        for number, (since, until, plan) in enumerate(customer.stretches):
            follows = number and customer.stretches[number - 1][1] == since
            row = {"customer_id": customer_id, "subscription_id": customer_id, "amount": "10", "plan_id": plan}
            events.append(row | {"event_type": "changed" if follows else "started", "occurred_at": str(since)})
            goes_on = number + 1 < len(customer.stretches) and customer.stretches[number + 1][0] == until
            if until and not goes_on:
                events.append(row | {"event_type": "cancelled", "occurred_at": str(until), "amount": "", "plan_id": ""})
    for number, event in enumerate(events):
        event["event_id"] = f"e{number}"
    people = [{"customer_id": name, "country": customer.country} for name, customer in customers.items()]
    answers = [
        {name: None if value is None else str(value) for name, value in vars(survey).items()} for survey in surveys
    ]
    return {"subscription_events": events, "customers": people, "survey_responses": answers}


def assert_rows(found: list[dict], key: tuple[str, ...], wanted: dict[tuple, dict]) -> None:
    by_key = {tuple(row[name] for name in key): row for row in found}
    assert len(by_key) == len(found)
    assert by_key.keys() == wanted.keys()
    for place, row in wanted.items():
        for name, value in row.items():
            if isinstance(value, float):
                assert math.isclose(by_key[place][name], value, rel_tol=1e-9, abs_tol=1e-9), (place, name)
            else:
                assert by_key[place][name] == value, (place, name, by_key[place][name], value)


# many answers, a few, nobody's, all of the highest score
@pytest.mark.parametrize(("seed", "surveys", "alike"), [(1, 700, False), (2, 25, False), (3, 0, False), (4, 60, True)])
def test_scores_are_those_of_each_answer_by_itself(seed: int, surveys: int, alike: bool) -> None:
    customers, asked = drawn_business(seed, surveys, alike)
    built = harness.build(landing(customers, asked), MARTS, as_of=str(AS_OF), segments=["country"])
    answers = Answers(asked, customers, AS_OF)

    of_nps = dict(surveys_oracle.nps_rows(answers))
    segments = {key: row for key, row in of_nps.items() if key[2] in surveys_oracle.SEGMENTS}
    period = ("period_grain", "period_start")
    assert_rows(built["rpt_nps"], (*period, "segment_type", "segment_value", "touchpoint_type"), segments)
    splits = {
        key: {name: value for name, value in row.items() if "change" not in name}
        for key, row in of_nps.items()
        if key[2] in surveys_oracle.SPLITS
    }
    assert_rows(built["rpt_nps_splits"], (*period, "split_type", "split_value", "touchpoint_type"), splits)
    key = ("segment_type", "segment_value", "survey_type")
    assert_rows(built["rpt_survey_scores"], (*period, *key), dict(surveys_oracle.score_rows(answers)))
    competitors = dict(surveys_oracle.competitor_rows(answers))
    assert_rows(built["rpt_competitor_scores"], (*period, "subject"), competitors)
    assert bool(competitors) == (surveys > 0)

    by_score: dict[tuple, int] = {}
    for grain in ("month", "year"):
        for (start, kind, subject, touchpoint_type, cut, value), lists in answers.counted(grain).items():
            if kind == "nps" and subject is None and cut in surveys_oracle.SEGMENTS and lists["counts"]:
                for score in range(11):
                    given = sum(survey.score == score for survey in lists["counts"])
                    by_score[grain, start, cut, value, touchpoint_type, score] = given
    shown = {
        tuple(row[name] for name in (*period, "segment_type", "segment_value", "touchpoint_type", "score")): row
        for row in built["rpt_nps_distribution"]
        if row["period_grain"] in ("month", "year")
    }
    assert {place: row["respondents"] for place, row in shown.items()} == by_score


def test_the_lags_are_the_correlations_of_the_months() -> None:
    customers, asked = drawn_business(5, 2_500)
    built = harness.build(landing(customers, asked), MARTS, as_of=str(AS_OF), segments=["country"])
    retained = {
        (row["segment_type"], row["segment_value"], row["period_start"]): row["retention_rate"]
        for row in built["rpt_retention_rates"]
        if row["period_grain"] == "month" and row["is_complete_period"] and row["customers_start"]
    }
    wanted = dict(surveys_oracle.lag_rows(Answers(asked, customers, AS_OF), retained))
    assert len({key[1:] for key in wanted}) > 3
    assert_rows(built["rpt_nps_retention_lag"], ("lag_months", "segment_type", "segment_value"), wanted)


# of three answers two standard errors either way hold it in 3 to 7 of 10
@pytest.mark.parametrize(("answers", "least"), [(3, 0.9), (10, 0.93), (40, 0.93)])
@pytest.mark.parametrize("chances", [(1, 1, 2, 3, 5, 8, 13), (0, 0, 0, 0, 1, 1, 8), (8, 1, 1, 1, 1, 1, 8)])
def test_the_interval_of_a_mean_holds_it(answers: int, least: float, chances: tuple[int, ...]) -> None:
    share = np.array(chances) / sum(chances)
    mean = float(share @ np.arange(1, 8))
    samples = np.random.default_rng(7).choice(np.arange(1, 8), (2_000, answers), p=share)
    bounds = [surveys_oracle.mean_interval(list(sample), 1, 7) for sample in samples]
    assert sum(lower <= mean <= upper for lower, upper in bounds) / len(bounds) > least
