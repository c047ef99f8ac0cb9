"""The Parquet parts of a landing folder: what is new becomes a part of its own, so that a build reads that alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

from warehouse.file_formats import sql_text

MOST_PARTS = 100  # of a table; then they become one again, which a full build reads


def write_new_part(connection: duckdb.DuckDBPyConnection, table: str, folder: Path, draft: Path) -> set[Path]:
    """Write the rows of a table that its parts in the landing folder do not have as a part in the draft; all of them
    where one that the parts have is no longer there.

    Returns:
        The parts that stay.
    """
    parts = sorted((folder / table).glob("*.parquet"))
    written = draft / table / "part-0001.parquet"
    written.parent.mkdir()
    rows = f"from {table}"
    if parts and len(parts) < MOST_PARTS and _is_kept(connection, table, folder):
        rows = f"from {table} except all from {_landed(table, folder)}"
        written = written.with_name(f"part-{int(parts[-1].stem.rpartition('-')[2]) + 1:04}.parquet")
    else:
        parts = []
    connection.execute(f"create or replace temp table new_rows as {rows}")
    (is_new,) = connection.execute("select count(*) > 0 from new_rows").fetchone()
    if is_new or not parts:
        connection.execute(f"copy (from new_rows order by all) to {sql_text(str(written))} (format parquet)")
    return set(parts)


def _is_kept(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> bool:
    """Whether the landed rows are all there still, in columns of the same names and types."""
    columns = [
        connection.execute(f"describe from {relation}").fetchall() for relation in (table, _landed(table, folder))
    ]
    if [row[:2] for row in columns[0]] != [row[:2] for row in columns[1]]:
        return False
    lost = f"select count(*) from (from {_landed(table, folder)} except all from {table})"
    return connection.execute(lost).fetchone() == (0,)


def _landed(table: str, folder: Path) -> str:
    return f"read_parquet({sql_text(str(folder / table / '*.parquet'))}, hive_partitioning = false)"


def bring_in(draft: Path, folder: Path, kept: set[Path]) -> None:
    """Move what the draft holds into the landing folder, and remove what is neither in it nor kept."""
    written = {file.relative_to(draft) for file in draft.rglob("*") if file.is_file()}
    for file in sorted(written):
        (folder / file).parent.mkdir(exist_ok=True)
        os.replace(draft / file, folder / file)
    for place in folder.iterdir():
        if place.is_dir() and place != draft:
            for file in place.iterdir():
                if file not in kept and file.relative_to(folder) not in written:
                    file.unlink()
            if not any(place.iterdir()):
                shutil.rmtree(place)
