"""Apache Superset's bundle of the dashboards in dashboards.yml, over the marts of a published file.

    database -> a dataset per mart -> charts -> dashboards, as the YAML files that Superset imports and exports

Ids follow from names, so that an import replaces what the one before made. Usage: python bundle.py PUBLISHED BUNDLE.zip
"""

from __future__ import annotations

import json
import sys
import uuid
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import yaml

DASHBOARDS = Path(__file__).with_name("dashboards.yml")
DATABASE = "Marts"
VERSION = {"version": "1.0.0"}
NAMES = uuid.UUID("6d1a2c58-3f0e-4b0f-9a57-8f3a6f2f6f10")
CHARTS = {
    "number": "big_number_total",
    "line": "echarts_timeseries_line",
    "stacked": "echarts_timeseries_bar",
    "table": "table",
}
TIME = "period_start"
# What a table is sorted by.
LATEST = {"expressionType": "SQL", "sqlExpression": f"max({TIME})", "label": "Latest", "optionName": "metric_latest"}
COLUMNS = 12  # of a dashboard
HEIGHTS = {"number": 24}  # in Superset's units; else
HEIGHT = 50
ROW_LIMIT = 10_000


def bundle(published: Path, kind: str = "assets") -> dict[str, str]:
    """The bundle's files, by their names.

    Args:
        published: DuckDB file with the marts; opened read-only.
        kind: what Superset is told that it is: `assets` for all of it, `Dashboard` for its page of dashboards.
    """
    dashboards = yaml.safe_load(DASHBOARDS.read_text(encoding="utf-8"))["dashboards"]
    marts = sorted({_table(chart) for dashboard in dashboards for chart in dashboard["charts"]})
    files = {"metadata.yaml": {**VERSION, "type": kind, "timestamp": "2026-01-01T00:00:00+00:00"}}
    files["databases/marts.yaml"] = _database(published)
    with duckdb.connect(str(published), read_only=True) as connection:
        for mart in marts:
            files[f"datasets/marts/{mart}.yaml"] = _dataset(connection, mart)
    for dashboard in dashboards:
        for chart in dashboard["charts"]:
            files[f"charts/{dashboard['name']}_{chart['name']}.yaml"] = _chart(dashboard, chart)
        files[f"dashboards/{dashboard['name']}.yaml"] = _dashboard(dashboard)
    return {name: yaml.safe_dump(content, sort_keys=False, allow_unicode=True) for name, content in files.items()}


def _table(chart: dict[str, Any]) -> str:
    return chart["mart"].removeprefix("marts.")


def _id(*names: str) -> str:
    return str(uuid.uuid5(NAMES, "/".join(names)))


def _database(published: Path) -> dict[str, Any]:
    # Whoever writes SQL in Superset reads the marts and nothing else: not the disk of the server, nor the network.
    access = {"read_only": True, "config": {"enable_external_access": False, "lock_configuration": True}}
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": f"duckdb:///{published.absolute()}",
        "expose_in_sqllab": True,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "extra": {"engine_params": {"connect_args": access}},
        "uuid": _id("database"),
        **VERSION,
    }


def _dataset(connection: duckdb.DuckDBPyConnection, mart: str) -> dict[str, Any]:
    schema, comment = connection.execute(
        "select schema_name, comment from duckdb_tables() where table_name = ?", [mart]
    ).fetchone()
    columns = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() where table_name = ? order by column_index",
        [mart],
    ).fetchall()
    return {
        "table_name": mart,
        "schema": schema,
        "description": comment,
        "main_dttm_col": TIME,
        "uuid": _id("dataset", mart),
        "database_uuid": _id("database"),
        "metrics": [],
        "columns": [
            {
                "column_name": name,
                "type": kind,
                "description": meaning,
                "is_dttm": kind in ("DATE", "TIMESTAMP"),
                "groupby": True,
                "filterable": True,
            }
            for name, kind, meaning in columns
        ],
        **VERSION,
    }


def _chart(dashboard: dict[str, Any], chart: dict[str, Any]) -> dict[str, Any]:
    params = _params(chart)
    return {
        "slice_name": chart["title"],
        "viz_type": params["viz_type"],
        "params": params,
        "query_context": json.dumps(_query_context(chart, params)),
        "dataset_uuid": _id("dataset", _table(chart)),
        "uuid": _id("chart", dashboard["name"], chart["name"]),
        **VERSION,
    }


def _params(chart: dict[str, Any]) -> dict[str, Any]:
    """The form of a chart, as Superset's page fills it."""
    kind, metrics = chart["kind"], [_metric(column, words) for column, words in chart["shows"].items()]
    params = {
        "viz_type": CHARTS[kind],
        "adhoc_filters": [_filter(column, value) for column, value in chart["where"].items()],
        "time_range": "No filter",
    }
    if kind == "number":
        (words,) = chart["shows"].values()
        return {**params, "metric": metrics[0], "subheader": words, "y_axis_format": chart["format"]}
    params |= {"metrics": metrics, "groupby": [chart["by"]] if "by" in chart else [], "row_limit": ROW_LIMIT}
    if kind == "table":
        formats = {chart["shows"][column]: {"d3NumberFormat": written} for column, written in chart["formats"].items()}
        return params | {
            "query_mode": "aggregate",
            "timeseries_limit_metric": LATEST,
            "order_desc": True,
            "table_timestamp_format": "%Y-%m-%d",
            "show_cell_bars": False,
            "column_config": formats,
        }
    return params | {
        "x_axis": TIME,
        "time_grain_sqla": None,
        "x_axis_time_format": "%b %Y",
        "xAxisForceCategorical": kind == "stacked",
        "y_axis_format": chart["format"],
        "truncateYAxis": not chart.get("from_zero", True),
        "stack": "Stack" if kind == "stacked" else None,
        "show_legend": True,
        "rich_tooltip": True,
    }


def _metric(column: str, words: str) -> dict[str, Any]:
    """The value of the one row behind a point. Where there are more, there is no value: adding rates up is wrong."""
    return {
        "expressionType": "SQL",
        "sqlExpression": f"case when count(*) = 1 then max({column}) end",
        "label": words,
        "hasCustomLabel": True,
        "optionName": f"metric_{column}",
    }


def _filter(column: str, value: object) -> dict[str, Any]:
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": "IN" if isinstance(value, list) else "==",
        "comparator": value,
    }


def _query_context(chart: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """What the chart asks the server, without which reports and the REST API cannot ask it (they answer 400)."""
    time = {"columnType": "BASE_AXIS", "expressionType": "SQL", "label": TIME, "sqlExpression": TIME}
    by = params.get("groupby", [])
    query = {
        "metrics": params.get("metrics") or [params["metric"]],
        "columns": [*([time] if "x_axis" in params else []), *by],
        "filters": [
            {"col": column, "op": "IN" if isinstance(value, list) else "==", "val": value}
            for column, value in chart["where"].items()
        ],
        "time_range": "No filter",
        "row_limit": ROW_LIMIT,
        "orderby": [[LATEST, False]] if chart["kind"] == "table" else [],
    }
    # the dataset's own number is known after the import, which puts it here
    source = {"id": 0, "type": "table"}
    return {"datasource": source, "queries": [query], "form_data": params, "result_format": "json",
            "result_type": "full"}  # fmt: skip


def _dashboard(dashboard: dict[str, Any]) -> dict[str, Any]:
    return {
        "dashboard_title": dashboard["title"],
        "description": dashboard["description"],
        "slug": dashboard["name"],
        "uuid": _id("dashboard", dashboard["name"]),
        "position": _position(dashboard),
        "metadata": {"color_scheme": "supersetColors"},
        "published": True,
        **VERSION,
    }


def _position(dashboard: dict[str, Any]) -> dict[str, Any]:
    """Where the charts stand: in rows of 12 columns, each row as wide as it becomes."""
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard["title"]}},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
    }
    row, room = "", 0
    for chart in dashboard["charts"]:
        width = chart.get("width", COLUMNS // 2)
        if width > room:
            row, room = f"ROW-{len(position)}", COLUMNS
            position["GRID_ID"]["children"].append(row)
            position[row] = {"type": "ROW", "id": row, "children": [], "parents": ["ROOT_ID", "GRID_ID"],
                             "meta": {"background": "BACKGROUND_TRANSPARENT"}}  # fmt: skip
        room -= width
        name = f"CHART-{chart['name']}"
        position[row]["children"].append(name)
        position[name] = {
            "type": "CHART",
            "id": name,
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row],
            "meta": {
                "uuid": _id("chart", dashboard["name"], chart["name"]),
                "chartId": 0,  # known after the import, which puts it here
                "sliceName": chart["title"],
                "width": width,
                "height": HEIGHTS.get(chart["kind"], HEIGHT),
            },
        }
    return position


def main(published: str, zipped: str) -> None:
    """Write the bundle as the page of dashboards of any Superset on this machine imports it."""
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, text in bundle(Path(published), "Dashboard").items():
            archive.writestr(f"marts/{name}", text)


if __name__ == "__main__":
    main(*sys.argv[1:])
