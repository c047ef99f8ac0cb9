"""The real example with surveys alone: it builds, its README shows what it gives, to the published digits. Runs where
the survey is (AIRPORT_SURVEY)."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import queries
import shared

PROJECT = Path(__file__).parents[2]
DATA = PROJECT.parent / "shared" / "data" / "sfo_2017" / "2017_SFO_Customer_Survey.csv"
SURVEY = Path(os.environ.get("AIRPORT_SURVEY") or DATA)
PAGE = (PROJECT / "examples" / "airport_survey" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    if not SURVEY.is_file():
        pytest.skip("the airport's survey is not there: set AIRPORT_SURVEY to its file")
    folder = tmp_path_factory.mktemp("airport")
    file, output = shared.build_example("airport", folder, AIRPORT_SURVEY=SURVEY)
    with duckdb.connect(str(file), read_only=True) as connection:
        yield SimpleNamespace(output=output, published=connection)


def test_readme_shows_what_the_example_gives(build: SimpleNamespace) -> None:
    assert queries.examples(PAGE)
    assert queries.refreshed(PAGE, build.published) == PAGE


def test_the_score_is_the_published_one(build: SimpleNamespace) -> None:
    row = build.published.execute(
        "select promoters, passives, detractors, nps, nps_lower, nps_upper, nps_weighted from marts.rpt_nps "
        "where period_grain = 'year' and segment_type = 'all'"
    ).fetchall()
    ((*counts, nps, lower, upper, weighted),) = row
    assert counts == [1436, 968, 342]
    assert [f"{figure:.4f}" for figure in (nps, lower, upper, weighted)] == ["39.8398", "37.1824", "42.4102", "40.3984"]


def test_the_summary_speaks_of_what_is_there(build: SimpleNamespace) -> None:
    lines = dict(line.split(maxsplit=1) for line in build.output.splitlines() if line[:1].isupper() and " " in line)
    assert lines["Lifecycle"].startswith("none: no subscription_events, orders or product_usage")
    assert lines["NPS"].startswith("2017-05-01 month: 40 [37 to 42], 2,746 respondents")
    assert not {"Customers", "Churn", "Revenue", "Before"} & lines.keys()
