"""`make doctor`: what is wrong with a landing folder, on one page, before any build.

Nothing is judged here. What cannot be landed the landing step says, what is not read warehouse/unread_files.py, what is
implausible the landing gate, and which rows cannot be used staging's own SQL, run on a copy that is removed.
Usage: python -m warehouse.doctor [--vars ...] [--connector NAME --source PLACE]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import yaml

from warehouse.connectors import ConnectorError, add_options, command_for, land_source
from warehouse.dbt_plugin import landing_folder
from warehouse.disk import first_line, within_memory
from warehouse.erasures import Erasures, ErasuresError
from warehouse.file_formats import pattern_of, sql_text
from warehouse.landing import (
    RAW_SCHEMA,
    LandedTable,
    LandingError,
    decimal_commas,
    examine_folder,
    landing_statements,
    readable,
)
from warehouse.places import PROJECT, home
from warehouse.quality.expectations import judge
from warehouse.quality.findings import Finding
from warehouse.quality.history import History, read_history
from warehouse.quality.landing_gate import landing_checks, profile_tables
from warehouse.quality.quarantine import example, redact, what_to_do
from warehouse.quality.staging_gate import Staged, look, staging_checks, write_profile
from warehouse.scratch import scratch_folder
from warehouse.settings import SettingsError, check_vars, read_environment
from warehouse.staging_sql import base_models, is_seed, model_sql, parents_of, relation_of, text_of
from warehouse.unread_files import place_of, read_as, unread_files

# By harm, the greatest first.
STOPS = "What stops a build"
LOSES = "Rows that cannot be used (they go to the quarantine)"
UNREAD = "What is not read"
ODD = "What is read, and may not be meant"
NAMED = 15  # of each
SPELLINGS_NAMED = 4
UNMAPPED, SIMILAR = "rpt_unmapped_values", "rpt_similar_values"
WHAT_HELPS = {
    "reason_code": "add them to seeds/churn_reasons.csv, or they decide no churn type",
    "plan_id": "land them in plans",
    "metric": "write one of those in macros/playbooks/metrics.sql",
}


@dataclass(frozen=True)
class Symptom:
    """One line of the page. `rows` are the rows that it is about, by which lines of equal harm are ordered."""

    harm: str
    says: str
    rows: int = 0


def examine(folder: Path, history: History, erasures: Erasures, settings: Mapping[str, Any]) -> list[Symptom]:
    """What is wrong with a landing folder, the worst first.

    Args:
        folder: landing folder.
        history: volumes of earlier builds.
        erasures: whom a build would leave out: nothing of theirs is shown.
        settings: dbt vars.

    Raises:
        LandingError: there is no such folder.
    """
    landed, problems = examine_folder(folder, erasures=erasures)
    symptoms = [Symptom(STOPS, f"{table}: {problem}") for table, problem in problems.items()]
    if "subscription_events" in problems and (command := command_for(folder)):
        return [Symptom(STOPS, command)]
    symptoms += [Symptom(UNREAD, line) for line in unread_files(folder, landed)]
    symptoms += [Symptom(ODD, line) for line in [*read_as(folder, landed), *_decimal_commas(folder, landed)]]
    with scratch_folder() as scratch, duckdb.connect(str(scratch / "doctor.duckdb"), config=within_memory()) as copy:
        copy.execute("set TimeZone = 'UTC'")
        try:
            for statement in landing_statements(landed):
                copy.execute(statement)
        except LandingError as error:
            return _by_harm([*symptoms, Symptom(STOPS, str(error))])
        volumes, torn = profile_tables(copy, landed)
        findings = torn or judge(copy, landing_checks(volumes, history))
        symptoms += [Symptom(STOPS if found.severity == "stop" else ODD, str(found)) for found in findings]
        if not torn:
            symptoms += _staging(copy, folder, [table for table in landed if table.kind != "absent"], history, settings)
    return _by_harm(symptoms)


def _decimal_commas(folder: Path, landed: list[LandedTable]) -> Iterator[str]:
    for found in landed:
        if columns := decimal_commas(found) if found.kind == "text" else []:
            yield f"{place_of(folder, found)}: {', '.join(columns)} with decimal commas (12,50 is 12.50)"


def _by_harm(symptoms: Iterable[Symptom]) -> list[Symptom]:
    order = [STOPS, LOSES, UNREAD, ODD]
    return sorted(symptoms, key=lambda symptom: (order.index(symptom.harm), -symptom.rows))


def _staging(
    copy: duckdb.DuckDBPyConnection,
    folder: Path,
    landed: list[LandedTable],
    history: History,
    settings: Mapping[str, Any],
) -> Iterator[Symptom]:
    """What staging says of the rows of the tables that are there."""
    for name in models():
        schema, _, _ = relation_of(name).partition(".")
        copy.execute(f"create schema if not exists {schema}")
        if is_seed(name):
            select, kind = f"from read_csv({_seed(name)}, nullstr = '')", "table"
        else:
            select, kind = model_sql(name, settings), "table" if name.startswith("base_") else "view"
        copy.execute(f"create {kind} {relation_of(name)} as {select}")
    bases = {name.rpartition("__")[2]: relation_of(name) for name in models() if name.startswith("base_")}
    staged = {found.table.name: look(copy, found.table, bases[found.table.name], history) for found in landed}
    for finding in _judged(staged, history):
        yield Symptom(STOPS, str(finding), staged[finding.table].quarantined)
    for found in landed:
        yield from _lost_rows(folder, found, staged[found.table.name])
        yield from _ids_with_blanks(copy, folder, found)
    yield from _spellings(copy)


def _seed(name: str) -> str:
    return sql_text(pattern_of(PROJECT / "seeds" / f"{name}.csv"))


def models() -> list[str]:
    """The models and seeds that judge rows and codes, with all that they are made from, parents first."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        for parent in () if is_seed(name) else parents_of(name):
            add(parent)
        order[name] = None

    for name in [*base_models(), UNMAPPED, SIMILAR]:
        add(name)
    return list(order)


def _judged(staged: dict[str, Staged], history: History) -> list[Finding]:
    """The findings of the staging gate that stop; the reasons are said for themselves."""
    briefly = {name: replace(table, why="Why is said below") for name, table in staged.items()}
    with duckdb.connect() as profile:
        write_profile(profile, briefly)
        return [found for found in judge(profile, staging_checks(briefly, history)) if found.severity == "stop"]


def _lost_rows(folder: Path, found: LandedTable, made: Staged) -> Iterator[Symptom]:
    for reason in made.reasons:
        column = f", column {reason.column}" if reason.column else ""
        says = (
            f"{place_of(folder, found)}{column}: {reason.name} in {reason.rows:,} of {made.rows:,} rows"
            f"{example(reason, found.table)}"
        )
        step = what_to_do(reason, found.table)
        yield Symptom(LOSES, f"{says}. {step}" if step else says, reason.rows)


def _ids_with_blanks(copy: duckdb.DuckDBPyConnection, folder: Path, found: LandedTable) -> Iterator[Symptom]:
    ids = [column for column in found.table.columns if column.endswith("_id") and column in found.columns]
    for column in ids:
        text = f"cast({column} as varchar)"
        rows, one = copy.execute(
            f"select count(*), min({text}) from {RAW_SCHEMA}.{found.table.name} where {text} <> {text_of(column)}"
        ).fetchone()
        if rows:
            says = f"{place_of(folder, found)}, column {column}: blanks around the id in {_count(rows)}"
            says += f", such as of {redact(one, False)}: they are read without; look whether other tools do so too"
            yield Symptom(ODD, says, rows)


def _spellings(copy: duckdb.DuckDBPyConnection) -> Iterator[Symptom]:
    """Codes that no list knows, and values that differ only in spelling."""
    unmapped = copy.execute(f"select raw_table, column_name, value, rows from {relation_of(UNMAPPED)} order by all")
    for (table, column), rows in groupby(unmapped.fetchall(), key=lambda row: row[:2]):
        values = [row[2:] for row in rows]
        help_ = WHAT_HELPS.get(column, "write one of those that docs/raw_tables.md names")
        says = f"{table}, column {column}: no list knows {_named(values)}: {help_}"
        yield Symptom(ODD, says, sum(count for _, count in values))
    similar = copy.execute(f"select column_name, compared_as, value, rows from {relation_of(SIMILAR)} order by all")
    for (column, _), rows in groupby(similar.fetchall(), key=lambda row: row[:2]):
        values = [row[2:] for row in rows]
        says = f"column {column}: {_named(values)} differ only in spelling, and each is a group: write one"
        yield Symptom(ODD, says, sum(count for _, count in values))


def _named(values: list[tuple[str, int]]) -> str:
    values = sorted(values, key=lambda found: -found[1])
    shown = [f"'{redact(value, False)}' ({_count(rows)})" for value, rows in values[:SPELLINGS_NAMED]]
    return ", ".join(shown) + (f" and {len(values) - len(shown)} more" if values[len(shown) :] else "")


def _count(rows: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}"


def page(symptoms: list[Symptom]) -> str:
    """The symptoms as people read them."""
    lines = []
    for harm, found in groupby(symptoms, key=lambda symptom: symptom.harm):
        says = [f"  - {symptom.says}" for symptom in found]
        lines += ["", harm, *says[:NAMED]]
        if says[NAMED:]:
            lines.append(f"  - and {len(says) - NAMED} more")
    return readable("\n".join(lines))


def main(arguments: list[str]) -> int:
    """Examine RAW_DATA_DIR. Returns 1 when something would stop a build, else 0."""
    parser = argparse.ArgumentParser(prog="python -m warehouse.doctor", description=__doc__)
    parser.add_argument("--vars", default="", help="as of dbt build")
    add_options(parser)
    given = parser.parse_args(arguments)
    os.chdir(home())
    clock = time.monotonic()
    try:
        settings = read_environment()
        check_vars(given.vars)
        if report := land_source(given, given.vars, is_kept=False):
            print("\n".join(report.lines()))
            settings = read_environment()
        history = read_history(settings.warehouse.with_suffix(".landing_history.json"), settings.landing_name)
        erasures = Erasures.beside(settings.warehouse)
        symptoms = examine(landing_folder(), history, erasures, yaml.safe_load(given.vars) or {})
    except (SettingsError, ConnectorError, ErasuresError, LandingError) as error:
        print(error)
        return 1
    except duckdb.Error as error:
        print(f"The landing folder could not be examined: {first_line(error)}")
        return 1
    stops = sum(symptom.harm == STOPS for symptom in symptoms)
    name = report.title if report else settings.landing_name
    print(
        f"{name}: {len(symptoms) or 'no'} finding{'s' * (len(symptoms) != 1)}, "
        f"{stops or 'none'} of which would stop a build ({time.monotonic() - clock:.0f} s)"
    )
    print(page(symptoms))
    return 1 if stops else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
