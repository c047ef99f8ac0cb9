"""Broken landing folders, by the hundred: each ends in one clear message or in quarantine rows.

Nothing in a file is executed, nothing published changes, and raw rows = accepted + duplicates + quarantined. Cases are
batched: what stops a folder breaks all its tables at once and must be named for each; what costs a row stands beside
sound rows, which must not be lost with it. The last test says how many cases there were.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import commands
import duckdb
import harness
import pytest
import shared
from test_staging import RAW_TABLES, plain_row, stage

from warehouse.landing import LandingError, inspect_folder

CASES: set[tuple] = set()
RAW_NAMES = {*RAW_TABLES, "unreadable_lines"}


@pytest.fixture
def marker(tmp_path_factory) -> Path:
    """A file that only executed input could make."""
    return tmp_path_factory.mktemp("marker") / "executed"


def as_csv(rows: list[dict], columns: list[str], **dialect: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n", **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def columns_of(table: str) -> list[str]:
    return [column["name"] for column in RAW_TABLES[table]["columns"]]


def required_columns_of(table: str) -> list[str]:
    columns = RAW_TABLES[table]["columns"]
    return [column["name"] for column in columns if column.get("config", {}).get("meta", {}).get("required")]


def sound_csv(table: str, rows: int = 3) -> bytes:
    return as_csv([plain_row(RAW_TABLES[table], number) for number in range(rows)], columns_of(table))


def sound_parquet(table: str, file: Path) -> bytes:
    """Long enough to have pages of data between its magic bytes."""
    source = file.with_suffix(".source")
    source.write_bytes(sound_csv(table, 300))
    duckdb.execute(f"copy (from read_csv('{source}', all_varchar = true)) to '{file}' (format parquet)")
    source.unlink()
    return file.read_bytes()


def content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


# -- what stops a build: the message names every table that is broken, and why


def replaced(change: Callable[[bytes], bytes]) -> Callable[[Path, str], None]:
    return lambda folder, table: (folder / f"{table}.csv").write_bytes(change(sound_csv(table)))


def header(change: Callable[[list[str], list[str]], list[str]]) -> Callable[[Path, str], None]:
    def write(folder: Path, table: str) -> None:
        line = ",".join(change(columns_of(table), required_columns_of(table)))
        (folder / f"{table}.csv").write_bytes(line.encode() + b"\n" + sound_csv(table).partition(b"\n")[2])

    return write


def parquet(change: Callable[[bytes], bytes], name: str = "{}.parquet") -> Callable[[Path, str], None]:
    def write(folder: Path, table: str) -> None:
        file = folder / name.format(table)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(change(sound_parquet(table, file)))

    return write


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", data)
    return buffer.getvalue()


def link(name: str, target: str) -> Callable[[Path, str], None]:
    def write(folder: Path, table: str) -> None:
        place = folder / name.format(table)
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(target.format(table))

    return write


def pipe(folder: Path, table: str) -> None:
    os.mkfifo(folder / f"{table}.csv")


def folder_named(name: str, file: str = "") -> Callable[[Path, str], None]:
    def write(folder: Path, table: str) -> None:
        (folder / name.format(table)).mkdir()
        if file:
            (folder / name.format(table) / file).write_bytes(b"x")

    return write


NO_COLUMNS = "missing required columns"
NO_HEADER = "the header of"
NO_PARQUET = "not readable as Parquet"
NO_CSV = (NO_COLUMNS, NO_HEADER)
STOPPING = {
    # CSV files that are none
    "an empty file": (replaced(lambda _: b""), NO_COLUMNS),
    "a byte order mark alone": (replaced(lambda _: b"\xef\xbb\xbf"), NO_COLUMNS),
    "line ends alone": (replaced(lambda _: b"\n\n\n"), NO_COLUMNS),
    "NUL bytes alone": (replaced(lambda _: b"\x00" * 100), NO_COLUMNS),
    "half a letter of UTF-16": (replaced(lambda data: data.decode().encode("utf-16")[:-1]), "not readable as UTF-16"),
    "UTF-16 without a mark": (replaced(lambda data: data.decode().encode("utf-16-le")), NO_COLUMNS),
    "UTF-32": (replaced(lambda data: data.decode().encode("utf-32")), NO_HEADER),
    "EBCDIC": (replaced(lambda data: data.decode().encode("cp500")), NO_HEADER),
    "gzip": (replaced(gzip.compress), NO_HEADER),
    "zip, as of a workbook": (replaced(zipped), NO_CSV),
    "an image": (replaced(lambda _: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), NO_HEADER),
    "a PDF": (replaced(lambda _: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), NO_COLUMNS),
    "JSON": (replaced(lambda _: b'[{"customer_id": "c1"}]'), NO_COLUMNS),
    "a web page": (replaced(lambda _: b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"), NO_COLUMNS),
    "an executable": (replaced(lambda _: b"\x7fELF\x02\x01\x01\x00\xff\xfe"), NO_HEADER),
    "Parquet": (parquet(lambda data: data, "{}.csv"), NO_CSV),
    # headers that cannot be used
    "colons": (replaced(lambda data: data.replace(b",", b":")), "separated by commas"),
    "blanks": (replaced(lambda data: data.replace(b",", b" ")), "separated by commas"),
    "no header": (replaced(lambda data: data.partition(b"\n")[2]), NO_COLUMNS),
    "a header that starts with a quote": (replaced(lambda data: b'"' + data), NO_HEADER),
    "a header in Latin-1 of a file in UTF-8": (replaced(lambda data: b"pa\xefs," + data + "é".encode()), NO_HEADER),
    "a required column twice": (header(lambda columns, needed: [*columns, needed[0]]), "more than once"),
    "a required one twice, in capitals": (header(lambda columns, needed: [*columns, needed[0].upper()]), "than once"),
    "an optional column twice": (header(lambda columns, _: [*columns, columns[-1]]), "more than once"),
    "no required column": (header(lambda columns, needed: [c for c in columns if c not in needed]), NO_COLUMNS),
    "no first column": (header(lambda columns, _: ["x", *columns[1:]]), NO_COLUMNS),
    "a misspelt column": (header(lambda columns, needed: [c + "s" * (c == needed[-1]) for c in columns]), NO_COLUMNS),
    "an invisible character in a name": (header(lambda columns, _: ["\u200b" + columns[0], *columns[1:]]), NO_COLUMNS),
    "a Cyrillic letter in a name": (header(lambda columns, _: [columns[0].replace("a", "\u0430").replace("e", "\u0435").
                                                               replace("o", "\u043e"), *columns[1:]]), NO_COLUMNS),
    "SQL for a header": (header(lambda *_: ["'); drop schema raw cascade; --"]), NO_COLUMNS),
    "Jinja for a header": (header(lambda *_: ["{{ exceptions.raise_compiler_error('x') }}"]), NO_COLUMNS),
    # Parquet files that are none
    "an empty Parquet file": (parquet(lambda _: b""), NO_PARQUET),
    "CSV called Parquet": (parquet(lambda _: b"customer_id,country\nc1,DE\n"), NO_PARQUET),
    "magic bytes alone": (parquet(lambda _: b"PAR1"), NO_PARQUET),
    "magic bytes twice": (parquet(lambda _: b"PAR1PAR1"), NO_PARQUET),
    "encrypted Parquet": (parquet(lambda data: b"PARE" + data[4:-4] + b"PARE"), NO_PARQUET),
    "Parquet cut in half": (parquet(lambda data: data[: len(data) // 2]), NO_PARQUET),
    "Parquet without its last byte": (parquet(lambda data: data[:-1]), NO_PARQUET),
    "Parquet with a footer of any length": (parquet(lambda data: data[:-8] + b"\xff" * 4 + b"PAR1"), NO_PARQUET),
    "Parquet with a footer of no length": (parquet(lambda data: data[:-8] + b"\x00" * 4 + b"PAR1"), NO_PARQUET),
    "Parquet with a torn footer": (parquet(lambda data: data[:-40] + b"\xff" * 32 + data[-8:]), NO_PARQUET),
    "a torn part": (parquet(lambda data: data[:200], "{}/part-1.parquet"), NO_PARQUET),
    # links, folders and devices where a file should be
    "a link to nowhere": (link("{}.csv", "gone.csv"), "a link to nowhere"),
    "a link to itself": (link("{0}.csv", "{0}.csv"), "a link to nowhere"),
    "a linked folder that is nowhere": (link("{}", "gone"), "a link to nowhere"),
    "a part that is nowhere": (link("{}/part.parquet", "gone.parquet"), NO_PARQUET),
    "a link to a device": (link("{}.csv", "/dev/zero"), "a pipe or a device"),
    "a pipe": (pipe, "a pipe or a device"),
    "a CSV file that is a folder": (folder_named("{}.csv"), "is a folder, where a file is expected"),
    "a Parquet file that is a folder": (folder_named("{}.parquet"), "is a folder, where a file is expected"),
    "a folder that is a file": (lambda folder, table: (folder / table).write_bytes(b"x"), "is a file, where a folder"),
    "a folder of CSV files": (folder_named("{}", "part-1.csv"), "no Parquet part"),
    "parts with a suffix of their own": (folder_named("{}", "part-1.parquet.gz"), "no Parquet part"),
    "a part in capitals that is none": (folder_named("{}", "PART-1.PARQUET"), NO_PARQUET),
    "a part whose name is no UTF-8": (folder_named("{}", "part-\udcff.parquet"), "no UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", STOPPING)
def test_a_folder_that_cannot_be_read_is_refused_by_one_message_for_every_table(kind, tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    write, why = STOPPING[kind]
    for table in RAW_TABLES:
        write(folder, table)
        CASES.add(("stops", kind, table))
    before = content(folder)
    with pytest.raises(LandingError) as raised:
        inspect_folder(folder)
    first, *problems = str(raised.value).splitlines()
    assert f"{folder} cannot be built from. Nothing was written." in first
    assert [problem.split(":")[0].removeprefix("  - ") for problem in problems] == list(RAW_TABLES)
    phrases = why if isinstance(why, tuple) else (why,)
    assert [problem for problem in problems if not any(phrase in problem for phrase in phrases)] == []
    str(raised.value).encode()  # it can be printed
    assert content(folder) == before


@pytest.mark.parametrize("name", ["missing", "file", "link to nowhere", "link to itself", "bytes \udcff"])
def test_a_landing_folder_that_is_none_is_named(name, tmp_path):
    place = tmp_path / name
    if name == "file":
        place.touch()
    elif name.startswith("link"):
        place.symlink_to(place if "itself" in name else tmp_path / "gone")
    elif name.startswith("bytes"):
        place.mkdir()
    with pytest.raises(LandingError, match="RAW_DATA_DIR") as raised:
        inspect_folder(place)
    str(raised.value).encode()
    CASES.add(("stops", "landing folder", name))


# -- what costs a row, and that row alone

HOSTILE_TEXT = [
    "'); create table raw.executed as select 1; --", "'; copy (select 1) to '{marker}'; --", "\" or 1=1 --",
    "$$ drop $$", "/* ", "-- ", "; attach '{marker}' as executed", "(select 1)",
    "' || read_text('/etc/hostname') || '", "\\'; --", "{{ exceptions.raise_compiler_error('executed') }}",
    "{% do run_query('drop schema raw cascade') %}", "{# ", "{{", "%}", "{{ env_var('HOME') }}", "${{HOME}}",
    "$(touch {marker})", "`touch {marker}`", "../../../etc/passwd", "%s%n%d", "{{0}}", "=cmd|' /C calc'!A0",
    "@SUM(1)", "<script>alert(1)</script>", "NULL", "None", "nan", " ", "\t", "\n", "\r\n", "\r", "\x00", "a\x00b",
    "\x1b[31m", "\x7f", "\ufeff", "\u200b", "\u202egnp.exe", "\u2028", "e\u0301", "\U0001f469\u200d\U0001f4bb",
    "\U0010ffff", "\uffff", "'", '"', '""', ",", "\\", "\\N", "x" * 100_000, "\u00df", "\u0130",
]  # fmt: skip
# What may stand around a value: white space, and what has no width.
BLANKS = "".join(chr(code) for code in range(0x10000) if chr(code).isspace() and code not in range(0x1C, 0x20))
BLANKS += "\u200b\ufeff"
# The number that it is, or None: no number.
HOSTILE_NUMBERS = {
    "1e308": None, "-1e308": None, "1e309": None, "1e-308": Decimal(0), "NaN": None, "inf": None, "-inf": None,
    "Infinity": None, "999999999999.999999": Decimal("999999999999.999999"), "1000000000000": None,
    "9223372036854775807": None, "-9223372036854775808": None, "18446744073709551616": None, "1,000": None,
    "1.000,00": None, "$5": None, "5 USD": None, "5%": None, "(5)": None, "--1": None, "1-": None, "-+1": None,
    "1e": None, "e1": None, "1e1e1": None, "0x1F": None, "0b1": None, "1/0": None, "1+1": None, "=1+1": None,
    "\u0663": None, "\uff15": None, "\u2212" + "5": None, "\u00bd": None, "1\u00a0000": None, "1\x00": None,
    ".": None, "-": None, "ten": None, "true": None, "'); drop schema raw cascade; --": None, "{{ 1 }}": None,
    " 5 ": Decimal(5), "+5": Decimal(5), "-0": Decimal(0), "5.": Decimal(5), ".5": Decimal("0.5"), "05": Decimal(5),
    "-5": Decimal(-5),
}  # fmt: skip
# How the reason ends why it is no time, or None: it is one.
HOSTILE_TIMES = {
    "9999-12-31": "", "9999-12-31 23:59:59": "", "10000-01-01": "", "290000-01-01": "", "infinity": "",
    "-infinity": "", "epoch": "", "0000-00-00": "", "0001-01-01": "", "1899-12-31 23:59:59": "",
    "2024-02-30": "", "2023-02-29": "", "1900-02-29": "", "2024-13-01": "", "2024-00-10": "",
    "2024-01-32": "", "2024-01-01 25:00:00": "", "2024-01-01 12:61:00": "", "31/12/2024": "_day_first",
    "12/31/2024": "_month_first", "31.12.2024": "_day_first", "2024-W05-1": "", "20240301": "_no_separators",
    "1709251200": "_unix_time",
    "1e9": "", "9223372036854775807": "_unix_time", "today": "", "now": "", "now()": "", "yesterday": "",
    "noon": "", "2024-03-01 00:00:00+99:99": "", "2024-03-01 00:00:00.5-1600": "",
    "2024-03-01 00:00:00+14:00": None, "2024-03-01 00:00:00 Mars/Olympus": "_zone_name", "2024-03-01T": "",
    "2024\u201303\u201301": "", "\u0662\u0660\u0662\u0664-03-01": "", "2024-03-01\x00": "",
    "x2024-03-01": "", "2024-03-01; drop schema raw": "", "{{ modules.datetime }}": "", "9999-12-30": None,
    "2999-01-01": None, "1900-01-01": None, "2024-02-29": None, "2024-03-01T00:00:00.123456789Z": None,
    " 2024-03-01\u00a0": None,
}  # fmt: skip
BEFORE_MARCH = {"1900-01-01", "2024-02-29", "2024-03-01 00:00:00+14:00"}  # when plain contracts start
HOSTILE_BOOLEANS = {"2": False, "-1": False, "perhaps": False, "TRUE;": False, "\u2713": False, "{{ true }}": False,
                    "nan": False, "\x00": False, "TRUE": True, "f": True}  # fmt: skip


def reason_of(column: dict, value: str) -> str | None:
    """The reason that a row deserves whose column has the value, or None."""
    name, kind, meta = column["name"], column["data_type"], column.get("config", {}).get("meta", {})
    if kind in ("text", "code", "currency"):
        if not value.strip(BLANKS):
            return f"missing_{name}" if meta.get("required") else None
        return f"unknown_{name}" if "accepted" in meta else None
    if kind in ("timestamp", "date", "month"):
        layout = HOSTILE_TIMES[value]
        if name == "ends_on" and value in BEFORE_MARCH:
            return "ends_before_start"
        return None if layout is None else f"unreadable_{name}{layout}"
    if kind == "boolean":
        return None if HOSTILE_BOOLEANS[value] else f"unreadable_{name}"
    if kind == "double":  # as a number it may be as large as it likes, but not infinite
        try:
            number = Decimal(value) if value.isascii() and abs(float(value)) < float("inf") else None
        except (ValueError, ArithmeticError):
            number = None
    else:
        number = HOSTILE_NUMBERS[value]
    if kind == "rate" and number is not None and abs(number) >= 10**7:
        number = None  # seven places are left of twenty-five
    if number is None or (kind == "integer" and number != int(number)):
        return f"unreadable_{name}"
    if "above" in meta and number <= meta["above"]:
        return f"not_positive_{name}"
    if "minimum" in meta and number < meta["minimum"]:
        return f"{'negative' if meta['minimum'] == 0 else 'too_small'}_{name}"
    if "maximum" in meta and number > meta["maximum"]:
        return f"too_large_{name}"
    if name == "score" and number != int(number):
        return "score_not_whole"
    if name == "score" and not 0 <= number <= 10:
        return "score_out_of_range"
    return None


def hostile_values(column: dict) -> list[str]:
    kinds = {"text": HOSTILE_TEXT, "code": HOSTILE_TEXT, "currency": HOSTILE_TEXT, "timestamp": HOSTILE_TIMES,
             "date": HOSTILE_TIMES, "month": HOSTILE_TIMES, "boolean": HOSTILE_BOOLEANS}  # fmt: skip
    return list(kinds.get(column["data_type"], HOSTILE_NUMBERS))


def reconciled(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple]:
    """(raw, accepted, duplicates, quarantined) by table, once they add up, and nothing but the landing made tables."""
    found = connection.execute("select * from marts.rpt_event_reconciliation").fetchall()
    found = [
        row for row in found if row[0] in RAW_TABLES
    ]  # the others are what rows of source_tables say of themselves
    quarantined = Counter(
        table for (table,) in connection.execute("select raw_table from marts.rpt_quarantine").fetchall()
    )
    for table, raw, accepted, duplicates, rejected in found:
        assert raw == accepted + duplicates + rejected, table
        assert rejected == quarantined[table], table
    made = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
    ).fetchall()
    assert {name for schema, name in made if schema == "raw"} == RAW_NAMES
    assert {schema for schema, _ in made} == {"raw", "staging", "marts"}
    return {table: tuple(counts) for table, *counts in found}


def test_a_value_that_cannot_be_read_costs_its_row_alone_and_none_is_executed(tmp_path, marker):
    tables, expected = {}, {}
    for name, table in RAW_TABLES.items():
        rows, reasons = [], Counter()
        for column in table["columns"]:
            for value in hostile_values(column):
                fields = {column["name"]: value.replace("{marker}", str(marker))}
                rows.append(plain_row(table, len(rows)) | fields)
                reasons[reason_of(column, value)] += 1
                CASES.add(("value", name, column["name"], value))
        tables[name], expected[name] = rows, reasons
    # a hostile currency has a rate: it is a currency of exchange_rates too
    harness.write_landing(tmp_path, tables)
    with stage(tmp_path) as connection:
        counts = reconciled(connection)
        for name, reasons in expected.items():
            found = connection.execute("select reason from marts.rpt_quarantine where raw_table = ?", [name]).fetchall()
            assert Counter(reason for (reason,) in found) == Counter({r: n for r, n in reasons.items() if r}), name
            assert counts[name] == (len(tables[name]), reasons[None], 0, len(tables[name]) - reasons[None])
        agents = connection.execute("select agent from staging.stg_support__support_tickets").fetchall()
    kept = {value.replace("{marker}", str(marker)).strip(BLANKS) or None for value in HOSTILE_TEXT}
    assert kept <= {agent for (agent,) in agents}
    assert not marker.exists()


BROKEN_LINES = {
    "bytes of Latin-1": b"\xe9", "half a character": b"\xc3", "a surrogate": b"\xed\xa0\x80",
    "an overlong slash": b"\xc0\xaf", "beyond Unicode": b"\xf5\x80\x80\x80",
    "UTF-16 in between": "x".encode("utf-16"), "a lone continuation": b"\x80",
}  # fmt: skip


def test_a_line_that_is_no_row_costs_itself_alone(tmp_path):
    for name in RAW_TABLES:
        first, *sound = sound_csv(name, 50).splitlines(keepends=True)
        fields = len(columns_of(name))
        starts = [*BROKEN_LINES.values(), b'"x"y', b'"x', b"x" * 9_000_000]
        broken = [start + b"," * (fields - 1) + b"\n" for start in starts]
        broken += [b"x\n", b"," * fields + b"x\n", b"," * (fields * 1000) + b"x\n", b"<!-- -->\n"]
        mixed = [line for pair in zip(sound, broken, strict=False) for line in pair] + sound[len(broken) :]
        (tmp_path / f"{name}.csv").write_bytes(first + b"".join(mixed))
        CASES.update(("line", name, number) for number in range(len(broken)))
    with stage(tmp_path) as connection:
        counts = reconciled(connection)
    assert counts == {name: (50 + len(broken), 50, 0, len(broken)) for name in RAW_TABLES}


PARQUET_VALUES = [
    "9223372036854775807", "18446744073709551615::ubigint", "170141183460469231731687303715884105727::hugeint",
    "1e308::double", "'nan'::double", "'inf'::double", "'-inf'::float",
    "99999999999999999999999999.999999::decimal(38, 6)", "'\\xFF\\x00'::blob", "[1, null, 3]", "{'a': {'b': 'c'}}",
    "map {'a': 1}", "time '12:00'", "interval '1 month'", "timestamp_ns '2024-03-01 00:00:00.123456789'",
    "timestamptz '2024-03-01 00:00:00+02'", "date 'infinity'", "timestamp '-infinity'", "timestamp '290000-01-01'",
    "date '5877642-06-25 (BC)'", "'00000000-0000-0000-0000-000000000000'::uuid", "'x'::enum('x', 'y')", "true",
    "null", "''", "'\\x00'",
]  # fmt: skip


@pytest.mark.parametrize("value", PARQUET_VALUES)
def test_parquet_columns_of_any_type_end_in_rows_or_in_the_quarantine(value, tmp_path):
    for name, table in RAW_TABLES.items():
        columns = []
        for column in table["columns"]:
            plain = plain_row(table, 1)[column["name"]]
            is_text = column["data_type"] in ("text", "code", "currency")
            columns.append(f"'{plain}' as {column['name']}" if is_text else f"{value} as {column['name']}")
            CASES.add(("type", name, column["name"], value))
        in_text = ", ".join(f"{value} as {column}" for column in columns_of(name))
        folder = tmp_path / name
        folder.mkdir()
        duckdb.execute(f"copy (select {', '.join(columns)}) to '{folder}/1.parquet' (format parquet)")
        duckdb.execute(f"copy (select {in_text}) to '{folder}/2.parquet' (format parquet)")
    with stage(tmp_path) as connection:
        assert {raw for raw, *_ in reconciled(connection).values()} == {2}


# -- bytes that nobody chose


def damaged(generator: random.Random, data: bytes) -> bytes:
    """A few bytes changed, cut out, doubled or put in."""
    for _ in range(generator.randint(1, 6)):
        start = generator.randrange(len(data))
        end = start + generator.choice([1, 1, 1, 4, 50])
        piece = data[start:end]
        new = generator.choice([b"", piece * 2, generator.randbytes(len(piece)), b'"', b"\n", b",", b"\x00", b"\r"])
        data = data[:start] + new + data[end:]
    return data or b"x"


@pytest.mark.parametrize("seed", range(12))
def test_damaged_csv_is_refused_or_adds_up(seed, tmp_path):
    generator = random.Random(seed)
    for name in RAW_TABLES:
        first, _, rest = sound_csv(name, 40).partition(b"\n")
        is_header_damaged = generator.random() < 0.1
        text = (
            damaged(generator, first + b"\n" + rest) if is_header_damaged else first + b"\n" + damaged(generator, rest)
        )
        (tmp_path / f"{name}.csv").write_bytes(text)
        CASES.add(("damaged CSV", name, seed))
    try:
        landed = inspect_folder(tmp_path)
    except LandingError as error:
        refused = [line.split(":")[0].removeprefix("  - ") for line in str(error).splitlines()[1:]]
        assert set(refused) <= set(RAW_TABLES)
        for name in refused:
            (tmp_path / f"{name}.csv").write_bytes(sound_csv(name))
        landed = inspect_folder(tmp_path)
    assert len(landed) == len(RAW_TABLES)
    with stage(tmp_path) as connection:
        reconciled(connection)


@pytest.mark.parametrize("seed", range(12))
def test_damaged_parquet_is_refused_stops_the_build_or_adds_up(seed, tmp_path):
    generator = random.Random(seed)
    for name in RAW_TABLES:
        file = tmp_path / f"{name}.parquet"
        file.write_bytes(damaged(generator, sound_parquet(name, file)))
        CASES.add(("damaged Parquet", name, seed))
    try:
        inspect_folder(tmp_path)
    except LandingError as error:
        for line in str(error).splitlines()[1:]:
            name = line.split(":")[0].removeprefix("  - ")
            assert NO_PARQUET in line or NO_COLUMNS in line
            sound_parquet(name, tmp_path / f"{name}.parquet")
    try:
        with stage(tmp_path) as connection:
            reconciled(connection)
    except RuntimeError as error:  # a page that cannot be decoded shows when it is read: dbt then names the model
        assert str(error).startswith("base_")


# -- through every model


def test_extreme_values_that_are_values_break_no_model(tmp_path, marker):
    """The largest amounts, times at both ends, hostile names of everything, and clocks that run ahead."""
    largest = "999999999999.999999"
    # a blank text would be a missing id
    texts = [value.replace("{marker}", str(marker)) for value in HOSTILE_TEXT if value.strip(BLANKS)]
    history = [
        ("started", "2024-03-01"), ("changed", "2024-04-01"), ("paused", "2024-05-01"), ("cancelled", "2024-06-01"),
        ("started", "2024-07-01"), ("cancelled", "9999-12-30"), ("started", "2999-01-01"),
    ]  # fmt: skip
    tables = {name: [] for name in RAW_TABLES}
    for number, text in enumerate(texts):
        event = dict.fromkeys(("customer_id", "subscription_id", "plan_id", "reason_code", "reason_text"), text)
        interval = ["day", "week", "month", "quarter", "year"][number % 5]
        event |= {"amount": largest, "currency": "eur", "billing_interval": interval, "cancelled_by": text}
        for step, (event_type, time) in enumerate(history):
            tables["subscription_events"].append(
                event | {"event_id": f"{text}{step}", "event_type": event_type, "occurred_at": time}
            )
        for name in RAW_TABLES.keys() - {"subscription_events", "exchange_rates"}:
            plain, kinds = plain_row(RAW_TABLES[name], number), {c["name"]: c for c in RAW_TABLES[name]["columns"]}
            hostile = {c: text for c in plain if kinds[c]["data_type"] in ("text", "code") and "accepted" not in
                       kinds[c].get("config", {}).get("meta", {})}  # fmt: skip
            numbers = {c: largest for c in plain if kinds[c]["data_type"] == "decimal" and c != "score"}
            fields = {
                "currency": "EUR",
                "score": "0",
                "subject": "",
            }  # money is converted; the answer is about us
            tables[name].append(plain | hostile | numbers | {c: fields[c] for c in fields.keys() & plain.keys()})
        CASES.add(("every model", text))
    tables["exchange_rates"] = [{"rate_date": "1900-01-01", "currency": "EUR", "rate_to_reporting": "1000000"}]
    harness.write_landing(tmp_path, tables)
    marts = [file.stem for file in (harness.PROJECT / "models" / "marts").rglob("*.sql")]
    with duckdb.connect() as connection:
        harness.build_on(connection, tmp_path, marts, {})
        (as_of,) = connection.execute("select as_of from intermediate.int_report_moment").fetchone()
        assert as_of <= datetime.now(UTC).replace(tzinfo=None)
        rows = {mart: connection.execute(f"select count(*) from marts.{mart}").fetchone()[0] for mart in marts}
        without_rows = {
            "rpt_clv_backtest",
            "rpt_dunning",
            "rpt_recovery_by_reason",
            "rpt_restatements",
            "rpt_similar_values",
            "rpt_trial_conversion",
        }
        without_rows |= {"fct_customer_signals"}  # one answer, ticket and message of a customer are no habit
        # one NPS answer is neither of others nor enough for anything else
        without_rows |= {"rpt_survey_scores", "rpt_competitor_scores", "rpt_nps_drivers", "rpt_nps_retention_lag"}
        without_rows |= {"fct_silent_churn", "rpt_engagement_cohorts"}  # which ask for months of use
        without_rows |= {"rpt_forecast_accuracy", "rpt_forecast_backtest"}  # one customer is not forecast
        without_rows |= {"rpt_winback_results", "sync_winback_queue"}  # nobody has been lost for 30 days
        without_rows |= {"rpt_upcoming_renewals"}  # a quarter that begins in July has more than 90 days
        assert {mart for mart in marts if rows[mart] == 0} == without_rows
        (broken,) = connection.execute(
            "select count(*) from marts.rpt_churn_rates where customers_end <> customers_start + customers_new "
            "+ customers_reactivated - customers_churned + customers_moved_in - customers_moved_out"
        ).fetchone()
        rejected = connection.execute("select count(raw_row) from marts.rpt_quarantine").fetchone()
    assert broken == 0 and rejected == (0,)
    assert not marker.exists()


# -- a handful through the command that publishes


def build(landing: Path, place: Path) -> subprocess.CompletedProcess:
    return commands.run("warehouse.build", env={**shared.environment(place, landing), "DBT_USE_COLORS": "false"})


@pytest.mark.parametrize("kind", ["a folder that is a file", "a torn footer", "a torn page"])
def test_the_build_says_what_is_wrong_and_leaves_the_published_file(kind, tmp_path):
    landing, published = tmp_path / "landing", tmp_path / "published" / "marts.duckdb"
    published.parent.mkdir()
    published.write_bytes(b"what readers have open")
    if kind == "a folder that is a file":
        landing.touch()
        said = "which is a file, where a folder is expected"
    else:
        landing.mkdir()
        for name in ("customers", "subscription_events"):
            file = landing / f"{name}.parquet"
            data = sound_parquet(name, file)
            if name == "customers":
                file.write_bytes(data[:-40] + b"\xff" * 32 + data[-8:] if "footer" in kind
                                 else data[:4] + b"\xff" * 2000 + data[2004:])  # fmt: skip
        said = (
            "customers: not readable as Parquet"
            if "footer" in kind
            else "customers: the rows of customers.parquet cannot be read"
        )
    result = build(landing, tmp_path)
    assert result.returncode != 0
    assert said in result.stdout
    assert "subscription_events: " not in result.stdout, (
        "the sound file is not blamed, though it is read beside the torn"
    )
    assert "Nothing was published" in result.stdout or "Nothing was done" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert published.read_bytes() == b"what readers have open"
    CASES.add(("build", kind))


def test_there_are_hundreds_of_cases(capsys):
    kinds = Counter(kind for kind, *_ in CASES)
    with capsys.disabled():
        print(f"\n{len(CASES):,} broken landings: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()))
    assert len(CASES) >= 300
