"""Make plain CSV of the other text formats that people have: packed files, other encodings, JSON, workbooks.

It is made once a process, in the scratch folder, by the libraries that read each format (DuckDB, pyarrow, openpyxl).
What a row, a null and an unreadable line is, is then decided in one place, whatever was landed (warehouse/landing.py).
"""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import BinaryIO

import duckdb

from warehouse.csv_lines import KEPT_OF_LINE, LONGEST_ROW_BYTES
from warehouse.scratch import scratch

# In the order in which they are looked for.
TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
PACKED_SUFFIXES = ("", ".gz", ".zst")
SUFFIXES = (*(text + packed for text in TEXT_SUFFIXES for packed in PACKED_SUFFIXES), ".xlsx")
BYTES_AT_ONCE = 1024 * 1024
# Bytes of UTF-8 that no text in another encoding has by chance; and those of which a text in cp1252 has none.
UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
NOT_CP1252 = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")


class FormatError(ValueError):
    """A file that is not readable as what its name says. The message names it."""


@dataclass(frozen=True)
class PlainCsv:
    """A CSV file in UTF-8 with a header, which holds what a landed file holds.

    `unreadable`: a CSV file of the parts of the landed one that are no row (line_number, problem, line). `names`: where
    the file has no header of its own, the names that its rows have; None = its header says. `encoding`: the landed
    file's, where it is not UTF-8.
    """

    file: Path
    unreadable: Path | None = None
    names: tuple[str, ...] | None = None
    encoding: str = ""


def plain_csv(file: Path, columns: tuple[str, ...], table: str) -> PlainCsv:
    """What a file of one of SUFFIXES holds, as plain CSV.

    Args:
        file: landed file.
        columns: names that are wanted, in lower case; a format without a header gives no others.
        table: name of the sheet that is read of a workbook that has one so called.

    Raises:
        FormatError: it is not readable as what its name says.
    """
    state = file.stat()
    return _plain_csv(file, columns, table, state.st_size, state.st_mtime_ns, state.st_ino)


@cache
def _plain_csv(file: Path, columns: tuple[str, ...], table: str, *_state: int) -> PlainCsv:
    *_, kind = (suffix for suffix in file.name.lower().split(".") if f".{suffix}" not in PACKED_SUFFIXES)
    if kind == "xlsx":
        return PlainCsv(_workbook(file, table))
    text = _unpacked(file)
    if encoding := encoding_of(text):
        text = _in_utf8(text, encoding)
    if kind in ("csv", "tsv"):
        return PlainCsv(text, encoding=encoding)
    return _json(file, text, columns, encoding)


def _new_file(name: str) -> Path:
    return Path(tempfile.mkdtemp(dir=scratch())) / name


# -- packed files and encodings


def _unpacked(file: Path) -> Path:
    packed = file.suffix.lower()
    if packed not in (".gz", ".zst"):
        return file
    unpacked = _new_file("unpacked")
    try:
        with _packed_stream(file, packed) as source, unpacked.open("wb") as target:
            shutil.copyfileobj(source, target, BYTES_AT_ONCE)
    except (EOFError, OSError, zlib.error) as error:
        raise FormatError(f"{file.name} cannot be unpacked, its end may be missing ({error}): land it anew") from error
    return unpacked


def _packed_stream(file: Path, packed: str) -> BinaryIO:
    if packed == ".gz":
        return gzip.open(file)
    import pyarrow  # a third of a second, for few

    return pyarrow.input_stream(str(file), compression="zstd")


def encoding_of(file: Path) -> str:
    """The encoding of a text, where it is not UTF-8: UTF-16 where its mark says so, cp1252 where every byte could be.

    A file that also has a letter in UTF-8 is UTF-8 with damaged lines: they are told one by one.
    """
    with file.open("rb") as opened:
        start = opened.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and start != codecs.BOM_UTF32_LE:
            return "utf-16"
    is_ascii, end = True, b""
    for chunk in chunks(file):
        if not chunk.isascii():
            if UTF8_LETTER.search(end + chunk):
                return ""
            is_ascii = False
        end = chunk[-3:]
    return "" if is_ascii or any(NOT_CP1252.search(chunk) for chunk in chunks(file)) else "cp1252"


def chunks(file: Path) -> Iterator[bytes]:
    """The content of a file, piece by piece."""
    with file.open("rb") as opened:
        while chunk := opened.read(BYTES_AT_ONCE):
            yield chunk


def _in_utf8(file: Path, encoding: str) -> Path:
    written = _new_file("utf8")
    try:
        with (
            file.open(encoding=encoding, newline="") as source,
            written.open("w", encoding="utf-8", newline="") as good,
        ):
            shutil.copyfileobj(source, good, BYTES_AT_ONCE)
    except UnicodeError as error:
        raise FormatError(f"{file.name} is not readable as {encoding.upper()}: land it as UTF-8") from error
    return written


# -- JSON


def _json(file: Path, text: Path, columns: tuple[str, ...], encoding: str) -> PlainCsv:
    """A list of objects, or one object a line. Values stand as text; what is nested stays JSON."""
    rows, unreadable = _new_file("rows.csv"), _new_file("unreadable.csv")
    with text.open("rb") as opened:
        start = opened.read(BYTES_AT_ONCE).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if not start:
        return PlainCsv(text, names=(), encoding=encoding)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"create view landed as {_json_list(text) if start == b'[' else _json_lines(text)}")
            is_object = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"
            connection.execute(f"create view objects as select *, {is_object} as is_row from landed")
            names = [
                name
                for (name,) in connection.execute(
                    "select distinct unnest(json_keys(case when is_row then line end)) as name from objects order by 1"
                ).fetchall()
            ]
            known = [name for name in names if name.strip().lower() in columns]
            values = ", ".join(
                f"case when is_row then line end ->> {sql_text(_pointer(name))} as c{place}"
                for place, name in enumerate(known)
            )
            connection.execute(
                f"copy (select {values or '1 as none'} from objects where is_row) to {sql_text(str(rows))} "
                "(format csv, header, force_quote *)"
            )
            problem = "case when json_valid(line) then 'JSON that is no object' else 'it is no JSON' end as problem"
            line = f"left(line, {KEPT_OF_LINE}) as line"
            connection.execute(
                f"copy (select line_number, {problem}, {line} from objects where not is_row and line <> '') "
                f"to {sql_text(str(unreadable))} (format csv, header, force_quote *)"
            )
            (has_row,) = connection.execute("select count(*) > 0 from objects where is_row").fetchone()
        except duckdb.Error as error:
            raise FormatError(f"{file.name} is not readable as JSON: {_json_problem(error)}") from error
    if not has_row and start != b"[":
        raise FormatError(f"{file.name} holds neither a list of JSON objects nor one object a line")
    if not has_row:  # an empty list lacks no column
        rows.write_text(",".join(columns), encoding="utf-8")
        return PlainCsv(rows, unreadable, columns, encoding)
    named = [*known, *(name for name in names if name not in known)]
    return PlainCsv(rows, unreadable, tuple(name.strip().lower() for name in named), encoding)


def _json_problem(error: duckdb.Error) -> str:
    """Where it is, without what stands there: that may be personal."""
    if place := re.search(r"at byte \d+ in (record|value).* \d+", str(error)):
        return f"it breaks off or has an error {place[0]}"
    return "it holds bytes that are no UTF-8, or a row that is too long"


def _json_list(text: Path) -> str:
    return (
        "select row_number() over () as line_number, cast(json as varchar) as line from read_json_objects("
        f"{sql_text(pattern_of(text))}, format = 'array', maximum_object_size = {2 * LONGEST_ROW_BYTES})"
    )


def _json_lines(text: Path) -> str:
    """Line by line, as DuckDB's own reader of such a file drops or refuses what is no JSON."""
    return (
        "select row_number() over () as line_number, line from "
        f"read_csv({sql_text(pattern_of(text))}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, "
        f"delim = '\x01', quote = '', escape = '', max_line_size = {2 * LONGEST_ROW_BYTES}, "
        f"buffer_size = {4 * LONGEST_ROW_BYTES})"
    )


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


# -- workbooks


def _workbook(file: Path, table: str) -> Path:
    """The sheet of the table's name, else the first; cells as text, rows without a value left out."""
    import openpyxl  # half a second, for few

    rows = _new_file("rows.csv")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheet = next((sheet for sheet in book.worksheets if sheet.title.strip().lower() == table), book.worksheets[0])
        sheet.reset_dimensions()  # what it says of its size may be wrong
        with rows.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(_filled_rows(sheet))
        book.close()
    except Exception as error:  # of a damaged file the library raises whatever it stumbles on
        raise FormatError(
            f"{file.name} is not readable as a workbook ({type(error).__name__}): it may be damaged, or protected by a "
            "password"
        ) from error
    return rows


def _filled_rows(sheet) -> Iterator[list[str]]:
    """The rows with a value, all as wide as the header: a cell further right has no name."""
    width = 0
    for row in sheet.iter_rows(values_only=True):
        cells = [_cell(value) for value in row]
        if any(cells):
            width = width or max(place for place, cell in enumerate(cells, 1) if cell)
            yield (cells + [""] * width)[:width]


def _cell(value: object) -> str:
    """A cell as people see it: fifteen digits, a date without its midnight."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format(value, ".15g")
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return str(value) if value is not None else ""


# -- names in SQL


def pattern_of(file: Path) -> str:
    """The pattern that names this file alone: DuckDB reads *, ? and [ in a file's name as one."""
    return re.sub(r"([*?[])", r"[\1]", str(file))


def sql_text(value: str) -> str:
    """An SQL text literal."""
    return "'" + value.replace("'", "''") + "'"
