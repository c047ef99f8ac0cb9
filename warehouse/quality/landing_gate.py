"""The gate before a build: are the raw tables plausible, by themselves, beside each other and beside earlier builds?

What cannot be read at all is the landing step's to say (warehouse/landing.py); single rows that cannot are quarantined
by staging. Here it is shares and volumes that matter.
"""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from statistics import median

import duckdb
import yaml

from warehouse.landing import CONTRACT_FILE, RAW_SCHEMA, LandingError, inspect_folder, landing_statements, read_contract
from warehouse.quality.expectations import Check, run_checks
from warehouse.quality.findings import Finding

CHECKS_FILE = Path(__file__).with_name("checks.yml")
BUILDS_REMEMBERED = 10


def check_landing(folder: Path, history: Path, docs: Path) -> list[Finding]:
    """Check the raw tables of a landing folder, and remember their volumes unless something stops.

    Args:
        folder: landing folder.
        history: JSON file with the volumes of earlier builds.
        docs: folder for the pages.

    Returns:
        The findings; none for a folder that cannot be landed, of which the build itself says what is wrong.
    """
    with tempfile.TemporaryDirectory() as place:
        database = Path(place) / "landing.duckdb"
        try:
            volumes, last_time = _land(folder, database)
        except (LandingError, duckdb.Error):
            return []
        builds = json.loads(history.read_text(encoding="utf-8")) if history.exists() else []
        earlier = [build["rows"] for build in builds if build["landing"] == str(folder)]
        findings = run_checks("landing", database, landing_checks(volumes, earlier, last_time), docs)
    if not any(finding.severity == "stop" for finding in findings):
        builds.append({"landing": str(folder), "rows": volumes})
        history.write_text(json.dumps(builds[-BUILDS_REMEMBERED:]), encoding="utf-8")
    return findings


def _land(folder: Path, database: Path) -> tuple[dict[str, int], datetime | None]:
    """Land the folder in a file of its own; return the rows by table and the last time of all."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for statement in landing_statements(inspect_folder(folder)):
            connection.execute(statement)
        volumes = {
            table.name: connection.execute(f"select count(*) from {RAW_SCHEMA}.{table.name}").fetchone()[0]
            for table in read_contract()
        }
        return volumes, _last_time(connection)


def landing_checks(volumes: dict[str, int], earlier: list[dict[str, int]], last_time: datetime | None) -> list[Check]:
    """Every check of checks.yml that the tables give rise to.

    Args:
        volumes: rows by table.
        earlier: the same of earlier builds.
        last_time: of the last row of any table that is not ahead of now; None = there is no row.
    """
    rules = _rules()
    checks = []
    for table in read_contract():
        name = f"{RAW_SCHEMA}.{table.name}"
        columns = {"column_list": list(table.columns)}
        checks.append(Check(name, rules["columns"], "its columns are the contract's",
                            "ExpectTableColumnsToMatchOrderedList", columns))  # fmt: skip
        checks += _volume_checks(name, rules, [build[table.name] for build in earlier])
        if volumes[table.name] >= rules["least_rows"]:
            checks += [
                Check(name, severity, f"at most {share:.0%} of {column} is missing",
                      "ExpectColumnValuesToNotBeNull", {"column": column, "mostly": 1 - share})
                for column in table.required_columns
                for severity, share in rules["missing_values"].items()
            ]  # fmt: skip
    own_times = _own_times()
    for table in rules["moving_tables"]:
        if volumes[table] >= rules["least_rows"]:
            checks += _time_checks(table, rules, own_times[table], last_time)
    for table, column in rules["amounts"].items():
        if volumes[table] >= rules["least_rows"]:
            checks.append(_amount_check(table, column, rules["unusual_amounts"]))
    for reference in rules["references"]:
        if min(volumes[reference["table"]], volumes[reference["to"]]) >= rules["least_rows"]:
            checks += _reference_checks(**reference)
    return checks


def _rules() -> dict:
    return yaml.safe_load(CHECKS_FILE.read_text(encoding="utf-8"))["landing"]


def _own_times() -> dict[str, str]:
    source = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["sources"][0]
    return {table["name"]: table["config"]["meta"]["own_time"] for table in source["tables"]}


def _volume_checks(name: str, rules: dict, earlier: list[int]) -> list[Check]:
    if not earlier or median(earlier) < rules["least_rows"]:
        return []
    usual, fewer, more = median(earlier), rules["fewer_rows"], rules["more_rows"]
    least, most = round(usual * fewer["share_of_usual"]), round(usual * more["times_usual"])
    of_usual = f"of the usual {usual:,.0f} (earlier builds; delete their history if this is right)"
    return [
        Check(name, fewer["severity"], f"it has at least {fewer['share_of_usual']:.0%} {of_usual}",
              "ExpectTableRowCountToBeBetween", {"min_value": least}),
        Check(name, more["severity"], f"it has at most {more['times_usual']} times {of_usual}",
              "ExpectTableRowCountToBeBetween", {"max_value": most}),
    ]  # fmt: skip


def _time(column: str) -> str:
    return f"cast(try_cast({column} as timestamp with time zone) as timestamp)"


def _seen_times(relation: str, own_time: str) -> str:
    """The times that count: a placeholder or a clock that runs ahead must not hide that a feed stopped."""
    return f"select {_time(own_time)} as own_time from {relation} where {_time(own_time)} <= cast(now() as timestamp)"


def _last_time(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    own_times = _own_times()
    seen = (_seen_times(f"{RAW_SCHEMA}.{table}", own_times[table]) for table in _rules()["moving_tables"])
    return connection.execute(f"select max(own_time) from ({' union all '.join(seen)}) as times").fetchone()[0]


def _time_checks(table: str, rules: dict, own_time: str, last_time: datetime | None) -> list[Check]:
    name, recent, lag, ahead = f"{RAW_SCHEMA}.{table}", rules["recent_rows"], rules["lag"], rules["ahead"]
    seen = _seen_times("{batch}", own_time)
    days, before = recent["days"], recent["days_before"]
    since = "(select max(own_time) from seen) - interval"
    return [
        Check(name, lag["severity"], f"its last row is at most {lag['days']} days behind the other tables'", query=(
            f"select date_diff('day', max(own_time), timestamp '{last_time}') as days_behind from ({seen}) as seen "
            f"having max(own_time) < timestamp '{last_time}' - interval {lag['days']} day")),
        Check(name, ahead["severity"], f"no row is more than {ahead['days']} days ahead of now", query=(
            f"select count(*) as rows_ahead from {{batch}} where {_time(own_time)} < timestamp '9999-12-31' "
            f"and {_time(own_time)} > cast(now() as timestamp) + interval {ahead['days']} day having count(*) > 0")),
        Check(name, recent["severity"],
              f"its last {days} days have {recent['least_times']} to {recent['most_times']} times the usual rows",
              query=(
            f"with seen as ({seen}), counts as (select "
            f"count(case when own_time > {since} {days} day then 1 end) as recent, "
            f"count(case when own_time <= {since} {days} day then 1 end) * {days} / {before} as usual from seen "
            f"where own_time > {since} {days + before} day) "
            "select recent as recent_rows, round(usual) as usual_rows from counts "
            f"where usual >= {rules['least_rows']} "
            f"and recent not between usual * {recent['least_times']} and usual * {recent['most_times']}")),
    ]  # fmt: skip


def _amount_check(table: str, column: str, rule: dict) -> Check:
    says = f"at most {rule['share']:.1%} of {column} is more than {rule['times_median']} times its median"
    amounts = f"select abs(try_cast({column} as double)) as amount from {{batch}}"
    limit = f"{rule['times_median']} * (select median(amount) from amounts where amount > 0)"
    query = (
        f"with amounts as ({amounts}), counts as (select count(*) as amounts, "
        f"count(case when amount > {limit} then 1 end) as unusual from amounts) "
        f"select amounts, unusual from counts where unusual > {rule['share']} * amounts"
    )
    return Check(f"{RAW_SCHEMA}.{table}", rule["severity"], says, query=query)


def _reference_checks(table: str, column: str, to: str, **shares: float) -> list[Check]:
    key = next(known.columns[0] for known in read_contract() if known.name == to)
    ids = f"select distinct cast({column} as varchar) as id from {{batch}} where {column} is not null"
    query = (
        f"with ids as ({ids}), known as (select distinct cast({key} as varchar) as id from {RAW_SCHEMA}.{to}) "
        "select count(*) as ids, count(*) - count(known.id) as unknown from ids left join known on ids.id = known.id "
        "having count(*) - count(known.id) > {share} * count(*)"
    )
    return [
        Check(f"{RAW_SCHEMA}.{table}", severity, f"at most {share:.0%} of its {column} is unknown to {to}",
              query=query.replace("{share}", str(share)))
        for severity, share in shares.items()
    ]  # fmt: skip
