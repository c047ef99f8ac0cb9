"""The effects of changes against a plain-Python twin; that none is found where there is none, and those planted are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import changes_oracle
import harness
import numpy as np
import pytest
from scipy.stats import binom

from warehouse.statistics.change_effects import FIGURES, METRICS, SCHEMA, change_effects
from warehouse.statistics.interrupted_series import Fit, fit

LIMITS = {
    "most_months_before": 28,
    "least_months_before": 12,
    "months_after": 3,
    "least_cases": 100,
    "joiner_days": 90,
    "placebo_distance": 1,
    "least_respondents": 5,
}
THRESHOLDS = {f"effect_{name}": value for name, value in LIMITS.items()}
SERIES = 300
SHAPES = ("trend", "season", "few", "waves", "counts", "amounts")
COMPARED = ("reason", "compared_with", "first_month_after", "months_before", "months_after", "n_before", "n_after")
MEASURED = ("level_before", "level_after", "p_value", "placebo_dates", "placebo_as_large", "other_changes")


def calendar(count: int) -> list[date]:
    return [date(2021 + number // 12, number % 12 + 1, 1) for number in range(count)]


def drawn(count: int, seed: int, size: int = 400, price_rise: int | None = None) -> list[list[float]]:
    """FIGURES of a business by month; from a month on five times as many leave."""
    draw, rows = random.Random(seed), []
    for month in range(count):
        start, new = size + 3 * month, sum(draw.random() < 0.1 for _ in range(size))
        risk = 0.2 if price_rise is not None and month >= price_rise else 0.04
        lost = sum(draw.random() < risk for _ in range(start))
        joiners_lost = sum(draw.random() < 0.15 for _ in range(new))
        answers = size // 8
        promoters = sum(draw.random() < 0.4 for _ in range(answers))
        detractors = (answers - promoters) // 3
        kept = 50.0 * (start - lost) * (1 + draw.gauss(0.01, 0.01))
        rows.append([start, lost, new, 50.0 * start, kept, new, joiners_lost, answers, promoters, detractors])
    return rows


def laid_out(parts: dict[tuple[str, str], list[list[float]]], count: int) -> list[tuple]:
    """Rows as int_change_figures has them; everybody is the sum of the parts."""
    months = calendar(count + 1)
    parts = {**parts, ("all", "all"): np.sum(list(parts.values()), axis=0).tolist()}
    return [
        (*segment, months[number], months[number + 1], *row)
        for segment, rows in parts.items()
        for number, row in enumerate(rows)
    ]


def nested(figures: list[tuple]) -> dict[tuple, dict[tuple, dict[str, float]]]:
    found: dict[tuple, dict[tuple, dict[str, float]]] = {}
    for segment_type, segment_value, start, end, *row in figures:
        found.setdefault((segment_type, segment_value), {})[start, end] = dict(zip(FIGURES, row, strict=True))
    return found


def test_every_figure_is_the_twins() -> None:
    count, as_of = 32, date(2023, 9, 4)
    parts = {
        ("plan", "big"): drawn(count, 1, price_rise=20),
        ("plan", "small"): drawn(count, 2, size=300),
        ("plan", "tiny"): [[2, 0, 0, 0, 0, 0, 0, 1, 1, 0]] * count,
    }
    figures = laid_out(parts, count)
    changes = [
        (date(2021, 3, 9), "Too early", None, None),
        (date(2022, 3, 15), "Nothing", None, None),
        (date(2022, 9, 1), "Price rise", "plan", "big"),
        (date(2022, 10, 2), "Beside it", "plan", "small"),
        (date(2022, 11, 3), "Another one", None, None),
        (date(2023, 2, 1), "Of few", "plan", "tiny"),
        (date(2023, 4, 11), "With a season", None, None),
        (date(2023, 6, 11), "Too late", None, None),
        (date(2023, 1, 1), "Of nobody", "plan", "none"),
    ]
    rows = change_effects(changes, figures, as_of, THRESHOLDS).to_pylist()
    assert len(rows) == len(changes) * len(METRICS)
    known = [(day, label, (kind or "all", value or "all")) for day, label, kind, value in changes]
    reasons, seasons = set(), 0
    for row in rows:
        (change,) = [one for one in known if one[1] == row["label"]]
        wanted, below = changes_oracle.result(change, known, row["metric"], nested(figures), as_of, LIMITS)
        where = f"{row['label']}, {row['metric']}"
        assert {name: row[name] for name in COMPARED} == {name: wanted.get(name) for name in COMPARED}, where
        for name in MEASURED:
            assert row[name] == (pytest.approx(wanted[name], rel=1e-6) if wanted.get(name) is not None else None), where
        assert (below is None) == (row["effect"] is None)
        if below:
            ends = [below(row[name]) for name in ("effect_lower", "effect", "effect_upper")]
            assert ends == pytest.approx([0.025, 0.5, 0.975], abs=1e-6), where
            assert row["expected"] == pytest.approx(row["level_after"] - row["effect"])
        reasons.add(row["reason"])
        seasons += bool(row["is_seasonal"])
    assert reasons == {
        None, "no_such_segment", "too_few_months_before", "too_few_cases", "too_few_months_after", "never_varied"
    } - {"never_varied"}  # fmt: skip
    assert seasons
    found = {
        (row["label"], row["metric"]) for row in rows if row["p_value_adjusted"] and row["p_value_adjusted"] < 0.05
    }
    assert ("Price rise", "churn_rate") in found and ("Nothing", "churn_rate") not in found


def waves(draw: np.random.Generator, count: int, rho: float, deviation: float) -> np.ndarray:
    """Noise of which a share is still there a month later."""
    found = draw.normal(0, deviation, count)
    for month in range(1, count):
        found[month] = rho * found[month - 1] + np.sqrt(1 - rho**2) * found[month]
    return found


def shares(draw: np.random.Generator, risk: np.ndarray, n: np.ndarray, before: int) -> tuple[np.ndarray, np.ndarray]:
    lost = draw.binomial(n, risk)
    share = (lost[:before].sum() + 1) / (n[:before].sum() + 2)
    return lost / n, share * (1 - share) / n


def series(shape: str, draw: np.random.Generator, before: int, effect: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """Values, their variances by chance, whether they are counted; the effect, a share of the level, is at the end."""
    months = np.arange(before + 4)
    step = 1 + effect * (months > before)
    season = np.array([0.3, 0.1, 0, 0, 0, -0.1, -0.2, -0.2, 0.1, 0.05, 0, -0.05])[months % 12]
    n = 100 + 20 * months
    if shape == "trend":
        values, chances = shares(draw, (0.06 - 0.0006 * months) * step, n, before)
    elif shape == "season":
        values, chances = shares(draw, 0.05 * (1 + season) * step, n, before)
    elif shape == "few":
        values, chances = shares(draw, 0.03 * step, np.full(len(months), 25), before)
    elif shape == "waves":
        values, chances = shares(draw, 0.05 * np.exp(waves(draw, len(months), 0.5, 0.2)) * step, 2 * n, before)
    elif shape == "counts":
        values = draw.poisson(25 * 1.01**months * (1 + season) * step).astype(float)
        chances = np.full(len(months), (values[:before].sum() + 1) / before)
    else:
        values = 0.97 * step + waves(draw, len(months), 0.3, 0.02) + 0.1 * draw.standard_t(5, len(months)) / np.sqrt(n)
        return values, 1 / n, False
    return values, chances, True


def planted(shape: str, before: int, effect: float) -> float:
    """The effect that series puts in, in the unit of the series."""
    months = np.arange(before + 1, before + 4)
    season = np.array([0.3, 0.1, 0, 0, 0, -0.1, -0.2, -0.2, 0.1, 0.05, 0, -0.05])[months % 12]
    level = {
        "trend": 0.06 - 0.0006 * months,
        "season": 0.05 * (1 + season),
        "few": np.array([0.03]),
        "counts": 25 * 1.01**months * (1 + season),
        "amounts": np.array([0.97]),
    }
    return effect * float(level[shape].mean())


def fits(shape: str, before: int, effect: float) -> Iterator[Fit]:
    draw = np.random.default_rng([before, len(shape)])
    used = np.arange(before + 4) != before
    months = 24_000 + np.arange(before + 4)
    for _ in range(SERIES):
        values, chances, is_counted = series(shape, draw, before, effect)
        is_after = (np.arange(before + 4) > before)[used]
        found = fit(months[used], values[used], np.sqrt(chances[used]), is_after, is_counted)
        assert found
        yield found


@pytest.fixture(scope="module")
def calls() -> dict[str, tuple[int, int]]:
    """Of series of each shape to which nothing was done, how many are called an effect, of how many."""
    found = {}
    for shape in SHAPES:
        called = [one.p_value < 0.05 for before in histories(shape) for one in fits(shape, before, 0.0)]
        found[shape] = (sum(called), len(called))
    return found


def histories(shape: str) -> tuple[int, ...]:
    """Months before; a season is not known after one year."""
    return (24, 33) if shape in ("season", "counts") else (12, 24, 33)


@pytest.mark.parametrize("shape", SHAPES)
def test_of_series_without_a_change_one_in_twenty_at_most_is_called_an_effect(
    shape: str, calls: dict[str, tuple[int, int]]
) -> None:
    called, of = calls[shape]
    # with 5% in truth, more than this would come in one of a hundred runs
    assert called <= binom.ppf(0.99, of, 0.05)


def test_of_all_series_without_a_change_at_most_5_percent_are_called_an_effect(
    calls: dict[str, tuple[int, int]],
) -> None:
    called, of = np.sum(list(calls.values()), axis=0)
    assert of >= 4000 and called <= 0.05 * of


@pytest.mark.parametrize(
    ("shape", "effect"), [("trend", 0.5), ("season", 0.6), ("few", 1.0), ("counts", -0.4), ("amounts", 0.1)]
)
def test_at_least_93_percent_of_planted_effects_lie_inside_their_interval(shape: str, effect: float) -> None:
    inside = []
    for before in histories(shape):
        truth = planted(shape, before, effect)
        steps = [found.step for found in fits(shape, before, effect)]
        inside += [step.lower <= truth <= step.upper for step in steps]
        assert np.mean([step.effect for step in steps]) == pytest.approx(truth, rel=0.2)
    assert np.mean(inside) >= 0.93


def test_a_large_effect_is_found() -> None:
    for shape, effect in (("amounts", 0.1), ("trend", 1.5), ("counts", -0.8)):
        assert np.mean([found.p_value < 0.05 for found in fits(shape, 33, effect)]) > 0.9, shape


def test_what_is_never_lost_by_chance_alone_is_no_certainty() -> None:
    """Nobody of 30 left in two years, then one did: that is chance, however straight the line before."""
    months = np.arange(27)
    values = np.where(months == 25, 1 / 30, 0.0)
    share = 1 / (24 * 30 + 2)
    found = fit(months, values, np.full(27, np.sqrt(share * (1 - share) / 30)), months > 23, is_counted=True)
    assert found and found.p_value > 0.05
    assert fit(months, np.zeros(27), np.ones(27), months > 23, is_counted=False) is None


def test_too_few_months_for_what_is_fitted_are_refused() -> None:
    months = np.arange(11)
    assert fit(months, months * 1.0, np.ones(11), months > 8, is_counted=True)
    assert fit(months[1:], months[1:] * 1.0, np.ones(10), months[1:] > 8, is_counted=True) is None


def test_what_meets_everybody_is_no_effect_on_some() -> None:
    """Churn is fivefold for all from a month on: the plan that an annotation names did not change beside the others."""
    count, when = 30, 20
    parts = {("plan", "a"): drawn(count, 5, price_rise=when), ("plan", "b"): drawn(count, 6, price_rise=when)}
    day = calendar(count)[when]
    rows = change_effects(
        [(day, "Of a", "plan", "a"), (day, "Of all", None, None)], laid_out(parts, count), date(2024, 1, 1), THRESHOLDS
    ).to_pylist()
    churn = {row["label"]: row for row in rows if row["metric"] == "churn_rate"}
    assert churn["Of a"]["compared_with"] == "others" and churn["Of a"]["p_value"] > 0.05
    assert churn["Of all"]["compared_with"] == "own_past" and churn["Of all"]["p_value_adjusted"] < 0.001
    assert churn["Of all"]["effect"] == pytest.approx(0.16, abs=0.02)


def test_what_comes_later_changes_no_effect() -> None:
    count, as_of = 30, date(2023, 1, 20)
    figures = laid_out({("plan", "a"): drawn(count, 7), ("plan", "b"): drawn(count, 8)}, count)
    changes = [(date(2022, 8, 1), "Of all", None, None), (date(2022, 9, 3), "Of a", "plan", "a")]
    later = [row if row[3] <= as_of else (*row[:4], *[value * 7 + 1 for value in row[4:]]) for row in figures]
    told = [
        change_effects([*changes, *more], rows, as_of, THRESHOLDS).to_pylist()
        for rows, more in (
            (figures, []),
            (later, []),
            ([row for row in figures if row[3] <= as_of], []),
            (figures, [(as_of + timedelta(1), "Announced", None, None)]),
        )
    ]
    assert told[0] == told[1] == told[2] == told[3]
    assert any(row["effect"] is not None for row in told[0])


def test_p_values_are_adjusted_for_the_metrics_of_a_change() -> None:
    count = 30
    figures = laid_out({("plan", "a"): drawn(count, 9)}, count)
    rows = change_effects([(date(2022, 8, 1), "Of all", None, None)], figures, date(2024, 1, 1), THRESHOLDS).to_pylist()
    by_p = sorted(rows, key=lambda row: row["p_value"])
    most = 0.0
    for rank, row in enumerate(by_p):
        most = max(most, min(row["p_value"] * (len(by_p) - rank), 1.0))
        assert row["p_value_adjusted"] == pytest.approx(most)
    assert len(by_p) == len(METRICS)


def test_without_changes_the_table_is_typed_and_empty() -> None:
    table = change_effects([], laid_out({("plan", "a"): drawn(3, 1)}, 3), date(2024, 1, 1), THRESHOLDS)
    assert table.num_rows == 0 and table.schema == SCHEMA


def test_a_change_names_whom_it_concerns_as_it_was_landed() -> None:
    assert harness.build({"subscription_events": [], "customers": []}, ["rpt_change_effects"]) == {
        "rpt_change_effects": []
    }
    tables = {
        "subscription_events": [
            {
                "event_id": f"e{number}",
                "customer_id": f"c{number}",
                "subscription_id": f"s{number}",
                "event_type": "started",
                "occurred_at": f"2024-01-{number:02}",
                "amount": "10",
            }
            for number in range(1, 7)
        ],
        "customers": [{"customer_id": f"c{number}", "country": "DE" if number < 3 else "FR"} for number in range(1, 7)],
        "annotations": [
            {"annotated_on": "2024-03-01", "label": "Prices up", "segment_type": " Country", "segment_value": "DE"},
            {"annotated_on": "2024-03-02", "label": "Moved", "segment_type": "country", "segment_value": "NL"},
            {"annotated_on": "2024-04-05", "label": "New board", "kind": "product"},
            {"annotated_on": "2024-07-01", "label": "Announced"},
        ],
    }
    rows = harness.build(tables, ["rpt_change_effects"], as_of="2024-06-10")["rpt_change_effects"]
    found = {(row["label"], row["metric"]): row for row in rows}
    assert len(rows) == 3 * len(METRICS)
    prices, moved, board = (found[label, "churn_rate"] for label in ("Prices up", "Moved", "New board"))
    assert (prices["segment_type"], prices["segment_value"], prices["n_before"]) == ("country", "DE", 2)
    assert (prices["compared_with"], prices["n_after"]) == ("others", 6)
    assert moved["reason"] == "no_such_segment" and moved["verdict"] == "cannot_be_judged"
    assert (board["segment_type"], board["kind"], board["n_before"]) == ("all", "product", 12)
    assert board["reason"] == "too_few_months_before"
