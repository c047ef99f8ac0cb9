"""What two reports differ in, worked out in plain Python from the whole reports: the twin of rpt_restatements."""

from __future__ import annotations

from decimal import Decimal

KEY = ("period_grain", "period_start", "segment_type", "segment_value")

Row = dict[str, object]
Restatement = tuple[object, ...]


def restatements(before: list[Row], after: list[Row]) -> set[Restatement]:
    """(period, segment, metric, old, new) of every figure that is another one; rows of fct_segment_periods."""
    then = {tuple(row[name] for name in KEY): row for row in before if row["is_complete_period"]}
    now = {tuple(row[name] for name in KEY): row for row in after if row["is_complete_period"]}
    # periods that began no later than the last complete one of either report, grain by grain
    last = [{grain: max(key[1] for key in keys if key[0] == grain) for grain, *_ in keys} for keys in (then, now)]
    metrics = [name for name in (*before, *after)[0] if name.startswith(("customers_", "mrr_"))]
    found = set()
    for key in then.keys() | now.keys():
        grain, start = key[:2]
        if not all(grain in ends and start <= ends[grain] for ends in last):
            continue
        for metric in metrics:
            old, new = (report[key][metric] if key in report else None for report in (then, now))
            if (old or 0) != (new or 0):
                found.add((*key, metric, *(None if value is None else Decimal(value) for value in (old, new))))
    return found
