"""What two reports differ in, worked out in plain Python from the whole reports: the twin of rpt_restatements."""

from __future__ import annotations

from decimal import Decimal

OTHER_VALUES = "(other)"
KEY = ("period_grain", "period_start", "segment_type", "segment_value")

Row = dict[str, object]
Restatement = tuple[object, ...]


def not_compared(then: set[tuple], now: set[tuple]) -> set[tuple]:
    """(grain, segment type, value) of what stands for other customers than before: by day and week, where a value that
    was counted with others has rows of its own now, or the other way round."""
    found = set()
    values: dict[tuple, tuple[set, set]] = {}
    for number, keys in enumerate((then, now)):
        for grain, _, segment_type, value in keys:
            if grain in ("day", "week"):
                values.setdefault((grain, segment_type), (set(), set()))[number].add(value)
    for (grain, segment_type), (values_then, values_now) in values.items():
        if values_then != values_now and OTHER_VALUES in values_then | values_now:
            found |= {(grain, segment_type, value) for value in (values_then ^ values_now) | {OTHER_VALUES}}
    return found


def restatements(before: list[Row], after: list[Row]) -> set[Restatement]:
    """(period, segment, metric, old, new) of every figure that is another one; rows of fct_segment_periods."""
    then = {tuple(row[name] for name in KEY): row for row in before if row["is_complete_period"]}
    now = {tuple(row[name] for name in KEY): row for row in after if row["is_complete_period"]}
    # periods that began no later than the last complete one of either report, grain by grain
    last = [dict(sorted(key[:2] for key in keys)) for keys in (then, now)]  # of a grain the last one stays
    then, now = (
        {key: row for key, row in report.items() if all(key[0] in ends and key[1] <= ends[key[0]] for ends in last)}
        for report in (then, now)
    )
    left_out = not_compared(set(then), set(now))
    metrics = [name for name in (*before, *after)[0] if name.startswith(("customers_", "mrr_"))]
    found = set()
    for key in then.keys() | now.keys():
        if (key[0], *key[2:]) in left_out:
            continue
        for metric in metrics:
            old, new = (report[key][metric] if key in report else None for report in (then, now))
            if (old or 0) != (new or 0):
                found.add((*key, metric, *(None if value is None else Decimal(value) for value in (old, new))))
    return found
