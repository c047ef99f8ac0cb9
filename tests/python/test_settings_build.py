"""`make build` under settings that are not the defaults: every unit test passes, and the published marts are right.

Each build is the whole command on one landing folder, into folders that are not there yet and whose names hold what
SQL, globs and shells give a meaning. The folder holds random streams, every open question of docs/rules.md, times and
codes in odd layouts and spellings, a row for each reason of quarantine, and what customers do beside paying, by chance.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import commands
import duckdb
import harness
import odd_rows
import oracle
import pytest
import shared
import streams
import test_rules
from hypothesis import given, settings
from test_activity import INACTIVITY
from test_against_oracle import CHURN_REASONS, MARTS, assert_same

SETTINGS: dict[str, dict] = {
    "euro_kolkata_fiscal_april_small_margin": {
        "reporting_currency": "EUR",
        "reporting_timezone": "Asia/Kolkata",
        "fiscal_year_start_month": 4,
        "gross_margin": 0.35,
        "annual_discount_rate": 0,
        "largest_segment_values": 2,
        "health_months": 1,
        "tasks_per_owner_and_day": 1,
    },
    "new_york_as_of_known_at_no_margin_lost": {
        "reporting_timezone": "America/New_York",
        "fiscal_year_start_month": 2,
        "gross_margin": 1,
        "lifecycle": "subscription",
        "free_plans_are_customers": False,
        "switch_grace_minutes": 1440,
        "as_of": "2024-07-01",
        "known_at": "2024-08-15 12:00:00",
    },
    "aud_tehran_fiscal_december_as_of_with_offset": {
        "reporting_currency": "aud",
        "reporting_timezone": "Asia/Tehran",
        "fiscal_year_start_month": 12,
        "annual_discount_rate": 0.001,
        "as_of": "2024-10-01T03:30:00+05:30",
        "segments": ["industry"],
        "health_months": 36,
    },
    "activity_berlin_pounds": {
        "reporting_currency": "GBP",
        "reporting_timezone": "Europe/Berlin",
        "fiscal_year_start_month": 7,
        "gross_margin": 0.5,
        "annual_discount_rate": 0.25,
        "lifecycle": "activity",
        "as_of": "2024-12-31 12:00:00",
        "largest_cell_values": 1,
    },
}
# one rate of each currency before everything, so that few rows are left out
FIRST_RATES = {"USD": "0.9", "EUR": "1.1", "GBP": "1.25", "AUD": "0.65"}
ORDERED_AT = {
    f"buyer-{number}": [datetime(2023, 11, 25) + timedelta(days=31 * number + gap) for gap in gaps]
    for number, gaps in enumerate([(0,), (0, 90), (0, 91, 92), (5, 30, 200), (12,), (0, 89, 250)])
}


def drawn_streams(number: int) -> list[dict[str, list[dict]]]:
    """Some of the oracle's random streams, the same at every run."""
    drawn = []

    @settings(max_examples=number)
    @given(streams.landing_folders())
    def draw(tables: dict) -> None:
        drawn.append(tables)

    draw()
    return drawn


def raw_tables() -> dict[str, list[dict]]:
    """The streams and the odd rows side by side, each with ids of its own, and customers who only order."""
    tables = odd_rows.tables()
    for number, stream in enumerate(drawn_streams(60)):
        for name in ("subscription_events", "customers"):
            tables[name] += [
                {key: f"{number}-{text}" if text and key.endswith("_id") and key != "plan_id" else text
                 for key, text in row.items()} for row in stream[name]
            ]  # fmt: skip
    tables["customers"] += [{"customer_id": buyer, "country": "FR"} for buyer in ORDERED_AT]
    # of the streams' customers more are broken than a gate lets pass
    tables["customers"] += [{"customer_id": f"visitor-{number}", "country": "FR"} for number in range(100)]
    # and more are unknown than a gate lets pass, in some drawings
    known = {row["customer_id"] for row in tables["customers"]}
    unknown = dict.fromkeys(row["customer_id"] for row in tables["subscription_events"] if row.get("customer_id"))
    tables["customers"] += [
        {"customer_id": name} for name in [name for name in unknown if name.strip() and name not in known][:60]
    ]
    tables["exchange_rates"] += [
        {"rate_date": "2019-12-31", "currency": currency, "rate_to_reporting": rate}
        for currency, rate in FIRST_RATES.items()
    ]
    tables["orders"] += [
        {"order_id": f"{buyer}|{at}", "customer_id": buyer, "ordered_at": str(at), "amount": "10", "currency": "EUR"}
        for buyer, moments in ORDERED_AT.items()
        for at in moments
    ]
    paying = [customer for customer in unknown if customer.strip()]
    for name, rows in odd_rows.touches([*paying[:80], *ORDERED_AT]).items():
        tables[name] = tables.get(name, []) + rows
    return tables


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    tables = raw_tables()
    folder = tmp_path_factory.mktemp("landing")
    harness.write_landing(folder, tables)
    return SimpleNamespace(tables=tables, folder=folder)


@pytest.fixture(scope="module", params=SETTINGS.values(), ids=SETTINGS.keys())
def published(
    request: pytest.FixtureRequest, landed: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """The rows of the published marts, built whole under some settings."""
    place = tmp_path_factory.mktemp("built") / 'it\'s a "new" \\ place * [1] {{ x }} $(x)`'
    places = {
        "RAW_DATA_DIR": landed.folder,
        "WAREHOUSE_PATH": place / "of the warehouse" / "my warehouse.duckdb",
        "PUBLISHED_PATH": place / "published" / "marts.duckdb",
        "DBT_TARGET_PATH": place / "target",
        "DBT_LOG_PATH": place / "logs",
    }
    environment = {**os.environ, **shared.WITHOUT_LOG, **{name: str(path) for name, path in places.items()}}
    run = commands.run("warehouse.build", "--unit-tests=yes", "--vars", json.dumps(request.param), env=environment)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    results = json.loads((place / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    with duckdb.connect(str(places["PUBLISHED_PATH"]), read_only=True) as connection:
        yield SimpleNamespace(
            settings=request.param,
            statuses={result["unique_id"]: result["status"] for result in results},
            manifest=json.loads((place / "target" / "manifest.json").read_text(encoding="utf-8")),
            rows=lambda mart: harness.rows(connection, f"marts.{mart}"),
        )


def test_every_unit_test_ran_and_passed(published: SimpleNamespace) -> None:
    passed = {name for name, status in published.statuses.items() if status == "pass"}
    assert published.manifest["unit_tests"] and published.manifest["unit_tests"].keys() <= passed


def test_published_marts_are_the_oracles(published: SimpleNamespace, landed: SimpleNamespace) -> None:
    options = {name: value for name, value in published.settings.items() if name in oracle.Settings.__annotations__}
    if published.settings.get("lifecycle") == "activity":
        assert_active_customers_are_those_who_ordered_lately(published, landed.tables["orders"])
        return
    for name in ("as_of", "known_at"):
        if name in options:
            moment = datetime.fromisoformat(options[name])
            options[name] = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    options["reporting_currency"] = options.get("reporting_currency", "USD").upper()
    tables = landed.tables
    wanted = oracle.build(
        tables["subscription_events"],
        tables["customers"],
        tables["exchange_rates"],
        CHURN_REASONS,
        oracle.Settings(**options),
    )
    assert len(wanted["fct_churn_events"]) > 5
    # by fewer attributes a report has fewer rows, and what is left is the same
    segment_types = {"all", "plan", *published.settings.get("segments", oracle.ATTRIBUTE_SEGMENTS)}
    for mart, key in MARTS.items():
        rows = published.rows(mart)
        if mart == "rpt_event_reconciliation":
            rows = [row for row in rows if row["raw_table"] in ("subscription_events", "customers", "exchange_rates")]
        assert_same(mart, key, rows, [row for row in wanted[mart] if row.get("segment_type", "all") in segment_types])


def assert_active_customers_are_those_who_ordered_lately(published: SimpleNamespace, orders: list[dict]) -> None:
    """At the first instant of each period in the reporting time zone."""
    ordered_at = defaultdict(list)
    for order in orders:
        if order["customer_id"] != "broken":
            ordered_at[order["customer_id"]].append(datetime.fromisoformat(order["ordered_at"]))
    zone = oracle.ZoneInfo(published.settings["reporting_timezone"])
    as_of = datetime.fromisoformat(published.settings["as_of"])

    def customers_before(day: date) -> int:
        instant = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        return sum(
            any(at < instant <= at + INACTIVITY for at in ordered if at <= as_of) for ordered in ordered_at.values()
        )

    rows = [row for row in published.rows("rpt_churn_rates") if row["segment_type"] == "all"]
    assert max(row["customers_start"] for row in rows) > 2
    for row in rows:
        assert row["customers_start"] == customers_before(row["period_start"]), row
        if row["is_complete_period"]:
            assert row["customers_end"] == customers_before(row["period_end"]), row
        is_start_of_a_year = (row["period_start"].month, row["period_start"].day) == (7, 1)
        assert row["period_grain"] != "year" or is_start_of_a_year, row


def test_values_follow_from_margin_and_discount(published: SimpleNamespace) -> None:
    """METRICS: ARPA x margin / churn, and m x (1 + d) / (d + churn)."""
    margin = published.settings.get("gross_margin", 0.8)
    monthly = (1 + published.settings.get("annual_discount_rate", 0.1)) ** (1 / 12) - 1
    rows = [row for row in published.rows("rpt_clv") if row["monthly_churn_rate"]]
    assert rows
    for row in rows:
        monthly_margin, churn = row["arpa"] * margin, row["monthly_churn_rate"]
        assert math.isclose(row["clv_margin"], monthly_margin / churn, rel_tol=1e-9, abs_tol=1e-12)
        discounted = monthly_margin * (1 + monthly) / (monthly + churn)
        assert math.isclose(row["clv_discounted"], discounted, rel_tol=1e-9, abs_tol=1e-12)
    for row in published.rows("fct_customer_lifetime_values"):
        # millionths: a margin has six decimal places
        assert math.isclose(row["historic_margin"], float(row["historic_revenue"]) * margin, abs_tol=1e-6)


def test_every_broken_row_has_its_reason(published: SimpleNamespace) -> None:
    rows = [row for row in published.rows("rpt_quarantine") if re.search("broken|XXX|31/12/2023", row["raw_row"])]
    found = Counter((row["raw_table"], row["reason"]) for row in rows)
    assert found == Counter((table, reason) for table, rows in odd_rows.BROKEN.items() for _, reason in rows)


def test_money_and_answers_are_read_by_the_rules(published: SimpleNamespace) -> None:
    received = {row["customer_id"]: row["historic_revenue"] for row in published.rows("fct_customer_lifetime_values")}
    assert {name: received[name] for name in test_rules.RECEIVED} == test_rules.RECEIVED
    answers = {
        row["touchpoint_type"]: (row["respondents"], row["nps"])
        for row in published.rows("rpt_nps")
        if (row["period_grain"], row["period_start"], row["segment_type"]) == ("month", date(2024, 2, 1), "all")
    }
    assert answers == test_rules.ANSWERED
