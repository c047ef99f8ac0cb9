"""Tell the rows of a CSV file from lines that are none, one line at a time: for files that DuckDB cannot read whole.

A line is no row when it has the wrong number of fields, a misplaced or unclosed quote, or bytes that are no UTF-8. It
costs itself alone: reading goes on at the next line, whatever quotes it left open.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

KEPT_OF_LINE = 100_000  # characters of an unreadable line: enough to find it again
LONGEST_ROW_BYTES = 8 * 1024 * 1024  # and no more than this is ever read at once, however long a line is
csv.field_size_limit(sys.maxsize)  # the length of a line is limited, not the length of a field
TOO_LONG = "the line is too long"


class _CutLine(str):
    """The beginning of a line that is too long."""


class _Lines:
    """The lines of a file, for csv.reader, which can go back to the line after the first of the present row."""

    def __init__(self, file: TextIO, longest: int) -> None:
        self._file, self._longest = file, longest
        self._again: deque[str] = deque()
        self.number = 0  # of the last line given out
        self.row: list[str] = []
        self._length = 0  # of the row

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        """Raises csv.Error for a line that is too long, and where a quote would make the row too long."""
        line = self._again.popleft() if self._again else self._read_line()
        self.number += 1
        self.row.append(line)
        self._length += len(line)
        if isinstance(line, _CutLine) or self._length > self._longest:
            raise csv.Error("it is too long")
        return line

    def _read_line(self) -> str:
        line = self._file.readline(self._longest + 1)
        if not line:
            raise StopIteration
        if len(line) <= self._longest:
            return line
        beginning = _CutLine(line[:KEPT_OF_LINE])
        while line and not line.endswith(("\n", "\r")):
            line = self._file.readline(self._longest)
        if line.endswith("\r"):  # perhaps half of a line end
            here = self._file.tell()
            if self._file.read(1) != "\n":
                self._file.seek(here)
        return beginning

    def begin_row(self) -> None:
        self.row.clear()
        self._length = 0

    def go_back(self) -> None:
        again = self.row[1:]
        self._again.extendleft(reversed(again))
        self.number -= len(again)
        del self.row[1:]


def _open(file: Path) -> TextIO:
    # bytes that are no UTF-8 become lone surrogates
    return file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def read_header(file: Path, delimiter: str = ",") -> list[str]:
    """Return the first row. Raises ValueError when it is no CSV or no UTF-8."""
    with _open(file) as opened:
        try:
            header = next(csv.reader(_Lines(opened, LONGEST_ROW_BYTES), delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            raise ValueError(str(error)) from error
    if not _is_utf8(header):
        raise ValueError("its bytes are no UTF-8")
    return header


def _read_rows(file: Path, longest: int, delimiter: str) -> Iterator[tuple[int, list[str], str, str]]:
    """Yield the line number, fields, problem ('' = none yet) and text of each row, the header first; no blank lines."""
    with _open(file) as opened:
        lines = _Lines(opened, longest)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.begin_row()
            problem = ""
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                is_cut = isinstance(lines.row[0], _CutLine)
                fields, problem = [], TOO_LONG if is_cut else "a quote is misplaced or not closed"
                lines.go_back()
            if fields or problem:
                yield lines.number - len(lines.row) + 1, fields, problem, "".join(lines.row)


def split_lines(file: Path, columns: int, longest: int, folder: Path, delimiter: str = ",") -> tuple[Path, Path]:
    """Write its rows, and its unreadable lines (line_number, problem, line), as two well-formed CSV files in a folder,
    with commas.

    Args:
        file: CSV file with a header.
        columns: fields of a row.
        longest: a row of more bytes is unreadable.
        folder: where the two files go.
        delimiter: between its fields.
    """
    rows_file, unreadable_file = folder / "rows.csv", folder / "unreadable.csv"
    with (
        rows_file.open("w", encoding="utf-8", newline="") as good,
        unreadable_file.open("w", encoding="utf-8", newline="") as bad,
    ):
        rows = csv.writer(good, quoting=csv.QUOTE_ALL, lineterminator="\n")
        unreadable = csv.writer(bad, quoting=csv.QUOTE_ALL, lineterminator="\n")
        rows.writerow(range(columns))
        unreadable.writerow(["line_number", "problem", "line"])
        for number, fields, quotes, line in islice(_read_rows(file, longest, delimiter), 1, None):
            while len(fields) > columns and not fields[-1]:
                fields.pop()  # an empty field too many is no loss
            if problem := quotes or _problem(fields, columns, line, longest):
                text = line.rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                unreadable.writerow([number, problem, text[:KEPT_OF_LINE]])
            else:
                rows.writerow(fields)
    return rows_file, unreadable_file


def _problem(fields: list[str], columns: int, line: str, longest: int) -> str:
    if len(fields) != columns:
        return f"{len(fields)} {'field' if len(fields) == 1 else 'fields'} where the header has {columns}"
    if not _is_utf8(fields):
        return "bytes that are no UTF-8"
    if len(line.encode()) > longest:
        return TOO_LONG
    return ""


def _is_utf8(fields: list[str]) -> bool:
    try:
        "".join(fields).encode()
    except UnicodeEncodeError:
        return False
    return True
