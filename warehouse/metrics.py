"""`make metrics`: metrics of the semantic layer, asked of the published file by period and attributes.

The metrics and what they may be cut by stand in models/ (semantic models and metrics of dbt); MetricFlow, which dbt
brings along, writes the SQL, which reads the published file and nothing else. A metric is of one period: months are
never added up to a quarter, so one of month, quarter and year must be asked for.

Usage: python -m warehouse.metrics "METRIC ..." "month|quarter|year [ATTRIBUTE ...]" [CONDITION]
       python -m warehouse.metrics SAVED_QUERY      # by month
       python -m warehouse.metrics                  # lists what can be asked
"""

from __future__ import annotations

import difflib
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from tabulate import tabulate

from warehouse.file_formats import sql_text
from warehouse.settings import SettingsError, read_environment

PERIODS = {"month": "month_start", "quarter": "quarter_start", "year": "year_start"}
HIDDEN = ("sum_of_", "periods_of_")  # what the metrics are worked out from


class MetricsError(RuntimeError):
    """The metrics cannot be asked so. The message says why and what to do."""


@dataclass(frozen=True)
class Table:
    """An answer: the names of its columns, and its rows in their order."""

    columns: list[str]
    rows: list[tuple]


class _DuckDb:
    """What MetricFlow needs to know of an engine to write SQL for it; it runs nothing itself."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class SemanticLayer:
    """The metrics of a parsed project. Making one takes a second or two, asking it is quick."""

    def __init__(self, manifest: Path, published: Path) -> None:
        """Read what was parsed.

        Args:
            manifest: semantic_manifest.json, which dbt writes with every parse and build.
            published: DuckDB file with the marts; opened read-only.

        Raises:
            MetricsError: one of them is not there.
        """
        for file in (manifest, published):
            if not file.exists():
                raise MetricsError(f"{file} is not there: make build writes it.")
        self._published = published
        parsed = json.loads(manifest.read_text(encoding="utf-8"))
        for model in (*parsed["semantic_models"], *parsed["project_configuration"]["time_spines"]):
            relation = model["node_relation"]
            relation["relation_name"] = f'"published"."main"."{relation["alias"]}"'
        self._manifest = parse_manifest_from_dbt_generated_manifest(json.dumps(parsed))
        self._engine = MetricFlowEngine(SemanticManifestLookup(self._manifest), _DuckDb())

    @cached_property
    def metrics(self) -> dict[str, str]:
        """What can be asked for, and what it is."""
        return {
            metric.name: metric.description or ""
            for metric in self._manifest.metrics
            if not metric.name.startswith(HIDDEN)
        }

    @cached_property
    def _models(self) -> dict[str, str]:
        """The semantic model that each metric is of."""
        inputs = {
            metric.name: [other.name for other in metric.type_params.metrics or ()] for metric in self._manifest.metrics
        }
        of_sums = {
            metric.name: metric.type_params.metric_aggregation_params.semantic_model
            for metric in self._manifest.metrics
            if metric.type_params.metric_aggregation_params
        }
        return {name: of_sums[inputs[name][0]] for name in self.metrics}

    def attributes(self, metric: str) -> list[str]:
        """What a metric may be cut by beside the period."""
        (model,) = [model for model in self._manifest.semantic_models if model.name == self._models[metric]]
        return [dimension.name for dimension in model.dimensions if dimension.name not in PERIODS.values()]

    def _entity(self, metric: str) -> str:
        (model,) = [model for model in self._manifest.semantic_models if model.name == self._models[metric]]
        return model.primary_entity

    @cached_property
    def saved(self) -> dict[str, list[str]]:
        """The metrics of each saved query."""
        return {query.name: list(query.query_params.metrics) for query in self._manifest.saved_queries}

    def query(self, metrics: Sequence[str], by: Sequence[str], where: str = "") -> tuple[str, list[str]]:
        """The SQL of metrics by a period and attributes, and the columns that it is by.

        Args:
            metrics: names, all of customers or all of answers unless they are cut by the month alone.
            by: month, quarter or year, and attributes.
            where: a condition of MetricFlow, such as "{{ Dimension('cell__country') }} = 'DE'".

        Raises:
            MetricsError: a name is not known, or not exactly one period is asked for.
        """
        for metric in metrics:
            self._check("metric", metric, self.metrics)
        if not metrics or sum(name in PERIODS for name in by) != 1:
            raise MetricsError(
                "A metric is of one period, which is no sum of shorter ones: ask for metrics by one of month, quarter"
                " and year, such as make metrics METRICS=churn_rate BY='quarter country'"
            )
        for name in by:
            for metric in metrics:
                self._check(f"attribute of {metric}", name, [*PERIODS, *self.attributes(metric)])
        names = [self._dimension(name, metrics) for name in by]
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics), group_by_names=names, where_constraints=[where] if where else None
        )
        try:
            return self._engine.explain(request).sql_statement.sql, names
        except Exception as error:  # MetricFlow's own have no common class
            raise MetricsError(f"MetricFlow cannot ask that: {error}") from error

    def ask(self, metrics: Sequence[str], by: Sequence[str], where: str = "") -> Table:
        """Metrics by a period and attributes, in their order; see query()."""
        sql, names = self.query(metrics, by, where)
        (period,) = [own for own, name in zip(names, by, strict=True) if name in PERIODS]
        columns = ", ".join(
            [f"cast({period} as date) as {period}" if own == period else own for own in names] + [*metrics]
        )
        with duckdb.connect() as connection:
            connection.execute(f"attach {sql_text(str(self._published))} as published (read_only)")
            connection.execute("set enable_external_access = false")
            try:
                # rows of the other grains have no period of this one
                answer = connection.execute(
                    f"select {columns} from ({sql}) where {period} is not null order by {', '.join(names)}"
                )
            except duckdb.Error as error:
                raise MetricsError(f"The condition cannot be asked: {error}") from error
            return Table([column[0] for column in answer.description], answer.fetchall())

    def _dimension(self, name: str, metrics: Sequence[str]) -> str:
        """As MetricFlow calls it. The month is what all metrics have in common."""
        if name == "month":
            return "metric_time__month"
        entities = {self._entity(metric) for metric in metrics}
        if len(entities) > 1:
            raise MetricsError(f"Metrics of customers and of answers share only the month: ask for each by {name}.")
        return f"{entities.pop()}__{PERIODS.get(name, name)}"

    def _check(self, what: str, name: str, known: Sequence[str]) -> None:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise MetricsError(f"There is no {what} called {name}.{meant} There are {', '.join(known)}.")


def main(arguments: Sequence[str]) -> int:
    """Ask and print. Returns 0, or 1 with a message when that cannot be."""
    logging.getLogger("metricflow").setLevel(logging.ERROR)
    try:
        places = read_environment()
        layer = SemanticLayer(places.target / "semantic_manifest.json", places.published)
        metrics, by, where = (*arguments, "", "", "")[:3]
        if not metrics:
            print(tabulate(sorted(layer.metrics.items()), headers=["metric", "what it is"]))
            return 0
        named = layer.saved.get(metrics) or metrics.split()
        table = layer.ask(named, by.split() or ["month"] * (metrics in layer.saved), where)
        print(tabulate(table.rows, headers=table.columns, floatfmt=".4f"))
        return 0
    except (MetricsError, SettingsError) as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
