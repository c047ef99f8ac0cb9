"""Find the raw tables in a landing folder, check them against the input contract, and say how DuckDB reads them.

The contract is models/staging/raw_sources.yml: one place for people, for dbt and for this module. A table is, in this
order, a folder `<table>/` of Parquet parts, `<table>.parquet` or `<table>.csv`, in upper or lower case. Nothing is
written to the warehouse here: dbt runs the statements that `landing_statements` returns
(macros/landing/land_raw_tables.sql).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import yaml

from warehouse.csv_lines import LONGEST_ROW_BYTES, read_header, split_lines
from warehouse.erasures import Erasures
from warehouse.scratch import scratch_folder

CONTRACT_FILE = Path(__file__).parents[1] / "models" / "staging" / "raw_sources.yml"
RAW_SCHEMA = "raw"
# Lines of a CSV file that are no row of the table: kept for the quarantine.
UNREADABLE_LINES = "unreadable_lines"
LONGEST_CSV_LINE_BYTES = 2 * LONGEST_ROW_BYTES  # every field and quote of a row may be quoted again


class LandingError(RuntimeError):
    """The landing folder cannot be built from. The message says what is missing and what to do."""


@dataclass(frozen=True)
class RawTable:
    """One table of the contract: its columns in the contract's order, and the ones it cannot do without."""

    name: str
    is_required: bool
    columns: tuple[str, ...]
    required_columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    # whatever stands there is a person's own: an address, or its words
    personal_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    # whether some of its rows need an exchange rate
    has_money: bool = False


@dataclass(frozen=True)
class Files:
    """Files that can be read as one, and their columns in file order; names in lower case, as in SQL. `further` are the
    names that the contract does not know."""

    paths: tuple[Path, ...]
    columns: tuple[str, ...]
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class LandedTable:
    """Where one raw table lies. `kind` is parquet, csv or absent."""

    table: RawTable
    kind: str
    sources: tuple[Files, ...] = ()
    erasures: Erasures | None = None

    @property
    def is_read_as_text(self) -> bool:
        """Whether its parts disagree on a type."""
        return len(self.sources) > 1

    @property
    def columns(self) -> set[str]:
        """Every column that some of its files have."""
        return {column for source in self.sources for column in source.columns}

    @property
    def may_hold_erased(self) -> bool:
        """Whether rows of it may be of customers on the list of erasures."""
        return self.erasures is not None and bool(self.erasures.customers) and "customer_id" in self.table.columns

    def without_erased(self, select: str) -> str:
        """A query of its rows, as they are without the customers on the list of erasures."""
        is_text = self.kind == "csv" or self.is_read_as_text
        return self.erasures.leave_out(select, self.table, is_text) if self.may_hold_erased else select


@cache
def contract_tables(contract_file: Path = CONTRACT_FILE) -> list[dict]:
    """Return the raw tables as the source YAML declares them: read once, for all who ask more than RawTable says."""
    return yaml.safe_load(contract_file.read_text(encoding="utf-8"))["sources"][0]["tables"]


@cache
def read_contract(contract_file: Path = CONTRACT_FILE) -> list[RawTable]:
    """Return the raw tables of the source YAML, in its order."""

    def meta(node: dict) -> dict:
        return node.get("config", {}).get("meta", {})

    def is_required(node: dict) -> bool:
        return bool(meta(node).get("required"))

    def columns(table: dict, is_wanted: Callable[[dict], object]) -> tuple[str, ...]:
        return tuple(column["name"] for column in table["columns"] if is_wanted(column))

    return [
        RawTable(
            name=table["name"],
            is_required=is_required(table),
            columns=columns(table, lambda column: True),
            required_columns=columns(table, is_required),
            key=tuple(meta(table)["key"]),
            personal_columns=columns(table, lambda column: meta(column).keys() & {"personal", "free_text"}),
            text_columns=columns(table, lambda column: column["data_type"] in ("text", "code")),
            has_money=bool(columns(table, lambda column: "money" in meta(column))),
        )
        for table in contract_tables(contract_file)
    ]


def inspect_folder(
    folder: Path, contract: list[RawTable] | None = None, erasures: Erasures | None = None
) -> list[LandedTable]:
    """Find every table of the contract in the folder, to be read without the customers on the list of erasures.

    Raises:
        LandingError: the folder, a required table or a required column is missing, or a file cannot be read. One
            message names all that is wrong, so that it is mended in one go.
    """
    landed, problems = examine_folder(folder, contract, erasures)
    if problems:
        raise LandingError(
            f"The landing folder {folder} cannot be built from. Nothing was written. Please mend:\n"
            + "\n".join(f"  - {table}: {problem}" for table, problem in problems.items())
        )
    return landed


def examine_folder(
    folder: Path, contract: list[RawTable] | None = None, erasures: Erasures | None = None
) -> tuple[list[LandedTable], dict[str, str]]:
    """The tables of the contract that the folder has, as inspect_folder() returns them, and by table why one cannot be
    built from; such a table is absent.

    Raises:
        LandingError: there is no such folder.
    """
    if not _is_utf8(folder):
        raise LandingError(
            f"The name of the landing folder {readable(folder)} is no UTF-8. Rename it, then set RAW_DATA_DIR."
        )
    if _is_unspeakable(folder):
        raise LandingError(
            f"The name of the landing folder {folder} holds a backslash and one of * ? [: DuckDB cannot read there. "
            "Rename it, then set RAW_DATA_DIR."
        )
    if not os.path.isdir(folder):
        raise LandingError(
            f"The landing folder {folder} is not a folder. Set RAW_DATA_DIR to the folder that holds your raw tables, "
            "or unset it to build the demo business."
        )
    landed, problems = [], {}
    for table in contract or read_contract():
        found = LandedTable(table, "absent")
        try:
            found = _find(folder, table)
            if problem := _what_is_missing(found):
                problems[table.name], found = problem, LandedTable(table, "absent", found.sources)
        except LandingError as error:
            problems[table.name] = str(error)
        except OSError as error:
            file = readable(Path(error.filename or table.name).name)
            problems[table.name] = f"{file} cannot be opened ({error.strerror})"
        landed.append(replace(found, erasures=erasures))
    return landed, problems


def _what_is_missing(found: LandedTable) -> str:
    """What a table lacks that it cannot do without; empty = nothing."""
    table = found.table
    if found.kind == "absent":
        files = f"a folder {table.name}/ of Parquet parts, {table.name}.parquet or {table.name}.csv"
        needs = f"it needs the columns {', '.join(table.required_columns)}"
        return f"the table is missing ({files}); {needs}" if table.is_required else ""
    missing = [column for column in table.required_columns if column not in found.columns]
    return f"missing required columns {', '.join(missing)}{_likely_cause(found)}" if missing else ""


def _find(folder: Path, table: RawTable) -> LandedTable:
    """Return the first of Parquet folder, Parquet file and CSV file that is there."""
    names = os.listdir(folder)
    parts_folder, parquet_file, csv_file = (
        folder / _in_any_case(f"{table.name}{suffix}", names) for suffix in ("", ".parquet", ".csv")
    )
    for place, is_right, right in (
        (parts_folder, os.path.isdir, "a folder of Parquet parts"),
        (parquet_file, os.path.isfile, "a file"),
        (csv_file, os.path.isfile, "a file"),
    ):
        if os.path.lexists(place) and not is_right(place):
            raise LandingError(f"{place.name} is {_what_is(place)}, where {right} is expected: replace or remove it")
    parts = _parts(parts_folder) or ((parquet_file,) if parquet_file.is_file() else ())
    if parts:
        return LandedTable(table, "parquet", _parquet_sources(table, parts))
    if csv_file.is_file():
        return LandedTable(table, "csv", (_csv_source(table, csv_file),))
    if other := files_in(parts_folder, hidden=("_", ".")):
        raise LandingError(
            f"the folder {table.name}/ holds {readable(other[0].name)} and no Parquet part (a file *.parquet)"
        )
    return LandedTable(table, "absent")


def _in_any_case(wanted: str, names: list[str]) -> str:
    """The one of the names that is this one but for its case; this one when there is none."""
    found = sorted(name for name in names if name.lower() == wanted)
    if len(found) > 1:
        raise LandingError(f"{' and '.join(found)} differ only in case: remove all but one")
    return found[0] if found else wanted


def _what_is(place: Path) -> str:
    if not place.exists():
        return "a link to nowhere"
    return "a folder" if place.is_dir() else "a file" if place.is_file() else "a pipe or a device"


def _likely_cause(found: LandedTable) -> str:
    if not found.columns:
        return f" ({found.sources[0].paths[0].name} is empty)"
    if found.kind == "csv" and len(found.columns) == 1:
        return " (its header is one name: the fields of a CSV file are separated by commas)"
    return ""


def _parts(folder: Path) -> tuple[Path, ...]:
    """The Parquet parts in a folder and in the folders in it; hidden files are no parts."""
    parts = tuple(file for file in files_in(folder, hidden=(".",)) if file.suffix.lower() == ".parquet")
    for part in parts:
        if not _is_utf8(part):
            raise LandingError(f"the name of the part {readable(part.name)} is no UTF-8: rename it")
        if _is_unspeakable(part):
            raise LandingError(
                f"the name of the part {part.name} holds a backslash and one of * ? [, its folders included: rename it"
            )
        if not part.is_file():
            raise LandingError(f"not readable as Parquet: {part.name} is {_what_is(part)}")
    return parts


def files_in(folder: Path, hidden: tuple[str, ...]) -> list[Path]:
    """The files in a folder and in the folders in it, linked ones too; each folder once, however links run."""

    def stop(error: OSError) -> None:
        raise error

    found, seen = [], set()
    if not folder.is_dir():
        return found
    for place, folders, names in os.walk(folder, onerror=stop, followlinks=True):
        folders.sort()
        if os.path.realpath(place) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        found += [Path(place, name) for name in names if not name.startswith(hidden)]
    return sorted(found)


def _is_unspeakable(path: Path) -> bool:
    """Whether DuckDB has no name for it: in a pattern a backslash parts folders, and *, ? and [ make it a pattern."""
    return "\\" in str(path) and _pattern(path) != str(path)


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(path: Path | str) -> str:
    """A name for people: what is no UTF-8 in it is a question mark."""
    return str(path).encode(errors="replace").decode()


def _parquet_sources(table: RawTable, parts: tuple[Path, ...]) -> tuple[Files, ...]:
    """All parts as one; where they disagree on a column's type, one source per schema."""

    def source(files: Iterable[Path], names: Iterable[str]) -> Files:
        names = tuple(names)
        return Files(tuple(files), names, tuple(name for name in names if name not in table.columns))

    with duckdb.connect() as connection:
        try:
            by_schema = connection.execute(
                "select list(file_name order by file_name) from (select file_name, "
                "list(concat_ws(' ', name, duckdb_type, logical_type) order by column_id) as file_schema "
                f"from parquet_schema({_paths(parts)}) group by file_name) group by file_schema order by 1"
            ).fetchall()
            schemas = [
                [
                    (name.lower(), data_type)
                    for name, data_type, *_ in connection.execute(
                        f"describe select * from {_parquet_reader((Path(files[0]),))}"
                    ).fetchall()
                ]
                for (files,) in by_schema
            ]
        except duckdb.Error as error:
            raise LandingError(f"not readable as Parquet: {str(error).splitlines()[0]}") from error
    columns = {column for schema in schemas for column in schema}
    names = tuple(dict.fromkeys(name for schema in schemas for name, _ in schema))
    if len(columns) == len(names):
        return (source(parts, names),)
    return tuple(
        source(map(Path, files), (name for name, _ in schema))
        for (files,), schema in zip(by_schema, schemas, strict=True)
    )


def _csv_source(table: RawTable, file: Path) -> Files:
    """The names in the header. What the contract does not know may stand there twice, or without a name."""
    try:
        header = [name.strip().lower() for name in read_header(file)]
    except ValueError as error:
        raise LandingError(f"the header of {file.name} is not readable ({error})") from error
    twice = sorted({name for name in header if header.count(name) > 1 and name in table.columns})
    if twice:
        raise LandingError(f"the header of {file.name} names {', '.join(twice)} more than once")
    columns = tuple(name if name in table.columns else f"unknown_{place}" for place, name in enumerate(header, 1))
    return Files((file,), columns, tuple(name for name in header if name and name not in table.columns))


def landing_statements(landed: list[LandedTable]) -> list[str]:
    """Return the SQL that makes schema `raw`: a view over Parquet files, a table for a CSV file (its text is parsed
    once, and lines that are no row are kept in `raw.unreadable_lines`), an empty view for a table that is not there."""
    statements = [
        f"drop schema if exists {RAW_SCHEMA} cascade",
        f"create schema {RAW_SCHEMA}",
        f"create table {RAW_SCHEMA}.{UNREADABLE_LINES} "
        "(raw_table varchar, line_number bigint, problem varchar, line varchar)",
    ]
    for found in landed:
        name = f"{RAW_SCHEMA}.{found.table.name}"
        if found.kind == "csv":
            statements += _land_csv(found)
        elif found.kind == "parquet":
            statements.append(f"create view {name} as {_select_parts(found)}")
        else:
            statements.append(f"create view {name} as select {_contract_columns(found.table)} where false")
    return statements


def rows_of_statement(found: LandedTable, files: tuple[Path, ...], prefix: str) -> str:
    """Return the SQL that makes `raw.<prefix>_<table>`: the rows of some of its Parquet parts, read as all are."""
    none = f"select {_contract_columns(found.table)} where false"
    select = _select_parts(found, files) if files else none
    return f"create view {RAW_SCHEMA}.{prefix}_{found.table.name} as {select}"


def _select_parts(found: LandedTable, only: tuple[Path, ...] | None = None) -> str:
    """All parts as one table, or the rows of some: of those alone, DuckDB then opens the rest no further than their
    footers. Parts that disagree on a type are read as text, which staging casts."""
    further, condition = "", ""
    if only is not None:
        further = ", filename = 'landed_file'"
        condition = f" where landed_file in ({', '.join(_text(str(path)) for path in only) or 'null'})"
    rows = " union all ".join(
        f"select {_contract_columns(found.table, source, found.is_read_as_text)} "
        f"from {_parquet_reader(source.paths, further)}{condition}"
        for source in found.sources
    )
    return found.without_erased(rows)


def _land_csv(found: LandedTable) -> list[str]:
    (source,) = found.sources
    (file,) = source.paths
    name = found.table.name

    def create(csv_file: Path) -> str:
        rows = f"select {_contract_columns(found.table, source)} from {_csv_reader(csv_file, source.columns)}"
        return f"create table {RAW_SCHEMA}.{name} as {found.without_erased(rows)}"

    if _is_well_formed(file, source.columns):
        return [create(file)]
    scratch = Path(tempfile.mkdtemp(dir=_scratch_folder()))
    rows, unreadable = split_lines(file, len(source.columns), LONGEST_ROW_BYTES, scratch)
    line = found.erasures.unreadable_line("line") if found.erasures else "line"
    return [
        create(rows),
        f"insert into {RAW_SCHEMA}.{UNREADABLE_LINES} select '{name}', cast(line_number as bigint), problem, {line} "
        f"from {_csv_reader(unreadable, ('line_number', 'problem', 'line'))}",
    ]


def _is_well_formed(file: Path, columns: tuple[str, ...]) -> bool:
    """Whether DuckDB reads every line. If not, its parser must not judge the others: it gives up on mixed line ends,
    and after a misplaced quote it may take up again inside a line."""
    if len(columns) == 1:
        return False  # it takes a blank line for a row
    with duckdb.connect() as connection:
        try:
            connection.execute(f"select count(columns(*)) from {_csv_reader(file, columns)}").fetchall()
        except duckdb.Error:
            return False
    return True


@cache
def _scratch_folder() -> Path:
    """Where the readable rows of a broken CSV file wait until dbt has read them; removed when the process ends."""
    scratch = contextlib.ExitStack()
    atexit.register(scratch.close)
    return scratch.enter_context(scratch_folder())


def _csv_reader(file: Path, columns: tuple[str, ...]) -> str:
    types = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in columns)
    return (
        f"read_csv({_text(_pattern(file))}, columns = {{{types}}}, auto_detect = false, header = true, "
        "delim = ',', quote = '\"', escape = '\"', nullstr = '', strict_mode = true, "
        f"max_line_size = {LONGEST_CSV_LINE_BYTES}, buffer_size = {2 * LONGEST_CSV_LINE_BYTES})"
    )


def _contract_columns(table: RawTable, source: Files | None = None, as_text: bool = False) -> str:
    """The contract's columns in its order; one that the files do not have reads as null."""
    has = source.columns if source else ()
    return ", ".join(
        (f'cast("{column}" as varchar)' if as_text else f'"{column}"') + f' as "{column}"'
        if column in has
        else f'cast(null as varchar) as "{column}"'
        for column in table.columns
    )


def _parquet_reader(parts: tuple[Path, ...], further: str = "") -> str:
    """Columns are what the files hold: a folder name like month=2024-01 is none."""
    return f"read_parquet({_paths(parts)}, union_by_name = true, hive_partitioning = false{further})"


def read_whole(part: Path) -> str:
    """A query that reads every value of a Parquet file and fails where it is torn."""
    return f"select max(hash(landed)) from {_parquet_reader((part,))} as landed"


def _paths(parts: tuple[Path, ...]) -> str:
    return f"[{', '.join(_text(_pattern(part)) for part in parts)}]"


def _pattern(file: Path) -> str:
    """The pattern that names this file alone: DuckDB reads *, ? and [ in a file's name as one."""
    return re.sub(r"([*?[])", r"[\1]", str(file))


def _text(value: str) -> str:
    """An SQL text literal."""
    return "'" + value.replace("'", "''") + "'"
