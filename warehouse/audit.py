"""The last look at what is about to be published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from warehouse.disk import first_line


def audit(draft: Path, expected_rows: Mapping[str, int]) -> list[str]:
    """Look over a draft before readers see it. Whatever is found keeps it from them.

    Args:
        draft: DuckDB file with the marts, called as the published file will be, so that `marts.<table>` names a table.
            It is closed; open it read-only.
        expected_rows: rows of every mart in the warehouse.

    Returns:
        What is wrong, a line each; empty = it may be published.
    """
    try:
        with duckdb.connect(str(draft), read_only=True) as connection:
            tables = {
                name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()
            }
            rows = {
                mart: connection.execute(f'select count(*) from marts."{mart}"').fetchone()[0]
                for mart in expected_rows
                if mart in tables
            }
    except duckdb.Error as error:
        return [f"the draft cannot be read: {first_line(error)}"]
    return [
        f"{mart} has {rows[mart]:,} rows in the draft, {expected:,} in the warehouse"
        if mart in rows
        else f"{mart} is missing"
        for mart, expected in expected_rows.items()
        if rows.get(mart) != expected
    ]
