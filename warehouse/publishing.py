"""Copy schema `marts` of the warehouse into the file that BI tools open, whole or not at all.

Whatever the file is called, `marts.<table>` names a table in it.

The copy is written beside the published file and takes its place in one rename, so a reader sees the old version or the
new one. Raw and staging data, and with them personal data, stay in the warehouse.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from warehouse.quality import audit, stop_or_say

SCHEMA = "marts"
DRAFT = ".draft_of_published_marts"


def publish_marts(warehouse: Path, published: Path) -> list[str]:
    """Publish the marts of a built warehouse.

    Args:
        warehouse: DuckDB file that `dbt build` wrote.
        published: DuckDB file that readers open; its folder is made where it is missing.

    Returns:
        What the audit of the draft warns of.

    Raises:
        GateError: the audit stops it.
    """
    published.parent.mkdir(parents=True, exist_ok=True)
    draft = published.parent / f"{DRAFT}_{os.getpid()}.duckdb"
    # the name under which DuckDB knows the warehouse, and under which its views speak of their tables
    catalog = warehouse.stem
    try:
        with duckdb.connect(str(draft)) as connection:
            connection.execute(f'attach {_text(warehouse)} as "{catalog}" (read_only)')
            # In a file called marts a schema of that name would make `marts.rpt_churn_rates` ambiguous; there the
            # tables stand in the main schema, and the name works too.
            schema = "main" if published.stem == SCHEMA else SCHEMA
            connection.execute(f"create schema if not exists {schema}")
            tables = [
                row[0]
                for row in connection.execute(
                    "select table_name from information_schema.tables "
                    "where table_catalog = ? and table_schema = ? order by table_name",
                    [catalog, SCHEMA],
                ).fetchall()
            ]
            for table in tables:
                connection.execute(f'create table {schema}."{table}" as from "{catalog}".{SCHEMA}."{table}"')
        warnings = stop_or_say(audit(draft), "Nothing was published: the marts do not hold.")
        os.replace(draft, published)
        return warnings
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(draft.name + ".wal").unlink(missing_ok=True)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
