"""Draw docs/lineage.svg: the way of a subscription event to the rates, as dbt knows it (`make lineage`).

Usage: python docs/lineage.py MANIFEST > docs/lineage.svg
"""

from __future__ import annotations

import json
import sys
from functools import cache
from html import escape
from pathlib import Path

FIRST = "base_billing__subscription_events"
LAST = ("rpt_churn_rates", "rpt_retention_rates", "rpt_mrr_movements", "fct_churn_events", "fct_customer_movements")
# What only finds out what an increment computes anew (docs/increments.md), or stands in for subscriptions.
BESIDE = ("int_touched_subscriptions", "int_touched_customers", "int_movements_replaced", "int_activity_events")
COLUMNS = ("staging", "time", "subscriptions", "customers", "movements", "marts")
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 232, 26, 66, 18, 24


def draw(manifest: dict) -> str:
    """The picture as SVG, of the project's manifest.json."""
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    parents = {
        name: [parent.split(".")[-1] for parent in node["depends_on"]["nodes"] if parent.startswith("model.")]
        for name, node in models.items()
    }

    def ancestors(name: str) -> set[str]:
        before = [parent for parent in parents[name] if parent not in BESIDE]
        return {name}.union(*(ancestors(parent) for parent in before))

    @cache
    def depth(name: str) -> int:
        return 1 + max(map(depth, parents[name]), default=0)

    def column(name: str) -> str:
        layer, folder = models[name]["fqn"][1:3]
        return folder if layer == "intermediate" else layer

    shown = sorted(set().union(*map(ancestors, LAST)), key=lambda name: (depth(name), name))
    shown = [
        name for name in shown if column(name) in COLUMNS and (column(name) != "staging" or "billing__sub" in name)
    ]
    place = {}
    for number, folder in enumerate(COLUMNS):
        x = MARGIN + number * (WIDTH + GAP_X)
        for row, name in enumerate(name for name in shown if column(name) == folder):
            place[name] = x, MARGIN + 34 + row * (HEIGHT + GAP_Y)
    width = 2 * MARGIN + len(COLUMNS) * (WIDTH + GAP_X) - GAP_X
    height = max(y for _, y in place.values()) + HEIGHT + MARGIN
    # everything looks at the calendar and the report moment; and an arrow that a longer way tells too says nothing
    lines = [
        _arrow(place[parent], place[name])
        for name in place
        for parent in sorted(set(parents[name]) & place.keys())
        if (column(parent) != "time" or column(name) == "time")
        and not any(parent in ancestors(other) for other in parents[name] if other != parent and other not in BESIDE)
    ]
    boxes = [_box(name, *place[name]) for name in place]
    titles = [
        f'<text x="{MARGIN + number * (WIDTH + GAP_X)}" y="{MARGIN + 12}" class="title">{title}</text>'
        for number, title in enumerate(name + " (read by all)" * (name == "time") for name in COLUMNS)
    ]
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1b2733}.title{font-weight:600;font-size:14px}"
        "rect{fill:#eef3f8;stroke:#7a93ab}.end{fill:#dcefe3;stroke:#5c9a72}path{fill:none;stroke:#9fb2c4}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">',
            "<title>From a landed subscription event to the rates</title>",
            f'<style>{style}</style><rect width="{width}" height="{height}" style="fill:#fff;stroke:none"/>',
            *lines, *boxes, *titles, "</svg>", "",
        ]
    )  # fmt: skip


def _box(name: str, x: int, y: int) -> str:
    kind = ' class="end"' if name in (FIRST, *LAST) else ""
    return (
        f'<rect{kind} x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<text x="{x + 9}" y="{y + 17}">{escape(name)}</text>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = start, end
    y, to_y = y + HEIGHT // 2, to_y + HEIGHT // 2
    if x == to_x:  # within a folder: along its left side
        bend = x - 10 - min(40, abs(to_y - y) // 8)
        return f'<path d="M{x},{y} C{bend},{y} {bend},{to_y} {x},{to_y}"/>'
    bend = (x + WIDTH + to_x) // 2
    return f'<path d="M{x + WIDTH},{y} C{bend},{y} {bend},{to_y} {to_x},{to_y}"/>'


if __name__ == "__main__":
    sys.stdout.write(draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
