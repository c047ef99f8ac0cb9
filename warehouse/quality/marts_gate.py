"""The gate before publishing: does the draft of the published file hold, and is the last month a usual one?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb
import yaml

from warehouse.quality.expectations import Check, run_checks
from warehouse.quality.findings import Finding
from warehouse.quality.landing_gate import CHECKS_FILE

BOUND = re.compile("_(lower|upper)$")
NPS = re.compile("nps(_.*)?$")
ROUNDING = 1e-9  # of the square roots in an interval
PERIODS = "fct_segment_periods"
IDENTITIES = {
    "rpt_churn_rates": (
        "customers at the end are those of the start and what moved",
        "customers_end <> customers_start + customers_new + customers_reactivated - customers_churned "
        "+ customers_moved_in - customers_moved_out",
    ),
    "rpt_mrr_movements": (
        "MRR at the end is that of the start and what moved",
        "mrr_end <> mrr_start + mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_moved",
    ),
    "rpt_event_reconciliation": (
        "raw rows are accepted, duplicates or quarantined",
        "raw_rows <> accepted_rows + duplicate_rows + quarantined_rows",
    ),
}


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
    rules = yaml.safe_load(CHECKS_FILE.read_text(encoding="utf-8"))["marts"]
    checks = []
    for name, its_columns in columns.items():
        table = name.split(".")[1]
        for column in its_columns:
            if _is_share(table, column, rules["named_as_shares"], rules["no_shares"]):
                checks.append(_between(name, rules["shares"], column, 0, 1))
            if NPS.match(column):
                checks.append(_between(name, rules["nps"], column, -100, 100))
        if table in IDENTITIES:
            says, broken = IDENTITIES[table]
            query = f"select count(*) as rows_broken from {{batch}} where {broken} having count(*) > 0"
            checks.append(Check(name, rules["identities"], says, query=query))
        if table == PERIODS:
            checks.append(_no_period_missing(name, rules["no_period_missing"]))
        checks += [
            _usual_change(name, column, rules["usual_change"]) for column in rules["usual_change_of"].get(table, [])
        ]
    return checks


def _is_share(table: str, column: str, names: Sequence[str], exceptions: Sequence[str]) -> bool:
    value = BOUND.sub("", column)  # a bound is inside what its value is inside
    return any(fnmatchcase(value, name) for name in names) and not {value, f"{table}.{value}"} & set(exceptions)


def _between(name: str, severity: str, column: str, least: int, most: int) -> Check:
    arguments = {"column": column, "min_value": least - ROUNDING, "max_value": most + ROUNDING}
    return Check(name, severity, f"{column} is inside {least} to {most}", "ExpectColumnValuesToBeBetween", arguments)


def _no_period_missing(name: str, severity: str) -> Check:
    query = """
        select count(*) as gaps
        from (
            select
                period_end,
                lead(period_start) over (
                    partition by period_grain, segment_type, segment_value order by period_start
                ) as next_start
            from {batch}
        ) as neighbours
        where next_start <> period_end
        having count(*) > 0
    """
    return Check(name, severity, "each period begins where the one before ends", query=query)


def _usual_change(name: str, column: str, rule: dict) -> Check:
    query = f"""
        with months as (
            select
                cast({column} as double) - lag(cast({column} as double)) over (order by period_start) as change,
                row_number() over (order by period_start desc) as age
            from {{batch}}
            where period_grain = 'month' and segment_type = 'all' and is_complete_period
        ),
        usual as (
            select avg(change) as mean, stddev_samp(change) as deviation, count(change) as months
            from months
            where age between 2 and 1 + {rule["months"]}
        )
        select round(change, 4) as change, round(mean, 4) as usual, round(deviation, 4) as deviation
        from months
        cross join usual
        where age = 1 and months >= {rule["least_months"]} and abs(change - mean) > {rule["deviations"]} * deviation
    """
    says = f"{column} changed in the last complete month as it usually does"
    return Check(name, rule["severity"], says, query=query)
