"""Several connectors at once: what each lands is put together in one landing folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connectors.definition import ConnectorError
from warehouse.connectors.parts import bring_in, write_new_part
from warehouse.connectors.running import ACCOUNT, Report, make_folder
from warehouse.disk import memory_limit, one_at_a_time
from warehouse.file_formats import sql_text
from warehouse.scratch import is_scratch, scratch

ATTRIBUTES = "customers"  # of which each system knows something


@dataclass(frozen=True)
class Together:
    """What became of several sources."""

    reports: Sequence[Report]
    folder: Path

    @property
    def title(self) -> str:
        """The connectors, as a page names them."""
        return "; ".join(report.title for report in self.reports)

    def lines(self) -> list[str]:
        """The report as people read it."""
        lines = [line for report in self.reports for line in report.lines()]
        return lines if is_scratch(self.folder) else [*lines, f"Together    written to {self.folder}"]


def put_together(reports: Sequence[Report], folder: Path) -> Together:
    """Write the tables of several landing folders as one. Customers are those of all, by their id; what several know of
    one is as the connector that is named first has it.

    Raises:
        ConnectorError: two write the same table, or the folder cannot be written. It is then as it was.
    """
    written: dict[str, list[Report]] = {}
    for report in reports:
        for table in report.made:
            written.setdefault(table, []).append(report)
    # a table without rows is one that the system was not asked for
    froms = {table: [report for report in of if report.made[table]] or of[:1] for table, of in written.items()}
    twice = {table: of for table, of in froms.items() if len(of) > 1 and table != ATTRIBUTES}
    if twice:
        raise ConnectorError(
            "Two connectors write the same table:\n"
            + "\n".join(f"  - {table}: {' and '.join(report.title for report in of)}" for table, of in twice.items())
            + "\nLeave what it is made of out of one of the two sources"
        )
    make_folder(folder)
    with one_at_a_time(folder), tempfile.TemporaryDirectory(prefix=".draft-", dir=folder) as draft:
        kept: set[Path] = set()
        with duckdb.connect(config={"memory_limit": memory_limit(), "threads": 2}) as connection:
            connection.execute(f"set temp_directory = {sql_text(str(scratch()))}")
            for table, of in froms.items():
                connection.execute(f"create view {table} as {_rows(connection, table, of)}")
                kept |= write_new_part(connection, table, folder, Path(draft))
            for table in ACCOUNT:  # of each system its own
                files = ", ".join(sql_text(str(report.folder / table / "*.parquet")) for report in reports)
                rows = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
                connection.execute(f"create view {table} as from {rows}")
                kept |= write_new_part(connection, table, folder, Path(draft))
        for report in reports:
            for file in report.reports:
                shutil.copy(report.folder / file, draft)
        bring_in(Path(draft), folder, kept)
    return Together(reports, folder)


def _rows(connection: duckdb.DuckDBPyConnection, table: str, of: Sequence[Report]) -> str:
    """A query of the rows of a table, in one or in several landing folders."""
    files = [sql_text(str(report.folder / table / "*.parquet")) for report in of]
    if len(files) == 1:
        return f"from read_parquet({files[0]}, hive_partitioning = false)"
    every = " union all by name ".join(
        f"select *, {place} as place from read_parquet({file}, hive_partitioning = false)"
        for place, file in enumerate(files)
    )
    columns = [name for name, *_ in connection.execute(f"describe {every}").fetchall()]
    known = [f"first({name} order by place) filter ({name} is not null) as {name}" for name in columns]
    of_one = ", ".join(text for name, text in zip(columns, known, strict=True) if name not in ("customer_id", "place"))
    return f"select {', '.join(filter(None, ['customer_id', of_one]))} from ({every}) group by customer_id"
