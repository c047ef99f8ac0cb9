"""`make export`: the published marts as CSV files and as workbooks, safe to open in a spreadsheet.

A text that a spreadsheet would take for a formula gets an apostrophe before it: whoever lands data must not run
anything on the machine of whoever opens a report.

Usage: python -m warehouse.export [FOLDER] [MART ...]
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

SHEET_ROWS = 1_048_575  # what a sheet takes below its header
CELL_CHARACTERS = 32_767  # what a cell takes
FORMULA = re.compile(r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(value: object) -> object:
    """The value, or for a text that begins as a formula does the same behind an apostrophe."""
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return value


def export(published: Path, folder: Path, marts: Sequence[str] = ()) -> list[Path]:
    """Write marts as CSV, and as a workbook where its rows fit into a sheet.

    Args:
        published: DuckDB file with the marts; opened read-only.
        folder: where the files go.
        marts: names; none = all.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = dict(connection.execute("select table_name, table_schema from information_schema.tables").fetchall())
        if unknown := sorted(set(marts) - tables.keys()):
            raise ValueError(f"{published} has no {', '.join(unknown)}")
        for mart in sorted(marts or tables):
            relation = f'"{tables[mart]}"."{mart}"'
            (rows,) = connection.execute(f"select count(*) from {relation}").fetchone()
            written.append(_write_csv(folder / f"{mart}.csv", *_rows(connection, relation)))
            if rows <= SHEET_ROWS:
                written.append(_write_workbook(folder / f"{mart}.xlsx", mart, *_rows(connection, relation)))
    return written


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[list[str], Iterator[list]]:
    cursor = connection.cursor().execute(f"select * from {relation} order by all")
    names = [column[0] for column in cursor.description]
    batches = iter(lambda: cursor.fetchmany(10_000), [])
    return names, ([harmless(value) for value in row] for batch in batches for row in batch)


def _write_csv(file: Path, names: list[str], rows: Iterator[list]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)  # its line end has both characters, so that a text with either is quoted
        writer.writerow(names)
        writer.writerows(rows)
    return file


def _write_workbook(file: Path, title: str, names: list[str], rows: Iterator[list]) -> Path:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title[:31])

    def cell(value: object) -> object:
        if not isinstance(value, str):
            return value
        written = WriteOnlyCell(sheet, NOT_IN_XML.sub("", value)[:CELL_CHARACTERS])
        written.data_type = "s"  # a text, whatever it begins with
        return written

    sheet.append(names)
    for row in rows:
        sheet.append([cell(value) for value in row])
    workbook.save(file)
    return file


def main(arguments: list[str]) -> int:
    """Export to the folder of the command line. Returns the exit code."""
    published = Path(os.environ.get("PUBLISHED_PATH") or "published/marts.duckdb")
    if not published.exists():
        print(f"{published} is not there: make build publishes it.")
        return 1
    folder = Path(arguments[0] if arguments else "export")
    try:
        written = export(published, folder, arguments[1:])
    except ValueError as error:
        print(error)
        return 1
    print(f"{len(written)} files in {folder}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
