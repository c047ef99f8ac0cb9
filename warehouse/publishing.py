"""Publish schema `marts` of a built warehouse into the file that BI tools open, whole or not at all.

    copy into a draft -> audit -> to the disk -> rename over the published file -> keep as a version

Readers see the old file or the new one, and whoever has the old one open keeps it whole. Raw and staging data, and with
them personal data, stay in the warehouse. Killed anywhere, the published file is whole, and the next build cleans up.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.audit import audit
from warehouse.catalog import BUILT_BY, KEY, LOOKS_FROM
from warehouse.dbt_run import MARTS, DbtRun
from warehouse.disk import first_line, one_at_a_time, within_memory
from warehouse.file_formats import sql_text
from warehouse.places import PROJECT
from warehouse.versions import Publication, Versions

# Readers with an older DuckDB, back to 1.0, can open the file.
STORAGE_VERSION = "v1.0.0"


class NotPublishedError(RuntimeError):
    """Nothing was published. The message says why, a reason a line."""


def publish(
    run: DbtRun,
    warehouse: Path,
    published: Path,
    versions_kept: int,
    gate: Callable[[Path], Sequence[str]] = lambda draft: (),
) -> Publication:
    """Publish the marts that a run of dbt built.

    Args:
        run: the run; one that is not whole, or did not pass, is not published.
        warehouse: DuckDB file that it built.
        published: DuckDB file that readers open; its folder is made where it is missing.
        versions_kept: how many versions to keep, this one included.
        gate: a further look at the draft, after the audit: returns warnings, or raises NotPublishedError.

    Raises:
        NotPublishedError: the published file is as it was.
    """
    if run.problems:
        raise NotPublishedError("\n".join(run.problems))
    try:
        published.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(published.parent):
            return _publish(run, warehouse, Versions(published), versions_kept, gate)
    except (duckdb.Error, OSError) as error:
        raise NotPublishedError(plainly(error, warehouse)) from error


def _publish(
    run: DbtRun,
    warehouse: Path,
    versions: Versions,
    versions_kept: int,
    gate: Callable[[Path], Sequence[str]],
) -> Publication:
    versions.begin()
    try:
        as_of, rows = write_draft(run, warehouse, versions.draft)
        if findings := audit(versions.draft, rows):
            raise NotPublishedError("\n".join(findings))
        warnings = tuple(gate(versions.draft))
        publication = Publication(datetime.now(UTC).isoformat(), as_of, rows, run.passed_tests, _revision(), warnings)
        versions.describe(publication)
        versions.publish_draft()
    except BaseException:
        versions.discard_draft()
        raise
    # published it is, whatever happens now: what is not done here, the next build does
    with contextlib.suppress(OSError):
        versions.keep(versions_kept)
    return publication


def write_draft(run: DbtRun, warehouse: Path, draft: Path) -> tuple[str, dict[str, int]]:
    """Copy the marts of the run into a new file.

    Returns:
        The moment that the reports look from, and the rows of each mart in the warehouse.
    """
    # the name under which DuckDB knows the warehouse, and under which its views speak of their tables
    source, target = f'"{warehouse.stem}"', '"draft of marts"'
    with duckdb.connect(config=within_memory() | {"temp_directory": f"{draft}.tmp"}) as connection:
        connection.execute(f"attach {sql_text(str(warehouse))} as {source} (read_only)")
        # held open until the copy is done, so nobody builds meanwhile; but somebody may have since this run ended
        if _last_build(connection, source) != run.invocation_id:
            raise NotPublishedError(f"another build has written {warehouse} since: build again")
        connection.execute(f"attach {sql_text(str(draft))} as {target} (storage_version '{STORAGE_VERSION}')")
        # In a file called marts a schema of that name would make `marts.rpt_churn_rates` ambiguous; there the
        # tables stand in the main schema, and the name works too.
        schema = "main" if draft.stem == MARTS else MARTS
        connection.execute(f"create schema if not exists {target}.{schema}")
        (as_of,) = connection.execute(
            f"select cast(as_of as varchar) from {source}.intermediate.int_report_moment"
        ).fetchone()
        moment = f"{LOOKS_FROM}{as_of}, amounts in {_currency(connection, source)}"
        rows = {}
        for mart in run.marts:
            connection.execute(f'create table {target}.{schema}."{mart}" as from {source}.{MARTS}."{mart}"')
            says, columns = run.descriptions.get(mart, ("", {}))
            key = f"{KEY}{', '.join(run.keys[mart])}\n" if mart in run.keys else ""
            says = f"{says}\n\n{moment}\n{key}{BUILT_BY}{run.invocation_id}".lstrip()
            _comment(connection, f'{target}.{schema}."{mart}"', says, columns)
            rows[mart] = connection.execute(f'select count(*) from {source}.{MARTS}."{mart}"').fetchone()[0]
        connection.execute(f"checkpoint {target}")
        connection.execute(f"detach {target}")
    return as_of, rows


def _comment(connection: duckdb.DuckDBPyConnection, table: str, says: str, columns: Mapping[str, str]) -> None:
    """Say in the file what a table and its columns are, for whoever opens it without the documentation."""
    connection.execute(f"comment on table {table} is {sql_text(says)}")
    for column, meaning in columns.items():
        connection.execute(f'comment on column {table}."{column}" is {sql_text(meaning)}')


def published_build(published: Path) -> str | None:
    """The dbt run whose marts are in the published file; None when it is not there, not readable or says nothing."""
    if not published.is_file():
        return None
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            (comment,) = connection.execute(
                "select max(comment) from duckdb_tables() where contains(comment, ?)", [BUILT_BY]
            ).fetchone()
    except duckdb.Error:
        return None
    return comment.rpartition(BUILT_BY)[2] if comment else None


def _currency(connection: duckdb.DuckDBPyConnection, catalog: str) -> str:
    """The currency of every amount in the marts: reporting_currency, as the last build had it."""
    (state,) = connection.execute(f"select state from {catalog}.raw.last_build").fetchone()
    return json.loads(state)["settings"]["reporting_currency"].upper()


def _last_build(connection: duckdb.DuckDBPyConnection, catalog: str) -> str | None:
    """The dbt run that built all models in the warehouse; None when the last one broke off."""
    try:
        return connection.execute(f"select invocation_id from {catalog}.raw.last_build").fetchone()[0]
    except duckdb.CatalogException:
        return None


def plainly(error: Exception, warehouse: Path) -> str:
    """Why the warehouse cannot be read, in a sentence."""
    holder = re.search(r"held in (?:.*/)?(.+?) \(PID (\d+)\)", str(error))
    if holder:
        return f"{warehouse} is in use by {holder[1]} (process {holder[2]}) since the build ended: build again"
    return first_line(error)


def _revision() -> str | None:
    """The git commit of the project, `-dirty` where files differ from it; None outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    with contextlib.suppress(OSError):
        found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.strip()
    return None
