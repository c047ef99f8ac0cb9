"""What CONTRIBUTING.md says is done to a copy of the project, step by step, and gives what it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pages
import pytest
import shared

STEPS = re.compile(
    r"^ *`(?P<path>[\w/.]+)`:\n\n(?P<new> *)```\w+\n(?P<text>.*?)^(?P=new)```$"
    r"|^ *```diff\n(?P<change>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
LANDING = {
    "subscription_events": """
        event_id,customer_id,subscription_id,event_type,occurred_at,amount,reason_code
        e1,c1,s1,started,2025-01-05,49,
        e2,c2,s2,started,2025-01-17,49,
        e3,c1,s1,cancelled,2025-04-04,,merged
        e4,c2,s2,cancelled,2025-06-05,,payment_failure
        e5,c2,s2,payment_failed,2025-03-05,,
        """,
    "targets": """
        metric,period_grain,period_start,target
        mrr_at_risk,month,2025-03-01,10
        """,
    "customers": """
        customer_id,created_at,region
        c1,2025-01-05,north
        c2,2025-01-17,south
        """,
    "survey_responses": """
        response_id,survey_type,customer_id,sent_at,responded_at,score,comment
        r1,nps,c1,2025-02-01,2025-02-02,3,Viel zu teuer
        """,
}
BUILT = (
    "dim_customers", "rpt_early_losses", "rpt_churn_rates", "rpt_churn_reasons", "rpt_red_flags", "rpt_goals",
    "fct_survey_responses", "int_tasks",
)  # fmt: skip
# data tests that look at every segment
OF_SEGMENTS = ("reports_end_at_todays_customers", "movements_lead_from_start_to_end")


def steps(text: str) -> list[tuple[str, str | None, str]]:
    """(file, what stands there or None for a new file, what stands there afterwards) of every step, in their order."""
    found = []
    for step in STEPS.finditer(text):
        if step["path"]:
            found.append((step["path"], None, textwrap.dedent(step["text"])))
            continue
        first, *lines = textwrap.dedent(step["change"]).splitlines()
        assert first.startswith("--- ") and all(line[0] in " +-" for line in lines), step["change"]
        old = "\n".join(line[1:] for line in lines if line[0] != "+")
        new = "\n".join(line[1:] for line in lines if line[0] != "-")
        found.append((first.removeprefix("--- "), old, new))
    return found


def follow(project: Path) -> None:
    text = (project / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path, old, new in steps(text):
        file = project / path
        if old is None:
            assert not file.exists(), f"{path} is there already"
            file.write_text(new, encoding="utf-8")
            continue
        content = file.read_text(encoding="utf-8")
        assert content.count(old) >= 1, f"{path} has no such lines:\n{old}"
        file.write_text(content.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A copy of the project after every step, and what it builds from a small landing folder."""
    project = shared.copy_project(tmp_path_factory.mktemp("followed") / "project")
    follow(project)
    landing = project / "landing"
    landing.mkdir()
    for table, rows in LANDING.items():
        (landing / f"{table}.csv").write_text(textwrap.dedent(rows).strip() + "\n", encoding="utf-8")
    environment = {
        **os.environ,
        **shared.WITHOUT_LOG,
        "RAW_DATA_DIR": str(landing),
        "WAREHOUSE_PATH": str(project / shared.WAREHOUSE),
        "DBT_TARGET_PATH": str(project / "target"),
    }
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
    build = [
        "--quiet", "build", "--select", *(f"+{model}" for model in BUILT), *OF_SEGMENTS,
        "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious",
    ]  # fmt: skip
    run = subprocess.run([*dbt, *build], cwd=project, env=environment, capture_output=True, text=True)
    unit_tests = ["--quiet", "test", "--select", "rpt_early_losses,test_type:unit"]
    if run.returncode == 0:
        run = subprocess.run([*dbt, *unit_tests], cwd=project, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    return SimpleNamespace(project=project, warehouse=project / shared.WAREHOUSE, dbt=dbt, environment=environment)


def rows(followed: SimpleNamespace, query: str) -> list[tuple]:
    with duckdb.connect(str(followed.warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_page_has_every_kind_of_addition() -> None:
    text = (pages.PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    with_steps = [part.splitlines()[0] for part in parts if steps(part)]
    assert with_steps == [
        "Add a model", "Add a threshold", "Change a mart's contract", "Add a churn reason", "Add a segment",
        "Add a red flag", "Add a trigger", "Add a metric", "Languages",
    ]  # fmt: skip
    assert text.count("```diff") + len(re.findall(r"^ *`[\w/.]+`:$", text, re.MULTILINE)) == len(steps(text))


def test_a_model_with_a_threshold_is_built(followed: SimpleNamespace) -> None:
    found = rows(followed, "select * from marts.rpt_early_losses order by churn_type")
    assert found == [("involuntary", 2, 1)]


def test_a_mart_with_a_new_contract_is_read_by_the_old_one_too(followed: SimpleNamespace) -> None:
    query = "select {} from marts.rpt_early_losses{}"
    assert rows(followed, query.format("churn_type, early_losses", "")) == [("involuntary", 1)]
    assert rows(followed, query.format("churn_type, losses_early", "_v1")) == [("involuntary", 1)]


def test_the_command_selects_the_new_model(followed: SimpleNamespace) -> None:
    (command,) = pages.commands(followed.project / "CONTRIBUTING.md")
    arguments = command.removeprefix(".venv/bin/dbt ").replace("build", "ls").split()
    run = subprocess.run(
        [*followed.dbt, *arguments], cwd=followed.project, env=followed.environment, capture_output=True, text=True
    )
    assert run.returncode == 0 and "marts.churn.rpt_early_losses" in run.stdout, run.stdout


def test_a_reason_has_its_type(followed: SimpleNamespace) -> None:
    query = (
        "select churn_type, reason_category from marts.rpt_churn_reasons "
        "where reason_code = 'merged' and period_grain = 'month' and segment_type = 'all'"
    )
    assert rows(followed, query) == [("involuntary", "external")]


def test_a_segment_is_in_the_reports(followed: SimpleNamespace) -> None:
    query = (
        "select segment_value, customers_churned from marts.rpt_churn_rates where segment_type = 'region' "
        "and period_grain = 'month' and period_start = date '2025-04-01' order by segment_value"
    )
    assert rows(followed, query) == [("north", 1), ("south", 0)]


def test_a_flag_is_raised(followed: SimpleNamespace) -> None:
    query = (
        "select period_start::text, value, verdict from marts.rpt_red_flags where flag_code = 'involuntary_churn' "
        "and segment_type = 'all' and period_grain = 'month' and verdict = 'raised'"
    )
    assert rows(followed, query) == [("2025-04-01", 0.5, "raised")]


def test_a_trigger_has_tasks(followed: SimpleNamespace) -> None:
    query = (
        "select customer_id, triggered_at::text, closed_at::text, closed_by from intermediate.int_tasks "
        "where trigger_code = 'check_in' order by customer_id"
    )
    assert rows(followed, query) == [
        ("c1", "2025-02-04 00:00:00", "2025-04-04 00:00:00", "loss"),
        ("c2", "2025-02-16 00:00:00", "2025-06-05 00:00:00", "loss"),
    ]


def test_a_metric_may_be_a_target(followed: SimpleNamespace) -> None:
    query = "select period_start::text, value, verdict from marts.rpt_goals where metric = 'mrr_at_risk'"
    assert rows(followed, query) == [("2025-03-01", 49.0, "missed")]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,churn,>,0.1,month,", "the metric 'churn' is not known. Did you mean mrr_churn? Known are "),
        ("a,churn_rate,=,0.1,month,", "the operator '=' is not known. Known are >, >=, <, <="),
        ("a,churn_rate,>,0.1,monthly,", "the grain 'monthly' is not known. Did you mean month? Known are all, "),
        ("a,churn_rate,>,,month,", "it has no threshold: use a number, in the unit of churn_rate (fraction)"),
        ("a,clv,>,1,week,", "clv is not known by week, but by month"),
    ],
)
def test_a_flag_that_cannot_be_judged_stops_the_build(followed: SimpleNamespace, row: str, says: str) -> None:
    seed = followed.project / "seeds" / "red_flags.csv"
    as_it_was = seed.read_text(encoding="utf-8")
    environment = {**followed.environment, "WAREHOUSE_PATH": str(followed.project / "other.duckdb"), "RAW_DATA_DIR": ""}
    try:
        seed.write_text(as_it_was + row + "\n", encoding="utf-8")
        command = [*followed.dbt, "--quiet", "seed", "--select", "red_flags"]
        run = subprocess.run(command, cwd=followed.project, env=environment, capture_output=True, text=True)
    finally:
        seed.write_text(as_it_was, encoding="utf-8")
    assert run.returncode != 0 and f"Please mend seeds/red_flags.csv: a: {says}" in run.stdout, run.stdout


def test_a_word_of_another_language_is_found_in_a_comment(followed: SimpleNamespace) -> None:
    assert rows(followed, "select topics, sentiment from marts.fct_survey_responses") == [("pricing", "negative")]


def test_the_new_wrong_change_applies(followed: SimpleNamespace) -> None:
    listed = (followed.project / "mutants" / "changes.yml").read_text(encoding="utf-8")
    (old,) = re.findall(r'rpt_early_losses\.sql:\n  - \{old: "(.*?)",', listed)
    assert (followed.project / "models/marts/churn/rpt_early_losses.sql").read_text(encoding="utf-8").count(old) == 1
