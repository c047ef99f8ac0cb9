"""The gate before a build: are the raw tables plausible, by themselves, beside each other and beside earlier builds?

Each raw table is read once, into one row of numbers (schema `profile`) that the checks then judge. What cannot be read
at all is the landing step's to say (warehouse/landing.py), and what staging makes of single rows the staging gate's.
Here it is shares and volumes that matter.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.disk import first_line, memory_limit
from warehouse.erasures import Erasures
from warehouse.landing import (
    RAW_SCHEMA,
    LandedTable,
    LandingError,
    RawTable,
    contract_tables,
    inspect_folder,
    landing_statements,
    read_contract,
    read_whole,
    readable,
)
from warehouse.quality.expectations import Check, run_checks
from warehouse.quality.findings import Finding
from warehouse.quality.history import History
from warehouse.quality.page import Outcome, write_page
from warehouse.quality.rules import read_rules
from warehouse.quality.volumes import volume_checks
from warehouse.scratch import scratch_folder
from warehouse.staging_sql import time_of

PROFILE = "profile"


def check_landing(folder: Path, history: History, docs: Path, erasures: Erasures | None = None) -> list[Finding]:
    """Check the raw tables of a landing folder.

    Args:
        folder: landing folder.
        history: volumes of earlier builds.
        docs: folder for the pages.
        erasures: whom the build will leave out, so that nothing of theirs can be in a finding.

    Returns:
        The findings; none for a folder that cannot be landed, of which the build itself says what is wrong.
    """
    with scratch_folder() as scratch:
        database = scratch / "landing.duckdb"
        config = {"memory_limit": memory_limit(), "preserve_insertion_order": "false"}
        try:
            connection = duckdb.connect(str(database), config=config)
        except duckdb.Error:
            return []  # a memory limit that is none
        with connection:
            connection.execute("set TimeZone = 'UTC'")
            try:
                landed = inspect_folder(folder, erasures=erasures)
                for statement in landing_statements(landed):
                    connection.execute(statement)
            except (LandingError, duckdb.Error):
                return []
            volumes, torn = profile_tables(connection, landed)
        if torn:
            write_page("landing", [Outcome.of(finding) for finding in torn], docs)
            return torn
        return run_checks("landing", database, landing_checks(volumes, history), docs)


def profile_tables(
    connection: duckdb.DuckDBPyConnection, landed: list[LandedTable]
) -> tuple[dict[str, int], list[Finding]]:
    """Make schema `profile` beside schema `raw`. Returns the rows of each table, and what cannot be read: then the
    checks have nothing to look at."""
    connection.execute(f"create schema {PROFILE}")
    for table in read_contract():
        try:
            _profile(connection, table)
        except duckdb.Error as error:
            # the profile of a table reads others too: which files are torn is asked of each
            return {}, _unreadable_files(connection, landed) or [
                Finding(table.name, "stop", f"its rows cannot be read: {first_line(error)}")
            ]
    return {
        table.name: connection.execute(f"select rows from {PROFILE}.{table.name}").fetchone()[0]
        for table in read_contract()
    }, []


def _unreadable_files(connection: duckdb.DuckDBPyConnection, landed: list[LandedTable]) -> list[Finding]:
    """A finding for each Parquet file whose rows cannot all be read: every value of it is tried."""
    findings = []
    for found in landed:
        files = [file for source in found.sources for file in source.paths] if found.kind == "parquet" else []
        for file in files:
            try:
                connection.execute(read_whole(file))
            except duckdb.Error as error:
                problem = f"the rows of {readable(file.name)} cannot be read ({first_line(error)}): land a whole one"
                findings.append(Finding(found.table.name, "stop", problem))
    return findings


def _profile(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Make `profile.<table>`: what the checks ask of a raw table, in one row."""
    rules, source = read_rules("landing"), f"{RAW_SCHEMA}.{table.name}"
    columns = [name for name, *_ in connection.execute(f"describe {source}").fetchall()]
    day = "cast(null as date)"
    if table.name in rules["moving_tables"]:
        day = f"cast({time_of(_own_times()[table.name])} as date)"
    parts = [f"select {columns} as columns", _row_numbers(source, day, table.required_columns, rules)]
    if table.name in rules["amounts"]:
        parts.append(_amount_numbers(source, rules["amounts"][table.name], rules["unusual_amounts"]["times_median"]))
    parts += [
        _reference_numbers(source, reference["column"], reference["to"])
        for reference in rules["references"]
        if reference["table"] == table.name
    ]
    parts = " cross join ".join(f"({part}) as part_{place}" for place, part in enumerate(parts))
    connection.execute(f"create table {PROFILE}.{table.name} as select * from {parts}")


def _own_times() -> dict[str, str]:
    return {table["name"]: table["config"]["meta"]["own_time"] for table in contract_tables()}


def _row_numbers(source: str, day: str, required_columns: tuple[str, ...], rules: dict) -> str:
    """Rows, missing values, and how the rows lie in time: of its days, which are few, the rest follows."""
    days, before = rules["recent_rows"]["days"], rules["recent_rows"]["days_before"]
    missing = [f"missing_{column}" for column in required_columns]
    counts = [f"count(*) - count({column}) as missing_{column}" for column in required_columns]

    def sum_of(number: str) -> str:
        return f"cast(coalesce(sum({number}), 0) as bigint)"

    return f"""
        with days as (
            select {", ".join([f"{day} as day", "count(*) as rows", *counts])} from {source} group by all
        ),
        -- a placeholder or a clock that runs ahead must not hide that a feed stopped
        seen as (select max(day) as last_day from days where day <= current_date)
        select
            {", ".join(f"{sum_of(name)} as {name}" for name in ["rows", *missing])},
            max(last_day) as last_day,
            {sum_of(f"case when day > last_day - {days} and day <= last_day then rows end")} as recent,
            {sum_of(f"case when day > last_day - {days + before} and day <= last_day - {days} then rows end")}
            * {days} / {before} as usual,
            {sum_of(f"case when day > current_date + {rules['ahead']['days']} then rows end")} as ahead,
            max(day) as furthest_day
        from days cross join seen
    """


def _amount_numbers(source: str, column: str, times_median: float) -> str:
    """How many amounts there are, their median above 0, and how many lie far above it: of the different ones, which are
    few beside the rows."""
    return f"""
        with different as (
            select abs(try_cast({column} as double)) as amount, count(*) as times from {source} group by all
        ),
        running as (
            select amount, sum(times) over (order by amount) as so_far, sum(times) over () as all_times
            from different where amount > 0
        ),
        middle as (select min(amount) as median from running where so_far * 2 >= all_times)
        select
            cast(coalesce(sum(case when amount is not null then times end), 0) as bigint) as amounts,
            max(median) as median,
            cast(coalesce(sum(case when amount > {times_median} * median then times end), 0) as bigint) as unusual
        from different cross join middle
    """


def _reference_numbers(source: str, column: str, to: str) -> str:
    """How many different ids a column holds, and how many of them the other table does not know."""
    key = next(known.columns[0] for known in read_contract() if known.name == to)
    return f"""
        with used as (select distinct cast(id as varchar) as id from (select distinct {column} as id from {source})),
        known as (select distinct cast({key} as varchar) as known_id from {RAW_SCHEMA}.{to})
        select count(id) as ids_{column}, count(id) - count(known_id) as unknown_{column}
        from used left join known on id = known_id
    """


def landing_checks(volumes: dict[str, int], history: History) -> list[Check]:
    """Every check of checks.yml that the tables give rise to.

    Args:
        volumes: rows by table.
        history: volumes of earlier builds.
    """
    rules = read_rules("landing")
    least = rules["least_rows"]
    checks = []
    for table in read_contract():
        name = f"{PROFILE}.{table.name}"
        checks.append(_columns_check(name, rules["columns"], table.columns))
        checks += volume_checks(name, "rows", "rows landed", history)
        if volumes[table.name] >= least:
            checks += [
                _missing_check(name, column, severity, share)
                for column in table.required_columns
                for severity, share in rules["missing_values"].items()
            ]
            if table.name in rules["moving_tables"]:
                checks += _time_checks(name, rules)
            if table.name in rules["amounts"]:
                checks.append(_amount_check(name, rules["amounts"][table.name], rules["unusual_amounts"]))
    for reference in rules["references"]:
        if min(volumes[reference["table"]], volumes[reference["to"]]) >= least:
            checks += _reference_checks(**reference)
    return checks


def _columns_check(name: str, severity: str, columns: tuple[str, ...]) -> Check:
    return Check(
        name, severity, "its columns are the contract's",
        "{count} columns", f"its columns are {{columns}}, where the contract has {', '.join(columns)}",
        "please report it, the landing step should have made them so",
        "select list_aggregate(columns, 'string_agg', ', ') as columns, len(columns) as count from {batch}",
        f"columns <> '{', '.join(columns)}'",
    )  # fmt: skip


def _missing_check(name: str, column: str, severity: str, share: float) -> Check:
    return Check(
        name, severity, f"at most {share:.0%} of {column} is missing",
        "missing in {missing:,} of {rows:,} rows ({share:.1%})",
        f"{column} is missing in {{missing:,}} of {{rows:,}} rows ({{share:.1%}}; at most {share:.0%} is usual); "
        "such a row cannot be used",
        "look whether the export fills the column",
        f"select missing_{column} as missing, rows, missing_{column} / rows as share from {{batch}}",
        f"missing > {share} * rows",
    )  # fmt: skip


def _time_checks(name: str, rules: dict) -> list[Check]:
    recent, lag, ahead = rules["recent_rows"], rules["lag"], rules["ahead"]
    last_days = " union all ".join(f"select last_day from {PROFILE}.{table}" for table in rules["moving_tables"])
    days, fewest, most = recent["days"], recent["least_times"], recent["most_times"]
    return [
        Check(
            name, lag["severity"], f"its last row is at most {lag['days']} days behind the other tables'",
            "{days_behind} days behind, its last row is of {last_day}",
            "its last row is of {last_day}, {days_behind} days behind the other tables' last, of {last_of_all} (up to "
            f"{lag['days']} days are usual)",
            "look whether its feed stopped",
            "select last_day, last_of_all, last_of_all - last_day as days_behind from {batch} "
            f"cross join (select max(last_day) as last_of_all from ({last_days})) as all_tables",
            f"days_behind > {lag['days']}",
        ),
        Check(
            name, ahead["severity"], f"no row is more than {ahead['days']} days ahead of now",
            "{ahead:,} of {rows:,} rows",
            f"{{ahead:,}} of {{rows:,}} rows are more than {ahead['days']} days ahead of now, the furthest of "
            "{furthest_day}; no report sees a row before its time",
            "right for what is scheduled, else look for a wrong clock or year",
            "select ahead, rows, furthest_day from {batch}", "ahead > 0",
        ),
        Check(
            name, recent["severity"], f"its last {days} days have {fewest} to {most} times the usual rows",
            "{recent:,} rows, {usual:,.0f} are usual",
            f"{{recent:,}} rows in its last {days} days (up to {{last_day}}), where {{usual:,.0f}} are usual (by the "
            f"{recent['days_before']} days before; {fewest} to {most} times that are expected)",
            "look for {look_for}",
            "select recent, last_day, usual, case when recent < usual then 'a load that is missing' "
            "else 'rows that were landed twice' end as look_for from {batch}",
            f"usual >= {rules['least_rows']} and recent not between usual * {fewest} and usual * {most}",
        ),
    ]  # fmt: skip


def _amount_check(name: str, column: str, rule: dict) -> Check:
    times, share = rule["times_median"], rule["share"]
    return Check(
        name, rule["severity"], f"at most {share:.1%} of {column} is more than {times} times its median",
        "{unusual:,} of {amounts:,} rows ({share:.1%}), the median is {median:,.2f}",
        f"{column} is more than {times:,} times its median of {{median:,.2f}} in {{unusual:,}} of {{amounts:,}} rows "
        f"({{share:.1%}}; at most {share:.1%} is usual)",
        "look for cents taken for units, or another currency",
        "select amounts, median, unusual, unusual / nullif(amounts, 0) as share from {batch}",
        f"unusual > {share} * amounts",
    )  # fmt: skip


def _reference_checks(table: str, column: str, to: str, **shares: float) -> list[Check]:
    return [
        Check(
            f"{PROFILE}.{table}", severity, f"at most {share:.0%} of its {column} is unknown to {to}",
            f"{{unknown:,}} of {{ids:,}} different {column} ({{share:.1%}})",
            f"{{unknown:,}} of its {{ids:,}} different {column} are unknown to {to} ({{share:.1%}}; at most "
            f"{share:.0%} is usual)",
            f"land those {to}, or look whether both tables write the same ids",
            f"select unknown_{column} as unknown, ids_{column} as ids, unknown / nullif(ids, 0) as share "
            "from {batch}",
            f"unknown > {share} * ids",
        )
        for severity, share in shares.items()
    ]  # fmt: skip
