"""A plain-Python reading of what surveys say: scores by period and segment, their changes, splits, competitors, lags.

It shares no code with the SQL, and looks at each answer for itself.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import oracle

Z = 1.959963984540054
BANDS = {"0-90 days": 0, "91-365 days": 91, "1-2 years": 366, "over 2 years": 731}
ONBOARDING_DAYS, LEAST_RESPONDENTS = 90, 5
SEGMENTS = ("all", "country", "plan")
SPLITS = ("touchpoint", "lifecycle_stage", "tenure_band")


@dataclass(frozen=True)
class Customer:
    """Who it is, and its stretches as a customer: (from, until or None, plan)."""

    country: str | None
    stretches: tuple[tuple[datetime, datetime | None, str], ...]

    def at(self, moment: datetime) -> tuple[str | None, int | None, str]:
        """Plan, whole days without a break, and stage at a moment."""
        begun = [stretch for stretch in self.stretches if stretch[0] <= moment]
        if not begun:
            return None, None, "prospect"
        since, until, plan = begun[-1]
        if until is not None and until <= moment:
            return None, None, "former"
        number = len(begun) - 1
        while number and self.stretches[number - 1][1] == since:
            number -= 1
            since = self.stretches[number][0]
        days = (moment - since) // timedelta(days=1)
        return plan, days, "onboarding" if days < ONBOARDING_DAYS else "established"


@dataclass(frozen=True)
class Survey:
    """One survey as it landed."""

    response_id: str
    survey_type: str
    customer_id: str | None
    sent_at: datetime | None
    responded_at: datetime | None
    score: int | None
    touchpoint: str | None
    weight: float | None
    subject: str | None


class Answers:
    """Surveys as of a moment, with the customers that were asked."""

    def __init__(self, surveys: Iterable[Survey], customers: dict[str, Customer], as_of: datetime) -> None:
        self.as_of, self.customers = as_of, customers
        self.seen = [survey for survey in surveys if (survey.sent_at or survey.responded_at) <= as_of]

    def answered(self, survey: Survey) -> bool:
        return survey.responded_at is not None and survey.responded_at <= self.as_of and survey.score is not None

    def pool(self, survey: Survey) -> tuple:
        kind = None
        if survey.survey_type == "nps":
            relational = (survey.touchpoint or "relational").lower() == "relational"
            kind = "relational" if relational else "transactional"
        return survey.survey_type, survey.subject, kind

    def cuts(self, survey: Survey) -> dict[str, str]:
        """The values of a survey by segment type and split."""
        answered = self.answered(survey)
        moment = survey.responded_at if answered else survey.sent_at or survey.responded_at
        customer = self.customers.get(survey.customer_id or "")
        plan, days, stage = customer.at(moment) if customer else (None, None, "prospect")
        bands = [band for band, start in BANDS.items() if days is not None and days >= start]
        return {
            "all": "all",
            "country": (customer and customer.country) or "(none)",
            "plan": plan or "(none)",
            "touchpoint": survey.touchpoint or "(none)",
            "lifecycle_stage": stage if survey.customer_id else "(none)",
            "tenure_band": bands[-1] if bands else "(none)",
        }

    def counted(self, grain: str) -> dict[tuple, dict[str, list[Survey]]]:
        """By period start, pool, cut and value: what was sent, and the answers that count."""
        found: dict[tuple, dict[str, list[Survey]]] = defaultdict(lambda: {"sent": [], "counts": []})
        latest: dict[tuple, Survey] = {}
        for survey in self.seen:
            sent_on = (survey.sent_at or survey.responded_at).date()
            for cut, value in self.cuts(survey).items():
                found[start_of(grain, sent_on), *self.pool(survey), cut, value]["sent"].append(survey)
            if self.answered(survey):
                person = survey.customer_id or ("anonymous", survey.response_id)
                key = (start_of(grain, survey.responded_at.date()), self.pool(survey), person)
                rank = (survey.responded_at, survey.response_id)
                if key not in latest or rank > (latest[key].responded_at, latest[key].response_id):
                    latest[key] = survey
        for (start, pool, _), survey in latest.items():
            for cut, value in self.cuts(survey).items():
                found[start, *pool, cut, value]["counts"].append(survey)
        return found


def start_of(grain: str, day: date) -> date:
    return oracle.period_holding(grain, day, 1).start


def year_before(grain: str, start: date) -> date:
    return start - timedelta(days=364) if grain in ("day", "week") else oracle.add_months(start, -12)


def nps_row(sent: list[Survey], counts: list[Survey], answers: Answers) -> dict[str, object]:
    """Counts, score, bounds, weighted score and response rate."""
    bands = Counter("promoter" if s.score >= 9 else "passive" if s.score >= 7 else "detractor" for s in counts)
    n, promoters, detractors = len(counts), bands["promoter"], bands["detractor"]
    weights = [1.0 if s.weight is None else s.weight for s in counts]
    balance = sum(w * ((s.score >= 9) - (s.score < 7)) for w, s in zip(weights, counts, strict=True))
    lower, upper = interval(promoters, detractors, n)
    return {
        "sent_count": len(sent),
        "respondents": n,
        "promoters": promoters,
        "passives": bands["passive"],
        "detractors": detractors,
        "nps": 100 * (promoters - detractors) / n if n else None,
        "nps_lower": lower,
        "nps_upper": upper,
        "nps_weighted": 100 * balance / sum(weights) if sum(weights) else None,
        "response_rate": sum(map(answers.answered, sent)) / len(sent) if sent else None,
    }


def adjusted(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    return 100 * (p - d), 10_000 * (p + d - (p - d) ** 2) / (n + 3)


def interval(promoters: int, detractors: int, n: int) -> tuple[float | None, float | None]:
    if not n:
        return None, None
    middle, variance = adjusted(promoters, detractors, n)
    score, half = 100 * (promoters - detractors) / n, Z * math.sqrt(variance)
    return max(-100.0, min(middle - half, score)), min(100.0, max(middle + half, score))


def change(row: dict, other: dict | None) -> tuple[float | None, float | None, float | None, str | None]:
    """The difference row - other, its bounds, and what they say of it."""
    if not other or not row["respondents"] or not other["respondents"]:
        return None, None, None, None
    sides = [adjusted(r["promoters"], r["detractors"], r["respondents"]) for r in (row, other)]
    difference = row["nps"] - other["nps"]
    half = Z * math.sqrt(sides[0][1] + sides[1][1])
    lower = max(-200.0, min(sides[0][0] - sides[1][0] - half, difference))
    upper = min(200.0, max(sides[0][0] - sides[1][0] + half, difference))
    verdict = "up" if lower > 0 else "down" if upper < 0 else "no_clear_change"
    return difference, lower, upper, verdict


def nps_rows(answers: Answers) -> Iterator[tuple[tuple, dict[str, object]]]:
    """Rows of rpt_nps and rpt_nps_splits by (grain, start, cut, value, touchpoint type)."""
    rows: dict[tuple, dict] = {}
    for grain in oracle.GRAINS:
        for (start, kind, subject, touchpoint_type, cut, value), lists in answers.counted(grain).items():
            if kind == "nps" and subject is None:
                rows[grain, start, cut, value, touchpoint_type] = nps_row(lists["sent"], lists["counts"], answers)
    for (grain, start, *rest), row in rows.items():
        before = start_of(grain, start - timedelta(days=1))
        for name, then in (("nps_change", before), ("nps_change_year", year_before(grain, start))):
            names = (name, f"{name}_lower", f"{name}_upper", f"{name}_verdict")
            row |= dict(zip(names, change(row, rows.get((grain, then, *rest))), strict=True))
        yield (grain, start, *rest), row


def mean_interval(scores: list[int], lowest: int, highest: int) -> tuple[float, float]:
    """Three more answers: 3/4 at each end, the rest in the middle."""
    weights = [1.0] * len(scores) + [0.75, 0.75, 1.5]
    values = np.array([*scores, lowest, highest, (lowest + highest) / 2])
    mean = np.average(values, weights=weights)
    half = Z * math.sqrt(np.average((values - mean) ** 2, weights=weights) / sum(weights))
    raw = sum(scores) / len(scores)
    return max(lowest, min(mean - half, raw)), min(highest, max(mean + half, raw))


def score_rows(answers: Answers) -> Iterator[tuple[tuple, dict[str, object]]]:
    """Rows of rpt_survey_scores by (grain, start, segment type, value, survey type)."""
    for grain in oracle.GRAINS:
        for (start, kind, subject, _, cut, value), lists in answers.counted(grain).items():
            if kind == "nps" or subject is not None or cut in SPLITS:
                continue
            scores = [survey.score for survey in lists["counts"]]
            n, highest, good = len(scores), {"csat": 5, "ces": 7}[kind], {"csat": 4, "ces": 5}[kind]
            pleased, sent = sum(score >= good for score in scores), lists["sent"]
            share = (pleased / n, *oracle.wilson(pleased, n)) if n else None
            mean = (sum(scores) / n, *mean_interval(scores, 1, highest)) if n else None
            row = {"sent_count": len(sent), "respondents": n}
            row["response_rate"] = sum(map(answers.answered, sent)) / len(sent) if sent else None
            for name, figures in (("csat", share), ("csat_mean", mean), ("ces_mean", mean), ("ces_share", share)):
                shown = figures if name.startswith(kind) and figures else (None, None, None)
                row |= dict(zip((name, f"{name}_lower", f"{name}_upper"), shown, strict=True))
            yield (grain, start, cut, value, kind), row


def competitor_rows(answers: Answers) -> Iterator[tuple[tuple, dict[str, object]]]:
    """Rows of rpt_competitor_scores by (grain, start, subject)."""
    for grain in oracle.GRAINS:
        of_others, of_us = defaultdict(list), defaultdict(list)
        for (start, kind, subject, touchpoint_type, cut, _), lists in answers.counted(grain).items():
            if kind == "nps" and cut == "all" and lists["counts"]:
                if subject is not None:
                    of_others[start, subject] += lists["counts"]
                elif touchpoint_type == "relational":
                    of_us[start] += lists["counts"]
        for (start, subject), counts in of_others.items():
            theirs = nps_row([], counts, answers)
            ours = nps_row([], of_us[start], answers)
            difference, lower, upper, verdict = change(ours, theirs)
            words = {"up": "ours_is_higher", "down": "theirs_is_higher", "no_clear_change": "no_clear_difference"}
            names = ("respondents", "promoters", "passives", "detractors", "nps", "nps_lower", "nps_upper")
            row = {name: theirs[name] for name in names}
            row |= {f"own_{name}": ours[name] for name in ("nps", "nps_lower", "nps_upper")}
            row["own_respondents"] = ours["respondents"] or None
            row |= {"difference": difference, "difference_lower": lower, "difference_upper": upper}
            yield (grain, start, subject), row | {"verdict": words.get(verdict)}


def lag_rows(answers: Answers, retained: dict[tuple, float]) -> Iterator[tuple[tuple, dict[str, object]]]:
    """Rows of rpt_nps_retention_lag by (lag, segment type, value).

    Args:
        answers: the surveys.
        retained: retention rates by segment type, value and start of the complete months.
    """
    scored: dict[tuple, dict[date, float]] = defaultdict(dict)
    for (start, kind, subject, touchpoint_type, cut, value), lists in answers.counted("month").items():
        of_us = (kind, subject, touchpoint_type) == ("nps", None, "relational") and cut not in SPLITS
        if of_us and len(lists["counts"]) >= LEAST_RESPONDENTS and oracle.add_months(start, 1) <= answers.as_of.date():
            scored[cut, value][start] = nps_row([], lists["counts"], answers)["nps"]
    for segment, months in scored.items():
        rows = {}
        for lag in range(7):
            pairs = [
                (nps, retained[(*segment, then)])
                for start, nps in months.items()
                if (*segment, then := oracle.add_months(start, lag)) in retained
            ]
            if pairs:
                rows[lag] = lag_row(pairs)
        clear = [lag for lag, row in rows.items() if row["correlation"] is not None]
        best = max((rows[lag]["correlation"] for lag in clear), default=None)
        strongest = {lag for lag in clear if rows[lag]["correlation"] == best}
        shown = any((rows[lag]["correlation_lower"] or -1) > 0 for lag in strongest)
        claim = "not_shown" if not shown else "holds" if strongest & {2, 3} else "another_lag_is_stronger"
        for lag, row in rows.items():
            yield (lag, *segment), row | {"is_strongest_lag": lag in strongest, "claim_verdict": claim}


def lag_row(pairs: list[tuple[float, float]]) -> dict[str, object]:
    n, (x, y) = len(pairs), np.array(pairs).T
    row: dict[str, object] = {"n": n, "correlation": None, "correlation_lower": None, "correlation_upper": None}
    row["verdict"] = None
    if n > 2 and len(set(x)) > 1 and len(set(y)) > 1:
        r = row["correlation"] = round(float(np.corrcoef(x, y)[0, 1]), 12)
        if n > 3:
            bounds = (r, r) if abs(r) == 1 else np.tanh(np.arctanh(r) + np.array([-Z, Z]) / math.sqrt(n - 3))
            row["correlation_lower"], row["correlation_upper"] = map(float, bounds)
            row["verdict"] = "go_together" if bounds[0] > 0 else "run_against" if bounds[1] < 0 else "no_clear_link"
    return row
