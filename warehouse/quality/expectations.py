"""Run checks as one Great Expectations checkpoint on a DuckDB file, and write its pages.

Pages and findings hold counts only, never a value of a row: raw tables hold personal data.
"""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

import duckdb

from warehouse.quality.data_docs import make_whole
from warehouse.quality.findings import Finding
from warehouse.quality.page import Outcome, write_page

DETAILS = "details"  # Great Expectations' own pages, in the folder of the page
SEVERITIES = {"stop": "critical", "warn": "warning"}
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Check:
    """One demand on a table.

    Args:
        table: schema and name, `marts.rpt_nps`.
        severity: stop or warn.
        says: the demand, as a sentence.
        shows: what was found when it is met, a format string over the columns of the row of numbers (with `arguments`
            over what the expectation counts).
        problem: what is wrong when it is not met, likewise.
        to_do: what to do then, likewise.
        numbers: SQL of one row, `{batch}` standing for the table.
        fails: condition on that row. By itself the demand is that it does not hold;
        expectation: else the name of a class of great_expectations.expectations, with `arguments`.
    """

    table: str
    severity: str
    says: str
    shows: str
    problem: str
    to_do: str
    numbers: str
    fails: str = ""
    expectation: str = "UnexpectedRowsExpectation"
    arguments: dict = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The row of numbers if the demand is not met, as far as the condition says it."""
        return f"select * from ({self.numbers}) as numbers where {self.fails}"

    def failed(self, numbers: Mapping) -> Outcome:
        """What came of it when it is not met, by its numbers."""
        table, problem, to_do = (
            self.table.split(".")[1],
            self.problem.format_map(numbers),
            self.to_do.format_map(numbers),
        )
        said = f"{problem}{'. ' if to_do[:1].isupper() else ': '}{to_do}"
        return Outcome(table, self.says, problem, to_do, Finding(table, self.severity, said))


def run_checks(name: str, database: Path, checks: Sequence[Check], docs: Path) -> list[Finding]:
    """Run the checks and return those that failed, the ones that stop first.

    Args:
        name: of the checkpoint, shown on its pages.
        database: DuckDB file; nobody may have it open to write.
        checks: what to demand.
        docs: folder for the page, and what Great Expectations writes behind it; what was there goes.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import: nothing is sent anywhere
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="duckdb_engine|great_expectations")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from warehouse.quality.gate_dialect import NAME as DIALECT
    from warehouse.quality.gate_dialect import close_connections

    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql(
            name=name,
            connection_string=f"{DIALECT}:///{database}",
            kwargs={"connect_args": {"read_only": True}},
        )
        definitions = []
        for table in dict.fromkeys(check.table for check in checks):
            schema, relation = table.split(".")
            batch = source.add_table_asset(relation, table_name=relation, schema_name=schema)
            suite = context.suites.add(gx.ExpectationSuite(relation))
            suite.expectations = [
                _expectation(gx, check, place) for place, check in enumerate(checks) if check.table == table
            ]
            suite.save()
            whole = batch.add_batch_definition_whole_table("all rows")
            definitions.append(
                context.validation_definitions.add(gx.ValidationDefinition(name=relation, data=whole, suite=suite))
            )
        checkpoint = gx.Checkpoint(name=name, validation_definitions=definitions, result_format=COUNTS_ONLY)
        run = gx.RunIdentifier(run_name=name)
        results = context.checkpoints.add(checkpoint).run(run_id=run).run_results.values()
        shutil.rmtree(docs, ignore_errors=True)
        _write_details(context, name, docs / DETAILS)
        with source.get_engine().connect() as connection:
            outcomes = [
                _outcome(connection, checks[result.expectation_config.meta["check"]], result)
                for table in results
                for result in table.results
            ]
    finally:
        close_connections()
    write_page(name, outcomes, docs)
    findings = [outcome.finding for outcome in outcomes if outcome.finding]
    return sorted(findings, key=lambda finding: finding.severity)  # else in the order of the tables


def judge(connection: duckdb.DuckDBPyConnection, checks: Sequence[Check]) -> list[Finding]:
    """What run_checks() would find, without pages and without Great Expectations, whose import takes longer than the
    checks. For checks whose query is the demand."""
    findings = []
    for check in checks:
        result = connection.execute(check.query.format(batch=check.table))
        names = [column for column, *_ in result.description]
        if row := result.fetchone():
            findings.append(check.failed(dict(zip(names, row, strict=True))).finding)
    return sorted(findings, key=lambda finding: finding.severity)


def _expectation(gx, check: Check, place: int):
    arguments = check.arguments or {"unexpected_rows_query": check.query}
    return getattr(gx.expectations, check.expectation)(
        **arguments, description=check.says, severity=SEVERITIES[check.severity], meta={"check": place}
    )


def _outcome(connection, check: Check, result) -> Outcome:
    """What a check found, in words. One that could not be run says why: it is never passed."""
    table = check.table.split(".")[1]
    raised = result.exception_info
    for error in raised.values() if "raised_exception" not in raised else [raised]:
        if error.get("raised_exception"):
            problem = f"whether {check.says} could not be checked: {str(error['exception_message']).splitlines()[0]}"
            return Outcome(table, check.says, problem, finding=Finding(table, check.severity, problem))
    if result.success:
        return Outcome(table, check.says, _shown(connection, check, result.result))
    return check.failed(_numbers(connection, check))


def _shown(connection, check: Check, counted: Mapping) -> str:
    """What a check found that is met: its numbers, or what the expectation counted, if the text names some."""
    named = [name for _, name, _, _ in Formatter().parse(check.shows) if name]
    numbers = {} if not named else counted if check.arguments else _numbers(connection, check)
    if any(numbers.get(name) is None for name in named):
        return "too little to compare with yet"
    return check.shows.format_map(numbers)


def _numbers(connection, check: Check) -> Mapping:
    return connection.exec_driver_sql(check.numbers.format(batch=check.table)).mappings().first() or {}


def _write_details(context, name: str, docs: Path) -> None:
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs.absolute())}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    site = {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index}
    context.add_data_docs_site(name, site | {"show_how_to_buttons": False})
    context.build_data_docs(site_names=[name])
    make_whole(docs)
