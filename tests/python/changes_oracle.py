"""A plain-Python reading of what came of a change, to compare warehouse/statistics with.

Nothing is an array here, and nothing is estimated for the months after: each is predicted from the months before, by
what they lead to and by what of their noise goes on (the best linear unbiased prediction), and set beside what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from math import atan, cos, exp, gamma, log, pi, sqrt
from statistics import fmean

KINDS = [(0, 0)] + [(share, rho) for share in (0.25, 0.5, 0.75, 0.9) for rho in (0, 0.4, 0.6, 0.8)]
ALL = ("all", "all")
Figures = Mapping[str, float]
Matrix = list[list[float]]


def solved(matrix: Matrix, right: Matrix) -> tuple[Matrix, float]:
    """What the matrix must be multiplied by to give the right side, and the logarithm of its determinant."""
    rows = [[*line, *more] for line, more in zip(matrix, right, strict=True)]
    log_determinant = 0.0
    for step in range(len(rows)):
        best = max(range(step, len(rows)), key=lambda number: abs(rows[number][step]))
        rows[step], rows[best] = rows[best], rows[step]
        log_determinant += log(abs(rows[step][step]))
        rows[step] = [value / rows[step][step] for value in rows[step]]
        for number in range(len(rows)):
            if number != step and rows[number][step]:
                factor = rows[number][step]
                rows[number] = [a - factor * b for a, b in zip(rows[number], rows[step], strict=True)]
    return [row[len(rows) :] for row in rows], log_determinant


def times(one: Matrix, other: Matrix) -> Matrix:
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*other, strict=True)] for row in one
    ]


def turned(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix, strict=True)]


def student_below(value: float, freedom: int) -> float:
    """Simpson's rule on the density, in an angle that makes it smooth to the end."""
    angles, steps = [], 200
    top = atan(value / sqrt(freedom))
    for number in range(steps + 1):
        weight = 1 if number in (0, steps) else 4 if number % 2 else 2
        angles.append(weight * cos(top * number / steps) ** (freedom - 1))
    area = top / steps / 3 * sum(angles)
    return 0.5 + area * gamma((freedom + 1) / 2) / (sqrt(pi) * gamma(freedom / 2))


def predicted(
    months: Sequence[int], values: Sequence[float], chances: Sequence[float], known: int, is_counted: bool
) -> Callable[[float], float] | None:
    """How likely the effect on the months from the so-manieth on is below a value; None = it cannot be told."""
    counts = [sum(month % 12 == name for month in months[:known]) for name in range(12)]
    names = range(1, 12) if min(counts) >= 2 else ()
    design = [[1.0, month - months[0], *[float(month % 12 == name) for name in names]] for month in months]
    left_over = known - len(design[0])
    freedom = left_over - 2
    if freedom < 5:
        return None
    usual, kinds = fmean(chances), []
    for share, rho in KINDS:
        noise = [
            [
                share * (rho ** abs(one - other) if one != other else 1.0)
                + (1 - share) * (chances[number] / usual if one == other else 0)
                for other in months
            ]
            for number, one in enumerate(months)
        ]
        before = [row[:known] for row in noise[:known]]
        across = [row[known:] for row in noise[:known]]
        x, y = design[:known], [[value] for value in values[:known]]
        found, size = solved(before, [[*a, *b, *c] for a, b, c in zip(x, y, across, strict=True)])
        width = len(x[0])
        x_weighted, y_weighted = [row[:width] for row in found], [row[width : width + 1] for row in found]
        carried = turned([row[width + 1 :] for row in found])
        identity = [[float(a == b) for b in range(width)] for a in range(width)]
        covariance, information = solved(times(turned(x), x_weighted), identity)
        line = times(covariance, times(turned(x), y_weighted))
        left = [[a[0] - b[0]] for a, b in zip(y, times(x, line), strict=True)]
        (squares,) = times(turned(left), solved(before, left)[0])[0]
        to_come = times(design[known:], line)
        gone_on = times(carried, left)
        misses = [value - a[0] - b[0] for value, a, b in zip(values[known:], to_come, gone_on, strict=True)]
        unknown = [
            [a - b for a, b in zip(row, more, strict=True)]
            for row, more in zip(design[known:], times(carried, x), strict=True)
        ]
        of_line = times(times(unknown, covariance), turned(unknown))
        of_carried = times(carried, across)
        ahead = [row[known:] for row in noise[known:]]
        spread = (
            sum(
                a - b + c
                for rows in zip(ahead, of_carried, of_line, strict=True)
                for a, b, c in zip(*rows, strict=True)
            )
            / len(ahead) ** 2
        )
        variance = max(squares / freedom, usual / (1 - share)) if is_counted else squares / freedom
        if not variance > 1e-15 * max(value**2 for value in values[:known]):
            return None
        likelihood = -0.5 * (size + information + left_over * log(variance) + squares / variance)
        kinds.append((likelihood, fmean(misses), sqrt(variance * spread)))
    best = max(likelihood for likelihood, _, _ in kinds)
    total = sum(exp(likelihood - best) for likelihood, _, _ in kinds)

    def below(value: float) -> float:
        return sum(
            exp(likelihood - best) / total * student_below((value - miss) / error, freedom)
            for likelihood, miss, error in kinds
        )

    return below


def of(metric: str, month: Figures) -> float | None:
    """The value of a metric in a month."""
    if metric == "customers_new":
        return month["customers_new"]
    part, whole = {
        "churn_rate": ("customers_churned", "customers_start"),
        "joiner_churn_rate": ("joiners_lost", "joiners"),
        "net_revenue_retention": ("mrr_kept", "mrr_start"),
        "nps": ("promoters", "respondents"),
    }[metric]
    if not month[whole] > 0:
        return None
    points = 100 * (month["promoters"] - month["detractors"]) if metric == "nps" else month[part]
    return points / month[whole]


def cases(metric: str, month: Figures) -> float:
    return month[
        {"customers_new": "customers_new", "joiner_churn_rate": "joiners", "nps": "respondents"}.get(
            metric, "customers_start"
        )
    ]


def chance(metric: str, month: Figures, before: Sequence[Figures]) -> float:
    """The variance that chance alone gives the value of the month."""
    seen = sum(cases(metric, one) for one in before)
    if metric == "customers_new":
        return (seen + 1) / len(before)
    if metric == "net_revenue_retention":
        return 1 / max(cases(metric, month), 1)
    scores = (
        {100: sum(one["promoters"] for one in before) + 1, -100: sum(one["detractors"] for one in before) + 1}
        if metric == "nps"
        else {1: sum(one["customers_churned" if metric == "churn_rate" else "joiners_lost"] for one in before) + 1}
    )
    mean = sum(score * times_seen for score, times_seen in scores.items()) / (seen + 2)
    square = sum(score**2 * times_seen for score, times_seen in scores.items()) / (seen + 2)
    return (square - mean**2) / cases(metric, month)


def compared(
    metric: str,
    day: date,
    known_until: date,
    table: list[tuple[date, date, Figures, Figures | None]],
    limits: Mapping[str, int],
) -> tuple[list[tuple], list[tuple], str | None]:
    """The months before and after, and why they cannot be compared."""
    wait = timedelta(limits["joiner_days"] if metric == "joiner_churn_rate" else 0)

    def has_value(own: Figures, others: Figures | None) -> bool:
        sides = [own] if others is None else [own, others]
        enough = metric != "nps" or all(side["respondents"] >= limits["least_respondents"] for side in sides)
        return enough and all(of(metric, side) is not None for side in sides)

    before = [row for row in table[1:] if row[1] + wait <= day and has_value(*row[2:])][-limits["most_months_before"] :]
    after = [row for row in table if row[0] >= day][: limits["months_after"]]
    after = [row for row in after if row[1] + wait <= known_until and has_value(*row[2:])]
    if len(before) < limits["least_months_before"]:
        return before, after, "too_few_months_before"
    if sum(cases(metric, row[2]) for row in before) < limits["least_cases"]:
        return before, after, "too_few_cases"
    return before, after, "too_few_months_after" if len(after) < limits["months_after"] else None


def distribution(metric: str, before: list[tuple], after: list[tuple]) -> Callable[[float], float] | None:
    ratio = 0.0
    if before[0][3] is not None:
        ratio = 1.0
        if metric == "customers_new":
            usual = sum(row[3]["customers_new"] for row in before)
            ratio = sum(row[2]["customers_new"] for row in before) / usual if usual else 0.0
    values, chances = [], []
    for _, _, own, others in before + after:
        value, variance = of(metric, own), chance(metric, own, [row[2] for row in before])
        if others is not None:
            value -= ratio * of(metric, others)
            variance += ratio**2 * chance(metric, others, [row[3] for row in before])
        values.append(value)
        chances.append(variance)
    months = [row[0].year * 12 + row[0].month - 1 for row in before + after]
    return predicted(months, values, chances, len(before), metric != "net_revenue_retention")


def table_of(segment: tuple[str, str], metric: str, figures: Mapping[tuple, Mapping[tuple, Figures]]) -> list[tuple]:
    """Month by month the figures of a segment and of all others, if there are any."""
    rows = []
    for (start, end), own in sorted(figures[segment].items()):
        everybody = figures[ALL][start, end]
        rows.append((start, end, own, {name: everybody[name] - own[name] for name in own}))
    is_alone = segment == ALL or not any(cases(metric, row[3]) > 0 for row in rows)
    return [(*row[:3], None) for row in rows] if is_alone else rows


def meets(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return not (one[0] == other[0] and one[1] != other[1])


def result(
    change: tuple[date, str, tuple[str, str]],
    changes: list[tuple[date, str, tuple[str, str]]],
    metric: str,
    figures: Mapping[tuple, Mapping[tuple, Figures]],
    as_of: date,
    limits: Mapping[str, int],
) -> tuple[dict, Callable[[float], float] | None]:
    """What stands of a change and a metric, and how likely its effect is below a value."""
    day, _, segment = change
    if segment not in figures:
        return {"reason": "no_such_segment"}, None
    table = table_of(segment, metric, figures)
    before, after, reason = compared(metric, day, as_of, table, limits)
    row = {
        "compared_with": "own_past" if table[0][3] is None else "others",
        "first_month_after": after[0][0] if after else None,
        "months_before": len(before),
        "months_after": len(after),
        "n_before": sum(cases(metric, month[2]) for month in before),
        "n_after": sum(cases(metric, month[2]) for month in after),
        "level_before": fmean(of(metric, month[2]) for month in before) if before else None,
        "level_after": fmean(of(metric, month[2]) for month in after) if after else None,
        "reason": reason,
    }
    if reason:
        return row, None
    below = distribution(metric, before, after)
    if below is None:
        return {**row, "reason": "never_varied"}, None
    row["p_value"] = 2 * min(below(0), 1 - below(0))
    others = [other for other in changes if other != change and meets(other[2], segment)]
    row["other_changes"] = sum(day.replace(day=1) <= other[0] < after[-1][1] for other in others)
    as_large = []
    for number, (start, *_) in enumerate(table):
        firsts = [sum(month[0] < other[0] for month in table) for other in [*others, change]]
        if any(abs(number - first) <= limits["placebo_distance"] for first in firsts):
            continue
        earlier, later, refused = compared(metric, start, day, table, limits)
        placebo = None if refused else distribution(metric, earlier, later)
        if placebo:
            as_large.append(2 * min(placebo(0), 1 - placebo(0)) <= row["p_value"])
    return {**row, "placebo_dates": len(as_large), "placebo_as_large": sum(as_large)}, below
