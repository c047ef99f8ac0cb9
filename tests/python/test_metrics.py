"""The semantic layer says what the marts say, by period and attribute, and refuses what would be wrong."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from warehouse import metrics as asking
from warehouse.metrics import MetricsError, SemanticLayer

PROJECT = Path(__file__).parents[2]
PERIODS = ("month", "quarter", "year")
# the mart that each metric must equal, in a column of its name or the one said here
MARTS = {
    "fct_segment_periods": [
        "customers_start", "customers_new", "customers_reactivated", "customers_churned", "customers_churned_voluntary",
        "customers_churned_involuntary", "customers_churned_unknown", "customers_moved_in", "customers_moved_out",
        "customers_end", "customers_acquired", "customers_lost", "customers_returned", "mrr_start", "mrr_new",
        "mrr_reactivation", "mrr_expansion", "mrr_contraction", "mrr_churn", "mrr_moved", "mrr_end",
    ],
    "rpt_churn_rates": [
        "churn_rate", "voluntary_churn_rate", "involuntary_churn_rate", "growth_rate", "net_growth_rate",
    ],
    "rpt_retention_rates": ["retention_rate", "gross_revenue_retention", "net_revenue_retention"],
    "rpt_mrr_movements": ["gross_mrr_churn_rate", "arpa", "quick_ratio"],
    "rpt_nps relational": [
        "surveys_sent=sent_count", "respondents", "promoters", "passives", "detractors", "nps", "nps_weighted",
        "response_rate",
    ],
    "rpt_nps transactional": ["transactional_nps=nps", "transactional_respondents=respondents"],
}  # fmt: skip
SEGMENTS = {"all": None, "country": "country", "customer_segment": "customer_segment", "plan": "plan_id"}
# only between plans; over all of them as many move in as out
MOVES = {"customers_moved_in", "customers_moved_out", "mrr_moved"}


@pytest.fixture(scope="module")
def asked(demo_build: SimpleNamespace) -> SimpleNamespace:
    manifest = demo_build.warehouse.parent / "target" / "semantic_manifest.json"
    with duckdb.connect(str(demo_build.published), read_only=True) as connection:
        yield SimpleNamespace(layer=SemanticLayer(manifest, demo_build.published), connection=connection)


def figures_of_mart(asked: SimpleNamespace, mart: str, columns: list[str], grain: str, segment_type: str) -> dict:
    """By period and value of the segment, the figures of a mart."""
    table, *touchpoint = mart.split()
    condition = f"and touchpoint_type = '{touchpoint[0]}'" if touchpoint else ""
    rows = asked.connection.execute(
        f"select period_start, segment_value, {', '.join(columns)} from {table} "
        f"where period_grain = '{grain}' and segment_type = '{segment_type}' {condition}"
    ).fetchall()
    return {(start, value): figures for start, value, *figures in rows}


def figures_of_metrics(asked: SimpleNamespace, metrics: list[str], grain: str, segment_type: str) -> dict:
    """By period and value of the segment, the figures of metrics."""
    attribute = SEGMENTS[segment_type]
    table = asked.layer.ask(metrics, [grain, *([attribute] if attribute else [])])
    cuts = 2 if attribute else 1
    return {(row[0], row[1] if attribute else "all"): list(row[cuts:]) for row in table.rows}


def is_same(have: object, want: object) -> bool:
    if have is None or want is None:
        return have is want
    return math.isclose(have, want, rel_tol=1e-12, abs_tol=1e-12)


def test_every_metric_has_a_mart(asked: SimpleNamespace) -> None:
    compared = [name.split("=")[0] for names in MARTS.values() for name in names]
    assert sorted(compared) == sorted(asked.layer.metrics)


@pytest.mark.parametrize("grain", PERIODS)
def test_metrics_are_the_marts(asked: SimpleNamespace, grain: str) -> None:
    compared = 0
    for mart, names in MARTS.items():
        for segment_type in SEGMENTS:
            pairs = [name.partition("=") for name in names if segment_type == "plan" or name not in MOVES]
            metrics, columns = [name for name, *_ in pairs], [column or name for name, _, column in pairs]
            wanted = figures_of_mart(asked, mart, columns, grain, segment_type)
            found = figures_of_metrics(asked, metrics, grain, segment_type)
            # a segment without customers or movements has a row of zeros in a mart and no cell
            empty = {key for key in wanted.keys() - found.keys() if not any(wanted[key])}
            assert found.keys() == wanted.keys() - empty, (mart, segment_type)
            for key, figures in found.items():
                for name, have, want in zip(metrics, figures, wanted[key], strict=True):
                    assert is_same(have, want), (name, key, have, want)
                    compared += have is not None
    assert compared > 500


def test_two_attributes_at_once_add_up_to_one(asked: SimpleNamespace) -> None:
    layer, sums = asked.layer, defaultdict(int)
    for _, country, _, churned in layer.ask(["customers_churned"], ["year", "country", "customer_segment"]).rows:
        sums[country] += churned
    by_country = defaultdict(int)
    for _, country, churned in layer.ask(["customers_churned"], ["year", "country"]).rows:
        by_country[country] += churned
    assert sums == by_country and sum(sums.values()) > 100


def test_a_condition_is_kept_to(asked: SimpleNamespace) -> None:
    by_country = asked.layer.ask(["customers_end"], ["year", "country"]).rows
    german = asked.layer.ask(["customers_end"], ["year"], "{{ Dimension('cell__country') }} = 'DE'").rows
    assert german == [(start, end) for start, country, end in by_country if country == "DE"] != []


@pytest.mark.parametrize(
    ("metrics", "by", "where", "message"),
    [
        (["churn_rate"], ["country"], "", "ask for metrics by one of month, quarter and year"),
        (["churn_rate"], ["month", "quarter"], "", "ask for metrics by one of month, quarter and year"),
        ([], ["month"], "", "ask for metrics by one of month"),
        (["churn_rat"], ["month"], "", "no metric called churn_rat. Did you mean churn_rate?"),
        (["sum_of_mrr_end"], ["month"], "", "no metric called sum_of_mrr_end"),
        (["churn_rate"], ["metric_time__quarter"], "", "one of month, quarter and year"),
        (["churn_rate"], ["month", "contry"], "", "no attribute of churn_rate called contry. Did you mean country?"),
        (["churn_rate", "nps"], ["quarter"], "", "share only the month"),
        (["churn_rate"], ["month"], "{{ Dimension('cell__town') }} = 'x'", "MetricFlow cannot ask that"),
        (["churn_rate"], ["month"], "town = 'x'", "The condition cannot be asked"),
        (["churn_rate"], ["month"], "(select count(*) from '/etc/passwd') > 0", "The condition cannot be asked"),
    ],
)
def test_what_cannot_be_asked_is_said(
    asked: SimpleNamespace, metrics: list[str], by: list[str], where: str, message: str
) -> None:
    with pytest.raises(MetricsError, match=re.escape(message)):
        asked.layer.ask(metrics, by, where)


def test_metricflow_itself_gives_null_where_a_figure_is_of_several_periods(asked: SimpleNamespace) -> None:
    layer = asked.layer
    sql = layer._engine.explain(
        asking.MetricFlowQueryRequest.create(metric_names=["churn_rate"], group_by_names=["metric_time__quarter"])
    ).sql_statement.sql
    with duckdb.connect() as connection:
        connection.execute(f"attach '{layer._published}' as published (read_only)")
        rows = connection.execute(sql).fetchall()
    (first,) = connection_first(asked)
    assert len(rows) > 8
    assert {rate for quarter, rate in rows if quarter is not None and quarter.date() != first} == {None}


def connection_first(asked: SimpleNamespace) -> tuple:
    """The first quarter: where only one of its months has customers it is that month's figure."""
    return asked.connection.execute(
        "select min(period_start) from fct_plan_cells where period_grain = 'quarter'"
    ).fetchone()


def test_the_command_answers_lists_and_refuses(
    demo_build: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(demo_build.published))
    monkeypatch.setenv("DBT_TARGET_PATH", str(demo_build.warehouse.parent / "target"))
    assert asking.main([]) == 0 and "net_revenue_retention" in capsys.readouterr().out
    assert asking.main(["overview", "", ""]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"2025-12-01( +-?[\d.]+){5}", last), last
    assert asking.main(["churn_rate net_revenue_retention", "quarter customer_segment"]) == 0
    answer = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    page = (PROJECT / "docs" / "semantic_layer.md").read_text(encoding="utf-8")
    assert "\n".join([*answer[:2], *answer[-5:]]) in page
    assert asking.main(["churn_rate", "country"]) == 1
    monkeypatch.setenv("PUBLISHED_PATH", str(Path("nowhere") / "marts.duckdb"))
    assert asking.main(["churn_rate", "month"]) == 1 and "make build writes it" in capsys.readouterr().out
