"""The real example builds, and its README shows what it gives. Runs where the data set is (OULAD_DIR)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest
import queries
import shared

PROJECT = Path(__file__).parents[2]
RAW_FOLDER = Path(os.environ.get("OULAD_DIR") or PROJECT.parent / "shared" / "data" / "oulad")
EXAMPLE = PROJECT / "examples" / "open_university"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    if not (RAW_FOLDER / "studentRegistration.csv").is_file():
        pytest.skip("the Open University data set is not there: set OULAD_DIR to its folder")
    folder = tmp_path_factory.mktemp("open_university")
    file, _ = shared.build_example("open-university", folder, OULAD=RAW_FOLDER)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert {result["status"] for result in results} == {"success", "pass"}
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


def test_readme_shows_what_the_example_gives(published: duckdb.DuckDBPyConnection) -> None:
    page = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    assert queries.examples(page)
    assert queries.refreshed(page, published) == page


def test_every_registration_is_a_subscription_or_in_quarantine(published: duckdb.DuckDBPyConnection) -> None:
    (subscriptions,) = published.execute(
        "select count(*) from marts.dim_subscriptions where started_at is not null"
    ).fetchone()
    (quarantined,) = published.execute(
        'select count(*) from marts.rpt_quarantine where raw_row like \'%"event_type": "started"%\''
    ).fetchone()
    assert quarantined == 45
    # the 19 who registered and unregistered on one day too: they came and went
    assert subscriptions + quarantined == 32_593
