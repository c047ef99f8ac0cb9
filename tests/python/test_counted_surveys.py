"""Two real surveys, landed from counts of their answers: their READMEs show what they give, to the printed digits.

The whole commands are `make nf-core` and `make airflow`.
"""

from __future__ import annotations

import csv
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import harness
import pytest
import queries

EXAMPLES = harness.PROJECT / "examples"
MARTS = ("fct_survey_responses", "rpt_nps", "rpt_nps_distribution", "rpt_quarantine", "rpt_survey_scores")
AS_OF = {"nf_core_survey": "2025-04-01", "airflow_survey": "2021-01-01"}


def page(survey: str) -> str:
    return (EXAMPLES / survey / "README.md").read_text(encoding="utf-8")


def counts(survey: str) -> list[dict[str, str]]:
    with (EXAMPLES / survey / "counts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def land(survey: str, folder: Path) -> int:
    """Run the example's script."""
    spec = importlib.util.spec_from_file_location("counts_to_landing", EXAMPLES / "counts_to_landing.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.to_landing(EXAMPLES / survey / "counts.csv", folder)


def built(survey: str, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    land(survey, folder)
    with duckdb.connect() as connection:
        harness.build_on(connection, folder, MARTS, {"as_of": AS_OF[survey]})
        yield connection


@pytest.fixture(scope="module")
def nf_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    yield from built("nf_core_survey", tmp_path_factory.mktemp("nf_core"))


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    yield from built("airflow_survey", tmp_path_factory.mktemp("airflow"))


@pytest.mark.parametrize("survey", AS_OF)
def test_as_many_answers_land_as_were_counted(survey: str, tmp_path: Path) -> None:
    counted = {
        (row["survey_type"], row["responded_at"], row["score"]): int(row["respondents"]) for row in counts(survey)
    }
    assert land(survey, tmp_path) == sum(counted.values())
    with (tmp_path / "survey_responses.csv").open(encoding="utf-8", newline="") as file:
        landed = list(csv.DictReader(file))
    assert Counter((row["survey_type"], row["responded_at"], row["score"]) for row in landed) == counted
    assert len({row["response_id"] for row in landed}) == len(landed)


@pytest.mark.parametrize("survey", AS_OF)
def test_readme_shows_what_the_example_gives(survey: str, request: pytest.FixtureRequest) -> None:
    connection = request.getfixturevalue(survey.removesuffix("_survey"))
    assert queries.examples(page(survey))
    assert queries.refreshed(page(survey), connection) == page(survey)
    assert connection.execute("select count(*) from marts.rpt_quarantine").fetchone() == (0,)


@pytest.mark.parametrize("survey", AS_OF)
def test_the_command_looks_from_the_day_of_the_readme(survey: str) -> None:
    makefile = (harness.PROJECT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(rf"RAW_DATA_DIR=examples/{survey}/landing .*?as_of: ([\d-]+)", makefile, re.DOTALL)
    assert recipe == AS_OF[survey]


def test_the_nps_of_nf_core_is_the_published_one(nf_core: duckdb.DuckDBPyConnection) -> None:
    """The report prints 209 responders and an NPS of 54."""
    (row,) = nf_core.execute(
        "select respondents, promoters, passives, detractors, nps from marts.rpt_nps "
        "where period_grain = 'year' and segment_type = 'all'"
    ).fetchall()
    *numbers, nps = row
    assert numbers == [208, 135, 51, 22]
    assert f"{nps:.0f}" == "54"
    assert sum(int(answer["respondents"]) for answer in counts("nf_core_survey")) == 209
    # it divides by all who answered anything
    assert f"{100 * (135 - 22) / 209:.0f}" == "54"


def test_the_shares_who_would_recommend_airflow_are_the_published_ones(airflow: duckdb.DuckDBPyConnection) -> None:
    """The survey of 2022 prints 85.7% for 2019 and 92% for 2020, of 308 and 203 users."""
    found = airflow.execute(
        "select year(period_start), respondents, csat from marts.rpt_survey_scores "
        "where period_grain = 'year' and segment_type = 'all' order by period_start"
    ).fetchall()
    assert [row[:2] for row in found] == [(2019, 308), (2020, 203)]
    assert [f"{found[0][2]:.1%}", f"{found[1][2]:.0%}"] == ["85.7%", "92%"]


def test_the_share_of_each_answer_is_the_published_one(airflow: duckdb.DuckDBPyConnection) -> None:
    """Very likely to very unlikely, as each year's own report prints them."""
    found = airflow.execute(
        "select year(responded_at), score, count(*) from marts.fct_survey_responses group by all order by 1, 2 desc"
    ).fetchall()
    printed = {
        year: [f"{100 * answers / total:.2f}" for each, _, answers in found if each == year]
        for year, total in [(2019, 308), (2020, 203)]
    }
    assert printed == {
        2019: ["45.45", "40.26", "10.71", "2.60", "0.97"],
        2020: ["61.58", "30.54", "5.42", "1.48", "0.99"],
    }
