"""The gate before publishing: does the draft of the published file hold, and is the last month a usual one?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb

from warehouse.quality.expectations import Check, run_checks
from warehouse.quality.findings import Finding
from warehouse.quality.rules import read_rules

BOUND = re.compile("_(lower|upper)$")
# how far a score, and the change of a score, may be from 0
NPS = {re.compile("(own_)?nps(_lower|_upper|_weighted)?$"): 100, re.compile("nps_change(_year)?(_lower|_upper)?$"): 200}
ROUNDING = 1e-9  # of the square roots in an interval
PERIODS = "fct_segment_periods"
# what holds, its two sides, and the row it holds for
IDENTITIES = {
    "rpt_churn_rates": (
        "customers at the end are those of the start and what moved",
        "customers_end",
        "customers_start + customers_new + customers_reactivated - customers_churned "
        "+ customers_moved_in - customers_moved_out",
    ),
    "rpt_mrr_movements": (
        "MRR at the end is that of the start and what moved",
        "mrr_end",
        "mrr_start + mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_moved",
    ),
    "rpt_event_reconciliation": (
        "raw rows are accepted, duplicates or quarantined",
        "raw_rows",
        "accepted_rows + duplicate_rows + quarantined_rows",
    ),
}
# What names a row in a message, as far as the table has it. A segment or plan is no personal value; an id may be.
PLACES = ("raw_table", "period_grain", "period_start", "cohort_month", "segment_type", "segment_value", "metric")
REPORT = "Such a figure is a fault of the project, not of the data: please report it with the name of the table"


def check_marts(draft: Path, docs: Path) -> list[Finding]:
    """Check the marts in a draft of the published file.

    Args:
        draft: DuckDB file with the marts in schema `marts` or in its main schema; nobody may have it open to write.
        docs: folder for the pages.
    """
    with duckdb.connect(str(draft), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_schema in ('main', 'marts') order by table_name, ordinal_position"
        ).fetchall():
            columns.setdefault(f"{schema}.{table}", []).append(column)
    return run_checks("marts", draft, marts_checks(columns), docs)


def marts_checks(columns: dict[str, list[str]]) -> list[Check]:
    """Every check of checks.yml that the tables give rise to.

    Args:
        columns: column names by table, with its schema.
    """
    rules = read_rules("marts")
    checks = []
    for name, its_columns in columns.items():
        table = name.split(".")[1]
        place = _place(its_columns)
        for column in its_columns:
            if _is_share(table, column, rules["named_as_shares"], rules["no_shares"]):
                checks.append(_between(name, rules["shares"], column, 0, 1, place))
            checks += [
                _between(name, rules["nps"], column, -most, most, place)
                for named, most in NPS.items()
                if named.match(column)
            ]
        if table in IDENTITIES:
            checks.append(_identity(name, rules["identities"], *IDENTITIES[table], place))
        if table == PERIODS:
            checks.append(_no_period_missing(name, rules["no_period_missing"]))
        checks += [
            _usual_change(name, column, rules["usual_change"]) for column in rules["usual_change_of"].get(table, [])
        ]
    return checks


def _is_share(table: str, column: str, names: Sequence[str], exceptions: Sequence[str]) -> bool:
    value = BOUND.sub("", column)  # a bound is inside what its value is inside
    return any(fnmatchcase(value, name) for name in names) and not {value, f"{table}.{value}"} & set(exceptions)


def _place(columns: list[str]) -> str:
    """SQL of the words that name a row: "month 2025-03-01 plan pro"."""
    named = [f"cast({column} as varchar)" for column in PLACES if column in columns]
    return f"concat_ws(' ', {', '.join(named)})" if named else "'a row'"


def _between(name: str, severity: str, column: str, least: int, most: int, place: str) -> Check:
    outside = f"{column} not between {least - ROUNDING} and {most + ROUNDING}"
    return Check(
        name, severity, f"{column} is inside {least} to {most}",
        "{unexpected_count:,} of {element_count:,} values are outside",
        f"{column} is outside {least} to {most} in {{outside:,}} of {{rows:,}} rows, such as {{value:,.4f}} in "
        "{place}",
        REPORT,
        f"select count(case when {outside} then 1 end) as outside, count(*) as rows, "
        f"arg_max({column}, {place}) filter (where {outside}) as value, max({place}) filter (where {outside}) as place "
        "from {batch}",
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": column, "min_value": least - ROUNDING, "max_value": most + ROUNDING},
    )  # fmt: skip


def _identity(name: str, severity: str, says: str, whole: str, parts: str, place: str) -> Check:
    broken = f"{whole} <> {parts}"
    return Check(
        name, severity, says,
        "no row breaks it",
        f"{whole} is not {parts} in {{broken:,}} of {{rows:,}} rows, such as {{whole:,}} where the parts give "
        "{parts:,} in {place}",
        REPORT,
        f"select count(case when {broken} then 1 end) as broken, count(*) as rows, "
        f"max({place}) filter (where {broken}) as place, arg_max({whole}, {place}) filter (where {broken}) as whole, "
        f"arg_max({parts}, {place}) filter (where {broken}) as parts from {{batch}}",
        "broken > 0",
    )  # fmt: skip


def _no_period_missing(name: str, severity: str) -> Check:
    query = """
        select count(*) as gaps, arg_min(place, place) as place, arg_min(period_end, place) as period_end,
            arg_min(next_start, place) as next_start
        from (
            select
                concat_ws(' ', period_grain, segment_type, segment_value) as place,
                period_end,
                lead(period_start) over (
                    partition by period_grain, segment_type, segment_value order by period_start
                ) as next_start
            from {batch}
        ) as neighbours
        where next_start <> period_end
    """
    return Check(
        name, severity, "each period begins where the one before ends",
        "no period is missing",
        "{gaps:,} periods do not begin where the one before ends, such as that of {place}: one ends on {period_end}, "
        "the next begins on {next_start}",
        REPORT, query, "gaps > 0",
    )  # fmt: skip


def _usual_change(name: str, column: str, rule: dict) -> Check:
    months, least, deviations = rule["months"], rule["least_months"], rule["deviations"]
    query = f"""
        with months as (
            select
                period_start,
                cast({column} as double) as value,
                value - lag(value) over (order by period_start) as change,
                row_number() over (order by period_start desc) as age
            from {{batch}}
            where period_grain = 'month' and segment_type = 'all' and is_complete_period
        ),
        usual as (
            select avg(change) as mean, stddev_samp(change) as deviation, count(change) as months
            from months
            where age between 2 and 1 + {months}
        )
        select period_start, value, value - change as before, change, mean, deviation, months
        from months
        cross join usual
        where age = 1 and months >= {least}
    """
    # a share to four digits, customers and money to whole ones
    digits = ".4f" if column.endswith("rate") else ",.0f"
    return Check(
        name, rule["severity"], f"{column} changed in the last complete month as it usually does",
        f"{{change:{digits}}} in {{period_start:%B %Y}}; the {{months}} months before changed by {{mean:{digits}}} +- "
        f"{{deviation:{digits}}}, up to {deviations} times that spread is usual",
        f"{column} changed by {{change:{digits}}} in {{period_start:%B %Y}} (from {{before:{digits}}} to "
        f"{{value:{digits}}}); the {{months}} months before changed by {{mean:{digits}}} +- {{deviation:{digits}}}",
        "look at the events of that month, whether some are missing or were landed twice, before you trust it",
        query, f"abs(change - mean) > {deviations} * deviation",
    )  # fmt: skip
