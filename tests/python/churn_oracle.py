"""A plain-Python reading of who is predicted to leave without a model, and of how predictions are judged.

It knows of each customer from which local day until which it was one, and its health score on the days of scoring. It
asks one customer after the other, and compares pairs of them one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

HORIZONS = (30, 60, 90)
LEAST_CUSTOMERS = 20
LEAST_LOSSES = 20
EVALUATION_MONTHS = 3
SCORED_MONTHS = 13

Spells = dict[str, list[tuple[date, date | None]]]  # by customer: first day, and day of the loss (None = still there)
Scores = dict[tuple[str, date], tuple[float, str]]  # by customer and day of scoring: score and band


@dataclass(frozen=True)
class Scored:
    """A customer on a day of scoring, and whether it left within the horizon."""

    customer_id: str
    scored_on: date
    score: float
    band: str
    is_lost: bool


def month_ends(today: date) -> list[date]:
    """The last days of the latest months that are over, the earliest first."""
    ends = [today.replace(day=1) - timedelta(days=1)]
    while len(ends) < SCORED_MONTHS:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]


def living(spells: Spells, day: date) -> Iterator[tuple[str, date | None]]:
    """Customers at the end of the day, and when each was lost."""
    for customer_id, own in sorted(spells.items()):
        for first, last in own:
            if first <= day and (last is None or last > day):
                yield customer_id, last


def past(spells: Spells, scores: Scores, today: date, horizon: int) -> list[Scored]:
    """Customers at month ends whose horizon is over before today."""
    found = []
    for day in month_ends(today):
        until = day + timedelta(days=horizon)
        if until < today:
            for customer_id, last in living(spells, day):
                is_lost = last is not None and last <= until
                found.append(Scored(customer_id, day, *scores[customer_id, day], is_lost))
    return found


def share(rows: list[Scored]) -> float | None:
    """Of them who left; None = there is nobody."""
    return sum(row.is_lost for row in rows) / len(rows) if rows else None


def predictions(spells: Spells, scores: Scores, today: date) -> dict[tuple[str, int], dict]:
    """By customer and horizon what is said where no model is used."""
    found = {}
    for horizon in HORIZONS:
        rows = past(spells, scores, today, horizon)
        base = share(rows)
        said = {}
        for customer_id, _ in living(spells, today):
            of_band = [row for row in rows if row.band == scores[customer_id, today][1]]
            by_band = len(of_band) >= LEAST_CUSTOMERS
            probability = share(of_band) if by_band else base
            said[customer_id] = probability
            found[customer_id, horizon] = {
                "churn_probability": probability,
                "model": None if base is None else "health_score" if by_band else "base_rate",
                "base_rate": base,
            }
        for customer_id, probability in said.items():
            ahead = sum(other is not None and (probability is None or other > probability) for other in said.values())
            found[customer_id, horizon]["risk_rank"] = ahead + 1
    return found


def evaluations(spells: Spells, scores: Scores, today: date) -> dict[tuple[str, int], dict]:
    """How the health score and the base rate did on the latest month ends, by those long before."""
    found = {}
    for horizon in HORIZONS:
        rows = past(spells, scores, today, horizon)
        days = sorted({row.scored_on for row in rows})[-EVALUATION_MONTHS:]
        judged = [row for row in rows if row.scored_on in days]
        fitted = [row for row in rows if days and row.scored_on + timedelta(days=horizon) <= days[0]]
        common = {
            "fitted_to": max((row.scored_on for row in fitted), default=None),
            "fitted_rows": len(fitted),
            "fitted_losses": sum(row.is_lost for row in fitted),
            "evaluated_from": days[0] if days else None,
            "evaluated_to": days[-1] if days else None,
            "evaluated_rows": len(judged),
            "evaluated_losses": sum(row.is_lost for row in judged),
        }
        of_band = defaultdict(list)
        for row in fitted:
            of_band[row.band].append(row)
        base = share(fitted)
        said = {
            "health_score": [(-row.score, share(of_band[row.band]) if row.band in of_band else base) for row in judged],
            "base_rate": [(0, base)] * len(judged),
        }
        enough = fitted and len({row.customer_id for row in judged if row.is_lost}) >= LEAST_LOSSES
        worst = [(base - row.is_lost) ** 2 for row in judged] if enough else []
        for model, of_model in said.items():
            figures = {}
            if enough:
                outcomes = [row.is_lost for row in judged]
                squared = [(probability - lost) ** 2 for (_, probability), lost in zip(of_model, outcomes, strict=True)]
                ranks = [rank for rank, _ in of_model]
                figures = {
                    "auc": pairs_won(ranks, outcomes),
                    "brier": sum(squared) / len(squared),
                    "brier_skill": 1 - sum(squared) / sum(worst),
                    "top_decile_lift": lift(ranks, outcomes),
                }
            found[model, horizon] = common | figures
    return found


def pairs_won(ranks: list[float], outcomes: list[bool]) -> float:
    """Of all pairs of one who left and one who stayed, those in which the one who left stands higher; a tie is half."""
    left = [rank for rank, lost in zip(ranks, outcomes, strict=True) if lost]
    stayed = [rank for rank, lost in zip(ranks, outcomes, strict=True) if not lost]
    return sum((one > other) + (one == other) / 2 for one in left for other in stayed) / (len(left) * len(stayed))


def lift(ranks: list[float], outcomes: list[bool]) -> float:
    """Losses of the highest tenth, those of a tie shared out, beside the losses of any tenth."""
    room, found = len(ranks) / 10, 0.0
    for rank in sorted(set(ranks), reverse=True):
        own = [lost for other, lost in zip(ranks, outcomes, strict=True) if other == rank]
        taken = min(room, len(own))
        found += sum(own) * taken / len(own)
        room -= taken
    return found / (sum(outcomes) / 10)
