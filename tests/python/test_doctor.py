"""`make doctor`: what is wrong with a landing folder, on one page, by the rules of a build."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import harness
import pytest

from warehouse import doctor, staging_sql
from warehouse.erasures import Erasures
from warehouse.landing import read_contract
from warehouse.quality import check_landing, read_history
from warehouse.quality.history import History

EVENTS = "event_id,customer_id,subscription_id,event_type,occurred_at,amount,currency,reason_code\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A landing folder with nothing wrong."""
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "subscription_events.csv").write_text(EVENTS + "e1,c1,s1,started,2024-01-05,49,USD,\n")
    (folder / "customers.csv").write_text("customer_id,country\nc1,DE\n")
    return folder


def diagnosed(folder: Path, **settings: object) -> list[tuple[str, str]]:
    history = History(folder.parent / "history.json", str(folder))
    symptoms = doctor.examine(folder, history, Erasures(folder.parent / "erasures.json"), settings)
    return [(symptom.harm, symptom.says) for symptom in symptoms]


def test_staging_is_rendered_as_dbt_compiles_it():
    """All models that it reads; whatever else there is of dbt in a macro would show."""

    def plain(sql: str) -> str:
        return "".join(sql.replace(f'"{harness.DATABASE}".', "").replace('"', "").split())

    compiled = {step.name: step.code for step in harness.compiled_steps("{}")}
    models = [name for name in doctor.models() if not staging_sql.is_seed(name)]
    tables = {name.split("__")[-1] for name in models if name.startswith("base_")}
    assert tables == {table.name for table in read_contract()}
    for name in models:
        assert plain(staging_sql.model_sql(name, {})) == plain(compiled[name]), name


def test_a_setting_changes_what_is_rendered():
    assert "'EUR'" in staging_sql.model_sql("base_billing__invoices", {"reporting_currency": "eur"})


def test_a_sound_folder_has_no_finding_and_a_build_may_start(folder, monkeypatch, capsys):
    monkeypatch.setenv("RAW_DATA_DIR", str(folder))
    monkeypatch.setenv("WAREHOUSE_PATH", str(folder.parent / "warehouse.duckdb"))
    assert doctor.main([]) == 0
    assert re.fullmatch(
        rf"{folder}: no findings, none of which would stop a build \(\d+ s\)\s*", capsys.readouterr().out
    )
    assert sorted(file.name for file in folder.parent.iterdir()) == ["landing"]  # it leaves nothing


def test_what_is_wrong_is_said_by_its_harm(folder):
    events = [
        "e2, c1,s1,renewed,31/01/2024,49,USD,",
        "e3,c1,s1,renewed,2024-02-05,49,GBP,",
        "e4,c1,s1,cancelled,2024-03-05,,,Too Dear",
        "e5,c1,s1,renewed,2024-02-05,-1,USD,",
    ]
    (folder / "subscription_events.csv").write_text(EVENTS + "\n".join(events) + "\n")
    (folder / "customers.csv").write_text(
        "customer_id,segment,country,email,e-mail\nc1,smb,DE,jo@example.com,x\nc2 ,smb,de,,\n"
    )
    (folder / "invoice.csv").write_text("invoice_id,customer_id,issued_at,amount\n")
    (folder / "orders.csv").write_text("order_id,customer,ordered_at,amount\no1,c1,2024-01-01,5\n")
    (folder / "plans.csv").write_text("plan_id\n" + "team\n" * 1000)
    (folder / "plans").mkdir()
    duckdb.execute(f"copy (select 'team' as plan_id) to '{folder}/plans/1.parquet'")
    (folder / "extract").mkdir()
    (folder / "extract" / "customers.csv").write_text("customer_id\n")
    size = (folder / "plans" / "1.parquet").stat().st_size
    assert diagnosed(folder) == [
        (doctor.STOPS, "orders: missing required columns customer_id"),
        (
            doctor.LOSES,
            "subscription_events.csv, column amount: negative_amount in 1 of 4 rows, such as '-1'",
        ),
        (
            doctor.LOSES,
            "subscription_events.csv: no_exchange_rate in 1 of 4 rows, such as in GBP. Land exchange_rates of GBP from "
            "2024-02-05 on, or set reporting_currency to the currency that the amounts are in",
        ),
        (
            doctor.LOSES,
            "subscription_events.csv, column occurred_at: unreadable_occurred_at_day_first in 1 of 4 rows, such as "
            "'31/01/2024'. Write occurred_at year first, not as day/month/year: '31/01/2024' is `2024-01-31`",
        ),
        (
            doctor.UNREAD,
            "extract/ is not read: no table has this name, but it holds customers.csv. Name that folder in "
            "RAW_DATA_DIR, or move what is in it one up",
        ),
        (
            doctor.UNREAD,
            "invoice.csv is not read: if it is table invoices, name it invoices.csv",
        ),
        (
            doctor.UNREAD,
            f"plans.csv is not read, although it is larger (5,008 bytes, not {size}): plans/ is table plans. Remove "
            "one of them",
        ),
        (
            doctor.UNREAD,
            "customers.csv: its column segment is not read: if it is customer_segment, name it so",
        ),
        (doctor.UNREAD, "orders.csv: its column customer is not read: if it is customer_id, name it so"),
        (
            doctor.ODD,
            "column country: 'DE' (1 row), 'de' (1 row) differ only in spelling, and each is a group: write one",
        ),
        (
            doctor.ODD,
            "subscription_events.csv, column customer_id: blanks around the id in 1 row, such as of c1: they are read "
            "without; look whether other tools do so too",
        ),
        (
            doctor.ODD,
            "customers.csv, column customer_id: blanks around the id in 1 row, such as of c2: they are read without; "
            "look whether other tools do so too",
        ),
        (
            doctor.ODD,
            "subscription_events, column reason_code: no list knows 'too dear' (1 row): add them to "
            "seeds/churn_reasons.csv, or they decide no churn type",
        ),
    ]
    assert not [says for _, says in diagnosed(folder, reporting_currency="GBP") if "GBP" in says]


def test_names_that_may_be_meant_are_told(folder):
    """Further words, other separators, another number; and columns with more or fewer words."""
    for name in ("export-customers.csv", "shop_support_tickets.json", "Plan.csv", "subscription.csv", "report.csv"):
        (folder / name).touch()
    (folder / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount,amount_usd,loaded,currencies,product name,id,x\n"
    )
    lines = [says for harm, says in diagnosed(folder) if harm == doctor.UNREAD]
    assert [(line.split(" is not read")[0], line.split("if it is ")[-1].split(",")[0]) for line in lines] == [
        ("Plan.csv", "table plans"),
        ("export-customers.csv", "table customers"),
        ("report.csv", "report.csv is not read: no table has this name"),
        ("shop_support_tickets.json", "table support_tickets"),
        ("subscription.csv", "table subscription_events"),
        ("orders.csv: its column loaded", "loaded_at"),
        ("orders.csv: its column currencies", "currency"),
        ("orders.csv: its column product name", "product"),
    ]


def test_what_is_read_otherwise_than_it_is_written_is_told(folder):
    (folder / "customers.csv").write_bytes("customer_id;country\nc1;Österreich\n".encode("cp1252"))
    (folder / "orders.csv").write_text('order_id,customer_id,ordered_at,amount\no1,c1,2024-01-01,"1.212,50"\n')
    (folder / "invoices.csv").write_text("invoice_id;customer_id;issued_at;amount\ni1;c1;2024-01-01;12,5\nbroken\n")
    told = [says for harm, says in diagnosed(folder) if harm == doctor.ODD]
    assert told == [
        "customers.csv is no UTF-8, and was read as cp1252 (Windows, Western Europe): look whether its letters are "
        "right, or write it in UTF-8",
        "orders.csv: amount with decimal commas (12,50 is 12.50)",
    ]


def test_the_page_is_short_and_says_what_it_left_out():
    symptoms = [doctor.Symptom(doctor.ODD, f"finding {number}") for number in range(40)]
    lines = doctor.page([doctor.Symptom(doctor.STOPS, "the worst"), *symptoms]).splitlines()
    assert lines[:3] == ["", doctor.STOPS, "  - the worst"]
    assert lines[-2:] == ["  - finding 14", "  - and 25 more"]


def test_what_would_stop_a_build_is_the_gates_own_finding(folder, tmp_path):
    """The landing gate's with Great Expectations and without; the staging gate's."""
    rows = [f"e{number},x{number},s1,started,31/01/2024,49,USD," for number in range(100)]
    (folder / "subscription_events.csv").write_text(EVENTS + "\n".join(rows) + "\n")
    (folder / "customers.csv").write_text("customer_id\n" + "".join(f"c{number}\n" for number in range(100)))
    found = diagnosed(folder)
    gate = check_landing(folder, read_history(tmp_path / "none", folder), tmp_path / "docs")
    assert {("stop", str(finding)) for finding in gate if finding.severity == "stop"} < {
        ("stop", says) for harm, says in found if harm == doctor.STOPS
    }
    assert {str(finding) for finding in gate} <= {says for _, says in found}
    assert (
        doctor.STOPS,
        "subscription_events: none of its 100 rows can be used. Why is said below",
    ) in found


def test_a_command_that_cannot_look_says_why_and_fails(folder, monkeypatch, capsys):
    monkeypatch.setenv("WAREHOUSE_PATH", str(folder.parent / "warehouse.duckdb"))
    monkeypatch.setenv("RAW_DATA_DIR", str(folder / "nowhere"))
    assert doctor.main([]) == 1
    assert "nowhere is not a folder" in capsys.readouterr().out
    monkeypatch.setenv("RAW_DATA_DIR", str(folder))
    assert doctor.main(["--vars", "{reporting_currency: EURO}"]) == 1
    assert "reporting_currency is 'EURO'" in capsys.readouterr().out
    (folder / "customers.csv").unlink()
    assert doctor.main([]) == 1
    assert "customers: the table is missing" in capsys.readouterr().out


def test_nothing_of_who_was_erased_or_is_personal_is_shown(folder):
    (folder / "subscription_events.csv").write_text(
        EVENTS + "e2,jane-doe-9,s1,cancelled,2024-01-05,-1,USD,jane-doe-9\ne3,c2,s2,started,x jo@example.com,1,USD,\n"
    )
    erasures = Erasures(folder.parent / "erasures.json")
    erasures.add("jane-doe-9", set(), True)
    symptoms = doctor.examine(folder, History(folder.parent / "none", str(folder)), erasures, {})
    said = doctor.page(symptoms)
    assert "negative_amount" in said and "unreadable_occurred_at" in said
    assert "jane" not in said and "jo@" not in said
