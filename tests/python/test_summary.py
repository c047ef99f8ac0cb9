"""The summary of a build, and what dbt's own results add to it."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.build import DBT
from warehouse.dbt_run import read_run
from warehouse.summary import add_up, summarise
from warehouse.versions import Publication

MARTS = """
    create schema marts;
    create table marts.rpt_event_reconciliation as
        select
            'subscription_events' as raw_table, 40 as raw_rows, 38 as accepted_rows, 0 as duplicate_rows,
            2 as quarantined_rows;
    create table marts.rpt_churn_rates as
        select
            'month' as period_grain, date '2025-11-01' as period_start, 'all' as segment_type, 'all' as segment_value,
            true as is_complete_period, 'subscription' as lifecycle,
            {start} as customers_start, {start} as customers_end,
            ({v} + {i} + {u}) / {start}::double as churn_rate, 0.0 as churn_rate_lower, 1.0 as churn_rate_upper,
            {v} as customers_churned_voluntary, {i} as customers_churned_involuntary, {u} as customers_churned_unknown;
    create table marts.rpt_retention_rates as
        select period_grain, period_start, segment_type, segment_value, 0.98 as net_revenue_retention
        from marts.rpt_churn_rates;
    create table marts.rpt_mrr_movements as
        select period_grain, period_start, segment_type, segment_value, 1234.5 as mrr_end from marts.rpt_churn_rates;
    create table marts.rpt_nps as
        select
            period_grain, period_start, segment_type, 'relational' as touchpoint_type, is_complete_period,
            null::double as nps, null::double as nps_lower, null::double as nps_upper, 0 as respondents
        from marts.rpt_churn_rates;
    create table marts.rpt_event_times (
        raw_table varchar, first_at timestamp, last_at timestamp, rows_too_early bigint, rows_after_as_of bigint,
        rows_with_time_of_day bigint
    );
    create table marts.rpt_unmapped_values (
        raw_table varchar, column_name varchar, value varchar, rows bigint, example_key varchar
    );
    create table marts.rpt_similar_values (column_name varchar, value varchar, compared_as varchar, rows bigint);
    create table marts.fct_churn_events (customer_id varchar, reason_code varchar);
    create table marts.fct_segment_periods (
        period_grain varchar, is_complete_period boolean, segment_type varchar, segment_value varchar
    );
"""


def summary(
    folder: Path, warnings: tuple[str, ...] = (), inserts: str = "", previous: Path | None = None, **lost: int
) -> list[str]:
    folder.mkdir(exist_ok=True)
    published = folder / "published.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute(MARTS.format(**{"start": 300, "v": 0, "i": 0, "u": 0} | lost) + inserts)
    publication = Publication("2025-12-01", "2025-11-30", {"rpt_nps": 1}, 1, None, ("of the marts",))
    return summarise(published, publication, Path("w.duckdb"), "landing", Path("q"), warnings, previous).splitlines()


def test_what_the_version_before_told_of_its_last_month_is_compared(tmp_path):
    def before_line(inserts: str, **lost: int) -> list[str]:
        previous = tmp_path / "before.duckdb"
        previous.unlink(missing_ok=True)
        with duckdb.connect(str(previous)) as connection:
            connection.execute(MARTS.format(start=300, v=0, i=0, u=0) + inserts)
        (tmp_path / "now" / "published.duckdb").unlink(missing_ok=True)
        return [line for line in summary(tmp_path / "now", previous=previous, **lost) if line.startswith("Before")]

    assert before_line("", v=3) == ["Before      November 2025 in the version before: churn 0.00%, now 1.00%"]
    mrr = "update marts.rpt_mrr_movements set mrr_end = 2000"
    assert before_line(mrr) == ["Before      November 2025 in the version before: MRR 2,000, now 1,234"]
    assert before_line("") == ["Before      November 2025 in the version before: the same"]
    gone = "update marts.{} set period_start = '2025-10-01'".format
    assert before_line("; ".join(map(gone, ("rpt_churn_rates", "rpt_retention_rates", "rpt_mrr_movements")))) == [
        "Before      October 2025 in the version before: no complete month any more"
    ]
    assert before_line("update marts.rpt_churn_rates set is_complete_period = false") == [
        "Before      the version before had no complete month"
    ]
    assert before_line("alter table marts.rpt_churn_rates drop column customers_end") == [
        "Before      the version before has other columns: it is of another version of the project"
    ]


ALWAYS = [
    "Data", "Lifecycle", "Rows", "Quarantine", "Warehouse", "Customers", "Churn", "Revenue", "Before", "NPS",
    "Published", "Quality",
]  # fmt: skip


@pytest.mark.parametrize(
    ("inserts", "says"),
    [
        ("", ["Lifecycle   subscription: customers come and go by subscription events",
              "Before      nothing to compare with: no version before is kept",
              "NPS         no complete quarter or month with an answer about us as a whole"]),
        ("update marts.rpt_churn_rates set lifecycle = 'activity', churn_rate = null;"
         "update marts.rpt_retention_rates set net_revenue_retention = null;"
         "update marts.rpt_event_reconciliation set quarantined_rows = 0",
         ["Lifecycle   activity: customers come and go by orders, or by use where there are no orders",
          "Quarantine  every row can be used", "Churn       no customers at the start",
          "Revenue     MRR 1,234 at the end"]),
        ("delete from marts.rpt_churn_rates",
         ["Lifecycle   no customer yet", *(f"{name:<12}no complete month yet" for name in ALWAYS[5:8])]),
    ],
)  # fmt: skip
def test_lines_of_every_build_say_where_there_is_nothing_to_tell(inserts, says, tmp_path):
    lines = summary(tmp_path, inserts=inserts)
    assert [line.split()[0] for line in lines[: len(ALWAYS)]] == ALWAYS
    assert set(says) <= set(lines)


def test_the_rows_of_a_system_are_told_apart_from_the_landed_ones(tmp_path):
    source = """
        insert into marts.rpt_event_reconciliation
        values ('stripe.invoices', 1200, 1199, 0, 1), ('source_tables', 1, 1, 0, 0), ('set_aside_rows', 1, 1, 0, 0)
    """
    lines = summary(tmp_path, inserts=source)
    assert "Rows        40 landed = 38 accepted + 0 duplicates + 2 quarantined (see marts.rpt_quarantine)" in lines
    assert "Source      1,200 rows = 1,199 used + 1 set aside" in lines
    assert "Quarantine  subscription_events 2, stripe.invoices 1" in lines


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        ({"v": 2, "i": 1, "u": 1}, "1.33% [0.00% to 100.00%]: 0.67% voluntary, 0.33% involuntary, 0.33% unknown"),
        ({"u": 5}, "1.67% [0.00% to 100.00%]: 0.00% voluntary, 0.00% involuntary, 1.67% unknown"),
        ({}, "0.00% [0.00% to 100.00%]: 0.00% voluntary, 0.00% involuntary, 0.00% unknown"),
    ],
)
def test_the_churn_line_adds_up(lost, says, tmp_path):
    assert f"Churn       {says}" in summary(tmp_path, **lost)


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3), st.integers(0, 10_000))
def test_parts_add_up_to_the_total_each_within_one_of_its_share(parts, total):
    shares = add_up(parts, total)
    if sum(parts) == 0:
        assert shares == [0, 0, 0]
    else:
        assert sum(shares) == total
        assert all(abs(share - part * total / sum(parts)) < 1 for share, part in zip(shares, parts, strict=True))


def test_warnings_of_both_gates_and_of_tests_stand_at_the_end(tmp_path):
    assert summary(tmp_path, ("of the landing",))[-2:] == ["Warning     of the landing", "Warning     of the marts"]


def test_rows_after_as_of_and_times_that_cannot_be_right_are_named_with_their_numbers(tmp_path):
    lines = summary(tmp_path, inserts="""
        insert into marts.rpt_event_times values
            ('orders', '2023-01-01', '2025-11-30', 0, 0, 0), ('invoices', null, null, 0, 0, 0),
            ('subscription_events', '1970-01-01', '2027-01-10', 2, 1200, 1),
            ('product_usage', '2024-01-01', '2026-01-01', 0, 3, 0)
    """)  # fmt: skip
    assert "Later       rows after as_of, in no figure yet: product_usage 3, subscription_events 1,200" in lines
    assert (
        "Warning     subscription_events: 2 rows are older than earliest_plausible_year in seeds/thresholds.csv, the "
        "first 1970-01-01 00:00:00; all periods begin there" in lines
    )
    assert len(lines) == len(summary(tmp_path / "plain")) + 2


@pytest.mark.parametrize(
    ("last_at", "with_time", "lifecycle", "says"),
    [
        ("'2025-11-30'", 0, "subscription", 1),
        ("'2025-11-30'", 1, "subscription", 0),
        ("null", 0, "subscription", 0),
        ("'2025-11-30'", 0, "activity", 0),
    ],
)
def test_that_times_are_dates_is_said(last_at, with_time, lifecycle, says, tmp_path):
    lines = summary(tmp_path, inserts=f"""
        update marts.rpt_churn_rates set lifecycle = '{lifecycle}';
        insert into marts.rpt_event_times values
            ('orders', '2023-01-01', '2025-11-30', 0, 0, 0),
            ('subscription_events', {last_at}, {last_at}, 0, 0, {with_time})
    """)  # fmt: skip
    dates = "Times       subscription events have dates only: what starts and ends on one day counts as active on it"
    assert lines.count(dates) == says


def test_reasons_and_codes_that_no_list_knows_are_counted(tmp_path):
    lines = summary(tmp_path, inserts="""
        insert into marts.fct_churn_events
            select i, case when i < 60 then 'budget' when i < 90 then 'moved' when i < 100 then 'outage' end
            from range(272) as losses (i);
        insert into marts.rpt_unmapped_values
            select 'subscription_events', 'reason_code', unnest(['budget', 'moved', 'never lost']),
                unnest([61, 30, 1]), 'e1'
            union all select 'support_tickets', 'priority', 'p' || i, 20 - i, 't1' from range(7) as priorities (i)
    """)  # fmt: skip
    assert (
        "Reasons     90 of 272 losses have a reason that seeds/churn_reasons.csv does not know: budget 60, moved 30"
        in lines
    )
    assert (
        "Codes       that no list knows, in rows (see marts.rpt_unmapped_values): subscription_events.reason_code "
        "budget 61, moved 30, never lost 1; support_tickets.priority p0 20, p1 19, p2 18, p3 17, p4 16 and 2 more"
        in lines
    )


def test_values_that_are_counted_together_are_numbered_by_segment_type(tmp_path):
    lines = summary(tmp_path, inserts="""
        insert into marts.fct_segment_periods
            select 'year', false, 'plan', 'p' || i from range(1200) as plans (i)
            union all select 'day', false, 'plan', unnest(['p1', 'p2', '(other)'])
            union all select 'day', true, 'plan', 'p3'
            union all select 'year', false, 'country', unnest(['DE', 'FR', '(other)'])
            union all select 'day', false, 'country', unnest(['DE', '(other)'])
            union all select unnest(['day', 'year']), false, 'industry', '(other)'
            union all select unnest(['day', 'year']), false, 'all', 'all'
    """)  # fmt: skip
    assert (
        "Warning     values counted together as (other) by day and week, beyond the setting largest_segment_values: "
        "country 2 of 3, plan 1,198 of 1,200; a value called (other) is one of them: country" in lines
    )
    assert len(lines) == len(summary(tmp_path / "plain")) + 1


def test_values_that_differ_only_in_spelling_are_a_warning_with_examples(tmp_path):
    lines = summary(tmp_path, inserts="""
        insert into marts.rpt_similar_values values ('plan_id', 'Gold', 'gold', 20), ('plan_id', 'gold', 'gold', 1000)
    """)  # fmt: skip
    assert (
        "Warning     values that differ only by case or blanks, each a group of its own: plan_id gold 1,000, Gold 20 "
        "(see marts.rpt_similar_values)" in lines
    )


def dbt_results(folder: Path, *statuses: tuple[str, str, int | None]) -> None:
    """What dbt leaves in its target folder: some nodes with their status and failures."""
    nodes, results = {}, []
    for unique_id, status, failures in statuses:
        kind, name = unique_id.split(".")
        nodes[unique_id] = {
            "resource_type": kind, "name": name, "alias": name, "schema": "marts", "original_file_path": f"{name}.sql",
            "description": "Two customers\nshare an id: make the ids unique.\n" if name == "ids" else "",
        }  # fmt: skip
        results.append({"unique_id": unique_id, "status": status, "failures": failures, "message": None})
    about = {"generated_at": datetime.now(UTC).isoformat(), "invocation_id": "1"}
    (folder / "manifest.json").write_text(json.dumps({"nodes": nodes, "unit_tests": {}}))
    (folder / "run_results.json").write_text(json.dumps({"metadata": about, "args": {}, "results": results}))


def test_tests_that_warn_say_what_they_found_with_the_number_of_rows(tmp_path):
    dbt_results(
        tmp_path,
        ("model.m", "success", None),
        ("test.ids", "warn", 1200),
        ("test.other", "warn", 1),
        ("test.t", "pass", 0),
    )
    run = read_run(tmp_path, datetime.now(UTC) - timedelta(minutes=1))
    assert run.warnings == (
        "ids: 1,200 rows. Two customers share an id: make the ids unique.",
        "other: 1 row. See other.sql",
    )
    assert run.problems == () and run.passed_tests == 3 and run.made == ("m",)


def test_dbt_starts_without_a_warning_of_python():
    run = subprocess.run([*DBT, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 0 and "RuntimeWarning" not in run.stderr
