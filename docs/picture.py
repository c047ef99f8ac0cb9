"""Draw docs/demo.svg, the README's picture: churn, revenue and retention of the demo business (`make tables`).

Usage: python docs/picture.py PUBLISHED > docs/demo.svg
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from html import escape

import duckdb

Point = tuple[float, float]

WIDTH, HEIGHT = 1080, 330
PANEL = 320  # of a chart with its axis
TOP, BOTTOM, LEFT, GAP = 72, 290, 44, 40
INK, GREY, GRID = "#1b2733", "#5b6b7a", "#e3e9ee"
BLUE, BAND, GREEN, LIGHT_GREEN, RED, LIGHT_RED = "#1f6feb", "#d5e4fb", "#2e8b57", "#9fd3b4", "#c9463d", "#eeb0a8"
SEGMENTS = {"enterprise": "#174ea6", "mid_market": "#1f8a70", "smb": "#b7791f", "consumer": "#b83280"}

CHURN = """
select strftime(period_start, '%b %Y'), churn_rate, churn_rate_lower, churn_rate_upper
from marts.rpt_churn_rates
where period_grain = 'month' and segment_type = 'all' and is_complete_period and period_start >= date '2024-01-01'
order by period_start
"""
MOVEMENTS = """
select
    'Q' || quarter(period_start) || strftime(period_start, ' %y'), mrr_new + mrr_reactivation, mrr_expansion,
    mrr_contraction, mrr_churn
from marts.rpt_mrr_movements
where period_grain = 'quarter' and segment_type = 'all' and period_start >= date '2024-01-01'
order by period_start
"""
SURVIVAL = """
select segment_value, tenure_days, survival
from marts.rpt_survival_curves
where segment_type = 'customer_segment' and segment_value != '(none)' and tenure_days <= 730
order by segment_value, tenure_days
"""


def draw(connection: duckdb.DuckDBPyConnection) -> str:
    """The picture as SVG, of the published marts."""
    style = (
        f"text{{font:12px system-ui,sans-serif;fill:{INK}}}.title{{font-size:14px;font-weight:600}}.axis{{fill:{GREY}}}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">',
            "<title>Churn, recurring revenue and retention of the demo business</title>",
            f'<style>{style}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *_churn(connection.execute(CHURN).fetchall(), LEFT),
            *_movements(connection.execute(MOVEMENTS).fetchall(), LEFT + PANEL + GAP),
            *_survival(connection.execute(SURVIVAL).fetchall(), LEFT + 2 * (PANEL + GAP)),
            "</svg>",
            "",
        ]
    )


def _churn(rows: Sequence[tuple], left: float) -> list[str]:
    width = PANEL - LEFT
    y = _scale(0, 0.1)

    def line(column: int) -> list[Point]:
        return [(left + number * width / (len(rows) - 1), y(row[column])) for number, row in enumerate(rows)]

    last = line(1)[-1]
    return [
        *_frame(
            "Monthly churn rate, with its 95% interval",
            left,
            width,
            [(v, f"{v:.0%}") for v in (0, 0.02, 0.04, 0.06, 0.08)],
            y,
        ),
        f'<path d="{_path(line(2) + line(3)[::-1])}Z" fill="{BAND}"/>',
        f'<path d="{_path(line(1))}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3.5" fill="{BLUE}"/>',
        _text(last[0] + 4, last[1] + 18, f"{rows[-1][1]:.1%}", anchor="end"),
        _text(left, BOTTOM + 18, rows[0][0], kind="axis"),
        _text(left + width, BOTTOM + 18, rows[-1][0], kind="axis", anchor="end"),
    ]


def _movements(rows: Sequence[tuple], left: float) -> list[str]:
    width = PANEL - LEFT
    y = _scale(-80_000, 140_000)
    bar = width / len(rows)
    drawn = []
    for number, (quarter, won, expansion, contraction, churn) in enumerate(rows):
        x = left + number * bar
        above, below = 0.0, 0.0
        for value, colour in ((won, GREEN), (expansion, LIGHT_GREEN)):
            drawn.append(_bar(x + 5, bar - 10, y(above + float(value)), y(above), colour))
            above += float(value)
        for value, colour in ((churn, RED), (contraction, LIGHT_RED)):
            drawn.append(_bar(x + 5, bar - 10, y(below), y(below + float(value)), colour))
            below += float(value)
        if number % 2 == 0:
            drawn.append(_text(x + bar / 2, BOTTOM + 18, quarter, kind="axis", anchor="middle"))
    ticks = [(v, f"{v // 1000}k") for v in (-50_000, 0, 50_000, 100_000)]
    legend = (("won", GREEN), ("expansion", LIGHT_GREEN), ("contraction", LIGHT_RED), ("churn", RED))
    keys = []
    x = left
    for word, colour in legend:
        keys += [
            f'<rect x="{x}" y="{TOP - 26}" width="10" height="10" fill="{colour}"/>',
            _text(x + 14, TOP - 17, word),
        ]
        x += 22 + 6.4 * len(word) + 8
    return [*_frame("What moved MRR, by quarter", left, width, ticks, y), *drawn, *keys]


def _survival(rows: Sequence[tuple], left: float) -> list[str]:
    width = PANEL - 96
    y = _scale(0.3, 1)
    drawn = []
    lowest = TOP  # of the labels so far: the segments are in their order from the top
    for segment, colour in SEGMENTS.items():
        points = [(left, y(1.0))]
        for _, days, survival in (row for row in rows if row[0] == segment):
            x = left + width * days / 730
            points += [(x, points[-1][1]), (x, y(survival))]
        points.append((left + width, points[-1][1]))
        drawn.append(f'<path d="{_path(points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lowest = max(points[-1][1] + 4, lowest + 14)
        drawn.append(_text(left + width + 6, lowest, segment.replace("_", " "), colour=colour))
    ticks = [(v, f"{v:.0%}") for v in (0.4, 0.6, 0.8, 1.0)]
    months = [
        _text(left + width * number / 24, BOTTOM + 18, f"{number} months", kind="axis", anchor=anchor)
        for number, anchor in ((0, "start"), (12, "middle"), (24, "end"))
    ]
    return [*_frame("Customers who stay, by segment", left, width, ticks, y), *drawn, *months]


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: BOTTOM - (float(value) - low) / (high - low) * (BOTTOM - TOP)


def _frame(title: str, left: float, width: float, ticks: list[tuple[float, str]], y: Callable) -> list[str]:
    """The title, and a line with its value at each tick."""
    lines = [
        f'<path d="M{left},{y(value):.1f}h{width}" stroke="{GREY if value == 0 else GRID}"/>'
        + _text(left - 6, y(value) + 4, word, kind="axis", anchor="end")
        for value, word in ticks
    ]
    return [_text(left - 30, 26, title, kind="title"), *lines]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _bar(x: float, width: float, top: float, bottom: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, *, kind: str = "", anchor: str = "start", colour: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    colour = f' style="fill:{colour}"' if colour else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}{colour}>{escape(text)}</text>'


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as published:
        sys.stdout.write(draw(published))
