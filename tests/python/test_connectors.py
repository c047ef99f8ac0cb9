"""From the tables of a billing system to a landing folder: the runner, and what docs/connectors.md promises."""

from __future__ import annotations

import argparse
import os
import re
import textwrap
from pathlib import Path

import duckdb
import pages
import pytest
import shared

from warehouse import doctor
from warehouse.connectors import ConnectorError, command, definition, running
from warehouse.connectors import parts as connector_parts
from warehouse.connectors.definition import known_connectors, read_connector, recognised
from warehouse.connectors.running import Report, write_landing
from warehouse.connectors.source import Source
from warehouse.increments import BuildFacts, plan_build
from warehouse.landing import inspect_folder

GUIDE = (shared.PROJECT / "docs" / "connectors.md").read_text(encoding="utf-8")
# what stands beside a billing system has a table of its own in the guide
BESIDE = GUIDE.partition("| beside it |")[2].partition("\n\n")[0]
CONTRACTS = """\
ID,Account,Begins,Ends,End_Code,Price,Currency,_loaded_at
k1,a1,1704067200,2024-03-01T02:00:00+02:00,PRICE,4900,usd,2024-06-01
k2,a2,2024-01-05,,,500,JPY,2024-06-01
k3,a2,2024-01-05,,,2500,KWD,2024-06-01
k3,a2,2024-01-05,,,9999,KWD,2024-05-01
test_1,a2,2024-01-05,,,1,USD,2024-06-01
k4,,2024-01-05,,,1,USD,2024-06-01
k5,a2,soon,,,1,USD,2024-06-01
k6,a3,2024-02-01,2024-02-03,OTHER,,USD,2024-06-01
"""
ACCOUNTS = '{"id": "a1", "created": 1704067200, "address": {"country": "de"}}\n{"id": "a2", "address": null}\nbroken\n'


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tables of the guide's system, with its connector as the only one."""
    for path, text in re.findall(
        r"^ *`connectors/([\w/.]+)`:\n\n *```\w+\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / "connectors" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "connectors" / path).write_text(textwrap.dedent(text), encoding="utf-8")
    for file in ("helpers.sql", "currency_decimals.csv"):
        (tmp_path / "connectors" / file).write_bytes((definition.CONNECTORS / file).read_bytes())
    monkeypatch.setattr(definition, "CONNECTORS", tmp_path / "connectors")
    read_connector.cache_clear()
    source = tmp_path / "source"
    source.mkdir()
    (source / "Contract.csv").write_text(CONTRACTS)
    (source / "accounts.jsonl").write_text(ACCOUNTS)
    yield source
    read_connector.cache_clear()


def run(source: Path, currency: str = "USD") -> Report:
    return write_landing("acme", str(source), source.parent / "landing", currency)


def landed(folder: Path, table: str, columns: str = "*") -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{folder}/{table}/*.parquet' order by all").fetchall()


# -- what the guide promises


def test_the_connector_of_the_guide_gives_its_events(acme: Path) -> None:
    lines = [line for file in definition.CONNECTORS.glob("acme/*") for line in file.read_text().splitlines()]
    assert len(lines) < 150
    run(acme)
    columns = "event_id, customer_id, event_type, cast(occurred_at as varchar), cast(amount as double), reason_code"
    assert landed(acme.parent / "landing", "subscription_events", columns) == [
        ("k1/end", "a1", "cancelled", "2024-03-01 00:00:00", None, "too_expensive"),
        ("k1/start", "a1", "started", "2024-01-01 00:00:00", 49.0, None),
        ("k2/start", "a2", "started", "2024-01-05 00:00:00", 500.0, None),
        ("k3/start", "a2", "started", "2024-01-05 00:00:00", 2.5, None),
        ("k6/end", "a3", "cancelled", "2024-02-03 00:00:00", None, None),
        ("k6/start", "a3", "started", "2024-02-01 00:00:00", None, None),
    ]
    assert landed(acme.parent / "landing", "customers", "customer_id, year(created_at), country") == [
        ("a1", 2024, "DE"),
        ("a2", None, None),
    ]
    inspect_folder(acme.parent / "landing")


def test_every_row_is_used_or_set_aside_with_a_reason(acme: Path) -> None:
    report = run(acme)
    assert report.read == {"contracts": 8, "accounts": 3}
    assert report.set_aside == {
        ("accounts", "a line that is no row"): 1,
        ("contracts", "a test"): 1,
        ("contracts", "a time that is none"): 1,
        ("contracts", "no account_id"): 1,
        ("contracts", "sent twice"): 1,
    }
    assert "  contracts: 8 rows = 4 used + 4 set aside" in report.lines()
    assert "  warning: 1 contracts have no price: their revenue is not known" in report.lines()
    assert "  not known this way: earlier prices" in report.lines()
    folder = acme.parent / "landing"
    assert landed(folder, "source_tables") == [("acme.accounts", 3, 2), ("acme.contracts", 8, 4)]
    assert landed(folder, "set_aside_rows", "source_table, row_of_table, reason, source_key, customer_id") == [
        ("acme.accounts", 1, "a line that is no row", "line 3", None),
        ("acme.contracts", 1, "a test", "test_1", None),
        ("acme.contracts", 2, "a time that is none", "k5", None),
        ("acme.contracts", 3, "no account_id", "k4", None),
        ("acme.contracts", 4, "sent twice", "k3", None),
    ]


def test_nested_parquet_reads_as_json_does(acme: Path) -> None:
    expected = run(acme) and landed(acme.parent / "landing", "customers")
    duckdb.sql(
        "copy (select 'a1' as ID, 1704067200 as created, {'country': 'de'} as address union select 'a2', null, null) "
        f"to '{acme}/accounts.parquet' (format parquet)"
    )
    (acme / "accounts.jsonl").unlink()
    run(acme)
    assert landed(acme.parent / "landing", "customers") == expected


def test_a_database_gives_what_its_folder_does(acme: Path) -> None:
    run(acme)
    expected = landed(acme.parent / "landing", "subscription_events")
    with duckdb.connect(str(acme / "acme.duckdb")) as connection:
        connection.execute(f"create table contract as from read_csv('{acme}/Contract.csv', all_varchar = true)")
    report = write_landing("acme", f"duckdb:{acme}/acme.duckdb", acme.parent / "other", "USD")
    assert landed(acme.parent / "other", "subscription_events") == expected
    assert report.read == {"contracts": 8} and report.made["customers"] == 0


def test_a_table_that_its_loader_left_is_named(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yml = definition.CONNECTORS / "acme" / "connector.yml"
    yml.write_text(yml.read_text().replace("      created:\n", "      created:\n      synced_at:\n"))
    (acme / "accounts.jsonl").write_text('{"id": "a1", "synced_at": "2024-06-05"}\n')
    said = "contracts was last loaded on 2024-06-01, 4 days before the newest of the other tables"
    assert any(said in warning for warning in run(acme).warnings)
    (acme / "accounts.jsonl").write_text('{"id": "a1", "synced_at": "2024-06-04"}\n')
    assert not any("last loaded" in warning for warning in run(acme).warnings)


# -- the landing folder


def parts(folder: Path) -> dict[str, int]:
    return {str(file.relative_to(folder)): file.stat().st_mtime_ns for file in sorted(folder.glob("*/*"))}


def test_what_is_new_is_a_part_of_its_own(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = acme.parent / "landing"
    run(acme)
    first = parts(folder)
    tables = ("customers", "set_aside_rows", "source_tables", "subscription_events")
    assert first.keys() == {f"{table}/part-0001.parquet" for table in tables}
    run(acme)
    assert parts(folder) == first
    before = plan_build(inspect_folder(folder), BuildFacts(settings={}, last_state=None))
    (acme / "Contract.csv").write_text(CONTRACTS.replace("k2,a2,2024-01-05,,", "k2,a2,2024-01-05,2024-07-01,PRICE"))
    run(acme)
    second = parts(folder)
    assert second.keys() - first.keys() == {"subscription_events/part-0002.parquet"} and first.items() < second.items()
    (row,) = duckdb.sql(f"select event_id from '{folder}/subscription_events/part-0002.parquet'").fetchall()
    assert row == ("k2/end",)
    facts = BuildFacts(settings={}, last_state=before.state, last_lifecycle="subscription")
    plan = plan_build(inspect_folder(folder), facts)
    assert (plan.is_increment, plan.because) == (True, "1 new file of subscription_events")
    # a row that is gone, or one more part than is good: they are one again
    (acme / "accounts.jsonl").write_text(ACCOUNTS.replace("de", "fr"))
    monkeypatch.setattr(connector_parts, "MOST_PARTS", 2)
    run(acme)
    third = parts(folder)
    assert third.keys() == first.keys()
    assert {part for part, written in third.items() if second.get(part) == written} == {
        "set_aside_rows/part-0001.parquet", "source_tables/part-0001.parquet",
    }  # fmt: skip
    assert landed(folder, "customers", "country") == [("FR",), (None,)]
    assert len(landed(folder, "subscription_events")) == 7
    assert {file.name for file in folder.iterdir()} == {".connector", *tables}


def test_a_table_that_a_connector_no_longer_gives_goes(acme: Path) -> None:
    run(acme)
    yml = definition.CONNECTORS / "acme" / "connector.yml"
    yml.write_text(yml.read_text().replace(" customers.sql,", ""))
    read_connector.cache_clear()
    run(acme)
    assert not (acme.parent / "landing" / "customers").exists()


def test_a_source_that_cannot_be_read_leaves_the_landing_as_it_was(acme: Path) -> None:
    folder = acme.parent / "landing"
    run(acme)
    before = parts(folder)
    (acme / "Contract.csv").write_text("id,begins\nk1,2024-01-01\n")
    with pytest.raises(ConnectorError, match="contracts: missing columns account or account_id or owner"):
        run(acme)
    (definition.CONNECTORS / "acme" / "customers.sql").write_text("select 'c' as customer, 1 as customer_id")
    (acme / "Contract.csv").write_text(CONTRACTS)
    with pytest.raises(ConnectorError, match=r"acme/customers.sql has customer, which the table does not"):
        run(acme)
    assert parts(folder) == before and not list(folder.glob(".draft*"))


def test_a_folder_of_someone_else_is_not_written_into(acme: Path) -> None:
    (acme.parent / "landing").mkdir()
    (acme.parent / "landing" / "customers.csv").write_text("customer_id\nc1\n")
    with pytest.raises(ConnectorError, match="holds files that no connector wrote"):
        run(acme)
    assert [file.name for file in (acme.parent / "landing").iterdir()] == ["customers.csv"]


def test_the_sql_of_a_connector_opens_no_other_file(acme: Path) -> None:
    (acme.parent / "secret.csv").write_text("x\n1\n")
    (definition.CONNECTORS / "acme" / "warnings.sql").write_text(f"select x as says from '{acme.parent}/secret.csv'")
    with pytest.raises(ConnectorError, match="fails: Permission Error"):
        run(acme)


# -- the command


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--connector", "strip", "--source", "{}"], {}, "there is no such connector: use one of acme"),
        (["--connector", "../acme", "--source", "{}"], {}, "there is no such connector: use one of acme"),
        (["--connector", "acme"], {}, "CONNECTOR=acme needs SOURCE"),
        (["--source", "{}"], {}, "SOURCE is named without CONNECTOR: say which system it is of, one of acme"),
        (["--connector", "acme", "--source", "{}/none"], {}, "which is no folder: name the folder or database of Acme"),
        (["--connector", "acme", "--source", "{}/.."], {}, "contracts as they are today: missing contracts"),
        (["--connector", "acme", "--source", "{}"], {"RAW_DATA_DIR": "/data"}, "unset one of them"),
    ],
)
def test_what_cannot_be_run_is_said(
    acme: Path,
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setenv("RAW_DATA_DIR", environment.get("RAW_DATA_DIR", ""))
    assert doctor.main([argument.format(acme) for argument in arguments]) == 1
    assert said in capsys.readouterr().out


def test_doctor_examines_what_a_build_would_land(
    acme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("RAW_DATA_DIR", "")
    monkeypatch.setenv("WAREHOUSE_PATH", str(acme.parent / "warehouse.duckdb"))
    monkeypatch.setattr(command, "home", lambda: acme.parent)
    assert doctor.main(["--connector", "acme", "--source", str(acme)]) == 0
    told = capsys.readouterr().out
    assert "contracts: 8 rows = 4 used + 4 set aside" in told and "an amount in a currency" not in told
    assert not (acme.parent / "landings").exists()


def test_doctor_recognises_an_export(
    acme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("RAW_DATA_DIR", str(acme))
    monkeypatch.setenv("WAREHOUSE_PATH", str(acme.parent / "warehouse.duckdb"))
    assert doctor.main([]) == 1
    told = capsys.readouterr().out
    assert f"this is an export of Acme Billing, and no landing folder: make build CONNECTOR=acme SOURCE={acme}" in told
    (acme / "Contract.csv").unlink()
    assert doctor.main([]) == 1
    assert "this is an export" not in capsys.readouterr().out


# -- several at once

DESK = """\
title: Desk
ways:
  tickets:
    title: tickets
    needs: [tickets]
    reads: [people]
    steps: [support_tickets.sql, customers.sql, subscription_events.sql]
tables:
  tickets:
    key: [id]
    required: [id]
    columns: {id: [], of_id: [], opened: []}
  people:
    key: [id]
    columns: {id: [], country: [], owner: [], paid: []}
"""


@pytest.fixture
def desk(acme: Path) -> Path:
    """A further system, which has tickets and knows more of customers; of who paid it makes events."""
    folder = definition.CONNECTORS / "desk"
    folder.mkdir()
    (folder / "connector.yml").write_text(DESK)
    for step, sql in {
        "support_tickets": "select id as ticket_id, of_id as customer_id, as_time(opened) as opened_at "
        "from used.tickets",
        "customers": "select id as customer_id, country, owner from used.people",
        "subscription_events": "select id as event_id, id as customer_id, id as subscription_id, "
        "'started' as event_type, as_time(paid) as occurred_at from used.people where paid is not null",
    }.items():
        (folder / f"{step}.sql").write_text(sql)
    source = acme.parent / "desk"
    source.mkdir()
    (source / "tickets.csv").write_text("id,of_id,opened\nt1,a1,2024-01-02\n,a1,2024-01-02\n")
    (source / "people.csv").write_text("id,country,owner,paid\na1,FR,Ann,\na2,FR,,\na9,,Bob,\n")
    return source


def land_both(sources: str, names: str = "acme desk") -> Path:
    given = argparse.Namespace(connector=names, source=sources)
    report = command.land_source(given, "{}")
    assert "Connector   Acme Billing: contracts as they are today" in report.lines()[0]
    assert report.lines()[-1] == f"Together    written to {report.folder}"
    return report.folder


@pytest.fixture
def at_home(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAW_DATA_DIR", "")
    monkeypatch.setenv("CONNECTOR_LANDING_DIR", "")
    monkeypatch.setattr(command, "home", lambda: acme.parent)


def test_several_connectors_give_one_landing_folder(acme: Path, desk: Path, at_home: None) -> None:
    folder = land_both(f"{acme} {desk}")
    assert os.environ.pop("RAW_DATA_DIR") == str(folder) == str(acme.parent / "landings" / "acme+desk")
    inspect_folder(folder)
    assert landed(folder, "customers", "customer_id, country, owner, year(created_at)") == [
        ("a1", "DE", "Ann", 2024), ("a2", "FR", None, None), ("a9", None, "Bob", None),
    ]  # fmt: skip
    assert landed(folder, "support_tickets", "ticket_id, customer_id") == [("t1", "a1")]
    run(acme)
    alone = acme.parent / "landing"
    assert landed(folder, "subscription_events") == landed(alone, "subscription_events")
    account = "source_table, row_of_table, reason, source_key, customer_id"
    assert landed(folder, "set_aside_rows", account) == [
        *landed(alone, "set_aside_rows", account), ("desk.tickets", 1, "no id", None, None),
    ]  # fmt: skip
    assert {table for (table,) in landed(folder, "source_tables", "source_table")} == {
        "acme.accounts", "acme.contracts", "desk.people", "desk.tickets",
    }  # fmt: skip
    # nothing is left of what each landed
    assert [place.name for place in (acme.parent / "landings").iterdir()] == ["acme+desk"]
    # what is new is a part of its own here too
    first = parts(folder)
    (acme / "Contract.csv").write_text(CONTRACTS.replace("k2,a2,2024-01-05,,", "k2,a2,2024-01-05,2024-07-01,PRICE"))
    land_both(f"{acme} {desk}")
    assert parts(folder).keys() - first.keys() == {"subscription_events/part-0002.parquet"}
    assert first.items() <= parts(folder).items()


def test_two_connectors_may_not_write_the_same_table(acme: Path, desk: Path, at_home: None) -> None:
    (desk / "people.csv").write_text("id,country,owner,paid\na1,FR,Ann,2024-01-01\n")
    with pytest.raises(ConnectorError) as raised:
        land_both(f"{acme} {desk}")
    both = f"Acme Billing: contracts as they are today, from {acme} and Desk: tickets, from {desk}"
    assert f"  - subscription_events: {both}" in str(raised.value)
    assert not os.environ["RAW_DATA_DIR"] and not (acme.parent / "landings" / "acme+desk").exists()


def test_each_of_several_connectors_has_its_place(acme: Path, at_home: None) -> None:
    with pytest.raises(ConnectorError, match="CONNECTOR names 2 systems, and SOURCE 1 places"):
        land_both(str(acme))
    with pytest.raises(ConnectorError, match="CONNECTOR is 'desk', and there is no such connector"):
        land_both(f"{acme} {acme}")


# -- every connector

HEADS = {
    "chargebee": {"subscription": "id,customer_id,status,currency_code"},
    "hubspot": {"company": "id,property_name", "ticket": "id,property_createdate"},
    "invoices": {"invoices": "customer,from,to,amount"},
    "recurly": {
        "subscription_history": "id,account_id,state,updated_at",
        "invoice_history": "id,account_id,created_at,total",
    },
    "revenuecat": {"transactions": "rc_original_app_user_id,store_transaction_id,product_identifier,start_time"},
    "snapshots": {"mrr": "customer,month,mrr"},
    "stripe": {"subscription_history": "id,customer_id,status", "customer": "id", "invoice": "id,customer_id"},
    "zendesk": {"ticket": "id,created_at,status", "user": "id,role", "organization": "id"},
}


@pytest.mark.parametrize("name", known_connectors())
def test_the_tables_of_a_system_are_told_from_those_of_others(name: str, tmp_path: Path) -> None:
    for table, head in HEADS[name].items():
        (tmp_path / f"{table}.csv").write_text(f"{head}\n{','.join('1' for _ in head.split(','))}\n")
    assert recognised(tmp_path).name == name


@pytest.mark.parametrize("name", known_connectors())
def test_every_way_runs_on_tables_without_rows(name: str, tmp_path: Path) -> None:
    connector = read_connector(name)
    assert (connector.folder / "README.md").exists() and f"connectors/{name}/README.md" in GUIDE
    for way in connector.ways:
        source = Source(name, connector, {})
        (tmp_path / way.name).mkdir()
        with running.connected(source, tmp_path) as connection:
            running.prepare(connection, source, way, "EUR")
            made, _ = running.make_tables(connection, source, way, tmp_path, tmp_path / way.name)
            assert set(made.values()) == {0}
            assert {"subscription_events", "customers"} <= made.keys() or f"[`{name}`]" in BESIDE
            assert connection.execute("select * from warnings").fetchall() == []


def test_the_guide_names_every_helper() -> None:
    helpers = (definition.CONNECTORS / "helpers.sql").read_text(encoding="utf-8")
    for helper in set(re.findall(r"create macro (\w+)", helpers)) - {"decimals_of"}:
        assert f"`{helper}(" in GUIDE, helper
    assert pages.PROJECT == shared.PROJECT
