"""`make forecast-check`: how good the published forecasts were, and whether their intervals hold what they promise.

Usage: python -m warehouse.forecast_check
"""

from __future__ import annotations

import sys

import duckdb

from warehouse.settings import SettingsError, read_environment

FIGURES = """
    select
        metric,
        method,
        sum(forecasts),
        sum(forecasts_with_interval),
        sum(inside_80) / nullif(sum(forecasts_with_interval), 0),
        sum(inside_95) / nullif(sum(forecasts_with_interval), 0),
        sum(mean_absolute_error * forecasts) / nullif(sum(mean_absolute_error_naive * forecasts), 0)
    from marts.rpt_forecast_accuracy
    group by metric, method
    order by metric, method
"""
HEAD = ("metric", "method", "forecasts", "with interval", "in 80%", "in 95%", "error / naive")
WIDTHS = (22, 17, 10, 14, 8, 8, 14)


def main() -> int:
    """Print a line for each metric and method, all segments and months ahead together. Returns the exit code."""
    try:
        published = read_environment().published
    except SettingsError as error:
        print(error)
        return 1
    if not published.exists():
        print(f"Nothing is published at {published}: run make build first")
        return 1
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(FIGURES).fetchall()
    if not rows:
        print("No forecast can be judged yet: the history is too short (see rpt_forecast.reason)")
        return 0
    for row in (HEAD, *(_shown(row) for row in rows)):
        texts = [
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, WIDTHS, strict=True))
        ]
        print("".join(texts).rstrip())
    return 0


def _shown(row: tuple) -> tuple[str, ...]:
    metric, method, *counts, inside_80, inside_95, error = row
    shares = ["-" if share is None else f"{share:.1%}" for share in (inside_80, inside_95)]
    return metric, method, *(f"{int(count):,}" for count in counts), *shares, "-" if error is None else f"{error:.2f}"


if __name__ == "__main__":
    sys.exit(main())
