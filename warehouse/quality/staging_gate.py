"""The gate between dbt and publishing: did staging accept enough of the raw rows, by itself and beside earlier builds?

Staging's own judgement counts (row_status and quarantine_reason of the base_ models): no rule about rows is repeated
here. A required table without a single accepted row stops dbt itself right after staging (tests/generic/
has_accepted_rows.sql); this gate then says why.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.disk import memory_limit
from warehouse.landing import RAW_SCHEMA, UNREADABLE_LINES, RawTable, read_contract
from warehouse.quality.expectations import Check, run_checks
from warehouse.quality.findings import Finding
from warehouse.quality.history import COUNTS, History, Volumes
from warehouse.quality.quarantine import Reason, advice, read_reasons
from warehouse.quality.rules import read_rules
from warehouse.quality.volumes import volume_checks

PROFILE = "profile"
PROFILED = ("rows", "accepted", "quarantined", "new_rows", "new_quarantined", "why")
ACTIVITY = ("orders", "product_usage")


@dataclass(frozen=True)
class Staged:
    """What staging made of one raw table. `rows` are those landed, unreadable lines included; `reasons` and, in
    words with what to do, `why` say why rows are quarantined; `new_rows` and `new_quarantined` are more than in the
    last build."""

    rows: int
    accepted: int
    quarantined: int
    new_rows: int
    new_quarantined: int
    why: str
    reasons: tuple[Reason, ...] = ()


def check_staging(
    warehouse: Path, made: Collection[str], history: History, docs: Path
) -> tuple[list[Finding], Volumes]:
    """Check what staging made of the raw tables.

    Args:
        warehouse: DuckDB file that dbt has let go of.
        made: models that this run of dbt made; a table whose base_ model is not among them is not looked at.
        history: volumes of earlier builds.
        docs: folder for the pages.

    Returns:
        The findings, and the volumes of this build.
    """
    staged = {}
    if not any(name.startswith("base_") for name in made):
        return [], {}
    with duckdb.connect(str(warehouse), read_only=True, config={"memory_limit": memory_limit()}) as connection:
        for table in read_contract():
            models = [name for name in made if name.startswith("base_") and name.endswith(f"__{table.name}")]
            if models:
                staged[table.name] = look(connection, table, f"staging.{models[0]}", history)
    with tempfile.TemporaryDirectory() as place:
        database = Path(place) / "staging.duckdb"
        with duckdb.connect(str(database)) as connection:
            write_profile(connection, staged)
        findings = run_checks("staging", database, staging_checks(staged, history), docs) if staged else []
    volumes = {count: {name: getattr(table, count) for name, table in staged.items()} for count in COUNTS}
    return findings, volumes


def look(connection: duckdb.DuckDBPyConnection, table: RawTable, base: str, history: History) -> Staged:
    """What staging made of a raw table.

    Args:
        connection: to a database with schema raw and the base_ model.
        table: raw table.
        base: schema and name of its base_ model.
        history: volumes of earlier builds.
    """
    rows, accepted, quarantined = connection.execute(
        f"select count(*), count(case when row_status in ('accepted', 'hidden') then 1 end), "
        f"count(case when row_status = 'quarantined' then 1 end) from {base}"
    ).fetchone()
    (lines,) = connection.execute(
        f"select count(*) from {RAW_SCHEMA}.{UNREADABLE_LINES} where raw_table = ?", [table.name]
    ).fetchone()
    rows, quarantined = rows + lines, quarantined + lines
    reasons = read_reasons(connection, table, base, lines) if quarantined else []
    last_rows, last_quarantined = history.last(table.name, "rows"), history.last(table.name, "quarantined")
    is_known = last_rows is not None and last_quarantined is not None
    return Staged(
        rows=rows,
        accepted=accepted,
        quarantined=quarantined,
        new_rows=rows - last_rows if is_known else 0,
        new_quarantined=quarantined - last_quarantined if is_known else 0,
        why=advice(table, reasons, base),
        reasons=tuple(reasons),
    )


def write_profile(connection: duckdb.DuckDBPyConnection, staged: dict[str, Staged]) -> None:
    """Make schema `profile` of an empty database, which staging_checks() ask."""
    connection.execute(f"create schema {PROFILE}")
    for name, table in staged.items():
        connection.execute(
            f"create table {PROFILE}.{name} (rows bigint, accepted bigint, quarantined bigint, new_rows bigint, "
            "new_quarantined bigint, why varchar)"
        )
        numbers = [getattr(table, column) for column in PROFILED]
        connection.execute(f"insert into {PROFILE}.{name} values (?, ?, ?, ?, ?, ?)", numbers)


def staging_checks(staged: dict[str, Staged], history: History) -> list[Check]:
    """Every check of checks.yml that the tables give rise to.

    Args:
        staged: what staging made of each raw table.
        history: volumes of earlier builds.
    """
    rules = read_rules("staging")
    least, shares = rules["least_rows"], rules["quarantined"]
    checks = []
    needed = _needed(staged)
    for table, found in staged.items():
        is_needed = table in needed
        name, stop = f"{PROFILE}.{table}", shares["stop" if is_needed else "stop_optional"]
        checks.append(_none_accepted(name, "stop" if is_needed else "warn"))
        if found.accepted:
            # a share of few rows says little: it never stops
            if found.rows >= least:
                checks += [_share(name, "stop", stop), _share(name, "warn", shares["warn"])]
            else:
                checks.append(_share(name, "warn", stop))
            checks += volume_checks(name, "accepted", "rows accepted", history)
        elif found.rows >= least and not is_needed:
            checks.append(_share(name, "stop", stop))
        if found.new_rows >= least and found.new_rows < found.rows:
            checks.append(_share_of_new(name, stop))
    return checks


def _needed(staged: dict[str, Staged]) -> set[str]:
    """The tables without which there is no report: the contract's required ones; and where customers come and go by
    orders, else by use, since there is no subscription event, that table."""
    needed = {table.name for table in read_contract() if table.is_required}
    if "subscription_events" in staged and not staged["subscription_events"].rows:
        needed |= set([table for table in ACTIVITY if table in staged and staged[table].rows][:1])
    return needed


def _none_accepted(name: str, severity: str) -> Check:
    return Check(
        name, severity, "if it has rows, some are accepted",
        "{accepted:,} of {rows:,} rows are accepted", "none of its {rows:,} rows can be used", "{why}",
        "select rows, accepted, why from {batch}", "rows > 0 and accepted = 0",
    )  # fmt: skip


def _share(name: str, severity: str, share: float) -> Check:
    return Check(
        name, severity, f"at most {share:.0%} of its rows are quarantined",
        "{quarantined:,} of {rows:,} rows ({share:.1%})",
        f"{{quarantined:,}} of its {{rows:,}} rows are quarantined ({{share:.1%}}; at most {share:.0%} is usual)",
        "{why}",
        "select quarantined, rows, quarantined / nullif(rows, 0) as share, why from {batch}",
        f"quarantined > {share} * rows",
    )  # fmt: skip


def _share_of_new(name: str, share: float) -> Check:
    return Check(
        name, "warn", f"at most {share:.0%} of the rows that are new since the last build are quarantined",
        "{new_quarantined:,} of {new_rows:,} rows",
        "{new_quarantined:,} of the {new_rows:,} rows that are new since the last build are quarantined "
        f"(at most {share:.0%} is usual)",
        "{why}",
        "select new_quarantined, new_rows, why from {batch}", f"new_quarantined > {share} * new_rows",
    )  # fmt: skip
