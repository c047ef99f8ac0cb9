"""What the counts of benchmarks/spark_scale.py say about a billion events: the table of docs/scale.md.

The larger of two sizes is carried on in proportion to the events; the exponent counted between the two says whether
that holds. Well above 1 means that a table sent whole to every worker at the smaller size was shuffled at the larger.
Rows and bytes are counted, not timed, so the machine's mood is not in them.

Usage: python benchmarks/scale_report.py benchmarks/results/spark_1000000.json benchmarks/results/spark_5000000.json
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

BILLION = 1_000_000_000
SMALLEST_SHARE = 0.01


def exponent(smaller: float, larger: float, growth: float) -> float:
    """The power of `growth` by which a count grew from smaller to larger."""
    return math.log(larger / smaller) / math.log(growth)


def scale_table(smaller: dict, larger: dict) -> str:
    """Markdown: models with at least a hundredth of all shuffled bytes, by what they shuffle.

    Args:
        smaller, larger: results of spark_scale.py at two sizes.
    """
    growth = larger["events"] / smaller["events"]
    beyond = BILLION / larger["events"]
    total = sum(model.get("shuffle_bytes", 0) for model in larger["models"].values())
    lines = [
        f"| model | shuffled at {smaller['events'] / 1e6:.0f} million events | at {larger['events'] / 1e6:.0f} million "
        "| grows as events to the | at a billion | spilled | peak of a task |",
        "|---|---|---|---|---|---|---|",
    ]
    sums = {"smaller": 0, "larger": 0, "billion": 0.0}
    for name, counts in sorted(larger["models"].items(), key=lambda item: -item[1].get("shuffle_bytes", 0)):
        before, now = smaller["models"].get(name, {}).get("shuffle_bytes", 0), counts.get("shuffle_bytes", 0)
        if not before or not now:
            continue
        power = exponent(before, now, growth)
        then = now * beyond
        sums["smaller"] += before
        sums["larger"] += now
        sums["billion"] += then
        if now >= SMALLEST_SHARE * total:
            lines.append(
                f"| `{name}` | {before / 1e6:,.0f} MB | {now / 1e6:,.0f} MB | {power:.2f} | {then / 1e9:,.0f} GB "
                f"| {counts['disk_bytes_spilled'] / 1e6:,.0f} MB | {counts['peak_execution_memory'] / 1e6:,.0f} MB |"
            )
    lines.append(
        f"| all | {sums['smaller'] / 1e6:,.0f} MB | {sums['larger'] / 1e6:,.0f} MB "
        f"| {exponent(sums['smaller'], sums['larger'], growth):.2f} | {sums['billion'] / 1e9:,.0f} GB | | |"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    print(scale_table(*(json.loads(Path(file).read_text(encoding="utf-8")) for file in sys.argv[1:3])))
