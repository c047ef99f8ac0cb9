"""A business on Stripe, by all three ways in: the marts are those of the events that were written by hand."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import harness
import pytest
import stripe_business as business

from warehouse import build
from warehouse.connectors import command
from warehouse.connectors.running import Report, write_landing

MARTS = ("dim_subscriptions", "fct_subscription_periods", "fct_churn_events", "fct_segment_periods")
OF_CUSTOMERS = MARTS[:3]
OF_ROWS = ("rpt_event_reconciliation", "rpt_quarantine")
WAYS = ("ledger", "history", "current")
# The customers of whom a way cannot know all, and why.
CANNOT_KNOW = {
    "history": {},
    "ledger": {
        "c04": "what a trial would cost", "c05": "what a trial would cost",
        "c19": "a pause", "c20": "a pause", "c25": "a metered item", "c30": "a free item",
        "c32": "why a subscription ended that goes on",
    },
    "current": {
        "c06": "an earlier price", "c07": "an earlier quantity", "c10": "a removed item",
        "c12": "a discount that is over", "c18": "since when a payment is missing",
        "c19": "a pause that is over", "c20": "since when it is paused",
        "c24": "a removed item", "c30": "an earlier price", "c31": "a price without its tax",
        "c32": "an end before a new start",
    },
}  # fmt: skip


HANDED = Path(os.environ.get("STRIPE") or harness.PROJECT.parent / "shared" / "data" / "stripe")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stripe")
    business.write_csv(folder / "ledger", business.ledger())
    business.write_csv(folder / "history", business.history())
    business.write_json(folder / "current", business.current())
    return folder


@pytest.fixture(scope="module")
def reports(sources: Path) -> dict[str, Report]:
    return {way: write_landing("stripe", str(sources / way), sources / f"{way}_landing", "USD") for way in WAYS}


@pytest.fixture(scope="module")
def marts(sources: Path, reports: dict[str, Report]) -> dict[str, dict[str, list[dict]]]:
    """The marts by way; `hand`: of the events that were written by hand."""
    hand = sources / "hand_landing"
    hand.mkdir()
    rates = duckdb.sql(
        f"select * replace (cast(rate_date as varchar) as rate_date) from "
        f"'{sources}/history_landing/exchange_rates/*.parquet'"
    )
    names = [column for column in rates.columns]
    customers = [
        {"customer_id": row["id"], "created_at": row["created"], "country": "DE"}
        for row in business.customers()
        if row["livemode"]
    ]
    harness.write_landing(
        hand,
        {
            "subscription_events": business.expected_events(),
            "customers": customers,
            "plans": [{"plan_id": product, "product_id": product} for product in business.PRODUCTS],
            "exchange_rates": [dict(zip(names, map(str, row), strict=True)) for row in rates.fetchall()],
        },
    )
    return {way: _built(sources / f"{way}_landing") for way in (*WAYS, "hand")}


def _built(landing: Path) -> dict[str, list[dict]]:
    with duckdb.connect() as connection:
        harness.build_on(connection, landing, (*MARTS, *OF_ROWS), {"as_of": business.AS_OF})
        return {mart: harness.rows(connection, f"marts.{mart}") for mart in (*MARTS, *OF_ROWS)}


def by_customer(marts: dict[str, list[dict]], *, with_products: bool = False) -> dict[str, list]:
    """All that the marts say of each customer, in an order of its own; money to the cent."""
    said = defaultdict(list)
    for mart in OF_CUSTOMERS:
        for row in marts[mart]:
            values = {
                name: round(float(value), 2) if name.startswith("mrr") and value is not None else value
                for name, value in row.items()
                if with_products or name != "product_id"
            }
            said[row["customer_id"]].append((mart, str(sorted(values.items(), key=lambda item: item[0]))))
    return {customer: sorted(rows) for customer, rows in said.items()}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_gives_the_marts_of_the_events_by_hand_but_for_what_it_cannot_know(way, marts):
    # the other ways land no plans
    expected, found = (by_customer(marts[name], with_products=way == "history") for name in ("hand", way))
    differ = {customer for customer in expected.keys() | found.keys() if expected.get(customer) != found.get(customer)}
    assert differ == set(CANNOT_KNOW[way])


def test_the_history_gives_every_event_and_every_month(sources, marts):
    columns = next(csv.reader(StringIO(business.EVENTS)))
    read = ", ".join(name for name in columns if name not in ("day", "amount", "quantity"))
    found = duckdb.sql(
        f"select {read}, occurred_at, cast(amount as double) as amount, cast(quantity as double) as quantity "
        f"from '{sources}/history_landing/subscription_events/*.parquet'"
    )
    found = sorted(tuple("" if value is None else str(value) for value in row) for row in found.fetchall())
    expected = []
    for row in business.expected_events():
        numbers = [str(float(row[name])) if row[name] else "" for name in ("amount", "quantity")]
        names = [name for name in columns if name not in ("day", "amount", "quantity")]
        expected.append((*(row[name] or "" for name in names), row["occurred_at"], *numbers))
    assert found == sorted(expected)
    month = ("period_grain", "segment_type")
    history, hand = (
        [row for row in marts[way]["fct_segment_periods"] if [row[name] for name in month] == ["month", "all"]]
        for way in ("history", "hand")
    )
    assert history == hand and len(hand) == 12


@pytest.mark.parametrize("way", ["ledger", "history"])
def test_why_a_payment_was_declined_says_its_first_charge(way, sources, reports):
    """The bank's code before Stripe's; a later attempt changes nothing, and where no charge says why, nothing does."""
    found = duckdb.sql(
        f"select customer_id, reason_code from '{sources}/{way}_landing/subscription_events/*.parquet' "
        "where event_type = 'payment_failed' order by customer_id"
    )
    assert found.fetchall() == [("c16", "insufficient_funds"), ("c17", "expired_card"), ("c18", None)]


def test_revenue_and_losses_are_those_computed_by_hand(marts):
    mrr = defaultdict(float)
    for row in marts["history"]["dim_subscriptions"]:
        if row["ended_at"] is None and row["status"] != "trialing":
            mrr[row["customer_id"]] += float(row["mrr"] or 0)
    found = {customer: round(value, 2) for customer, value in mrr.items()}
    assert found == business.MRR
    lost = [
        (row["customer_id"], str(row["churned_at"])[:10], row["churn_type"])
        for row in marts["history"]["fct_churn_events"]
    ]
    assert sorted(lost) == sorted(business.LOST)


def test_the_running_sum_of_the_ledger_is_the_revenue_of_every_day(marts):
    """In whole units of the reporting currency: JPY at 150, KWD at 0.3 and EUR at 0.9 to the dollar."""
    worth = {"usd": 100, "jpy": 150, "kwd": 300, "eur": 90}  # minor units for a dollar
    days = sorted({row["event_timestamp"][:10] for row in business.ledger()["subscription_item_change_events"]})
    for day in days:
        expected, found = defaultdict(float), defaultdict(float)
        for row in business.ledger()["subscription_item_change_events"]:
            if row["event_timestamp"][:10] <= day:
                expected[row["customer_id"]] += row["mrr_change"] / worth[row["currency"]]
        for row in marts["ledger"]["fct_subscription_periods"]:
            ends = row["valid_to"]
            if row["valid_from"].date() <= date.fromisoformat(day) and (
                ends is None or ends.date() > date.fromisoformat(day)
            ):
                found[row["customer_id"]] += float(row["mrr"] or 0)
        customers = expected.keys() | found.keys()
        assert {name: round(expected[name], 2) for name in customers} == {
            name: round(found[name], 2) for name in customers
        }, day


def test_the_ledger_gives_the_reasons_of_the_ends(sources, reports):
    """An item that went before its subscription has none."""
    ends = duckdb.sql(
        "select subscription_id, event_type, coalesce(reason_code, ''), coalesce(cancelled_by, '') from "
        f"'{sources}/ledger_landing/subscription_events/*.parquet' where event_type in ('cancelled', 'expired')"
    )
    names = ("subscription_id", "event_type", "reason_code", "cancelled_by")
    expected = [
        tuple(row[name] for name in names)
        for row in business.expected_events()
        if row["event_type"] in ("cancelled", "expired") and row["customer_id"] != "c32"
    ]
    assert sorted(row for row in ends.fetchall() if not row[0].startswith("s32")) == sorted(expected)


def test_every_row_is_used_or_set_aside(reports):
    assert reports["history"].set_aside == {
        ("customers", "test mode"): 1,
        ("subscription_history", "test mode"): 1,
        ("subscription_history", "the first payment never came (incomplete)"): 2,
    }
    for way, report in reports.items():
        rows = {"ledger": business.ledger, "history": business.history, "current": business.current}[way]()
        assert sum(report.read.values()) == sum(map(len, rows.values())), way


def test_the_warehouse_accounts_for_every_row_of_the_source(reports, marts):
    for way, report in reports.items():
        counts = {row.pop("raw_table"): tuple(row.values()) for row in marts[way]["rpt_event_reconciliation"]}
        aside = Counter(table for (table, _), rows in report.set_aside.items() for _ in range(rows))
        for table, read in report.read.items():
            assert counts[f"stripe.{table}"] == (read, read - aside[table], 0, aside[table]), (way, table)
        quarantined = Counter((row["raw_table"], row["reason"]) for row in marts[way]["rpt_quarantine"])
        assert quarantined == {(f"stripe.{table}", why): rows for (table, why), rows in report.set_aside.items()}
    assert not [row for row in marts["hand"]["rpt_event_reconciliation"] if "." in row["raw_table"]]


def test_what_a_loader_left_out_is_said(sources, reports, tmp_path):
    assert reports["ledger"].warnings == []
    assert reports["history"].warnings == [
        "1 metered items have no amount: their revenue is not recurring and not counted"
    ]
    assert [warning.split(":")[0] for warning in reports["current"].warnings] == [
        "1 subscriptions are paused", "1 subscriptions are past due or unpaid", "1 metered items have no amount",
        "1 items have prices with tax, and nothing says what they are without",
    ]  # fmt: skip
    filtered = business.history()
    filtered["subscription_history"] = [row for row in filtered["subscription_history"] if row["_fivetran_active"]]
    del filtered["invoice_line_item"]
    filtered["price"] = [row for row in filtered["price"] if row["id"] != "p_basic"]
    said = " | ".join(_warnings(tmp_path / "filtered", filtered))
    assert "holds the newest version of each of 31 subscriptions only (_fivetran_active)" in said
    assert "invoice_line_items is not there: every item has today's price from its start" in said
    assert "items have a price that is not there (prices, plans)" in said
    active = {"subscriptions": [row for row in business.current()["subscriptions"] if row["status"] == "active"]}
    said = " | ".join(_warnings(tmp_path / "active", active))
    assert "subscriptions is canceled: whoever loads them may leave those out" in said
    ends = {"s01": "2024-12-04", "s04": "2024-12-02", "s06": "2024-12-24", "s02": "2024-03-10"}
    behind = business.history()
    for row in behind["subscription_history"]:
        row["current_period_end"] = ends.get(row["id"]) if row["_fivetran_active"] else "2024-02-05"
    said = " | ".join(_warnings(tmp_path / "behind", behind))
    assert "1 subscriptions go on in a period that ended a week or longer before 2024-12-10, such as s04: " in said
    torn = business.ledger()
    torn["subscription_item_change_events"] = torn["subscription_item_change_events"][1:]
    torn["subscription_item_change_events"] = [
        row
        for row in torn["subscription_item_change_events"]
        if (row["customer_id"], row["event_type"][7:]) != ("c02", "START")
    ]
    assert "1 items have less MRR than 0" in " | ".join(_warnings(tmp_path / "torn", torn))


def _warnings(folder: Path, tables: dict[str, list[dict]]) -> list[str]:
    return write_landing(
        "stripe", str(business.write_json(folder, tables)), folder.parent / f"{folder.name}_l", "USD"
    ).warnings


def test_names_of_other_loaders_give_the_same(sources, reports, tmp_path):
    """dlt's columns for what is nested, tables of their own for lists, and the columns of Sigma."""
    tables = business.current()
    flat = []
    for row in tables["subscriptions"]:
        details, pause, discount = (row.pop(name) for name in ("cancellation_details", "pause_collection", "discount"))
        row |= {f"cancellation_details__{name}": value for name, value in details.items()}
        row["pause_collection__behavior"] = pause and pause["behavior"]
        row["_dlt_load_id"] = "1733832000.5"
        for name in ("start", "end"):
            row[f"discount__{name}"] = discount and discount[name]
        for name in ("id", "percent_off", "amount_off", "currency", "duration"):
            row[f"discount__coupon__{name}"] = discount and discount["coupon"][name]
        for item in row.pop("items")["data"]:
            price = item.pop("price")
            recurring = {f"price__recurring__{name}": value for name, value in price.pop("recurring").items()}
            flat.append(
                {**item, "subscription": row["id"], **recurring, **{f"price__{name}": price[name] for name in price}}
            )
    other = {"subscription": tables["subscriptions"], "subscription__items__data": flat}
    write_landing("stripe", str(business.write_csv(tmp_path / "dlt", other)), tmp_path / "landing", "USD")
    events = "select * from '{}/subscription_events/*.parquet' order by all"
    found = duckdb.sql(events.format(tmp_path / "landing")).fetchall()
    assert found == duckdb.sql(events.format(sources / "current_landing")).fetchall()


@pytest.mark.skipif(not HANDED.is_dir(), reason="Stripe's files are not there: set STRIPE to their folder")
def test_files_that_nobody_here_wrote_are_read(tmp_path):
    """Fivetran's own test seeds: keys do not all match, and the subscriptions' rows contradict themselves."""
    report = write_landing("stripe", str(HANDED), tmp_path / "l", "USD")
    lines = report.lines()
    assert "  subscription_history: 2 rows = 2 used + 0 set aside" in lines
    assert "  charges: 16 rows = 0 used + 16 set aside" in lines and "  set aside: invoices, test mode (1)" in lines
    assert "3 items have a price that is not there" in " ".join(lines)
    columns = "customer_id, event_type, strftime(occurred_at, '%Y-%m-%d'), plan_id, cast(amount as double), currency"
    items = duckdb.sql(
        f"select {columns} from '{tmp_path}/l/subscription_events/*.parquet' where amount > 1 order by 1"
    )
    assert items.fetchall() == [
        ("123fsdf", "started", "2024-07-02", "prod_BUqcov3uJTssuQ", 3000.0, "USD"),
        ("sdf6547", "started", "2024-07-01", "prod_BUZaPcD5jIhqAG", 1500.0, "USD"),
    ]


def test_the_dashboard_s_export_is_read(tmp_path):
    rows = [
        {
            "id": "sub_1", "Customer ID": "cus_1", "Status": "Canceled", "Plan": "price_1", "Product": "prod_1",
            "Quantity": "2", "Currency": "usd", "Interval": "month", "Amount": "49.00",
            "Created (UTC)": "2024-01-05 12:00", "Start Date (UTC)": "2024-01-05 12:00",
            "Canceled At (UTC)": "2024-03-05 12:00", "Ended At (UTC)": "2024-03-05 12:00",
            "Cancellation Reason": "payment_failed",
        }
    ]  # fmt: skip
    write_landing("stripe", str(business.write_csv(tmp_path / "s", {"subscriptions": rows})), tmp_path / "l", "USD")
    columns = "subscription_id, event_type, strftime(occurred_at, '%m-%d %H:%M'), cast(amount as double), reason_code"
    found = duckdb.sql(f"select {columns} from '{tmp_path}/l/subscription_events/*.parquet' order by occurred_at")
    assert found.fetchall() == [
        ("sub_1", "started", "01-05 12:00", 98.0, None),
        ("sub_1", "cancelled", "03-05 12:00", None, "payment_failure"),
    ]


def test_the_currency_of_the_reports_is_that_of_the_rates(sources, tmp_path):
    write_landing("stripe", str(sources / "ledger"), tmp_path / "l", "eur")
    rates = "select currency, round(cast(rate_to_reporting as double), 6), cast(rate_date as varchar) "
    found = duckdb.sql(f"{rates} from '{tmp_path}/l/exchange_rates/*.parquet' order by 1").fetchall()
    # a KWD is 3.33 dollars, and those 3 euros; the rates of a day stand in the row of the day after
    assert found == [("JPY", 0.006, "2023-12-31"), ("KWD", 3.0, "2023-12-31"), ("USD", 0.9, "2023-12-31")]


def test_the_command_builds_from_what_the_connector_landed(sources, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RAW_DATA_DIR", "")
    monkeypatch.setenv("CONNECTOR_LANDING_DIR", "")
    monkeypatch.setattr(command, "home", lambda: tmp_path)
    built = []
    monkeypatch.setattr(build, "land", lambda target: built.append(build.landing_folder()) or 0)
    monkeypatch.setattr(build, "_dbt_build", lambda arguments: built.append(arguments) or 0)
    asked = ["--connector", "stripe", "--source", str(sources / "ledger"), "--target", "postgres"]
    assert build.main(asked) == 0
    assert built == [tmp_path / "landings" / "stripe", ["--target", "postgres"]]
    assert (built[0] / "subscription_events" / "part-0001.parquet").exists()
    assert "subscription_item_change_events: 48 rows = 48 used + 0 set aside" in capsys.readouterr().out
    assert build.main([*asked, "--vars", "{reporting_currency: EURO}"]) == 1
