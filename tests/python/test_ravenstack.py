"""The simulated SaaS business of a third party: it builds, and its README shows what it gives. Runs where the data set
is (RAVENSTACK)."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import queries
import shared

PROJECT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("RAVENSTACK") or PROJECT.parent / "shared" / "data" / "ravenstack")
PAGE = (PROJECT / "examples" / "ravenstack" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    if not FOLDER.is_dir():
        pytest.skip("RavenStack's files are not there: set RAVENSTACK to their folder")
    folder = tmp_path_factory.mktemp("ravenstack")
    file, output = shared.build_example("ravenstack", folder, RAVENSTACK=FOLDER)
    with duckdb.connect(str(file), read_only=True) as connection:
        yield SimpleNamespace(output=output, published=connection)


def test_readme_shows_what_the_example_gives(build: SimpleNamespace) -> None:
    assert queries.examples(PAGE)
    assert queries.refreshed(PAGE, build.published) == PAGE


def test_the_files_contradict_each_other_as_the_page_says(build: SimpleNamespace) -> None:
    assert "churn events left out: 594 rows" in build.output
    with duckdb.connect() as files:
        said, flagged, ended, trials = files.execute(
            "select (select count(distinct account_id) from read_csv($folder || '/ravenstack_churn_events.csv')), "
            "(select count(*) from read_csv($folder || '/ravenstack_accounts.csv') where churn_flag), "
            "count(*), count(case when is_trial then 1 end) "
            "from read_csv($folder || '/ravenstack_subscriptions.csv') where end_date is not null",
            {"folder": str(FOLDER)},
        ).fetchone()
    assert (said, flagged, ended, trials) == (352, 110, 486, 78)


def test_subscriptions_end_and_no_account_is_lost_to_the_end(build: SimpleNamespace) -> None:
    ends = "select count(*), count(case when is_customer_lost then 1 end) from marts.fct_subscription_ends"
    assert build.published.execute(ends).fetchone() == (486 - 78, 9)
    ended = "select count(*) from marts.dim_subscriptions where status = 'ended'"
    assert build.published.execute(ended).fetchone() == (486,)
    losses = "select count(*), count(returned_at) from marts.fct_churn_events"
    assert build.published.execute(losses).fetchone() == (9, 9)
    now = "select count(*) from marts.dim_customers where current_status in ('active', 'past_due', 'paused')"
    assert build.published.execute(now).fetchone() == (500,)


def test_everything_lands_and_nobody_is_judged_on_nothing(build: SimpleNamespace) -> None:
    rows = "select sum(raw_rows), sum(accepted_rows) from marts.rpt_event_reconciliation"
    assert build.published.execute(rows).fetchone() == (34145, 34145)
    used = "select distinct model from marts.rpt_churn_model_evaluation where is_used and fit_note is not null"
    assert build.published.execute(used).fetchall() == [("base_rate",)]
    assert (
        build.published.execute("select count(*) from marts.sync_action_queue where status = 'open'").fetchone()[0] > 0
    )
