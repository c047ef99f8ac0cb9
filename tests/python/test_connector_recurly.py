"""From the history of Recurly's subscriptions to events, each situation by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest

from warehouse.connectors.running import Report, write_landing

# a version a line, with the subscription as its id; the columns of each that are not named are empty
VERSIONS = """\
id,updated_at,state,plan_id,subtotal,quantity,activated_at,trial_started_at,trial_ends_at,canceled_at,expires_at,expiration_reason,paused_at
monthly,2024-01-05,active,m,10,1,2024-01-05,,,,,,
changes,2024-03-01,active,m,30,3,2024-01-05,,,,,,
changes,2024-01-05,active,m,10,1,2024-01-05,,,,,,
changes,2024-02-01,active,m,10,1,2024-01-05,,,,,,
changes,2024-04-01,active,y,"1,100.00",3,2024-01-05,,,,,,
cancels,2024-01-05,active,m,10,1,2024-01-05,,,,,,
cancels,2024-02-10,canceled,m,10,1,2024-01-05,,,2024-02-09,2024-03-05,,
cancels,2024-03-05,expired,m,10,1,2024-01-05,,,2024-02-09,2024-03-05,canceled,
takes_back,2024-01-05,active,m,10,1,2024-01-05,,,,,,
takes_back,2024-02-10,canceled,m,10,1,2024-01-05,,,2024-02-09T20:00:00-05:00,2024-03-05,,
takes_back,2024-02-12,active,m,10,1,2024-01-05,,,,,,
not_paid,2024-04-05,expired,y,1100,1,2023-04-01,,,,2024-04-05,NonPayment,
ends_oddly,2024-04-05,expired,m,10,1,2024-01-05,,,,2024-04-05,vanished,
trial,2024-05-20,active,m,10,1,2024-05-20,2024-05-20,2024-06-20,,,,
converts,2024-01-05,active,m,10,1,2024-01-05,2024-01-05,2024-01-19,,,,
converts,2024-01-10,active,m,20,2,2024-01-05,2024-01-05,2024-01-19,,,,
trial_ends,2024-01-20,expired,m,10,1,2024-01-05,2024-01-05,2024-01-19,2024-01-07,2024-01-19,canceled,
pauses,2024-01-05,active,m,10,1,2024-01-05,,,,,,
pauses,2024-02-01,paused,m,10,1,2024-01-05,,,,,,2024-02-05
pauses,2024-04-05,active,m,10,1,2024-01-05,,,,,,
by_days,2024-06-01,active,d,5,1,2024-01-05,,,,,,
no_plan,2024-01-05,active,x,10,1,2024-01-05,,,,,,
"""
EVENTS: dict[str, list[tuple]] = {
    "monthly": [("started", "2024-01-05", 10, "month", 1)],
    "changes": [
        ("started", "2024-01-05", 10, "month", 1), ("changed", "2024-03-01", 30, "month", 1),
        ("changed", "2024-04-01", 1100, "month", 12),
    ],
    "cancels": [
        ("started", "2024-01-05", 10, "month", 1), ("cancel_requested", "2024-02-09"),
        ("cancelled", "2024-03-05", None, None, None, None, "customer"),
    ],
    "takes_back": [
        ("started", "2024-01-05", 10, "month", 1), ("cancel_requested", "2024-02-10"), ("renewed", "2024-02-12"),
    ],
    "not_paid": [
        ("started", "2023-04-01", 1100, "month", 12),
        ("expired", "2024-04-05", None, None, None, "payment_failure", "system"),
    ],
    "ends_oddly": [("started", "2024-01-05", 10, "month", 1), ("expired", "2024-04-05")],
    "trial": [("trial_started", "2024-05-20", 10, "month", 1)],
    "converts": [
        ("trial_started", "2024-01-05", 10, "month", 1), ("changed", "2024-01-10", 20, "month", 1),
        ("started", "2024-01-19", 20, "month", 1),
    ],
    "trial_ends": [
        ("trial_started", "2024-01-05", 10, "month", 1), ("cancel_requested", "2024-01-07"),
        ("cancelled", "2024-01-19", None, None, None, None, "customer"),
    ],
    "pauses": [("started", "2024-01-05", 10, "month", 1), ("paused", "2024-02-05"), ("resumed", "2024-04-05")],
    "by_days": [("started", "2024-01-05", 5, "day", 10)],
    "no_plan": [("started", "2024-01-05", 10, None, None)],
}  # fmt: skip
ODD = """\
id,updated_at,state,activated_at
f,2024-01-05,future,
g,2024-01-05,failed,2024-01-05
h,2024-01-05,odd,2024-01-05
i,soon,active,2024-01-05
,2024-01-05,active,2024-01-05
monthly,2024-01-05,active,2024-01-05
"""
OTHERS = {
    "plan_history": """\
id,name,interval_unit,interval_length,updated_at
m,Monthly,months,1,2024-01-01
m,Old,months,6,2023-01-01
y,Yearly,months,12,2024-01-01
d,Ten days,Days,10,2024-01-01
""",
    "account_history": """\
id,code,created_at,account_country,updated_at
acc,c-1,2024-01-02,de,2024-01-02
acd,,,,2024-01-02
""",
    "invoice_history": """\
id,account_id,state,type,created_at,closed_at,currency,total,tax,updated_at
1,acc,paid,charge,2024-01-05,2024-01-06,usd,11.90,1.90,2024-01-06
1,acc,open,charge,2024-01-05,,usd,11.90,1.90,2024-01-05
2,acd,failed,charge,2024-01-05,2024-02-06,USD,5,,2024-01-06
3,acc,paid,credit,2024-01-05,,USD,5,,2024-01-06
4,acc,paid,charge,5 January,,USD,5,,2024-01-06
5,acc,paid,charge,2024-01-05,,USD,five,,2024-01-06
""",
}
EVENT = (
    "subscription_id, event_type, strftime(occurred_at, '%Y-%m-%d'), cast(amount as double), billing_interval, "
    "billing_interval_count, reason_code, cancelled_by"
)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    place = tmp_path_factory.mktemp("recurly")
    rows = [*csv.DictReader(io.StringIO(VERSIONS)), *csv.DictReader(io.StringIO(ODD))]
    rows = [{**row, "account_id": "acc", "currency": "USD", "_fivetran_synced": "2024-06-01"} for row in rows]
    (place / "source").mkdir()
    with (place / "source" / "subscription_history.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    for name, text in OTHERS.items():
        (place / "source" / f"{name}.csv").write_text(text)
    return place, write_landing("recurly", str(place / "source"), place / "landing", "USD")


def landed(place: Path, table: str, columns: str, order: str = "1") -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{place}/landing/{table}/*.parquet' order by {order}").fetchall()


@pytest.mark.parametrize("name", EVENTS)
def test_the_events_of_each_situation(landing: tuple[Path, Report], name: str) -> None:
    found = [row[1:] for row in landed(landing[0], "subscription_events", EVENT, "occurred_at") if row[0] == name]
    assert found == [(*event, *[None] * (7 - len(event))) for event in EVENTS[name]]


def test_other_tables(landing: tuple[Path, Report]) -> None:
    columns = "invoice_id, customer_id, status, strftime(paid_at, '%d'), cast(amount as double), currency"
    assert landed(landing[0], "invoices", columns) == [
        ("1", "c-1", "paid", "06", 10, "USD"), ("2", "acd", "uncollectible", None, 5, "USD"),
    ]  # fmt: skip
    columns = "customer_id, strftime(created_at, '%Y-%m-%d'), country"
    assert landed(landing[0], "customers", columns) == [("acd", None, None), ("c-1", "2024-01-02", "DE")]
    plans = [("d", "Ten days"), ("m", "Monthly"), ("y", "Yearly")]
    assert landed(landing[0], "plans", "plan_id, plan_name") == plans
    owners = {row[0] for row in landed(landing[0], "subscription_events", "customer_id")}
    assert owners == {"c-1"}


def test_every_row_is_used_or_set_aside(landing: tuple[Path, Report]) -> None:
    report = landing[1]
    lines = [text.count("\n") - 1 for text in (VERSIONS, ODD, *OTHERS.values())]
    assert list(report.read.values()) == [lines[0] + lines[1], *lines[2:]]
    assert report.set_aside == {
        ("subscriptions", "has not begun"): 1, ("subscriptions", "the first payment never came"): 1,
        ("subscriptions", "a state that is not known"): 1, ("subscriptions", "a time that is none"): 1,
        ("subscriptions", "no id"): 1, ("subscriptions", "sent twice"): 1, ("plans", "sent twice"): 1,
        ("invoices", "sent twice"): 1, ("invoices", "a credit"): 1, ("invoices", "a time that is none"): 1,
        ("invoices", "an amount that is none"): 1,
    }  # fmt: skip
    assert report.warnings == [
        "1 subscriptions have a plan that is not there: their amount counts as monthly",
        "1 subscriptions expired for a reason that reasons.csv does not know, such as vanished",
    ]


def test_a_table_without_history_is_named(tmp_path: Path) -> None:
    rows = [f"s{number},2024-06-01,active,a,2024-01-05,10,USD" for number in range(21)]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "subscriptions.csv").write_text(
        "\n".join(["id,updated_at,state,account_id,activated_at,unit_amount,currency", *rows])
    )
    report = write_landing("recurly", str(tmp_path / "source"), tmp_path / "landing", "USD")
    assert [warning.split(":")[0] for warning in report.warnings] == [
        "every subscription has one version", "21 subscriptions have a plan that is not there",
    ]  # fmt: skip
    assert landed(tmp_path, "subscription_events", EVENT)[0][:4] == ("s0", "started", "2024-01-05", 10)
