"""The real example without subscriptions: it builds, its README shows what it gives, its losses are gaps in orders."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest
import queries
import shared

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "examples" / "cdnow" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("cdnow")
    file, _ = shared.build_example("cdnow", folder)
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


def test_readme_shows_what_the_example_gives(published: duckdb.DuckDBPyConnection) -> None:
    assert queries.examples(PAGE)
    assert queries.refreshed(PAGE, published) == PAGE


def test_losses_are_the_silences_of_90_days(published: duckdb.DuckDBPyConnection) -> None:
    days = defaultdict(set)
    for line in (files("lifetimes") / "datasets" / "CDNOW_sample.txt").read_text().splitlines():
        customer, _, day, *_ = line.split()
        days[customer].add(datetime.strptime(day, "%Y%m%d"))
    silence, last_day = timedelta(days=90), max(day for ordered in days.values() for day in ordered)
    losses = {
        (customer, day + silence)
        for customer, ordered in days.items()
        for day in ordered
        if day + silence <= last_day and not any(day < other <= day + silence for other in ordered)
    }
    found = published.execute("select customer_id, churned_at from marts.fct_churn_events").fetchall()
    assert len(found) == len(set(found))
    assert set(found) == losses


def test_who_ordered_again_within_90_days_of_the_first_order(published: duckdb.DuckDBPyConnection) -> None:
    days = defaultdict(set)
    for line in (files("lifetimes") / "datasets" / "CDNOW_sample.txt").read_text().splitlines():
        customer, _, day, *_ = line.split()
        days[customer].add(datetime.strptime(day, "%Y%m%d"))
    silence = timedelta(days=90)
    returned = sum(len(ordered) > 1 and sorted(ordered)[1] - min(ordered) <= silence for ordered in days.values())
    (found,) = published.execute(
        "select new_buyers_judged, new_buyers_returned from marts.rpt_product_orders where period_grain = 'year'"
        " and new_buyers > 0"
    ).fetchall()
    assert found == (len(days), returned) == (2357, 687)
