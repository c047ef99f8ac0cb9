"""Nothing in the README or in a model's description is untried."""

from __future__ import annotations

import re
from types import SimpleNamespace

import duckdb
import pytest
import readme

PAGE = readme.README.read_text(encoding="utf-8")
EXAMPLES = readme.examples(PAGE)


@pytest.fixture(scope="module")
def published(demo_build: SimpleNamespace) -> duckdb.DuckDBPyConnection:
    with duckdb.connect(str(demo_build.published), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize(("query", "result"), EXAMPLES, ids=[query.split("\n")[0][:50] for query, _ in EXAMPLES])
def test_readme_result_is_what_a_build_gives(query: str, result: str, published: duckdb.DuckDBPyConnection) -> None:
    assert readme.result_table(published, query) == result


def marts_of(demo_build: SimpleNamespace) -> list[dict]:
    nodes = demo_build.manifest["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]


def test_readme_has_an_example_of_every_mart(demo_build: SimpleNamespace) -> None:
    shown = " ".join(query for query, _ in EXAMPLES)
    assert [mart["name"] for mart in marts_of(demo_build) if f"marts.{mart['name']}\n" not in shown] == []


def test_every_mart_has_an_example_query_that_runs(
    demo_build: SimpleNamespace, published: duckdb.DuckDBPyConnection
) -> None:
    for mart in marts_of(demo_build):
        (query,) = re.findall(r"```sql\n(.*?)\n```", mart["description"], re.DOTALL)
        assert published.execute(query).fetchall(), f"{mart['name']}: the example query returns nothing"


def test_every_model_and_column_is_described(demo_build: SimpleNamespace) -> None:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_schema in ('staging', 'intermediate', 'marts', 'seeds')"
        ).fetchall()
    described = {
        (node["schema"], node["name"], column["name"])
        for node in demo_build.manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node["description"]
        for column in node["columns"].values()
        if column["description"]
    }
    assert [column for column in columns if column not in described] == []


def test_summary_says_what_was_built_and_the_headline_numbers(demo_build: SimpleNamespace) -> None:
    summary = demo_build.output[demo_build.output.index("\nBuilt ") :]
    shown = re.search(r"```text\n(Data .*?)```", PAGE, re.DOTALL)[1]
    for place, default in (
        (demo_build.warehouse, "warehouse.duckdb"),
        (demo_build.published, "published/marts.duckdb"),
        (demo_build.warehouse.parent / "target", "target"),
    ):
        summary = summary.replace(str(place), default)
    assert shown in summary


def test_published_file_has_the_marts_and_no_personal_data(
    demo_build: SimpleNamespace, published: duckdb.DuckDBPyConnection
) -> None:
    tables = published.execute("select table_schema, table_name from information_schema.tables").fetchall()
    assert {schema for schema, _ in tables} == {"main"}
    assert "email" not in {
        c for (c,) in published.execute("select column_name from information_schema.columns").fetchall()
    }
    for _, table in tables:
        found = published.execute(
            f"select count(*) from marts.{table} as t where cast(t as varchar) like '%@example.%'"
        )
        assert found.fetchone() == (0,), table
