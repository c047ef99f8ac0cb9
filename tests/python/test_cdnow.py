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
