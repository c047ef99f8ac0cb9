"""Run checks as one Great Expectations checkpoint on a DuckDB file, and write its pages.

Pages and findings hold counts only, never a value of a row: raw tables hold personal data.
"""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.quality.data_docs import make_whole
from warehouse.quality.findings import Finding

SEVERITIES = {"stop": "critical", "warn": "warning"}
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Check:
    """One demand on a table.

    Args:
        table: schema and name, `marts.rpt_nps`.
        severity: stop or warn.
        says: the demand, as a sentence for the pages.
        problem: what is wrong when it is not met and what to do, a format string over the columns of the query's row.
        query: SQL of the numbers, `{batch}` standing for the table. By itself the demand is that it returns no row;
        expectation: else the name of a class of great_expectations.expectations, with `arguments`.
    """

    table: str
    severity: str
    says: str
    problem: str
    query: str
    expectation: str = "UnexpectedRowsExpectation"
    arguments: dict = field(default_factory=dict)

    @property
    def is_query(self) -> bool:
        """Whether the query is the demand, and not only its numbers."""
        return not self.arguments


def run_checks(name: str, database: Path, checks: Sequence[Check], docs: Path) -> list[Finding]:
    """Run the checks and return those that failed, the ones that stop first.

    Args:
        name: of the checkpoint, shown on its pages.
        database: DuckDB file; nobody may have it open to write.
        checks: what to demand.
        docs: folder for the pages; what was there goes.
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
        results = context.checkpoints.add(checkpoint).run().run_results.values()
        _write_pages(context, name, docs)
        failed = [
            (checks[result.expectation_config.meta["check"]], result)
            for table in results
            for result in table.results
            if not result.success
        ]
        with source.get_engine().connect() as connection:
            findings = [
                Finding(check.table.split(".")[1], check.severity, _problem(connection, check, result))
                for check, result in failed
            ]
    finally:
        close_connections()
    return sorted(findings, key=lambda finding: finding.severity)  # else in the order of the tables


def judge(connection: duckdb.DuckDBPyConnection, checks: Sequence[Check]) -> list[Finding]:
    """What run_checks() would find, without pages and without Great Expectations, whose import takes longer than the
    checks. For checks whose query is the demand."""
    findings = []
    for check in checks:
        result = connection.execute(check.query.format(batch=check.table))
        names = [column for column, *_ in result.description]
        if row := result.fetchone():
            problem = check.problem.format_map(dict(zip(names, row, strict=True)))
            findings.append(Finding(check.table.split(".")[1], check.severity, problem))
    return sorted(findings, key=lambda finding: finding.severity)


def _expectation(gx, check: Check, place: int):
    arguments = {"unexpected_rows_query": check.query} if check.is_query else check.arguments
    return getattr(gx.expectations, check.expectation)(
        **arguments, description=check.says, severity=SEVERITIES[check.severity], meta={"check": place}
    )


def _problem(connection, check: Check, result) -> str:
    """What is wrong, in words. A check that could not be run says why: it is never passed."""
    raised = result.exception_info
    for error in raised.values() if "raised_exception" not in raised else [raised]:
        if error.get("raised_exception"):
            return f"whether {check.says} could not be checked: {str(error['exception_message']).splitlines()[0]}"
    numbers = connection.exec_driver_sql(check.query.format(batch=check.table)).mappings().first()
    return check.problem.format_map(numbers)


def _write_pages(context, name: str, docs: Path) -> None:
    shutil.rmtree(docs, ignore_errors=True)
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs.absolute())}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(name, {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index})
    context.build_data_docs(site_names=[name])
    make_whole(docs)
