"""A mart as a workbook that people read, and a table of contents of all that was exported.

XlsxWriter makes the workbook: heading, notes, formats, widths, filter. The rows are made by DuckDB, a text of XML for
each, and take the place of the one blank row that XlsxWriter leaves for them: 17 million cells of the demo take a
seventh of the time that a call for each takes.

Numbers, dates and booleans are cells of that type, their figures as the mart has them; texts are texts, whatever they
begin with. What a cell cannot hold as such (a number that a double does not hold, a day before March 1900) is a text.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from warehouse.boards.words import Words
from warehouse.catalog import Column, Mart

CELL_CHARACTERS = 32_767  # what a cell takes
WIDEST = 60  # characters; a longer text is read in its cell
FIRST_DAY = "1899-12-30"  # 0 of a spreadsheet's days, right from March 1900 on: it knows a 29 February of that year
LARGEST_INTEGER = 2**53  # above it not every whole number is one of a double
ROWS_AT_ONCE = 5_000
SHEET = "xl/worksheets/sheet1.xml"

# Formats of numbers by what a column means: what a metric's label says, else its name, else its type.
FORMATS = {
    "percent": "0.00%",
    "money": "#,##0.00",
    "integer": "#,##0",
    "plain": "0",
    "score": "#,##0.0",
    "decimal": "#,##0.00",
    "ratio": "#,##0.00",
    "number": "#,##0.00##",
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
    "id": "@",
    "any": "General",
}
OF_A_METRIC = re.compile(r"(_(lower|upper|target|change|year_before|change_year))+$")
BY_NAME = (
    ("number", re.compile(r"(^|_)exchange_rate|points$|csat_mean|latest_csat|difference_n$")),
    (
        "percent",
        re.compile(r"(^|_)(rate|share|shares|survival|incidence|probability|csat|crr|retention|weight_known)(_|$)"),
    ),
    ("money", re.compile(r"(^|_)(mrr|clv|cac|arpa|cost|margin|revenue|monetary|received|residual_value|at_risk)(_|$)")),
    ("plain", re.compile(r"(^|_)(year|month|day|day_of_week|day_of_month)$")),
)
NO_MONEY = re.compile(r"_(months|cac|exchange_rate)$")  # cac_payback_months, clv_to_cac
BY_TYPE = {
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "DATE": "date",
    "TIMESTAMP": "time",
    "BOOLEAN": "any",
}
BREAKS_XML = r"[&<>\x00-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"
WIDTHS = {"percent": 10, "date": 12, "time": 20, "money": 14, "integer": 10, "plain": 8}


@dataclass(frozen=True)
class Exported:
    """A mart as it was exported: the number of its rows, and the file that people open."""

    mart: Mart
    rows: int
    file: Path


def meaning_of(column: Column, words: Words) -> str:
    """The key of FORMATS for a column."""
    if column.data_type == "VARCHAR":
        return "id" if re.search(r"(^|_)(id|key|code)$", column.name) else "any"
    if not column.data_type.startswith(("DECIMAL", "DOUBLE", "INTEGER", "BIGINT")):
        return BY_TYPE.get(column.data_type, "any")
    metric = OF_A_METRIC.sub("", column.name)
    if words.knows("metric", metric):
        return words.metric(metric)["format"]
    is_whole = column.data_type in ("INTEGER", "BIGINT")
    for meaning, name in BY_NAME:
        fits = meaning == "plain" if is_whole else not (meaning == "money" and NO_MONEY.search(column.name))
        if fits and name.search(column.name):
            return meaning
    return BY_TYPE.get(column.data_type, "number")


def write_workbook(
    connection: duckdb.DuckDBPyConnection, mart: Mart, query: str, rows: int, words: Words, file: Path
) -> None:
    """Write the rows of a query, which has the mart's columns in their order, as a workbook.

    Args:
        connection: has the mart.
        mart: says what its columns are.
        query: the rows, in the order of the sheet.
        rows: how many they are.
        words: of the language of headings that have a label; a heading in English is the column's name.
        file: where to.
    """
    meanings = [meaning_of(column, words) for column in mart.columns]
    blank = _blank_workbook(mart, meanings, _text_widths(connection, mart), rows, words)
    styles = _styles(blank, len(mart.columns))
    cells = ", ".join(
        _cell(xl_col_to_name(place), column, style)
        for place, (column, style) in enumerate(zip(mart.columns, styles, strict=True))
    )
    numbered = f'select *, row_number() over () + 1 as "row of the sheet" from ({query})'
    texts = f"""select concat('<row r="', "row of the sheet", '">', {cells}, '</row>') from ({numbered})"""
    _fill(blank, rows, _batches(connection.cursor().execute(texts)), file)


def write_contents(exported: Sequence[Exported], words: Words, file: Path) -> None:
    """Write a sheet of the exported marts, each with its question, grain and a link, and one of all their columns."""
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        heading, text = (
            book.add_format({"bold": True, "bottom": 1}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        link = book.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"})
        count = book.add_format({"num_format": FORMATS["integer"], "valign": "top"})

        def sheet(name: str, columns: Mapping[str, int], rows: int) -> xlsxwriter.worksheet.Worksheet:
            made = book.add_worksheet(words.label("contents", name))
            for place, (column, width) in enumerate(columns.items()):
                made.set_column(place, place, width)
                made.write_string(0, place, words.label("contents", column), heading)
            _finish(made, rows, len(columns), words)
            return made

        marts = sheet(
            "tables", {"table": 30, "rows": 10, "answers": 60, "grain": 60, "as_of": 20, "currency": 10}, len(exported)
        )
        columns = sheet(
            "columns",
            {"table": 30, "column": 30, "type": 16, "meaning": 90},
            sum(len(e.mart.columns) for e in exported),
        )
        place = 0
        for row, (mart, rows, made) in enumerate(((e.mart, e.rows, e.file) for e in exported), start=1):
            marts.write_url(row, 0, f"external:{made.name}", link, string=mart.name)
            marts.write_number(row, 1, rows, count)
            told = (mart.facts.get("What it answers"), mart.facts.get("Grain"), mart.as_of, mart.currency)
            for column, says in enumerate(told, start=2):
                marts.write_string(row, column, says or "", text)
            for column in mart.columns:
                place += 1
                for number, says in enumerate((mart.name, column.name, column.data_type, column.meaning)):
                    columns.write_string(place, number, says[:CELL_CHARACTERS], text)


def _blank_workbook(
    mart: Mart, meanings: Sequence[str], text_widths: Mapping[str, int], rows: int, words: Words
) -> bytes:
    """The workbook with a heading and one blank row, each of its cells in the format of its column."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet(mart.name[:31])
        heading = book.add_format({"bold": True, "bottom": 1})
        formats = {meaning: book.add_format({"num_format": FORMATS[meaning]}) for meaning in sorted(set(meanings))}
        for place, (column, meaning) in enumerate(zip(mart.columns, meanings, strict=True)):
            title = (
                column.name if words.language == "en" or not _has_label(column, words) else words.heading(column.name)
            )
            width = text_widths.get(column.name, WIDTHS.get(meaning, 12))
            sheet.set_column(place, place, min(WIDEST, max(width, len(title) + 3)), formats[meaning])
            sheet.write_string(0, place, title, heading)
            note = _note(column, meaning, mart.currency)
            height = 24 + 18 * (len(note) // 45 + note.count("\n") + 1)
            sheet.write_comment(0, place, note, {"width": 320, "height": height, "font_size": 9})
            sheet.write_blank(1, place, None, formats[meaning])
        _finish(sheet, rows, len(mart.columns), words)
    return made.getvalue()


def _finish(sheet: xlsxwriter.worksheet.Worksheet, rows: int, columns: int, words: Words) -> None:
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(rows, 1), columns - 1)
    if words.is_right_to_left:
        sheet.right_to_left()


def _has_label(column: Column, words: Words) -> bool:
    return words.knows("metric", column.name) or words.knows("column", column.name)


def _note(column: Column, meaning: str, currency: str | None) -> str:
    unit = f"\n{currency}." if meaning == "money" and currency else ""
    return f"{column.name}\n{column.meaning}{unit}"


def _text_widths(connection: duckdb.DuckDBPyConnection, mart: Mart) -> dict[str, int]:
    """The length of the longest text of each column that has texts."""
    texts = [column.name for column in mart.columns if column.data_type == "VARCHAR"]
    if not texts:
        return {}
    longest = ", ".join(f'coalesce(max(length("{name}")), 0)' for name in texts)
    return dict(zip(texts, connection.execute(f"select {longest} from {mart.relation}").fetchone(), strict=True))


def _styles(blank: bytes, columns: int) -> list[str]:
    """What XlsxWriter calls the format of each cell of the blank row; empty = the one that needs no name."""
    with zipfile.ZipFile(io.BytesIO(blank)) as book:
        sheet = book.read(SHEET).decode()
    named = dict(re.findall(r'<c r="([A-Z]+)2" s="(\d+)"/>', sheet))
    return [f' s="{named[name]}"' if (name := xl_col_to_name(place)) in named else "" for place in range(columns)]


def _cell(letters: str, of: Column, style: str) -> str:
    """An expression for the XML of a cell; null where the value is."""
    column, data_type = f'"{of.name}"', of.data_type

    def cell(value: str, kind: str = "", begin: str = "<v>", end: str = "</v>") -> str:
        return f"""'<c r="{letters}' || "row of the sheet" || '"{style}{kind}>{begin}' || {value} || '{end}</c>'"""

    text = cell(_xml(f"cast({column} as varchar)"), ' t="inlineStr"', '<is><t xml:space="preserve">', "</t></is>")
    if data_type == "BOOLEAN":
        truth = cell(f"cast({column} as integer)", ' t="b"')
        return truth
    numbers: Mapping[str, tuple[str, str]] = {
        "DATE": (f"{column} >= date '1900-03-01'", f"date_diff('day', date '{FIRST_DAY}', {column})"),
        "TIMESTAMP": (
            f"{column} >= timestamp '1900-03-01' and isfinite({column})",
            f"(epoch_us({column}) - epoch_us(timestamp '{FIRST_DAY}')) / 86400000000.0",
        ),
        "DOUBLE": (f"isfinite({column})", column),
        "BIGINT": (f"abs({column}::hugeint) <= {LARGEST_INTEGER}", column),
        "INTEGER": ("true", column),
    }
    fits, value = numbers.get(data_type, ("true" if data_type.startswith("DECIMAL") else "false", column))
    return (
        cell(value)
        if fits == "true"
        else text
        if fits == "false"
        else f"case when {fits} then {cell(value)} else {text} end"
    )


def _xml(text: str) -> str:
    """An expression for a text in XML: what stands for a character there is escaped, what no XML holds is left out."""
    escaped = f"left({text}, {CELL_CHARACTERS})"
    for pattern, written in (
        (r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]", ""),
        ("_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1"),  # a spreadsheet takes _x0041_ for an A
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        (r"\r", "&#13;"),
    ):
        escaped = f"regexp_replace({escaped}, '{pattern}', '{written}', 'g')"
    return f"case when regexp_matches({text}, '{BREAKS_XML}') then {escaped} else left({text}, {CELL_CHARACTERS}) end"


def _batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[bytes]:
    while batch := cursor.fetchmany(ROWS_AT_ONCE):
        yield "".join(row[0] for row in batch).encode()


def _fill(blank: bytes, rows: int, batches: Iterable[bytes], file: Path) -> None:
    """Write the blank workbook with so many rows in place of its blank one."""
    with (
        zipfile.ZipFile(io.BytesIO(blank)) as made,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
    ):
        for entry in made.infolist():
            if entry.filename != SHEET:
                book.writestr(entry, made.read(entry))
                continue
            before, after = re.split(rb'<row r="2".*?</row>', made.read(entry), maxsplit=1)
            with book.open(entry, "w") as sheet:
                sheet.write(re.sub(rb'(<dimension ref="A1:[A-Z]+)2"', rb'\g<1>%d"' % (rows + 1), before))
                for batch in batches:
                    sheet.write(batch)
                sheet.write(after)
