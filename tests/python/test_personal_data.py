"""Personal data: none leaves staging in clear, one person can be erased, and what is exported runs nothing."""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import commands
import duckdb
import harness
import openpyxl
import pytest
import shared
import yaml

from warehouse.erase import declared_columns, stored_files
from warehouse.export import ExportError, export, harmless
from warehouse.landing import CONTRACT_FILE
from warehouse.personal_data import contacts_found

MARTS = [file.stem for file in (harness.PROJECT / "models" / "marts").rglob("*.sql")]
# e-mail addresses, telephone numbers and cards as people write them; none of it may be left of a text
CANARIES = [
    "ann.lee+crm@example.com", "jürgen@müller-straße.de", "ИВАН@пример.рф", "a@b", "x_y%z@sub.domain.example",
    "+1 555 010 0199", "+49 (0) 89 / 1234-567", "(0664) 123 45 67", "555.010.0199", "00 44 20 7946 0958", "5550100199",
    "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "DE89 3704 0044 0532 0130 00",
    "+1 \u2013 555 \u2013 010 \u2013 0199", "4111\u00a01111\u00a01111\u00a01111",
]  # fmt: skip


def cells(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    return str(connection.execute(f"select * from {relation}").fetchall())


def test_no_personal_column_and_no_personal_value_reaches_a_mart(tmp_path):
    """Canaries in every personal and free-text column, in sound rows, broken ones and rows whose columns have moved."""
    emails = [value for value in CANARIES if "@" in value]
    event = {"subscription_id": "s1", "event_type": "cancelled", "occurred_at": "2024-03-01"}
    survey = {"survey_type": "nps", "responded_at": "2024-03-01"}
    tables: dict[str, list[dict]] = {name: [] for name in ("customers", "subscription_events", "survey_responses")}
    for number, canary in enumerate(CANARIES):
        customer = {"customer_id": f"c{number}"}
        text = f"Ask {canary} about it"
        email = emails[number % len(emails)]
        for place, broken in enumerate(({}, {"created_at": "soon"}, {"country": email, "created_at": email})):
            tables["customers"].append({"customer_id": f"c{number}-{place}", "email": email} | broken)
        for place, broken in enumerate(({}, {"occurred_at": "soon"}, {"event_type": email})):
            ids = {"event_id": f"e{number}-{place}", "reason_text": text}
            tables["subscription_events"].append(customer | event | ids | broken)
        for place, broken in enumerate(({"score": "3"}, {"score": "11"}, {"survey_type": email})):
            ids = {"response_id": f"r{number}-{place}", "comment": text}
            tables["survey_responses"].append(customer | survey | ids | broken)
    tables["survey_responses"].append(survey | {"response_id": emails[0], "score": "many"})
    harness.write_landing(tmp_path, tables)
    with (tmp_path / "customers.csv").open("a") as file:
        file.write(f"{emails[0]},{CANARIES[5]}\n")  # a line that is no row
    with duckdb.connect() as connection:
        harness.build_on(connection, tmp_path, MARTS, {})
        assert connection.execute("select count(*) from marts.rpt_quarantine").fetchone()[0] > 6 * len(CANARIES)
        for mart in MARTS:
            text = cells(connection, f"marts.{mart}")
            assert [canary for canary in CANARIES if canary in text] == [], mart


# one of a kind: an address, a telephone number, a card, an account
CONTACTS = [
    "ann\uff20example.com",
    "+1 555 010 0199",
    "\u06f4\u06f1\u06f1\u06f1 " * 4,
    "DE89 3704 0044 0532 0130 00",
    "5550100199",
]


@pytest.mark.parametrize("moved", [False, True], ids=["in every text", "in every column of quarantined rows"])
def test_no_contact_in_any_text_reaches_a_mart(tmp_path, moved: bool):
    source = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["sources"][0]
    sound = {
        "timestamp": "2024-03-01",
        "month": "2024-03-01",
        "date": "2024-03-01",
        "boolean": "true",
        "currency": "USD",
    }
    tables: dict[str, list[dict]] = {}
    for table in source["tables"]:
        rows = tables[table["name"]] = []
        for number, contact in enumerate(CONTACTS):
            row = {}
            for column in table["columns"]:
                meta = column.get("config", {}).get("meta", {})
                name, is_text = column["name"], column["data_type"] in ("text", "code")
                if moved or (is_text and not meta.get("accepted") and not name.endswith("_id")):
                    row[name] = contact
                elif meta.get("accepted"):
                    row[name] = meta["accepted"][0]
                else:
                    row[name] = sound.get(column["data_type"], f"{table['name']}-{number}" if is_text else "1")
            rows.append(row)
    harness.write_landing(tmp_path, tables)
    with duckdb.connect() as connection:
        harness.build_on(connection, tmp_path, MARTS, {})
        (quarantined,) = connection.execute(
            "select count(raw_row) from marts.rpt_quarantine"  # null: set aside by a connector
        ).fetchone()
        assert quarantined >= len(tables) * len(CONTACTS) if moved else quarantined == 0
        for mart in MARTS:
            text = cells(connection, f"marts.{mart}")
            assert [contact for contact in [*CONTACTS, "4111 1111"] if contact in text] == [], mart


def test_contacts_are_counted_by_table_and_column(tmp_path):
    event = {"customer_id": "c1", "subscription_id": "s1", "event_type": "renewed", "occurred_at": "2024-03-01"}
    events = [
        event | {"event_id": f"e{number}", "reason_code": text, "reason_text": "ann@example.com"}
        for number, text in enumerate(["ann@example.com", "call 555 010 0199", "budget"])
    ]
    customers = [{"customer_id": "ann@example.com", "email": "ann@example.com", "created_at": "2024-01-01"}]
    customers += [{"customer_id": "c2", "owner": "ann@example.com", "created_at": "2024-01-01"}]
    harness.write_landing(tmp_path, {"subscription_events": events, "customers": customers})
    warehouse = tmp_path / "w.duckdb"
    with duckdb.connect() as connection:
        harness.build_on(connection, tmp_path, ["int_contacts_in_texts"], {})
        connection.execute(f"attach '{warehouse}' as w; create schema w.intermediate")
        connection.execute(
            "create table w.intermediate.int_contacts_in_texts as from intermediate.int_contacts_in_texts"
        )
        connection.execute("detach w")
    assert contacts_found(warehouse) == [
        "customers.customer_id: 1 row with an e-mail address, which is published, as ids are: "
        "land ids that are not personal",
        "customers.owner: 1 row with an e-mail address or a telephone, card or account number, which was redacted",
        "subscription_events.reason_code: 2 rows with an e-mail address or a telephone, card or account number, "
        "which was redacted",
    ]


def test_what_is_personal_is_declared_once_and_no_mart_names_it(demo_build: SimpleNamespace):
    source = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["sources"][0]
    personal = {
        column["name"]
        for table in source["tables"]
        for column in table["columns"]
        if column.get("config", {}).get("meta", {}).get("personal")
    }
    assert personal == declared_columns("personal") == {"email"}
    assert declared_columns("free_text") == {"comment", "reason_text", "subject", "body"}
    for node in demo_build.manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            assert personal.isdisjoint(node["columns"]), node["name"]


@pytest.fixture(scope="module")
def keyed_build(tmp_path_factory) -> SimpleNamespace:
    """Customers built with a key in the environment."""
    place = tmp_path_factory.mktemp("keyed")
    landing, key = place / "landing", "a key that is nowhere else"
    landing.mkdir()
    rows = [{"customer_id": "c1", "email": " Ann@Example.com "}, {"customer_id": "c2"}]
    harness.write_landing(landing, {"subscription_events": [], "customers": rows})
    environment = {**shared.environment(place, landing), "PERSONAL_DATA_KEY": key, "DBT_LOG_LEVEL_FILE": "debug"}
    command = ("--debug", "build", "--select", "+dim_customers", "--exclude-resource-types", "test", "unit_test")
    run = commands.run(commands.DBT, *command, env=environment)
    assert run.returncode == 0, run.stdout[-3000:]
    return SimpleNamespace(place=place, key=key, output=run.stdout + run.stderr)


def test_an_e_mail_address_is_a_hash_under_the_key_of_the_environment(keyed_build: SimpleNamespace):
    expected = hmac.new(keyed_build.key.encode(), b"ann@example.com", hashlib.sha256).hexdigest()
    with duckdb.connect(str(keyed_build.place / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select customer_id, email_key from marts.dim_customers order by 1").fetchall()
    assert found == [("c1", expected), ("c2", None)]


def test_the_key_stands_in_no_sql_log_or_file(keyed_build: SimpleNamespace):
    assert keyed_build.key not in keyed_build.output
    files = [file for file in keyed_build.place.rglob("*") if file.is_file()]
    assert any(file.name == "dbt.log" for file in files) and any(file.suffix == ".sql" for file in files)
    assert [file for file in files if keyed_build.key.encode() in file.read_bytes()] == []


# -- one person erased


@pytest.fixture(scope="module")
def erased(demo_build: SimpleNamespace, tmp_path_factory) -> SimpleNamespace:
    """Copies of everything stored, before and after a customer with comments, losses and quarantined rows is erased."""
    place = tmp_path_factory.mktemp("erased")
    warehouse, published = place / "warehouse.duckdb", place / "published" / "marts.duckdb"
    version = place / "published" / "marts_versions" / "2025-12-31" / "marts.duckdb"
    version.parent.mkdir(parents=True)
    shutil.copyfile(demo_build.warehouse, warehouse)
    for copy in (published, version):
        shutil.copyfile(demo_build.published, copy)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (customer,) = connection.execute(
            "select customer_id from staging.base_billing__invoices as i where row_status = 'quarantined' "
            "and customer_id in (select customer_id from marts.fct_survey_responses where comment is not null) "
            "and customer_id in (select customer_id from marts.fct_churn_events) order by 1 limit 1"
        ).fetchone()
    before = totals(warehouse), totals(published)
    environment = {**os.environ, "WAREHOUSE_PATH": str(warehouse), "PUBLISHED_PATH": str(published), "RAW_DATA_DIR": ""}
    run = commands.run("warehouse.erase", customer, env=environment)
    assert run.returncode == 0, run.stdout + run.stderr
    files = stored_files(warehouse, published)
    assert files == [warehouse, published, version]
    return SimpleNamespace(customer=customer, files=files, before=before, output=run.stdout)


def totals(file: Path) -> dict[str, str]:
    """Every report that is no list of rows or customers."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_name like 'rpt_%' "
            "and table_name <> 'rpt_quarantine' and table_name not in "
            "(select table_name from information_schema.columns where column_name = 'customer_id')"
        ).fetchall()
        return {
            table: str(
                connection.execute(f"select count(*), sum(hash(t)::hugeint) from {schema}.{table} as t").fetchone()
            )
            for schema, table in found
        }


def test_nothing_of_an_erased_person_is_left_anywhere(erased: SimpleNamespace):
    for file in erased.files:
        assert f"{file}: " in erased.output
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
            assert len(tables) >= 19
            for schema, table in tables:
                if schema == "raw" and table == "product_usage":
                    continue  # a view of the landing folder, which is named in the output
                relation = f'{schema}."{table}"'
                (found,) = connection.execute(
                    f"select count(*) from {relation} as t where regexp_matches(t::varchar, ?)",
                    [rf"(^|[^A-Za-z0-9]){erased.customer}($|[^A-Za-z0-9-])"],
                ).fetchone()
                assert found == 0, f"{file.name} {relation}"
        assert not list(file.parent.glob(".erasing*"))
    assert "The landing folder still holds the customer (subscription_events, customers" in erased.output
    assert "builds leave it out" in erased.output


def test_totals_stay_when_a_person_is_erased(erased: SimpleNamespace):
    assert (totals(erased.files[0]), totals(erased.files[1])) == erased.before
    with duckdb.connect(str(erased.files[1]), read_only=True) as connection:
        losses = "select count(*) from marts.fct_churn_events where customer_id like 'erased-%'"
        assert connection.execute(losses).fetchone()[0] > 0


# -- what is read and exported


def test_the_published_file_opens_read_only(demo_build: SimpleNamespace):
    with duckdb.connect(str(demo_build.published), read_only=True) as one:
        with duckdb.connect(str(demo_build.published), read_only=True) as other:
            assert other.execute("select count(*) from marts.rpt_clv").fetchone()[0] > 0
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            one.execute("delete from marts.rpt_clv")


FORMULAS = [
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\x00=1",
    "\uff1d1",
    "\uff0b1",
    "\uff20x",
    "\ufeff=1+1",
    "\x01=1+1",
    "\x7f\x85=1+1",
    "\u200b\u200e\u2060=1+1",
    "\xad=1+1",
    "\u3164=1+1",
    "\ue000=1+1",
    "\U000e0020=1+1",
    '"=1+1',
    "\ufe66" + "1",
]
# a spreadsheet that separates by semicolons, bars or tabs, or that ends a row within a text, begins a cell there
FORMULAS_WITHIN = {
    "x;=1+1": "x;'=1+1",
    "x;\ufeff =1+1": "x;'\ufeff =1+1",
    "x|@SUM(A1)": "x|'@SUM(A1)",
    "x\t-1": "x\t'-1",
    "x\r\n=1+1;+2": "x\r\n'=1+1;'+2",
    "x;;=1": "x;;'=1",
}


def test_no_exported_text_is_a_formula(tmp_path):
    published = tmp_path / "marts.duckdb"
    plain = ["a=1", "a, -1; b - 2", "'quoted", "", "x" * 40_000, "a\x01b", "line\nbreak", None]
    texts = [*FORMULAS, *FORMULAS_WITHIN, *plain]
    with duckdb.connect(str(published)) as connection:
        connection.execute("create table rpt_texts (place integer, amount decimal(18, 6), text varchar)")
        connection.executemany("insert into rpt_texts values (?, -1.5, ?)", list(enumerate(texts)))
    before = published.read_bytes()
    written = [file.name for file in export(published, tmp_path / "out")]
    assert written == ["rpt_texts.csv", "rpt_texts.xlsx", "rpt_texts.parquet", "contents.xlsx"]
    assert published.read_bytes() == before
    with (tmp_path / "out" / "rpt_texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    escaped = [f"'{text}" for text in FORMULAS] + list(FORMULAS_WITHIN.values())
    assert [row[2] for row in rows] == escaped + [text or "" for text in texts[len(escaped) :]]
    assert {row[1] for row in rows} == {"-1.500000"}  # a number stays one
    sheet = openpyxl.load_workbook(tmp_path / "out" / "rpt_texts.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}  # f is a formula
    assert all(row[2].value.startswith("'") for row in sheet.iter_rows(min_row=2, max_row=1 + len(FORMULAS)))
    assert sheet["B2"].value == -1.5


def test_an_export_that_cannot_be_is_said(demo_build: SimpleNamespace, tmp_path):
    with pytest.raises(ExportError, match=r"has no rpt_nothing\. It has: dim_"):
        export(demo_build.published, tmp_path / "out", ["rpt_nothing"])
    assert not (tmp_path / "out").exists()
    taken, no_database = tmp_path / "taken", tmp_path / "marts.duckdb"
    taken.write_text("mine")
    no_database.write_text("no database " * 100)
    with pytest.raises(ExportError, match="taken is a file: EXPORT names the folder"):
        export(demo_build.published, taken, ["rpt_clv"])
    with pytest.raises(ExportError, match="taken/out cannot be written: Not a directory"):
        export(demo_build.published, taken / "out", ["rpt_clv"])
    assert taken.read_text() == "mine"
    for published in (no_database, tmp_path):
        with pytest.raises(ExportError, match="cannot be read"):
            export(published, tmp_path / "out")
    with pytest.raises(ExportError, match=r"gone\.duckdb is not there: make build publishes it"):
        export(tmp_path / "gone.duckdb", tmp_path / "out")
    assert harmless(-5) == -5 and harmless("plain") == "plain"
