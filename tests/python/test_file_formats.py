"""The formats that people have: each gives the rows of the same table as CSV, and costs what is broken in it alone."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

import commands
import duckdb
import openpyxl
import pyarrow
import pytest
import shared
from hypothesis import given
from hypothesis import strategies as st

from warehouse import file_formats, settings
from warehouse.erasures import Erasures
from warehouse.increments import ALL, EVENTS, NONE, BuildFacts, plan_build
from warehouse.landing import LandingError, inspect_folder, landing_statements
from warehouse.unread_files import read_as, unread_files

HEADER = ["customer_id", "country", "email"]
ROWS = [["c1", "DE", "x"], ["c2", 'Åland, "Ö"\nlängst', None]]


def as_csv(rows: list[list], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([HEADER, *rows])
    return text.getvalue()


def as_objects(rows: list[list]) -> list[dict]:
    """Without the keys that have no value."""
    return [{name: value for name, value in zip(HEADER, row, strict=True) if value} for row in rows]


def as_lines(rows: list[list]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in as_objects(rows))


def as_workbook(sheets: dict[str, list[list]]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(content)
    return content.getvalue()


def zstd(content: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A landing folder with one event and no customers."""
    folder = tmp_path / "landing"
    folder.mkdir()
    columns = "event_id,customer_id,subscription_id,event_type,occurred_at"
    (folder / "subscription_events.csv").write_text(f"{columns}\ne1,c1,s1,started,2024-01-01\n")
    return folder


def land(folder: Path, erasures: Erasures | None = None) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for statement in landing_statements(inspect_folder(folder, erasures=erasures)):
        connection.execute(statement)
    return connection


def customers(connection: duckdb.DuckDBPyConnection) -> list[list]:
    rows = connection.execute("select customer_id, country, email from raw.customers order by all").fetchall()
    return [list(row) for row in rows]


def unreadable(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute("select line_number, problem, line from raw.unreadable_lines order by 1").fetchall()


def problem(folder: Path) -> str:
    with pytest.raises(LandingError) as raised:
        land(folder)
    return str(raised.value)


TEXT, LIST = as_csv(ROWS).encode(), json.dumps(as_objects(ROWS)).encode()
SAME = {
    "customers.csv.gz": gzip.compress(TEXT),
    "CUSTOMERS.CSV.GZ": gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:]),  # two members
    "customers.csv.zst": zstd(TEXT),
    "customers.tsv": as_csv(ROWS, "\t").encode(),
    "Customers.Csv": as_csv(ROWS, ";").encode(),
    "customers.csv": as_csv(ROWS, "|").encode(),
    "customers.csv of Excel": b"\xef\xbb\xbf" + as_csv(ROWS, ";").replace("\n", "\r\n").encode(),
    "customers.csv in UTF-16": as_csv(ROWS, "\t").encode("utf-16"),
    "customers.csv in UTF-16, the other way round": b"\xfe\xff" + as_csv(ROWS).encode("utf-16-be"),
    "customers.csv in cp1252": as_csv(ROWS).encode("cp1252"),
    "customers.csv.gz in cp1252": gzip.compress(as_csv(ROWS, ";").encode("cp1252")),
    "customers.json": LIST,
    "customers.json with a mark": b"\xef\xbb\xbf \n" + json.dumps(as_objects(ROWS), indent=2).encode(),
    "customers.json.gz": gzip.compress(LIST),
    "customers.json, an object a line": as_lines(ROWS).encode(),
    "customers.jsonl": as_lines(ROWS).encode(),
    "customers.ndjson": b"\xef\xbb\xbf" + as_lines(ROWS).replace("\n", "\r\n\r\n").encode(),
    "customers.jsonl.gz": gzip.compress(as_lines(ROWS).encode()),
    "customers.ndjson.zst": zstd(as_lines(ROWS).encode()),
    "customers.jsonl in cp1252": as_lines(ROWS).encode("cp1252"),
    "customers.xlsx": as_workbook({"Export": [HEADER, *ROWS]}),
    "customers.xlsx with its sheet": as_workbook({"Read me": [["customer_id"], ["no"]], "Customers ": [HEADER, *ROWS]}),
    "customers.xlsx with empty rows": as_workbook({"x": [[], [None], HEADER, [None] * 3, *ROWS, [], [" " * 0]]}),
}


@pytest.mark.parametrize("name", SAME)
def test_the_rows_are_those_of_csv(folder, name):
    (folder / name.split(" ")[0].rstrip(",")).write_bytes(SAME[name])
    connection = land(folder)
    got = customers(connection)
    # between lines a CSV file of Excel has its own line end, in a field too
    assert [[value and value.replace("\r\n", "\n") for value in row] for row in got] == ROWS
    assert unreadable(connection) == []
    landed = inspect_folder(folder)
    assert [line.split(" is no UTF-8")[0] for line in read_as(folder, landed)] == (
        [name.split(" ")[0]] if "cp1252" in name else []
    )
    assert unread_files(folder, landed) == []


def test_of_several_files_of_a_table_the_first_format_is_read_and_the_others_are_named(folder):
    order = [
        "customers.csv",
        "customers.csv.gz",
        "customers.tsv",
        "customers.jsonl",
        "customers.json",
        "customers.xlsx",
    ]
    for name in order:
        (folder / name).write_bytes(SAME[name])
    for name, *later in (order[place:] for place in range(len(order))):
        landed = inspect_folder(folder)
        assert [
            path.name for found in landed for s in found.sources for path in s.paths if "customers" in path.name
        ] == [name]
        lines = unread_files(folder, landed)
        assert [line.split(" ")[0] for line in lines] == sorted(later)
        assert all(line.endswith(f"{name} is table customers. Remove one of them") for line in lines)
        (folder / name).unlink()


BROKEN = {
    "customers.csv.gz": (
        gzip.compress(as_csv([["c1", "a\nb", "x"]]).encode() + b'c2\nc3,"D"E,x\nc4,D\xff\xc3\xa9,\n'),
        [["c1", "a\nb", "x"]],
        [
            (4, "1 field where the header has 3", "c2"),
            (5, "a quote is misplaced or not closed", 'c3,"D"E,x'),
            (6, "bytes that are no UTF-8", "c4,D\ufffdé,"),
        ],
    ),
    "customers.tsv": (b"customer_id\tcountry\temail\nc1\tD,E\tx\nc2\n", [["c1", "D,E", "x"]],
                      [(3, "1 field where the header has 3", "c2")]),
    "customers.jsonl": (
        b'{"customer_id": "c1", "country": "DE", "email": "x"}\n\nnone\n[1]\n{"customer_id": "c2", "count\nnull\n"x"\n',
        [["c1", "DE", "x"]],
        [(3, "it is no JSON", "none"), (4, "JSON that is no object", "[1]"),
         (5, "it is no JSON", '{"customer_id": "c2", "count'), (6, "JSON that is no object", "null"),
         (7, "JSON that is no object", '"x"')],
    ),
    "customers.json": (b'[{"customer_id": "c1", "country": "DE", "email": "x"}, 5, null, [{}]]', [["c1", "DE", "x"]],
                       [(2, "JSON that is no object", "5"), (3, "JSON that is no object", "null"),
                        (4, "JSON that is no object", "[{}]")]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_row_is_kept_with_its_reason(folder, name):
    content, rows, lines = BROKEN[name]
    (folder / name).write_bytes(content)
    connection = land(folder)
    assert customers(connection) == rows
    assert unreadable(connection) == lines


NO_UNPACKING, NO_JSON, NO_COLUMNS = "cannot be unpacked", "is not readable as JSON", "missing required columns"
REFUSED = {
    "an empty packed file": ("customers.csv.gz", gzip.compress(b""), NO_COLUMNS),
    "no byte": ("customers.csv.gz", b"", "customers.csv.gz is empty"),
    "a text that is not packed": ("customers.csv.gz", TEXT, NO_UNPACKING),
    "a packed file without its end": ("customers.csv.gz", gzip.compress(TEXT * 1000)[:-9], NO_UNPACKING),
    "a packed file with a bit turned": ("customers.csv.gz", gzip.compress(TEXT)[:-6] + b"\x00" * 6, NO_UNPACKING),
    "zstd without its end": ("customers.jsonl.zst", zstd(TEXT)[:-5], NO_UNPACKING),
    "zstd that is none": ("customers.csv.zst", TEXT, NO_UNPACKING),
    "half a letter of UTF-16": ("customers.csv", TEXT.decode().encode("utf-16")[:-1], "not readable as UTF-16"),
    "UTF-16 without a mark": ("customers.csv", TEXT.decode().encode("utf-16-le"), NO_COLUMNS),
    "a list without its end": ("customers.json", LIST[:-5], f"{NO_JSON}: it breaks off or has an error at byte"),
    "an object over the rows": ("customers.json", b'{"data": ' + LIST + b"}", NO_COLUMNS),
    "a printed object": ("customers.json", b'{\n "data": 1\n}', "neither a list of JSON objects nor one object a line"),
    "a number": ("customers.json", b"5", "neither a list of JSON objects nor one object a line"),
    "no JSON at all": ("customers.jsonl", TEXT, "neither a list of JSON objects nor one object a line"),
    "an empty JSON file": ("customers.json", b" \n", "customers.json is empty"),
    "JSON in two encodings": ("customers.jsonl", '{"é": 1}\n'.encode() + b'{"\xe9": 1}', f"{NO_JSON}: it holds bytes"),
    "a name in two spellings": ("customers.jsonl", b'{"customer_id": 1}\n{"Customer_ID": 1}', "more than once"),
    "a workbook that is none": ("customers.xlsx", b"PK\x03\x04 damaged", "not readable as a workbook"),
    "a workbook without its end": ("customers.xlsx", SAME["customers.xlsx"][:-50], "not readable as a workbook"),
    "an empty workbook": ("customers.xlsx", as_workbook({"x": []}), "customers.xlsx is empty"),
    "CSV called a workbook": ("customers.xlsx", TEXT, "not readable as a workbook"),
    "a folder": ("customers.jsonl/", b"", "customers.jsonl is a folder, where a file is expected"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_not_what_its_name_says_is_refused_in_one_sentence(folder, case):
    name, content, why = REFUSED[case]
    if name.endswith("/"):
        (folder / name).mkdir()
    else:
        (folder / name).write_bytes(content)
    _, said = problem(folder).splitlines()
    assert said.startswith("  - customers: ") and why in said
    assert "Åland" not in said and "/tmp" not in said


PIECES = [
    b'{"customer_id": 1}', b'{"customer_id": "a\\nb", "x": [{}]}', b'{"Country": null}', b"{", b"}", b"[", b"]", b",",
    b'"', b"\n", b"\n", b"\r\n", b" ", b"\x00", b"\xff", b"\xc3\xa9", b"1", b"null", b"\\", b"\x01", b"customer_id",
    b"\t", b";",
]  # fmt: skip


@given(
    name=st.sampled_from(
        ["customers.jsonl", "customers.json", "customers.ndjson.gz", "customers.csv", "customers.tsv"]
    ),
    pieces=st.lists(st.sampled_from(PIECES)),
)
def test_any_bytes_are_rows_or_unreadable_or_refused_by_name(name, pieces):
    with tempfile.TemporaryDirectory() as place:
        folder, content = Path(place), b"".join(pieces)
        (folder / "subscription_events.json").write_text("[]")
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        try:
            connection = land(folder)
        except LandingError as error:
            assert "  - customers: " in str(error) and len(str(error).splitlines()) == 2
            return
        kept = len(customers(connection)) + len(unreadable(connection))
    if "json" in name and not content.lstrip().startswith(b"["):
        assert kept == sum(bool(line) for line in re.split(rb"\r\n|\r|\n", content))


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_an_encoding_is_told_wherever_a_piece_of_the_file_ends(tmp_path, monkeypatch, size):
    monkeypatch.setattr(file_formats, "BYTES_AT_ONCE", size)
    for text, encoding in (
        (b"plain", ""), ("Öl, größer".encode(), ""), ("Öl, größer".encode("cp1252"), "cp1252"), (b"a\x81", ""),
        ("größer".encode("cp1252") + "é".encode(), ""), ("é".encode("utf-16"), "utf-16"), ("é".encode("utf-32"), ""),
        (b"\xe9\x00", ""), ("“quoted” € 5".encode("cp1252"), "cp1252"), ("数据".encode(), ""), (b"", ""),
    ):  # fmt: skip
        (tmp_path / "text").write_bytes(text)
        assert file_formats.encoding_of(tmp_path / "text") == encoding, text


@pytest.mark.parametrize("content", [b"[]", b" [ ]\n"])
def test_an_empty_list_is_a_table_without_rows(folder, content):
    (folder / "customers.json").write_bytes(content)
    assert customers(land(folder)) == []


def test_json_values_stand_as_they_are_written(folder):
    rows = '{"customer_id": 12345678901234567890123, "country": {"code": ["DE", 1.50, null]}, "EMAIL": null, "x": 1}\n'
    rows += '{"customer_id": "", "country": true, "e\\"m/a~il": 1, "EMAIL": 12.25}\n{"customer_id": "a\\u0000b\\n"}'
    (folder / "customers.jsonl").write_text(rows)
    assert customers(land(folder)) == [
        ["12345678901234567890123", '{"code":["DE",1.5,null]}', None],
        ["a\x00b\n", None, None],
        [None, "true", "12.25"],
    ]


def test_cells_of_a_workbook_stand_as_people_see_them(folder):
    cells = [datetime(2024, 1, 5), datetime(2024, 1, 5, 10, 30, 1), date(2024, 2, 29), 49.0, 12, 0.1 + 0.2, 1e15, True,
             None, "007", "=1/0"]  # fmt: skip
    rows = [[f"c{place:02}", cell, None, None, "further right"] for place, cell in enumerate(cells)]
    (folder / "customers.xlsx").write_bytes(as_workbook({"x": [HEADER, *rows]}))
    assert [country for _, country, _ in customers(land(folder))] == [
        "2024-01-05", "2024-01-05 10:30:01", "2024-02-29", "49", "12", "0.3", "1000000000000000", "true", None, "007",
        None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["12,50", "1.234,5", "1 234,5", "7", "-3,1", " 4,25 ", "1.234", "", "n/a"],
         ["12.50", "1234.5", "1234.5", "7", "-3.1", "4.25", "1234", None, "n/a"]),
        (["12,5", "49.9"], None),  # a column of both says nothing
        (["1,234", "5,678"], None),  # thousands, or thousandths
        (["1,234.50", "12,5"], None),
        (["49.90", "5"], None),
        (["12,5,0", "x,1"], None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl"])
def test_a_decimal_comma_is_read_where_the_column_says_so(folder, name, written, read):
    (folder / "customers.csv").write_text("customer_id\n")
    rows = [[f"o{place}", "c1", "2024-01-01", amount, "a,5"] for place, amount in enumerate(written)]
    names = ["order_id", "customer_id", "ordered_at", "amount", "product"]
    with (folder / name).open("w", newline="") as file:
        if name.endswith("csv"):
            csv.writer(file, delimiter=";").writerows([names, *rows])
        else:
            file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    found = land(folder).execute("select amount, product from raw.orders order by order_id").fetchall()
    assert [amount for amount, _ in found] == (read or written)
    assert {product for _, product in found} == {"a,5"}  # a text is no number


def test_a_file_that_is_the_same_is_not_read_again(folder):
    duckdb.execute(f"copy (from '{folder}/subscription_events.csv') to '{folder}/subscription_events.parquet'")
    for name in ("customers.jsonl.gz", "plans.xlsx"):
        content = SAME[name] if name in SAME else as_workbook({"x": [["plan_id"], ["a"]]})
        (folder / name).write_bytes(content)
    first = plan_build(inspect_folder(folder), BuildFacts({}, None)).state
    again = plan_build(inspect_folder(folder), BuildFacts({}, first))
    assert again.is_increment and set(again.reads.values()) == {NONE}
    (folder / "customers.jsonl.gz").write_bytes(gzip.compress(b'{"customer_id": "c3"}'))
    other = plan_build(inspect_folder(folder), BuildFacts({}, again.state))
    assert other.reads == {**again.reads, "customers": ALL}
    assert customers(land(folder)) == [["c3", None, None]]  # nothing of before is remembered
    assert EVENTS in other.reads


@pytest.mark.parametrize("name", ["it's a folder [1]", "a*b?c", "{{ x }}"])
def test_any_folder_name_will_do(folder, tmp_path, name):
    for file in ("customers.jsonl", "customers.json", "customers.xlsx", "customers.csv.gz"):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_bytes(SAME[file])
        (folder / "subscription_events.csv").rename(tmp_path / name / "subscription_events.csv")
        assert customers(land(tmp_path / name)) == ROWS
        (tmp_path / name / "subscription_events.csv").rename(folder / "subscription_events.csv")
        (tmp_path / name / file).unlink()
        (tmp_path / name).rmdir()


def test_links_are_followed(folder, tmp_path):
    (tmp_path / "elsewhere").write_bytes(SAME["customers.csv.gz"])
    (folder / "customers.csv.gz").symlink_to(tmp_path / "elsewhere")
    assert customers(land(folder)) == ROWS


def test_folders_of_partitions_are_read_and_a_column_of_their_names_is_missed_aloud(folder):
    (folder / "customers.csv").write_text("customer_id\n")
    duckdb.execute(
        f"copy (select 'p' || i as plan_id, 2024 as year, i as month, 'T' || i as plan_tier from range(3) r(i)) "
        f"to '{folder}/plans' (format parquet, partition_by (year, month, plan_tier))"
    )
    assert land(folder).execute("select plan_id, plan_tier from raw.plans order by 1").fetchall() == [
        (f"p{i}", None) for i in range(3)
    ]
    assert unread_files(folder, inspect_folder(folder)) == [
        "plans/: plan_tier stands in names of folders (plan_tier=T0/), which are not read: write it into the files too"
    ]


def test_nothing_of_an_erased_customer_is_landed(folder, tmp_path):
    erasures = Erasures(tmp_path / "erasures.json")
    erasures.add("1234567", {"jane@example.com"}, True)
    erasures.add("jane-doe-9", set(), True)
    lines = [
        '{"customer_id": 1234567, "country": "DE", "email": "jane@example.com"}', '{"customer_id": "c2"}',
        '{"customer_id": 1234567, "country', '{"customer_id":"jane-doe-9"', '{"owner": ["jane@example.com", "}', "{c2"
    ]  # fmt: skip
    (folder / "customers.jsonl").write_text("\n".join(lines))
    connection = land(folder, erasures)
    assert customers(connection) == [["c2", None, None], [erasures.new_id("1234567"), "DE", None]]
    assert [line for _, _, line in unreadable(connection)] == ["", "", "", "{c2"]


def test_what_was_made_of_the_files_goes_with_the_process(folder, tmp_path):
    """It may be personal."""
    (folder / "customers.jsonl.gz").write_bytes(SAME["customers.jsonl.gz"])
    code = "import sys, pathlib; from warehouse.landing import *; from warehouse.scratch import scratch\n"
    code += "landing_statements(inspect_folder(pathlib.Path(sys.argv[1])))\n"
    code += "print(scratch(), len(list(scratch().iterdir())))"
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=shared.PROJECT, capture_output=True, text=True, check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    place, made = run.stdout.split()
    assert int(made) >= 3 and not Path(place).exists()


# -- through the whole command

FORMATS = {
    "subscription_events": "in folders of months",
    "customers": "jsonl.gz",
    "plans": "xlsx",
    "exchange_rates": "xlsx",
    "invoices": "csv.zst",
    "orders": "decimal commas",
    "support_tickets": "csv.gz",
    "survey_responses": "json",
    "onboarding_milestones": "tsv",
    "acquisition_costs": "ndjson",
    "campaign_contacts": "json.gz",
    "targets": "utf-16",
    "annotations": "csv",
    "contracts": "csv",
    "product_usage": "parquet",
}


def convert(table: str, kind: str, folder: Path) -> None:
    """Write a table of the demo business in another format."""
    source = settings.DEMO_FOLDER / f"{table}.csv"
    if kind == "parquet":
        (folder / table).symlink_to(settings.DEMO_FOLDER / table)
        return
    text = f"read_csv('{source}', all_varchar = true, header = true)"
    content = source.read_bytes()
    with source.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    if kind == "in folders of months":
        moment = "coalesce(try_cast(occurred_at as timestamp), timestamp '2024-01-01')"
        duckdb.execute(
            f"copy (select *, year({moment}) as year, month({moment}) as month from {text}) to '{folder}/{table}' "
            "(format parquet, partition_by (year, month))"
        )
        return
    if kind.startswith(("json", "ndjson")):
        listed = ", array true" if kind.startswith("json") and "jsonl" not in kind else ""
        packed = ", compression gzip" if kind.endswith("gz") else ""
        typed = f"read_csv('{source}')" if kind == "ndjson" else text
        duckdb.execute(f"copy (from {typed}) to '{folder}/{table}.{kind}' (format json{listed}{packed})")
        return
    if kind == "xlsx":
        typed = duckdb.execute(f"from read_csv('{source}', null_padding = true)").fetchall()
        content = as_workbook({"notes": [["not this one"]], table: [names, *map(list, typed)]})
    elif kind == "decimal commas":
        kind, amounts = "csv", [names.index("amount"), names.index("refunded_amount")]
        for row in rows:
            for place in amounts:
                row[place] = row[place].replace(".", ",")
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=";").writerows([names, *rows])
        content = written.getvalue().encode()
    elif kind == "tsv":
        written = io.StringIO(newline="")
        csv.writer(written, delimiter="\t").writerows([names, *rows])
        content = written.getvalue().encode()
    elif kind == "utf-16":
        kind, content = "csv", content.decode().encode("utf-16")
    packing = {"csv.zst": zstd, "csv.gz": gzip.compress}.get(kind, bytes)
    (folder / f"{table}.{kind}".upper()).write_bytes(packing(content))


def test_a_build_of_every_format_gives_the_tables_of_csv(demo_build, tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    for table, kind in FORMATS.items():
        convert(table, kind, folder)
    environment = shared.environment(tmp_path, folder)
    run = commands.run("warehouse.build", env=environment)
    assert run.returncode == 0, run.stdout[-5000:]
    with duckdb.connect(str(tmp_path / "published" / "marts.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{demo_build.published}' as expected (read_only)")
        marts = connection.execute("select table_name from duckdb_tables() where database_name = 'expected'").fetchall()
        assert len(marts) > 30
        for (mart,) in marts:
            columns = connection.execute(f"describe expected.main.{mart}").fetchall()
            # a fitted model's last places follow the order of its rows
            select = ", ".join(f"round({name}, 6)" if kind == "DOUBLE" else name for name, kind, *_ in columns)
            both = [f"select {select} from {database}.main.{mart}" for database in ("marts", "expected")]
            differ = [
                connection.execute(f"select count(*) from ({one} except all {other})").fetchone()[0]
                for one, other in (both, both[::-1])
            ]
            assert differ == [0, 0], mart
