"""Find the raw tables in a landing folder, check them against the input contract, and say how DuckDB reads them.

The contract is models/staging/raw_sources.yml: one place for people, for dbt and for this module. A table is, in this
order, a folder `<table>/` of Parquet parts, `<table>.parquet`, `<table>.csv` or a file of another format of
warehouse/file_formats.py, in upper or lower case. Nothing is written to the warehouse here: dbt runs the statements
that `landing_statements` returns (macros/landing/land_raw_tables.sql).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import yaml

from warehouse.csv_lines import LONGEST_ROW_BYTES, read_header, split_lines
from warehouse.erasures import Erasures
from warehouse.file_formats import SUFFIXES, FormatError, PlainCsv, chunks, pattern_of, plain_csv, sql_text
from warehouse.places import PROJECT
from warehouse.scratch import is_scratch, scratch

CONTRACT_FILE = PROJECT / "models" / "staging" / "raw_sources.yml"
RAW_SCHEMA = "raw"
# Lines of a text file that are no row of the table: kept for the quarantine.
UNREADABLE_LINES = "unreadable_lines"
DELIMITERS = (",", ";", "\t", "|")
NUMBERS = ("decimal", "rate", "integer", "double")  # types of the contract
# A number with a decimal comma, perhaps with points or blanks between its thousands; one that is nothing else; and one
# with a decimal point.
DECIMAL_COMMA = "[+-]?([0-9]+|[0-9]{1,3}([. \u00a0\u202f][0-9]{3})+)(,[0-9]+)?"
PLAIN_DECIMAL_COMMA = "([.][0-9]{3},[0-9]+|,([0-9]{1,2}|[0-9]{4,}))$"
DECIMAL_POINT = "[+-]?([0-9]*|[0-9]{1,3}(,[0-9]{3})+)[.][0-9]+"
LONGEST_CSV_LINE_BYTES = 2 * LONGEST_ROW_BYTES  # every field and quote of a row may be quoted again


def server_schema(schema: str = RAW_SCHEMA) -> str:
    """A schema's name on a server, where WAREHOUSE_SCHEMA may come before it (macros/generate_schema_name.sql)."""
    prefix = os.environ.get("WAREHOUSE_SCHEMA") or "main"
    return schema if prefix == "main" else f"{prefix}_{schema}"


class LandingError(RuntimeError):
    """The landing folder cannot be built from. The message says what is missing and what to do."""


@dataclass(frozen=True)
class RawTable:
    """One table of the contract: its columns in the contract's order, and the ones it cannot do without. A required one
    may be missing where one of `unless` is there, or one of `only_with` is not."""

    name: str
    is_required: bool
    columns: tuple[str, ...]
    required_columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    # whatever stands there is a person's own: an address, or its words
    personal_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    number_columns: tuple[str, ...] = ()
    # whether some of its rows need an exchange rate
    has_money: bool = False
    unless: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()

    def is_missed(self, sound: set[str], tried: set[str]) -> bool:
        """Whether it is needed beside the tables that can be built from, and those that were meant to be there."""
        return self.is_required and not sound & set(self.unless) and set(self.only_with) <= sound | tried


@dataclass(frozen=True)
class Files:
    """Files that can be read as one, and their columns in file order; names in lower case, as in SQL. `further` are the
    names that the contract does not know. What is no Parquet is read from `text`, its fields parted by `delimiter`."""

    paths: tuple[Path, ...]
    columns: tuple[str, ...]
    further: tuple[str, ...] = ()
    text: PlainCsv | None = None
    delimiter: str = ","


@dataclass(frozen=True)
class LandedTable:
    """Where one raw table lies. `kind` is parquet, fetched (Parquet that goes with the process), text (CSV, or what is
    read as it) or absent."""

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
        is_text = self.kind == "text" or self.is_read_as_text
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
            number_columns=columns(table, lambda column: column["data_type"] in NUMBERS),
            has_money=bool(columns(table, lambda column: "money" in meta(column))),
            unless=tuple(meta(table).get("unless", ())),
            only_with=tuple(meta(table).get("only_with", ())),
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
            f"The landing folder {_shown(folder)} cannot be built from. Nothing was written. Please mend:\n"
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
            if problem := _missing_columns(found):
                problems[table.name], found = problem, LandedTable(table, "absent", found.sources)
        except LandingError as error:
            problems[table.name] = str(error)
        except OSError as error:
            file = readable(Path(error.filename or table.name).name)
            problems[table.name] = f"{file} cannot be opened ({error.strerror})"
        landed.append(replace(found, erasures=erasures))
    sound = {found.table.name for found in landed if found.kind != "absent"}
    for table in (found.table for found in landed):
        if table.name not in sound | problems.keys() and table.is_missed(sound, set(problems)):
            problems[table.name] = _is_missing(table)
    return landed, {found.table.name: problems[found.table.name] for found in landed if found.table.name in problems}


def _is_missing(table: RawTable) -> str:
    """What to land, in words."""
    name = table.name
    files = f"a folder {name}/ of Parquet parts, {name}.parquet, {name}.csv or another format of docs/input.md"
    problem = f"the table is missing ({files}); it needs the columns {', '.join(table.required_columns)}"
    if not table.unless:
        return problem
    return f"{problem}. Without it, {', '.join(table.unless[:-1])} or {table.unless[-1]} must be there"


def _missing_columns(found: LandedTable) -> str:
    """Which columns a table lacks that it cannot do without; empty = none, or there is no such table."""
    if found.kind == "absent":
        return ""
    table = found.table
    missing = [column for column in table.required_columns if column not in found.columns]
    return f"missing required columns {', '.join(missing)}{_likely_cause(found)}" if missing else ""


def _find(folder: Path, table: RawTable) -> LandedTable:
    """Return the first of Parquet folder, Parquet file and file of another format that is there."""
    names = os.listdir(folder)
    parts_folder, parquet_file, *text_files = (
        folder / _in_any_case(f"{table.name}{suffix}", names) for suffix in ("", ".parquet", *SUFFIXES)
    )
    for place in (parts_folder, parquet_file, *text_files):
        is_right, right = (os.path.isfile, "a file")
        if place is parts_folder:
            is_right, right = (os.path.isdir, "a folder of Parquet parts")
        if os.path.lexists(place) and not is_right(place):
            raise LandingError(f"{place.name} is {_what_is(place)}, where {right} is expected: replace or remove it")
    parts = _parts(parts_folder) or ((parquet_file,) if parquet_file.is_file() else ())
    if parts:
        return LandedTable(table, "fetched" if is_scratch(folder) else "parquet", _parquet_sources(table, parts))
    if text_file := next((file for file in text_files if file.is_file()), None):
        return LandedTable(table, "text", (_text_source(table, text_file),))
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
    if found.kind == "text" and len(found.columns) == 1 and found.sources[0].text.names is None:
        return " (its header is one name: the fields of a CSV file are separated by commas, semicolons, tabs or |)"
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
    return "\\" in str(path) and pattern_of(path) != str(path)


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(folder: Path) -> str:
    return "(what was fetched from RAW_DATA_DIR)" if is_scratch(folder) else str(folder)


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


def _text_source(table: RawTable, file: Path) -> Files:
    """The names in the header. What the contract does not know may stand there twice, or without a name."""
    try:
        text = plain_csv(file, table.columns, table.name)
    except FormatError as error:
        raise LandingError(str(error)) from error
    delimiter, header = (",", list(text.names)) if text.names is not None else _read_header(table, file, text.file)
    twice = sorted({name for name in header if header.count(name) > 1 and name in table.columns})
    if twice:
        raise LandingError(f"the header of {file.name} names {', '.join(twice)} more than once")
    columns = tuple(name if name in table.columns else f"unknown_{place}" for place, name in enumerate(header, 1))
    further = tuple(name for name in header if name and name not in table.columns)
    if text.names is not None:
        columns = tuple(name for name in columns if name in table.columns)  # what is unknown was left out
    return Files((file,), columns, further, text, delimiter)


def _read_header(table: RawTable, file: Path, text: Path) -> tuple[str, list[str]]:
    """The delimiter by which a header has the most of the contract's names, and its names: the comma where all are
    equal."""
    headers, problems = {}, {}
    for delimiter in DELIMITERS:
        try:
            headers[delimiter] = [name.strip().lower() for name in read_header(text, delimiter)]
        except ValueError as error:
            problems[delimiter] = error

    def known(delimiter: str) -> int:
        return sum(name in table.columns for name in headers[delimiter])

    best = max(headers, key=known, default=None)
    if (problem := problems.get(DELIMITERS[0])) and not (best and known(best)):
        raise LandingError(f"the header of {file.name} is not readable ({problem})") from problem
    return best, headers[best]


def landing_statements(landed: list[LandedTable]) -> list[str]:
    """Return the SQL that makes schema `raw`: a view over Parquet files; a table for what was fetched and for a text
    file (parsed once; lines that are no row go to `raw.unreadable_lines`); an empty view for what is not there."""
    statements = [
        f"drop schema if exists {RAW_SCHEMA} cascade",
        f"create schema {RAW_SCHEMA}",
        f"create table {RAW_SCHEMA}.{UNREADABLE_LINES} "
        "(raw_table varchar, line_number bigint, problem varchar, line varchar)",
    ]
    for found in landed:
        name = f"{RAW_SCHEMA}.{found.table.name}"
        if found.kind == "text":
            statements += _land_text(found)
        elif found.kind in ("parquet", "fetched"):
            made = "view" if found.kind == "parquet" else "table"
            statements.append(f"create {made} {name} as {_select_parts(found)}")
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
        condition = f" where landed_file in ({', '.join(sql_text(str(path)) for path in only) or 'null'})"
    rows = " union all ".join(
        f"select {_contract_columns(found.table, source, found.is_read_as_text)} "
        f"from {_parquet_reader(source.paths, further)}{condition}"
        for source in found.sources
    )
    return found.without_erased(rows)


def decimal_commas(found: LandedTable) -> list[str]:
    """The columns of a text file that are read with decimal commas; none of a file with broken lines."""
    (source,) = found.sources
    try:
        return _decimal_commas(found.table, source, source.text.file, source.delimiter)
    except duckdb.Error:
        return []


def _land_text(found: LandedTable) -> list[str]:
    (source,) = found.sources
    file, delimiter, unreadable = source.text.file, source.delimiter, []
    if not _is_well_formed(file, source.columns, delimiter):
        folder = Path(tempfile.mkdtemp(dir=scratch()))
        file, lines = split_lines(file, len(source.columns), LONGEST_ROW_BYTES, folder, delimiter)
        delimiter, unreadable = ",", [lines]
    if source.text.unreadable:
        unreadable.append(source.text.unreadable)
    return [_create(found, file, delimiter), *(_insert_unreadable(found, lines) for lines in unreadable)]


def _create(found: LandedTable, file: Path, delimiter: str) -> str:
    (source,) = found.sources
    columns = _contract_columns(found.table, source)
    for column in _decimal_commas(found.table, source, file, delimiter):
        # the points between thousands go, and the comma becomes the point
        number = f"replace(regexp_replace(trim(\"{column}\"), '[. \u00a0\u202f]', '', 'g'), ',', '.')"
        is_one = f"regexp_full_match(trim(\"{column}\"), '{DECIMAL_COMMA}')"
        columns = columns.replace(
            f'"{column}" as "{column}"', f'case when {is_one} then {number} else "{column}" end as "{column}"'
        )
    rows = f"select {columns} from {_csv_reader(file, source.columns, delimiter)}"
    return f"create table {RAW_SCHEMA}.{found.table.name} as {found.without_erased(rows)}"


def _insert_unreadable(found: LandedTable, unreadable: Path) -> str:
    line = found.erasures.unreadable_line("line") if found.erasures else "line"
    return (
        f"insert into {RAW_SCHEMA}.{UNREADABLE_LINES} select '{found.table.name}', cast(line_number as bigint), "
        f"problem, {line} from {_csv_reader(unreadable, ('line_number', 'problem', 'line'))}"
    )


def _is_well_formed(file: Path, columns: tuple[str, ...], delimiter: str) -> bool:
    """Whether DuckDB reads every line. If not, its parser must not judge the others: it gives up on mixed line ends,
    and after a misplaced quote it may take up again inside a line."""
    if len(columns) == 1:
        return False  # it takes a blank line for a row
    with duckdb.connect() as connection:
        try:
            connection.execute(f"select count(columns(*)) from {_csv_reader(file, columns, delimiter)}").fetchall()
        except duckdb.Error:
            return False
    return True


def _decimal_commas(table: RawTable, source: Files, file: Path, delimiter: str) -> list[str]:
    """The columns of numbers with a decimal comma: some can be nothing else, and none has a decimal point."""
    numbers = [column for column in table.number_columns if column in source.columns]
    if not numbers or (delimiter == "," and not any(b'"' in chunk for chunk in chunks(file))):
        return []  # a comma between commas is quoted
    with duckdb.connect() as connection:
        reader = _csv_reader(file, source.columns, delimiter)
        tests = ", ".join(
            # nearly all have no comma, and to see that costs less than the patterns
            f"bool_or(case when contains({column}, ',') then regexp_full_match({column}, '{DECIMAL_COMMA}') and "
            f"regexp_matches({column}, '{PLAIN_DECIMAL_COMMA}') end) and not coalesce(bool_or(case when "
            f"contains({column}, '.') then regexp_full_match({column}, '{DECIMAL_POINT}') and not "
            f"regexp_full_match({column}, '{DECIMAL_COMMA}') end), false)"
            for column in numbers
        )
        trimmed = ", ".join(f"trim({column}) as {column}" for column in numbers)
        found = connection.execute(f"select {tests} from (select {trimmed} from {reader})").fetchone()
    return [column for column, has_commas in zip(numbers, found, strict=True) if has_commas]


def _csv_reader(file: Path, columns: tuple[str, ...], delimiter: str = ",") -> str:
    types = ", ".join(f"{sql_text(column)}: 'VARCHAR'" for column in columns)
    return (
        f"read_csv({sql_text(pattern_of(file))}, columns = {{{types}}}, auto_detect = false, header = true, "
        f"delim = '{delimiter}', quote = '\"', escape = '\"', nullstr = '', strict_mode = true, "
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
    return f"[{', '.join(sql_text(pattern_of(part)) for part in parts)}]"
