"""rpt_anomalies against a plain-Python twin, on reports that are drawn: no event is needed to judge their figures."""

from __future__ import annotations

import math
import random
from datetime import date

import anomalies_oracle
import duckdb
import harness
import pytest
from anomalies_oracle import Limits, Month

# of each: report, compared as growth, the metric that counts its observations, least of them, bounds
METRICS = {
    "churn_rate": ("rpt_churn_rates", False, "customers_start", 30, (0.0, 0.8)),
    "mrr_end": ("rpt_mrr_movements", True, "customers_start", 30, (0.0, None)),
    "nps": ("rpt_nps", False, "respondents", 10, (-100.0, 100.0)),
}
LIMITS = [Limits(3.5, 12, 60, 2), Limits(1.5, 3, 15, 1), Limits(2.0, 4, 30, 2)]
SEGMENTS = [("all", "all"), ("country", "DE"), ("country", "a:b")]


def drawn(seed: int) -> dict[tuple[str, str, str], list[Month]]:
    """Series of months: with seasons, gaps, odd months, months all alike, and few observations."""
    chance = random.Random(seed)
    series = {}
    for metric in METRICS:
        for segment in SEGMENTS:
            level, season, noise = chance.choice([0.05, 0.5]), chance.choice([0, 0.3]), chance.choice([0, 0.02, 0.2])
            months = []
            for number in range(chance.choice([1, 5, 20, 44])):
                if chance.random() < 0.08:
                    continue
                start = date(2020 + number // 12, number % 12 + 1, 1)
                value = level + season * (start.month == 12) + chance.gauss(0, noise)
                value = chance.choice([0.9, 0.0]) if chance.random() < 0.05 else round(max(value, 0), 6)
                value = None if chance.random() < 0.05 else value
                n = 0 if metric == "nps" and value is None else chance.choice([5, 40, 40, 40, 40])
                months.append(Month(start, chance.random() < 0.95, value, n))
            series[metric, *segment] = months
    return series


def report_rows(series: dict, report: str) -> list[dict]:
    """The rows that a report has of the series; rpt_churn_rates counts the customers of those of rpt_mrr_movements."""
    rows: dict[tuple, dict] = {}
    for (metric, *segment), months in series.items():
        its_report, _, n_metric, *_ = METRICS[metric]
        for month in months:
            # a metric has a segment type of its own, so that the observations of one are not those of another
            key = (month.start, f"{segment[0]}_{metric}", segment[1])
            end = date(month.start.year + month.start.month // 12, month.start.month % 12 + 1, 1)
            row = {"period_grain": "month", "period_end": end, "is_complete_period": month.is_complete}
            if its_report == report:
                rows.setdefault(key, row)[metric] = month.value
            if (n_metric == "respondents") == (report == "rpt_nps") and report != "rpt_mrr_movements":
                rows.setdefault(key, row)[n_metric] = month.n
    keys = ("period_start", "segment_type", "segment_value")
    return [{**dict(zip(keys, key, strict=True)), **row, "touchpoint_type": "relational"} for key, row in rows.items()]


def built(series: dict, limits: Limits) -> list[dict]:
    """The rows of rpt_anomalies, from the models' own SQL on reports with these rows alone."""
    steps = {step.name: step for step in harness.compiled_steps("{}")}
    reports = steps["int_watched_values"].code
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {harness.DATABASE}; use {harness.DATABASE}")
        connection.execute("create schema marts; create schema seeds; create schema intermediate")
        for node in harness.manifest()["nodes"].values():
            if node["resource_type"] == "model" and f'"{node["name"]}"' in reports:
                columns = ", ".join(f"{column['name']} {column['data_type']}" for column in node["columns"].values())
                connection.execute(f"create table marts.{node['name']} ({columns})")
                fill(connection, f"marts.{node['name']}", report_rows(series, node["name"]))
        thresholds = {f"anomaly_{name}": value for name, value in vars(limits).items()}
        thresholds["anomaly_z_score"] *= 10  # the seed has tenths
        connection.execute("create table seeds.thresholds (threshold varchar, value decimal(18, 6))")
        connection.executemany("insert into seeds.thresholds values (?, ?)", list(thresholds.items()))
        connection.execute(
            "create table seeds.anomaly_metrics (metric varchar, compared_as varchar, n_metric varchar, "
            "least_n integer, lowest decimal(18, 6), highest decimal(18, 6))"
        )
        for metric, (_, is_growth, n_metric, least_n, bounds) in METRICS.items():
            row = [metric, "growth" if is_growth else "value", n_metric, least_n, *bounds]
            connection.execute("insert into seeds.anomaly_metrics values (?, ?, ?, ?, ?, ?)", row)
        for name in ("int_metrics", "int_watched_values", "int_usual_figures", "rpt_anomalies"):
            connection.execute(f"create table {steps[name].relation} as {steps[name].code}")
        return harness.rows(connection, steps["rpt_anomalies"].relation)


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict]) -> None:
    for row in rows:
        known = {name for (name, *_) in connection.execute(f"describe {table}").fetchall()}
        kept = {name: value for name, value in row.items() if name in known}
        names, values = ", ".join(kept), list(kept.values())
        connection.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(values))})", values)


@pytest.mark.parametrize("seed", range(6))
def test_every_judgement_is_the_twins(seed: int) -> None:
    limits, series = LIMITS[seed % len(LIMITS)], drawn(seed)
    found = {}
    for row in built(series, limits):
        kind, _, metric = row["segment_type"].partition("_")
        if metric == row["metric"]:
            found[metric, kind, row["segment_value"], row["period_start"]] = row
    wanted = {
        (*key, start): judgement
        for key, months in series.items()
        for start, judgement in anomalies_oracle.judge(
            months, limits, METRICS[key[0]][3], METRICS[key[0]][1], METRICS[key[0]][4]
        ).items()
    }
    assert found.keys() == wanted.keys()
    for key, judgement in wanted.items():
        row = found[key]
        reason = {"no_customers": "no_value"}.get(row["no_verdict_reason"], row["no_verdict_reason"])
        assert (row["verdict"], reason) == (judgement.verdict, judgement.reason), key
        ours = [row[name] for name in ("expected", "expected_lower", "expected_upper", "z_score")]
        theirs = [*judgement.expected, judgement.z_score] if judgement.expected else [None] * 4
        for one, other in zip(ours, theirs, strict=True):
            assert one is other is None or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9), (key, ours, theirs)


def test_the_draws_meet_every_judgement() -> None:
    judgements = [
        judgement
        for seed in range(6)
        for key, months in drawn(seed).items()
        for judgement in anomalies_oracle.judge(
            months, LIMITS[seed % len(LIMITS)], METRICS[key[0]][3], METRICS[key[0]][1], METRICS[key[0]][4]
        ).values()
    ]
    assert {judgement.verdict for judgement in judgements} == {None, "usual", "unusually_high", "unusually_low"}
    assert {judgement.reason for judgement in judgements} == {
        None, "incomplete_period", "no_value", "too_few", "no_previous_period", "short_history", "no_variation",
    }  # fmt: skip
