"""`make export`: the published marts as CSV and Parquet files, the smaller ones as workbooks too, and their contents.

In CSV and workbooks a text that a spreadsheet would take for a formula gets an apostrophe before it: whoever lands data
must not run anything on the machine of whoever opens a report. Parquet has the texts as they are, for programs.

Of a queue (sync_) the changes since the last export into the same folder are exported too (export_changes.py). Every
file is written beside its place and then renamed. What the next changes are compared with, the queue's Parquet file,
comes last: an export that fails on the way loses no change, the next one has it again.

Usage: python -m warehouse.export [FOLDER] [MART ...]
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
from duckdb.sqltypes import VARCHAR

from warehouse.boards.words import Words, read_words
from warehouse.catalog import Mart, read_marts
from warehouse.disk import first_line, memory_limit
from warehouse.export_changes import QUEUES, changes_query
from warehouse.file_formats import sql_text
from warehouse.settings import SettingsError, read_environment
from warehouse.workbooks import Exported, write_contents, write_workbook

WORKBOOK_ROWS = 100_000  # a larger one takes minutes to open
CONTENTS = "contents.xlsx"
# A formula begins with one of these. What no reader sees may stand before it; and a spreadsheet that does not separate
# by commas begins another cell within the text, whatever its quotes.
STARTERS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
UNSEEN = (
    r"\s\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ue000-\uf8ff\U000e0000-\U0010ffff"
)
FORMULA = re.compile(rf"(^|[;|\t\r\n]+)([{UNSEEN}\"]*)(?=[{STARTERS}])")
BLANK_START = re.compile(r"[\t\r\n]")
# A text with none of these, and without a blank before it, is harmless.
SUSPECT = "[=+@-]|[^ -~]|^[[:space:]]"


class ExportError(RuntimeError):
    """Nothing, or not all, was exported. The message says why and what to do."""


def harmless(value: object) -> object:
    """The value, or a text with an apostrophe before whatever a spreadsheet would take for a formula."""
    if not isinstance(value, str):
        return value
    escaped = FORMULA.sub(r"\1'\2", value)
    return f"'{escaped}" if BLANK_START.match(escaped) else escaped


def export(published: Path, folder: Path, marts: Sequence[str] = (), language: str = "en") -> list[Path]:
    """Write marts as CSV and Parquet, those of up to WORKBOOK_ROWS as workbooks, changes of queues, and the contents.

    Args:
        published: DuckDB file with the marts; opened read-only.
        folder: where the files go.
        marts: names; none = all.
        language: of the workbooks' headings, en, ar or fa; in ar and fa they are read from right to left.

    Returns:
        The files written.

    Raises:
        ExportError: the published file, a mart or the folder cannot be used.
    """
    if not published.exists():
        raise ExportError(f"{published} is not there: make build publishes it, PUBLISHED_PATH names it.")
    words = read_words()[language]
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            connection.execute(f"set memory_limit = '{memory_limit()}'")
            connection.create_function("harmless", harmless, [VARCHAR], VARCHAR)
            tables = read_marts(connection)
            if unknown := sorted(set(marts) - tables.keys()):
                raise ExportError(f"{published} has no {', '.join(unknown)}. It has: {', '.join(sorted(tables))}.")
            folder.mkdir(parents=True, exist_ok=True)
            written, contents = [], []
            for mart in sorted(marts or tables):
                files, rows = list(_write(connection, tables[mart], folder, words)), _rows(connection, tables[mart])
                written += files
                contents.append(Exported(tables[mart], rows, files[1] if rows <= WORKBOOK_ROWS else files[0]))
            about = _replaced(folder / CONTENTS, lambda draft: write_contents(contents, words, draft))
            return [*written, about]
    except duckdb.Error as error:
        raise ExportError(f"{published} cannot be read, so nothing more was exported: {first_line(error)}") from error
    except FileExistsError as error:
        raise ExportError(f"{folder} is a file: EXPORT names the folder that the files go into.") from error
    except OSError as error:
        raise ExportError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error


def _write(connection: duckdb.DuckDBPyConnection, mart: Mart, folder: Path, words: Words) -> Iterator[Path]:
    table, name, rows = mart.relation, mart.name, _rows(connection, mart)
    yield _write_csv(connection, table, folder / f"{name}.csv")
    if rows <= WORKBOOK_ROWS:
        query = _harmless_rows(connection, table)
        yield _replaced(
            folder / f"{name}.xlsx", lambda draft: write_workbook(connection, mart, query, rows, words, draft)
        )
    if name.startswith(QUEUES):
        yield from _write_changes(connection, table, name, folder)
    yield _write_parquet(connection, table, folder / f"{name}.parquet")


def _rows(connection: duckdb.DuckDBPyConnection, mart: Mart) -> int:
    return connection.execute(f"select count(*) from {mart.relation}").fetchone()[0]


def _write_changes(connection: duckdb.DuckDBPyConnection, table: str, mart: str, folder: Path) -> Iterator[Path]:
    exported = folder / f"{mart}.parquet"
    before = f"read_parquet({sql_text(str(exported))})" if exported.exists() else f"(from {table} limit 0)"
    columns = [
        [name for name, *_ in connection.execute(f"describe from {rows}").fetchall()] for rows in (table, before)
    ]
    connection.execute(f"create or replace temp table changes as {changes_query(table, before, *columns)}")
    yield _write_csv(connection, "changes", folder / f"{mart}_changes.csv")
    yield _write_parquet(connection, "changes", folder / f"{mart}_changes.parquet")


def _replaced(file: Path, write: Callable[[Path], object]) -> Path:
    """The file, written beside its place and renamed: it is the old one or the new one, whole."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        with draft.open("wb"):
            pass  # a folder that cannot be written is said by the system, plainly
        write(draft)
        os.replace(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    return file


def _harmless_rows(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A query for the rows of a table, in an order of their own, harmless to a spreadsheet."""
    columns = [
        f'case when regexp_matches("{name}", \'{SUSPECT}\') then harmless("{name}") else "{name}" end as "{name}"'
        if data_type == "VARCHAR"
        else f'"{name}"'
        for name, data_type, *_ in connection.execute(f"describe {table}").fetchall()
    ]
    return f"select {', '.join(columns)} from {table} order by all"


def _write_csv(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> Path:
    rows = _harmless_rows(connection, table)
    options = "format csv, header, compression none"
    return _replaced(file, lambda draft: connection.execute(f"copy ({rows}) to {sql_text(str(draft))} ({options})"))


def _write_parquet(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> Path:
    rows = f"select * from {table} order by all"
    return _replaced(
        file, lambda draft: connection.execute(f"copy ({rows}) to {sql_text(str(draft))} (format parquet)")
    )


def main(arguments: list[str]) -> int:
    """Export to the folder of the command line. Returns the exit code."""
    folder = Path(arguments[0] if arguments else "export")
    marts = " ".join(arguments[1:]).split()  # several may stand in one argument
    try:
        settings = read_environment()
        written = export(settings.published, folder, marts, settings.export_language)
    except (ExportError, SettingsError) as error:
        print(error)
        return 1
    print(f"{len(written)} files in {folder}/: open {CONTENTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
